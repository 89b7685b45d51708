//! `reveille simulate`: nights with the examples, as they are printed; and what they have in common with scenarios.
//!
//! The expected lines stand in `cli/tests/nights/`, a file each. `REVEILLE_BLESS=1 cargo test --test commands simulate` writes them
//! anew: read the difference before it is committed.

use std::process::Output;

use reveille_cli::scenario::{self, Told};
use reveille_tests::logs::Ears;
use serde_json::Value;

use crate::command::{command, root};

const MONDAY_NIGHT: &str = "2026-11-23T03:00:00Z";

/// Each night: the name of its file, and what is typed behind `simulate`.
const NIGHTS: [(&str, &[&str]); 9] = [
    ("nobody-answers.jsonl", &["examples/three-engineers.yaml", "--plan", "critical-web-application", "--json"]),
    ("nobody-answers.txt", &["examples/three-engineers.yaml", "--plan", "critical-web-application"]),
    (
        "the-first-answers.jsonl",
        &[
            "examples/three-engineers.yaml",
            "--event",
            "events/alarm-web-unhealthy.json",
            "--ack",
            "natsu@+2m",
            "--resolve",
            "@+4m",
            "--json",
        ],
    ),
    (
        "answers-and-snoozes.txt",
        &[
            "examples/three-engineers.yaml",
            "--event",
            "events/alarm-web-unhealthy.json",
            "--ack",
            "bob@+7m",
            "--snooze",
            "natsu@+2m/5m",
            "--recover",
            "+9m",
        ],
    ),
    (
        "sms-fails.jsonl",
        &[
            "examples/three-engineers.yaml",
            "--plan",
            "web-application",
            "--fail",
            "sms",
            "--ack",
            "igneel@+12m",
            "--json",
        ],
    ),
    ("out-of-capacity.txt", &["examples/three-engineers.yaml", "--plan", "out-of-capacity", "--ack", "@+1m"]),
    ("on-call.txt", &["examples/on-call.yaml", "--plan", "service", "--for", "12m"]),
    (
        "an-alert-of-alertmanager.txt",
        &[
            "examples/three-engineers.yaml",
            "--event",
            "events/alertmanager-v4-iris.json",
            "--plan",
            "web-application",
            "--ack",
            "natsu@+1m",
        ],
    ),
    ("minimal.jsonl", &["examples/minimal.yaml", "--plan", "everything", "--escalate", "me@+3m", "--json"]),
];

/// `reveille simulate`, with nothing of AWS around it.
fn simulate(arguments: &[&str]) -> Output {
    command(&[&["simulate"], arguments].concat()).env_clear().output().expect("the command runs")
}

