//! `reveille plan`: what would change in an installation, field by field, without changing it.
//!
//! `apply` does what this says: both begin with [`Planned`], which is computed from the configuration and from what the table
//! holds, and knows nothing else.

mod difference;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use reveille_engine::port::{Table, Write};

use crate::apply::{self, ApplyError};
use crate::command::Failure;
use crate::configuration::{self, Configuration, Field, Written};
use crate::installation::Installation;
use crate::installed::{Installed, InstalledError, Stored};
use crate::paint::Paint;
use crate::unknown_name::few;
use crate::{output, progress};

pub use difference::{Action, Difference, Shown};
pub use shown::Report;

/// What `reveille plan` takes.
#[derive(Debug, Args)]
pub struct Plan {
    /// A configuration: a file, or a folder of them; see docs/CONFIGURATION.md
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    installation: Installation,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// End with status 1 if anything would change, for pipelines
    #[arg(long)]
    exit_code: bool,
}

/// What an apply would do.
#[derive(Clone)]
pub struct Planned {
    /// The revision that the configuration was compared with; 0: nothing has been applied yet.
    pub revision: u64,
    /// Whether an apply was cut off, which this one would bring to its end.
    pub is_unfinished: bool,
    /// Every field that changes.
    pub differences: Vec<Difference>,
    /// What cannot be read in the table, and would be written anew.
    pub unreadable: Vec<String>,
    /// Rows that would be written or removed, without those that only keep account of it.
    pub rows: usize,
    pub(crate) transactions: Vec<Vec<Write>>,
    pub(crate) written: usize,
    pub(crate) removed: usize,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The installation could not be read.
    #[error(transparent)]
    Installed(#[from] InstalledError),
    /// The configuration cannot be stored.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// What happens to contacts, schedules, plans, rules and webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// So many come.
    pub add: usize,
    /// So many change.
    pub change: usize,
    /// So many go.
    pub remove: usize,
}

// The rows hold addresses and secrets; they stay out of whatever prints a plan.
impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planned")
            .field("revision", &self.revision)
            .field("differences", &self.differences)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Planned {
    /// Compares a configuration with an installation. `now` is the installation's time: from then on a changed schedule would
    /// count.
    pub fn of(installed: &Installed, configuration: &Configuration, now: Timestamp) -> Result<Self, ApplyError> {
        let Stored { configuration: stored, unreadable, .. } = installed.stored();
        let before = of_an_installation(installed, &stored);
        let differences = difference::differences(&before, &configuration.written());
        let writes = apply::writes(installed, configuration, now)?;
        Ok(Self {
            revision: installed.revision(),
            is_unfinished: installed.is_unfinished(),
            differences,
            unreadable,
            rows: writes.written + writes.removed,
            transactions: writes.transactions,
            written: writes.written,
            removed: writes.removed,
        })
    }

    /// The same against what the table holds while nobody applies anything.
    pub async fn at_rest(table: &dyn Table, configuration: &Configuration, now: Timestamp) -> Result<Self, PlanError> {
        let installed = Installed::read_at_rest(table, &apply::keys(configuration)).await?;
        Ok(Self::of(&installed, configuration, now)?)
    }

    /// Whether the installation is as the configuration says already.
    pub fn is_nothing(&self) -> bool {
        self.transactions.is_empty()
    }

    /// What to say of contacts that go: an incident keeps the plan with which it began, and that names them still.
    pub fn farewell(&self) -> Option<String> {
        let gone = |one: &&Difference| one.is_whole && one.action == Action::Remove;
        // A thing has a difference for each of its fields.
        let names: BTreeSet<&str> =
            self.differences.iter().filter(gone).filter_map(|one| one.thing.strip_prefix("contacts.")).collect();
        let goes = if names.len() == 1 { "goes" } else { "go" };
        let who = match few(names.iter().copied()) {
            _ if names.is_empty() => return None,
            Some(few) => few,
            None => format!("{} contacts", names.len()),
        };
        Some(format!(
            "{who} {goes}: the plan of an incident that is open now may still ask for them and will find nobody; see `reveille \
             incidents`, and `reveille engage` somebody else there"
        ))
    }

    /// How much changes.
    pub fn counts(&self) -> Counts {
        let mut things: BTreeMap<&str, Action> = BTreeMap::new();
        for one in &self.differences {
            let action = if one.is_whole { one.action } else { Action::Change };
            // A rule that comes in the place of one that goes is another rule: both stand at the same place.
            let known = things.entry(one.thing.as_str()).or_insert(action);
            if *known != action {
                *known = Action::Change;
            }
        }
        let how_many = |wanted: Action| things.values().filter(|action| **action == wanted).count();
        Counts { add: how_many(Action::Add), change: how_many(Action::Change), remove: how_many(Action::Remove) }
    }
}

/// An installation in the words of a file. What is not there has no section.
fn of_an_installation(installed: &Installed, stored: &Configuration) -> Written {
    let written = stored.written();
    let Written::Mapping(fields) = written else { return written };
    let is_there = |field: &Field| match field.key.as_str() {
        "defaults" => installed.settings().is_some(),
        "reveille" => true,
        _ => !field.value.is_empty(),
    };
    Written::Mapping(fields.into_iter().filter(is_there).collect())
}

impl Plan {
    /// Prints what would change.
    pub async fn run(self) -> Result<(), Failure> {
        let configuration = configuration::load(&self.config)?;
        let table = self.installation.find().await?.table();
        let comparing = Planned::at_rest(table.as_ref(), &configuration, Timestamp::now());
        let planned = progress::with("comparing with the installation", comparing).await?;
        let report = Report::of(&planned);
        if self.json {
            output::say(format_args!("{}\n", serde_json::to_string(&report)?))?;
        } else {
            output::say(format_args!("{}{}\n", report.painted(Paint::of_stdout()), report.would_change()))?;
        }
        planned.farewell().iter().for_each(output::aside);
        if !self.installation.is_local()
            && let Err(error) = apply::refuse_examples(&configuration)
        {
            output::aside(format_args!("apply will refuse this: {error}"));
        }
        if self.exit_code && !planned.is_nothing() {
            return Err("the installation is not as the configuration says".into());
        }
        Ok(())
    }
}
