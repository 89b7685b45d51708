//! Overrides: who stands in for whom, who comes in addition, who is left out.
//!
//! The order of overrides does not matter. Whoever stands in can be stood in for; an exchange of places (two overrides,
//! or more in a ring) gives each the place of one other.

use std::fmt;

use jiff::Timestamp;

use super::clock::second_of;
use crate::ContactAlias;
use crate::limits::OVERRIDES_PER_SCHEDULE_MAX;

/// A change of who is on call, from one instant until another. Any contact can be named, member of a rotation or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// What it does.
    pub change: Change,
}

/// What an override does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Somebody is on call in addition.
    Add(ContactAlias),
    /// Somebody is not on call, and nobody stands in.
    Remove(ContactAlias),
    /// Whenever the one would be on call, the other is.
    Replace {
        /// Who would be.
        remove: ContactAlias,
        /// Who is.
        add: ContactAlias,
    },
}

/// Two contacts who exchange their shifts from one instant until another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Swap {
    /// One of them.
    pub a: ContactAlias,
    /// The other.
    pub b: ContactAlias,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// Why an override or a swap is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideError {
    /// More than [`OVERRIDES_PER_SCHEDULE_MAX`], a swap counted as two.
    TooMany,
    /// It ends before it starts, or at once.
    Span,
    /// Somebody stands in for themselves.
    Themselves,
    /// An instant with a fraction of a second.
    Subsecond,
}

/// The overrides of a schedule, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    changes: Vec<Change>,
    /// Where what is in force changes, in seconds, ascending.
    edges: Vec<i64>,
    /// What is in force from each edge on.
    active: Vec<Vec<usize>>,
}

/// The changes in force at one instant.
#[derive(Clone, Copy)]
pub(super) struct Active<'o> {
    changes: &'o [Change],
    places: &'o [usize],
}

impl Swap {
    /// A swap is two overrides.
    pub fn overrides(&self) -> [Override; 2] {
        let one = |remove: &ContactAlias, add: &ContactAlias| Override {
            start: self.start,
            end: self.end,
            change: Change::Replace { remove: remove.clone(), add: add.clone() },
        };
        [one(&self.a, &self.b), one(&self.b, &self.a)]
    }
}

impl Override {
    pub(super) fn check(&self) -> Result<(), OverrideError> {
        check_span(self.start, self.end)?;
        match &self.change {
            Change::Replace { remove, add } if remove == add => Err(OverrideError::Themselves),
            Change::Replace { .. } | Change::Add(_) | Change::Remove(_) => Ok(()),
        }
    }
}

/// A span has a length, and whole seconds.
pub(super) fn check_span(start: Timestamp, end: Timestamp) -> Result<(), OverrideError> {
    if start.subsec_nanosecond() != 0 || end.subsec_nanosecond() != 0 {
        return Err(OverrideError::Subsecond);
    }
    if start >= end { Err(OverrideError::Span) } else { Ok(()) }
}

impl Change {
    /// Who is not on call because of it.
    pub fn removed(&self) -> Option<&ContactAlias> {
        match self {
            Change::Remove(contact) | Change::Replace { remove: contact, .. } => Some(contact),
            Change::Add(_) => None,
        }
    }

    /// Who is on call because of it.
    pub fn added(&self) -> Option<&ContactAlias> {
        match self {
            Change::Add(contact) | Change::Replace { add: contact, .. } => Some(contact),
            Change::Remove(_) => None,
        }
    }
}

impl Overrides {
    /// Checks overrides and prepares the answers.
    pub(super) fn new(overrides: Vec<Override>) -> Result<Self, OverrideError> {
        if overrides.len() > OVERRIDES_PER_SCHEDULE_MAX {
            return Err(OverrideError::TooMany);
        }
        overrides.iter().try_for_each(Override::check)?;
        Ok(Self::of_checked(overrides))
    }

