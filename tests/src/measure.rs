//! What `reveille-measure` measures, for docs/PERFORMANCE.md: each part prints the table that stands there.

mod alerts;
mod growth;
mod handler;
mod http_message;
mod ingest_worker;
mod process;
mod prometheus;
mod runtime_api;
mod starts;
mod still_world;
mod storm;

pub use growth::{Cost, Grown, Size, growth, table as growth_table};
pub use handler::{Handled, Posts, hand, handler, table as handler_table};
pub use starts::{Started, Starts, starts, table as starts_table};
pub use storm::{Compared, Storm, Weathered, held, storm, table as storm_table};

/// Why something could not be measured.
pub type MeasureError = Box<dyn std::error::Error + Send + Sync>;
