//! Overrides as people and programs read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reveille_domain::{Change, MadeOverride, Schedule, ScheduleHistory};
use serde::Serialize;

use crate::columns::Columns;
use crate::on_call::{clock_of, wall};

/// An override, as `override list --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverrideLine {
    /// Its id.
    pub id: String,
    /// Its schedule.
    pub schedule: String,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// One change, or the two of a swap.
    pub changes: Vec<ChangeLine>,
    /// Why; may be empty.
    pub reason: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// `ahead`, `active` or `over`.
    pub state: &'static str,
    /// The clock by which people read it.
    #[serde(skip)]
    zone: TimeZone,
}

/// What an override does: at least one of the two is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeLine {
    /// Who is not on call.
    pub remove: Option<String>,
    /// Who is.
    pub add: Option<String>,
}

impl OverrideLine {
    /// The line of one.
    pub fn of(schedule: &Schedule, made: &MadeOverride, now: Timestamp) -> Self {
        let change = |change: &Change| ChangeLine {
            remove: change.removed().map(ToString::to_string),
            add: change.added().map(ToString::to_string),
        };
        let state = match (made.start <= now, made.end <= now) {
            (_, true) => "over",
            (true, false) => "active",
            (false, false) => "ahead",
        };
        Self {
            id: made.id.to_string(),
            schedule: schedule.alias().to_string(),
            start: made.start,
            end: made.end,
            changes: made.changes.iter().map(change).collect(),
            reason: made.reason.clone(),
            made_at: made.made_at,
            state,
            zone: clock_of(schedule),
        }
    }
}

/// The overrides of schedules, by their starts; `all`: also those that are over.
pub fn lines<'s>(
    schedules: impl IntoIterator<Item = &'s ScheduleHistory>,
    now: Timestamp,
    all: bool,
) -> Vec<OverrideLine> {
    let of = |history: &'s ScheduleHistory| {
        history.made().iter().map(move |made| OverrideLine::of(history.current(), made, now))
    };
    let mut lines: Vec<OverrideLine> = schedules.into_iter().flat_map(of).collect();
    lines.retain(|line| all || line.state != "over");
    lines.sort_by(|a, b| (a.start, &a.schedule, &a.id).cmp(&(b.start, &b.schedule, &b.id)));
    lines
}

/// A table.
pub fn for_people(lines: &[OverrideLine]) -> String {
    if lines.is_empty() {
        return "no overrides were made at run time; those of the configuration stand in its file\n".to_owned();
    }
    let mut columns = Columns::new(["id", "schedule", "from", "until", "change", "state", "reason"]);
    for line in lines {
        let changes: Vec<String> = line.changes.iter().map(ChangeLine::words).collect();
        columns.row([
            line.id.as_str(),
            &line.schedule,
            &wall(line.start, &line.zone),
            &wall(line.end, &line.zone),
            &changes.join(", "),
            line.state,
            &line.reason,
        ]);
    }
    columns.to_string()
}

/// `bob instead of natsu, from … until …`, by the clock by which everything else of the schedule is shown.
pub(super) fn describe(made: &MadeOverride, schedule: &Schedule) -> String {
    let zone = clock_of(schedule);
    format!("{}, from {} until {}", changes(made), wall(made.start, &zone), wall(made.end, &zone))
}

pub(super) fn changes(made: &MadeOverride) -> String {
    let words = made.changes.iter().map(|change| {
        let line = ChangeLine {
            remove: change.removed().map(ToString::to_string),
            add: change.added().map(ToString::to_string),
        };
        line.words()
    });
    words.collect::<Vec<_>>().join(", ")
}

impl ChangeLine {
    fn words(&self) -> String {
        match (&self.remove, &self.add) {
            (Some(remove), Some(add)) => format!("{add} instead of {remove}"),
            (Some(remove), None) => format!("without {remove}"),
            (None, Some(add)) => format!("also {add}"),
            (None, None) => "nothing".to_owned(),
        }
    }
}
