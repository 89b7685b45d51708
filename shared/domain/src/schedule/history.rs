//! The versions of a schedule: what was in force then answers for then.
//!
//! A configuration is edited and applied again. A new member or another start changes every answer of the new rules,
//! also for last month; but who was on call last month is a fact. So each version counts from the instant at which it
//! was applied, and earlier ones keep answering for their own time.

use jiff::Timestamp;

use super::{MadeOverride, Schedule, Shift, gaps};
use crate::ContactAlias;
use crate::limits::SCHEDULE_VERSIONS_MAX;

/// A schedule through all its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleHistory {
    /// In the order of time; never empty. Each answers also with what operators have made for its time.
    pub(super) versions: Vec<ScheduleVersion>,
    /// What operators have made, whichever version was in force.
    pub(super) made: Vec<MadeOverride>,
}

/// What was in force from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleVersion {
    /// When it came into force. `None`: it is the first one, and answers also for the time before it was applied, as
    /// nothing else can.
    pub from: Option<Timestamp>,
    /// The schedule.
    pub schedule: Schedule,
}

impl ScheduleHistory {
    /// A schedule that has never been changed.
    pub fn new(schedule: Schedule) -> Self {
        Self { versions: vec![ScheduleVersion { from: None, schedule }], made: Vec::new() }
    }

    /// Puts versions back together that have been taken apart; `None`: there are none, or not in the order of time.
    pub fn from_versions(versions: Vec<ScheduleVersion>) -> Option<Self> {
        let in_order = versions.windows(2).all(|pair| match pair {
            [before, after] => after.from.is_some() && before.from < after.from,
            _ => true,
        });
        (in_order && !versions.is_empty()).then_some(Self { versions, made: Vec::new() })
    }

    /// The versions, in the order of time.
    pub fn versions(&self) -> &[ScheduleVersion] {
        &self.versions
    }

    /// What is in force now, and from now on.
    pub fn current(&self) -> &Schedule {
        &self.versions[self.versions.len() - 1].schedule
    }

    /// Puts a schedule into force. The same again changes nothing. The oldest versions beyond
    /// [`SCHEDULE_VERSIONS_MAX`] are forgotten: then nothing answers for their time.
    pub fn put(&mut self, schedule: Schedule, now: Timestamp) {
        if *self.current() == schedule {
            return;
        }
        // Clocks of two operators can differ: what is applied later comes later, and what never came into force goes.
        self.versions.retain(|version| version.from.is_none_or(|from| from < now));
        if self.versions.last().is_none_or(|last| last.schedule != schedule) {
            self.versions.push(ScheduleVersion { from: Some(now), schedule });
        }
        let forgotten = self.versions.len().saturating_sub(SCHEDULE_VERSIONS_MAX);
        self.versions.drain(..forgotten);
        self.combine();
    }

    /// Forgets what was in force before an instant.
    pub(super) fn forget_before(&mut self, at: Timestamp) {
        let begun = self.versions.partition_point(|version| version.from.is_none_or(|from| from <= at));
        self.versions.drain(..begun.saturating_sub(1));
        let first = &mut self.versions[0];
        first.from = Some(first.from.map_or(at, |from| from.max(at)));
    }

    /// Forgets the oldest version, if it is not the only one.
    pub fn forget_oldest(&mut self) -> bool {
        let several = self.versions.len() > 1;
        if several {
            self.versions.remove(0);
        }
        several
    }

    /// What was in force at an instant; `None`: that has been forgotten.
    pub fn at(&self, at: Timestamp) -> Option<&Schedule> {
        let begun = self.versions.partition_point(|version| version.from.is_none_or(|from| from <= at));
        Some(&self.versions.get(begun.checked_sub(1)?)?.schedule)
    }

    /// Who was or is on call at an instant, by what was in force then; `None`: that has been forgotten.
    pub fn on_call(&self, at: Timestamp) -> Option<Vec<ContactAlias>> {
        self.at(at).map(|schedule| schedule.on_call(at))
    }

    /// Since when it is known who was on call; `None`: from ever.
    pub fn known_since(&self) -> Option<Timestamp> {
        self.versions[0].from
    }

    /// The next instant after this one at which other people were or are on call than at this one, by what was in force each
    /// time. `None`: none for years, or this instant has been forgotten.
    pub fn next_handoff(&self, after: Timestamp) -> Option<Timestamp> {
        let before = self.on_call(after)?;
        let mut from = after;
        loop {
            let ends = self.versions.iter().filter_map(|version| version.from).find(|begins| *begins > from);
            let within = self.at(from)?.next_handoff(from).filter(|at| ends.is_none_or(|ends| *at < ends));
            // A change of the rules changes nothing for whoever stays on call.
            let next = within.or(ends)?;
            if self.on_call(next).is_some_and(|now| now != before) {
                return Some(next);
            }
            from = next;
        }
    }

    /// The shifts between two instants, each time by what was in force then. What has been forgotten has none.
    pub fn shifts(&self, from: Timestamp, to: Timestamp) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        for (place, version) in self.versions.iter().enumerate() {
            let begin = version.from.map_or(from, |begin| begin.max(from));
            let end = self.versions.get(place + 1).and_then(|next| next.from).map_or(to, |end| end.min(to));
            for shift in version.schedule.shifts(begin, end) {
                let continues = |before: &&mut Shift| {
                    before.end == shift.start
                        && before.contacts == shift.contacts
                        && before.rotation == shift.rotation
                        && before.overridden == shift.overridden
                };
                match shifts.iter_mut().find(continues) {
                    Some(before) => before.end = shift.end,
                    None => shifts.push(shift),
                }
            }
        }
        shifts
    }

    /// The times between two instants in which nobody was or is on call. What has been forgotten counts as such.
    pub fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        gaps(&self.shifts(from, to), from, to)
    }
}
