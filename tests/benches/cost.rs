//! Prints what everything costs: calls, units, messages, and dollars by the price list in `docs/prices.yaml`.
//!
//! ```sh
//! cargo bench --bench cost
//! ```

use reveille_cli::bench::Latencies;
use reveille_tests::cost::{Bill, Month, Path, Played, Prices, Team, idle_month, month_of, others, paths_table, play};

/// Where people are, by the names in the price list.
const COUNTRIES: [(&str, &str); 2] = [("the United States", "sms_parts_us"), ("Japan", "sms_parts_jp")];
const TEAMS: [u32; 3] = [5, 20, 100];
/// What else the machine does slows down some of them; everything is as fast as it was at its fastest.
const PLAYS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut played = runtime.block_on(play());
    for _ in 1..PLAYS {
        keep_the_fastest(&mut played, &runtime.block_on(play()));
    }
    let (prices, latencies) = (Prices::read(), Latencies::read());
    println!("Prices of {} in {}, latencies of {}.\n", prices.as_of, prices.region, latencies.as_of);
    println!("{}", paths_table(&played));
    print_times(&played, &latencies);
    print_incidents(&played, &prices, &latencies);
    print_month("a month in which nothing happens", &idle_month(&played, &latencies), &prices);
    print_teams(&played, &prices, &latencies);
}

/// Of two plays of the same night, what each piece took at its fastest.
fn keep_the_fastest(played: &mut Played, again: &Played) {
    let incidents = played.incidents.iter_mut().map(|incident| &mut incident.path);
    let paths = played.paths.iter_mut().chain([&mut played.idle_minute, &mut played.synthetic]).chain(incidents);
    for (path, again) in paths.zip(all(again)) {
        for (one, other) in path.invocations.iter_mut().zip(&again.invocations) {
            one.took = one.took.min(other.took);
            one.own = one.own.min(other.own);
        }
    }
}

fn all(played: &Played) -> impl Iterator<Item = &Path> {
    let incidents = played.incidents.iter().map(|incident| &incident.path);
    played.paths.iter().chain([&played.idle_minute, &played.synthetic]).chain(incidents)
}

fn print_times(played: &Played, latencies: &Latencies) {
    let build = if cfg!(debug_assertions) { "not optimised" } else { "optimised" };
    println!("Processor times of the fastest of {PLAYS} plays; {build}.\n");
    println!("| what happens | here, ms | of that the functions' own, ms | on AWS, ms (model) |\n|---|---|---|---|");
    for path in all(played) {
        let ms = |seconds: f64| seconds * 1_000.0;
        let took: f64 = path.invocations.iter().map(|invocation| ms(invocation.took.as_secs_f64())).sum();
        let own: f64 = path.invocations.iter().map(|invocation| ms(invocation.own.as_secs_f64())).sum();
        let model: f64 = path.invocations.iter().map(|invocation| invocation.on_aws_ms(latencies).ceil()).sum();
        println!("| {} | {took:.2} | {own:.2} | {model:.0} |", path.name);
    }
    println!();
}

fn print_incidents(played: &Played, prices: &Prices, latencies: &Latencies) {
    println!("| an incident | SMS to | US dollars | of that AWS without messages |\n|---|---|---|---|");
    for incident in &played.incidents {
        for (country, sms) in COUNTRIES {
            let bill = Bill::of(&incident.path, latencies, sms);
            let messages =
                prices.of(sms).times(bill.quantity(sms)) + prices.of("emails").times(bill.quantity("emails"));
            let usd = bill.usd(prices);
            println!("| {} | {country} | {usd:.5} | {:.5} |", incident.path.name, usd - messages);
        }
    }
    println!();
}

fn print_month(name: &str, month: &Month, prices: &Prices) {
    println!("| {name} | US dollars | beyond what is free |\n|---|---|---|");
    for (what, bill) in &month.parts {
        println!("| {what} | {:.2} | {:.2} |", bill.usd(prices), bill.beyond_free_usd(prices));
    }
    println!("| **all** | {:.2} | {:.2} |\n", month.bill.usd(prices), month.bill.beyond_free_usd(prices));
    println!("| of this | how much | US dollars | beyond what is free | confirmed |\n|---|---|---|---|---|");
    for line in month.bill.lines(prices) {
        let price = prices.of(line.name);
        let confirmed = if price.confirmed { "yes" } else { "no" };
        println!(
            "| {} | {:.4} | {:.3} | {:.3} | {confirmed} |",
            price.unit, line.quantity, line.usd, line.beyond_free_usd
        );
    }
    println!();
}

fn print_teams(played: &Played, prices: &Prices, latencies: &Latencies) {
    for (country, sms) in COUNTRIES {
        println!("US dollars a month, text messages to {country}:\n");
        let teams = TEAMS.map(Team::of);
        let months = teams.map(|team| month_of(team, played, latencies, sms));
        let head: Vec<String> =
            teams.iter().map(|team| format!("{} people, {} incidents", team.people, team.incidents)).collect();
        println!("| | {} |\n|---|---|---|---|", head.join(" | "));
        let row = |name: &str, values: Vec<f64>| {
            let values: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
            println!("| {name} | {} |", values.join(" | "));
        };
        row("Reveille, nothing free", months.iter().map(|month| month.bill.usd(prices)).collect());
        row("Reveille, beyond what is free", months.iter().map(|month| month.bill.beyond_free_usd(prices)).collect());
        let lists: Vec<Vec<(String, f64)>> =
            teams.iter().zip(&months).map(|(team, month)| others(*team, month, prices, sms)).collect();
        for (place, (name, _)) in lists[0].iter().enumerate() {
            row(name, lists.iter().map(|list| list[place].1).collect());
        }
        println!();
    }
}
