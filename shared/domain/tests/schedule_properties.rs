//! Properties of schedules, on random ones: what is computed is what a walk finds, a window shows what the whole shows,
//! and every answer agrees with every other.

mod on_call;
#[path = "on_call/slow.rs"]
mod slow;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use on_call::{DAYS, at, schedule, schedule_rules};
use proptest::prelude::*;
use reveille_domain::{
    Change, ContactAlias, Coverage, CoverageWindow, Every, Layers, Override, Rotation, RotationName, RotationRules,
    Schedule, ScheduleHistory, ScheduleRules, Swap, TemporarySchedule, TemporaryShift,
};
use slow::Slow;

const ZONES: [&str; 12] = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

fn zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| TimeZone::get(name).expect("a zone"))
}

fn time() -> impl Strategy<Value = Time> {
    // Around the hours at which clocks change, and anywhere.
    prop_oneof![0_i8..4, 0_i8..24].prop_flat_map(|hour| {
        prop::sample::select(vec![0_i8, 15, 30, 59]).prop_map(move |minute| Time::constant(hour, minute, 0, 0))
    })
}

fn weekday() -> impl Strategy<Value = Weekday> {
    prop::sample::select(DAYS.map(|(_, day)| day).to_vec())
}

fn start() -> impl Strategy<Value = DateTime> {
    (2023_i16..2027, 1_i8..=12, 1_i8..=31, time()).prop_map(|(year, month, day, time)| {
        let month = jiff::civil::date(year, month, 1);
        month.with().day(day.min(month.days_in_month())).build().expect("a day").to_datetime(time)
    })
}

fn every() -> impl Strategy<Value = Every> {
    prop_oneof![
        prop::sample::select(vec![1_u32, 2, 3, 5, 7, 8, 12, 24, 36, 48]).prop_map(Every::Hours),
        (1_u32..6, prop::collection::vec(time(), 0..3)).prop_map(|(count, handoffs)| Every::Days { count, handoffs }),
        (1_u32..4, prop::collection::vec((weekday(), time()), 0..4))
            .prop_map(|(count, handoffs)| Every::Weeks { count, handoffs }),
        (1_u32..4, prop::collection::vec((1_u8..=31, time()), 0..3))
            .prop_map(|(count, handoffs)| Every::Months { count, handoffs }),
    ]
}

fn coverage() -> impl Strategy<Value = Option<Coverage>> {
    let window = (weekday(), time(), time()).prop_map(|(day, start, end)| CoverageWindow { day, start, end });
    prop::option::of(prop::collection::vec(window, 1..8).prop_map(|windows| Coverage::new(windows).expect("few")))
}

fn alias(number: usize) -> ContactAlias {
    ContactAlias::new(format!("c{number}"))
}

/// Rules that are valid; hand-offs that would fall together are left out.
fn rules() -> impl Strategy<Value = RotationRules> {
    (zone(), start(), every(), prop::collection::vec(0_usize..6, 1..6), 1_usize..3, coverage(), any::<bool>())
        .prop_map(|(time_zone, start, every, members, on_call, coverage, days_off_burn_turns)| RotationRules {
            name: RotationName::new("r"),
            time_zone,
            start,
            every,
            on_call: on_call.min(members.len()),
            members: members.into_iter().map(alias).collect(),
            coverage,
            days_off_burn_turns,
        })
        .prop_filter("hand-offs apart from each other", |rules| Rotation::new(rules.clone()).is_ok())
}

/// Everything happens around this day, in which clocks change.
fn minute_near() -> impl Strategy<Value = Timestamp> {
    (0_i64..20 * 24 * 60).prop_map(|minute| at("2026-03-01T00:00:00Z") + Span::new().minutes(minute))
}

fn span() -> impl Strategy<Value = (Timestamp, Timestamp)> {
    (minute_near(), 1_i64..5 * 24 * 60).prop_map(|(start, minutes)| (start, start + Span::new().minutes(minutes)))
}

fn an_override() -> impl Strategy<Value = Override> {
    let change = (0_usize..7, 0_usize..7, 0..3).prop_map(|(remove, add, kind)| match kind {
        0 => Change::Add(alias(add)),
        1 => Change::Remove(alias(remove)),
        _ => Change::Replace { remove: alias(remove), add: alias(if remove == add { add + 1 } else { add }) },
    });
    (span(), change).prop_map(|((start, end), change)| Override { start, end, change })
}

fn a_swap() -> impl Strategy<Value = Swap> {
    (span(), 0_usize..3, 3_usize..6).prop_map(|((start, end), a, b)| Swap { a: alias(a), b: alias(b), start, end })
}

fn a_temporary() -> impl Strategy<Value = TemporarySchedule> {
    (span(), prop::collection::vec((0_usize..6, 0_i64..50, 50_i64..100), 0..3)).prop_map(|((start, end), shifts)| {
        let length = start.duration_until(end).as_secs();
        let at = |percent: i64| start + Span::new().seconds(length * percent / 100);
        let shift = |(who, from, to)| TemporaryShift { contact: alias(who), start: at(from), end: at(to) };
        TemporarySchedule { start, end, shifts: shifts.into_iter().map(shift).collect() }
    })
}

