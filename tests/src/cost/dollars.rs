//! What it costs in US dollars, as `docs/PERFORMANCE.md` shows it.

use reveille_cli::bench::Latencies;

use super::bill::Bill;
use super::month::{Team, idle_month, month_of, others};
use super::night::Played;
use super::path::Path;
use super::prices::Prices;
use super::table::Table;
use super::tables::leaves;

/// Where people are, by the names in the price list.
const COUNTRIES: [(&str, &str); 2] = [("the United States", "sms_parts_us"), ("Japan", "sms_parts_jp")];
const TEAMS: [u32; 3] = [5, 20, 100];

/// US dollars; a star where a price is not the provider's own word.
fn dollars(usd: f64, digits: usize, is_confirmed: bool) -> String {
    format!("{usd:.digits$}{}", if is_confirmed { "" } else { "*" })
}

/// What a bill comes to, as if nothing were free.
fn of(bill: &Bill, prices: &Prices, digits: usize) -> String {
    dollars(bill.usd(prices), digits, bill.is_confirmed(prices))
}

/// One page: from its order until the provider has reported.
pub(super) fn pages_table(played: &Played, prices: &Prices, latencies: &Latencies) -> Table {
    whole("pages", "a page", played.paths.iter().filter(|path| path.name.starts_with("a page by ")), prices, latencies)
}

/// A whole incident.
pub(super) fn incidents_table(played: &Played, prices: &Prices, latencies: &Latencies) -> Table {
    whole("incidents", "an incident", played.incidents.iter().map(|incident| &incident.path), prices, latencies)
}

/// What happens as a whole, by where the people are.
fn whole<'p>(
    marker: &'static str,
    what: &str,
    paths: impl Iterator<Item = &'p Path>,
    prices: &Prices,
    latencies: &Latencies,
) -> Table {
    let head = [what, "leaves", "SMS to", "messages", "all else of AWS", "Lambda's time (model)"];
    let mut table = Table::new(marker, head).with_times([5]);
    for path in paths {
        for (country, sms) in COUNTRIES {
            let bill = Bill::of(path, latencies, sms);
            table.row([
                path.name.to_owned(),
                leaves(path),
                country.to_owned(),
                of(&bill.messages(sms), prices, 4),
                of(&bill.beside_messages(sms), prices, 6),
                of(&bill.time(), prices, 8),
            ]);
        }
    }
    table
}

/// A month in which nobody is paged, by what it is for. What is beyond that which is free has no part of Lambda's time: a team would
/// have to be much larger.
pub(super) fn idle_table(played: &Played, prices: &Prices, latencies: &Latencies) -> Table {
    let head =
        ["a month in which nobody is paged", "US dollars", "Lambda's time (model)", "beyond what is free each month"];
    let mut table = Table::new("idle", head).with_times([2]);
    let month = idle_month(played, latencies);
    let mut row = |name: String, bill: &Bill| {
        let beyond = bill.beyond_free_share_usd(&month.bill, prices);
        table.row([
            name,
            of(&bill.counted(), prices, 2),
            of(&bill.time(), prices, 2),
            dollars(beyond, 2, bill.counted().is_confirmed(prices)),
        ]);
    };
    for (name, bill) in &month.parts {
        row(name.clone(), bill);
    }
    row("**all**".to_owned(), &month.bill);
    table
}

/// The months of three teams, here and elsewhere.
pub(super) fn teams_table(played: &Played, prices: &Prices, latencies: &Latencies) -> Table {
    let teams = TEAMS.map(Team::of);
    let head = teams.map(|team| format!("{} people, {} incidents", team.people, team.incidents));
    let mut table = Table::new("teams", ["", &head[0], &head[1], &head[2], "to know"]);
    let in_both = |usd: &dyn Fn(Team, &'static str) -> Option<f64>, is_confirmed: bool| {
        teams.map(|team| {
            let shown = |(_, sms)| usd(team, sms).map(|usd| dollars(usd, 2, is_confirmed));
            let [us, jp] = COUNTRIES.map(shown);
            match (us, jp) {
                (Some(us), Some(jp)) if us == jp => us,
                (Some(us), Some(jp)) => format!("{us} ({jp})"),
                (None, _) | (_, None) => "—".to_owned(),
            }
        })
    };
    let mut row = |name: &str, [small, middle, large]: [String; 3], note: &str| {
        table.row([name.to_owned(), small, middle, large, note.to_owned()]);
    };
    let month = |team, sms| month_of(team, played, latencies, sms);
    let is_confirmed = COUNTRIES.iter().all(|(_, sms)| month(teams[0], *sms).bill.counted().is_confirmed(prices));
    let counted = in_both(&|team, sms| Some(month(team, sms).bill.counted().usd(prices)), is_confirmed);
    row("Reveille, nothing free", counted, "Lambda's time apart");
    let beyond = in_both(&|team, sms| Some(month(team, sms).bill.beyond_free_usd(prices)), is_confirmed);
    row("Reveille, beyond what is free", beyond, "");
    for (place, other) in prices.others.iter().enumerate() {
        let usd = |team, sms| others(team, &month(team, sms), prices, sms)[place];
        row(&other.name, in_both(&usd, other.confirmed), &other.note);
    }
    table
}
