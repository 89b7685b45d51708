//! Walks in steps of 30 seconds over changes of the clock: what is computed is what a walk from the start finds.

mod on_call;
#[path = "on_call/slow.rs"]
mod slow;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use on_call::*;
use reveille_domain::{Every, Rotation, RotationRules};
use slow::Slow;

/// Gaps and folds of an hour and of half an hour, at one, two, three o'clock and at midnight, in both hemispheres, and
/// summer time that is the standard time.
const ZONES: [&str; 10] = [
    "America/New_York",
    "America/Chicago",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
];

const MEMBERS: [&str; 3] = ["A", "B", "C"];

/// Rotations that start on this day.
fn all_rules(zone: &str, date: Date) -> Vec<RotationRules> {
    let with = |start: &str, every: Every| rules(zone, &format!("{date}T{start}"), every, &MEMBERS);
    let worked = |start: &str, every: Every, windows: &[(Weekday, &str, &str)]| RotationRules {
        coverage: Some(coverage(windows)),
        ..with(start, every)
    };
    let nights = daily("22:00", "02:30");
    let mut around_the_change = daily("00:15", "01:15");
    around_the_change.extend(daily("01:30", "02:00"));
    around_the_change.extend(daily("02:45", "00:00"));
    let weekdays = &nights[..5];
    let weekly = Every::Weeks {
        count: 1,
        handoffs: vec![(Weekday::Sunday, time("01:30")), (Weekday::Wednesday, time("09:00"))],
    };
    vec![
        with("00:00", days(1)),
        with("02:30", days(1)),
        with("00:30", Every::Hours(1)),
        with("02:00", Every::Hours(12)),
        with("02:00", Every::Hours(5)),
        with("01:30", weeks(1)),
        worked("09:00", weekly, &nights),
        worked("01:30", days(1), weekdays),
        worked("01:00", Every::Hours(2), &around_the_change),
        worked("00:00", Every::Hours(7), &around_the_change),
        RotationRules { days_off_burn_turns: true, on_call: 2, ..worked("23:30", days(1), weekdays) },
    ]
}

/// The changes of the clock in 2024.
fn changes(zone: &str) -> Vec<Timestamp> {
    let zone = TimeZone::get(zone).expect("a zone");
    let (from, to) = (at("2024-01-02T00:00:00Z"), at("2024-12-30T00:00:00Z"));
    zone.following(from).map(|change| change.timestamp()).take_while(|change| *change < to).collect()
}

#[test]
fn half_minute_by_half_minute_over_every_change_of_the_clock() {
    for zone in ZONES {
        let changes = changes(zone);
        assert_eq!(changes.len(), 2, "{zone}");
        for change in changes {
            let until = change + Span::new().hours(80);
            // A month and a few days: neither weeks nor the hours of any rotation come out even.
            let start = TimeZone::UTC.to_datetime(change - Span::new().hours(33 * 24)).date();
            for rules in all_rules(zone, start) {
                let rotation = Rotation::new(rules.clone()).expect("a rotation");
                let mut slow = Slow::new(&rules, 50);
                while slow.until() < until {
                    slow = Slow::new(&rules, slow.shifts.len() * 5);
                }
                walk(zone, &rotation, &slow, change);
            }
        }
    }
}

fn walk(zone: &str, rotation: &Rotation, slow: &Slow, change: Timestamp) {
    let (from, to) = (change - Span::new().hours(27), change + Span::new().hours(27));
    let every = &rotation.rules().every;
    let slow = slow.between(from, to);
    let mut expected: Vec<Timestamp> = slow.shifts.iter().map(|shift| shift.0).collect();
    expected.retain(|handoff| (from..to).contains(handoff));
    expected.dedup();
    let handoffs = rotation.handoffs(from, to);
    assert_eq!(handoffs, expected, "{zone} {every:?}");
    for pair in handoffs.windows(2) {
        let turn = rotation.turn(pair[0]).expect("a turn");
        assert_eq!((turn.start, turn.end), (pair[0], pair[1]), "{zone} {every:?}: contiguous");
    }
    let shifts = schedule(vec![rotation.clone()]).shifts(from, to);
    let mut next = 0;
    let mut at = from;
    while at < to {
        let on_call = rotation.on_call(at);
        assert!(on_call.iter().eq(slow.on_call(at)), "{zone} {every:?} at {at}: {on_call:?}");
        while shifts.get(next).is_some_and(|shift| shift.end <= at) {
            next += 1;
        }
        let shift = shifts.get(next).filter(|shift| shift.start <= at).map(|shift| shift.contacts.as_slice());
        assert_eq!(shift.unwrap_or_default(), on_call, "{zone} {every:?} at {at}");
        // Half minutes around the change, where every minute counts, and quarters of an hour a day before and after.
        let near = at.duration_until(change).abs().as_hours() < 4;
        at += Span::new().seconds(if near { 30 } else { 15 * 60 });
    }
}
