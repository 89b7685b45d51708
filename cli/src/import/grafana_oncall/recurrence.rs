//! Shifts of OnCall as rotations. A shift is an event that comes again, and `rolling_users` take turns at it.
//!
//! What the tests of OnCall show: with days of the week, a daily interval counts worked days, and a weekly turn is the week
//! that begins on `week_start`; without them an interval leaves the days or weeks between free, which nothing here can say.
//! Turns are counted from `start`, also those before `rotation_start`.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use reveille_domain::Every;
use serde_json::Value;

use crate::import::export::{each, id, number, text};
use crate::import::hours::{DAY, DAYS, Hours, WEEK};
use crate::import::model::{Rotation, SourceId};
use crate::import::shifts;

/// Why a shift cannot be a rotation.
pub(super) type Reason = String;

/// The parts of a recurrence.
struct Event {
    start: DateTime,
    minutes: u32,
    interval: u32,
    days: Vec<Weekday>,
}

/// A shift as a rotation.
pub(super) fn rotation(shift: &Value, zone_name: &str) -> Result<Rotation, Reason> {
    let zone = shifts::zone(zone_name).map_err(|refused| refused.to_string())?;
    let start = wall(shift, "start", &zone).ok_or("it does not say when it starts")?;
    let seconds =
        number(shift, "duration").filter(|seconds| *seconds > 0).ok_or("it does not say how long it lasts")?;
    if seconds % 60 != 0 {
        return Err("it does not last whole minutes".to_owned());
    }
    let (members, on_call) = members(shift)?;
    if ["by_month", "by_monthday"].iter().any(|key| !each(shift, key).is_empty()) {
        return Err("days of a month, or months, cannot be chosen here".to_owned());
    }
    let event = Event {
        start,
        minutes: seconds / 60,
        interval: number(shift, "interval").unwrap_or(1).max(1),
        days: each(shift, "by_day").iter().filter_map(Value::as_str).filter_map(weekday).collect(),
    };
    let takes_turns = members.len() > on_call;
    let (every, start, hours, burn) = match text(shift, "frequency") {
        Some("hourly") => event.hourly()?,
        Some("daily") => event.daily(takes_turns)?,
        Some("weekly") => event.weekly(text(shift, "week_start").and_then(weekday).unwrap_or(Weekday::Sunday))?,
        other => return Err(format!("a frequency of {} has no equivalent", other.unwrap_or("nothing"))),
    };
    let name = text(shift, "name").or(text(shift, "id")).unwrap_or("shift").to_owned();
    let coverage = hours.windows();
    let time_zone = zone_name.to_owned();
    let mut one = Rotation { name, time_zone, start, every, members, on_call, coverage, days_off_burn_turns: burn };
    // A week that has begun before the start of the shift is its first turn, so nothing is counted twice.
    shifts::count_from_start(&mut one, 0).map_err(|refused| refused.to_string())?;
    Ok(one)
}

/// A recurrence, from which wall clock on, the hours that are worked, and whether days off use turns.
type Turns = (Every, DateTime, Hours, bool);

impl Event {
    fn minute_of_day(&self) -> u32 {
        self.start.hour().unsigned_abs() as u32 * 60 + self.start.minute().unsigned_abs() as u32
    }

    fn hourly(&self) -> Result<Turns, Reason> {
        let period = self.interval * 60;
        let mut hours = Hours::none();
        if !self.days.is_empty() {
            return Err("hourly shifts on days of the week have no equivalent".to_owned());
        }
        if self.minutes == period {
            hours.add(Weekday::Monday, 0, WEEK);
        } else if self.minutes < period && DAY.is_multiple_of(period) {
            for day in DAYS {
                for turn in 0..DAY / period {
                    hours.add(day, (self.minute_of_day() + turn * period) % DAY, self.minutes);
                }
            }
        } else {
            return Err(
                "shifts that overlap, or leave hours free that do not divide a day, have no equivalent".to_owned()
            );
        }
        Ok((Every::Hours(self.interval), self.start, hours, true))
    }

