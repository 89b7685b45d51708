//! `reveille doctor`: walks through an installation, and says of each part whether it stands as it should and what to do if not.
//!
//! It changes nothing, and one part that cannot be looked at keeps no other from being looked at.

pub mod alarms;
mod check;
mod configuration;
mod dead;
mod queues;
mod signing_key;
mod table;
mod waiting;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::columns::one_line;
use crate::command::Failure;
use crate::installation::{Installation, Reached};
use crate::output;
use crate::paint::{Ink, Paint};
use crate::progress;

pub use check::{Check, State};

/// What is asked.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Everything that was looked at, as `doctor --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// The table of the installation.
    pub table: String,
    /// The region that drives its incidents.
    pub home: String,
    /// How many checks failed.
    pub failures: usize,
    /// How many found something doubtful, or could not be made.
    pub warnings: usize,
    /// In the order in which people mend.
    pub checks: Vec<Check>,
}

impl Doctor {
    /// Looks, and answers on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        let reached = self.installation.find().await?;
        let now = reached.engine().now();
        let findings = progress::with("looking through the installation", examine(&reached, now)).await;
        if self.json {
            output::line(serde_json::to_string(&findings)?)?;
        } else {
            output::say(for_people(&findings, Paint::of_stdout()))?;
        }
        match findings.failures {
            0 => Ok(()),
            1 => Err("1 check failed".into()),
            failures => Err(format!("{failures} checks failed").into()),
        }
    }
}

/// Looks at everything.
pub async fn examine(reached: &Reached, now: Timestamp) -> Findings {
    let (version, table, alarms, queues, dead, waiting, configuration, key) = tokio::join!(
        async { check::version(&reached.parts) },
        table::examine(reached),
        alarms::examine(reached, now),
        queues::examine(reached),
        dead::examine(reached),
        waiting::examine(reached, now),
        configuration::examine(reached, now),
        signing_key::examine(reached, now),
    );
    let checks: Vec<Check> =
        [version, table, alarms, queues, dead, waiting, configuration, key].into_iter().flatten().collect();
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    Findings {
        table: reached.parts.table.clone(),
        home: reached.parts.home.clone(),
        failures: count(State::Failure),
        warnings: count(State::Warning) + count(State::Unknown),
        checks,
    }
}

/// A line for each check, and below it what to do.
pub fn for_people(findings: &Findings, paint: Paint) -> String {
    let mut out = format!("installation {} in {}\n\n", findings.table, findings.home);
    let widest = findings.checks.iter().map(|check| check.check.chars().count()).max().unwrap_or(0);
    for check in &findings.checks {
        let ink = match check.state {
            State::Ok => Ink::Good,
            State::Warning | State::Unknown => Ink::Waiting,
            State::Failure => Ink::Bad,
        };
        let state = paint.ink(ink, &format!("{:7}", check.state.name()));
        out.push_str(&format!("{state}  {:widest$}  {}\n", check.check, one_line(&check.says)));
        for detail in &check.details {
            out.push_str(&format!("{:9}{:widest$}  {}\n", "", "", paint.ink(Ink::Faint, &one_line(detail))));
        }
        if let Some(remedy) = &check.remedy {
            out.push_str(&format!("{:9}{:widest$}  -> {}\n", "", "", one_line(remedy)));
        }
    }
    let Findings { failures, warnings, checks, .. } = findings;
    out.push_str(&format!("\n{} checks: {failures} failed, {warnings} to be looked at\n", checks.len()));
    out
}
