//! `reveille import` from files: every fixture loads, what has no equivalent is said, and the shifts are the source's.
//!
//! `cli/tests/import/README.md` says where the fixtures come from.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::PathBuf;

use jiff::Timestamp;
use reveille_cli::configuration::{Configuration, example_addresses, parse};
use reveille_cli::import::export::{Export, ExportError};
use reveille_cli::import::model::Imported;
use reveille_cli::import::note::{Kind, Note};
use reveille_cli::import::{Finished, Options, finish, goalert, grafana_oncall, opsgenie, pagerduty};
use reveille_domain::Layers;
use serde_json::{Value, json};

type Read = fn(&Export, Timestamp) -> Result<Imported, ExportError>;

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(path)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is an instant")
}

fn finished(read: Read, path: &str, now: &str, options: &Options) -> (Finished, Configuration) {
    let export = Export::load(&fixture(path), "x").unwrap_or_else(|error| panic!("{error}"));
    let imported = read(&export, at(now)).unwrap_or_else(|error| panic!("{error}"));
    loaded(imported, options)
}

fn loaded(imported: Imported, options: &Options) -> (Finished, Configuration) {
    let finished = finish(imported, options, "reveille import");
    let configuration =
        parse(&finished.yaml, "imported.yaml").unwrap_or_else(|errors| panic!("{errors}\n{}", finished.yaml));
    (finished, configuration)
}

fn of_kind(finished: &Finished, kind: Kind) -> Vec<&Note> {
    finished.report.notes.iter().filter(|note| note.kind == kind).collect()
}

/// Whether something is said about an object and a field.
fn says(finished: &Finished, kind: Kind, object: &str, field: &str, done: &str) -> bool {
    let is = |note: &&Note| note.object.contains(object) && note.field.contains(field) && note.done.contains(done);
    of_kind(finished, kind).iter().any(is)
}

fn on_call(configuration: &Configuration, schedule: &str, when: &str) -> Vec<String> {
    let schedule = configuration.schedule(schedule).unwrap_or_else(|error| panic!("{error}"));
    schedule.on_call(at(when)).iter().map(ToString::to_string).collect()
}

const SOURCES: [(&str, Read, &str, &str, usize); 4] = [
    ("pagerduty", pagerduty::read, "pagerduty", "2026-03-02T00:00:00Z", 2),
    ("opsgenie", opsgenie::read, "opsgenie", "2026-03-02T00:00:00Z", 2),
    ("goalert", goalert::read, "goalert/export.json", "2018-09-12T15:25:00Z", 3),
    ("oncall", grafana_oncall::read, "oncall", "2023-01-01T00:00:00Z", 1),
];

#[test]
fn every_fixture_loads_and_has_the_shifts_that_its_source_renders() {
    for (name, read, path, now, schedules) in SOURCES {
        let (finished, _) = finished(read, path, now, &Options::default());
        assert_eq!(of_kind(&finished, Kind::Differs), Vec::<&Note>::new(), "{name}");
        assert_eq!(of_kind(&finished, Kind::Failed), Vec::<&Note>::new(), "{name}");
        assert_eq!(of_kind(&finished, Kind::Checked).len(), schedules, "{name}\n{}", finished.report.for_people());
    }
}

#[test]
fn no_report_holds_an_address() {
    for (name, read, path, now, _) in SOURCES {
        let (finished, configuration) = finished(read, path, now, &Options::default());
        let said = finished.report.for_people();
        for address in configuration.addresses.values().flat_map(|channels| channels.values()) {
            assert!(!said.contains(address.expose()), "{name} says {}", address.expose());
        }
        let comments: String = finished.yaml.lines().filter(|line| line.trim_start().starts_with('#')).collect();
        assert!(!comments.contains('@'), "{name}: {comments}");
    }
}

