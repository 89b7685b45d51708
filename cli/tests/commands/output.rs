//! The built command, as people and scripts call it: what it prints, where, and with which exit status.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use reveille_cli::configuration::hash_webhook_key;
use reveille_cli::environment::FUNCTIONS;
use serde_json::Value;

use crate::command::{command, root};

const THREE_ENGINEERS: &str = include_str!("../../../examples/three-engineers.yaml");

fn reveille(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command printed that has to succeed.
fn printed(arguments: &[&str]) -> String {
    let output = reveille(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
    out(&output)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A file that is there as long as this value.
struct File(PathBuf);

impl File {
    fn with(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("reveille-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("the file can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[test]
fn every_event_of_the_repository_is_explained_in_the_contracts_words() {
    let keys = BTreeSet::from([
        "source",
        "state",
        "title",
        "dedupe_key",
        "impact",
        "account",
        "region",
        "resources",
        "response_plan",
        "rule",
    ]);
    let mut events = 0;
    for entry in std::fs::read_dir(root().join("events")).expect("the events") {
        let path = entry.expect("an entry").path();
        let explained = json(&printed(&["explain", path.to_str().expect("text"), "--json"]));
        let signals = explained.as_array().unwrap_or_else(|| panic!("{}: a list", path.display()));
        assert!(!signals.is_empty(), "{}", path.display());
        for signal in signals {
            let mut found: BTreeSet<&str> = signal.as_object().expect("an object").keys().map(String::as_str).collect();
            let says_why = found.remove("why");
            assert_eq!(found, keys, "{}", path.display());
            let state = signal["state"].as_str().expect("a state");
            assert!(["firing", "recovered", "acknowledged", "ignored"].contains(&state), "{state}");
            assert!(says_why || state != "ignored", "{}: what is ignored says why", path.display());
            assert!(signal["title"].as_str().is_some_and(|title| !title.is_empty()));
        }
        events += 1;
    }
    assert!(events > 40, "{events} events");
}

#[test]
fn explain_shows_which_rule_decides_and_which_plan_answers() {
    let arguments = ["explain", "events/alarm-web-unhealthy.json", "--config", "examples/three-engineers.yaml"];
    let text = printed(&arguments);
    assert!(text.contains("response plan  critical-web-application (rule 3)"), "{text}");
    let signal = json(&printed(&[&arguments[..], &["--json"]].concat()))[0].clone();
    assert_eq!(signal["response_plan"], "critical-web-application");
    assert_eq!((signal["rule"].clone(), signal["impact"].clone()), (3.into(), 1.into()));
}

#[test]
fn explain_says_of_every_rule_why_it_decided_or_did_not() {
    let named = File::with("named.json", r#"{"title":"till","response_plan":"web-application"}"#);
    let stranger =
        File::with("stranger.json", r#"{"title":"till","response_plan":"nowhere","tags":{"application":"shop"}}"#);
    let rows: [(&str, &str, [&str; 4]); 3] = [
        (
            "events/alarm-web-unhealthy.json",
            "rule 3: source cloudwatch, name \"web-*\"",
            [
                "name \"web-*-capacity\" does not match \"web-unhealthy-host\"",
                "name \"web-*-latency\" does not match \"web-unhealthy-host\"",
                "decides: source cloudwatch, name \"web-*\"",
                "tag application \"web\" does not match: the event has none",
            ],
        ),
        (
            named.path(),
            "the event names the plan itself, which goes before every rule",
            [
                "source cloudwatch is not webhook; name \"web-*-capacity\" does not match \"till\"",
                "source cloudwatch is not webhook; name \"web-*-latency\" does not match \"till\"",
                "source cloudwatch is not webhook; name \"web-*\" does not match \"till\"",
                "tag application \"web\" does not match: the event has none",
            ],
        ),
        (
            stranger.path(),
            "no rule matches: the default answers; the event names `nowhere`, which is not there",
            [
                "source cloudwatch is not webhook; name \"web-*-capacity\" does not match \"till\"",
                "source cloudwatch is not webhook; name \"web-*-latency\" does not match \"till\"",
                "source cloudwatch is not webhook; name \"web-*\" does not match \"till\"",
                "tag application \"web\" does not match \"shop\"",
            ],
        ),
    ];
    for (event, decided_by, rules) in rows {
        let arguments = ["explain", event, "--config", "examples/three-engineers.yaml"];
        let signal = json(&printed(&[&arguments[..], &["--json"]].concat()))[0].clone();
        assert_eq!(signal["decided_by"], decided_by);
        let told: Vec<&str> =
            signal["rules"].as_array().expect("a list").iter().map(|rule| rule["why"].as_str().expect("why")).collect();
        assert_eq!(told, rules, "{event}");
        let text = printed(&arguments);
        assert!(text.contains(&format!("  decided by     {decided_by}\n")), "{text}");
        let others = rules.iter().filter(|why| !why.starts_with("decides"));
        for why in others {
            assert!(text.contains(*why), "{why}: {text}");
        }
    }
}

#[test]
fn explain_reads_standard_input_and_what_is_no_json() {
    let mut child = command(&["explain", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    child.stdin.take().expect("its input").write_all(b"the till is on fire\n").expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let signal = json(&out(&output))[0].clone();
    assert_eq!((signal["title"].clone(), signal["state"].clone()), ("the till is on fire".into(), "firing".into()));
}

#[test]
fn explain_reads_json_of_no_aws_service_as_the_webhook_that_it_would_come_through() {
    let rows = [
        (r#"{"title":"API down","status":"resolved"}"#, "webhook", "recovered"),
        (r#"{"title":"API down","status":"firing"}"#, "webhook", "firing"),
        (r#"[{"title":"API down","state":"acked"}]"#, "webhook", "acknowledged"),
        (r#"{"AlarmName":"web","NewStateValue":"OK"}"#, "cloudwatch", "recovered"),
        (r#"{"source":"my.app","detail-type":"t","detail":{"status":"resolved"}}"#, "eventbridge", "firing"),
    ];
    for (event, source, state) in rows {
        let file = File::with("webhook.json", event);
        let signal = json(&printed(&["explain", file.path(), "--json"]))[0].clone();
        assert_eq!((signal["source"].clone(), signal["state"].clone()), (source.into(), state.into()), "{event}");
    }
}

#[test]
fn apply_refuses_the_addresses_of_the_examples_before_it_asks_anybody() {
    let output = command(&["apply", "examples/three-engineers.yaml"])
        // Whoever asked here would hear nothing, and fail with other words.
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    for contact in ["natsu", "zeref", "igneel", "bob", "manager"] {
        for channel in ["sms", "mail"] {
            assert!(said.contains(&format!("{contact}'s {channel} ")), "{contact}'s {channel}: {said}");
        }
    }
    for address in ["+84312712567", "31271", "+15550101", "natsu@", "zeref@"] {
        assert!(!said.contains(address), "{address} is masked: {said}");
    }
    assert!(said.contains("put your own") && said.contains("--local"), "what to do about it: {said}");
    assert_eq!(out(&output), "");
}

#[test]
fn what_is_typed_wrong_ends_with_2_and_says_what_is_right() {
    let rows: [(&[&str], &str); 9] = [
        (&["demmo"], "demo"),
        (&["explain"], "<EVENT>"),
        (&["env", "ingets"], "ingest"),
        (&["demo", "--speed", "1000"], "between 1"),
        (&["demo", "--speed", "fast"], "a number"),
        (&["local", "--port-base", "70000"], "70000"),
        (&["bench"], "latency"),
        (&["bench", "storm", "--alarms", "0"], "0 is not in 1.."),
        (&["bench", "latency", "--alarms", "0"], "0 is not in 1.."),
    ];
    for (arguments, help) in rows {
        let output = reveille(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(help), "{arguments:?}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
}

/// On the real clock, as it is a benchmark: nothing here depends on how long it takes.
#[test]
fn a_storm_in_the_local_world_loses_no_alarm_and_pages() {
    let text = printed(&["bench", "storm", "--alarms", "12", "--within", "0", "--json"]);
    let stormed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((stormed["alarms"].as_u64(), stormed["lost"].as_u64()), (Some(12), Some(0)), "{text}");
    for measured in ["accepted_a_second", "p50_ms", "p99_ms", "first_page_ms"] {
        assert!(stormed[measured].as_f64().is_some_and(|value| value > 0.0), "{measured}: {text}");
    }
}

#[test]
fn env_prints_every_variable_of_every_function() {
    for (function, names) in FUNCTIONS {
        let text = printed(&["env", function, "--port-base", "9500"]);
        let lines: BTreeMap<&str, &str> =
            text.lines().map(|line| line.split_once('=').unwrap_or_else(|| panic!("KEY=VALUE: {line}"))).collect();
        let sdk = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        for name in names.into_iter().flatten().chain(&sdk) {
            let value = lines.get(name).unwrap_or_else(|| panic!("{function} reads {name}"));
            // Nothing stands for these on this machine.
            let absent = ["REVEILLE_SMS_ORIGINATION", "REVEILLE_HEARTBEAT_SECRET_ARN"].contains(name);
            assert!(!value.is_empty() || absent, "{function}: {name}");
            assert!(!value.contains(' '), "{function}: {name} is one word, for shells");
        }
        assert_eq!(lines["AWS_ENDPOINT_URL"], "http://127.0.0.1:9501");
    }
}

#[test]
fn a_webhook_key_is_new_each_time_as_long_as_pagerdutys_and_printed_with_its_hash() {
    let keys: Vec<String> = (0..2)
        .map(|_| {
            let text = printed(&["webhook-key"]);
            let words: Vec<&str> = text.split_whitespace().collect();
            let key = words.iter().find(|word| word.len() == 32).unwrap_or_else(|| panic!("a key: {text}"));
            assert!(text.contains(&format!("\"{}\"", hash_webhook_key(key))), "{text}");
            (*key).to_owned()
        })
        .collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let rows: [&[&str]; 6] = [
        &["explain", "no/such/file"],
        &["explain", "events/alarm-web-unhealthy.json", "--config", "no/such/file"],
        &["apply", "no/such/file"],
        &["send", "no/such/file"],
        &["demo", "--json", "--event", "no/such/file"],
        &["demo", "--json", "--config", "no/such/file"],
    ];
    for arguments in rows {
        let output = reveille(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(err(&output).contains("no/such/file"), "{arguments:?}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
}

#[test]
fn send_says_how_to_start_what_it_did_not_find() {
    let output = reveille(&["send", "events/alarm-web-unhealthy.json", "--port-base", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("is `reveille local` running there?"), "{}", err(&output));
}

#[test]
fn apply_says_how_to_start_the_local_stack_that_it_did_not_find() {
    let output = reveille(&["apply", "examples/three-engineers.yaml", "--local", "--port-base", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("127.0.0.1:2") && said.contains("is `reveille local` running there?"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_named_with_its_cause_and_the_way_around_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port().to_string();
    let data = std::env::temp_dir().join(format!("reveille-{}-taken", std::process::id()));
    let output = reveille(&["local", "--port-base", &port, "--data", data.to_str().expect("text")]);
    drop(std::fs::remove_dir_all(&data));
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.starts_with("port ") && said.contains("--port-base"), "{said}");
    assert!(said.to_lowercase().contains("in use"), "the system's own words: {said}");
}

/// A story in the words of `demo --json`: its lines, by incident in the order in which they opened.
struct Demo(Vec<Vec<Value>>);

impl Demo {
    /// Tells the demo with this configuration.
    fn told(name: &str, configuration: &str) -> Self {
        let file = File::with(&format!("{name}.yaml"), configuration);
        let text = printed(&["demo", "--json", "--speed", "60", "--config", file.path()]);
        let mut stories: Vec<Vec<Value>> = Vec::new();
        for line in text.lines().map(json) {
            match stories.iter_mut().find(|story| story[0]["incident"] == line["incident"]) {
                Some(story) => story.push(line),
                None => stories.push(vec![line]),
            }
        }
        assert_eq!(stories.len(), 2, "two variants");
        Self(stories)
    }

    fn variant(&self, number: usize) -> &[Value] {
        &self.0[number]
    }
}

fn of_kind<'s>(story: &'s [Value], kind: &'s str) -> impl Iterator<Item = &'s Value> {
    story.iter().filter(move |line| line["kind"] == kind)
}

fn at(line: &Value) -> f64 {
    line["at"].as_f64().expect("seconds")
}

/// Who is paged by SMS, and when.
fn pages(story: &[Value]) -> Vec<(&str, f64)> {
    let sms = of_kind(story, "page").filter(|line| line["channel"] == "sms");
    sms.map(|line| (line["contact"].as_str().expect("a contact"), at(line))).collect()
}

/// Holds who is paged, in order, and how many seconds after the page before: not sooner, and long before the next.
///
/// The clock runs sixty times as fast as the machine, whose own delays count sixty-fold: so the bound is wide.
fn paged(story: &[Value], expected: &[(&str, f64)]) {
    const LATE_S_MAX: f64 = 115.0;
    const ROUNDED_S: f64 = 0.2;
    let pages = pages(story);
    let people: Vec<&str> = pages.iter().map(|(contact, _)| *contact).collect();
    assert_eq!(people, expected.iter().map(|(contact, _)| *contact).collect::<Vec<_>>(), "{pages:?}");
    let mut before = 0.0;
    for ((contact, at), (_, after)) in pages.iter().zip(expected) {
        let due = before + after;
        assert!((due - ROUNDED_S..due + LATE_S_MAX).contains(at), "{contact} at {at}, due {due}");
        before = *at;
    }
}

/// What every story keeps to.
fn keeps_the_contract(story: &[Value]) {
    let keys = BTreeSet::from(["at", "kind", "incident", "contact", "channel", "stage", "outcome", "text"]);
    let kinds = [
        "opened",
        "repeated",
        "stage",
        "page",
        "receipt",
        "acknowledged",
        "runbook",
        "announced",
        "snoozed",
        "exhausted",
        "resolved",
        "error",
    ];
    for line in story {
        let found: BTreeSet<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(found, keys);
        assert!(line["kind"].as_str().is_some_and(|kind| kinds.contains(&kind)), "{line}");
        assert!(line["text"].as_str().is_some_and(|text| !text.is_empty()), "{line}");
    }
    assert_eq!(story[0]["kind"], "opened");
    let over = of_kind(story, "resolved").map(at).next().expect("it ends");
    assert!(of_kind(story, "page").all(|page| at(page) <= over), "nobody is paged for what is over");
    let everybody: BTreeSet<&str> = pages(story).into_iter().map(|(contact, _)| contact).collect();
    let told = of_kind(story, "announced").filter(|line| at(line) >= over);
    let told: BTreeSet<&str> = told.filter_map(|line| line["contact"].as_str()).collect();
    assert_eq!(told, everybody, "everybody who was paged hears that it is over");
}

#[test]
fn the_demo_tells_both_stories_as_the_configuration_says() {
    let sooner = THREE_ENGINEERS.replacen("- after: 5", "- after: 3", 1);
    let stage = "      - after: 5\n        unless: resolved\n        engage: [{ escalation_plan: bob-first }]\n";
    assert!(THREE_ENGINEERS.contains(stage), "the example has Bob's stage");
    let without_bob = THREE_ENGINEERS.replacen(stage, "", 1);
    // Each takes a quarter of a minute, most of it waiting: side by side.
    let (example, sooner, without_bob) = std::thread::scope(|scope| {
        let sooner = scope.spawn(|| Demo::told("sooner", &sooner));
        let without_bob = scope.spawn(|| Demo::told("without-bob", &without_bob));
        let example = Demo::told("example", THREE_ENGINEERS);
        (example, sooner.join().expect("a story"), without_bob.join().expect("a story"))
    });
    for demo in [&example, &sooner, &without_bob] {
        keeps_the_contract(demo.variant(0));
        keeps_the_contract(demo.variant(1));
        // Whoever answers at once is alone with it, because the runbook helps.
        paged(demo.variant(1), &[("natsu", 0.0)]);
        let answered: Vec<&Value> = of_kind(demo.variant(1), "acknowledged").collect();
        assert_eq!(answered.len(), 1);
        assert_eq!(answered[0]["contact"], "natsu");
        let runbook = of_kind(demo.variant(1), "runbook").filter_map(|line| line["outcome"].as_str());
        assert_eq!(runbook.collect::<Vec<_>>(), ["ordered", "started", "succeeded"]);
    }
    paged(example.variant(0), &[("natsu", 0.0), ("bob", 300.0), ("manager", 300.0)]);
    paged(sooner.variant(0), &[("natsu", 0.0), ("bob", 180.0), ("manager", 300.0)]);
    paged(without_bob.variant(0), &[("natsu", 0.0), ("manager", 300.0)]);
}
