//! How long who is on call takes to answer, beside an independent implementation of the same question.
//!
//! The other one is the `rrule` crate on `chrono-tz`: recurrence rules of RFC 5545, which share neither code nor time zone
//! tables with ours. Before anything is timed both answer the same questions, and have to agree on every one.
//!
//! ```sh
//! cargo bench -p reveille-domain --bench schedules     # without `-p`, the mutants of the tests are built in
//! ```
//!
//! It ends with 1 if a median is over the target that docs/PERFORMANCE.md names.

use std::cell::Cell;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use divan::Bencher;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use reveille_domain::{
    Change, ContactAlias, Coverage, CoverageWindow, Every, Layers, Override, Rotation, RotationName, RotationRules,
    Schedule, ScheduleAlias, ScheduleRules,
};
use rrule::{RRuleSet, Tz};

const MEMBERS: [&str; 3] = ["natsu", "zeref", "igneel"];
/// Ten years from the start: ours has to find the shift without walking there.
const TENTH_YEAR: (&str, &str) = ("2036-01-01T00:00:00Z", "2037-01-01T00:00:00Z");
const OVERRIDE: (&str, &str) = ("2036-05-31T18:00:00Z", "2036-09-02T06:00:00Z");
const QUESTIONS: usize = 512;

/// Who is on call at an instant.
const ON_CALL_WITHIN: Duration = Duration::from_micros(1);
/// A year of shifts of a weekly rotation.
const YEAR_WITHIN: Duration = Duration::from_micros(30);
/// So many times for a median.
const TIMES: usize = 101;

fn main() -> ExitCode {
    agree();
    divan::main();
    if targets_are_held() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Both targets, each with what there is.
fn targets_are_held() -> bool {
    let (covered, weekly, questions, (from, to)) = (schedule(true), schedule(false), questions(), year());
    let next = Cell::new(0);
    // One question is shorter than what it takes to look at the clock.
    let on_call = median(QUESTIONS, || drop(black_box(covered.on_call(each_time(&questions, &next)))));
    let shifts = median(1, || drop(black_box(weekly.shifts(black_box(from), black_box(to)))));
    let held = |what: &str, took: Duration, target: Duration| {
        println!("{what}: median of {TIMES}: {took:?}; target: {target:?}");
        took <= target
    };
    let holds = [
        held("who is on call, ten years on", on_call, ON_CALL_WITHIN),
        held("a year of weekly shifts", shifts, YEAR_WITHIN),
    ];
    holds.iter().all(|holds| *holds)
}

/// How long it takes once, the median of many times in which it is done so often.
fn median(often: usize, doing: impl Fn()) -> Duration {
    let once = |_| {
        let began = Instant::now();
        (0..often).for_each(|_| doing());
        began.elapsed() / u32::try_from(often).expect("it is not done so often")
    };
    let mut times: Vec<Duration> = (0..TIMES).map(once).collect();
    times.sort_unstable();
    times[TIMES / 2]
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Weekly in New York; with hours of work on weekdays, a night on Saturday, and an override of months.
fn schedule(covered: bool) -> Schedule {
    let window = |day: Weekday| CoverageWindow {
        day,
        start: "09:00".parse().expect("a time"),
        end: "17:00".parse().expect("a time"),
    };
    let weekdays = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let mut windows: Vec<CoverageWindow> = weekdays.into_iter().map(window).collect();
    windows.push(CoverageWindow {
        day: Weekday::Saturday,
        start: "22:00".parse().expect("a time"),
        end: "06:00".parse().expect("a time"),
    });
    let rotation = Rotation::new(RotationRules {
        name: RotationName::new("weekly"),
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        start: "2026-01-05T09:00:00".parse().expect("a time"),
        every: Every::Weeks { count: 1, handoffs: vec![] },
        members: MEMBERS.map(ContactAlias::new).to_vec(),
        on_call: 1,
        coverage: covered.then(|| Coverage::new(windows).expect("a coverage")),
        days_off_burn_turns: false,
    });
    let replace = Override {
        start: at(OVERRIDE.0),
        end: at(OVERRIDE.1),
        change: Change::Replace { remove: ContactAlias::new("zeref"), add: ContactAlias::new("bob") },
    };
    Schedule::new(ScheduleRules {
        alias: ScheduleAlias::new("primary"),
        layers: Layers::Upper,
        rotations: vec![rotation.expect("a rotation")],
        overrides: if covered { vec![replace] } else { vec![] },
        swaps: vec![],
        temporary: vec![],
        notices: vec![],
    })
    .expect("a schedule")
}

/// The same schedule as recurrence rules: hand-offs, and starts of hours of work with their hours.
struct Recurrence {
    handoffs: RRuleSet,
    work: Vec<(RRuleSet, i64)>,
}

impl Recurrence {
    fn new() -> Self {
        let set = |text: &str| text.parse::<RRuleSet>().expect("a rule");
        let zone = "DTSTART;TZID=America/New_York";
        Self {
            handoffs: set(&format!("{zone}:20260105T090000\nRRULE:FREQ=WEEKLY")),
            work: vec![
                (set(&format!("{zone}:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")), 8),
                (set(&format!("{zone}:20260110T220000\nRRULE:FREQ=WEEKLY")), 8),
            ],
        }
    }

    fn on_call(&self, asked: Timestamp) -> Option<&'static str> {
        let asked = chrono_instant(asked);
        let begun = |rules: &RRuleSet| rules.into_iter().take_while(|start| *start <= asked);
        let working = self.work.iter().any(|(starts, hours)| {
            let wall = |instant: chrono::DateTime<Tz>| instant.naive_local();
            begun(starts).last().is_some_and(|start| wall(asked) < wall(start) + chrono::TimeDelta::hours(*hours))
        });
        if !working {
            return None;
        }
        let who = MEMBERS[(begun(&self.handoffs).count() - 1) % MEMBERS.len()];
        let (start, end) = (chrono_instant(at(OVERRIDE.0)), chrono_instant(at(OVERRIDE.1)));
        Some(if who == "zeref" && start <= asked && asked < end { "bob" } else { who })
    }

    fn year_of_shifts(&self, from: Timestamp, to: Timestamp) -> Vec<(i64, &'static str)> {
        let (from, to) = (chrono_instant(from), chrono_instant(to));
        let all = self.handoffs.into_iter().enumerate().take_while(|(_, start)| *start < to);
        let inside = all.filter(|(_, start)| *start >= from);
        inside.map(|(number, start)| (start.timestamp(), MEMBERS[number % MEMBERS.len()])).collect()
    }
}

fn chrono_instant(at: Timestamp) -> chrono::DateTime<Tz> {
    let utc = chrono::DateTime::from_timestamp(at.as_second(), 0).expect("an instant");
    utc.with_timezone(&Tz::America__New_York)
}

/// Random instants of the tenth year: the same ones in every run, and none that was asked shortly before.
fn questions() -> Vec<Timestamp> {
    let (from, to) = (at(TENTH_YEAR.0), at(TENTH_YEAR.1));
    let length = from.duration_until(to).as_secs() as u64;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        from + Span::new().seconds((state % length) as i64)
    };
    (0..QUESTIONS).map(|_| next()).collect()
}