#[test]
fn an_import_is_the_same_every_time() {
    for (name, read, path, now, _) in SOURCES {
        let once = finished(read, path, now, &Options::default()).0.yaml;
        assert_eq!(once, finished(read, path, now, &Options::default()).0.yaml, "{name}");
    }
}

/// What must be said about the fixtures: the source, the kind, and parts of the object, the field and what was done.
const SAID: &[(usize, Kind, &str, &str, &str)] = &[
    (0, Kind::NoEquivalent, "Earline", "push notification", "no app"),
    (0, Kind::Decided, "Kyler Kuhn (PAM4FGS)", "sms", "leading 0"),
    (0, Kind::Decided, "Kyler Kuhn (PAM4FGS)", "sms PGB0002", "left out"),
    (0, Kind::Decided, "Zoë", "contact_methods", "e-mail address of the login"),
    (0, Kind::Decided, "Kyler Kuhn (PKYLER2)", "alias", "`kyler-kuhn-2`"),
    (0, Kind::Decided, "PagerDuty", "verified", "not paged: 7"),
    (0, Kind::Decided, "Daily Engineering Rotation", "schedule_layers", "have ended were left out: 1"),
    (0, Kind::NoEquivalent, "Engineering Escalation Policy", "stage 3", "contact PGONE01 is not there"),
    (0, Kind::Decided, "Engineering Escalation Policy", "rule 2", "in turn"),
    (0, Kind::NoEquivalent, "My Application Service", "auto_resolve_timeout", "not done"),
    (0, Kind::NoEquivalent, "My Application Service", "integrations", "generic_email_inbound_integration"),
    (0, Kind::Decided, "webhook My Application Service Events API V2", "integration_key", "new URL"),
    (0, Kind::Decided, "Nightly batch", "status", "disabled"),
    (0, Kind::Decided, "defaults", "response_plan", "`my-application-service`"),
    (1, Kind::Decided, "Jane Doe", "voice", "disabled"),
    (1, Kind::Decided, "Ray", "blocked", "keep their turns"),
    (1, Kind::Decided, "schedule Old", "enabled", "left out"),
    (1, Kind::NoEquivalent, "With a team", "rotation Teams", "belongs to `team`"),
    (1, Kind::NoEquivalent, "ops_team_escalation", "rule 2", "`next`"),
    (1, Kind::NoEquivalent, "ops_team_escalation", "rule 4", "if-not-closed"),
    (1, Kind::Decided, "ops_team_escalation", "rule 3", "2 members"),
    (1, Kind::NoEquivalent, "ops_team P1 to all", "criteria", "priority equals `P1`"),
    (2, Kind::NoEquivalent, "Donna", "contactMethods", "SLACK_DM"),
    (2, Kind::NoEquivalent, "Day & night", "rotation Night", "clock of UTC"),
    (2, Kind::Decided, "Evenings", "rotation Six weeks", "nextHandoffTimes"),
    (2, Kind::NoEquivalent, "schedule Empty", "rotations", "left out"),
    (2, Kind::NoEquivalent, "plan Nobody", "stages", "asks nobody"),
    (2, Kind::NoEquivalent, "response plan Lost", "stages", "engages nobody"),
    (2, Kind::NoEquivalent, "response plan Web", "heartbeatMonitors", "`nightly`"),
    (3, Kind::Missing, "alex", "sms", "placeholder"),
    (3, Kind::NoEquivalent, "alice", "personal rules", "notify_by_slack"),
    (3, Kind::NoEquivalent, "Demo schedule iCal", "ical_url_primary", "calendar was left out"),
    (3, Kind::NoEquivalent, "Demo schedule Calendar", "Demo recurrent event", "every 2 weeks"),
    (3, Kind::NoEquivalent, "plan default", "notify_if_time_from_to", "do not wait"),
    (3, Kind::Decided, "plan default", "next_each_time", "next person"),
    (3, Kind::NoEquivalent, "plan empty", "stages", "asks nobody"),
    (3, Kind::NoEquivalent, "route 1", "routing_regex", "us-(east|west)"),
];

