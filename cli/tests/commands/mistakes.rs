//! What somebody sees who writes their first configuration and slips: every mistake of the table with the whole message, as
//! `mistakes.txt` beside this file has it. `UPDATE_EXPECT=1` writes that file anew, for reading through.

use std::fmt::Write;
use std::path::Path;

use reveille_cli::configuration::parse;

use crate::replaced::replaced;

/// A team's first configuration; each row of the table puts a mistake into it.
const TEAM: &str = r#"reveille: 1
defaults: { response_plan: everything-else, safety_contact: manager }

contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+84 3127 12 567", verified: true }
      mail: { type: email, address: natsu@devopsvn.tech, verified: true }
    engagement:
      - { after: 0, channels: [sms] }
      - { after: 5, channels: [sms, mail], every: 10, times: 3 }
  zeref:
    name: Zeref
    channels:
      sms: { type: sms, address: "+1 415 300 0101", verified: true }
  manager:
    name: The manager
    channels:
      chat: { type: slack, address: "https://hooks.slack.com/services/T0/B0/x", verified: true }

schedules:
  primary:
    rotations:
      - name: weekly
        time_zone: America/New_York
        start: 2026-01-05T09:00:00
        every: { weeks: 1 }
        members: [natsu, zeref]
        coverage: { MON: ["09:00-17:00"] }
    overrides:
      - { start: 2026-12-24T00:00:00Z, end: 2026-12-27T00:00:00Z, remove: natsu, add: zeref }

escalation_plans:
  on-call-first:
    stages:
      - { minutes: 5, targets: [{ schedule: primary }] }
      - { minutes: 10, targets: [natsu, zeref] }
    repeat: 2

response_plans:
  web:
    incident: { title: "Web: {{ title }}", impact: 2 }
    stages:
      - engage: [{ escalation_plan: on-call-first }]
        runbooks: [{ document: WebServerRestart, parameters: { InstanceId: ["{{ dimensions.InstanceId }}"] } }]
      - { after: 30, engage: [manager] }
  everything-else:
    stages: [{ engage: [natsu] }]

rules:
  - { match: { source: cloudwatch, name: "web-*" }, response_plan: web }

webhooks:
  grafana: { keys: ["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"] }
"#;

