//! Overrides that operators make while a schedule is in force, without an edit of the configuration.
//!
//! They stand beside the versions of a schedule and not in them: applying a configuration keeps them, and twenty of them do not
//! make twenty versions. The past stays what it was: one counts from the instant at which it was made at the earliest, and one
//! that is withdrawn after it has begun ends there and then.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::history::ScheduleHistory;
use super::{Change, Override, OverrideError};
use crate::limits::{MADE_OVERRIDE_DAYS_MAX, MADE_OVERRIDES_MAX, REASON_CHARACTERS_MAX, clip};
use crate::{ContactAlias, OverrideId};

/// An override that an operator has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeOverride {
    /// Unique in its schedule.
    pub id: OverrideId,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// What it does: one change, or the two of a swap.
    pub changes: Vec<Change>,
    /// Why, in the operator's words; may be empty.
    pub reason: String,
    /// When it was made.
    pub made_at: Timestamp,
}

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedOverride {
    /// What it is to be called, if it is not there already.
    pub id: OverrideId,
    /// The first instant. What is over already stays as it was.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// What it does: one change, or the two of a swap.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
}

/// What has become of a wanted override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// It counts.
    Now(MadeOverride),
    /// The same was there already.
    Before(MadeOverride),
}

/// What has become of an override that is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It had not begun, and is gone.
    Gone(MadeOverride),
    /// It had begun, and ends now.
    Ended(MadeOverride),
    /// It was over already; the past stays as it was.
    OverAlready(MadeOverride),
}

/// Why an override is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MakeError {
    /// It cannot be.
    Override(OverrideError),
    /// It is over already, and who was on call is a fact.
    Past,
    /// It is longer than [`MADE_OVERRIDE_DAYS_MAX`] days.
    TooLong,
    /// There are [`MADE_OVERRIDES_MAX`] that are not over.
    TooMany,
}

impl MadeOverride {
    /// The same as the schedule's own overrides are.
    pub fn overrides(&self) -> impl Iterator<Item = Override> {
        self.changes.iter().map(|change| Override { start: self.start, end: self.end, change: change.clone() })
    }

    /// Everybody whom it concerns.
    pub fn contacts(&self) -> Vec<&ContactAlias> {
        let mut contacts: Vec<&ContactAlias> =
            self.changes.iter().flat_map(|change| [change.removed(), change.added()]).flatten().collect();
        contacts.sort_unstable();
        contacts.dedup();
        contacts
    }

    fn overlaps(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
        from.is_none_or(|from| self.end > from) && to.is_none_or(|to| self.start < to)
    }
}

impl ScheduleHistory {
    /// What operators have made, in the order in which they made it.
    pub fn made(&self) -> &[MadeOverride] {
        &self.made
    }

    /// The same schedule with what operators have made of it.
    #[must_use]
    pub fn with_made(mut self, made: Vec<MadeOverride>) -> Self {
        self.made = made;
        self.combine();
        self
    }

    /// Makes an override. The same again makes no second one.
    pub fn make_override(&mut self, wanted: WantedOverride, now: Timestamp) -> Result<Made, MakeError> {
        let WantedOverride { id, start, end, changes, reason } = wanted;
        let is_same = |one: &&MadeOverride| {
            one.end == end && one.changes == changes && one.start == start.max(one.made_at_second())
        };
        if let Some(same) = self.made.iter().find(is_same) {
            return Ok(Made::Before(same.clone()));
        }
        let reason = clip(reason.trim(), REASON_CHARACTERS_MAX);
        let mut made = MadeOverride { id, start, end, changes, reason, made_at: now };
        made.overrides().try_for_each(|one| one.check()).map_err(MakeError::Override)?;
        if end <= now {
            return Err(MakeError::Past);
        }
        made.start = start.max(made.made_at_second());
        if made.start >= end {
            return Err(MakeError::Past);
        }
        if made.start.duration_until(end) > SignedDuration::from_hours(24 * MADE_OVERRIDE_DAYS_MAX) {
            return Err(MakeError::TooLong);
        }
        self.make_room(now)?;
        self.made.push(made.clone());
        self.combine();
        Ok(Made::Now(made))
    }

    /// Takes an override back; `None`: there is none of this id.
    pub fn withdraw_override(&mut self, id: &OverrideId, now: Timestamp) -> Option<Withdrawn> {
        let place = self.made.iter().position(|made| made.id == *id)?;
        let ends = whole_second(now);
        let made = &mut self.made[place];
        let withdrawn = if made.end <= ends {
            return Some(Withdrawn::OverAlready(made.clone()));
        } else if made.start >= ends {
            Withdrawn::Gone(self.made.remove(place))
        } else {
            made.end = ends;
            Withdrawn::Ended(made.clone())
        };
        self.combine();
        Some(withdrawn)
    }

    /// The one that ended first is forgotten, and with it who was on call until then: half a truth would be none.
    fn make_room(&mut self, now: Timestamp) -> Result<(), MakeError> {
        while self.made.len() >= MADE_OVERRIDES_MAX {
            let over = self.made.iter().enumerate().filter(|(_, made)| made.end <= now);
            let (place, end) =
                over.map(|(place, made)| (place, made.end)).min_by_key(|(_, end)| *end).ok_or(MakeError::TooMany)?;
            self.made.remove(place);
            self.forget_before(end);
        }
        Ok(())
    }

    /// Gives each version what operators have made for its time.
    pub(super) fn combine(&mut self) {
        let ends: Vec<Option<Timestamp>> = self.versions.iter().skip(1).map(|next| next.from).chain([None]).collect();
        for (version, end) in self.versions.iter_mut().zip(ends) {
            let made = self.made.iter().filter(|made| made.overlaps(version.from, end));
            version.schedule.combine(made.flat_map(MadeOverride::overrides).collect());
        }
    }
}

impl MadeOverride {
    /// Schedules change at whole seconds: the first one that is not over when it is made.
    fn made_at_second(&self) -> Timestamp {
        whole_second(self.made_at)
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    let second = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(second).unwrap_or(at)
}

impl fmt::Display for MakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MakeError::Override(error) => error.fmt(f),
            MakeError::Past => f.write_str("it is over already, and who was on call then stays as it was"),
            MakeError::TooLong => write!(
                f,
                "it is longer than {MADE_OVERRIDE_DAYS_MAX} days (MADE_OVERRIDE_DAYS_MAX): what lasts longer belongs into the \
                 configuration"
            ),
            MakeError::TooMany => write!(
                f,
                "{MADE_OVERRIDES_MAX} overrides are not over yet (MADE_OVERRIDES_MAX): remove some, or put them into the \
                 configuration"
            ),
        }
    }
}

impl std::error::Error for MakeError {}