fn a_schedule() -> impl Strategy<Value = Schedule> {
    let rotations = prop::collection::vec(rules(), 1..4).prop_map(|all| {
        let near = |mut rules: RotationRules| {
            rules.start =
                "2026-02-20T09:00".parse::<DateTime>().expect("a time").date().to_datetime(rules.start.time());
            Rotation::new(rules).ok()
        };
        all.into_iter().filter_map(near).collect::<Vec<_>>()
    });
    let overrides = prop::collection::vec(an_override(), 0..5);
    let swaps = prop::collection::vec(a_swap(), 0..2);
    let temporary = prop::collection::vec(a_temporary(), 0..2);
    (rotations, overrides, swaps, temporary, any::<bool>()).prop_filter_map(
        "a schedule",
        |(rotations, overrides, swaps, temporary, both)| {
            if rotations.is_empty() {
                return None;
            }
            let layers = if both { Layers::Both } else { Layers::Upper };
            Schedule::new(ScheduleRules { layers, overrides, swaps, temporary, ..schedule_rules(rotations) }).ok()
        },
    )
}

fn set(contacts: Vec<ContactAlias>) -> BTreeSet<ContactAlias> {
    let count = contacts.len();
    let set = BTreeSet::from_iter(contacts);
    assert_eq!(set.len(), count, "nobody is on call twice");
    set
}

