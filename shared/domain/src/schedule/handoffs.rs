//! When a rotation hands over: its hand-offs, numbered from 0, without walking from the first to the one that is asked.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::clock::{Clock, civil_of, wall_of};
use super::coverage::{DAY, WEEK, is_whole, second_of_day};
use crate::limits::{EVERY_HOURS_MAX, EVERY_MAX, HANDOFFS_PER_PERIOD_MAX};

/// How long the shifts of a rotation are. Where hand-offs are listed, each of them first comes at or after the start of
/// the rotation, and then once in every period; an empty list means one, at the clock time of the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many hours. What divides a day goes by the clock on the wall (12 hours stay at eight and eight), anything else
    /// by real hours.
    Hours(u32),
    /// So many days.
    Days {
        /// Days of a period.
        count: u32,
        /// Hand-offs of a period.
        handoffs: Vec<Time>,
    },
    /// So many weeks.
    Weeks {
        /// Weeks of a period.
        count: u32,
        /// Hand-offs of a period.
        handoffs: Vec<(Weekday, Time)>,
    },
    /// So many months. In a month without the day, its last day stands in: 31 January, 28 February, 31 March.
    Months {
        /// Months of a period.
        count: u32,
        /// Hand-offs of a period: day of the month, and time.
        handoffs: Vec<(u8, Time)>,
    },
}

/// Why a recurrence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoffError {
    /// A period of nothing, or of more than [`EVERY_MAX`] days, weeks or months or [`EVERY_HOURS_MAX`] hours.
    Period,
    /// More than [`HANDOFFS_PER_PERIOD_MAX`].
    TooMany,
    /// Two at the same moment of the period.
    Twice,
    /// A day of the month that no month has.
    Day,
    /// Two late days that fall on the same day of a short month, the later one not later there.
    Crossing,
    /// A time with a fraction of a second.
    Subsecond,
}

/// The hand-offs of a rotation. Number 0 is its start.
#[derive(Clone, Debug)]
pub(super) struct Handoffs {
    start_wall: i64,
    start: i64,
    /// 1 if the start is no hand-off of the grid, so that the first shift ends at the grid's first one; else 0.
    stub: i64,
    /// What is added to a number of the grid to make it one of ours.
    shift: i64,
    grid: Grid,
}