    fn daily(&self, takes_turns: bool) -> Result<Turns, Reason> {
        let mut hours = Hours::none();
        let every = Every::Days { count: self.interval, handoffs: Vec::new() };
        if !self.days.is_empty() {
            if self.minutes > DAY {
                return Err("daily shifts of more than a day overlap, which has no equivalent".to_owned());
            }
            self.days.iter().for_each(|day| hours.add(*day, self.minute_of_day(), self.minutes));
            return Ok((every, self.start, hours, false));
        }
        if self.minutes == self.interval * DAY {
            hours.add(Weekday::Monday, 0, WEEK);
        } else if self.interval == 1 && self.minutes < DAY {
            DAYS.into_iter().for_each(|day| hours.add(day, self.minute_of_day(), self.minutes));
        } else if self.interval == 7 && self.minutes < WEEK && !takes_turns {
            hours.add(self.start.weekday(), self.minute_of_day(), self.minutes);
        } else {
            return Err(format!(
                "a shift that comes every {} days and leaves the days between free has no equivalent",
                self.interval
            ));
        }
        Ok((every, self.start, hours, true))
    }

    fn weekly(&self, week_start: Weekday) -> Result<Turns, Reason> {
        let mut hours = Hours::none();
        let every = Every::Weeks { count: self.interval, handoffs: Vec::new() };
        if self.minutes == self.interval * WEEK && self.days.is_empty() {
            hours.add(Weekday::Monday, 0, WEEK);
            return Ok((every, self.start, hours, true));
        }
        if self.interval > 1 {
            return Err(format!(
                "a shift that comes every {} weeks and leaves the weeks between free has no equivalent",
                self.interval
            ));
        }
        if self.days.is_empty() {
            if self.minutes > WEEK {
                return Err("weekly shifts of more than a week overlap, which has no equivalent".to_owned());
            }
            hours.add(self.start.weekday(), self.minute_of_day(), self.minutes);
            return Ok((every, self.start, hours, true));
        }
        if self.minutes > DAY {
            return Err(
                "shifts of more than a day on several days of a week overlap, which has no equivalent".to_owned()
            );
        }
        self.days.iter().for_each(|day| hours.add(*day, self.minute_of_day(), self.minutes));
        let into_week = i64::from(week_start.until(self.start.weekday()));
        let begin = self.start.checked_sub(Span::new().days(into_week)).map_err(|error| error.to_string())?;
        Ok((every, begin, hours, true))
    }
}

/// Who takes turns, and how many at once: a group that is smaller than the others is filled up with its own last member,
/// who is on call once all the same.
fn members(shift: &Value) -> Result<(Vec<SourceId>, usize), Reason> {
    let users = |value: &Value| -> Vec<SourceId> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(SourceId::new).collect()
    };
    let mut groups: Vec<Vec<SourceId>> = each(shift, "rolling_users").iter().map(users).collect();
    groups.retain(|group| !group.is_empty());
    if groups.is_empty() {
        groups = shift.get("users").map(users).filter(|group| !group.is_empty()).into_iter().collect();
    }
    if groups.is_empty() {
        return Err("it has no users".to_owned());
    }
    let first = number(shift, "start_rotation_from_user_index").unwrap_or(0) as usize % groups.len();
    groups.rotate_left(first);
    let size = groups.iter().map(Vec::len).max().unwrap_or(1);
    for group in &mut groups {
        while let Some(last) = group.last().filter(|_| group.len() < size).cloned() {
            group.push(last);
        }
    }
    Ok((groups.into_iter().flatten().collect(), size))
}

/// A time without an offset is one of the shift's own zone.
pub(super) fn wall(value: &Value, key: &str, zone: &TimeZone) -> Option<DateTime> {
    let written = text(value, key)?;
    match written.parse::<Timestamp>() {
        Ok(instant) => Some(zone.to_datetime(instant)),
        Err(_) => written.parse().ok(),
    }
}

/// The same as an instant.
pub(super) fn instant(value: &Value, key: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at = zone.to_ambiguous_timestamp(wall(value, key, zone)?).compatible().ok()?;
    Timestamp::from_second(at.as_second()).ok()
}

fn weekday(name: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    NAMES.iter().position(|known| *known == name).map(|place| DAYS[place])
}

/// The people of a shift that comes once.
pub(super) fn people(shift: &Value) -> Vec<SourceId> {
    let rolling = each(shift, "rolling_users").iter().flat_map(|group| group.as_array().into_iter().flatten());
    let users: Vec<SourceId> =
        each(shift, "users").iter().chain(rolling).filter_map(Value::as_str).map(SourceId::new).collect();
    if users.is_empty() { id(shift, "user").map(SourceId::new).into_iter().collect() } else { users }
}
