//! Loading a configuration into an installation: with the operator's own rights, never with a function's.
//!
//! Only rows that differ are written. What plans refer to is written before the plans, and what routes to plans last; what is
//! gone from the configuration is removed after that. Whoever looks in between finds the old configuration or the new one, and
//! never a name that leads nowhere. Where all of it fits into one transaction there is no in between.

mod limits;
mod rows;
mod steps;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use reveille_domain::{Change, ContactAlias, OverrideId, ScheduleAlias, ScheduleHistory, ScheduleVersion};
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Item, Key, Table, TableError, TransactError, Write};
use reveille_engine::record::{ScheduleRecord, ScheduleTooLarge, from_item, to_item};
use serde_json::json;

use crate::command::Failure;
use crate::configuration::{self, Configuration, ExampleAddress, example_addresses};
use crate::installation::Installation;
use crate::installed::{Installed, Kind};
use crate::paint::Paint;
use crate::plan::{self, Planned};
use crate::{output, progress};

/// What `reveille apply` takes.
#[derive(Debug, Args)]
pub struct Apply {
    /// A configuration: a file, or a folder of them; see docs/CONFIGURATION.md
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    installation: Installation,
    /// Apply only to the revision that `plan` has compared with
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What has been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Rows written.
    pub written: usize,
    /// Rows removed, because the configuration no longer has what they stood for.
    pub removed: usize,
    /// The revision of the settings that is in force now.
    pub revision: u64,
}