    /// Prepares the answers of overrides that have been checked.
    pub(super) fn of_checked(mut overrides: Vec<Override>) -> Self {
        overrides.sort();
        overrides.dedup();
        let mut edges: Vec<i64> = overrides.iter().flat_map(|one| [second_of(one.start), second_of(one.end)]).collect();
        edges.sort_unstable();
        edges.dedup();
        let in_force = |edge: &i64| {
            let holds = |one: &Override| second_of(one.start) <= *edge && *edge < second_of(one.end);
            overrides.iter().enumerate().filter(|(_, one)| holds(one)).map(|(place, _)| place).collect()
        };
        let active = edges.iter().map(in_force).collect();
        Self { changes: overrides.into_iter().map(|one| one.change).collect(), edges, active }
    }

    /// What is in force at an instant.
    pub(super) fn at(&self, at: i64) -> Active<'_> {
        let begun = self.edges.partition_point(|edge| *edge <= at);
        let places = begun.checked_sub(1).map_or(&[][..], |index| self.active[index].as_slice());
        Active { changes: &self.changes, places }
    }

    /// Where what is in force changes between two instants.
    pub(super) fn edges(&self, from: i64, to: i64) -> &[i64] {
        let begin = self.edges.partition_point(|edge| *edge <= from);
        let end = self.edges.partition_point(|edge| *edge < to);
        self.edges.get(begin..end).unwrap_or_default()
    }

    /// Everybody who can come in.
    pub(super) fn contacts(&self) -> impl Iterator<Item = &ContactAlias> {
        self.changes.iter().filter_map(Change::added)
    }
}

impl<'o> Active<'o> {
    /// Whether nothing is in force.
    pub(super) fn is_empty(self) -> bool {
        self.places.is_empty()
    }

    /// Who is there in the place of somebody: themselves, others, or nobody. Nobody is added twice.
    pub(super) fn in_place_of(self, who: &'o ContactAlias, out: &mut Vec<&'o ContactAlias>) {
        self.follow(&mut vec![who], out);
    }

    /// Who comes in addition.
    pub(super) fn in_addition(self, out: &mut Vec<&'o ContactAlias>) {
        for change in self.changes() {
            match change {
                Change::Add(contact) => self.in_place_of(contact, out),
                Change::Remove(_) | Change::Replace { .. } => {}
            }
        }
    }

    fn changes(self) -> impl Iterator<Item = &'o Change> {
        self.places.iter().map(|place| &self.changes[*place])
    }

    /// `path`: whose place it was first, then who stood in for whom.
    fn follow(self, path: &mut Vec<&'o ContactAlias>, out: &mut Vec<&'o ContactAlias>) {
        let Some(&who) = path.last() else { return };
        let mut replaced = false;
        for change in self.changes().filter(|change| change.removed() == Some(who)) {
            replaced = true;
            let Some(next) = change.added() else { continue };
            if path.first() == Some(&next) {
                // A ring: each takes the place of one other, not of all.
                push_new(out, path.get(1).copied().unwrap_or(next));
            } else if path.contains(&next) {
                push_new(out, who);
            } else {
                path.push(next);
                self.follow(path, out);
                path.pop();
            }
        }
        if !replaced {
            push_new(out, who);
        }
    }
}

/// Adds somebody who is not there yet.
pub(super) fn push_new<'o>(out: &mut Vec<&'o ContactAlias>, who: &'o ContactAlias) {
    if !out.contains(&who) {
        out.push(who);
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OverrideError::TooMany => write!(
                f,
                "a schedule has at most {OVERRIDES_PER_SCHEDULE_MAX} overrides, a swap counted as two \
                 (OVERRIDES_PER_SCHEDULE_MAX)"
            ),
            OverrideError::Span => f.write_str("it ends before it starts"),
            OverrideError::Themselves => f.write_str("nobody can stand in for themselves"),
            OverrideError::Subsecond => f.write_str("it starts and ends at whole seconds"),
        }
    }
}

impl std::error::Error for OverrideError {}