#[test]
fn what_has_no_equivalent_and_what_was_decided_is_said() {
    for (source, (name, read, path, now, _)) in SOURCES.into_iter().enumerate() {
        let (finished, _) = finished(read, path, now, &Options::default());
        for (of, kind, object, field, done) in SAID.iter().filter(|(of, ..)| *of == source) {
            assert!(
                says(&finished, *kind, object, field, done),
                "{name} {of} {object} {field}\n{}",
                finished.report.for_people()
            );
        }
    }
}

/// Who is on call in the fixtures, worked out by hand from what the source documents.
const ON_CALL: &[(usize, &str, &str, &[&str])] = &[
    // 3,768 turns of a day after 2015-11-06 20:00 is the first member's: turn 3,768 began on 2026-03-01 at 20:00.
    (0, "daily-engineering-rotation", "2026-03-02T15:00:00Z", &["earline-greenholt"]),
    (0, "daily-engineering-rotation", "2026-03-03T15:00:00Z", &["kyler-kuhn"]),
    (0, "daily-engineering-rotation", "2026-03-03T22:00:00Z", &[]),
    // Eight by the clock on the wall, before and after 8 March.
    (0, "daily-engineering-rotation", "2026-03-06T12:59:59Z", &[]),
    (0, "daily-engineering-rotation", "2026-03-06T13:00:00Z", &["kyler-kuhn"]),
    (0, "daily-engineering-rotation", "2026-03-09T12:00:00Z", &["kyler-kuhn"]),
    // The upper layer on weekends, the lower one else, and the override above both.
    (0, "payments-london-24-7", "2026-03-06T18:00:00Z", &["zoe-ann-b-mueller-b"]),
    (0, "payments-london-24-7", "2026-03-18T12:00:00Z", &["zoe-ann-b-mueller-b"]),
    (1, "schedulename", "2026-03-11T20:00:00Z", &["jane-doe", "john-doe"]),
    (2, "evenings", "2018-09-16T20:00:00Z", &["u00"]),
    (2, "one-person", "2018-10-01T08:20:00Z", &[]),
    (2, "one-person", "2018-10-02T08:00:00Z", &["foobar", "binbaz"]),
    (3, "demo-schedule-calendar", "2023-01-09T10:00:00Z", &["bob"]),
    (3, "web-schedule", "2023-01-03T07:30:00Z", &["bob"]),
    (3, "web-schedule", "2023-01-10T11:00:00Z", &["alex"]),
];

#[test]
fn the_same_people_are_on_call() {
    for (source, (name, read, path, now, _)) in SOURCES.into_iter().enumerate() {
        let (_, configuration) = finished(read, path, now, &Options::default());
        for (_, schedule, when, people) in ON_CALL.iter().filter(|(of, ..)| *of == source) {
            assert_eq!(&on_call(&configuration, schedule, when), people, "{name} {schedule} {when}");
        }
    }
}

#[test]
fn addresses_become_what_the_loader_takes() {
    let (_, configuration) = finished(pagerduty::read, "pagerduty", "2026-03-02T00:00:00Z", &Options::default());
    let all = |configuration: &Configuration| -> Vec<(String, String, bool)> {
        let channels =
            configuration.contacts.values().flat_map(|contact| contact.channels.iter().map(move |one| (contact, one)));
        let row = |(contact, channel): (&reveille_domain::Contact, &reveille_domain::Channel)| {
            let address = configuration.addresses[&contact.alias][&channel.id].expose().to_owned();
            (format!("{} {}", contact.alias, channel.id), address, channel.verified)
        };
        channels.map(row).collect()
    };
    let channels = all(&configuration);
    assert!(
        channels.contains(&("earline-greenholt voice".to_owned(), "+15555551234".to_owned(), false)),
        "{channels:?}"
    );
    assert!(channels.contains(&("kyler-kuhn sms".to_owned(), "+447400123456".to_owned(), false)), "{channels:?}");
    let trusted = Options { trust_addresses: true, ..Options::default() };
    let (_, configuration) = finished(pagerduty::read, "pagerduty", "2026-03-02T00:00:00Z", &trusted);
    assert!(all(&configuration).iter().all(|(_, _, verified)| *verified));
    // GoAlert says which contact methods have been verified.
    let (_, configuration) =
        finished(goalert::read, "goalert/export.json", "2018-09-12T15:25:00Z", &Options::default());
    let unverified: Vec<String> = configuration.unverified().map(|(contact, _)| contact.to_string()).collect();
    assert_eq!(unverified, ["caza"]);
}