/// What somebody does, and what of [`TEAM`] becomes what by it.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("forgets the version", "reveille: 1\n", ""),
    ("writes the version of the program", "reveille: 1", "reveille: 0.1"),
    ("indents with a tab", "    name: Zeref", "\tname: Zeref"),
    ("forgets a quote", "name: \"web-*\" }", "name: \"web-* }"),
    ("forgets a bracket", "members: [natsu, zeref]", "members: [natsu, zeref"),
    ("writes a pattern without quotes", "name: \"web-*\"", "name: *-web"),
    ("writes a template without quotes", "title: \"Web: {{ title }}\"", "title: {{ title }}"),
    ("forgets the space behind a colon", "name: Zeref", "name:Zeref"),
    ("mistypes a section", "escalation_plans:", "escalation-plans:"),
    ("leaves the defaults out", "defaults: { response_plan: everything-else, safety_contact: manager }\n", ""),
    ("names a plan that is not there", "response_plan: everything-else,", "response_plan: default,"),
    ("writes a contact twice", "  zeref:\n    name: Zeref", "  natsu:\n    name: Zeref"),
    ("writes an alias as a name", "  zeref:\n    name", "  Zeref Black:\n    name"),
    ("mistypes a key", "    name: Natsu", "    nmae: Natsu"),
    ("writes a phone number without its country", "\"+84 3127 12 567\"", "\"0312 712 567\""),
    ("writes a phone number as people dial it at home", "\"+1 415 300 0101\"", "\"+44 (0)20 7946 0000\""),
    ("writes 00 for +", "\"+1 415 300 0101\"", "\"001 415 300 0101\""),
    ("leaves a digit out of a number", "\"+1 415 300 0101\"", "\"+1 4153\""),
    ("mistypes an e-mail address", "natsu@devopsvn.tech", "natsu.devopsvn.tech"),
    (
        "gives a phone an e-mail address",
        "type: email, address: natsu@devopsvn.tech",
        "type: email, address: \"+84 3127 12 567\"",
    ),
    ("mistypes a type", "type: email", "type: mail"),
    ("asks for a channel that there is not", "type: email", "type: push"),
    ("posts without encryption", "https://hooks.slack.com", "http://hooks.slack.com"),
    ("gives a chat a secret", "type: slack, ", "type: slack, secret: 0123456789abcdef0123456789abcdef, "),
    ("writes yes for true", "0101\", verified: true", "0101\", verified: yes"),
    ("forgets the type", "sms: { type: sms, address: \"+1", "sms: { address: \"+1"),
    ("names a channel that the contact does not have", "channels: [sms, mail], every", "channels: [sms, phone], every"),
    ("puts steps in the wrong order", "- { after: 0, channels: [sms] }", "- { after: 10, channels: [sms] }"),
    ("writes minutes with a unit", "after: 5, channels", "after: 5m, channels"),
    ("repeats without saying how often", "every: 10, times: 3", "times: 3"),
    ("writes a list without brackets", "channels: [sms] }", "channels: sms }"),
    ("lets a stage wait too long", "minutes: 10, targets", "minutes: 20160, targets"),
    ("writes a schedule as a target", "targets: [{ schedule: primary }]", "targets: [primary]"),
    ("mistypes an alias", "targets: [natsu, zeref]", "targets: [natsu, zerif]"),
    ("names somebody twice", "targets: [natsu, zeref]", "targets: [natsu, natsu]"),
    (
        "engages an escalation plan by its name alone",
        "engage: [{ escalation_plan: on-call-first }]",
        "engage: [on-call-first]",
    ),
    ("uses another word for it", "engage: [{ escalation_plan: on-call-first }]", "engage: [{ plan: on-call-first }]"),
    (
        "repeats without end a plan that nobody can stop",
        "{ schedule: primary }] }\n      - { minutes: 10, targets: [natsu, zeref] }\n    repeat: 2",
        "{ schedule: primary, essential: false }] }\n    repeat: forever",
    ),
    ("lets a plan stand in itself", "targets: [natsu, zeref]", "targets: [natsu, { plan: on-call-first }]"),
    ("mistypes a time zone", "America/New_York", "America/NewYork"),
    ("writes a zone's abbreviation", "America/New_York", "EST5"),
    ("writes a start without a time", "start: 2026-01-05T09:00:00", "start: 2026-01-05"),
    ("writes a start with an offset", "start: 2026-01-05T09:00:00", "start: 2026-01-05T09:00:00Z"),
    ("writes a period as a text", "every: { weeks: 1 }", "every: 1 week"),
    ("mistypes a period", "every: { weeks: 1 }", "every: { week: 1 }"),
    ("writes hours in another form", "[\"09:00-17:00\"]", "[\"9-17\"]"),
    ("writes a weekday in full", "{ MON: [", "{ Monday: ["),
    ("writes an instant without an offset", "start: 2026-12-24T00:00:00Z", "start: 2026-12-24T00:00:00"),
    ("ends an override before it starts", "end: 2026-12-27T00:00:00Z", "end: 2026-12-23T00:00:00Z"),
    ("writes an impact as a word", "impact: 2", "impact: high"),
    ("mistypes what is filled in", "{{ title }}", "{{ titel }}"),
    ("leaves a dimension's name out", "{{ dimensions.InstanceId }}", "{{ dimensions }}"),
    ("writes a stage that does nothing", "- { after: 30, engage: [manager] }", "- { after: 30 }"),
    ("writes a document with a space", "document: WebServerRestart", "document: Web Server Restart"),
    ("mistypes a source", "source: cloudwatch", "source: cloud_watch"),
    (
        "asks for what is not there yet",
        "  everything-else:\n",
        "    tell: { topics: [arn:aws:sns:eu-west-1:111122223333:ops] }\n  everything-else:\n",
    ),
    (
        "puts the key of a webhook into the file",
        "\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        "\"kPq7vN2mXr5tYw8zBc4dFg6hJk9lMn3s\"",
    ),
    (
        "writes one key without a list",
        "[\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]",
        "\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
    ),
    (
        "leaves a contact without channels",
        "    channels:\n      sms: { type: sms, address: \"+1 415 300 0101\", verified: true }\n",
        "",
    ),
    ("mistypes the only key of a stage", "- { after: 30, engage: [manager] }", "- { after: 30, enage: [manager] }"),
    ("writes minutes as hours", "{ after: 30, engage", "{ after: 1h, engage"),
    ("quotes a number", "{ after: 30, engage", "{ after: \"30\", engage"),
    ("gives an e-mail address to a phone", "\"+1 415 300 0101\"", "zeref@devopsvn.tech"),
    ("indents one space too few", "    channels:\n      chat", "   channels:\n      chat"),
    (
        "mistypes a section, and names in others",
        "rules:\n  - { match: { source: cloudwatch, name: \"web-*\" }, response_plan: web }",
        "rule:\n  - { match: { source: cloudwatch, name: \"web-*\" }, response_plan: led }",
    ),
    ("calls a section by its beginning", "escalation_plans:", "escalations:"),
    ("begins an alias with a capital", "  zeref:\n    name", "  Zeref:\n    name"),
    ("writes a cron expression", "every: { weeks: 1 }", "every: \"0 9 * * 1\""),
    ("writes typographic quotes", "\"+1 415 300 0101\"", "“+1 415 300 0101”"),
];

#[test]
fn every_mistake_says_what_is_wrong_where_and_what_to_do() {
    parse(TEAM, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    assert!(MISTAKES.len() >= 40);
    let mut found = String::new();
    for (what, from, to) in MISTAKES {
        let errors = parse(&replaced(TEAM, from, to), "team.yaml").expect_err(what);
        for error in errors.iter() {
            assert!(!error.remedy.is_empty() && error.line() > 0, "{what}: {errors}");
        }
        writeln!(found, "## Somebody {what}\n\n{errors}\n").expect("a text takes what is written to it");
    }
    for hidden in ["services/T0", "kPq7vN2m", "7946", "0123456789abcdef"] {
        assert!(!found.contains(hidden), "{hidden} is shown");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/mistakes.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &found).expect("it can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("the expected messages");
    let (mut left, mut right) = (expected.split("## "), found.split("## "));
    while let (Some(expected), Some(found)) = (left.next(), right.next()) {
        assert_eq!(found, expected, "UPDATE_EXPECT=1 writes tests/mistakes.txt anew");
    }
    assert_eq!(expected.len(), found.len());
}
