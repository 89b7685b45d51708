//! Shifts: who is on call from when until when, and how the shifts of a schedule are put together.

use jiff::Timestamp;

use super::clock::{second_of, timestamp};
use super::overrides::push_new;
use super::rotation::Stretch;
use super::{Layers, Schedule, temporary};
use crate::{ContactAlias, RotationName};

/// A time in which the same people are on call for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Everybody on call by this rotation, or by what overrides it. Never empty.
    pub contacts: Vec<ContactAlias>,
    /// The rotation whose shift it is; `None`: an override or a temporary schedule says so.
    pub rotation: Option<RotationName>,
    /// Whether an override or a temporary schedule made it what it is.
    pub overridden: bool,
}

/// Shifts under construction.
struct Shifts {
    done: Vec<Shift>,
    /// Places of the shifts that may still go on.
    open: Vec<usize>,
}

/// The shifts of a schedule between two instants: clipped to them, adjacent equal ones merged, by their start.
pub(super) fn between(schedule: &Schedule, from: Timestamp, to: Timestamp) -> Vec<Shift> {
    if from >= to {
        return Vec::new();
    }
    // Everything begins and ends at whole seconds; only the window itself may not.
    let (begin, end) = (second_of(from), second_of(to) + i64::from(to.subsec_nanosecond() != 0));
    let stretches: Vec<Vec<Stretch>> =
        schedule.rotations().iter().map(|rotation| rotation.stretches(begin, end)).collect();
    let edges = edges(schedule, &stretches, begin, end);
    let mut next = vec![0; stretches.len()];
    let mut shifts = Shifts { done: Vec::new(), open: Vec::new() };
    let mut contacts = Vec::new();
    for pair in edges.windows(2) {
        let &[start, end] = pair else { continue };
        shifts.close_before(start);
        if let Some(temporary) = temporary::at(schedule.temporary(), start) {
            shifts.add(start, end, &temporary.on_call(start), None);
            continue;
        }
        let active = schedule.compiled_overrides().at(start);
        let mut everybody: Vec<&ContactAlias> = Vec::new();
        for ((rotation, stretches), next) in schedule.rotations().iter().zip(&stretches).zip(&mut next) {
            while stretches.get(*next).is_some_and(|stretch| stretch.end <= start) {
                *next += 1;
            }
            let Some(stretch) = stretches.get(*next).filter(|stretch| stretch.start <= start) else {
                continue;
            };
            contacts.clear();
            contacts.extend(rotation.members(stretch.team));
            let mut name = Some(&rotation.rules().name);
            if !active.is_empty() {
                let mut changed = Vec::new();
                contacts.iter().for_each(|who| active.in_place_of(who, &mut changed));
                if changed != contacts {
                    name = None;
                    contacts = changed;
                }
                contacts.iter().for_each(|who| push_new(&mut everybody, who));
            }
            shifts.add(start, end, &contacts, name);
            match schedule.layers() {
                Layers::Upper if !contacts.is_empty() => break,
                Layers::Upper | Layers::Both => {}
            }
        }
        if !active.is_empty() {
            let mut added = Vec::new();
            active.in_addition(&mut added);
            added.retain(|who| !everybody.contains(who));
            shifts.add(start, end, &added, None);
        }
    }
    shifts.clipped(from, to)
}

/// Every instant between two at which something may change, and the two.
fn edges(schedule: &Schedule, stretches: &[Vec<Stretch>], begin: i64, end: i64) -> Vec<i64> {
    let mut edges = vec![begin, end];
    edges.extend(stretches.iter().flatten().flat_map(|stretch| [stretch.start, stretch.end]));
    edges.extend(schedule.compiled_overrides().edges(begin, end));
    let touching = |one: &&super::TemporarySchedule| second_of(one.start) < end && second_of(one.end) > begin;
    edges.extend(schedule.temporary().iter().filter(touching).flat_map(super::TemporarySchedule::edges));
    edges.retain(|edge| (begin..=end).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    edges
}

impl Shifts {
    /// Adds a stretch, or lengthens the shift that it continues.
    fn add(&mut self, start: i64, end: i64, contacts: &[&ContactAlias], rotation: Option<&RotationName>) {
        if contacts.is_empty() {
            return;
        }
        let same =
            |shift: &Shift| shift.rotation.as_ref() == rotation && shift.contacts.iter().eq(contacts.iter().copied());
        let until = timestamp(end);
        if let Some(place) = self.open.iter().copied().find(|place| same(&self.done[*place])) {
            self.done[place].end = until;
            return;
        }
        self.open.push(self.done.len());
        self.done.push(Shift {
            start: timestamp(start),
            end: until,
            contacts: contacts.iter().copied().cloned().collect(),
            rotation: rotation.cloned(),
            overridden: rotation.is_none(),
        });
    }

    /// Forgets the shifts that ended before this instant.
    fn close_before(&mut self, start: i64) {
        let start = timestamp(start);
        self.open.retain(|place| self.done[*place].end >= start);
    }

    fn clipped(mut self, from: Timestamp, to: Timestamp) -> Vec<Shift> {
        for shift in &mut self.done {
            shift.start = shift.start.max(from);
            shift.end = shift.end.min(to);
        }
        self.done.retain(|shift| shift.start < shift.end);
        self.done
    }
}
