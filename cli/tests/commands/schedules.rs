//! Schedules from the file to the answer: what is read, which mistakes are found, what the commands print, what is kept.

use std::path::PathBuf;
use std::process::Output;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use proptest::prelude::*;
use reveille_cli::apply::apply;
use reveille_cli::configuration::{Configuration, parse};
use reveille_cli::local_world::{LocalWorld, Options};
use reveille_domain::{Change, ContactAlias, Every, Layers, Notice, ScheduleAlias, ScheduleHistory};
use reveille_engine::key;
use reveille_engine::port::{Condition, Table, Write};
use reveille_engine::record::{ScheduleRecord, from_item};
use reveille_local::LocalClock;
use reveille_local::automation::Account;
use reveille_tests::logs::Ears;
use serde_json::{Value, json};

use crate::command::command;
use crate::mistake::Mistake;
use crate::replaced::replaced;

const VALID: &str = r#"reveille: 1
defaults: { response_plan: all }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+1 555 0100", verified: true } } }
  zeref: { name: "Zeref, the Black", channels: { sms: { type: sms, address: "+1 555 0101", verified: true } } }
  bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0102", verified: true } } }
schedules:
  primary:
    layers: upper
    rotations:
      - name: weekly
        time_zone: America/New_York
        start: 2026-01-05T09:00:00
        every: { weeks: 1 }
        handoffs: [ { day: MON, at: "09:00" } ]
        members: [natsu, zeref]
        on_call: 1
        coverage: { MON: ["09:00-17:00", "20:00-24:00"], SAT: ["22:00-06:00"] }
        days_off_burn_turns: false
    overrides:
      - { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }
    swaps:
      - { a: natsu, b: bob, start: 2026-06-01T00:00:00+02:00, end: 2026-06-08T00:00:00+02:00 }
    temporary:
      - { start: 2026-12-31T12:00:00Z, end: 2027-01-01T12:00:00Z, shifts: [ { contact: bob, start: 2026-12-31T13:00:00Z, end: 2027-01-01T11:00:00Z } ] }
    notices: [ { before_minutes: 60 } ]
  months:
    layers: both
    rotations: [ { name: first, time_zone: UTC, start: 2026-01-31T00:00:00, every: { months: 1 }, members: [bob, zeref] } ]
escalation_plans:
  plan: { stages: [ { minutes: 5, targets: [natsu] } ] }
response_plans:
  all: { stages: [ { engage: [natsu] } ] }
"#;

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is there")
}

