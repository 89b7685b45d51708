//! An independent answer to who is on call in a rotation: it walks from the start, day by day, with jiff's own civil times
//! and time zones, and shares no code with what it checks.

#![allow(dead_code, reason = "each test file uses some of these words")]

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use reveille_domain::{ContactAlias, Every, RotationRules};

/// The first hand-offs of a rotation, and whose turn begins with each.
pub(crate) struct Slow {
    rules: RotationRules,
    /// Instant, and how many turns were used before.
    pub(crate) shifts: Vec<(Timestamp, usize)>,
    /// Hours of work as instants, from the start to the end of the walk.
    hours: Vec<(Timestamp, Timestamp)>,
}

pub(crate) fn first(zone: &TimeZone, wall: DateTime) -> Timestamp {
    resolved(zone, wall, false)
}

pub(crate) fn last(zone: &TimeZone, wall: DateTime) -> Timestamp {
    resolved(zone, wall, true)
}

fn resolved(zone: &TimeZone, wall: DateTime, last: bool) -> Timestamp {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).expect("in range"),
        AmbiguousOffset::Fold { before, after } => {
            let offset = if last { after } else { before };
            offset.to_timestamp(wall).expect("in range")
        }
        AmbiguousOffset::Gap { after, .. } => {
            let too_early = after.to_timestamp(wall).expect("in range");
            zone.following(too_early).next().expect("the change").timestamp()
        }
    }
}

impl Slow {
    /// Walks over so many hand-offs.
    pub(crate) fn new(rules: &RotationRules, handoffs: usize) -> Self {
        let zone = &rules.time_zone;
        let several = match &rules.every {
            Every::Days { count, handoffs } if handoffs.len() <= 1 && counts_work(rules) => *count as usize,
            Every::Hours(_) | Every::Days { .. } | Every::Weeks { .. } | Every::Months { .. } => 1,
        };
        let walls = walls(rules, handoffs + 1, several > 1);
        let mut used = 0;
        let mut shifts = Vec::new();
        for pair in walls.windows(2) {
            let [(wall, instant), (next, _)] = pair else { continue };
            shifts.push((*instant, used / several));
            // Whether a shift of real hours is worked is read off the clock at its start.
            let next = match &rules.every {
                Every::Hours(hours) => *wall + Span::new().hours(*hours),
                Every::Days { .. } | Every::Weeks { .. } | Every::Months { .. } => *next,
            };
            let worked = is_worked(rules, *wall, next);
            let burns = rules.days_off_burn_turns && used > 0;
            used += usize::from(rules.coverage.is_none() || worked || burns);
        }
        let (from, to) = (walls[0].0.date(), walls[walls.len() - 1].0.date());
        let hours = days(from.yesterday().expect("a day"), to.tomorrow().expect("a day"))
            .flat_map(|date| windows(rules, date))
            .map(|(start, end)| (first(zone, start), last(zone, end)))
            .collect();
        Self { rules: rules.clone(), shifts, hours }
    }

    /// What matters between two instants.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> Self {
        let begun = self.shifts.partition_point(|(start, _)| *start <= from).saturating_sub(1);
        let hours = self.hours.iter().filter(|(start, end)| *start < to && *end > from);
        Self { rules: self.rules.clone(), shifts: self.shifts[begun..].to_vec(), hours: hours.copied().collect() }
    }

    /// The end of what has been walked.
    pub(crate) fn until(&self) -> Timestamp {
        self.shifts[self.shifts.len() - 1].0
    }

    pub(crate) fn on_call(&self, at: Timestamp) -> Vec<&ContactAlias> {
        let worked = self.rules.coverage.is_none() || self.hours.iter().any(|(start, end)| *start <= at && at < *end);
        let begun = self.shifts.partition_point(|(start, _)| *start <= at);
        if begun == 0 || !worked {
            return Vec::new();
        }
        let members = &self.rules.members;
        let mut team: Vec<&ContactAlias> = Vec::new();
        for place in 0..self.rules.on_call {
            let who = &members[(self.shifts[begun - 1].1 * self.rules.on_call + place) % members.len()];
            if !team.contains(&who) {
                team.push(who);
            }
        }
        team
    }
}

