//! What an incident costs, and a month without any: the functions' own handlers on the embedded stack, with everything written down
//! that AWS sends a bill for. Nothing here says how many calls something takes: it is played, and counted.

mod bill;
mod messages;
mod month;
mod night;
mod path;
mod prices;
mod table;

pub use bill::{Bill, Line};
pub use messages::{Messages, sms_parts};
pub use month::{Month, Team, idle_month, month_of, others};
pub use night::{Incident, Played, an_incident, play};
pub use path::{Call, Invocation, Path};
pub use prices::{Other, Price, Prices};
pub use table::{paths_table, rows_of};
