//! Schedules, as they would be written.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use reveille_domain::{
    Change, ContactAlias, Coverage, Every, Layers, Override, RotationRules, Schedule, Swap, TemporarySchedule,
};

use super::super::time::WEEKDAYS;
use super::{Fields, Written};

pub(super) fn written(schedule: &Schedule) -> Written {
    let rules = schedule.rules();
    let layers = match rules.layers {
        Layers::Upper => "upper",
        Layers::Both => "both",
    };
    let notices = rules.notices.iter().map(|notice| Fields::default().with("before_minutes", notice.before_minutes));
    Fields::default()
        .or("layers", layers, "upper")
        .with("rotations", Written::List(rules.rotations.iter().map(|one| rotation(one.rules())).collect()))
        .unless_empty("overrides", Written::List(rules.overrides.iter().map(an_override).collect()))
        .unless_empty("swaps", Written::List(rules.swaps.iter().map(swap).collect()))
        .unless_empty("temporary", Written::List(rules.temporary.iter().map(temporary).collect()))
        .unless_empty("notices", Written::List(notices.map(Fields::written).collect()))
        .written()
}

fn rotation(rules: &RotationRules) -> Written {
    let (unit, count, handoffs) = match &rules.every {
        Every::Hours(count) => ("hours", *count, Vec::new()),
        Every::Days { count, handoffs } => ("days", *count, handoffs.iter().map(|at| handoff(None, *at)).collect()),
        Every::Weeks { count, handoffs } => {
            let on = |(day, at): &(Weekday, Time)| handoff(Some(weekday(*day).into()), *at);
            ("weeks", *count, handoffs.iter().map(on).collect())
        }
        Every::Months { count, handoffs } => {
            let on = |(day, at): &(u8, Time)| handoff(Some((*day).into()), *at);
            ("months", *count, handoffs.iter().map(on).collect())
        }
    };
    // As many as a rotation can have fit a number of 32 bits many times over.
    let on_call = u32::try_from(rules.on_call).unwrap_or(u32::MAX);
    Fields::default()
        .with("name", rules.name.as_str())
        .with("time_zone", rules.time_zone.iana_name().unwrap_or("Etc/Unknown"))
        .with("start", rules.start.to_string())
        .with("every", Fields::default().with(unit, count).written())
        .unless_empty("handoffs", Written::List(handoffs))
        .with("members", Written::list(rules.members.iter().map(ContactAlias::as_str)))
        .or("on_call", on_call, 1_u32)
        .maybe("coverage", rules.coverage.as_ref().map(coverage))
        .or("days_off_burn_turns", rules.days_off_burn_turns, false)
        .written()
}

fn handoff(day: Option<Written>, at: Time) -> Written {
    Fields::default().maybe("day", day).with("at", clock(at)).written()
}

fn coverage(coverage: &Coverage) -> Written {
    let of = |day: Weekday| {
        let windows = coverage.windows().iter().filter(move |window| window.day == day);
        Written::list(windows.map(|window| format!("{}-{}", clock(window.start), end_clock(window.end))))
    };
    WEEKDAYS.iter().fold(Fields::default(), |all, (name, day)| all.unless_empty(name, of(*day))).written()
}

fn an_override(one: &Override) -> Written {
    let (remove, add) = match &one.change {
        Change::Add(add) => (None, Some(add)),
        Change::Remove(remove) => (Some(remove), None),
        Change::Replace { remove, add } => (Some(remove), Some(add)),
    };
    span(Fields::default(), one.start, one.end)
        .maybe("remove", remove.map(ContactAlias::as_str))
        .maybe("add", add.map(ContactAlias::as_str))
        .written()
}

fn swap(swap: &Swap) -> Written {
    let fields = Fields::default().with("a", swap.a.as_str()).with("b", swap.b.as_str());
    span(fields, swap.start, swap.end).written()
}

fn temporary(temporary: &TemporarySchedule) -> Written {
    let shifts = temporary
        .shifts
        .iter()
        .map(|shift| span(Fields::default().with("contact", shift.contact.as_str()), shift.start, shift.end).written());
    span(Fields::default(), temporary.start, temporary.end).with("shifts", Written::List(shifts.collect())).written()
}

fn span(fields: Fields, start: Timestamp, end: Timestamp) -> Fields {
    fields.with("start", start.to_string()).with("end", end.to_string())
}

/// The word for a weekday.
pub(super) fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, known)| *known == day).map_or("MON", |(word, _)| word)
}

/// A time of day.
pub(super) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A time of day at which something ends: midnight is the end of the day.
pub(super) fn end_clock(time: Time) -> String {
    if time == Time::midnight() { "24:00".to_owned() } else { clock(time) }
}
