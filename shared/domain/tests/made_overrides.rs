//! Overrides that operators make at run time: what counts from when, what stays of the past, what is refused.

mod on_call;

use jiff::{SignedDuration, Timestamp};
use on_call::*;
use proptest::prelude::*;
use reveille_domain::limits::{MADE_OVERRIDE_DAYS_MAX, MADE_OVERRIDES_MAX};
use reveille_domain::{
    Change, ContactAlias, Made, MakeError, OverrideError, OverrideId, ScheduleHistory, WantedOverride, Withdrawn,
};

/// Natsu from Monday the 5th at nine in New York, Zeref the week after.
fn weekly() -> ScheduleHistory {
    let rotation = rotation("America/New_York", "2026-01-05T09:00:00", weeks(1), &["natsu", "zeref"]);
    ScheduleHistory::new(schedule(vec![rotation]))
}

fn who(alias: &str) -> ContactAlias {
    ContactAlias::new(alias)
}

fn instead(remove: &str, add: &str) -> Change {
    Change::Replace { remove: who(remove), add: who(add) }
}

fn wanted(id: &str, start: &str, end: &str, changes: Vec<Change>) -> WantedOverride {
    WantedOverride { id: OverrideId::new(id), start: at(start), end: at(end), changes, reason: " a fever\n".to_owned() }
}

fn on_call(history: &ScheduleHistory, instant: &str) -> String {
    history.on_call(at(instant)).map_or("forgotten".to_owned(), |contacts| names(&contacts).join(" "))
}

