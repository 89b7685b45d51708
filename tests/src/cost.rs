//! What an incident costs, and a month without any: the functions' own handlers on the embedded stack, with everything written down
//! that AWS sends a bill for. Nothing here says how many calls something takes: it is played, and counted.

mod bill;
mod dollars;
mod messages;
mod month;
mod night;
mod nights;
mod operators;
mod path;
mod prices;
mod table;
mod tables;

use reveille_cli::bench::Latencies;

use dollars::{idle_table, incidents_table, pages_table, teams_table};
use tables::{paths_table, times_table};

pub use bill::{Bill, LAMBDA_TIME, Line};
pub use messages::{Messages, sms_parts};
pub use month::{Month, Team, idle_month, month_of, others};
pub use night::{Incident, Played, an_incident, play, play_in};
pub use nights::{Nights, TEAM};
pub use operators::operators_table;
pub use path::{Call, Invocation, Path};
pub use prices::{Other, Price, Prices};
pub use table::{Table, rows_of};
pub use tables::minimum_table;

/// Every table of the document that a play of the night fills, in its order.
pub fn tables(played: &Played, prices: &Prices, latencies: &Latencies) -> Vec<Table> {
    vec![
        paths_table(played),
        times_table(played, latencies),
        pages_table(played, prices, latencies),
        incidents_table(played, prices, latencies),
        idle_table(played, prices, latencies),
        teams_table(played, prices, latencies),
    ]
}
