//! Words of the tests of schedules: rotations and instants in one line.

#![allow(dead_code, reason = "each test file uses some of these words")]

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use reveille_domain::{
    ContactAlias, Coverage, CoverageWindow, Every, Layers, Rotation, RotationName, RotationRules, Schedule,
    ScheduleAlias, ScheduleRules, Shift,
};

pub(crate) const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn time(text: &str) -> Time {
    let text = if text == "24:00" { "00:00" } else { text };
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn day(text: &str) -> Weekday {
    DAYS.iter().find(|(name, _)| text.starts_with(name)).unwrap_or_else(|| panic!("{text}")).1
}

pub(crate) fn contacts(names: &[&str]) -> Vec<ContactAlias> {
    names.iter().map(|name| ContactAlias::new(*name)).collect()
}

/// Rules of a rotation around the clock with one on call.
pub(crate) fn rules(zone: &str, start: &str, every: Every, members: &[&str]) -> RotationRules {
    RotationRules {
        name: RotationName::new("rotation"),
        time_zone: TimeZone::get(zone).expect("a zone"),
        start: start.parse().unwrap_or_else(|error| panic!("{start}: {error}")),
        every,
        members: contacts(members),
        on_call: 1,
        coverage: None,
        days_off_burn_turns: false,
    }
}

pub(crate) fn rotation(zone: &str, start: &str, every: Every, members: &[&str]) -> Rotation {
    Rotation::new(rules(zone, start, every, members)).expect("a rotation")
}

pub(crate) fn covered(mut rules: RotationRules, windows: &[(Weekday, &str, &str)]) -> Rotation {
    rules.coverage = Some(coverage(windows));
    Rotation::new(rules).expect("a rotation")
}

pub(crate) fn coverage(windows: &[(Weekday, &str, &str)]) -> Coverage {
    let window =
        |(day, start, end): &(Weekday, &str, &str)| CoverageWindow { day: *day, start: time(start), end: time(end) };
    Coverage::new(windows.iter().map(window).collect()).expect("a coverage")
}

/// The same hours on every day.
pub(crate) fn daily<'t>(start: &'t str, end: &'t str) -> Vec<(Weekday, &'t str, &'t str)> {
    DAYS.iter().map(|(_, day)| (*day, start, end)).collect()
}

pub(crate) fn days(count: u32) -> Every {
    Every::Days { count, handoffs: vec![] }
}

pub(crate) fn weeks(count: u32) -> Every {
    Every::Weeks { count, handoffs: vec![] }
}

pub(crate) fn months(count: u32) -> Every {
    Every::Months { count, handoffs: vec![] }
}

pub(crate) fn schedule_rules(rotations: Vec<Rotation>) -> ScheduleRules {
    let rotations = rotations.into_iter().enumerate().map(|(place, rotation)| {
        let name = RotationName::new(format!("rotation-{place}"));
        Rotation::new(RotationRules { name, ..rotation.rules().clone() }).expect("a rotation")
    });
    ScheduleRules {
        alias: ScheduleAlias::new("primary"),
        layers: Layers::Upper,
        rotations: rotations.collect(),
        overrides: vec![],
        swaps: vec![],
        temporary: vec![],
        notices: vec![],
    }
}

pub(crate) fn schedule(rotations: Vec<Rotation>) -> Schedule {
    Schedule::new(schedule_rules(rotations)).expect("a schedule")
}

pub(crate) fn names(contacts: &[ContactAlias]) -> Vec<&str> {
    contacts.iter().map(ContactAlias::as_str).collect()
}

/// One line a shift: `start end who`, and `!` behind what is overridden.
pub(crate) fn lines(shifts: &[Shift]) -> Vec<String> {
    let line = |shift: &Shift| {
        let mark = if shift.overridden { "!" } else { "" };
        assert_eq!(shift.overridden, shift.rotation.is_none());
        format!("{} {} {}{mark}", shift.start, shift.end, names(&shift.contacts).join("+"))
    };
    shifts.iter().map(line).collect()
}
