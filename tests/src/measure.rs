//! What the benches `storm`, `starts`, `growth` and `handler` measure, for docs/PERFORMANCE.md: each prints the table that stands there.

mod alerts;
mod deployed;
mod filling;
mod growth;
mod handler;
mod http_message;
mod ingest_worker;
mod printing;
mod process;
mod prometheus;
mod runtime_api;
mod starts;
mod still_world;
mod storm;

pub use deployed::{build_as_deployed, python_with_boto3};
pub use growth::{Cost, Grown, Size, growth, table as growth_table};
pub use handler::{Counted, Handled, Posts, hand, handler, table as handler_table};
pub use printing::Printing;
pub use starts::{Started, Starts, starts, table as starts_table};
pub use storm::{Compared, Storm, Weathered, held, storm, table as storm_table};

/// Why something could not be measured.
pub type MeasureError = Box<dyn std::error::Error + Send + Sync>;