fn counts_work(rules: &RotationRules) -> bool {
    rules.coverage.is_some() && !rules.days_off_burn_turns
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |date| date.tomorrow().ok()).take_while(move |date| *date <= to)
}

/// The hours of work that start on a day.
fn windows(rules: &RotationRules, date: Date) -> Vec<(DateTime, DateTime)> {
    let Some(coverage) = &rules.coverage else { return Vec::new() };
    let on_this_day = coverage.windows().iter().filter(|window| window.day == date.weekday());
    on_this_day
        .map(|window| {
            let ends = if window.end <= window.start { date.tomorrow().expect("a day") } else { date };
            (window.start.on(date.year(), date.month(), date.day()), ends.to_datetime(window.end))
        })
        .collect()
}

fn is_worked(rules: &RotationRules, from: DateTime, to: DateTime) -> bool {
    days(from.date().yesterday().expect("a day"), to.date())
        .flat_map(|date| windows(rules, date))
        .any(|(start, end)| start < to && end > from)
}

/// Hand-offs as wall clocks and instants, the start first.
fn walls(rules: &RotationRules, count: usize, single_days: bool) -> Vec<(DateTime, Timestamp)> {
    let (start, zone) = (rules.start, &rules.time_zone);
    let mut walls: Vec<DateTime> = vec![start];
    match &rules.every {
        Every::Hours(hours) if 24 % hours != 0 => {
            let begin = first(zone, start);
            let step = |number: usize| {
                let span = Span::new().hours(i64::from(*hours) * number as i64);
                let instant = begin.checked_add(span).expect("in range");
                (zone.to_datetime(instant), instant)
            };
            return (0..count).map(step).collect();
        }
        Every::Hours(hours) => {
            walls.extend((1..count).map(|number| start + Span::new().hours(i64::from(*hours) * number as i64)));
        }
        Every::Days { count: days, handoffs } => {
            let days = if single_days { 1 } else { *days };
            for at in or_start(handoffs, start.time()) {
                walls.extend(repeated(start, count, days, |wall| wall.time() == at, at));
            }
        }
        Every::Weeks { count: weeks, handoffs } => {
            for (day, at) in or_start(handoffs, (start.weekday(), start.time())) {
                walls.extend(repeated(start, count, 7 * weeks, |wall| wall.weekday() == day, at));
            }
        }
        Every::Months { count: months, handoffs } => {
            for (day, at) in or_start(handoffs, (start.day() as u8, start.time())) {
                let late = (day as i8, at) >= (start.day(), start.time());
                let begin = start.date().first_of_month() + Span::new().months(i32::from(!late));
                walls.extend((0..count).map(|number| {
                    let month = begin + Span::new().months(i64::from(*months) * number as i64);
                    let day = (day as i8).min(month.days_in_month());
                    month.with().day(day).build().expect("a day").to_datetime(at)
                }));
            }
        }
    }
    walls.retain(|wall| *wall >= start);
    walls.sort();
    walls.dedup();
    walls.truncate(count);
    walls.into_iter().map(|wall| (wall, first(zone, wall))).collect()
}

fn or_start<T: Clone>(handoffs: &[T], start: T) -> Vec<T> {
    if handoffs.is_empty() { vec![start] } else { handoffs.to_vec() }
}

/// From the first day at or after the start that fits, every so many days.
fn repeated(
    start: DateTime,
    count: usize,
    days: u32,
    fits: impl Fn(DateTime) -> bool,
    at: Time,
) -> impl Iterator<Item = DateTime> {
    let mut begin = start.date().to_datetime(at);
    while begin < start || !fits(begin) {
        begin = begin.date().tomorrow().expect("a day").to_datetime(at);
    }
    (0..count).map(move |number| begin + Span::new().days(i64::from(days) * number as i64))
}
