//! The language of scenarios: its forms, its mistakes, and what the command makes of a file.

use std::collections::BTreeSet;
use std::process::Output;

use reveille_cli::configuration::ConfigurationErrors;
use reveille_cli::scenario::{self, Broken, Played, Scenario, Told, vocabulary};
use reveille_tests::logs::Ears;
use serde_json::Value;

use crate::command::{command, root};

const DOCUMENT: &str = include_str!("../../../docs/SCENARIOS.md");

/// A configuration of two people, one of whom has two channels.
const CONFIG: &str = r#"
config:
  defaults: { response_plan: everything }
  contacts:
    natsu:
      name: Natsu
      channels:
        sms: { type: sms, address: "+1 555 0111", verified: true }
        mail: { type: email, address: natsu@example.com, verified: true }
    bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0112", verified: true } } }
  response_plans:
    everything: { stages: [ { engage: [natsu] }, { after: 5, engage: [bob] } ] }
script:
"#;

fn read(script: &str) -> Result<Scenario, ConfigurationErrors> {
    scenario::parse(&format!("{CONFIG}{script}"), "night.yaml", &root().join("examples"))
}

async fn played(script: &str) -> Played {
    let _ears = Ears::open();
    let scenario = read(script).unwrap_or_else(|errors| panic!("{script}\n{errors}"));
    scenario::play(&scenario, |_| {}).await.expect("it can be played")
}

/// Why the steps of a script did not come out.
async fn broken(script: &str) -> Vec<String> {
    played(script).await.broken.into_iter().flat_map(|Broken { reasons, .. }| reasons).collect()
}

