//! `reveille override`: who stands in for whom, made at run time and without an edit of the configuration.

mod change;
mod listing;
mod notice;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Change, ContactAlias, Made, ScheduleAlias, ScheduleHistory, Withdrawn};
use reveille_engine::Engine;

use crate::command::{Failure, instant, usage_of};
use crate::duration;
use crate::installation::Installation;
use crate::installed::Applied;
use crate::on_call;
use crate::output;
use crate::progress;
use crate::unknown_name::UnknownName;

pub use change::{OverrideError, Wanted, make, withdraw};
pub use listing::{OverrideLine, for_people, lines};
pub use notice::{News, tell};

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Overrides {
    /// Let somebody stand in for somebody, come in addition, or be left out
    Add(Add),
    /// Let two people exchange their shifts
    Swap(Exchange),
    /// List the overrides that were made at run time
    List(List),
    /// Take one back: one that has begun ends now, and the past stays as it was
    Remove(Remove),
}

/// For which schedule, and for how long.
#[derive(Debug, Args)]
struct Span {
    /// The schedule
    #[arg(long, value_name = "S")]
    schedule: String,
    /// The first instant, in RFC 3339: 2026-01-05T14:00:00Z; without it, now
    #[arg(long, value_name = "T", value_parser = instant)]
    from: Option<Timestamp>,
    /// The first instant after it
    #[arg(long, value_name = "T", value_parser = instant, required_unless_present = "length")]
    to: Option<Timestamp>,
    /// How long, instead of --to: 8h, 90m, 2d
    #[arg(long = "for", id = "length", value_name = "SPAN", value_parser = duration::argument, conflicts_with = "to")]
    length: Option<SignedDuration>,
    /// Why: whoever is concerned reads it
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Tell nobody
    #[arg(long)]
    quiet: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// `override add`
#[derive(Debug, Args)]
pub struct Add {
    /// Who is not on call
    #[arg(long, value_name = "CONTACT", required_unless_present = "add")]
    remove: Option<String>,
    /// Who is on call: instead of --remove, or in addition
    #[arg(long, value_name = "CONTACT")]
    add: Option<String>,
    #[command(flatten)]
    span: Span,
}

/// `override swap`
#[derive(Debug, Args)]
pub struct Exchange {
    /// One of them
    #[arg(value_name = "CONTACT")]
    a: String,
    /// The other
    #[arg(value_name = "CONTACT")]
    b: String,
    #[command(flatten)]
    span: Span,
}

/// `override list`
#[derive(Debug, Args)]
pub struct List {
    /// Only this schedule
    #[arg(long, value_name = "S")]
    schedule: Option<String>,
    /// Also those that are over
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// `override remove`
#[derive(Debug, Args)]
pub struct Remove {
    /// The override, as `override list` names it
    #[arg(value_name = "ID")]
    id: String,
    /// Tell nobody
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    installation: Installation,
}

/// How far an answer shows who is on call with an override.
const SHOWN_DAYS: i64 = 14;

impl Overrides {
    /// Does it, and says so on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Overrides::Add(Add { remove, add, span }) => {
                let of = |alias: Option<String>| alias.map(ContactAlias::new);
                let change = match (of(remove), of(add)) {
                    (Some(remove), Some(add)) => Change::Replace { remove, add },
                    (Some(remove), None) => Change::Remove(remove),
                    (None, Some(add)) => Change::Add(add),
                    (None, None) => {
                        return Err(usage_of("override add", "--remove, --add or both say what changes"));
                    }
                };
                add_one(span, vec![change], "override add").await
            }
            Overrides::Swap(Exchange { a, b, span }) => {
                let (a, b) = (ContactAlias::new(a), ContactAlias::new(b));
                let there = Change::Replace { remove: a.clone(), add: b.clone() };
                add_one(span, vec![there, Change::Replace { remove: b, add: a }], "override swap").await
            }
            Overrides::List(list) => list.run().await,
            Overrides::Remove(remove) => remove.run().await,
        }
    }
}

async fn add_one(span: Span, changes: Vec<Change>, command: &str) -> Result<(), Failure> {
    let engine = span.installation.find().await?.engine();
    let schedule = ScheduleAlias::new(&span.schedule);
    progress::with("reading the names of the installation", check_names(&engine, &schedule, &changes)).await?;
    let now = engine.now();
    let (start, end) = span.ends(now).map_err(|message| usage_of(command, message))?;
    let wanted = Wanted { schedule, start, end, changes, reason: span.reason };
    let (made, before, after) = progress::with("making the override", make(&engine, &wanted)).await?;
    let (Made::Now(made) | Made::Before(made), is_new) = (made.clone(), matches!(made, Made::Now(_)));
    let telling = async {
        if span.quiet || !is_new {
            return Ok(Vec::new());
        }
        tell(&engine, after.current(), &made, News::Made).await
    };
    let told = progress::with("telling whom it concerns", telling).await?;
    if span.json {
        output::line(serde_json::to_string(&OverrideLine::of(after.current(), &made, now))?)?;
        return Ok(());
    }
    let is_there = if is_new { "" } else { " (it was there already)" };
    output::line(format_args!("override {}{is_there}: {}", made.id, listing::describe(&made, after.current())))?;
    if !told.is_empty() {
        output::line(format_args!("told: {}", told.join(", ")))?;
    }
    Ok(show_effect(&before, &after, made.start, made.end)?)
}

