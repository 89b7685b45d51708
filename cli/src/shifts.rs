//! `reveille shifts`: the shifts of a schedule, past and to come, and its gaps.

use clap::Args;
use jiff::Timestamp;

use crate::command::Failure;
use crate::on_call;
use crate::output;
use crate::schedules::Whence;
use crate::window::Window;

/// What is asked.
#[derive(Debug, Args)]
pub struct Shifts {
    #[command(flatten)]
    whence: Whence,
    /// The schedule
    #[arg(long, value_name = "S")]
    schedule: String,
    #[command(flatten)]
    window: Window,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Shifts {
    /// Answers on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        let (from, to) = self.window.checked(Timestamp::now(), "shifts")?;
        let schedules = self.whence.read().await?;
        let schedule = schedules.schedule(&self.schedule)?;
        if self.json {
            output::line(serde_json::to_string(&on_call::shifts(schedule, from, to))?)?;
        } else {
            output::say(on_call::shifts_for_people(schedule, from, to))?;
        }
        Ok(())
    }
}
