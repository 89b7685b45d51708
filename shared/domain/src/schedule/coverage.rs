//! Shift coverage: the hours of a week in which a rotation works.

use jiff::civil::{Time, Weekday};

use super::clock::{Clock, Reading};
use crate::limits::COVERAGE_WINDOWS_MAX;

/// Seconds of a week.
pub(super) const WEEK: i64 = 7 * DAY;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// 1970-01-01 was a Thursday, and weeks begin on Monday.
const EPOCH_WEEKDAY: i64 = 3;

/// Hours of work on a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageWindow {
    /// The day on which it starts. A night belongs to the day on which it begins.
    pub day: Weekday,
    /// Wall clock at which it starts.
    pub start: Time,
    /// Wall clock at which it ends: on the same day if that is later than `start`, otherwise on the next day. The same
    /// time as `start` makes 24 hours.
    pub end: Time,
}

/// When a rotation works. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    windows: Vec<CoverageWindow>,
    /// What the windows cover together, in seconds of the week, ascending, with time between any two. Only the last can
    /// reach into the next week. Empty: they cover everything.
    merged: Vec<(i64, i64)>,
}

/// Why hours of work are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageError {
    /// There are none: the rotation would never have anybody.
    Empty,
    /// More than [`COVERAGE_WINDOWS_MAX`].
    TooMany,
    /// A time with a fraction of a second.
    Subsecond,
}

impl Coverage {
    /// These hours of work.
    pub fn new(mut windows: Vec<CoverageWindow>) -> Result<Self, CoverageError> {
        if windows.is_empty() {
            return Err(CoverageError::Empty);
        }
        if windows.len() > COVERAGE_WINDOWS_MAX {
            return Err(CoverageError::TooMany);
        }
        if windows.iter().any(|window| !is_whole(window.start) || !is_whole(window.end)) {
            return Err(CoverageError::Subsecond);
        }
        windows.sort_by_key(span);
        windows.dedup();
        let merged = merged(&windows);
        Ok(Self { windows, merged })
    }

    /// The hours as they were given, in the order of the week.
    pub fn windows(&self) -> &[CoverageWindow] {
        &self.windows
    }

    /// Whether it covers the whole week.
    pub(super) fn is_everything(&self) -> bool {
        self.merged.is_empty()
    }

    /// Whether the clock shows working hours.
    pub(super) fn covers(&self, reading: Reading) -> bool {
        // Windows with time between them: if any that has begun is not over, then the one that began last is not.
        self.is_everything() || self.last_begun(reading.begun).1 > reading.over
    }

    /// Whether any of it lies between two wall-clock times.
    pub(super) fn touches(&self, from: i64, to: i64) -> bool {
        self.is_everything() || self.after(from).0 < to
    }

    /// The first window, in wall-clock time, that is not over yet at this time.
    pub(super) fn after(&self, wall: i64) -> (i64, i64) {
        let (_, end, index) = self.last_begun_index(wall);
        if end > wall { self.window(index) } else { self.window(index + 1) }
    }

    /// Its working hours as instants between two instants, in order and apart from each other.
    pub(super) fn between(&self, clock: &Clock, from: i64, to: i64, mut each: impl FnMut(i64, i64)) {
        if self.is_everything() {
            each(from, to);
            return;
        }
        let (_, end, mut index) = self.last_begun_index(clock.reading(from).begun);
        // The window before may still go on in a repeated hour, but then so does this one or the next.
        if clock.last(end) <= from {
            index += 1;
        }
        let mut covered = from;
        loop {
            let (start, end) = self.window(index);
            let (start, end) = (clock.first(start).max(covered), clock.last(end).min(to));
            if start >= to {
                return;
            }
            if start < end {
                each(start, end);
                covered = end;
            }
            index += 1;
        }
    }

    fn last_begun(&self, wall: i64) -> (i64, i64) {
        let (start, end, _) = self.last_begun_index(wall);
        (start, end)
    }

    fn last_begun_index(&self, wall: i64) -> (i64, i64, i64) {
        let count = self.merged.len() as i64;
        let monday = wall + EPOCH_WEEKDAY * DAY;
        let (week, second) = (monday.div_euclid(WEEK), monday.rem_euclid(WEEK));
        let begun = self.merged.partition_point(|(start, _)| *start <= second) as i64;
        let index = week * count + begun - 1;
        let (start, end) = self.window(index);
        (start, end, index)
    }

    /// The windows of all weeks, numbered from the week of the epoch.
    fn window(&self, index: i64) -> (i64, i64) {
        let count = self.merged.len() as i64;
        let base = index.div_euclid(count) * WEEK - EPOCH_WEEKDAY * DAY;
        let (start, end) = self.merged[index.rem_euclid(count) as usize];
        (base + start, base + end)
    }
}

impl std::fmt::Display for CoverageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CoverageError::Empty => f.write_str("a coverage without hours covers nothing"),
            CoverageError::TooMany => write!(f, "a coverage has at most {COVERAGE_WINDOWS_MAX} windows"),
            CoverageError::Subsecond => f.write_str("a coverage starts and ends at whole seconds"),
        }
    }
}

impl std::error::Error for CoverageError {}

/// Whether a wall clock that shows seconds can show this time.
pub(super) fn is_whole(time: Time) -> bool {
    time.subsec_nanosecond() == 0
}

/// Seconds since midnight.
pub(super) fn second_of_day(time: Time) -> i64 {
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// Start and end in seconds of the week.
fn span(window: &CoverageWindow) -> (i64, i64) {
    let midnight = i64::from(window.day.to_monday_zero_offset()) * DAY;
    let (start, end) = (second_of_day(window.start), second_of_day(window.end));
    let end = if end <= start { end + DAY } else { end };
    (midnight + start, midnight + end)
}

fn merged(windows: &[CoverageWindow]) -> Vec<(i64, i64)> {
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for window in windows {
        let (start, end) = span(window);
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            Some(_) | None => merged.push((start, end)),
        }
    }
    // A Sunday night that runs into Monday's hours is one window with them.
    while merged.len() > 1 {
        let (first, last) = (merged[0], merged.len() - 1);
        if first.0 + WEEK > merged[last].1 {
            break;
        }
        merged[last].1 = merged[last].1.max(first.1 + WEEK);
        merged.remove(0);
    }
    match merged.as_slice() {
        [(start, end)] if end - start >= WEEK => Vec::new(),
        _ => merged,
    }
}