/// Who is on call by the shifts of a window.
fn by_shifts(shifts: &[reveille_domain::Shift], at: Timestamp) -> BTreeSet<ContactAlias> {
    let there = shifts.iter().filter(|shift| shift.start <= at && at < shift.end);
    there.flat_map(|shift| shift.contacts.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rotation_answers_what_a_walk_finds(rules in rules(), parts in prop::collection::vec(0.0_f64..1.0, 30)) {
        let rotation = Rotation::new(rules.clone()).expect("valid");
        let slow = Slow::new(&rules, 90);
        let length = rotation.start().duration_until(slow.until()).as_secs();
        for (place, part) in parts.into_iter().enumerate() {
            let near = slow.shifts[place * 3 % slow.shifts.len()].0;
            let anywhere = rotation.start() + Span::new().seconds((length as f64 * part) as i64);
            for asked in [anywhere, near, near - Span::new().seconds(1), near - Span::new().nanoseconds(1)] {
                if asked >= slow.until() {
                    continue;
                }
                let found: Vec<_> = rotation.on_call(asked);
                prop_assert!(found.iter().eq(slow.on_call(asked)), "at {asked}: {found:?}, not {:?}", slow.on_call(asked));
            }
        }
    }

    #[test]
    fn a_rotation_is_fair_and_leaves_no_time_between_turns(rules in rules()) {
        let members = rules.members.len() as u64;
        let rotation = Rotation::new(RotationRules { coverage: None, ..rules }).expect("valid");
        let mut turns: BTreeMap<u64, u32> = BTreeMap::new();
        let mut next = rotation.start();
        for _ in 0..members * 4 {
            let turn = rotation.turn(next).expect("after the start");
            prop_assert_eq!(turn.start, next);
            prop_assert!(turn.end > turn.start);
            *turns.entry(turn.number % members).or_default() += 1;
            next = turn.end;
        }
        let (most, least) = (turns.values().max().expect("one"), turns.values().min().expect("one"));
        // Where the clock leaves an hour out its shift has no length, and somebody is passed over.
        prop_assert!(turns.len() as u64 == members && most - least <= 2);
    }

}

proptest! {
    // A random schedule takes a while to prepare: tables of clocks, and of months in which some shifts are not worked.
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shifts_agree_with_who_is_on_call(schedule in a_schedule(), window in span(), more in minute_near()) {
        let (from, to) = window;
        let shifts = schedule.shifts(from, to);
        let mut asked = vec![from, more, to - Span::new().seconds(1)];
        for shift in &shifts {
            prop_assert!(from <= shift.start && shift.start < shift.end && shift.end <= to);
            prop_assert!(!shift.contacts.is_empty() && shift.overridden == shift.rotation.is_none());
            let half = Span::new().seconds(shift.start.duration_until(shift.end).as_secs() / 2);
            asked.extend([shift.start, shift.start - Span::new().nanoseconds(1), shift.start + half]);
            asked.extend([shift.end, shift.end - Span::new().seconds(1)]);
        }
        for at in asked.into_iter().filter(|at| from <= *at && *at < to) {
            prop_assert_eq!(by_shifts(&shifts, at), set(schedule.on_call(at)), "at {}", at);
        }
        prop_assert!(shifts.is_sorted_by_key(|shift| shift.start));
        for (place, shift) in shifts.iter().enumerate() {
            let continued = |other: &&reveille_domain::Shift| {
                other.start == shift.end && other.contacts == shift.contacts && other.rotation == shift.rotation
            };
            prop_assert!(shifts[place + 1..].iter().find(continued).is_none(), "adjacent equal shifts are one");
        }
        for (start, end) in schedule.gaps(from, to) {
            prop_assert!(start < end && schedule.on_call(start).is_empty());
            prop_assert!(schedule.on_call(end - Span::new().nanoseconds(1)).is_empty());
            prop_assert!(end == to || !schedule.on_call(end).is_empty());
        }
    }

    #[test]
    fn a_window_shows_what_the_whole_shows(schedule in a_schedule(), window in span(), step in 1_i64..100_000) {
        let (from, to) = window;
        let middle = (from + Span::new().seconds(step)).min(to);
        let whole = schedule.shifts(from, to);
        let clipped = |from: Timestamp, to: Timestamp| {
            let inside = whole.iter().filter(move |shift| shift.start < to && shift.end > from).cloned();
            inside.map(|mut shift| {
                (shift.start, shift.end) = (shift.start.max(from), shift.end.min(to));
                shift
            }).collect::<Vec<_>>()
        };
        let by_text = |mut shifts: Vec<reveille_domain::Shift>| {
            shifts.sort_by_key(|shift| (shift.start, format!("{shift:?}")));
            shifts
        };
        prop_assert_eq!(by_text(schedule.shifts(from, middle)), by_text(clipped(from, middle)));
        prop_assert_eq!(by_text(schedule.shifts(middle, to)), by_text(clipped(middle, to)));
    }

    #[test]
    fn nothing_changes_before_the_next_hand_off(schedule in a_schedule(), asked in minute_near(), part in 0.0_f64..1.0) {
        let before = set(schedule.on_call(asked));
        let until = schedule.next_handoff(asked);
        if let Some(until) = until {
            prop_assert!(until > asked);
            prop_assert_ne!(schedule.on_call(until), schedule.on_call(asked));
        }
        let end = until.unwrap_or(asked + Span::new().hours(24 * 400));
        let length = asked.duration_until(end).as_secs();
        let between = asked + Span::new().seconds((length as f64 * part) as i64);
        prop_assert_eq!(set(schedule.on_call(between.min(end - Span::new().nanoseconds(1)))), before);
    }

    #[test]
    fn every_beginning_is_told_once(schedule in a_schedule(), window in span(), step in 1_i64..200_000) {
        let (from, to) = window;
        let middle = (from + Span::new().seconds(step)).min(to);
        let mut parts = schedule.beginnings(from, middle);
        parts.extend(schedule.beginnings(middle, to));
        prop_assert_eq!(&parts, &schedule.beginnings(from, to));
        for beginning in parts {
            prop_assert!(from < beginning.at && beginning.at <= to);
            prop_assert!(schedule.on_call(beginning.at).contains(&beginning.contact));
            let before = beginning.at - Span::new().nanoseconds(1);
            prop_assert!(!schedule.on_call(before).contains(&beginning.contact));
        }
    }

    #[test]
    fn the_order_of_overrides_does_not_matter(schedule in a_schedule(), asked in minute_near()) {
        let mut rules = schedule.rules().clone();
        rules.overrides.reverse();
        rules.swaps.reverse();
        let turned = Schedule::new(rules).expect("valid");
        prop_assert_eq!(set(turned.on_call(asked)), set(schedule.on_call(asked)));
    }

    #[test]
    fn the_past_is_not_rewritten(
        versions in prop::collection::vec((a_schedule(), 1_i64..5_000), 2..5),
        first in a_schedule(),
        asked in minute_near(),
        window in span(),
    ) {
        let mut history = ScheduleHistory::new(first);
        let mut now = at("2026-03-01T00:00:00Z");
        for (next, minutes) in versions {
            now += Span::new().minutes(minutes);
            let before = history.clone();
            history.put(next.clone(), now);
            if asked < now {
                prop_assert_eq!(history.on_call(asked), before.on_call(asked));
            } else {
                prop_assert_eq!(history.on_call(asked), Some(next.on_call(asked)));
            }
            let past = |history: &ScheduleHistory| history.shifts(window.0.min(now), window.1.min(now));
            prop_assert_eq!(past(&history), past(&before));
            let unchanged = history.clone();
            history.put(next, now + Span::new().minutes(1));
            prop_assert_eq!(&history, &unchanged);
        }
        for shift in history.shifts(window.0, window.1) {
            let on_call = history.on_call(shift.start).expect("nothing is forgotten");
            prop_assert!(shift.contacts.iter().all(|contact| on_call.contains(contact)));
        }
    }
}

#[test]
fn a_rotation_of_one_is_one_shift() {
    let alone = on_call::rotation("UTC", "2026-01-05T09:00", Every::Hours(1), &["natsu"]);
    let shifts = schedule(vec![alone]).shifts(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!(on_call::lines(&shifts), ["2026-01-05T09:00:00Z 2027-01-01T00:00:00Z natsu"]);
}
