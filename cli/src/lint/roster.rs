//! Who is on call in a schedule over the time that lint looks at, worked out once for all checks.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reveille_domain::{ContactAlias, Schedule, Shift};

use super::spans::Span;

/// A schedule over a span of time.
pub(super) struct Roster<'c> {
    pub(super) schedule: &'c Schedule,
    pub(super) shifts: Vec<Shift>,
    /// Without any time between two of them; the first begins where the span does.
    pub(super) stretches: Vec<Stretch>,
}

/// A time in which the same people are on call, or nobody.
pub(super) struct Stretch {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) contacts: BTreeSet<ContactAlias>,
}

impl<'c> Roster<'c> {
    pub(super) fn of(schedule: &'c Schedule, from: Timestamp, to: Timestamp) -> Self {
        let shifts = schedule.shifts(from, to);
        let stretches = stretches(&shifts, from, to);
        Self { schedule, shifts, stretches }
    }

    /// Who is on call at an instant; before and after the span that was looked at, as at its ends.
    pub(super) fn at(&self, at: Timestamp) -> &BTreeSet<ContactAlias> {
        let place = self.stretches.partition_point(|stretch| stretch.start <= at).saturating_sub(1);
        &self.stretches[place].contacts
    }

    /// The times in which nobody is on call.
    pub(super) fn gaps(&self) -> Vec<Span> {
        let empty = self.stretches.iter().filter(|stretch| stretch.contacts.is_empty());
        empty.map(|stretch| (stretch.start, stretch.end)).collect()
    }
}

/// Shifts stand in the order of their starts, and may overlap.
fn stretches(shifts: &[Shift], from: Timestamp, to: Timestamp) -> Vec<Stretch> {
    let mut edges: Vec<Timestamp> = shifts.iter().flat_map(|shift| [shift.start, shift.end]).collect();
    edges.extend([from, to]);
    edges.sort_unstable();
    edges.dedup();
    let (mut next, mut open): (usize, Vec<&Shift>) = (0, Vec::new());
    let mut stretches: Vec<Stretch> = Vec::new();
    for pair in edges.windows(2) {
        let &[start, end] = pair else { continue };
        open.retain(|shift| shift.end > start);
        while shifts.get(next).is_some_and(|shift| shift.start <= start) {
            open.push(&shifts[next]);
            next += 1;
        }
        let contacts: BTreeSet<ContactAlias> = open.iter().flat_map(|shift| shift.contacts.iter().cloned()).collect();
        match stretches.last_mut() {
            Some(last) if last.contacts == contacts => last.end = end,
            Some(_) | None => stretches.push(Stretch { start, end, contacts }),
        }
    }
    stretches
}
