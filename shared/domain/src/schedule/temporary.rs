//! Temporary schedules: a span in which nothing else counts.

use std::fmt;

use jiff::Timestamp;

use super::clock::second_of;
use super::overrides::{OverrideError, check_span, push_new};
use crate::ContactAlias;
use crate::limits::{TEMPORARY_PER_SCHEDULE_MAX, TEMPORARY_SHIFTS_MAX};

/// A span that is replaced as a whole: rotations and overrides do not count in it, and where it has no shift nobody is on
/// call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporarySchedule {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Who is on call in it.
    pub shifts: Vec<TemporaryShift>,
}

/// A shift of a temporary schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryShift {
    /// Who is on call.
    pub contact: ContactAlias,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// Why a temporary schedule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemporaryError {
    /// More than [`TEMPORARY_PER_SCHEDULE_MAX`] in one schedule.
    TooMany,
    /// More than [`TEMPORARY_SHIFTS_MAX`] shifts in one.
    TooManyShifts,
    /// The span, or one of its shifts, cannot be.
    Span(OverrideError),
    /// A shift that is not wholly inside the span.
    Outside,
    /// Two spans at the same time.
    Overlap,
}

/// Checks temporary schedules, and brings them into their order.
pub(super) fn checked(mut all: Vec<TemporarySchedule>) -> Result<Vec<TemporarySchedule>, TemporaryError> {
    if all.len() > TEMPORARY_PER_SCHEDULE_MAX {
        return Err(TemporaryError::TooMany);
    }
    for one in &all {
        check_span(one.start, one.end).map_err(TemporaryError::Span)?;
        if one.shifts.len() > TEMPORARY_SHIFTS_MAX {
            return Err(TemporaryError::TooManyShifts);
        }
        for shift in &one.shifts {
            check_span(shift.start, shift.end).map_err(TemporaryError::Span)?;
            if shift.start < one.start || shift.end > one.end {
                return Err(TemporaryError::Outside);
            }
        }
    }
    all.sort_by_key(|one| one.start);
    if all.windows(2).any(|pair| matches!(pair, [before, after] if before.end > after.start)) {
        return Err(TemporaryError::Overlap);
    }
    Ok(all)
}

/// The temporary schedule in force at an instant, among ones in their order.
pub(super) fn at(all: &[TemporarySchedule], at: i64) -> Option<&TemporarySchedule> {
    let begun = all.partition_point(|one| second_of(one.start) <= at);
    all.get(begun.checked_sub(1)?).filter(|one| at < second_of(one.end))
}

impl TemporarySchedule {
    /// Who is on call in it, each once.
    pub(super) fn on_call(&self, at: i64) -> Vec<&ContactAlias> {
        let mut contacts = Vec::new();
        for shift in &self.shifts {
            if second_of(shift.start) <= at && at < second_of(shift.end) {
                push_new(&mut contacts, &shift.contact);
            }
        }
        contacts
    }

    /// Where something in it changes.
    pub(super) fn edges(&self) -> impl Iterator<Item = i64> {
        let shifts = self.shifts.iter().flat_map(|shift| [second_of(shift.start), second_of(shift.end)]);
        [second_of(self.start), second_of(self.end)].into_iter().chain(shifts)
    }
}

impl fmt::Display for TemporaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemporaryError::TooMany => write!(
                f,
                "a schedule has at most {TEMPORARY_PER_SCHEDULE_MAX} temporary schedules (TEMPORARY_PER_SCHEDULE_MAX)"
            ),
            TemporaryError::TooManyShifts => {
                write!(f, "a temporary schedule has at most {TEMPORARY_SHIFTS_MAX} shifts (TEMPORARY_SHIFTS_MAX)")
            }
            TemporaryError::Span(error) => error.fmt(f),
            TemporaryError::Outside => f.write_str("a shift of a temporary schedule lies outside its span"),
            TemporaryError::Overlap => f.write_str("two temporary schedules overlap"),
        }
    }
}

impl std::error::Error for TemporaryError {}
