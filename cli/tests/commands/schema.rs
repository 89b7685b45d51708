//! The schema for editors: it takes what the program takes, refuses what people mistype, and stands in the repository as the
//! command prints it.

use std::collections::BTreeSet;

use reveille_cli::configuration::{SchemaOf, meanings, parse, schema, vocabulary};
use serde_json::{Value, json};

use crate::command::{command, root};
use crate::json_schema::{Broken, Schema};
use crate::replaced::replaced;

fn validator(of: SchemaOf) -> Schema {
    Schema(schema(of))
}

fn yaml(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What the schema has against a file.
fn wrong(validator: &Schema, instance: &Value) -> Vec<Broken> {
    validator.broken(instance)
}

/// The YAML files of a folder, with their names.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("text"))).collect()
}

#[test]
fn every_example_and_every_configuration_of_a_scenario_is_valid() {
    let validator = validator(SchemaOf::File);
    let mut seen = 0;
    for (name, text) in files("examples") {
        assert_eq!(wrong(&validator, &yaml(&text)), Vec::<Broken>::new(), "{name}");
        seen += 1;
    }
    for (name, text) in files("tests/scenarios") {
        let mut configuration = yaml(&text)["config"].clone();
        let Some(fields) = configuration.as_object_mut().filter(|fields| fields.contains_key("contacts")) else {
            continue;
        };
        // Beside a script the version may be left out.
        fields.entry("reveille").or_insert(json!(1));
        assert_eq!(wrong(&validator, &configuration), Vec::<Broken>::new(), "{name}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} configurations");
}

#[test]
fn the_schema_has_every_key_of_the_language_and_no_other() {
    let schema = schema(SchemaOf::File);
    let keys =
        |of: &Value| -> Vec<String> { of["properties"].as_object().expect("properties").keys().cloned().collect() };
    let mut found: BTreeSet<(String, String)> =
        keys(&schema).into_iter().map(|key| ("the file".to_owned(), key)).collect();
    for definition in schema["$defs"].as_object().expect("definitions").values() {
        let section = definition["title"].as_str().expect("a title");
        found.extend(keys(definition).into_iter().map(|key| (section.to_owned(), key)));
    }
    let known: BTreeSet<(String, String)> =
        vocabulary().map(|(section, key)| (section.to_owned(), key.to_owned())).collect();
    assert_eq!(found, known);
}

#[test]
fn every_key_says_what_it_means_and_the_document_says_the_same() {
    let schema = schema(SchemaOf::File);
    let definitions = schema["$defs"].as_object().expect("definitions").values();
    for of in definitions.chain([&schema]) {
        for (key, property) in of["properties"].as_object().expect("properties") {
            let description = property["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty() && !description.contains("]("), "{key} of {}", of["title"]);
        }
    }
    // What the document tells in sentences of its own, it has no row for.
    let told = [
        "every",
        "a hand-off",
        "coverage",
        "an override",
        "a swap",
        "a temporary schedule",
        "tell",
        "a shift of a temporary schedule",
        "a notice",
    ];
    let document = std::fs::read_to_string(root().join("docs/CONFIGURATION.md")).expect("the document");
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with('|')).collect();
    for (section, key, meaning) in meanings().filter(|(section, _, _)| !told.contains(section)) {
        let is_there = rows.iter().any(|row| {
            let names = row.split('|').nth(1).unwrap_or_default();
            names.contains(&format!("`{key}`")) && row.ends_with(&format!("| {meaning} |"))
        });
        assert!(is_there, "`{key}` of {section} has no row that ends with | {meaning} |");
    }
}

#[test]
fn the_repository_holds_what_the_command_prints() {
    for (arguments, file) in [
        (&["schema"][..], "docs/schema/reveille.schema.json"),
        (&["schema", "--part"][..], "docs/schema/reveille-part.schema.json"),
    ] {
        let output = command(arguments).output().expect("the command runs");
        assert!(output.status.success());
        let printed = String::from_utf8(output.stdout).expect("text");
        let stored = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(printed == stored, "make it again: reveille {} > {file}", arguments.join(" "));
    }
}

/// A valid file with something of everything; rows of the tables below put mistakes into it.
const VALID: &str = r#"reveille: 1
defaults: { response_plan: everything, safety_contact: bob }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+84 3127 12 567", verified: true }
      mail: { type: email, address: natsu@devopsvn.tech }
      hook: { type: webhook, address: "https://pager.devopsvn.tech/in", secret: 0123456789abcdef0123456789abcdef }
    engagement:
      - { after: 0, channels: [sms, mail] }
      - { after: 2, channels: [sms], every: 3, times: until_acknowledged }
    engagement_by_impact: { 4: [ { channels: [mail] } ] }
  bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0101", verified: true } } }
schedules:
  primary:
    layers: upper
    rotations:
      - name: weekly
        time_zone: America/New_York
        start: 2026-01-05T09:00:00
        every: { weeks: 1 }
        handoffs: [ { day: MON, at: "09:00" } ]
        members: [natsu, bob]
        on_call: 1
        coverage: { MON: ["09:00-17:00"], SAT: ["22:00-06:00"] }
    overrides:
      - { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: bob }
    notices: [ { before_minutes: 60 } ]
escalation_plans:
  both-of-them:
    stages:
      - { minutes: 5, targets: [natsu, { schedule: primary }] }
      - { minutes: 10, targets: [ { contact: bob, essential: false } ], when: { impact: [1, 2], weekdays: MON, time: "09:00-17:00", time_zone: UTC } }
    repeat: 2
response_plans:
  everything:
    incident: { title: "{{ title }}", impact: 2, tags: { team: web } }
    stages:
      - runbooks: [ { document: WebServerRestart, parameters: { InstanceId: ["{{ dimensions.InstanceId }}"] } } ]
        engage: [natsu]
      - { after: 5, unless: acknowledged, engage: [ { escalation_plan: both-of-them } ] }
    tell: { topics: [], chat: [] }
rules:
  - { match: { source: cloudwatch, name: "web-*", account: "*" }, response_plan: everything }
webhooks:
  grafana:
    keys: ["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]
"#;

/// What of [`VALID`] becomes what, and where the schema sees it.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("reveille: 1\n", "", ""),
    ("reveille: 1", "reveille: 2", "/reveille"),
    ("rules:", "rule:", "/rule"),
    ("defaults: { response_plan: everything, safety_contact: bob }\n", "", ""),
    ("response_plan: everything, safety", "safety", "/defaults"),
    ("    name: Natsu", "    nmae: Natsu", "/contacts/natsu"),
    ("name: Bob", "name: \"\"", "/contacts/bob/name"),
    ("  bob: { name", "  Bob Smith: { name", "/contacts"),
    ("type: email", "type: emial", "/contacts/natsu/channels/mail/type"),
    ("type: email, address: natsu@devopsvn.tech", "type: email", "/contacts/natsu/channels/mail"),
    ("\"+84 3127 12 567\"", "\"0312712567\"", "/contacts/natsu/channels/sms/address"),
    ("natsu@devopsvn.tech", "natsu.devopsvn.tech", "/contacts/natsu/channels/mail/address"),
    ("https://pager", "http://pager", "/contacts/natsu/channels/hook/address"),
    ("secret: 0123456789abcdef0123456789abcdef", "secret: short", "/contacts/natsu/channels/hook/secret"),
    (
        "type: email, address",
        "type: email, secret: 0123456789abcdef0123456789abcdef, address",
        "/contacts/natsu/channels/mail/type",
    ),
    ("\"+1 555 0101\", verified: true", "\"+1 555 0101\", verified: yes", "/contacts/bob/channels/sms/verified"),
    ("after: 2,", "after: 10081,", "/contacts/natsu/engagement"),
    ("every: 3, times: until_acknowledged", "times: 3", "/contacts/natsu/engagement"),
    ("times: until_acknowledged", "times: always", "/contacts/natsu/engagement"),
    ("channels: [sms, mail]", "channels: sms", "/contacts/natsu/engagement"),
    ("channels: [sms, mail]", "channels: []", "/contacts/natsu/engagement"),
    ("{ 4: [ {", "{ 6: [ {", "/contacts/natsu/engagement_by_impact"),
    ("layers: upper", "layers: top", "/schedules/primary/layers"),
    ("every: { weeks: 1 }", "every: { weeks: 1, days: 1 }", "/schedules/primary/rotations/0/every"),
    ("every: { weeks: 1 }", "every: { weeks: 101 }", "/schedules/primary/rotations/0/every"),
    ("every: { weeks: 1 }", "every: 1w", "/schedules/primary/rotations/0/every"),
    ("start: 2026-01-05T09:00:00", "start: 2026-01-05", "/schedules/primary/rotations/0/start"),
    ("day: MON,", "day: Monday,", "/schedules/primary/rotations/0/handoffs"),
    ("at: \"09:00\"", "at: \"9:00\"", "/schedules/primary/rotations/0/handoffs"),
    ("SAT: [\"22:00-06:00\"]", "SATURDAY: [\"22:00-06:00\"]", "/schedules/primary/rotations/0/coverage"),
    ("SAT: [\"22:00-06:00\"]", "SAT: [\"22-06\"]", "/schedules/primary/rotations/0/coverage"),
    ("members: [natsu, bob]", "members: []", "/schedules/primary/rotations/0/members"),
    ("start: 2026-12-24T00:00:00Z", "start: 2026-12-24T00:00:00", "/schedules/primary/overrides"),
    (", remove: natsu, add: bob", "", "/schedules/primary/overrides"),
    ("before_minutes: 60", "before: 60", "/schedules/primary/notices"),
    ("minutes: 10,", "minutes: ten,", "/escalation_plans/both-of-them/stages/1/minutes"),
    ("{ minutes: 5, targets", "{ targets", "/escalation_plans/both-of-them/stages/0"),
    (
        "{ schedule: primary }",
        "{ schedule: primary, contact: bob }",
        "/escalation_plans/both-of-them/stages/0/targets/1",
    ),
    ("{ schedule: primary }", "{ rota: primary }", "/escalation_plans/both-of-them/stages/0/targets/1"),
    (", time_zone: UTC", "", "/escalation_plans/both-of-them/stages/1/when"),
    ("repeat: 2", "repeat: -1", "/escalation_plans/both-of-them/repeat"),
    ("impact: 2,", "impact: high,", "/response_plans/everything/incident/impact"),
    ("team: web", "team: \"{{ account }}\"", "/response_plans/everything/incident/tags/team"),
    ("document: WebServerRestart", "document: Web Server", "/response_plans/everything/stages/0/runbooks"),
    ("unless: acknowledged", "unless: acked", "/response_plans/everything/stages/1/unless"),
    (
        "{ after: 5, unless: acknowledged, engage: [ { escalation_plan: both-of-them } ] }",
        "{ after: 5 }",
        "/response_plans/everything/stages/1",
    ),
    ("topics: []", "topics: [x]", "/response_plans/everything/tell/topics"),
    ("source: cloudwatch", "source: cloud-watch", "/rules/0/match/source"),
    ("name: \"web-*\"", "name: \"\"", "/rules/0/match/name"),
    (
        "\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        "opensesame",
        "/webhooks/grafana/keys/0",
    ),
];

#[test]
fn typical_mistakes_are_refused_where_they_stand_as_the_program_refuses_them() {
    let validator = validator(SchemaOf::File);
    assert_eq!(wrong(&validator, &yaml(VALID)), Vec::<Broken>::new());
    parse(VALID, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    let mut missed = Vec::new();
    for (from, to, place) in MISTAKES {
        let text = replaced(VALID, from, to);
        assert!(parse(&text, "team.yaml").is_err(), "the program takes {to:?}");
        let instance = yaml(&text);
        let found: Vec<String> = validator.broken(&instance).into_iter().map(|broken| broken.place).collect();
        // A choice between forms is refused as a whole: the place is that of the choice or above it.
        let near = |found: &String| {
            found == place
                || (!found.is_empty() && place.starts_with(found.as_str()))
                || (!place.is_empty() && found.starts_with(place))
        };
        if !found.iter().any(near) {
            missed.push(format!("{to:?}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_the_program_takes_in_another_form_the_schema_takes_too() {
    let validator = validator(SchemaOf::File);
    let rows = [
        (
            "rules:\n  - { match: { source: cloudwatch, name: \"web-*\", account: \"*\" }, response_plan: everything }\n",
            "rules:\n",
        ),
        ("account: \"*\"", "account: 012345678901"),
        ("\"+84 3127 12 567\"", "+84312712567"),
        ("source: cloudwatch", "source: \"*\""),
        ("repeat: 2", "repeat: forever"),
        ("weekdays: MON", "weekdays: [MON, TUE]"),
        ("impact: [1, 2]", "impact: 1"),
        ("InstanceId: [\"{{ dimensions.InstanceId }}\"]", "InstanceId: \"{{ dimensions.InstanceId }}\""),
        ("time: \"09:00-17:00\", time_zone", "time: \"00:00-24:00\", time_zone"),
        ("start: 2026-12-24T00:00:00Z", "start: 2026-12-24T09:00:00-05:00"),
        ("every: { weeks: 1 }", "every: { months: 3 }"),
        ("day: MON,", "day: MON ,"),
    ];
    for (from, to) in rows {
        let text = replaced(VALID, from, to).replace(
            "every: { months: 3 }\n        handoffs: [ { day: MON,",
            "every: { months: 3 }\n        handoffs: [ { day: 31,",
        );
        parse(&text, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(wrong(&validator, &yaml(&text)), Vec::<Broken>::new(), "{to:?}");
    }
}

#[test]
fn a_file_of_a_folder_may_lack_what_another_one_has() {
    let text =
        "reveille: 1\ncontacts:\n  bob: { name: Bob, channels: { sms: { type: sms, address: \"+1 555 0101\" } } }\n";
    assert_eq!(wrong(&validator(SchemaOf::FileOfAFolder), &yaml(text)), Vec::<Broken>::new());
    assert!(!wrong(&validator(SchemaOf::File), &yaml(text)).is_empty());
    assert!(!wrong(&validator(SchemaOf::FileOfAFolder), &yaml(&text.replace("reveille: 1\n", ""))).is_empty());
}

#[test]
fn numbers_have_the_same_limits_in_both() {
    let validator = validator(SchemaOf::File);
    let rows = [
        ("minutes: 10,", "minutes: N,", 0, 10_080),
        ("repeat: 2", "repeat: N", 0, 1_000),
        ("times: until_acknowledged", "times: N", 1, 1_000),
        ("every: 3,", "every: N,", 1, 10_080),
        ("impact: 2,", "impact: N,", 1, 5),
        ("impact: [1, 2]", "impact: N", 1, 5),
        ("before_minutes: 60", "before_minutes: N", 1, 10_080),
        ("every: { weeks: 1 }", "every: { weeks: N }", 1, 100),
        ("tell: {", "repage_after: N\n    tell: {", 1, 10_080),
    ];
    for (from, to, least, most) in rows {
        for (number, is_valid) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
            let text = replaced(VALID, from, &to.replace('N', &number.to_string()));
            assert_eq!(parse(&text, "team.yaml").is_ok(), is_valid, "the program: {to:?} with {number}");
            assert_eq!(wrong(&validator, &yaml(&text)).is_empty(), is_valid, "the schema: {to:?} with {number}");
        }
    }
}
