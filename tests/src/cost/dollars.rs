//! What it costs in US dollars, as `docs/PERFORMANCE.md` shows it.

use reveille_cli::bench::Latencies;

use super::bill::Bill;
use super::month::{Team, idle_month, month_of, others};
use super::night::Played;
use super::prices::Prices;
use super::table::Table;
use super::tables::leaves;

/// Where people are, by the names in the price list.
const COUNTRIES: [(&str, &str); 2] = [("the United States", "sms_parts_us"), ("Japan", "sms_parts_jp")];
const TEAMS: [u32; 3] = [5, 20, 100];

/// A whole incident.
pub(super) fn incidents_table(played: &Played, prices: &Prices, latencies: &Latencies) -> Table {
    let head = ["an incident", "leaves", "SMS to", "messages", "all else of AWS", "Lambda's time (model)"];
    let mut table = Table::new("incidents", head).with_times([5]);
    for incident in &played.incidents {
        for (country, sms) in COUNTRIES {
            let bill = Bill::of(&incident.path, latencies, sms);
            let messages = bill.messages_usd(prices, sms);
            table.row([
                incident.path.name.to_owned(),
                leaves(&incident.path),
                country.to_owned(),
                format!("{messages:.4}"),
                format!("{:.6}", bill.counted_usd(prices) - messages),
                format!("{:.6}", bill.time_usd(prices)),
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
        table.row([
            name,
            format!("{:.2}", bill.counted_usd(prices)),
            format!("{:.2}", bill.time_usd(prices)),
            format!("{:.2}", bill.beyond_free_share_usd(&month.bill, prices)),
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
    let in_both = |usd: &dyn Fn(Team, &'static str) -> Option<f64>| {
        teams.map(|team| {
            let shown = |(_, sms)| usd(team, sms).map(|usd| format!("{usd:.2}"));
            let [us, jp] = COUNTRIES.map(shown);
            match (us, jp) {
                (Some(us), Some(jp)) if us == jp => us,
                (Some(us), Some(jp)) => format!("{us} ({jp})"),
                (None, _) | (_, None) => "—".to_owned(),
            }
        })
    };
    let mut row = |name: String, [small, middle, large]: [String; 3], note: &str| {
        table.row([name, small, middle, large, note.to_owned()]);
    };
    let month = |team, sms| month_of(team, played, latencies, sms);
    let counted = in_both(&|team, sms| Some(month(team, sms).bill.counted_usd(prices)));
    row("Reveille, nothing free".to_owned(), counted, "Lambda's time apart");
    let beyond = in_both(&|team, sms| Some(month(team, sms).bill.beyond_free_usd(prices)));
    row("Reveille, beyond what is free".to_owned(), beyond, "");
    for (place, other) in prices.others.iter().enumerate() {
        let usd = in_both(&|team, sms| others(team, &month(team, sms), prices, sms)[place]);
        row(other.shown(), usd, &other.note);
    }
    table
}
