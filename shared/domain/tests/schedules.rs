//! Schedules, case by case: layers, stand-ins, turns, months, versions, and what is refused.

mod on_call;

use jiff::civil::Weekday;
use jiff::{Span, Timestamp};
use on_call::*;
use reveille_domain::limits::{
    COVERAGE_WINDOWS_MAX, EVERY_HOURS_MAX, EVERY_MAX, HANDOFFS_PER_PERIOD_MAX, MEMBERS_PER_ROTATION_MAX,
    NOTICES_PER_SCHEDULE_MAX, OVERRIDES_PER_SCHEDULE_MAX, ROTATIONS_PER_SCHEDULE_MAX, SCHEDULE_VERSIONS_MAX,
    TEMPORARY_PER_SCHEDULE_MAX, TEMPORARY_SHIFTS_MAX,
};
use reveille_domain::{
    Change, ContactAlias, Coverage, CoverageError, CoverageWindow, Every, HandoffError, Layers, Notice, Override,
    OverrideError, Rotation, RotationError, RotationRules, Schedule, ScheduleError, ScheduleHistory, ScheduleRules,
    ScheduleVersion, Swap, TemporaryError, TemporarySchedule, TemporaryShift,
};

const MONDAY: &str = "2026-01-05T09:00:00";

/// The schedule of the design: New York, weekly, Monday nine o'clock.
fn weekly() -> Rotation {
    rotation("America/New_York", MONDAY, weeks(1), &["natsu", "zeref", "igneel"])
}

fn with_overrides(overrides: Vec<Override>) -> Schedule {
    Schedule::new(ScheduleRules { overrides, ..schedule_rules(vec![weekly()]) }).expect("a schedule")
}

fn change(remove: &str, add: &str) -> Override {
    let who = |alias: &str| ContactAlias::new(alias);
    let change = match (remove, add) {
        ("", add) => Change::Add(who(add)),
        (remove, "") => Change::Remove(who(remove)),
        (remove, add) => Change::Replace { remove: who(remove), add: who(add) },
    };
    Override { start: at("2026-01-06T00:00:00Z"), end: at("2026-01-07T00:00:00Z"), change }
}

#[test]
fn a_week_goes_from_monday_to_monday_by_the_clock_of_the_place() {
    let schedule = schedule(vec![weekly()]);
    let shifts = schedule.shifts(at("2026-01-01T00:00:00Z"), at("2026-01-27T00:00:00Z"));
    assert_eq!(
        lines(&shifts),
        [
            "2026-01-05T14:00:00Z 2026-01-12T14:00:00Z natsu",
            "2026-01-12T14:00:00Z 2026-01-19T14:00:00Z zeref",
            "2026-01-19T14:00:00Z 2026-01-26T14:00:00Z igneel",
            "2026-01-26T14:00:00Z 2026-01-27T00:00:00Z natsu",
        ]
    );
    assert!(schedule.on_call(at("2026-01-05T13:59:59.999Z")).is_empty());
    assert_eq!(names(&schedule.on_call(at("2026-07-06T13:00:00Z"))), ["igneel"]);
}

#[test]
fn a_stand_in_is_there_whenever_the_other_would_be() {
    let schedule = with_overrides(vec![change("natsu", "zeref")]);
    let shifts = schedule.shifts(at("2026-01-05T14:00:00Z"), at("2026-01-12T14:00:00Z"));
    assert_eq!(
        lines(&shifts),
        [
            "2026-01-05T14:00:00Z 2026-01-06T00:00:00Z natsu",
            "2026-01-06T00:00:00Z 2026-01-07T00:00:00Z zeref!",
            "2026-01-07T00:00:00Z 2026-01-12T14:00:00Z natsu",
        ]
    );
}

