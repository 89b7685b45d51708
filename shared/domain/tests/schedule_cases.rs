//! Cases from the test suites of other systems, as a table: every one is run, or listed with what we decide instead.

mod on_call;

use std::collections::BTreeMap;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use on_call::*;
use reveille_domain::{
    Change, ContactAlias, Every, Layers, Override, Rotation, RotationError, RotationRules, Schedule, ScheduleRules,
    Swap, TemporarySchedule, TemporaryShift,
};
use serde_json::Value;

const CASES: &str = include_str!("on_call/cases.json");

const BEFORE_START: &str = "before its start a rotation has nobody; other systems go on backwards";
const NO_OFF_TIME: &str = "a shift lasts until the next hand-off: a rotation that pauses between its shifts is one with coverage by weekday, \
     and has no off weeks, days or months";
const EDITOR: &str = "an operation of an editor: here the file is edited, and the result is what counts";

/// Cases that are decided otherwise, or say something that our language does not.
const OTHERWISE: &[(&str, &str)] = &[
    ("ga-bounds-cycle-back", BEFORE_START),
    ("ga-bounds-future-start-2018-12-04", BEFORE_START),
    ("ga-bounds-future-start-2018-12-09", BEFORE_START),
    ("ga-shifts-history", "shifts are clipped to the window on both sides, as our contract of `shifts` says"),
    ("ga-temp-trim-end", EDITOR),
    ("ga-temp-trim-start", EDITOR),
    ("ga-temp-delete-middle", EDITOR),
    ("ga-next-oncall-notice", "a notice is so many minutes before a shift begins, not at a time of day"),
    ("gr-byday-17", NO_OFF_TIME),
    ("gr-rolling-daily-interval2", NO_OFF_TIME),
    ("gr-rolling-weekly-interval2-latestart", NO_OFF_TIME),
    ("gr-rolling-monthly-interval2", NO_OFF_TIME),
    ("gr-rolling-monthly-latestart-until", NO_OFF_TIME),
    (
        "gr-rolling-hourly-interval2-latestart",
        "the first effective shift is the first member's; Grafana lets shifts before it use turns",
    ),
    (
        "gr-rolling-weekly-weekend-by-day",
        "the first effective shift is the first member's; Grafana lets shifts before it use turns",
    ),
    ("ou-empty-roster", "a rotation without members is refused when it is configured"),
];

/// Cases that are run with a part left out or put in other words, and which.
const ADJUSTED: &[(&str, &str)] = &[
    ("ga-shifts-rotation-weekly6", "the stored state is the start; the recorded history is left out"),
    ("ga-rotation-user-late-current-start", "the stored state is the start"),
    (
        "ga-shifts-day-night-chicago",
        "the stored state is the start; the night's hours, given in another zone than its rotation, are put in the \
         rotation's; the shift in progress is clipped to the window",
    ),
    ("ou-coverage-office-hours", "the gap at the end, which the source leaves out, is a gap"),
];