#[test]
fn a_placeholder_loads_and_is_refused_for_a_real_account() {
    let (_, configuration) = finished(grafana_oncall::read, "oncall", "2023-01-01T00:00:00Z", &Options::default());
    let refused: Vec<String> =
        example_addresses(&configuration).iter().map(|one| format!("{} {}", one.contact, one.channel)).collect();
    assert_eq!(refused, ["alex sms", "alex voice"]);
}

#[test]
fn the_keys_of_senders_go_on_working() {
    let (finished, configuration) = finished(pagerduty::read, "pagerduty", "2026-03-02T00:00:00Z", &Options::default());
    let webhook = configuration.webhooks.values().next().expect("there is one");
    let hash = reveille_cli::configuration::hash_webhook_key("3c9f1d2e4b5a69788796a5b4c3d2e1f0");
    assert_eq!(webhook.keys[0].as_str(), hash);
    assert!(!finished.yaml.contains("3c9f1d2e4b5a69788796a5b4c3d2e1f0"));
}

#[test]
fn the_default_plan_can_be_chosen() {
    for (wanted, expected) in [
        (None, "my-application-service"),
        (Some("Nightly batch"), "nightly-batch"),
        (Some("nothing"), "my-application-service"),
    ] {
        let options = Options { default_plan: wanted.map(str::to_owned), ..Options::default() };
        let (finished, configuration) = finished(pagerduty::read, "pagerduty", "2026-03-02T00:00:00Z", &options);
        assert_eq!(configuration.routing.default_plan.as_str(), expected);
        let said = says(&finished, Kind::Missing, "defaults", "response_plan", "nothing");
        assert_eq!(said, wanted == Some("nothing"));
    }
}

/// The cases of other systems' test suites, which the domain is held to as well.
fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/domain/tests/on_call/cases.json");
    let text = std::fs::read_to_string(path).expect("it is there");
    serde_json::from_str(&text).expect("it is a list")
}

/// One shift of OnCall in a schedule of its own.
fn oncall_shift(case: &Value) -> Value {
    let shift = &case["schedule"]["shift"];
    let groups: Vec<Value> = shift["users"].as_array().unwrap().iter().map(|user| json!([user])).collect();
    json!({
        "id": "O1", "name": "shift", "type": "rolling_users", "time_zone": shift["tz"], "level": 1, "start": shift["start"],
        "rotation_start": shift["rotation_start"], "until": null, "duration": shift["duration_s"],
        "frequency": shift["freq"], "interval": shift["interval"], "week_start": shift["week_start"],
        "by_day": shift["by_day"], "rolling_users": groups,
    })
}

