//! Conditions of stages: how bad it is, which day, what time of day.

use std::collections::BTreeSet;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::Impact;

/// What must hold when a stage is reached. An empty part always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The incident has one of these impacts.
    pub impacts: BTreeSet<Impact>,
    /// It is one of these hours.
    pub hours: Option<Hours>,
}

/// Hours of days of the week on somebody's wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The days on which the hours begin; empty: every day.
    pub weekdays: BTreeSet<Day>,
    /// From, inclusive, to, exclusive; `to` at or before `from` is on the next day. `None`: the whole day.
    pub time: Option<(Time, Time)>,
    /// Whose wall clock. A zone that this program does not know never keeps a stage from starting.
    pub time_zone: TimeZone,
}

/// A day of the week, in the order of a week that begins on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Weekday);

impl When {
    /// Whether a stage that is reached at `now` starts.
    pub fn holds(&self, impact: Impact, now: Timestamp) -> bool {
        let bad_enough = self.impacts.is_empty() || self.impacts.contains(&impact);
        bad_enough && self.hours.as_ref().is_none_or(|hours| hours.contain(now))
    }

    /// Whether it always holds.
    pub fn is_always(&self) -> bool {
        self.impacts.is_empty() && self.hours.is_none()
    }
}

impl Hours {
    fn contain(&self, now: Timestamp) -> bool {
        if self.time_zone.is_unknown() {
            return true;
        }
        let local = self.time_zone.to_datetime(now);
        let Some((from, to)) = self.time else {
            return self.begin_on(local.weekday());
        };
        let time = local.time();
        if from < to {
            return (from..to).contains(&time) && self.begin_on(local.weekday());
        }
        // Overnight: the small hours belong to the day on which the night began.
        let began_on = if time >= from {
            Some(local.weekday())
        } else if time < to {
            local.date().checked_sub(1.day()).ok().map(|date| date.weekday())
        } else {
            None
        };
        began_on.is_some_and(|day| self.begin_on(day))
    }

    fn begin_on(&self, day: Weekday) -> bool {
        self.weekdays.is_empty() || self.weekdays.contains(&Day(day))
    }
}

impl PartialOrd for Day {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Day {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.to_monday_zero_offset().cmp(&other.0.to_monday_zero_offset())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(days: &[Weekday], time: Option<(&str, &str)>, zone: &str) -> When {
        let time = time.map(|(from, to)| (from.parse().expect("a time"), to.parse().expect("a time")));
        let weekdays = days.iter().copied().map(Day).collect();
        let time_zone = TimeZone::get(zone).unwrap_or_else(|_| TimeZone::unknown());
        When { impacts: BTreeSet::new(), hours: Some(Hours { weekdays, time, time_zone }) }
    }

    #[test]
    fn hours_are_read_on_the_wall_clock_of_their_zone_and_a_night_belongs_to_the_day_it_began_on() {
        let office = hours(&[Weekday::Monday, Weekday::Friday], Some(("09:00", "17:00")), "Europe/Berlin");
        let night = hours(&[Weekday::Friday], Some(("22:00", "06:00")), "Europe/Berlin");
        let weekend = hours(&[Weekday::Saturday, Weekday::Sunday], None, "Asia/Tokyo");
        let rows = [
            (&office, "2026-11-23T08:00:00Z", true),
            (&office, "2026-11-23T07:59:59Z", false),
            (&office, "2026-11-23T15:59:59Z", true),
            (&office, "2026-11-23T16:00:00Z", false),
            (&office, "2026-11-24T10:00:00Z", false),
            // Summer time: nine o'clock is an hour earlier in UTC.
            (&office, "2026-07-03T07:00:00Z", true),
            (&night, "2026-11-27T21:00:00Z", true),
            (&night, "2026-11-28T04:59:59Z", true),
            (&night, "2026-11-28T05:00:00Z", false),
            (&night, "2026-11-28T21:30:00Z", false),
            (&weekend, "2026-11-27T15:00:00Z", true),
            (&weekend, "2026-11-29T15:00:00Z", false),
        ];
        for (when, at, expected) in rows {
            let now = at.parse().expect("an instant");
            assert_eq!(when.holds(Impact::Critical, now), expected, "{at} {when:?}");
        }
    }

    #[test]
    fn a_zone_that_nobody_knows_keeps_no_stage_from_starting() {
        let nowhere = hours(&[Weekday::Monday], Some(("09:00", "09:01")), "Atlantis/Capital");
        assert!(nowhere.holds(Impact::Low, "2026-11-24T23:00:00Z".parse().expect("an instant")));
    }

    #[test]
    fn impacts_are_a_list_and_an_empty_one_means_all() {
        let serious = When { impacts: BTreeSet::from([Impact::Critical, Impact::High]), hours: None };
        let now = Timestamp::UNIX_EPOCH;
        assert!(serious.holds(Impact::High, now) && !serious.holds(Impact::Medium, now));
        assert!(When::default().holds(Impact::NoImpact, now) && When::default().is_always() && !serious.is_always());
    }
}