fn at_night(arguments: &[&str]) -> Output {
    simulate(&[arguments, &["--at", MONDAY_NIGHT]].concat())
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    out(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn every_night_is_printed_as_it_is_written() {
    let folder = root().join("cli/tests/nights");
    let mut wrong = Vec::new();
    for (name, arguments) in NIGHTS {
        let output = at_night(arguments);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", err(&output));
        let (path, printed) = (folder.join(name), out(&output));
        if std::env::var_os("REVEILLE_BLESS").is_some() {
            std::fs::write(&path, &printed).expect("the file can be written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if printed != expected {
            wrong.push(format!("{name}: expected\n{expected}\nprinted\n{printed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let files = std::fs::read_dir(&folder).expect("the nights").count();
    assert_eq!(files, NIGHTS.len(), "every file is of a night");
}

/// The same night as options and as a scenario: same incidents, same instants, same people, same words.
#[tokio::test(start_paused = true)]
async fn a_night_is_the_scenario_that_says_the_same() {
    let rows: [(&[&str], &str); 3] = [
        (
            &["--ack", "natsu@+2m", "--resolve", "bob@+8m"],
            "{ at: 2m, do: { ack: natsu } }, { at: 8m, do: { resolve: bob } }",
        ),
        (
            &["--fail", "natsu/sms", "--snooze", "natsu@+1m/3m", "--recover", "6m"],
            "{ at: 1m, do: { snooze: natsu, for: 3m } }, { at: 6m, do: { recover: web-unhealthy-host } }",
        ),
        (
            &["--escalate", "@+1m", "--ack", "manager@+20m"],
            "{ at: 1m, do: escalate }, { at: 20m, do: { ack: manager } }",
        ),
    ];
    for (options, steps) in rows {
        let typed = ["examples/three-engineers.yaml", "--event", "events/alarm-web-unhealthy.json", "--json"];
        let night = lines(&at_night(&[&typed[..], options].concat()));
        let broken = if options.contains(&"--fail") { "{ do: { fail: natsu/sms } }, " } else { "" };
        let text = format!(
            "config: examples/three-engineers.yaml\nstart: {MONDAY_NIGHT}\nscript: [ {broken}\
             {{ do: {{ signal: {{ event: events/alarm-web-unhealthy.json }} }} }}, {steps}, {{ at: 24h, do: wait }} ]\n"
        );
        let written = scenario::parse(&text, "night.yaml", &root()).unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        let mut told = Vec::new();
        let _ears = Ears::open();
        let played = scenario::play(&written, |news| {
            if let Told::Line { line, .. } = news {
                told.push(serde_json::to_value(&line).expect("a line is JSON"));
            }
        });
        assert_eq!(played.await.expect("it can be played").broken, [], "{text}");
        assert_eq!(night.len(), told.len(), "{options:?}");
        for (typed, written) in night.iter().zip(&told) {
            for member in ["at", "kind", "incident", "contact", "channel", "stage", "outcome"] {
                assert_eq!(typed[member], written[member], "{options:?}: {member} of {typed}");
            }
            let (typed, written) = (typed["text"].as_str().expect("text"), written["text"].as_str().expect("text"));
            assert!(typed.starts_with(written), "{options:?}: {typed:?} is {written:?} and what was sent");
        }
    }
}

#[test]
fn who_is_on_call_at_that_instant_is_asked() {
    let rows = [
        ("2026-11-24T03:00:00Z", "natsu"),
        ("2026-12-24T03:00:00Z", "igneel"),
        ("2026-11-24T15:00:00Z", "zeref"),
        ("2026-11-28T12:00:00Z", "bob"),
    ];
    for (at, expected) in rows {
        let output = simulate(&["examples/on-call.yaml", "--plan", "service", "--at", at, "--for", "1m", "--json"]);
        let first = lines(&output).into_iter().find(|line| line["kind"] == "page" && line["contact"] != "war-room");
        let first = first.unwrap_or_else(|| panic!("somebody is asked at {at}"));
        assert_eq!((&first["contact"], first["at"].as_f64()), (&Value::from(expected), Some(0.0)), "{at}");
    }
}

#[test]
fn the_text_of_a_page_is_what_is_sent_and_addresses_are_masked() {
    let output = at_night(&["examples/three-engineers.yaml", "--plan", "critical-web-application"]);
    let told = out(&output);
    for expected in [
        "+0:00  page          natsu is paged by sms, +84•••••567\n",
        "│ simulated-alarm\n                         │ Impact 1 critical, since 03:00 UTC. ",
        "│ Subject: [impact 1] simulated-alarm\n",
        "│ InstanceId: i-",
        "last resort  after 10:00: the operators are told\n",
    ] {
        assert!(told.contains(expected), "{expected:?} in {told}");
    }
    for address in ["+84312712567", "natsu@devopsvn.tech", "+15550103"] {
        assert!(!told.contains(address), "{address} is masked: {told}");
    }
}

#[test]
fn an_answer_of_somebody_who_has_not_been_asked_is_told_and_fails() {
    let typed =
        ["examples/three-engineers.yaml", "--plan", "web-application", "--ack", "igneel@+2m", "--ack", "natsu@+3m"];
    let people = at_night(&typed);
    assert_eq!(people.status.code(), Some(1));
    let expected = "+2:00  ✗ --ack igneel@+2m: igneel has been sent no link to open, so cannot answer\n";
    assert!(out(&people).contains(expected), "{}", out(&people));
    assert!(out(&people).contains("natsu has it"), "what can be done is done: {}", out(&people));
    let programs = lines(&at_night(&[&typed[..], &["--json"]].concat()));
    let told = programs.iter().find(|line| line["outcome"] == "not_done").expect("a line");
    assert_eq!((told["kind"].as_str(), told["at"].as_f64()), (Some("error"), Some(120.0)));
    assert!(told["incident"].as_str().is_some_and(|id| !id.is_empty()), "{told}");
}

#[test]
fn what_repeats_for_ever_ends_when_it_has_shown_itself() {
    let forever = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu:
    name: Natsu
    channels:
      phone: { type: voice, address: "+84 3127 12 567", verified: true }
      sms: { type: sms, address: "+84 3127 12 567", verified: true }
    engagement: [{ after: 0, channels: [phone, sms], every: 2, times: until_acknowledged }]
escalation_plans:
  again: { stages: [{ minutes: 5, targets: [natsu] }], repeat: forever }
response_plans:
  everything: { stages: [{ engage: [{ escalation_plan: again }] }] }
  natsu: { stages: [{ engage: [natsu] }] }
  later: { stages: [{ engage: [natsu] }, { after: 300, engage: [natsu] }] }
"#;
    let file = std::env::temp_dir().join(format!("reveille-forever-{}.yaml", std::process::id()));
    std::fs::write(&file, forever).expect("the file can be written");
    let path = file.to_str().expect("text");
    let rows: [(&[&str], &str); 4] = [
        (&["--plan", "everything"], "it would go on like this after 15:00; --for looks further"),
        (&["--plan", "everything", "--for", "30m"], "it would go on like this after 30:00; --for looks further"),
        (&["--plan", "natsu"], "it would go on like this after 4:00; --for looks further"),
        (
            &["--plan", "later", "--ack", "natsu@+1m"],
            "acknowledged, not resolved; it would go on like this after 5:04:00; --for looks further",
        ),
    ];
    for (options, end) in rows {
        let output = at_night(&[&[path], options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(out(&output).contains(end), "{options:?}: {}", out(&output));
    }
    drop(std::fs::remove_file(&file));
}

#[test]
fn what_opens_nothing_says_why() {
    let output = at_night(&["examples/three-engineers.yaml", "--event", "events/alarm-web-unhealthy-ok.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let told = out(&output);
    assert!(
        told.starts_with("web-unhealthy-host, recovered\n") && told.contains("no incident has been opened"),
        "{told}"
    );
}

#[test]
fn what_is_typed_wrong_ends_with_2_and_a_remedy() {
    let rows: [(&[&str], &str); 12] = [
        (&[], "The plans are critical-web-application, everything-else, out-of-capacity, web-application"),
        (&["--plan", "web-aplication"], "there is no response plan `web-aplication`: did you mean `web-application`?"),
        (
            &["--plan", "web-application", "--ack", "nastu@+7m"],
            "--ack nastu@+7m: there is no contact `nastu`: did you mean `natsu`?",
        ),
        (&["--plan", "web-application", "--ack", "natsu"], "who and when, for example natsu@+7m"),
        (&["--plan", "web-application", "--ack", "natsu@soon"], "who and when, for example natsu@+7m"),
        (&["--plan", "web-application", "--snooze", "natsu@+7m"], "natsu@+2m/30m"),
        (&["--plan", "web-application", "--snooze", "natsu@+7m/9d"], "somebody can have it for 1 to"),
        (&["--plan", "web-application", "--fail", "smms"], "nobody has a channel `smms`: did you mean `sms`?"),
        (&["--plan", "web-application", "--ack", "natsu@+3h", "--for", "2h"], "look further ahead with --for"),
        (&["--plan", "web-application", "--for", "soon"], "for example 8h"),
        (&["--plan", "web-application", "--for", "99d"], "at most 31d"),
        (&["--plan", "web-application", "--at", "tomorrow"], "RFC 3339"),
    ];
    for (options, remedy) in rows {
        let output = simulate(&[&["examples/three-engineers.yaml"], options].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}: {}", err(&output));
        assert!(err(&output).contains(remedy), "{options:?}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
    for missing in [&["no/such/file", "--plan", "a"][..], &["examples/minimal.yaml", "--event", "no/such/file"]] {
        let output = simulate(missing);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains("no/such/file"), "{}", err(&output));
    }
}

#[test]
fn an_event_that_names_another_plan_is_not_bent() {
    let file = std::env::temp_dir().join(format!("reveille-names-{}.json", std::process::id()));
    std::fs::write(&file, r#"{ "title": "till", "response_plan": "web-application" }"#).expect("written");
    let path = file.to_str().expect("text");
    let routed = at_night(&["examples/three-engineers.yaml", "--event", path]);
    let bent = at_night(&["examples/three-engineers.yaml", "--event", path, "--plan", "out-of-capacity"]);
    drop(std::fs::remove_file(&file));
    assert!(
        out(&routed).starts_with("till, answered by web-application (the event names the plan itself"),
        "{}",
        out(&routed)
    );
    assert_eq!(bent.status.code(), Some(2));
    assert!(err(&bent).contains("the event names the plan web-application itself"), "{}", err(&bent));
}