fn oncall_import(shift: &Value, now: &str) -> (Finished, Configuration) {
    let user = |id: &str| json!({ "id": id, "username": id, "email": format!("{id}@team.io") });
    let people = ["u1", "u2", "u3", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    let export = json!({
        "users": people.map(user), "on_call_shifts": [shift], "escalation_chains": [], "escalation_policies": [],
        "schedules": [{ "id": "S1", "name": "schedule", "type": "web", "time_zone": "UTC", "shifts": ["O1"] }],
    });
    let export = Export::parse(&export.to_string()).unwrap();
    loaded(grafana_oncall::read(&export, at(now)).unwrap(), &Options::default())
}

#[test]
fn shifts_of_oncalls_own_tests_come_out_as_there() {
    // What an interval leaves free between two weeks or days has no equivalent, and neither have months: these are said.
    let said_only = [
        "gr-rolling-daily-interval2",
        "gr-rolling-weekly-interval2-latestart",
        "gr-rolling-monthly-interval2",
        "gr-rolling-monthly-latestart-until",
    ];
    let mut compared = 0;
    for case in cases().iter().filter(|case| case["id"].as_str().unwrap().starts_with("gr-rolling")) {
        let id = case["id"].as_str().unwrap();
        let (finished, configuration) = oncall_import(&oncall_shift(case), "2022-01-01T00:00:00Z");
        if said_only.contains(&id) {
            assert!(says(&finished, Kind::NoEquivalent, "schedule", "shift", "left out"), "{id}");
            continue;
        }
        let begins = case["schedule"]["shift"]["rotation_start"].as_str().map(at);
        let ends = case["schedule"]["shift"]["until"].as_str().map(at);
        for expected in case["expect"]["on_call"].as_array().unwrap() {
            let when = expected["at"].as_str().unwrap();
            // Rotations here do not begin later than their first turn, and do not end; both are said.
            if begins.is_some_and(|begins| at(when) < begins) || ends.is_some_and(|ends| at(when) >= ends) {
                continue;
            }
            let users: Vec<String> =
                expected["users"].as_array().unwrap().iter().map(|user| user.as_str().unwrap().to_owned()).collect();
            assert_eq!(on_call(&configuration, "schedule", when), users, "{id} {when}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn days_of_the_week_of_oncalls_own_tests_come_out_as_there() {
    let mut compared = 0;
    for case in cases().iter().filter(|case| case["id"].as_str().unwrap().starts_with("gr-byday")) {
        let (id, rotation) = (case["id"].as_str().unwrap(), &case["rotation"]);
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
        let groups: Vec<Value> =
            letters[..rotation["groups"].as_array().unwrap().len()].iter().map(|user| json!([user])).collect();
        let shift = json!({
            "id": "O1", "name": "shift", "type": "rolling_users", "time_zone": "UTC", "level": 1, "week_start": "MO",
            "start": format!("{}T00:00:00", rotation["start_date"].as_str().unwrap()), "duration": 86_400,
            "frequency": rotation["freq"], "interval": rotation["interval"], "by_day": rotation["by_day"], "rolling_users": groups,
        });
        let (finished, configuration) = oncall_import(&shift, "2024-01-01T00:00:00Z");
        let weeks_apart = rotation["freq"] == "weekly" && rotation["interval"] != 1;
        if weeks_apart || rotation["freq"] == "monthly" {
            assert!(says(&finished, Kind::NoEquivalent, "schedule", "shift", "left out"), "{id}");
            continue;
        }
        for (date, user) in case["expect"]["on_call_by_date"].as_object().unwrap() {
            let expected = vec![user.as_str().unwrap().to_ascii_lowercase()];
            assert_eq!(on_call(&configuration, "schedule", &format!("{date}T12:00:00Z")), expected, "{id} {date}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn levels_are_layers_only_where_that_is_the_same() {
    let shift = |id: &str, level: u32, day: &str, user: &str| {
        json!({ "id": id, "name": id, "type": "recurrent_event", "time_zone": "UTC", "level": level, "start": "2024-01-01T00:00:00",
                "duration": 86_400, "frequency": "weekly", "interval": 1, "week_start": "MO", "by_day": [day], "users": [user] })
    };
    let rows = [
        (vec![shift("a", 1, "MO", "u1"), shift("b", 1, "MO", "u2")], Layers::Both, false),
        (vec![shift("a", 1, "MO", "u1"), shift("b", 2, "TU", "u2")], Layers::Both, false),
        (vec![shift("a", 1, "MO", "u1"), shift("b", 2, "MO", "u2"), shift("c", 1, "TU", "u3")], Layers::Upper, false),
        (vec![shift("a", 1, "MO", "u1"), shift("b", 2, "MO", "u2"), shift("c", 1, "MO", "u3")], Layers::Upper, true),
    ];
    for (shifts, layers, said) in rows {
        let ids: Vec<&Value> = shifts.iter().map(|shift| &shift["id"]).collect();
        let user = |id: &str| json!({ "id": id, "username": id, "email": format!("{id}@team.io") });
        let export = json!({
            "users": (["u1", "u2", "u3"].map(user)), "on_call_shifts": shifts, "escalation_chains": [], "escalation_policies": [],
            "schedules": [{ "id": "S1", "name": "schedule", "type": "web", "time_zone": "UTC", "shifts": ids }],
        });
        let export = Export::parse(&export.to_string()).unwrap();
        let (finished, configuration) =
            loaded(grafana_oncall::read(&export, at("2024-01-01T00:00:00Z")).unwrap(), &Options::default());
        assert_eq!(configuration.schedule("schedule").unwrap().layers(), layers);
        assert_eq!(says(&finished, Kind::NoEquivalent, "schedule", "level", "several shifts"), said);
        let monday = on_call(&configuration, "schedule", "2024-01-08T12:00:00Z");
        assert_eq!(monday[0], if layers == Layers::Upper { "u2" } else { "u1" });
    }
}

#[test]
fn a_shift_that_is_not_the_sources_is_found_out() {
    let mut export: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture("pagerduty/schedules-PI7DH85.json")).unwrap()).unwrap();
    export["schedule"]["schedule_layers"][0]["users"].as_array_mut().unwrap().swap(0, 1);
    let users: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture("pagerduty/users.json")).unwrap()).unwrap();
    let export = json!({ "users": users, "schedules": export, "escalation_policies": [] });
    let export = Export::parse(&export.to_string()).unwrap();
    let (finished, _) = loaded(pagerduty::read(&export, at("2026-03-02T00:00:00Z")).unwrap(), &Options::default());
    assert!(
        says(&finished, Kind::Differs, "Daily Engineering Rotation", "shifts", "2026-03-02T13:00:00Z"),
        "{}",
        finished.report.for_people()
    );
}

/// Somebody who is on call and not among the people keeps their turn, so that nobody else's moves.
#[test]
fn a_stranger_keeps_their_turn() {
    let export = json!({
        "users": [{ "id": "u1", "name": "Ann", "email": "ann@team.io" }, { "id": "u2", "name": "Bob", "email": "bob@team.io" }],
        "schedules": [{ "id": "s", "name": "Days", "time_zone": "UTC", "schedule_layers": [{
            "id": "l", "name": "Layer", "start": "2026-01-05T09:00:00Z", "rotation_virtual_start": "2026-01-05T09:00:00Z",
            "rotation_turn_length_seconds": 86_400, "restrictions": [],
            "users": [{ "user": { "id": "u1" } }, { "user": { "id": "PGONE" } }, { "user": { "id": "u2" } }],
        }] }],
        "escalation_policies": [],
    });
    let export = Export::parse(&export.to_string()).unwrap();
    let (finished, configuration) =
        loaded(pagerduty::read(&export, at("2026-01-05T09:00:00Z")).unwrap(), &Options::default());
    let days = ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"];
    let people: Vec<String> =
        days.iter().flat_map(|day| on_call(&configuration, "days", &format!("{day}T12:00:00Z"))).collect();
    assert_eq!(people, ["ann", "pgone", "bob", "ann"]);
    assert!(says(&finished, Kind::Missing, "contact PGONE", "contact", "placeholder"));
    assert_eq!(example_addresses(&configuration).len(), 1);
    assert!(says(&finished, Kind::Decided, "schedule Days", "shifts", "not compared"));
}

#[test]
fn without_users_schedules_or_plans_a_file_is_refused_or_still_loads() {
    let missing = pagerduty::read(&Export::parse("{}").unwrap(), at("2026-01-01T00:00:00Z"));
    let message = missing.expect_err("there are no users").to_string();
    assert!(message.contains("`users`") && message.contains("--requests"), "{message}");
    let alone =
        r#"{ "users": [ { "id": "U", "name": "山田", "email": "yamada@firm.jp" } ], "escalation_policies": [] }"#;
    let (finished, configuration) = loaded(
        pagerduty::read(&Export::parse(alone).unwrap(), at("2026-01-01T00:00:00Z")).unwrap(),
        &Options::default(),
    );
    assert!(configuration.contact("yamada").is_ok());
    assert!(says(&finished, Kind::Missing, "response plan everything", "stages", "engages contact U"));
}

fn reveille(arguments: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_reveille")).args(arguments).output().expect("it runs")
}

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("reveille-import-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn the_command_writes_a_private_file_once() {
    let folder = Folder::new("out");
    let (out, report) = (folder.file("team.yaml"), folder.file("report.json"));
    let export = fixture("goalert/export.json").to_string_lossy().into_owned();
    let arguments = ["import", "goalert", &export, "--out", &out, "--report", &report, "--json", "--default", "web"];
    let first = reveille(&arguments);
    // The shifts in the file are those of 2018: nothing is left to compare, and nothing fails.
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(parse(&std::fs::read_to_string(&out).unwrap(), "team.yaml").is_ok());
    let said: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(said["source"], "GoAlert");
    assert_eq!(said["written"]["contacts"], 32);
    assert!(said["notes"].as_array().unwrap().iter().any(|note| note["kind"] == "no-equivalent" && note["todo"] != ""));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&out, "mine").unwrap();
    let again = reveille(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    let forced = reveille(&[&arguments[..], &["--force"]].concat());
    assert_eq!(forced.status.code(), Some(0), "{}", String::from_utf8_lossy(&forced.stderr));
    assert!(parse(&std::fs::read_to_string(&out).unwrap(), "team.yaml").is_ok());
}

#[test]
fn the_command_prints_what_it_has_no_file_for() {
    let folder = fixture("opsgenie").to_string_lossy().into_owned();
    let printed = reveille(&["import", "opsgenie", &folder]);
    let yaml = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(parse(&yaml, "team.yaml").is_ok(), "{yaml}");
    let report = String::from_utf8_lossy(&printed.stderr).into_owned();
    assert!(report.contains("Opsgenie: 3 contacts, 3 schedules"), "{report}");
}

#[test]
fn what_was_not_fetched_whole_is_written_and_fails() {
    let folder = Folder::new("pages");
    let users = r#"{ "users": [ { "id": "U", "name": "Ann", "email": "ann@team.io" } ], "more": true }"#;
    std::fs::write(folder.file("users.json"), users).unwrap();
    std::fs::write(folder.file("escalation_policies.json"), r#"{ "escalation_policies": [] }"#).unwrap();
    let path = folder.0.to_string_lossy().into_owned();
    let output = reveille(&["import", "pagerduty", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(parse(&String::from_utf8_lossy(&output.stdout), "team.yaml").is_ok());
    assert!(String::from_utf8_lossy(&output.stdout).contains("# INCOMPLETE"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("more pages follow"));
}

#[test]
fn what_is_no_export_is_told() {
    let folder = Folder::new("wrong");
    std::fs::write(folder.file("page.json"), "<html>").unwrap();
    std::fs::write(folder.file("list.json"), "[]").unwrap();
    let rows =
        [("page.json", 1, "is not JSON"), ("list.json", 1, "--requests"), ("absent.json", 1, "could not be read")];
    for (file, status, message) in rows {
        let output = reveille(&["import", "goalert", &folder.file(file)]);
        assert_eq!(output.status.code(), Some(status), "{file}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(message), "{file}");
    }
    assert_eq!(reveille(&["import", "goalert"]).status.code(), Some(2));
    assert_eq!(reveille(&["import"]).status.code(), Some(2));
}

/// Each request names its file, and each file is one that is read.
#[test]
fn the_requests_make_the_files_that_are_read() {
    let rows: [(&str, &[&str]); 4] = [
        (
            "pagerduty",
            &["users.json", "escalation_policies.json", "services.json", "schedules-$id.json", "overrides-$id.json"],
        ),
        (
            "opsgenie",
            &[
                "users.json",
                "contacts-$id.json",
                "steps-$id.json",
                "schedules.json",
                "overrides-$id.json",
                "timeline-$id.json",
                "escalations.json",
                "teams-$id.json",
                "routing_rules-$id.json",
            ],
        ),
        (
            "grafana-oncall",
            &[
                "users.json",
                "personal_notification_rules.json",
                "on_call_shifts.json",
                "schedules.json",
                "shift_swaps.json",
                "escalation_chains.json",
                "escalation_policies.json",
                "integrations.json",
                "routes.json",
                "final_shifts-$id.json",
            ],
        ),
        (
            "goalert",
            &[
                "users.json",
                "rotations.json",
                "schedules.json",
                "userOverrides.json",
                "escalationPolicies.json",
                "services.json",
            ],
        ),
    ];
    for (source, files) in rows {
        let output = reveille(&["import", source, "--requests"]);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for file in files {
            assert!(
                text.contains(&format!("> {file}")) || text.contains(&format!("> \"{file}\"")),
                "{source} {file}\n{text}"
            );
        }
        assert!(text.contains("curl ") && text.contains(&format!("reveille import {source} ")), "{text}");
        let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/IMPORTING.md")).unwrap();
        assert!(document.contains(text.trim()), "docs/IMPORTING.md has the requests of {source}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever people call things, in whatever script, the file loads.
    #[test]
    fn any_name_makes_a_file_that_loads(names in proptest::collection::vec(proptest::prelude::any::<String>(), 7)) {
        let [one, other, schedule, layer, policy, service, label] = names.as_slice() else { panic!("seven") };
        let user = |id: &str, name: &str| json!({
            "id": id, "name": name, "email": format!("{id}@team.io"),
            "contact_methods": [{ "id": format!("M{id}"), "type": "email_contact_method", "label": label, "address": format!("{id}@team.io") }],
        });
        let export = json!({
            "users": [user("u1", one), user("u2", other)],
            "schedules": [{ "id": "s", "name": schedule, "time_zone": "UTC", "schedule_layers": [{
                "id": "l", "name": layer, "start": "2026-01-05T09:00:00Z", "rotation_virtual_start": "2026-01-05T09:00:00Z",
                "rotation_turn_length_seconds": 86_400, "users": [{ "user": { "id": "u1" } }, { "user": { "id": "u2" } }], "restrictions": [],
            }] }],
            "escalation_policies": [{ "id": "e", "name": policy, "num_loops": 1, "escalation_rules": [
                { "escalation_delay_in_minutes": 5, "targets": [{ "id": "s", "type": "schedule_reference" }, { "id": "u1", "type": "user_reference" }] },
            ] }],
            "services": [{ "id": "x", "name": service, "escalation_policy": { "id": "e" } }],
        });
        let export = Export::parse(&export.to_string()).unwrap();
        let (_, configuration) = loaded(pagerduty::read(&export, at("2026-02-01T00:00:00Z")).unwrap(), &Options::default());
        assert_eq!((configuration.contacts.len(), configuration.schedules.len(), configuration.escalation_plans.len()), (2, 1, 1));
    }
}