#[test]
fn every_case_is_run_or_listed() {
    let cases: Vec<Value> = serde_json::from_str(CASES).expect("the cases");
    assert_eq!(cases.len(), 111);
    let mut run = 0;
    for (id, _) in OTHERWISE.iter().chain(ADJUSTED) {
        assert!(cases.iter().any(|case| text(&case["id"]) == *id), "there is no case {id}");
    }
    for case in &cases {
        if OTHERWISE.iter().any(|(id, _)| *id == text(&case["id"])) {
            continue;
        }
        run += 1;
        match text(&case["kind"]) {
            "handoffs" => handoffs(case),
            "shift_bounds" => shift_bounds(case),
            "wall_clock" => wall_clock(case),
            "weekly_rule" => weekly_rule(case),
            "segments" => segments(case),
            "oncall" => who_is_on_call(case),
            "override_map" => override_map(case),
            "byday_calendar" => byday_calendar(case),
            "final_schedule" => final_schedule(case),
            "coverage_gaps" => coverage_gaps(case),
            "generated_shifts" => generated_shifts(case),
            "weekly_window" | "window_occurrences" => windows(case),
            "month_end" => month_end(case),
            "property" => windowed_equals_full(case),
            kind => panic!("{}: a kind of case that nobody runs: {kind}", case["id"]),
        }
    }
    assert_eq!(run + OTHERWISE.len(), cases.len());
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn instant(value: &Value) -> Timestamp {
    at(text(value))
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(Span::new().seconds(seconds)).expect("in range")
}

fn hours(at: Timestamp, hours: i64) -> Timestamp {
    later(at, hours * 3_600)
}

/// `type` and `shift_length`, with hand-offs at the clock time of another hand-off where the case has one.
fn every(rotation: &Value, zone: &str) -> Every {
    let count = u32::try_from(rotation["shift_length"].as_u64().expect("a length")).expect("small");
    let first = rotation["first_handoff"].as_str().map(|first| {
        let zone = TimeZone::get(zone).expect("a zone");
        zone.to_datetime(at(first))
    });
    match text(&rotation["type"]) {
        "hourly" => Every::Hours(count),
        "daily" => Every::Days { count, handoffs: first.iter().map(|first| first.time()).collect() },
        "weekly" => {
            Every::Weeks { count, handoffs: first.iter().map(|first| (first.weekday(), first.time())).collect() }
        }
        "monthly" => months(count),
        kind => panic!("{kind}"),
    }
}

fn rotation_of(case: &Value) -> Rotation {
    let rotation = &case["rotation"];
    let members = match texts(&rotation["users"]) {
        users if users.is_empty() => vec!["A", "B", "C"],
        users => users,
    };
    let zone = text(&rotation["tz"]);
    on_call::rotation(zone, text(&rotation["start_local"]), every(rotation, zone), &members)
}

fn handoffs(case: &Value) {
    let id = &case["id"];
    let rotation = rotation_of(case);
    let expect = &case["expect"];
    let all: Vec<Timestamp> = list(&expect["handoffs_utc"]).iter().map(instant).collect();
    assert_eq!(all, list(&expect["handoffs"]).iter().map(instant).collect::<Vec<_>>(), "{id}");
    // What a case has before the start it has because its source goes on backwards: see BEFORE_START.
    let expected: Vec<Timestamp> = all.iter().copied().filter(|at| *at >= rotation.start()).collect();
    let (first, last) = (all[0], all[all.len() - 1]);
    assert_eq!(rotation.handoffs(first, later(last, 1)), expected, "{id}");
    for (pair, length) in all.windows(2).zip(list(&expect["lengths_s"])) {
        assert_eq!(pair[0].duration_until(pair[1]).as_secs(), length.as_i64().expect("seconds"), "{id}");
    }
    if let Some(number) = expect["first_index"].as_u64() {
        assert_eq!(rotation.turn(first).expect("a turn").number, number, "{id}");
    }
    for pair in expected.windows(2) {
        let turn = rotation.turn(pair[0]).expect("a turn");
        assert_eq!((turn.start, turn.end), (pair[0], pair[1]), "{id}");
    }
    for row in list(&expect["derived_on_call"]) {
        let asked = instant(&row["at"]);
        let on_call = rotation.on_call(asked);
        if asked < rotation.start() {
            assert!(on_call.is_empty(), "{id}: before the start");
        } else {
            assert_eq!(names(&on_call), [text(&row["on_call"])], "{id} at {asked}");
        }
    }
}

fn shift_bounds(case: &Value) {
    let expect = &case["expect"];
    let turn = rotation_of(case).turn(instant(&case["query"])).expect("a turn");
    assert_eq!(turn.start, instant(&expect["shift_start"]), "{}", case["id"]);
    assert_eq!(turn.end, instant(&expect["shift_end"]), "{}", case["id"]);
    assert_eq!(Some(turn.number), expect["shift_index"].as_u64(), "{}", case["id"]);
    let length = turn.start.duration_until(turn.end).as_secs();
    assert_eq!(Some(length), expect["length_seconds"].as_i64(), "{}", case["id"]);
}

/// The first occurrence is where a rotation starts, the last is where its hours end.
fn wall_clock(case: &Value) {
    let (zone, date, clock) = (text(&case["tz"]), text(&case["date"]), text(&case["clock"]));
    let start = rotation(zone, &format!("{date}T{clock}"), days(1), &["A"]);
    assert_eq!(start.start(), instant(&case["expect"]["first"]), "{}", case["id"]);
    let worked = covered(rules(zone, &format!("{date}T00:00"), days(1), &["A"]), &daily("00:00", clock));
    let shifts = schedule(vec![worked.clone()]).shifts(worked.start(), hours(worked.start(), 12));
    assert_eq!(shifts[0].end, instant(&case["expect"]["last"]), "{}", case["id"]);
}

/// A schedule of one contact with hours on some days.
fn worked_by(who: &str, zone: &str, windows: &[(Weekday, &str, &str)]) -> Rotation {
    covered(rules(zone, "2000-01-01T00:00", days(1), &[who]), windows)
}

fn rule_windows(rule: &Value) -> Vec<(Weekday, &str, &str)> {
    texts(&rule["days"]).into_iter().map(|name| (day(name), text(&rule["start"]), text(&rule["end"]))).collect()
}

fn weekly_rule(case: &Value) {
    let id = &case["id"];
    let rule = &case["rule"];
    let schedule = schedule(vec![worked_by("A", text(&rule["tz"]), &rule_windows(rule))]);
    for row in list(&case["expect"]["active"]) {
        let active = !schedule.on_call(instant(&row["at"])).is_empty();
        assert_eq!(Some(active), row["active"].as_bool(), "{id} {row}");
    }
    let current_or_next = |at: Timestamp| {
        let shifts = schedule.shifts(hours(at, -24 * 8), hours(at, 24 * 8));
        shifts.into_iter().find(|shift| shift.end > at).expect("a shift")
    };
    for row in list(&case["expect"]["current_or_next_start"]) {
        assert_eq!(current_or_next(instant(&row["at"])).start, instant(&row["start"]), "{id} {row}");
    }
    for row in list(&case["expect"]["current_or_next_end"]) {
        assert_eq!(current_or_next(instant(&row["at"])).end, instant(&row["end"]), "{id} {row}");
    }
}

/// The shifts of each contact, whatever made them, joined where they touch.
fn by_contact(schedule: &Schedule, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp, String)> {
    let mut joined: BTreeMap<String, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    for shift in schedule.shifts(from, to) {
        for contact in &shift.contacts {
            let spans = joined.entry(contact.to_string()).or_default();
            match spans.last_mut() {
                Some(last) if last.1 >= shift.start => last.1 = last.1.max(shift.end),
                Some(_) | None => spans.push((shift.start, shift.end)),
            }
        }
    }
    let mut all: Vec<_> = joined
        .into_iter()
        .flat_map(|(who, spans)| spans.into_iter().map(move |(start, end)| (start, end, who.clone())))
        .collect();
    all.sort();
    all
}

fn expected_segments(case: &Value) -> Vec<(Timestamp, Timestamp, String)> {
    let segment = |row: &Value| (instant(&row["start"]), instant(&row["end"]), text(&row["user"]).to_owned());
    let mut all: Vec<_> = list(&case["expect"]["segments"]).iter().map(segment).collect();
    all.sort();
    all
}

fn window(case: &Value) -> (Timestamp, Timestamp) {
    let window = list(&case["window"]);
    (instant(&window[0]), instant(&window[1]))
}

fn weekly6() -> RotationRules {
    let users: Vec<String> = (0..24).map(|number| format!("U{number:02}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    // Three turns of six weeks after 2018-04-21, where the source has stored that it is the turn of the first.
    rules("UTC", "2018-08-25T14:08:09", weeks(6), &users)
}

fn segments(case: &Value) {
    let id = text(&case["id"]);
    let (from, to) = window(case);
    let given = &case["schedule"];
    let mut expected = expected_segments(case);
    let rotations = match id {
        "ga-shifts-rotation-weekly6" => {
            expected.remove(0);
            let windows = rule_windows(&given["rules"][0]);
            vec![covered(weekly6(), &windows)]
        }
        "ga-shifts-day-night-chicago" => {
            expected[0].0 = from;
            let day = rules("America/Chicago", "2018-09-10T08:00", days(1), &["Donna", "Aru", "Craig"]);
            let night = rules("UTC", "2018-09-12T13:00", days(1), &["Caza", "Cook"]);
            vec![covered(day, &daily("08:00", "20:00")), covered(night, &daily("01:00", "13:00"))]
        }
        _ => {
            let rule = &given["rules"][0];
            vec![worked_by(text(&rule["target"]), text(&given["tz"]), &rule_windows(rule))]
        }
    };
    let temporary = list(&given["temporary"]).iter().map(temporary).collect();
    let overrides = list(&given["overrides"]).iter().map(|row| override_of(row, from, to)).collect();
    let rules = ScheduleRules { temporary, overrides, ..schedule_rules(rotations) };
    assert_eq!(by_contact(&Schedule::new(rules).expect("a schedule"), from, to), expected, "{id}");
}

fn temporary(row: &Value) -> TemporarySchedule {
    let shift = |row: &Value| TemporaryShift {
        contact: ContactAlias::new(text(&row["user"])),
        start: instant(&row["start"]),
        end: instant(&row["end"]),
    };
    TemporarySchedule {
        start: instant(&row["start"]),
        end: instant(&row["end"]),
        shifts: list(&row["shifts"]).iter().map(shift).collect(),
    }
}

fn override_of(row: &Value, from: Timestamp, to: Timestamp) -> Override {
    let who = |key: &str| row[key].as_str().map(ContactAlias::new);
    let change = match (who("remove"), who("add")) {
        (Some(remove), Some(add)) => Change::Replace { remove, add },
        (Some(remove), None) => Change::Remove(remove),
        (None, Some(add)) => Change::Add(add),
        (None, None) => panic!("{row}"),
    };
    let instant = |key: &str, or: Timestamp| row[key].as_str().map_or(or, at);
    Override { start: instant("start", from), end: instant("end", to), change }
}

/// `FR 22:00` to `MO 06:00`, a day at a time.
fn days_between<'t>(start: &'t str, end: &'t str) -> Vec<(Weekday, &'t str, &'t str)> {
    let (first, last) = (day(start), day(end));
    let (start, end) = (&start[3..], &end[3..]);
    let mut windows = Vec::new();
    let mut today = first;
    while today != last {
        windows.push((today, if today == first { start } else { "00:00" }, "24:00"));
        today = today.next();
    }
    if windows.is_empty() || end != "00:00" {
        windows.push((last, if first == last { start } else { "00:00" }, end));
    }
    windows
}

fn windows_of(schedule: &Value) -> Vec<(Weekday, &str, &str)> {
    if let [start, end] = texts(&schedule["daily_window"]).as_slice() {
        return daily(start, end);
    }
    if let Some(window) = schedule.get("weekly_window") {
        return days_between(text(&window["start"]), text(&window["end"]));
    }
    texts(&schedule["weekly_windows"])
        .into_iter()
        .map(|window| {
            let (start, end) = window[3..].split_once('-').expect("a window");
            (day(window), start, end)
        })
        .collect()
}

fn who_is_on_call(case: &Value) {
    let id = text(&case["id"]);
    let given = &case["schedule"];
    let rotation = match (id, given.get("shift")) {
        ("ga-rotation-user-late-current-start", _) => Rotation::new(weekly6()).expect("a rotation"),
        ("gr-rolling-daily-mwf", _) => {
            let windows = ["MO", "WE", "FR"].map(|name| (day(name), "00:00", "03:00"));
            covered(rules("UTC", "2024-01-08T00:00", days(1), &["u1", "u2"]), &windows)
        }
        (_, Some(shift)) => panic!("{id}: {shift}"),
        (_, None) => {
            let (zone, rotation) = (text(&given["tz"]), &given["rotation"]);
            let start = match rotation["start_local"].as_str() {
                Some(start) => start.to_owned(),
                None => TimeZone::get(zone).expect("a zone").to_datetime(instant(&rotation["layer_start"])).to_string(),
            };
            let rules = rules(zone, &start, every(rotation, zone), &texts(&rotation["users"]));
            match windows_of(given) {
                windows if windows.is_empty() => Rotation::new(rules).expect("a rotation"),
                windows => covered(rules, &windows),
            }
        }
    };
    let schedule = schedule(vec![rotation]);
    for row in list(&case["expect"]["on_call"]) {
        let on_call = schedule.on_call(instant(&row["at"]));
        assert_eq!(names(&on_call), texts(&row["users"]), "{id} {row}");
    }
}

fn override_map(case: &Value) {
    let (from, to) = window(case);
    let always = |who: &&str| rotation("UTC", "1999-01-01T00:00", days(1), &[who]);
    let rotations = texts(&case["on_call_before"]).iter().map(always).collect();
    let overrides = list(&case["overrides"]).iter().map(|row| override_of(row, from, to)).collect();
    let rules = ScheduleRules { layers: Layers::Both, overrides, ..schedule_rules(rotations) };
    let schedule = Schedule::new(rules).expect("a schedule");
    let sorted = |at: Timestamp| {
        let mut on_call = schedule.on_call(at);
        on_call.sort();
        on_call
    };
    assert_eq!(names(&sorted(from)), texts(&case["expect"]["during"]));
    assert_eq!(names(&sorted(later(to, -1))), texts(&case["expect"]["during"]));
    assert_eq!(names(&sorted(later(from, -1))), texts(&case["expect"]["outside"]));
    assert_eq!(names(&sorted(to)), texts(&case["expect"]["outside"]));
}

fn byday_calendar(case: &Value) {
    let id = &case["id"];
    let given = &case["rotation"];
    let count = u32::try_from(given["interval"].as_u64().expect("an interval")).expect("small");
    let midnight = time("00:00");
    // Weeks and months turn where the calendar does.
    let every = match text(&given["freq"]) {
        "daily" => days(count),
        "weekly" => Every::Weeks { count, handoffs: vec![(Weekday::Monday, midnight)] },
        "monthly" => Every::Months { count, handoffs: vec![(1, midnight)] },
        freq => panic!("{freq}"),
    };
    let members = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    let members = &members[..list(&given["groups"]).len()];
    let start: jiff::civil::Date = text(&given["start_date"]).parse().expect("a date");
    let rules = rules("UTC", &start.to_string(), every, members);
    let rotation = match texts(&given["by_day"]) {
        all if all.is_empty() => Rotation::new(rules).expect("a rotation"),
        some => covered(rules, &some.iter().map(|name| (day(name), "00:00", "24:00")).collect::<Vec<_>>()),
    };
    let expected = case["expect"]["on_call_by_date"].as_object().expect("dates");
    for shown in 0..given["days_shown"].as_i64().expect("days") {
        let date = start.checked_add(Span::new().days(shown)).expect("in range");
        let noon = at(&format!("{date}T12:00:00Z"));
        let on_call = rotation.on_call(noon);
        let expected: Vec<&str> = expected.get(&date.to_string()).map(text).into_iter().collect();
        assert_eq!(names(&on_call), expected, "{id} {date}");
    }
}

/// Shifts that repeat daily, or stand once.
fn repeated(shift: &Value) -> Rotation {
    let (start, end) = (text(&shift["start"]), text(&shift["end"]));
    worked_by(text(&shift["user"]), "UTC", &daily(&start[11..16], &end[11..16]))
}

fn final_schedule(case: &Value) {
    let (from, to) = window(case);
    let given = &case["schedule"];
    let shifts = list(&given["shifts"]);
    // An override layer of Grafana replaces whoever is on call; here it says whom.
    let replace = |row: &Value| Override {
        start: instant(&row["start"]),
        end: instant(&row["end"]),
        change: Change::Replace {
            remove: ContactAlias::new(text(&shifts[0]["user"])),
            add: ContactAlias::new(text(&row["user"])),
        },
    };
    let swap = |row: &Value| Swap {
        a: ContactAlias::new(text(&row["beneficiary"])),
        b: ContactAlias::new(text(&row["benefactor"])),
        start: instant(&row["start"]),
        end: instant(&row["end"]),
    };
    let rules = ScheduleRules {
        overrides: list(&given["overrides"]).iter().map(replace).collect(),
        swaps: list(&given["swaps"]).iter().map(swap).collect(),
        ..schedule_rules(shifts.iter().map(repeated).collect())
    };
    let schedule = Schedule::new(rules).expect("a schedule");
    assert_eq!(by_contact(&schedule, from, to), expected_segments(case), "{}", case["id"]);
}

fn coverage_gaps(case: &Value) {
    let id = text(&case["id"]);
    let (from, to) = window(case);
    let given = &case["schedule"];
    let layer = |layer: &Value| {
        let hours = texts(&layer["daily_window"]);
        worked_by(text(&layer["user"]), text(&layer["tz"]), &daily(hours[0], hours[1]))
    };
    let rules = match id {
        "ou-coverage-tolerance" => {
            let shifts = list(&given["shifts"]);
            let span = serde_json::json!({"start": case["window"][0], "end": case["window"][1], "shifts": shifts});
            let nobody = worked_by("nobody", "UTC", &[(Weekday::Monday, "00:00", "00:01")]);
            ScheduleRules { temporary: vec![temporary(&span)], ..schedule_rules(vec![nobody]) }
        }
        "ou-coverage-office-hours" => {
            let start = text(&given["rotation"]["start_local"]);
            schedule_rules(vec![covered(rules("UTC", start, days(1), &["dayshift"]), &windows_of(given))])
        }
        _ if given.get("layers").is_some() => {
            let rotations = list(&given["layers"]).iter().map(layer).collect();
            ScheduleRules { layers: Layers::Both, ..schedule_rules(rotations) }
        }
        _ => schedule_rules(list(&given["shifts"]).iter().map(repeated).collect()),
    };
    let schedule = Schedule::new(rules).expect("a schedule");
    let span = |pair: &Value| (instant(&pair[0]), instant(&pair[1]));
    let mut expected: Vec<_> = list(&case["expect"]["gaps"]).iter().map(span).collect();
    if id == "ou-coverage-office-hours" {
        expected.push((at("2026-01-16T17:00:00Z"), to));
        assert_eq!(schedule.shifts(from, to).len(), 10);
    }
    assert_eq!(schedule.gaps(from, to), expected, "{id}");
    let mut overlaps = Vec::new();
    let shifts = schedule.shifts(from, to);
    for (place, shift) in shifts.iter().enumerate() {
        for other in &shifts[place + 1..] {
            let (start, end) = (shift.start.max(other.start), shift.end.min(other.end));
            if start < end {
                overlaps.push((start, end));
                assert_eq!(schedule.on_call(start).len(), 2, "{id}");
            }
        }
    }
    assert_eq!(overlaps, list(&case["expect"]["overlaps"]).iter().map(span).collect::<Vec<_>>(), "{id}");
}

fn generated_shifts(case: &Value) {
    let id = text(&case["id"]);
    let expected: Vec<(Timestamp, Timestamp)> = list(&case["expect"]["shifts"])
        .iter()
        .map(|shift| (instant(&shift["start"]), instant(&shift["end"])))
        .collect();
    let zone = text(&case["rotation"]["tz"]);
    let rotation = match id {
        "li-14x12-central" => covered(rules(zone, "2016-09-07T12:00", days(14), &["A", "B"]), &daily("12:00", "24:00")),
        _ => rotation_of(case),
    };
    let (from, to) = (expected[0].0, expected[expected.len() - 1].1);
    let shifts = schedule(vec![rotation]).shifts(from, to);
    let found: Vec<_> = shifts.iter().map(|shift| (shift.start, shift.end)).collect();
    assert_eq!(found, expected, "{id}");
}

fn windows(case: &Value) {
    let id = text(&case["id"]);
    let window = &case["window"];
    let (windows, expected, range) = match texts(&window["daily"]).as_slice() {
        [start, end] => {
            let segments = list(&case["expect"]["segments"]);
            (daily(start, end), segments, (instant(&case["range"][0]), instant(&case["range"][1])))
        }
        _ => {
            let occurrence = std::slice::from_ref(&case["expect"]["occurrence"]);
            let (start, end) = (instant(&occurrence[0][0]), instant(&occurrence[0][1]));
            let length = start.duration_until(end).as_secs();
            assert_eq!(Some(length), case["expect"]["length_seconds"].as_i64());
            let windows = days_between(text(&window["start"]), text(&window["end"]));
            (windows, occurrence, (hours(start, -24), hours(end, 24)))
        }
    };
    let schedule = schedule(vec![worked_by("A", text(&window["tz"]), &windows)]);
    let found: Vec<_> = schedule.shifts(range.0, range.1).iter().map(|shift| (shift.start, shift.end)).collect();
    let expected: Vec<_> = expected.iter().map(|pair| (instant(&pair[0]), instant(&pair[1]))).collect();
    assert_eq!(found, expected, "{id}");
}

fn month_end(case: &Value) {
    let rotation = rotation_of(case);
    assert_eq!(text(&case["recommended"]), "anchored_clamp");
    let expected: Vec<Timestamp> =
        texts(&case["expect"]["anchored_clamp"]).iter().map(|date| at(&format!("{date}T00:00:00Z"))).collect();
    let last = later(expected[expected.len() - 1], 1);
    assert_eq!(rotation.handoffs(later(rotation.start(), 1), last), expected);
}

/// The matrix of the case: contiguous, in order, fair, and the same from wherever one begins to look.
fn windowed_equals_full(case: &Value) {
    let matrix = &case["matrix"];
    let all = ["A", "B", "C", "D", "E"];
    for zone in texts(&matrix["tz"]) {
        for interval in texts(&matrix["interval"]) {
            for count in list(&matrix["count"]).iter().filter_map(Value::as_u64) {
                for users in list(&matrix["users"]).iter().filter_map(Value::as_u64) {
                    let count = u32::try_from(count).expect("small");
                    let every = match interval {
                        "hourly" => Every::Hours(count),
                        "daily" => days(count),
                        "weekly" => weeks(count),
                        "monthly" => months(count),
                        "yearly" => months(12 * count),
                        _ => panic!("{interval}"),
                    };
                    let members = &all[..usize::try_from(users).expect("small")];
                    cycles(&rotation(zone, "2026-02-25T09:30", every, members), members);
                }
            }
        }
    }
}

fn cycles(rotation: &Rotation, members: &[&str]) {
    let mut next = rotation.start();
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..40 {
        let turn = rotation.turn(next).expect("a turn");
        assert_eq!(turn.start, next, "contiguous");
        // An hour that the clock leaves out has a shift without length, and its member is passed over.
        let who = members[usize::try_from(turn.number).expect("small") % members.len()];
        assert_eq!(names(&turn.members), [who], "in order");
        assert!(turn.number == number || members.len() == 1 || turn.number == number + 1);
        *count.entry(who.to_owned()).or_default() += 1;
        assert_eq!(names(&rotation.on_call(later(turn.end, -1))), [who]);
        next = turn.end;
    }
    let (most, least) = (count.values().max().expect("one"), count.values().min().expect("one"));
    assert!(most - least <= 2, "fair");
    let schedule = schedule(vec![rotation.clone()]);
    let full = schedule.shifts(rotation.start(), next);
    for step in 1..20 {
        let from = later(rotation.start(), rotation.start().duration_until(next).as_secs() * step / 20);
        let opened = schedule.shifts(from, next);
        let expected = full.iter().filter(|shift| shift.end > from).cloned().map(|mut shift| {
            shift.start = shift.start.max(from);
            shift
        });
        assert_eq!(opened, expected.collect::<Vec<_>>());
        assert_eq!(schedule.on_call(from), opened[0].contacts);
    }
    assert!(schedule.shifts(next, rotation.start()).is_empty(), "an end before the start");
}

#[test]
fn what_is_decided_otherwise_is_decided_so() {
    // BEFORE_START
    let tens = rotation("UTC", "2020-06-01T03:00", Every::Hours(10), &["A", "B", "C"]);
    assert_eq!(tens.turn(at("2020-05-30T21:00:00Z")), None);
    let daily_turns = rotation("UTC", "2018-12-10T00:00", days(1), &["A"]);
    assert_eq!(daily_turns.turn(at("2018-12-04T23:59:59Z")), None);
    assert_eq!(daily_turns.turn(at("2018-12-09T23:59:59Z")), None);

    // ga-shifts-history
    let schedule_of = |rotation| schedule(vec![rotation]);
    let clipped = schedule_of(worked_by("foobar", "UTC", &daily("08:00", "10:00")));
    assert_eq!(
        lines(&clipped.shifts(at("2018-01-01T08:00:00Z"), at("2018-01-01T09:00:00Z"))),
        ["2018-01-01T08:00:00Z 2018-01-01T09:00:00Z foobar"]
    );

    // gr-rolling-hourly-interval2-latestart: u1 has the first shift, not the first that Grafana counts.
    let odd: Vec<String> = (0..12).map(|hour| format!("{:02}:00", 2 * hour + 1)).collect();
    let ends: Vec<String> = odd.iter().map(|start| start.replace(":00", ":10")).collect();
    let windows: Vec<_> = odd.iter().zip(&ends).flat_map(|(start, end)| daily(start.as_str(), end.as_str())).collect();
    let hourly = covered(rules("UTC", "2024-01-08T10:00", Every::Hours(2), &["u1", "u2"]), &windows);
    for (when, who) in [("09:05", vec![]), ("11:05", vec!["u1"]), ("12:05", vec![]), ("13:05", vec!["u2"])] {
        assert_eq!(names(&hourly.on_call(at(&format!("2024-01-08T{when}:00Z")))), who, "{when}");
    }

    // gr-rolling-weekly-weekend-by-day: the same, on weekends.
    let weekend = [(Weekday::Saturday, "00:00", "00:30"), (Weekday::Sunday, "00:00", "00:30")];
    let weekly = covered(rules("UTC", "2024-01-08T00:00", weeks(1), &["u1", "u2", "u3"]), &weekend);
    for (date, who) in [("06", vec![]), ("13", vec!["u1"]), ("20", vec!["u2"]), ("21", vec!["u2"]), ("28", vec!["u3"])]
    {
        assert_eq!(names(&weekly.on_call(at(&format!("2024-01-{date}T00:05:00Z")))), who, "{date}");
    }

    // NO_OFF_TIME: a period of two weeks is worked in both.
    let weekend = [(Weekday::Saturday, "00:00", "24:00"), (Weekday::Sunday, "00:00", "24:00")];
    let monday = Every::Weeks { count: 2, handoffs: vec![(Weekday::Monday, time("00:00"))] };
    let fortnight = covered(rules("UTC", "2024-07-29T00:00", monday, &["A", "B"]), &weekend);
    for (date, who) in [("08-03", "A"), ("08-10", "A"), ("08-17", "B"), ("08-24", "B")] {
        assert_eq!(names(&fortnight.on_call(at(&format!("2024-{date}T12:00:00Z")))), [who], "{date}");
    }

    // ou-empty-roster
    assert_eq!(Rotation::new(rules("UTC", "2026-01-01T00:00", days(1), &[])), Err(RotationError::NoMembers));
}

#[test]
fn the_next_hand_off_is_when_others_are_on_call() {
    // ou-weekly-monfri-saturday-next, ou-2day-office-evening-next
    let weekdays = days_between("MO 00:00", "SA 00:00");
    let weekly = schedule(vec![covered(rules("UTC", "2025-01-06T00:00", weeks(1), &["A", "B"]), &weekdays)]);
    let next = weekly.next_handoff(at("2025-01-11T12:00:00Z")).expect("a hand-off");
    assert_eq!((next, names(&weekly.on_call(next))), (at("2025-01-13T00:00:00Z"), vec!["B"]));

    let rules = rules("UTC", "2025-01-06T00:00", days(2), &["A", "B"]);
    let evenings = schedule(vec![covered(rules, &daily("09:00", "17:00"))]);
    for (asked, expected, who) in
        [("07T20:00", "08T09:00", vec!["B"]), ("06T20:00", "07T09:00", vec!["A"]), ("06T12:00", "06T17:00", vec![])]
    {
        let next = evenings.next_handoff(at(&format!("2025-01-{asked}:00Z"))).expect("a hand-off");
        assert_eq!((next, names(&evenings.on_call(next))), (at(&format!("2025-01-{expected}:00Z")), who));
    }
    let alone = schedule(vec![rotation("UTC", "2025-01-06T00:00", days(1), &["A"])]);
    assert_eq!(alone.next_handoff(at("2025-01-07T00:00:00Z")), None);
    assert_eq!(alone.next_handoff(at("2024-01-07T00:00:00Z")), Some(at("2025-01-06T00:00:00Z")));
    let long = schedule(vec![rotation("UTC", "2025-01-31T00:00", months(100), &["A", "B"])]);
    assert_eq!(long.next_handoff(at("2025-01-31T00:00:00Z")), Some(at("2033-05-31T00:00:00Z")));
}

#[test]
fn the_hour_that_autumn_adds_to_a_shift_belongs_to_that_shift() {
    // `recurring-ical-events` ends such a week an hour early, and its last hour has nobody.
    let zone = "America/New_York";
    let weekly = schedule(vec![rotation(zone, "2026-10-05T09:00", weeks(1), &["A", "B"])]);
    let start: DateTime = "2026-10-26T09:00".parse().expect("a time");
    let start = TimeZone::get(zone).expect("a zone").to_timestamp(start).expect("an instant");
    let shifts = weekly.shifts(start, hours(start, 169));
    assert_eq!(lines(&shifts), ["2026-10-26T13:00:00Z 2026-11-02T14:00:00Z B"]);
    assert_eq!(names(&weekly.on_call(at("2026-11-02T13:30:00Z"))), ["B"]);
    assert_eq!(names(&weekly.on_call(at("2026-11-02T14:00:00Z"))), ["A"]);
}