fn agree() {
    let (schedule, recurrence) = (schedule(true), Recurrence::new());
    let mut answers = 0;
    for question in questions() {
        let ours = schedule.on_call(question);
        let ours = ours.first().map(ContactAlias::as_str);
        assert_eq!(ours, recurrence.on_call(question), "at {question}");
        answers += usize::from(ours.is_some());
    }
    let (from, to) = year();
    let shifts = self::schedule(false).shifts(from, to);
    let ours: Vec<(i64, &str)> =
        shifts.iter().map(|shift| (shift.start.as_second(), shift.contacts[0].as_str())).collect();
    assert_eq!(ours, recurrence.year_of_shifts(from, to));
    println!(
        "both agree on {QUESTIONS} instants, {answers} of them with somebody on call, and on {} shifts",
        ours.len()
    );
}

/// A year of weeks, from hand-off to hand-off.
fn year() -> (Timestamp, Timestamp) {
    (at("2026-01-05T14:00:00Z"), at("2027-01-04T14:00:00Z"))
}

/// A new instant for each call, so that nothing can be remembered.
fn each_time(questions: &[Timestamp], next: &Cell<usize>) -> Timestamp {
    let place = next.get();
    next.set((place + 1) % questions.len());
    black_box(questions[place])
}

#[divan::bench]
fn on_call_ten_years_on(bencher: Bencher<'_, '_>) {
    let (schedule, questions, next) = (schedule(true), questions(), Cell::new(0));
    bencher.bench_local(|| schedule.on_call(each_time(&questions, &next)));
}

#[divan::bench(sample_count = 20)]
fn on_call_ten_years_on_by_rrule(bencher: Bencher<'_, '_>) {
    let (recurrence, questions, next) = (Recurrence::new(), questions(), Cell::new(0));
    bencher.bench_local(|| recurrence.on_call(each_time(&questions, &next)));
}

#[divan::bench]
fn a_year_of_weekly_shifts(bencher: Bencher<'_, '_>) {
    let (schedule, (from, to)) = (schedule(false), year());
    bencher.bench_local(|| schedule.shifts(black_box(from), black_box(to)));
}

#[divan::bench(sample_count = 20)]
fn a_year_of_weekly_shifts_by_rrule(bencher: Bencher<'_, '_>) {
    let (recurrence, (from, to)) = (Recurrence::new(), year());
    bencher.bench_local(|| recurrence.year_of_shifts(black_box(from), black_box(to)));
}

#[divan::bench]
fn a_schedule_is_prepared(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| schedule(black_box(true)));
}
