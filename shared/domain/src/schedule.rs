//! On-call schedules: rotations in layers, and what overrides them.
//!
//! A schedule answers for any instant without walking there. Instants are the truth: wall clocks count only inside a
//! rotation, where a hand-off or an hour of work becomes the instant that stands for it. It knows no clock of its own.

mod clock;
mod coverage;
mod handoffs;
mod history;
mod made;
mod notice;
mod overrides;
mod rotation;
mod shift;
mod temporary;
mod turns;

use std::collections::BTreeSet;
use std::fmt;

use jiff::{Span, Timestamp};

pub use coverage::{Coverage, CoverageError, CoverageWindow};
pub use handoffs::{Every, HandoffError};
pub use history::{ScheduleHistory, ScheduleVersion};
pub use made::{Made, MadeOverride, MakeError, WantedOverride, Withdrawn};
pub use notice::{Beginning, Notice};
pub use overrides::{Change, Override, OverrideError, Swap};
pub use rotation::{Rotation, RotationError, RotationRules, Turn};
pub use shift::Shift;
pub use temporary::{TemporaryError, TemporarySchedule, TemporaryShift};

use crate::limits::{NEXT_HANDOFF_DAYS_MAX, NOTICES_PER_SCHEDULE_MAX, ROTATIONS_PER_SCHEDULE_MAX};
use crate::{ContactAlias, ScheduleAlias};
use clock::second_of;
use overrides::{Overrides, push_new};

/// Who is on call when.
#[derive(Clone, Debug)]
pub struct Schedule {
    rules: ScheduleRules,
    overrides: Overrides,
}

/// How a schedule is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRules {
    /// Unique in the installation.
    pub alias: ScheduleAlias,
    /// What several rotations at the same time mean.
    pub layers: Layers,
    /// From the upper to the lower; at least one.
    pub rotations: Vec<Rotation>,
    /// Changes for a span.
    pub overrides: Vec<Override>,
    /// Exchanges for a span.
    pub swaps: Vec<Swap>,
    /// Spans that are replaced as a whole.
    pub temporary: Vec<TemporarySchedule>,
    /// How long before a shift its contacts are told of it.
    pub notices: Vec<Notice>,
}

/// What several rotations at the same time mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// The first rotation that has anybody decides, also after overrides have left somebody out.
    Upper,
    /// Everybody of every rotation is on call.
    Both,
}

/// Why a schedule is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// Nobody could ever be on call.
    NoRotations,
    /// More than [`ROTATIONS_PER_SCHEDULE_MAX`].
    TooManyRotations,
    /// Two rotations of the same name.
    SameName(crate::RotationName),
    /// An override or swap cannot be.
    Override(OverrideError),
    /// A temporary schedule cannot be.
    Temporary(TemporaryError),
    /// More than [`NOTICES_PER_SCHEDULE_MAX`] notices.
    TooManyNotices,
}

impl Schedule {
    /// Checks the rules and prepares the answers.
    pub fn new(mut rules: ScheduleRules) -> Result<Self, ScheduleError> {
        if rules.rotations.is_empty() {
            return Err(ScheduleError::NoRotations);
        }
        if rules.rotations.len() > ROTATIONS_PER_SCHEDULE_MAX {
            return Err(ScheduleError::TooManyRotations);
        }
        if rules.notices.len() > NOTICES_PER_SCHEDULE_MAX {
            return Err(ScheduleError::TooManyNotices);
        }
        let mut names = BTreeSet::new();
        for rotation in &rules.rotations {
            if !names.insert(&rotation.rules().name) {
                return Err(ScheduleError::SameName(rotation.rules().name.clone()));
            }
        }
        let overrides = Overrides::new(own_overrides(&rules)).map_err(ScheduleError::Override)?;
        rules.temporary = temporary::checked(rules.temporary).map_err(ScheduleError::Temporary)?;
        Ok(Self { rules, overrides })
    }

    /// Answers from now on with these overrides beside its own. They are no part of its rules.
    fn combine(&mut self, made: Vec<Override>) {
        let own = own_overrides(&self.rules);
        self.overrides = Overrides::of_checked(own.into_iter().chain(made).collect());
    }

    /// How it is set up; temporary schedules stand in the order of time.
    pub fn rules(&self) -> &ScheduleRules {
        &self.rules
    }

    /// Its alias.
    pub fn alias(&self) -> &ScheduleAlias {
        &self.rules.alias
    }

    /// What several rotations at the same time mean.
    pub fn layers(&self) -> Layers {
        self.rules.layers
    }