fn configuration(text: &str) -> Configuration {
    parse(text, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn what_is_read_is_what_is_written() {
    let configuration = configuration(VALID);
    let schedule = configuration.schedule("primary").expect("it is there");
    let rules = schedule.rules();
    let rotation = schedule.rotations()[0].rules();
    let nine = Time::constant(9, 0, 0, 0);
    assert_eq!((rules.layers, rules.notices.as_slice()), (Layers::Upper, &[Notice { before_minutes: 60 }][..]));
    assert_eq!(rotation.name.as_str(), "weekly");
    assert_eq!(rotation.time_zone.iana_name(), Some("America/New_York"));
    assert_eq!(rotation.every, Every::Weeks { count: 1, handoffs: vec![(Weekday::Monday, nine)] });
    assert_eq!(rotation.coverage.as_ref().expect("it is there").windows().len(), 3);
    let replace = Change::Replace { remove: ContactAlias::new("natsu"), add: ContactAlias::new("zeref") };
    assert_eq!(rules.overrides[0].change, replace);
    assert_eq!(rules.swaps[0].start, at("2026-05-31T22:00:00Z"));
    assert_eq!(rules.temporary[0].shifts[0].contact.as_str(), "bob");
    let months = configuration.schedule("months").expect("it is there");
    assert_eq!(months.layers(), Layers::Both);
    assert_eq!(months.rotations()[0].rules().every, Every::Months { count: 1, handoffs: vec![] });
    let night = schedule.on_call(at("2026-01-11T10:59:00Z"));
    assert_eq!(night, [ContactAlias::new("natsu")]);
}

/// What is said about schedules that cannot be.
const MISTAKES: &[Mistake] = &[
    Mistake("layers: upper", "layers: «uper", "`layers` cannot be `uper`", "did you mean `upper`?"),
    Mistake("layers: upper", "«layer: upper", "unknown key `layer`", "did you mean `layers`?"),
    Mistake("  primary:", "  «Primary:", "cannot be the alias of a schedule", "`primary`"),
    Mistake("  primary:", "  «natsu:", "is the alias of a contact already", "natsu-schedule"),
    Mistake("  primary:", "  «plan:", "is the alias of an escalation plan already", "plan-schedule"),
    Mistake("rotations: [ {", "rotations: «[] #", "has no rotations", "at least one"),
    Mistake("name: weekly", "name: «\"Weekly shift\"", "cannot be the alias of a rotation", "weekly-shift"),
    Mistake("America/New_York", "«America/NewYork", "no time zone `America/NewYork`", "America/New_York"),
    Mistake("America/New_York", "«New_York", "no time zone", "America/New_York"),
    Mistake("America/New_York", "«PST", "no time zone `PST`", ""),
    Mistake("America/New_York", "«\"+02:00\"", "no time zone", "IANA"),
    Mistake("2026-01-05T09:00:00", "«2026-01-05T09:00:00Z", "has no offset of its own", "2026-01-05T09:00:00"),
    Mistake("2026-01-05T09:00:00", "«2026-01-05T09:00:00-05:00", "has no offset of its own", ""),
    Mistake("2026-01-05T09:00:00", "«2026-01-05", "no time of day: it is `2026-01-05`", ""),
    Mistake("2026-01-05T09:00:00", "«2026-02-30T09:00:00", "no date and time", ""),
    Mistake("2026-01-05T09:00:00", "«2026-01-05T09:00:00.5", "fraction", "whole seconds"),
    Mistake("2026-01-05T09:00:00", "«1905-01-05T09:00:00", "1970 to 2200", "a year"),
    Mistake("every: { weeks: 1 }", "every: «{ }", "does not say how long", "{ weeks: 1 }"),
    Mistake("every: { weeks: 1 }", "every: «{ weeks: 1, days: 1 }", "takes one of its keys", ""),
    Mistake("every: { weeks: 1 }", "every: { «week: 1 }", "unknown key `week`", "did you mean `weeks`?"),
    Mistake("every: { weeks: 1 }", "every: { weeks: «0 }", "cannot be 0", "from 1 to 100"),
    Mistake("every: { weeks: 1 }", "every: { weeks: «101 }", "cannot be 101", "from 1 to 100"),
    Mistake(
        "handoffs: [ { day: MON, at: \"09:00\" } ]",
        "handoffs: [ { day: «MONDAY, at: \"09:00\" } ]",
        "`day` cannot be",
        "",
    ),
    Mistake(
        "handoffs: [ { day: MON, at: \"09:00\" } ]",
        "handoffs: [ { day: MON, at: «\"9:00\" } ]",
        "no time of day",
        "\"09:00\"",
    ),
    Mistake(
        "handoffs: [ { day: MON, at: \"09:00\" } ]",
        "handoffs: [ { day: MON, at: «\"24:00\" } ]",
        "no time of day",
        "\"00:00\"",
    ),
    Mistake(
        "handoffs: [ { day: MON, at: \"09:00\" } ]",
        "handoffs: [ { day: MON, at: \"09:00\" }, «{ day: MON, at: \"09:00\" } ]",
        "stands twice",
        "another time",
    ),
    Mistake(
        "handoffs: [ { day: MON, at: \"09:00\" } ]",
        "handoffs: [ «{ at: \"09:00\" } ]",
        "has no `day`",
        "day: MON",
    ),
    Mistake("members: [natsu, zeref]", "members: [natsu, «zerf]", "no contact `zerf`", "did you mean `zeref`?"),
    Mistake("members: [natsu, zeref]", "members: [natsu, «months]", "no contact `months`", "is a schedule"),
    Mistake("members: [natsu, zeref]", "members: «[]", "never have anybody on call", "members: [natsu, zeref]"),
    Mistake("on_call: 1", "on_call: «3", "has 2 members, so 3 cannot be on call at once", "from 1 to 2"),
    Mistake(
        "members: [natsu, zeref]",
        "members: [natsu, «plan]",
        "no contact `plan`",
        "`plan` is an escalation plan: name a contact here",
    ),
    Mistake(
        "remove: natsu, add: zeref",
        "remove: natsu, add: «primary",
        "no contact",
        "`primary` is a schedule: name a contact here",
    ),
    Mistake(
        "a: natsu, b: bob",
        "a: natsu, b: «plan",
        "no contact `plan`",
        "is an escalation plan: name a contact here",
    ),
    Mistake(
        "{ contact: bob, start",
        "{ contact: «months, start",
        "no contact `months`",
        "is a schedule: name a contact here",
    ),
    Mistake("targets: [natsu]", "targets: [«primary]", "no contact `primary`", "write `{ schedule: primary }`"),
    Mistake(
        "targets: [natsu]",
        "targets: [{ plan: «primary }]",
        "no escalation plan",
        "write `{ schedule: primary }` in the place",
    ),
    Mistake(
        "engage: [natsu]",
        "engage: [{ schedule: «plan }]",
        "no schedule",
        "write `{ escalation_plan: plan }` in the place of the whole item",
    ),
    Mistake("on_call: 1", "on_call: «0", "cannot be 0", "from 1 to 100"),
    Mistake(
        "\"09:00-17:00\"",
        "«\"09:00-09:00\"",
        "ends when it starts",
        "\"09:00-24:00\" and on the next day \"00:00-09:00\"",
    ),
    Mistake("\"09:00-17:00\"", "«\"24:00-17:00\"", "no window of a day", "next day"),
    Mistake("\"09:00-17:00\"", "«\"09:00-25:00\"", "no window of a day", "22:00-06:00"),
    Mistake("\"09:00-17:00\"", "«\"09:00\"", "no window of a day", "09:00-17:00"),
    Mistake("\"20:00-24:00\"", "«\"16:00-24:00\"", "overlap", "join them"),
    Mistake("MON: [", "«MONDAY: [", "unknown key `MONDAY`", ""),
    Mistake("{ MON: [\"09:00-17:00\", \"20:00-24:00\"], SAT: [\"22:00-06:00\"] }", "«{ MON: [] }", "without hours", ""),
    Mistake("start: 2026-12-24T00:00:00Z", "start: «2026-12-24T00:00:00", "does not say in which time zone", "Z"),
    Mistake("start: 2026-12-24T00:00:00Z", "start: «christmas", "that is no instant", "RFC 3339"),
    Mistake("end: 2026-12-27T00:00:00Z", "end: «2026-12-23T00:00:00Z", "`end` is before `start`", "after 2026-12-24"),
    Mistake("end: 2026-12-27T00:00:00Z", "end: «2026-12-24T00:00:00Z", "same as `start`", "after"),
    Mistake(
        "- { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }",
        "- «{ start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z }",
        "changes nothing",
        "`add`",
    ),
    Mistake(
        "- { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }",
        "- «{ start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: natsu }",
        "stand in for themselves",
        "two contacts",
    ),
    Mistake("remove: natsu, add", "remove: «nobody, add", "no contact `nobody`", ""),
    Mistake("{ a: natsu, b: bob, start", "«{ a: bob, b: bob, start", "swap with themselves", "two contacts"),
    Mistake("{ a: natsu, b: bob, start", "«{ a: natsu, start", "has no `b`", "a: natsu, b: zeref"),
    Mistake(
        "{ contact: bob, start: 2026-12-31T13:00:00Z",
        "«{ contact: bob, start: 2026-12-31T11:00:00Z",
        "not wholly inside",
        "widen",
    ),
    Mistake(
        "    notices:",
        "      - «{ start: 2027-01-01T00:00:00Z, end: 2027-01-02T00:00:00Z, shifts: [] }\n    notices:",
        "two temporary schedules overlap",
        "into one",
    ),
    Mistake("{ before_minutes: 60 }", "{ before_minutes: «0 }", "cannot be 0", "from 1 to 10080"),
    Mistake("{ before_minutes: 60 }", "{ before_minutes: 60 }, «{ before_minutes: 60 }", "two notices", "remove one"),
    Mistake(
        "every: { months: 1 }",
        "every: { hours: 12 }, handoffs: «[ { at: \"09:00\" } ]",
        "every so many hours",
        "leave `handoffs` out",
    ),
    Mistake(
        "every: { months: 1 }",
        "every: { days: 1 }, handoffs: [ { day: «MON, at: \"09:00\" } ]",
        "has no `day`",
        "`weeks`",
    ),
    Mistake(
        "every: { months: 1 }",
        "every: { months: 1 }, handoffs: [ { day: «32, at: \"09:00\" } ]",
        "cannot be 32",
        "from 1 to 31",
    ),
    Mistake(
        "every: { months: 1 }",
        "every: { months: 1 }, handoffs: «[ { day: 30, at: \"09:00\" }, { day: 31, at: \"09:00\" } ]",
        "same day of a short month",
        "after the 27th",
    ),
    Mistake(
        "members: [bob, zeref] } ]",
        "members: [bob, zeref] }, { name: «first, time_zone: UTC, start: 2026-01-31T00:00:00, every: { days: 1 }, members: [bob] } ]",
        "two rotations `first`",
        "rename",
    ),
];

#[test]
fn every_mistake_is_found_where_it_stands() {
    MISTAKES.iter().for_each(|mistake| mistake.check(VALID));
}

#[test]
fn what_is_too_much_names_its_limit() {
    let many = |item: &str, count: usize| vec![item; count].join(", ");
    let rotation = "{ name: r, time_zone: UTC, start: 2026-01-31T00:00:00, every: { months: 1 }, members: [bob] }";
    let rows = [
        ("members: [natsu, zeref]", format!("members: [{}]", many("natsu", 101)), "MEMBERS_PER_ROTATION_MAX"),
        ("rotations: [ {", format!("rotations: [ {}, {{", many(rotation, 20)), "ROTATIONS_PER_SCHEDULE_MAX"),
        (
            "handoffs: [ { day: MON, at: \"09:00\" } ]",
            format!("handoffs: [ {} ]", many("{ day: MON, at: \"09:00\" }", 15)),
            "HANDOFFS_PER_PERIOD_MAX",
        ),
        (
            "- { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }",
            "- { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }\n      "
                .repeat(501),
            "OVERRIDES_PER_SCHEDULE_MAX",
        ),
        (
            "notices: [ { before_minutes: 60 } ]",
            format!("notices: [ {} ]", many("{ before_minutes: 60 }", 6)),
            "NOTICES_PER_SCHEDULE_MAX",
        ),
    ];
    for (from, to, limit) in rows {
        let errors = parse(&replaced(VALID, from, &to), "team.yaml").expect_err(limit);
        assert!(errors.to_string().contains(limit), "{limit}\n{errors}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schedules_with_one_word_replaced_never_panic(
        word in any::<prop::sample::Index>(),
        by in prop::sample::select(vec![
            "", "0", "-1", "99999999999", "[]", "{}", "[{}]", "null", "true", "\"\"", "\"24:00\"", "UTC", "MON", "natsu",
            "9999-12-31T23:59:59", "9999-12-31T23:59:59Z", "-9999-01-01T00:00:00Z", "2026-03-08T02:30:00", "é", "[natsu",
        ]),
    ) {
        let begin = VALID.find("schedules:").expect("the section");
        let words: Vec<(usize, &str)> = VALID[begin..]
            .split([' ', '\n'])
            .filter(|word| !word.is_empty())
            .map(|word| (word.as_ptr() as usize - VALID.as_ptr() as usize, word))
            .collect();
        let (at, word) = words[word.index(words.len())];
        let text = format!("{}{by}{}", &VALID[..at], &VALID[at + word.len()..]);
        if let Err(errors) = parse(&text, "team.yaml") {
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}

/// A file that is there as long as this value.
struct File(PathBuf);

impl File {
    fn with(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("reveille-schedules-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("it is there");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("it is there")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn reveille(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = reveille(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("it is there")
}

fn refused(arguments: &[&str], status: i32) -> String {
    let output = reveille(arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
    error
}

#[test]
fn who_answers_for_programs_and_for_people() {
    let file = File::with("who.yaml", VALID);
    let who = |arguments: &[&str]| printed(&[&["who", file.path()], arguments].concat());
    let all = who(&["--at", "2026-01-05T09:00:00-05:00", "--json"]);
    assert_eq!(all, "{\"at\":\"2026-01-05T14:00:00Z\",\"schedules\":{\"months\":[],\"primary\":[\"natsu\"]}}\n");
    let one: Value = serde_json::from_str(&who(&["--at", "2026-01-06T14:00:00Z", "--schedule", "primary", "--json"]))
        .expect("it is there");
    assert_eq!(one, json!({"at": "2026-01-06T14:00:00Z", "schedules": {"primary": []}}));
    let text = who(&["--at", "2026-01-05T14:00:00Z", "--schedule", "primary"]);
    for expected in
        ["primary  (America/New_York)", "on call  natsu", "until    Mon 2026-01-05 17:00 -05:00", "then     nobody"]
    {
        assert!(text.contains(expected), "{text}");
    }
    assert!(who(&["--at", "2026-01-06T14:00:00Z"]).contains("nobody: pages to this schedule reach nobody"));
    assert!(who(&["--json"]).contains("\"primary\":["));
}

#[test]
fn shifts_keep_their_contract() {
    let file = File::with("shifts.yaml", VALID);
    let window = ["--schedule", "primary", "--from", "2026-12-24T00:00:00Z", "--to", "2027-01-01T12:00:00Z"];
    let shifts = |more: &[&str]| printed(&[&["shifts", file.path()], &window[..], more].concat());
    let found: Value = serde_json::from_str(&shifts(&["--json"])).expect("it is there");
    assert_eq!(
        found,
        json!([
            {"start": "2026-12-27T03:00:00Z", "end": "2026-12-27T11:00:00Z", "contacts": ["natsu"], "rotation": "weekly", "overridden": false},
            {"start": "2026-12-28T14:00:00Z", "end": "2026-12-28T22:00:00Z", "contacts": ["zeref"], "rotation": "weekly", "overridden": false},
            {"start": "2026-12-29T01:00:00Z", "end": "2026-12-29T05:00:00Z", "contacts": ["zeref"], "rotation": "weekly", "overridden": false},
            {"start": "2026-12-31T13:00:00Z", "end": "2027-01-01T11:00:00Z", "contacts": ["bob"], "rotation": null, "overridden": true},
        ])
    );
    let text = shifts(&[]);
    assert!(text.contains("Mon 2026-12-28 09:00 -05:00  Mon 2026-12-28 17:00 -05:00  zeref    weekly\n"), "{text}");
    assert!(text.contains("nobody   GAP\n") && text.contains("5 gaps: nobody is on call"), "{text}");
}

#[test]
fn a_calendar_has_instants_and_stable_uids() {
    let file = File::with("calendar.yaml", VALID);
    let export = |from: &str, to: &str, more: &[&str]| {
        printed(&[&["calendar", file.path(), "--schedule", "primary", "--from", from, "--to", to], more].concat())
    };
    let whole = export("2026-01-05T00:00:00Z", "2026-01-14T00:00:00Z", &[]);
    assert!(whole.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"));
    assert!(whole.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
    assert_eq!(whole.matches('\n').count(), whole.matches("\r\n").count());
    assert!(
        whole.contains("DTSTART:20260105T140000Z\r\nDTEND:20260105T220000Z\r\nSUMMARY:On call (primary): Natsu\r\n")
    );
    assert!(whole.contains("SUMMARY:On call (primary): Zeref\\, the Black\r\n"));
    // In the middle of a shift: the same shift, whole, with the same UID.
    let part = export("2026-01-05T15:00:00Z", "2026-01-05T16:00:00Z", &[]);
    let of = |text: &str, name: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    };
    assert_eq!(of(&part, "UID:"), of(&whole, "UID:")[..1]);
    assert_eq!(of(&part, "DTEND:"), ["DTEND:20260105T220000Z"]);
    let zeref = export("2026-01-05T00:00:00Z", "2026-01-14T00:00:00Z", &["--contact", "zeref"]);
    assert!(!zeref.contains("Natsu") && zeref.contains("Zeref"));
}

#[test]
fn what_is_asked_wrongly_is_answered_with_the_right_status() {
    let file = File::with("wrong.yaml", VALID);
    let path = file.path();
    let unknown = refused(&["who", path, "--schedule", "primry"], 1);
    assert!(unknown.contains("no schedule `primry`") && unknown.contains("did you mean `primary`?"), "{unknown}");
    let (from, to) = ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z");
    let window = |schedule, from, to| ["--schedule", schedule, "--from", from, "--to", to];
    let other = refused(&[&["shifts", path], &window("web", from, to)[..]].concat(), 1);
    assert!(other.contains("`months` and `primary`"), "{other}");
    let contact = refused(&[&["calendar", path, "--contact", "nobody"], &window("primary", from, to)[..]].concat(), 1);
    assert!(contact.contains("no contact `nobody`"), "{contact}");
    assert!(refused(&["who", path, "--at", "tomorrow"], 2).contains("RFC 3339"));
    assert!(refused(&["who", path, "--at", "2026-01-05T09:00:00"], 2).contains("RFC 3339"));
    assert!(refused(&[&["shifts", path], &window("primary", to, from)[..]].concat(), 2).contains("is not after"));
    let century = window("primary", from, "2126-01-06T00:00:00Z");
    assert!(refused(&[&["shifts", path], &century[..]].concat(), 2).contains("WINDOW_DAYS_MAX"));
    refused(&["who", "no-such-file.yaml"], 1);
}

async fn stored(table: &dyn Table) -> Option<ScheduleHistory> {
    let item = table.get(&key::schedule(&ScheduleAlias::new("primary"))).await.expect("it is there")?;
    Some(ScheduleHistory::try_from(from_item::<ScheduleRecord>(&item).expect("it is there")).expect("it is there"))
}

#[tokio::test]
async fn applying_an_edit_keeps_what_was_in_force() {
    let _ears = Ears::open();
    let account = Account::default();
    let clock = LocalClock::real();
    let world =
        LocalWorld::start_still(Options { clock, data: None, port_base: None, account }).await.expect("it is there");
    let table = world.table.as_ref();
    let first = configuration(VALID);
    apply(table, &first, at("2026-01-10T00:00:00Z")).await.expect("it is there");
    assert_eq!(stored(table).await.expect("it is there").versions().len(), 1);

    let again = apply(table, &first, at("2026-01-11T00:00:00Z")).await.expect("it is there");
    assert_eq!((again.written, again.removed), (0, 0), "what has not changed is not written");

    let edited = VALID.replace("members: [natsu, zeref]", "members: [bob]");
    apply(table, &configuration(&edited), at("2026-01-12T00:00:00Z")).await.expect("it is there");
    let history = stored(table).await.expect("it is there");
    let who = |asked: &str| history.on_call(at(asked)).expect("it is there");
    assert_eq!(who("2026-01-05T15:00:00Z"), [ContactAlias::new("natsu")]);
    assert_eq!(who("2026-01-12T15:00:00Z"), [ContactAlias::new("bob")]);
    assert_eq!(history.current(), configuration(&edited).schedule("primary").expect("it is there"));

    // A row that cannot be read is mended, and its past is not made up.
    let key = key::schedule(&ScheduleAlias::new("primary"));
    let mut item = table.get(&key).await.expect("it is there").expect("it is there");
    item["versions"] = json!("nothing");
    table.write(&Write::put(key, item, Condition::Always)).await.expect("it is there");
    apply(table, &first, at("2026-01-13T00:00:00Z")).await.expect("it is there");
    let mended = stored(table).await.expect("it is there");
    assert_eq!(mended.on_call(at("2026-01-05T15:00:00Z")), None);
    assert_eq!(mended.current(), first.schedule("primary").expect("it is there"));

    let none: String = VALID.split("schedules:").next().expect("it is there").to_owned()
        + "response_plans:\n  all: { stages: [ { engage: [natsu] } ] }\n";
    let removed = apply(table, &configuration(&none), at("2026-01-14T00:00:00Z")).await.expect("it is there");
    assert_eq!(removed.removed, 3, "two schedules and a plan");
    assert!(stored(table).await.is_none());
}