#[derive(Clone, Debug)]
enum Grid {
    /// By the clock on the wall: the wall-clock times of the first period, ascending, and the seconds of a period.
    Wall { first: Vec<i64>, period: i64 },
    /// By the calendar: the first month (12 × year + month), months of a period, and the hand-offs of a period.
    Months { first: i64, count: i64, entries: Vec<MonthEntry> },
    /// By real seconds.
    Real { seconds: i64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MonthEntry {
    /// 0: in the first month of the period; 1: in the next.
    month: i64,
    day: i64,
    second: i64,
}

impl Every {
    /// Checks what the type cannot say.
    fn check(&self) -> Result<(), HandoffError> {
        let (count, count_max, handoffs) = match self {
            Every::Hours(count) => (*count, EVERY_HOURS_MAX, 0),
            Every::Days { count, handoffs } => (*count, EVERY_MAX, handoffs.len()),
            Every::Weeks { count, handoffs } => (*count, EVERY_MAX, handoffs.len()),
            Every::Months { count, handoffs } => (*count, EVERY_MAX, handoffs.len()),
        };
        if count == 0 || count > count_max {
            return Err(HandoffError::Period);
        }
        if handoffs > HANDOFFS_PER_PERIOD_MAX {
            return Err(HandoffError::TooMany);
        }
        let whole = match self {
            Every::Hours(_) => true,
            Every::Days { handoffs, .. } => handoffs.iter().all(|at| is_whole(*at)),
            Every::Weeks { handoffs, .. } => handoffs.iter().all(|(_, at)| is_whole(*at)),
            Every::Months { handoffs, .. } => handoffs.iter().all(|(_, at)| is_whole(*at)),
        };
        if !whole {
            return Err(HandoffError::Subsecond);
        }
        match self {
            Every::Months { handoffs, .. } => months_check(handoffs),
            Every::Hours(_) | Every::Days { .. } | Every::Weeks { .. } => Ok(()),
        }
    }
}

fn months_check(handoffs: &[(u8, Time)]) -> Result<(), HandoffError> {
    if handoffs.iter().any(|(day, _)| !(1..=31).contains(day)) {
        return Err(HandoffError::Day);
    }
    let mut sorted = handoffs.to_vec();
    sorted.sort();
    for pair in sorted.windows(2) {
        let [(day, at), (next_day, next_at)] = pair else { continue };
        if (day, at) == (next_day, next_at) {
            return Err(HandoffError::Twice);
        }
        if ((*day).min(28), at) >= ((*next_day).min(28), next_at) {
            return Err(HandoffError::Crossing);
        }
    }
    Ok(())
}

impl Handoffs {
    /// The hand-offs of a rotation that starts at this wall-clock time.
    pub(super) fn new(start: DateTime, every: &Every, clock: &Clock) -> Result<Self, HandoffError> {
        every.check()?;
        if !is_whole(start.time()) {
            return Err(HandoffError::Subsecond);
        }
        let grid = Grid::new(start, every)?;
        let start_wall = wall_of(start);
        // The grid of months can begin before the start, where a late day falls early in a short month.
        let before = match &grid {
            Grid::Months { .. } => (0..).find(|&number| grid.wall(number) >= start_wall).unwrap_or(0),
            Grid::Wall { .. } | Grid::Real { .. } => 0,
        };
        let stub = match &grid {
            Grid::Wall { .. } | Grid::Months { .. } => i64::from(grid.wall(before) != start_wall),
            Grid::Real { .. } => 0,
        };
        Ok(Self { start_wall, start: clock.first(start_wall), stub, shift: stub - before, grid })
    }

    /// The instant of the first hand-off.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// The wall-clock time of a hand-off. For real hours, what the clock shows then.
    pub(super) fn wall(&self, number: i64, clock: &Clock) -> i64 {
        match &self.grid {
            Grid::Real { .. } => clock.reading(self.instant(number, clock)).begun,
            Grid::Wall { .. } | Grid::Months { .. } => {
                if number <= 0 {
                    self.start_wall
                } else {
                    self.grid.wall(number - self.shift)
                }
            }
        }
    }

    /// The instant of a hand-off.
    pub(super) fn instant(&self, number: i64, clock: &Clock) -> i64 {
        match &self.grid {
            Grid::Real { seconds } => self.start + number * seconds,
            Grid::Wall { .. } | Grid::Months { .. } => {
                if number <= 0 {
                    self.start
                } else {
                    clock.first(self.wall(number, clock))
                }
            }
        }
    }

    /// The last hand-off that is not after an instant; the instant is not before the start.
    pub(super) fn number_at(&self, at: i64, clock: &Clock) -> i64 {
        match &self.grid {
            Grid::Real { seconds } => (at - self.start).div_euclid(*seconds),
            Grid::Wall { .. } | Grid::Months { .. } => {
                (self.grid.number_at(clock.reading(at).begun) + self.shift).max(0)
            }
        }
    }

    /// How many hand-offs pass until the grid lies in the same way in the week again, and which hand-off begins such a
    /// cycle. `None` for real hours: they shift against the clock at every change of it.
    pub(super) fn cycle(&self) -> Option<(i64, i64)> {
        let length = match &self.grid {
            // A shift of a week or more has every hour of a week: one is like the other.
            Grid::Wall { first, period } if first.len() == 1 && *period >= WEEK => 1,
            Grid::Months { entries, .. } if are_weeks_apart(entries) => 1,
            Grid::Wall { first, period } => first.len() as i64 * (WEEK / gcd(*period, WEEK)),
            // The calendar repeats after 400 years, with the same weekdays.
            Grid::Months { count, entries, .. } => entries.len() as i64 * (MONTHS_CYCLE / gcd(*count, MONTHS_CYCLE)),
            Grid::Real { .. } => return None,
        };
        Some((self.stub, length))
    }

    /// Seconds of a shift, if they are real ones.
    pub(super) fn real_seconds(&self) -> Option<i64> {
        match &self.grid {
            Grid::Real { seconds } => Some(*seconds),
            Grid::Wall { .. } | Grid::Months { .. } => None,
        }
    }
}

/// Months of 400 years.
const MONTHS_CYCLE: i64 = 4_800;

impl Grid {
    fn new(start: DateTime, every: &Every) -> Result<Self, HandoffError> {
        let midnight = wall_of(start.date().at(0, 0, 0, 0));
        let start_second = second_of_day(start.time());
        match every {
            Every::Hours(count) => {
                let seconds = i64::from(*count) * 3_600;
                Ok(match DAY % seconds {
                    0 => Grid::Wall { first: vec![midnight + start_second], period: seconds },
                    _ => Grid::Real { seconds },
                })
            }
            Every::Days { count, handoffs } => {
                let offset = |at: &Time| {
                    let second = second_of_day(*at);
                    if second < start_second { second + DAY } else { second }
                };
                let offsets = handoffs.iter().map(offset).collect();
                Self::by_wall(midnight, start_second, offsets, i64::from(*count) * DAY)
            }
            Every::Weeks { count, handoffs } => {
                let offset = |(day, at): &(Weekday, Time)| {
                    let second = i64::from(start.weekday().until(*day)) * DAY + second_of_day(*at);
                    if second < start_second { second + WEEK } else { second }
                };
                let offsets = handoffs.iter().map(offset).collect();
                Self::by_wall(midnight, start_second, offsets, i64::from(*count) * WEEK)
            }
            Every::Months { count, handoffs } => {
                let start_day = i64::from(start.day());
                let entry = |(day, at): &(u8, Time)| {
                    let (day, second) = (i64::from(*day), second_of_day(*at));
                    MonthEntry { month: i64::from((day, second) < (start_day, start_second)), day, second }
                };
                let mut entries: Vec<MonthEntry> = handoffs.iter().map(entry).collect();
                if entries.is_empty() {
                    entries.push(MonthEntry { month: 0, day: start_day, second: start_second });
                }
                entries.sort();
                let first = i64::from(start.year()) * 12 + i64::from(start.month()) - 1;
                Ok(Grid::Months { first, count: i64::from(*count), entries })
            }
        }
    }

    fn by_wall(midnight: i64, start: i64, mut offsets: Vec<i64>, period: i64) -> Result<Self, HandoffError> {
        if offsets.is_empty() {
            offsets.push(start);
        }
        offsets.sort_unstable();
        let given = offsets.len();
        offsets.dedup();
        if offsets.len() < given {
            return Err(HandoffError::Twice);
        }
        Ok(Grid::Wall { first: offsets.into_iter().map(|offset| midnight + offset).collect(), period })
    }

    /// The wall-clock time of a hand-off of the grid.
    fn wall(&self, number: i64) -> i64 {
        match self {
            Grid::Wall { first, period } => {
                let count = first.len() as i64;
                first[number.rem_euclid(count) as usize] + number.div_euclid(count) * period
            }
            Grid::Months { first, count, entries } => {
                let per_period = entries.len() as i64;
                let month = first + number.div_euclid(per_period) * count;
                entries[number.rem_euclid(per_period) as usize].wall(month)
            }
            // Real hours have no wall-clock times of their own.
            Grid::Real { seconds } => number * seconds,
        }
    }

    /// The last hand-off of the grid that is not after a wall-clock time.
    fn number_at(&self, wall: i64) -> i64 {
        match self {
            Grid::Wall { first, period } => {
                let since = wall - first[0];
                let into = since.rem_euclid(*period);
                let within = first.partition_point(|at| at - first[0] <= into) as i64;
                since.div_euclid(*period) * first.len() as i64 + within - 1
            }
            Grid::Months { first, count, entries } => {
                let now = civil_of(wall);
                let month = i64::from(now.year()) * 12 + i64::from(now.month()) - 1;
                let period = (month - first).div_euclid(*count);
                // A hand-off of the period before can fall into this month, and none of this period may have come yet.
                for period in [period, period - 1, period - 2] {
                    let within = entries.partition_point(|entry| entry.wall(first + period * count) <= wall);
                    if within > 0 {
                        return period * entries.len() as i64 + within as i64 - 1;
                    }
                }
                (period - 2) * entries.len() as i64 - 1
            }
            Grid::Real { seconds } => wall.div_euclid(*seconds),
        }
    }
}

impl MonthEntry {
    /// Its wall-clock time in a period that begins with this month.
    fn wall(self, first: i64) -> i64 {
        let month = first + self.month;
        // The years of jiff's calendar end at ±9999; a period beyond them never comes.
        let year = month.div_euclid(12).clamp(-9_999, 9_999) as i16;
        let of_month = Date::constant(year, (month.rem_euclid(12) + 1) as i8, 1);
        let day = self.day.min(i64::from(of_month.days_in_month()));
        wall_of(of_month.at(0, 0, 0, 0)) + (day - 1) * DAY + self.second
    }
}

impl std::fmt::Display for HandoffError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HandoffError::Period => write!(
                f,
                "a shift lasts 1 to {EVERY_MAX} days, weeks or months, or 1 to {EVERY_HOURS_MAX} hours (EVERY_MAX, \
                 EVERY_HOURS_MAX)"
            ),
            HandoffError::TooMany => {
                write!(f, "a period has at most {HANDOFFS_PER_PERIOD_MAX} hand-offs (HANDOFFS_PER_PERIOD_MAX)")
            }
            HandoffError::Twice => f.write_str("two hand-offs come at the same moment"),
            HandoffError::Day => f.write_str("a day of the month is 1 to 31"),
            HandoffError::Crossing => {
                f.write_str("two hand-offs late in the month fall on the same day of a short month, in the wrong order")
            }
            HandoffError::Subsecond => f.write_str("a hand-off comes at a whole second"),
        }
    }
}

impl std::error::Error for HandoffError {}

/// Whether hand-offs of a month lie more than a week apart, also where late days fall on the 28th.
fn are_weeks_apart(entries: &[MonthEntry]) -> bool {
    let mut days: Vec<i64> = entries.iter().map(|entry| entry.day.min(28)).collect();
    days.sort_unstable();
    let around = days.first().map(|first| first + 28);
    let next = days.iter().skip(1).copied().chain(around);
    days.iter().zip(next).all(|(day, next)| next - day > 7)
}

/// The greatest common divisor.
pub(super) fn gcd(left: i64, right: i64) -> i64 {
    if right == 0 { left } else { gcd(right, left % right) }
}