    /// Its rotations, from the upper to the lower.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rules.rotations
    }

    /// Who is on call at an instant, in the order of rotations and turns, and then of additions. Empty: nobody.
    pub fn on_call(&self, at: Timestamp) -> Vec<ContactAlias> {
        let at = second_of(at);
        if let Some(temporary) = temporary::at(&self.rules.temporary, at) {
            return temporary.on_call(at).into_iter().cloned().collect();
        }
        let active = self.overrides.at(at);
        let mut contacts = Vec::new();
        for rotation in &self.rules.rotations {
            let Some(team) = rotation.team_at(at) else { continue };
            for who in rotation.members(team) {
                if active.is_empty() {
                    push_new(&mut contacts, who);
                } else {
                    active.in_place_of(who, &mut contacts);
                }
            }
            match self.rules.layers {
                // A rotation whose members are all left out does not hide the ones below.
                Layers::Upper if !contacts.is_empty() => break,
                Layers::Upper | Layers::Both => {}
            }
        }
        active.in_addition(&mut contacts);
        contacts.into_iter().cloned().collect()
    }

    /// The shifts between two instants: clipped to them, adjacent equal ones merged, in the order of their starts. Times
    /// without anybody have none. Shifts of several rotations, and of additions, can overlap.
    pub fn shifts(&self, from: Timestamp, to: Timestamp) -> Vec<Shift> {
        shift::between(self, from, to)
    }

    /// The times between two instants in which nobody is on call, in order and apart from each other.
    pub fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        gaps(&self.shifts(from, to), from, to)
    }

    /// The next instant after this one at which other people are on call, or nobody, or somebody again. `None`: none
    /// within [`NEXT_HANDOFF_DAYS_MAX`] days, which is longer than the longest shift.
    pub fn next_handoff(&self, after: Timestamp) -> Option<Timestamp> {
        let before = self.on_call(after);
        let mut from = after;
        let mut days = 8;
        loop {
            let to = later(after, days.min(NEXT_HANDOFF_DAYS_MAX));
            let changed = |at: &Timestamp| *at > after && *at < to && self.on_call(*at) != before;
            let mut edges: Vec<Timestamp> =
                self.shifts(from, to).iter().flat_map(|shift| [shift.start, shift.end]).collect();
            edges.sort_unstable();
            if let Some(at) = edges.into_iter().find(changed) {
                return Some(at);
            }
            if days >= NEXT_HANDOFF_DAYS_MAX {
                return None;
            }
            // A change at the very end of what has been looked through shows as a start in what comes next.
            from = to.checked_sub(Span::new().seconds(1)).unwrap_or(to).max(after);
            days *= 4;
        }
    }

    /// Everybody who can be on call, by a rotation, an override or a temporary schedule.
    pub fn contacts(&self) -> BTreeSet<&ContactAlias> {
        let members = self.rules.rotations.iter().flat_map(|rotation| &rotation.rules().members);
        let temporary = self.rules.temporary.iter().flat_map(|one| &one.shifts).map(|shift| &shift.contact);
        members.chain(temporary).chain(self.overrides.contacts()).collect()
    }

    fn temporary(&self) -> &[TemporarySchedule] {
        &self.rules.temporary
    }

    fn compiled_overrides(&self) -> &Overrides {
        &self.overrides
    }
}

/// The overrides that a schedule is set up with; a swap is two.
fn own_overrides(rules: &ScheduleRules) -> Vec<Override> {
    let swaps = rules.swaps.iter().flat_map(Swap::overrides);
    rules.overrides.iter().cloned().chain(swaps).collect()
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Schedule {}

/// What shifts between two instants leave open. They stand in the order of their starts.
fn gaps(shifts: &[Shift], from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut gaps = Vec::new();
    let mut covered = from;
    for shift in shifts {
        if shift.start > covered {
            gaps.push((covered, shift.start));
        }
        covered = covered.max(shift.end);
    }
    if covered < to {
        gaps.push((covered, to));
    }
    gaps
}

/// So many days of 24 hours later, or the last instant there is.
fn later(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(Span::new().hours(days * 24)).unwrap_or(Timestamp::MAX)
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScheduleError::NoRotations => f.write_str("a schedule without rotations never has anybody on call"),
            ScheduleError::TooManyRotations => {
                write!(f, "a schedule has at most {ROTATIONS_PER_SCHEDULE_MAX} rotations (ROTATIONS_PER_SCHEDULE_MAX)")
            }
            ScheduleError::SameName(name) => write!(f, "two rotations have the name `{name}`"),
            ScheduleError::Override(error) => error.fmt(f),
            ScheduleError::Temporary(error) => error.fmt(f),
            ScheduleError::TooManyNotices => {
                write!(f, "a schedule has at most {NOTICES_PER_SCHEDULE_MAX} notices (NOTICES_PER_SCHEDULE_MAX)")
            }
        }
    }
}

impl std::error::Error for ScheduleError {}
