//! `reveille alarms`: what sends alarms to an installation.

mod account;
mod alarm;
mod backup;
mod change;
mod report;
mod response_plan;
mod rewire;
mod roll_back;
mod target;

use clap::Subcommand;

use crate::command::Failure;

pub use rewire::Rewire;

/// What `reveille alarms` does.
#[derive(Debug, Subcommand)]
pub enum Alarms {
    /// Let alarms and rules that start incidents of AWS Incident Manager page here. Shows what would change, unless --write is given
    Rewire(Box<Rewire>),
}

impl Alarms {
    /// Does it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Alarms::Rewire(rewire) => rewire.run().await,
        }
    }
}