#[test]
fn an_override_counts_from_when_it_was_made_and_the_past_stays() {
    let mut history = weekly();
    let now = at("2026-01-06T12:00:00.25Z");
    let made = history
        .make_override(wanted("a", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z", vec![instead("natsu", "bob")]), now);
    let Ok(Made::Now(made)) = made else { panic!("{made:?}") };
    assert_eq!((made.start, made.reason.as_str()), (at("2026-01-06T12:00:01Z"), "a fever"));
    let rows = [
        ("2026-01-06T06:00:00Z", "natsu"),
        ("2026-01-06T12:00:00Z", "natsu"),
        ("2026-01-06T12:00:01Z", "bob"),
        ("2026-01-06T23:59:59Z", "bob"),
        ("2026-01-07T00:00:00Z", "natsu"),
    ];
    for (instant, expected) in rows {
        assert_eq!(on_call(&history, instant), expected, "{instant}");
    }
    let shifts = history.shifts(at("2026-01-06T00:00:00Z"), at("2026-01-08T00:00:00Z"));
    assert_eq!(shifts.iter().map(|shift| shift.overridden).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(history.next_handoff(at("2026-01-06T00:00:00Z")), Some(at("2026-01-06T12:00:01Z")));
}

#[test]
fn applying_another_configuration_keeps_it_and_the_same_again_makes_no_second_one() {
    let mut history = weekly();
    let ask = || wanted("a", "2026-01-08T00:00:00Z", "2026-01-09T00:00:00Z", vec![instead("natsu", "bob")]);
    let now = at("2026-01-06T12:00:00Z");
    assert!(matches!(history.make_override(ask(), now), Ok(Made::Now(_))));
    let again = history.make_override(WantedOverride { id: OverrideId::new("b"), ..ask() }, at("2026-01-06T13:00:00Z"));
    assert!(matches!(&again, Ok(Made::Before(made)) if made.id.as_str() == "a"), "{again:?}");
    assert_eq!(history.versions().len(), 1, "an override is no version");

    let before = history.current().clone();
    history.put(before, at("2026-01-07T00:00:00Z"));
    assert_eq!(history.versions().len(), 1, "the same configuration applied again is no change");
    let other = rotation("America/New_York", "2026-01-05T09:00:00", weeks(1), &["natsu", "igneel", "zeref"]);
    history.put(schedule(vec![other]), at("2026-01-07T00:00:00Z"));
    assert_eq!((history.versions().len(), history.made().len()), (2, 1));
    assert_eq!(on_call(&history, "2026-01-08T12:00:00Z"), "bob");
    assert!(
        history.current().rules().overrides.is_empty(),
        "it is no part of the rules, so that no export writes it down"
    );
}

#[test]
fn what_is_taken_back_is_gone_before_it_begins_and_ends_after_that() {
    let make = || {
        let mut history = weekly();
        let ask = wanted("a", "2026-01-07T00:00:00Z", "2026-01-09T00:00:00Z", vec![instead("natsu", "bob")]);
        assert!(matches!(history.make_override(ask, at("2026-01-06T00:00:00Z")), Ok(Made::Now(_))));
        history
    };
    let id = OverrideId::new("a");

    let mut history = make();
    assert!(matches!(history.withdraw_override(&id, at("2026-01-06T12:00:00Z")), Some(Withdrawn::Gone(_))));
    assert_eq!((on_call(&history, "2026-01-08T00:00:00Z").as_str(), history.made().len()), ("natsu", 0));

    let mut history = make();
    let ended = history.withdraw_override(&id, at("2026-01-08T00:00:00.5Z"));
    assert!(matches!(&ended, Some(Withdrawn::Ended(made)) if made.end == at("2026-01-08T00:00:01Z")), "{ended:?}");
    let asked = ["2026-01-07T12:00:00Z", "2026-01-08T00:00:00Z", "2026-01-08T00:00:01Z"];
    assert_eq!(asked.map(|instant| on_call(&history, instant)), ["bob", "bob", "natsu"]);
    let again = history.withdraw_override(&id, at("2026-01-10T00:00:00Z"));
    assert!(matches!(again, Some(Withdrawn::OverAlready(_))), "{again:?}");
    assert_eq!(history.withdraw_override(&OverrideId::new("b"), at("2026-01-10T00:00:00Z")), None);
}

#[test]
fn a_swap_exchanges_and_an_addition_comes_beside() {
    let mut history = weekly();
    let now = at("2026-01-01T00:00:00Z");
    let swap = vec![instead("natsu", "zeref"), instead("zeref", "natsu")];
    history.make_override(wanted("a", "2026-01-05T00:00:00Z", "2026-01-20T00:00:00Z", swap), now).expect("it can be");
    let also = vec![Change::Add(who("bob"))];
    history.make_override(wanted("b", "2026-01-13T00:00:00Z", "2026-01-14T00:00:00Z", also), now).expect("it can be");
    let asked = ["2026-01-06T00:00:00Z", "2026-01-13T12:00:00Z", "2026-01-21T00:00:00Z"];
    assert_eq!(asked.map(|instant| on_call(&history, instant)), ["zeref", "natsu bob", "natsu"]);
    assert_eq!(history.made()[0].contacts(), [&who("natsu"), &who("zeref")]);
}

#[test]
fn what_cannot_be_is_refused() {
    let now = at("2026-01-06T12:00:00Z");
    let bob = || vec![instead("natsu", "bob")];
    let themselves = vec![instead("bob", "bob")];
    let rows = [
        (wanted("a", "2026-01-01T00:00:00Z", "2026-01-06T12:00:00Z", bob()), MakeError::Past),
        (wanted("a", "2026-01-08T00:00:00Z", "2026-01-07T00:00:00Z", bob()), MakeError::Override(OverrideError::Span)),
        (
            wanted("a", "2026-01-08T00:00:00.5Z", "2026-01-09T00:00:00Z", bob()),
            MakeError::Override(OverrideError::Subsecond),
        ),
        (
            wanted("a", "2026-01-08T00:00:00Z", "2026-01-09T00:00:00Z", themselves),
            MakeError::Override(OverrideError::Themselves),
        ),
        (wanted("a", "2026-01-08T00:00:00Z", "2027-02-09T00:00:00Z", bob()), MakeError::TooLong),
    ];
    for (asked, expected) in rows {
        let mut history = weekly();
        assert_eq!(history.make_override(asked.clone(), now), Err(expected), "{asked:?}");
        assert_eq!(history, weekly(), "nothing has changed");
    }
    assert!(MakeError::TooLong.to_string().contains(&MADE_OVERRIDE_DAYS_MAX.to_string()));
}

#[test]
fn the_oldest_make_room_with_the_past_that_they_were_part_of() {
    let mut history = weekly();
    let hour =
        |number: usize| at("2026-01-06T00:00:00Z") + SignedDuration::from_hours(i64::try_from(number).expect("few"));
    let ask = |number: usize| WantedOverride {
        id: OverrideId::new(format!("{number}")),
        start: hour(number),
        end: hour(number + 1),
        changes: vec![instead("natsu", "bob")],
        reason: String::new(),
    };
    let now = hour(0);
    for number in 0..MADE_OVERRIDES_MAX {
        history.make_override(ask(number), now).expect("there is room");
    }
    assert_eq!(history.make_override(ask(MADE_OVERRIDES_MAX), now), Err(MakeError::TooMany), "none of them is over");
    let later = hour(2) + SignedDuration::from_mins(30);
    history.make_override(ask(MADE_OVERRIDES_MAX), later).expect("the first is over");
    assert_eq!(history.made().len(), MADE_OVERRIDES_MAX);
    assert_eq!(history.known_since(), Some(hour(1)), "until then nothing answers: half a truth would be none");
    assert_eq!(on_call(&history, "2026-01-06T00:30:00Z"), "forgotten");
    assert_eq!(on_call(&history, "2026-01-06T01:30:00Z"), "bob");
}

proptest! {
    /// Whatever is made and taken back, whoever was on call stays so.
    #[test]
    fn no_change_reaches_the_past(
        deeds in prop::collection::vec((0..40_i64, 0..40_i64, 1..30_i64, prop::bool::ANY, 0..3_usize), 1..20),
    ) {
        let hour = |hours: i64| at("2026-01-06T00:00:00Z") + SignedDuration::from_mins(30 * hours);
        let mut history = weekly();
        let mut now_h = 0;
        for (place, (wait, ahead, length, withdraw, whom)) in deeds.into_iter().enumerate() {
            now_h += wait;
            let now = hour(now_h);
            let before = history.clone();
            if withdraw && !history.made().is_empty() {
                let id = history.made()[whom % history.made().len()].id.clone();
                history.withdraw_override(&id, now);
            } else {
                let start = hour(now_h + ahead - 10);
                let change = [instead("natsu", "bob"), Change::Add(who("igneel")), Change::Remove(who("zeref"))][whom].clone();
                let (end, id) = (hour(now_h + ahead - 10 + length), OverrideId::new(format!("{place}")));
                let ask = WantedOverride { id, start, end, changes: vec![change], reason: String::new() };
                prop_assert!(matches!(history.make_override(ask, now), Ok(_) | Err(MakeError::Past)));
            }
            let past = |history: &ScheduleHistory| history.shifts(Timestamp::UNIX_EPOCH, now);
            prop_assert_eq!(past(&history), past(&before));
        }
    }
}