#[test]
fn overrides_add_remove_replace_and_follow_each_other() {
    // Whom each override removes and adds, and who is on call then.
    type Row = (&'static [(&'static str, &'static str)], &'static [&'static str]);
    let rows: [Row; 14] = [
        (&[], &["natsu"]),
        (&[("natsu", "bob")], &["bob"]),
        (&[("zeref", "bob")], &["natsu"]),
        (&[("natsu", "")], &[]),
        (&[("", "bob")], &["natsu", "bob"]),
        (&[("", "natsu")], &["natsu"]),
        // Whoever stands in can be stood in for, in whatever order it was written.
        (&[("natsu", "zeref"), ("zeref", "bob")], &["bob"]),
        (&[("zeref", "bob"), ("natsu", "zeref")], &["bob"]),
        (&[("natsu", "zeref"), ("zeref", "")], &[]),
        // A ring of three gives each one other's place.
        (&[("natsu", "zeref"), ("zeref", "igneel"), ("igneel", "natsu")], &["zeref"]),
        // Outside of the ring, one comes in at its edge.
        (&[("natsu", "zeref"), ("zeref", "igneel"), ("igneel", "zeref")], &["igneel"]),
        (&[("natsu", "bob"), ("natsu", "zeref")], &["bob", "zeref"]),
        (&[("", "bob"), ("bob", "")], &["natsu"]),
        (&[("", "bob"), ("bob", "manager")], &["natsu", "manager"]),
    ];
    for (changes, expected) in rows {
        let schedule = with_overrides(changes.iter().map(|(remove, add)| change(remove, add)).collect());
        assert_eq!(names(&schedule.on_call(at("2026-01-06T12:00:00Z"))), expected, "{changes:?}");
        assert_eq!(names(&schedule.on_call(at("2026-01-07T00:00:00Z"))), ["natsu"], "{changes:?}");
    }
}

#[test]
fn an_addition_is_a_shift_of_its_own() {
    let schedule = with_overrides(vec![change("", "bob")]);
    let shifts = schedule.shifts(at("2026-01-05T14:00:00Z"), at("2026-01-12T14:00:00Z"));
    assert_eq!(
        lines(&shifts),
        ["2026-01-05T14:00:00Z 2026-01-12T14:00:00Z natsu", "2026-01-06T00:00:00Z 2026-01-07T00:00:00Z bob!"]
    );
}

#[test]
fn a_swap_exchanges_both_ways_inside_its_span() {
    let swap = Swap {
        a: ContactAlias::new("natsu"),
        b: ContactAlias::new("zeref"),
        start: at("2026-01-05T14:00:00Z"),
        end: at("2026-01-19T14:00:00Z"),
    };
    let rules = ScheduleRules { swaps: vec![swap], ..schedule_rules(vec![weekly()]) };
    let schedule = Schedule::new(rules).expect("a schedule");
    assert_eq!(
        lines(&schedule.shifts(at("2026-01-05T14:00:00Z"), at("2026-02-02T14:00:00Z"))),
        [
            "2026-01-05T14:00:00Z 2026-01-12T14:00:00Z zeref!",
            "2026-01-12T14:00:00Z 2026-01-19T14:00:00Z natsu!",
            "2026-01-19T14:00:00Z 2026-01-26T14:00:00Z igneel",
            "2026-01-26T14:00:00Z 2026-02-02T14:00:00Z natsu",
        ]
    );
}

#[test]
fn a_temporary_schedule_is_all_that_counts_in_its_span() {
    let shift = |who: &str, start: &str, end: &str| TemporaryShift {
        contact: ContactAlias::new(who),
        start: at(start),
        end: at(end),
    };
    let temporary = TemporarySchedule {
        start: at("2026-01-06T06:00:00Z"),
        end: at("2026-01-06T18:00:00Z"),
        shifts: vec![
            shift("bob", "2026-01-06T06:00:00Z", "2026-01-06T12:00:00Z"),
            shift("manager", "2026-01-06T11:00:00Z", "2026-01-06T13:00:00Z"),
        ],
    };
    let overrides = vec![change("natsu", "zeref")];
    let rules = ScheduleRules { overrides, temporary: vec![temporary], ..schedule_rules(vec![weekly()]) };
    let schedule = Schedule::new(rules).expect("a schedule");
    assert_eq!(
        lines(&schedule.shifts(at("2026-01-06T00:00:00Z"), at("2026-01-07T00:00:00Z"))),
        [
            "2026-01-06T00:00:00Z 2026-01-06T06:00:00Z zeref!",
            "2026-01-06T06:00:00Z 2026-01-06T11:00:00Z bob!",
            "2026-01-06T11:00:00Z 2026-01-06T12:00:00Z bob+manager!",
            "2026-01-06T12:00:00Z 2026-01-06T13:00:00Z manager!",
            "2026-01-06T18:00:00Z 2026-01-07T00:00:00Z zeref!",
        ]
    );
    let all: Vec<&str> = schedule.contacts().into_iter().map(ContactAlias::as_str).collect();
    assert_eq!(all, ["bob", "igneel", "manager", "natsu", "zeref"]);
}

#[test]
fn the_upper_rotation_wins_or_both_count() {
    let office = covered(rules("UTC", "2026-01-01T00:00", days(1), &["office"]), &daily("09:00", "17:00"));
    let always = rotation("UTC", "2026-01-01T00:00", days(1), &["always"]);
    let rows = [
        (Layers::Upper, [&office, &always], "10:00", vec!["office"]),
        (Layers::Upper, [&office, &always], "18:00", vec!["always"]),
        (Layers::Upper, [&always, &office], "10:00", vec!["always"]),
        (Layers::Both, [&office, &always], "10:00", vec!["office", "always"]),
        (Layers::Both, [&office, &always], "18:00", vec!["always"]),
    ];
    for (layers, rotations, when, expected) in rows {
        let rules = ScheduleRules { layers, ..schedule_rules(rotations.map(Clone::clone).to_vec()) };
        let schedule = Schedule::new(rules).expect("a schedule");
        assert_eq!(names(&schedule.on_call(at(&format!("2026-01-05T{when}:00Z")))), expected);
    }
}

#[test]
fn a_rotation_that_has_nobody_left_does_not_hide_the_one_below() {
    let always = |who| rotation("UTC", "2026-01-01T00:00", days(1), &[who]);
    let rules = schedule_rules(vec![always("natsu"), always("bob")]);
    let schedule = Schedule::new(ScheduleRules { overrides: vec![change("natsu", "")], ..rules }).expect("a schedule");
    assert_eq!(
        lines(&schedule.shifts(at("2026-01-05T00:00:00Z"), at("2026-01-08T00:00:00Z"))),
        [
            "2026-01-05T00:00:00Z 2026-01-06T00:00:00Z natsu",
            "2026-01-06T00:00:00Z 2026-01-07T00:00:00Z bob",
            "2026-01-07T00:00:00Z 2026-01-08T00:00:00Z natsu",
        ]
    );
    assert_eq!(names(&schedule.on_call(at("2026-01-06T12:00:00Z"))), ["bob"]);
}

#[test]
fn several_on_call_at_once_are_the_next_so_many() {
    let rules = RotationRules { on_call: 2, ..rules("UTC", "2026-01-05T00:00", days(1), &["a", "b", "c"]) };
    let rotation = Rotation::new(rules).expect("a rotation");
    for (day, expected) in [("05", ["a", "b"]), ("06", ["c", "a"]), ("07", ["b", "c"]), ("08", ["a", "b"])] {
        assert_eq!(names(&rotation.on_call(at(&format!("2026-01-{day}T12:00:00Z")))), expected);
    }
}

#[test]
fn days_off_use_turns_only_if_they_are_told_to() {
    let weekdays: Vec<_> = daily("00:00", "24:00")[..5].to_vec();
    let with = |burn, count| RotationRules {
        coverage: Some(coverage(&weekdays)),
        days_off_burn_turns: burn,
        // A Saturday: the first shift that is worked is the first member's in any case.
        ..rules("UTC", "2026-01-03T00:00", days(count), &["a", "b", "c"])
    };
    let week = |rules| {
        let rotation = Rotation::new(rules).expect("a rotation");
        let day = |day: i64| at("2026-01-05T12:00:00Z") + Span::new().hours(24 * day);
        (0..8).map(|number| names(&rotation.on_call(day(number))).concat()).collect::<Vec<_>>()
    };
    assert_eq!(week(with(false, 1)), ["a", "b", "c", "a", "b", "", "", "c"]);
    assert_eq!(week(with(true, 1)), ["a", "b", "c", "a", "b", "", "", "b"]);
    // Two days each are two days of work each.
    assert_eq!(week(with(false, 2)), ["a", "a", "b", "b", "c", "", "", "c"]);
    assert_eq!(week(with(true, 2)), ["a", "a", "b", "b", "c", "", "", "a"]);
}

#[test]
fn every_hand_off_of_a_list_first_comes_at_or_after_the_start() {
    let twice = |start: &str, count| {
        let handoffs = vec![(Weekday::Monday, time("09:00")), (Weekday::Thursday, time("18:00"))];
        rotation("UTC", start, Every::Weeks { count, handoffs }, &["a", "b"])
    };
    let days = |rotation: &Rotation| -> Vec<String> {
        let from = rotation.start();
        let all = rotation.handoffs(from, from + Span::new().hours(24 * 30));
        all.iter().take(5).map(|at| at.to_string()[5..16].to_owned()).collect()
    };
    assert_eq!(
        days(&twice("2026-01-05T09:00", 1)),
        ["01-05T09:00", "01-08T18:00", "01-12T09:00", "01-15T18:00", "01-19T09:00"]
    );
    assert_eq!(
        days(&twice("2026-01-06T09:00", 2)),
        ["01-06T09:00", "01-08T18:00", "01-12T09:00", "01-22T18:00", "01-26T09:00"]
    );
    let months = Every::Months { count: 1, handoffs: vec![(31, time("12:00")), (15, time("12:00"))] };
    let days_of_months = rotation("UTC", "2026-01-20T12:00", months, &["a", "b"]);
    assert_eq!(
        days(&days_of_months)[..3],
        ["01-20T12:00".to_owned(), "01-31T12:00".to_owned(), "02-15T12:00".to_owned()]
    );
    // The 31st stands in for itself in February, before the time of the start.
    let early = Every::Months { count: 1, handoffs: vec![(31, time("08:00"))] };
    let february = rotation("UTC", "2026-02-28T09:00", early, &["a", "b"]);
    let from = february.start();
    assert_eq!(february.handoffs(from, at("2026-04-01T00:00:00Z")), [from, at("2026-03-31T08:00:00Z")]);
    assert_eq!(names(&february.on_call(at("2026-03-31T07:59:59Z"))), ["a"]);
    assert_eq!(names(&february.on_call(at("2026-03-31T08:00:00Z"))), ["b"]);
}

#[test]
fn an_edit_counts_from_when_it_is_applied() {
    let version = |members: &[&str]| schedule(vec![rotation("UTC", "2026-01-05T00:00", days(1), members)]);
    let mut history = ScheduleHistory::new(version(&["natsu", "zeref"]));
    history.put(version(&["bob"]), at("2026-01-07T12:00:00Z"));
    let asked = ["2025-06-01T00:00:00Z", "2026-01-06T12:00:00Z", "2026-01-07T11:59:59Z", "2026-01-07T12:00:00Z"];
    let found = asked.map(|asked| history.on_call(at(asked)).map(|on_call| names(&on_call).concat()));
    assert_eq!(found, ["", "zeref", "natsu", "bob"].map(|who| Some(who.to_owned())));
    assert_eq!(
        lines(&history.shifts(at("2026-01-06T00:00:00Z"), at("2026-01-09T00:00:00Z"))),
        [
            "2026-01-06T00:00:00Z 2026-01-07T00:00:00Z zeref",
            "2026-01-07T00:00:00Z 2026-01-07T12:00:00Z natsu",
            "2026-01-07T12:00:00Z 2026-01-09T00:00:00Z bob",
        ]
    );
    assert!(history.gaps(at("2026-01-06T00:00:00Z"), at("2026-01-09T00:00:00Z")).is_empty());
    let again = ScheduleHistory::from_versions(history.versions().to_vec());
    assert_eq!(again.as_ref(), Some(&history));
    assert_eq!(ScheduleHistory::from_versions(vec![]), None);
    let no_from = ScheduleVersion { from: None, schedule: version(&["bob"]) };
    assert_eq!(ScheduleHistory::from_versions(vec![no_from.clone(), no_from]), None);
}

#[test]
fn what_is_forgotten_is_not_made_up() {
    let version = |count| schedule(vec![rotation("UTC", "2026-01-05T00:00", days(count), &["natsu", "zeref"])]);
    let mut history = ScheduleHistory::new(version(1));
    let mut now = at("2026-02-01T00:00:00Z");
    for number in 0..SCHEDULE_VERSIONS_MAX {
        now += Span::new().hours(1);
        history.put(version(2 + number as u32 % 2), now);
    }
    assert_eq!(history.versions().len(), SCHEDULE_VERSIONS_MAX);
    assert_eq!(history.on_call(at("2026-01-20T00:00:00Z")), None);
    assert!(history.on_call(at("2026-02-01T01:00:00Z")).is_some());
    assert!(history.shifts(at("2026-01-20T00:00:00Z"), at("2026-01-21T00:00:00Z")).is_empty());
    while history.forget_oldest() {}
    assert_eq!(history.versions().len(), 1);
    assert_eq!(history.on_call(now).map(|on_call| on_call.len()), Some(1));
}

#[test]
fn the_contacts_of_a_shift_are_told_before_it_begins() {
    let schedule = with_overrides(vec![change("", "bob")]);
    let told = |now: &str, minutes: u32| -> Vec<String> {
        let all = schedule.begins_within(at(now), minutes);
        all.iter().map(|beginning| format!("{} {}", beginning.at, beginning.contact)).collect()
    };
    assert_eq!(told("2026-01-05T13:00:00Z", 60), ["2026-01-05T14:00:00Z natsu"]);
    assert_eq!(told("2026-01-05T12:59:59Z", 60), [""; 0]);
    assert_eq!(told("2026-01-05T14:00:00Z", 60), [""; 0]);
    assert_eq!(told("2026-01-05T23:30:00Z", 60), ["2026-01-06T00:00:00Z bob"]);
    // An end of an addition begins nobody's shift.
    assert_eq!(told("2026-01-06T23:30:00Z", 60), [""; 0]);
}

#[test]
fn years_away_the_clock_is_still_right() {
    let rotation = rotation("America/New_York", "1970-01-05T09:00", weeks(1), &["a", "b"]);
    let turn = rotation.turn(at("2190-07-05T12:59:59Z")).expect("a turn");
    assert_eq!((turn.start, turn.end), (at("2190-06-28T13:00:00Z"), at("2190-07-05T13:00:00Z")));
    let latest = rotation.turn(Timestamp::MAX - Span::new().hours(24 * 365)).expect("a turn");
    assert!(latest.start < latest.end);
}

#[test]
fn what_cannot_be_is_refused() {
    let with = |every: Every| Rotation::new(rules("UTC", MONDAY, every, &["a", "b"])).map(drop);
    let handoffs = |error| Err(RotationError::Handoffs(error));
    let nine = || time("09:00");
    let months = |handoffs: Vec<(u8, jiff::civil::Time)>| Every::Months { count: 1, handoffs };
    assert_eq!(with(days(0)), handoffs(HandoffError::Period));
    assert_eq!(with(weeks(EVERY_MAX + 1)), handoffs(HandoffError::Period));
    assert_eq!(with(Every::Hours(EVERY_HOURS_MAX + 1)), handoffs(HandoffError::Period));
    let many = (0..=HANDOFFS_PER_PERIOD_MAX).map(|hour| jiff::civil::Time::constant(hour as i8, 0, 0, 0)).collect();
    assert_eq!(with(Every::Days { count: 1, handoffs: many }), handoffs(HandoffError::TooMany));
    assert_eq!(with(Every::Days { count: 1, handoffs: vec![nine(), nine()] }), handoffs(HandoffError::Twice));
    assert_eq!(with(months(vec![(1, nine()), (1, nine())])), handoffs(HandoffError::Twice));
    assert_eq!(with(months(vec![(32, nine())])), handoffs(HandoffError::Day));
    assert_eq!(with(months(vec![(30, nine()), (31, nine())])), handoffs(HandoffError::Crossing));
    assert_eq!(with(months(vec![(28, time("08:00")), (31, nine())])), Ok(()));
    let odd = jiff::civil::Time::constant(9, 0, 0, 1);
    assert_eq!(with(Every::Days { count: 1, handoffs: vec![odd] }), handoffs(HandoffError::Subsecond));

    let many = |count: usize| vec![ContactAlias::new("a"); count];
    let members = |members| Rotation::new(RotationRules { members, ..rules("UTC", MONDAY, days(1), &[]) }).map(drop);
    assert_eq!(members(many(MEMBERS_PER_ROTATION_MAX + 1)), Err(RotationError::TooManyMembers));
    assert_eq!(members(many(MEMBERS_PER_ROTATION_MAX)), Ok(()));
    let on_call = |on_call| Rotation::new(RotationRules { on_call, ..rules("UTC", MONDAY, days(1), &["a"]) }).map(drop);
    assert_eq!([on_call(0), on_call(1), on_call(2)], [Err(RotationError::OnCall), Ok(()), Err(RotationError::OnCall)]);
    let year = Rotation::new(rules("UTC", "1969-12-31T09:00", days(1), &["a"])).map(drop);
    assert_eq!(year, Err(RotationError::Start));

    let window = CoverageWindow { day: Weekday::Monday, start: time("09:00"), end: time("17:00") };
    assert_eq!(Coverage::new(vec![]), Err(CoverageError::Empty));
    assert_eq!(Coverage::new(vec![window; COVERAGE_WINDOWS_MAX + 1]), Err(CoverageError::TooMany));
}

#[test]
fn what_a_schedule_cannot_hold_is_refused() {
    let refused = |rules: ScheduleRules| Schedule::new(rules).expect_err("refused");
    let one = || schedule_rules(vec![weekly()]);
    assert_eq!(refused(schedule_rules(vec![])), ScheduleError::NoRotations);
    let many = vec![weekly(); ROTATIONS_PER_SCHEDULE_MAX + 1];
    assert_eq!(refused(schedule_rules(many)), ScheduleError::TooManyRotations);
    let same = ScheduleRules { rotations: vec![weekly(), weekly()], ..one() };
    assert_eq!(refused(same), ScheduleError::SameName(weekly().rules().name.clone()));
    let notices = vec![Notice { before_minutes: 60 }; NOTICES_PER_SCHEDULE_MAX + 1];
    assert_eq!(refused(ScheduleRules { notices, ..one() }), ScheduleError::TooManyNotices);

    let overrides = |overrides: Vec<Override>| refused(ScheduleRules { overrides, ..one() });
    let backwards = Override { end: at("2026-01-06T00:00:00Z"), ..change("natsu", "bob") };
    let fraction = Override { end: at("2026-01-06T00:00:00.5Z"), ..change("natsu", "bob") };
    assert_eq!(overrides(vec![backwards]), ScheduleError::Override(OverrideError::Span));
    assert_eq!(overrides(vec![fraction]), ScheduleError::Override(OverrideError::Subsecond));
    assert_eq!(overrides(vec![change("bob", "bob")]), ScheduleError::Override(OverrideError::Themselves));
    let many = vec![change("natsu", "bob"); OVERRIDES_PER_SCHEDULE_MAX + 1];
    assert_eq!(overrides(many), ScheduleError::Override(OverrideError::TooMany));

    let span = |start: &str, end: &str, shifts| TemporarySchedule { start: at(start), end: at(end), shifts };
    let shift =
        |start: &str, end: &str| TemporaryShift { contact: ContactAlias::new("bob"), start: at(start), end: at(end) };
    let (first, second, third) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
    let temporary = |temporary| {
        let error = refused(ScheduleRules { temporary, ..one() });
        let ScheduleError::Temporary(error) = error else { panic!("{error}") };
        error
    };
    assert_eq!(temporary(vec![span(first, first, vec![])]), TemporaryError::Span(OverrideError::Span));
    assert_eq!(temporary(vec![span(second, third, vec![shift(first, third)])]), TemporaryError::Outside);
    assert_eq!(temporary(vec![span(second, third, vec![]), span(first, third, vec![])]), TemporaryError::Overlap);
    let many = vec![shift(first, second); TEMPORARY_SHIFTS_MAX + 1];
    assert_eq!(temporary(vec![span(first, third, many)]), TemporaryError::TooManyShifts);
    let many = vec![span(first, second, vec![]); TEMPORARY_PER_SCHEDULE_MAX + 1];
    assert_eq!(temporary(many), TemporaryError::TooMany);
    let limits = [ScheduleError::TooManyRotations.to_string(), OverrideError::TooMany.to_string()];
    assert!(limits.iter().all(|message| message.contains("_MAX")), "an error names its limit");
}