#[tokio::test(start_paused = true)]
async fn every_form_of_a_step_says_the_same() {
    let signals = [
        "- { at: 0s, do: signal, name: web }",
        "- { at: 0, do: { signal: web } }",
        "- { at: 0m, do: { signal: { name: web } } }",
        "- { do: signal web }",
        "- do: [ { signal: web } ]",
    ];
    let expectations = [
        "- { at: 0s, do: expect, pages: [ { contact: natsu, channel: sms }, { contact: natsu, channel: email } ] }",
        "- { at: 0s, do: { expect: [natsu/sms, natsu/mail] } }",
        "- { at: 0s, do: { expect: [natsu/email, natsu/sms] } }",
        "- { at: 0s, do: { expect: [natsu] } }",
        "- { at: 0s, do: { expect: natsu } }",
        "- { at: 0s, do: expect natsu }",
        "- { at: 0s, do: { expect: [natsu: [sms, email]] } }",
        "- { at: 0s, do: { expect: [natsu: sms, natsu: email] } }",
        "- { at: 0s, do: { expect: { pages: [ { contact: natsu, channels: [sms, email] } ] } } }",
        "- { at: 0s, do: { expect: { contact: natsu } } }",
        "- { at: 0s, do: { expect: { natsu: [sms, email] } } }",
        "- { at: 0s, do: { expect: \"natsu sms, natsu:email\" } }",
        "- { at: 0s, do: { expect: [natsu sms, \"email:natsu\"] } }",
        "- { at: 0:00, do: { expect: [natsu by sms, \"natsu via email\"] } }",
        "- { at: 0s, do: { expect: [{ contact: natsu, via: sms, at: 0s }, { contact: natsu, via: email }] } }",
        "- { at: 0s, do: { expect: 2 } }",
        "- { at: 0s, do: [ { expect: [natsu] }, { expect: [] } ] }",
    ];
    for signal in signals {
        for expectation in expectations {
            let script = format!("  {signal}\n  {expectation}\n  - {{ do: {{ expect: [] }} }}\n");
            // Two that name the same key in one flow mapping are a mistake of YAML itself.
            let script = script.replace("[natsu: sms, natsu: email]", "[{ natsu: sms }, { natsu: email }]");
            assert_eq!(broken(&script).await, Vec::<String>::new(), "{script}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_expectation_is_exact_and_says_what_is_missing_and_what_is_too_much() {
    let rows = [
        ("[natsu/sms]", "pages: expected natsu/sms; found natsu/sms, natsu/email; unexpected natsu/email"),
        ("[]", "pages: expected nobody; found natsu/sms, natsu/email; unexpected natsu/sms, natsu/email"),
        ("[bob]", "pages: expected bob; found natsu/sms, natsu/email; missing bob; unexpected natsu/sms, natsu/email"),
        (
            "[natsu/sms, natsu/sms, natsu/email]",
            "pages: expected natsu/sms, natsu/sms, natsu/email; found natsu/sms, natsu/email; missing natsu/sms",
        ),
        ("3", "pages: expected 3 messages; found natsu/sms, natsu/email"),
        (
            "[{ contact: natsu, at: 1s }]",
            "pages: expected natsu at 2026-11-23T03:00:01Z; found natsu/sms, natsu/email; missing natsu at 2026-11-23T03:00:01Z; \
             unexpected natsu/sms, natsu/email",
        ),
        ("{ state: resolved }", "state: expected resolved, found open"),
        ("{ incidents: 2 }", "incidents: expected 2, found 1"),
        ("{ timeline: [nobody is there] }", "timeline: expected \"nobody is there\" at least once; found it 0 times"),
        (
            "{ timeline: [ { kind: page, contact: natsu, times: 1 } ] }",
            "timeline: expected page natsu once; found it 2 times",
        ),
    ];
    for (expected, reason) in rows {
        let script = format!("  - {{ do: {{ signal: web }} }}\n  - {{ at: 1s, do: {{ expect: {expected} }} }}\n");
        assert_eq!(broken(&script).await, [reason], "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_is_a_person_however_often_and_several_times_that_often() {
    let steps = "  - { do: { signal: one } }\n  - { at: 10m, do: { signal: two } }\n";
    for (expected, holds) in [
        ("[natsu, bob]", true),
        ("[natsu, natsu, bob]", true),
        ("[natsu, natsu, natsu, natsu, bob]", true),
        ("[natsu, natsu, natsu, bob]", false),
        ("[natsu]", false),
        ("[{ contact: natsu, incident: one }, { contact: natsu, incident: two }, bob]", true),
        ("[natsu/sms, natsu/sms, natsu/mail, natsu/mail, bob]", true),
    ] {
        let script = format!("{steps}  - {{ at: 11m, do: {{ expect: {expected} }} }}\n");
        assert_eq!(broken(&script).await.is_empty(), holds, "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_strangers_write_means_what_they_mean() {
    let scripts = [
        "- { do: { fail: sns } }\n  - { do: { signal: web } }\n  - { at: 1s, do: { expect: [natsu/mail] } }",
        "- { do: { fail: ses } }\n  - { do: { signal: web } }\n  - { at: 1s, do: { expect: [natsu/sms] } }",
        "- { do: { fail: natsu } }\n  - { do: { signal: web } }\n  - { at: 5m, do: { expect: [bob] } }",
        "- { do: { fail: [sns, ses] } }\n  - { do: { heal: all } }\n  - { do: { signal: web } }\n  - { do: { expect: [natsu/sms, natsu/mail] } }",
        "- { do: { signal: web } }\n  - { at: +1m, do: { snooze: natsu, for: 30m } }\n  - { at: 2m, do: { expect: { pages: [natsu], state: acknowledged } } }",
        "- { do: { signal: web } }\n  - { at: 0:05, do: { reply: \"natsu: ACK\" } }\n  - { at: 6s, do: { expect: { pages: [natsu], state: acknowledged } } }",
        "- { do: { signal: web } }\n  - { at: 0:05, do: { reply: \"natsu ACK\" } }\n  - { at: 6s, do: { expect: { pages: [natsu], state: acknowledged } } }",
        "- { do: { signal: web } }\n  - { at: 0:05, do: { reply: ACK } }\n  - { at: 6s, do: { expect: { pages: [natsu], state: acknowledged } } }",
        "- { do: { signal: { name: one, dedupe: same, severity: 2, response_plan: everything } } }\n  - { do: { signal: { name: two, dedupe_key: same, plan: everything } } }\n  - { do: { expect: { incidents: 1 } } }",
    ];
    for script in scripts {
        assert_eq!(broken(&format!("  {script}\n")).await, Vec::<String>::new(), "{script}");
    }
}

/// Everybody but Natsu stays, and the configuration is whole.
const WITHOUT_NATSU: &str = r#"
        reveille: 1
        defaults: { response_plan: everything }
        contacts: { bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0112", verified: true } } } }
        response_plans: { everything: { stages: [ { engage: [bob] } ] } }
"#;

#[tokio::test(start_paused = true)]
async fn whoever_has_left_can_be_expected_and_answers_and_cannot_be_asked() {
    let script = |last: &str| {
        let apply = format!("  - at: 1m\n    do:\n      apply:{WITHOUT_NATSU}");
        format!(
            "  - {{ do: {{ signal: web }} }}\n{apply}  - {{ at: 1m, do: {{ expect: [natsu/sms, natsu/mail] }} }}\n  - {{ at: 2m, do: {last} }}\n"
        )
    };
    assert_eq!(broken(&script("[ { ack: natsu }, { expect: { state: acknowledged } } ]")).await, Vec::<String>::new());
    let errors = read(&script("{ reassign: natsu }")).expect_err("nobody can be asked who is not there");
    assert!(errors.to_string().contains("there is no contact `natsu`"), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_a_finding_with_its_place() {
    let played =
        played("  - { do: { ack: natsu } }\n  - { at: 1m, do: { recover: web } }\n  - { do: resolve }\n").await;
    let found: Vec<(&str, &str)> =
        played.broken.iter().map(|broken| (broken.place.as_str(), broken.reasons[0].as_str())).collect();
    assert_eq!(
        found,
        [
            ("night.yaml:14:13", "natsu has been sent no link to open, so cannot answer"),
            ("night.yaml:16:11", "there is no incident yet"),
        ]
    );
}

#[test]
fn a_mistake_names_its_place_and_a_remedy() {
    let rows = [
        ("- { do: { signall: web } }", 14, 13, "there is no verb `signall`", "did you mean `signal`?"),
        ("- { do: { ack: nastu } }", 14, 18, "there is no contact `nastu`", "did you mean `natsu`?"),
        ("- { at: soon, do: signal }", 14, 11, "`at` cannot be `soon`", "write a time like `5m`"),
        ("- { at: 5m }", 14, 5, "the step has no `do`", "write `- { at: 5m, do: { ack: natsu } }`"),
        ("- { at: 5m, ack: natsu }", 14, 5, "the step has no `do`", "write `do: { ack: … }`"),
        ("- { do: { expect: [natsu/voice] } }", 14, 22, "natsu has no channel `voice`", "write a kind of channel"),
        ("- { do: { expect: [natsu/smms] } }", 14, 22, "natsu has no channel `smms`", "did you mean `sms`?"),
        ("- { do: expect }", 14, 11, "`expect` expects nothing in particular", "write `expect: []`"),
        ("- { do: { reply: \"nastu: ACK\" } }", 14, 20, "there is no contact `nastu`", "did you mean `natsu`?"),
        (
            "- { do: { signal: { plan: a, response_plan: b } } }",
            14,
            47,
            "`response_plan` is another name of `plan`",
            "leave one",
        ),
        ("- { do: { fail: smms } }", 14, 19, "nobody has a channel `smms`", "did you mean `sms`?"),
        ("- { do: fail }", 14, 11, "`fail` does not say what fails", "write `fail: sms`"),
        ("- { do: { signal: { naem: web } } }", 14, 23, "unknown key `naem` in `signal`", "did you mean `name`?"),
        ("- { do: { signal: { event: no.json } } }", 14, 30, "there is no file `no.json`", "name a file by its path"),
        ("- { at: 2026-11-23T04:00:00Z, do: signal }", 14, 11, "`at` is an instant", "write `start:`"),
        ("- { at: 400d, do: signal }", 14, 11, "`400d` is before the beginning, or more than", "write a time"),
        (
            "- { do: { apply: { response_plans: { everything: { stages: [ { engage: [eve] } ] } } } } }",
            14,
            75,
            "there is no contact `eve`",
            "add it",
        ),
        (
            "- { do: { signal: { name: web, source: health } } }",
            14,
            42,
            "`signal` has no form of its own",
            "send one of its events",
        ),
    ];
    for (step, line, column, message, remedy) in rows {
        let errors = read(&format!("  {step}\n")).expect_err(step);
        let error = errors.iter().next().expect("there is one");
        assert_eq!(
            (error.file.as_str(), error.line(), error.column()),
            ("night.yaml", line, column),
            "{step}\n{errors}"
        );
        assert!(error.message.starts_with(message), "{step}\n{errors}");
        assert!(error.remedy.starts_with(remedy), "{step}\n{errors}");
        assert_eq!(errors.iter().count(), 1, "{step}\n{errors}");
    }
    let back = read("  - { at: 5m, do: signal }\n  - { at: 1m, do: signal }\n").expect_err("it goes back");
    assert!(back.to_string().contains("the script goes back in time"), "{back}");
}

#[test]
fn a_file_without_its_parts_says_which() {
    let of = |text: &str| scenario::parse(text, "night.yaml", &root()).expect_err(text).to_string();
    assert!(of("script: []\n").contains("the scenario has no `config`"));
    assert!(of("config: examples/minimal.yaml\n").contains("the scenario has no `script`"));
    assert!(of("config: examples/no.yaml\nscript: []\n").contains("there is no file `examples/no.yaml`"));
    assert!(of("config: {}\nscript: []\n").contains("has no `contacts`"));
    assert!(of("steps: []\n").contains("unknown key `steps` in the scenario"));
    // A mistake in another file is shown as that file's.
    let file = std::env::temp_dir().join(format!("reveille-scenario-{}.yaml", std::process::id()));
    std::fs::write(&file, "reveille: 1\ncontakts: {}\n").expect("the file can be written");
    let errors = of(&format!("config: {}\nscript: []\n", file.display()));
    drop(std::fs::remove_file(&file));
    assert!(errors.contains(&format!("{}:2:1", file.display())), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn instants_count_where_the_file_says_when_it_begins() {
    let script = "  - { at: 2026-01-05T09:00:00Z, do: { signal: web } }\n  - { at: 2026-01-05T10:00:00+01:00, do: { expect: [natsu] } }\n";
    let text = format!("start: 2026-01-05T08:00:00Z{CONFIG}{script}");
    let scenario = scenario::parse(&text, "night.yaml", &root()).unwrap_or_else(|errors| panic!("{errors}"));
    let mut lines = Vec::new();
    let played = scenario::play(&scenario, |told| {
        if let Told::Line { line, at, .. } = told {
            lines.push((line.at, at));
        }
    });
    assert_eq!(played.await.expect("it can be played").broken, []);
    assert_eq!(lines.first(), Some(&(0.0, 3_600.0)), "programs count from the signal, people from the beginning");
}

fn reveille(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command runs")
}

#[test]
fn the_command_passes_fails_and_refuses() {
    let good = reveille(&["scenario", "tests/scenarios/three-engineers-nobody-answers.yaml"]);
    let text = String::from_utf8_lossy(&good.stdout).into_owned();
    assert_eq!(good.status.code(), Some(0), "{text}");
    assert!(text.contains("✓ paged: bob/sms, bob/email"), "{text}");
    let json = reveille(&["scenario", "tests/scenarios/three-engineers-nobody-answers.yaml", "--json"]);
    let lines: Vec<Value> =
        String::from_utf8_lossy(&json.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let keys = ["at", "channel", "contact", "incident", "kind", "outcome", "stage", "text"];
    assert!(lines.iter().all(|line| line.as_object().expect("an object").keys().eq(keys)));
    let pages = lines.iter().filter(|line| line["kind"] == "page" && line["contact"] == "bob");
    assert_eq!(pages.map(|page| page["at"].as_f64()).collect::<Vec<_>>(), [Some(300.0), Some(300.0)]);

    let file = std::env::temp_dir().join(format!("reveille-night-{}.yaml", std::process::id()));
    std::fs::write(&file, format!("{CONFIG}  - {{ do: {{ signal: web }} }}\n  - {{ do: {{ expect: [] }} }}\n"))
        .expect("written");
    let path = file.to_str().expect("text");
    let (bad, bad_json) = (reveille(&["scenario", path]), reveille(&["scenario", path, "--json"]));
    drop(std::fs::remove_file(&file));
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("pages: expected nobody; found natsu/sms, natsu/email"));
    assert_eq!(bad_json.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad_json.stderr).contains("pages: expected nobody; found natsu/sms, natsu/email"));
    assert_eq!(reveille(&["scenario"]).status.code(), Some(2));
    assert_eq!(reveille(&["scenario", "examples/minimal.yaml"]).status.code(), Some(1));
}

#[test]
fn the_document_has_every_word_of_the_language() {
    let missing: BTreeSet<(&str, &str)> =
        vocabulary().filter(|(_, key)| !DOCUMENT.contains(&format!("`{key}`"))).collect();
    assert_eq!(missing, BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn the_examples_of_the_document_come_out_as_they_are_written() {
    let blocks = DOCUMENT.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let mut whole = 0;
    for block in blocks {
        let text = if block.contains("script:") {
            block.to_owned()
        } else {
            format!("config: three-engineers.yaml\nscript:\n{block}")
        };
        whole += usize::from(block.contains("script:"));
        let scenario = scenario::parse(&text, "docs/SCENARIOS.md", &root().join("examples"))
            .unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        let played = scenario::play(&scenario, |_| {}).await.expect("it can be played");
        assert_eq!(played.broken, [], "{text}");
    }
    assert!(whole > 0, "the document shows a whole file");
}