/// Why a configuration was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Pages to these would reach nobody, or a stranger.
    #[error(
        "the configuration still has addresses of an example, put your own in their place, or apply it to the local stack \
         with --local: {}",
        list(.0)
    )]
    ExampleAddresses(Vec<ExampleAddress>),
    /// Somebody else has applied one in between.
    #[error(
        "somebody else has applied a configuration at the same time: run `reveille plan` to see what is left to do, then \
         apply again"
    )]
    Overtaken,
    /// Somebody else has applied one since the plan was made.
    #[error(
        "the installation is at revision {is}, and the plan was compared with revision {planned}: run `reveille plan` again \
         and look at what it says now"
    )]
    OtherRevision {
        /// What is in force.
        is: u64,
        /// What was asked for.
        planned: u64,
    },
    /// Somebody who stands in for somebody is not in the file any more: whoever asks the schedule would page nobody.
    #[error(
        "`{contact}` is not in the configuration, but on call in `{schedule}` until {until} by an override that was made at run \
         time: reveille override remove {id}, then apply again"
    )]
    StandsIn {
        /// Who.
        contact: ContactAlias,
        /// Where.
        schedule: ScheduleAlias,
        /// By which override.
        id: OverrideId,
        /// Until when.
        until: Timestamp,
    },
    /// A schedule that no row can hold.
    #[error(transparent)]
    Schedule(#[from] ScheduleTooLarge),
    /// Something else that no row can hold.
    #[error("{what} takes {bytes} bytes, and the limit is {} (ROW_BYTES_MAX): {remedy}", limits::ROW_BYTES_MAX)]
    TooLarge {
        /// What is too large.
        what: String,
        /// What it takes.
        bytes: usize,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The table could not be written.
    #[error("the table could not be written; applying again is safe")]
    Table(#[source] TableError),
}

/// The writes that make an installation as a configuration says.
pub(crate) struct Writes {
    /// In their order; empty: there is nothing to do.
    pub(crate) transactions: Vec<Vec<Write>>,
    pub(crate) written: usize,
    pub(crate) removed: usize,
}

impl Apply {
    /// Applies a configuration and prints what has changed.
    pub async fn run(self) -> Result<(), Failure> {
        let configuration = configuration::load(&self.config)?;
        if !self.installation.is_local() {
            refuse_examples(&configuration)?;
        }
        let table = self.installation.find().await?.table();
        let comparing = planned(table.as_ref(), &configuration, Timestamp::now());
        let planned = progress::with("comparing with the installation", comparing).await?;
        planned.refuse_other(self.revision)?;
        let report = progress::with("applying", planned.carry_out(table.as_ref())).await?;
        self.tell(&planned, report)?;
        planned.farewell().iter().for_each(output::aside);
        for (contact, channel) in configuration.unverified() {
            output::aside(format_args!(
                "{contact}'s {channel} is not paged until it is verified: reveille verify {contact} {channel}"
            ));
        }
        Ok(())
    }

    fn tell(&self, planned: &Planned, report: Report) -> Result<(), Failure> {
        let changes = plan::Report::of(planned);
        let Report { written, removed, revision } = report;
        if self.json {
            let applied = json!({
                "revision": revision,
                "written": written,
                "removed": removed,
                "counts": changes.counts,
                "changes": changes.changes,
            });
            Ok(output::line(applied)?)
        } else if planned.is_nothing() {
            Ok(output::line(format_args!("nothing to do: revision {revision} is what the configuration says"))?)
        } else {
            let done = format!("applied: {}; revision {revision}", changes.done());
            Ok(output::line(format_args!("{}{done}", changes.painted(Paint::of_stdout())))?)
        }
    }
}

/// Refuses a configuration whose pages would reach nobody. For real accounts; a local stack takes the examples.
pub fn refuse_examples(configuration: &Configuration) -> Result<(), ApplyError> {
    let examples = example_addresses(configuration);
    if examples.is_empty() { Ok(()) } else { Err(ApplyError::ExampleAddresses(examples)) }
}

/// Applies a configuration. Safe to repeat. `now` is the installation's time: from then on a changed schedule counts.
pub async fn apply(table: &dyn Table, configuration: &Configuration, now: Timestamp) -> Result<Report, ApplyError> {
    planned(table, configuration, now).await?.carry_out(table).await
}

/// What applying would do to the installation as it is. If it changes in between, nothing is written.
pub async fn planned(table: &dyn Table, configuration: &Configuration, now: Timestamp) -> Result<Planned, ApplyError> {
    let installed = Installed::read(table, &keys(configuration)).await.map_err(ApplyError::Table)?;
    Planned::of(&installed, configuration, now)
}

/// Every key that a configuration has in the table, but for the settings.
pub(crate) fn keys(configuration: &Configuration) -> BTreeSet<Key> {
    rows::keys(configuration)
}

impl Planned {
    /// Refuses to go on if the plan that somebody has looked at was made on another revision. Where nothing is left to do, nothing
    /// can be overwritten: that is the same command once more.
    pub fn refuse_other(&self, revision: Option<u64>) -> Result<(), ApplyError> {
        match revision {
            Some(planned) if planned != self.revision && !self.is_nothing() => {
                Err(ApplyError::OtherRevision { is: self.revision, planned })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Does what the plan says, if the installation is still as it was.
    pub async fn carry_out(&self, table: &dyn Table) -> Result<Report, ApplyError> {
        for writes in &self.transactions {
            table.transact(writes).await.map_err(|error| match error {
                // Two transactions on the index at the same time are two who apply.
                TransactError::Refused(_) | TransactError::Table(TableError::Conflict) => ApplyError::Overtaken,
                TransactError::Table(error) => ApplyError::Table(error),
            })?;
        }
        let revision = if self.is_nothing() { self.revision } else { self.revision + 1 };
        Ok(Report { written: self.written, removed: self.removed, revision })
    }
}

/// What to write, and in which order.
pub(crate) fn writes(
    installed: &Installed,
    configuration: &Configuration,
    now: Timestamp,
) -> Result<Writes, ApplyError> {
    let wanted = keys(configuration);
    let mut writes = differing(installed, rows::of_contacts(configuration));
    writes.extend(schedules(installed, configuration, now)?);
    writes.extend(differing(installed, rows::of_plans(configuration)));
    let known = installed.indexed();
    let mut gone: Vec<Key> = known.difference(&wanted).cloned().collect();
    // In the order that is the reverse of writing: what something else refers to goes after it.
    gone.sort_by_key(|key| std::cmp::Reverse(Kind::of(key).map(|(kind, _)| kind)));
    let as_it_is = rows::of_settings(configuration, installed.settings_revision());
    let settings_differ = installed.settings() != Some(&as_it_is);
    let nothing = writes.is_empty() && gone.is_empty() && !settings_differ && known == wanted;
    if nothing && !installed.is_unfinished() {
        return Ok(Writes { transactions: Vec::new(), written: 0, removed: 0 });
    }
    let revision = installed.revision() + 1;
    let settings = rows::of_settings(configuration, revision);
    let condition = match installed.settings() {
        Some(_) => Condition::Is("rev", json!(installed.settings_revision())),
        None => Condition::Absent,
    };
    writes.push(Write::put(key::settings(), settings, condition));
    let written = writes.len();
    let removed = gone.len();
    writes.extend(gone.into_iter().map(|key| Write { key, action: Action::Delete, condition: Condition::Always }));
    refuse_too_large(&writes, &steps::index(&known.union(&wanted).cloned().collect(), revision, u64::MAX))?;
    let transactions = steps::transactions(writes, installed, &wanted, revision);
    Ok(Writes { transactions, written, removed })
}

/// The rows that are not in the table as they are to be.
fn differing(installed: &Installed, rows: Vec<rows::Row>) -> Vec<Write> {
    let differs = |(key, item): &rows::Row| installed.row(key) != Some(item);
    rows.into_iter().filter(differs).map(|(key, item)| Write::put(key, item, Condition::Always)).collect()
}

/// The schedules that are not in force as they stand in the configuration. What was in force before stays in their rows: who
/// was on call last month is not changed by an edit.
fn schedules(installed: &Installed, configuration: &Configuration, now: Timestamp) -> Result<Vec<Write>, ApplyError> {
    let mut writes = Vec::new();
    for schedule in configuration.schedules.values() {
        let key = key::schedule(schedule.alias());
        let Some(item) = installed.row(&key) else {
            let record = ScheduleRecord::fitting(ScheduleHistory::new(schedule.clone()), 1)?;
            writes.push(Write::put(key, to_item(&record), Condition::Absent));
            continue;
        };
        let rev = item.get("rev").cloned();
        let next = rev.as_ref().and_then(serde_json::Value::as_u64).unwrap_or(0) + 1;
        let before = from_item::<ScheduleRecord>(item).and_then(ScheduleHistory::try_from).ok();
        before.as_ref().map_or(Ok(()), |before| all_who_stand_in_are_known(configuration, before, now))?;
        if before.as_ref().is_some_and(|before| before.current() == schedule) {
            continue;
        }
        // A row that cannot be read is mended; the past that it held is gone, and nothing is made up in its place.
        let anew = || {
            let version = ScheduleVersion { from: Some(now), schedule: schedule.clone() };
            ScheduleHistory::from_versions(vec![version])
        };
        let mut history = before.or_else(anew).unwrap_or_else(|| ScheduleHistory::new(schedule.clone()));
        history.put(schedule.clone(), now);
        let record = ScheduleRecord::fitting(history, next)?;
        let unchanged = rev.map_or(Condition::Missing("rev"), |rev| Condition::Is("rev", rev));
        writes.push(Write::put(key, to_item(&record), unchanged));
    }
    Ok(writes)
}

/// Overrides that operators have made stay in force; whom they bring in must be there to be paged.
fn all_who_stand_in_are_known(
    configuration: &Configuration,
    history: &ScheduleHistory,
    now: Timestamp,
) -> Result<(), ApplyError> {
    for made in history.made().iter().filter(|made| made.end > now) {
        let mut added = made.changes.iter().filter_map(Change::added);
        if let Some(contact) = added.find(|contact| !configuration.contacts.contains_key(*contact)) {
            let (contact, schedule) = (contact.clone(), history.current().alias().clone());
            return Err(ApplyError::StandsIn { contact, schedule, id: made.id.clone(), until: made.end });
        }
    }
    Ok(())
}

/// Nothing is written if any row would be refused.
fn refuse_too_large(writes: &[Write], index: &Item) -> Result<(), ApplyError> {
    let puts = writes.iter().filter_map(|write| match &write.action {
        Action::Put(item) => Some((&write.key, item)),
        Action::Update(_) | Action::Delete | Action::Check => None,
    });
    for (key, item) in puts.chain([(&key::index(), index)]) {
        let bytes = steps::bytes(item);
        if bytes <= limits::ROW_BYTES_MAX {
            continue;
        }
        let (what, remedy) = match Kind::of(key) {
            Some((kind, name)) => {
                (format!("{} `{name}`", kind.word()), "shorten its texts and lists, or make two of it")
            }
            None if key.sk == "INDEX" => {
                let what = "the list of all contacts, channels, schedules and plans".to_owned();
                (what, "take out those that nobody needs")
            }
            None => {
                let what = "what `ingest` reads, rules, webhooks and `incident` of all response plans,".to_owned();
                (what, "shorten `summary` of response plans, and join rules by patterns")
            }
        };
        return Err(ApplyError::TooLarge { what, bytes, remedy });
    }
    Ok(())
}

fn list(examples: &[ExampleAddress]) -> String {
    let one = |example: &ExampleAddress| {
        let ExampleAddress { contact, channel, address, reason } = example;
        format!("{contact}'s {channel} {address} ({})", reason.describe())
    };
    examples.iter().map(one).collect::<Vec<_>>().join("; ")
}
