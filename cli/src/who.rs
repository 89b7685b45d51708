//! `reveille who`: who is on call at an instant, or was.

use clap::Args;
use jiff::Timestamp;

use crate::command::{Failure, instant, this_second};
use crate::on_call;
use crate::output;
use crate::schedules::Whence;

/// What is asked.
#[derive(Debug, Args)]
pub struct Who {
    #[command(flatten)]
    whence: Whence,
    /// The instant, in RFC 3339: 2026-01-05T14:00:00Z; without it, now
    #[arg(long, value_name = "T", value_parser = instant)]
    at: Option<Timestamp>,
    /// Only this schedule
    #[arg(long, value_name = "S")]
    schedule: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Who {
    /// Answers on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        let schedules = self.whence.read().await?;
        let asked = schedules.asked(self.schedule.as_deref())?;
        let at = self.at.unwrap_or_else(this_second);
        if self.json {
            output::line(serde_json::to_string(&on_call::who(asked, at))?)?;
        } else if asked.is_empty() {
            output::line(format_args!("{} has no schedules", schedules.whence))?;
        } else {
            output::say(on_call::who_for_people(asked, at))?;
        }
        Ok(())
    }
}