impl Span {
    /// The first instant and the first after it. One that begins now begins with the next whole second, and lasts as long as it says.
    fn ends(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), String> {
        let next_second = || now.as_second() + i64::from(now.subsec_nanosecond() > 0);
        let start = self.from.unwrap_or_else(|| Timestamp::from_second(next_second()).unwrap_or(now));
        let end = match (self.to, self.length) {
            (Some(to), _) => to,
            (None, Some(length)) => start.checked_add(length).map_err(|_| "--for is too long".to_owned())?,
            (None, None) => return Err("--to or --for says until when".to_owned()),
        };
        if end <= start {
            return Err(format!("--to {end} is not after {start}, when it begins"));
        }
        Ok((start, end))
    }
}

/// Who is on call with it; an override that changes nothing is a mistake that shows at 03:00 otherwise.
fn show_effect(
    before: &ScheduleHistory,
    after: &ScheduleHistory,
    start: Timestamp,
    end: Timestamp,
) -> std::io::Result<()> {
    let shown = start.saturating_add(SignedDuration::from_hours(24 * SHOWN_DAYS)).map_or(end, |shown| shown.min(end));
    output::say(format_args!("\n{}", on_call::shifts_for_people(after, start, shown)))?;
    if before.shifts(start, end) == after.shifts(start, end) {
        output::line(
            "\nThat changes nothing: whoever it removes is not on call then, or a temporary schedule replaces the whole span.",
        )?;
    }
    Ok(())
}

/// Names that lead nowhere are mistakes, with what they could have been.
async fn check_names(engine: &Engine, schedule: &ScheduleAlias, changes: &[Change]) -> Result<(), Failure> {
    let applied = Applied::read(engine.table()).await?;
    let (names, schedules) = (applied.names().await?, applied.schedules().await?);
    if !schedules.contains_key(schedule) {
        let known = schedules.keys().map(ScheduleAlias::as_str);
        return Err(UnknownName::installed("schedule", schedule.as_str(), known).into());
    }
    let named = changes.iter().flat_map(|change| [change.removed(), change.added()]).flatten();
    for alias in named {
        if !names.contains_key(alias) {
            let known = names.keys().map(ContactAlias::as_str);
            return Err(UnknownName::installed("contact", alias.as_str(), known).into());
        }
    }
    Ok(())
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let reading = async {
            let reached = self.installation.find().await?;
            let table = reached.table();
            Ok::<_, Failure>(Applied::read(table.as_ref()).await?.schedules().await?)
        };
        let schedules = progress::with("reading the schedules of the installation", reading).await?;
        if let Some(alias) = self.schedule.as_ref().filter(|alias| !schedules.contains_key(&ScheduleAlias::new(*alias)))
        {
            let known = schedules.keys().map(ScheduleAlias::as_str);
            return Err(UnknownName::installed("schedule", alias, known).into());
        }
        let asked = schedules
            .values()
            .filter(|history| self.schedule.as_ref().is_none_or(|alias| history.current().alias().as_str() == alias));
        let lines = lines(asked, Timestamp::now(), self.all);
        if self.json {
            output::line(serde_json::to_string(&lines)?)?;
        } else {
            output::say(for_people(&lines))?;
        }
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> Result<(), Failure> {
        let engine = self.installation.find().await?.engine();
        let (schedule, withdrawn) = progress::with("taking the override back", withdraw(&engine, &self.id)).await?;
        let (made, what) = match &withdrawn {
            Withdrawn::Gone(made) => (made, "is gone: it had not begun"),
            Withdrawn::Ended(made) => (made, "has ended now; who was on call until now stays as it was"),
            Withdrawn::OverAlready(made) => (made, "was over already, and stays as it was"),
        };
        output::line(format_args!("override {} {what}: {}", made.id, listing::describe(made, &schedule)))?;
        if !self.quiet && !matches!(withdrawn, Withdrawn::OverAlready(_)) {
            let telling = tell(&engine, &schedule, made, News::Withdrawn);
            let told = progress::with("telling whom it concerned", telling).await?;
            if !told.is_empty() {
                output::line(format_args!("told: {}", told.join(", ")))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
