//! What every payload in `events/` is read as, and that nothing which resembles one breaks the reader.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its samples should panic, in helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use reveille_domain::{Facts, Signal, SignalState};
use reveille_wire::{EventShape, QueueRecord, read_event, read_queued, read_webhook, shape};
use serde_json::{Value, json};

/// One block for each file: how it comes in, then each of its signals. A line that is absent is empty in the signal;
/// `<key>` in a cause is the dedupe key.
const EXPECTED: &str = include_str!("payloads.txt");

#[test]
fn every_payload_is_read_as_expected() {
    let expected = blocks();
    let mut wrong = String::new();
    for file in files() {
        let Some((by, lines)) = expected.get(&file) else {
            continue;
        };
        let read = render(&read_file(&file, by));
        if read != *lines {
            wrong.push_str(&format!("{by} {file}\n{read}\n"));
        }
    }
    assert!(wrong.is_empty(), "these are read otherwise than expected, namely:\n\n{wrong}");
}

#[test]
fn every_payload_has_an_expectation_and_every_expectation_a_payload() {
    let expected: BTreeSet<String> = blocks().into_keys().collect();
    assert_eq!(files(), expected);
}

#[test]
fn one_state_change_has_one_cause_over_every_transport() {
    let alarm = sample("alarm-web-unhealthy.json");
    let event = json!({
        "version": "0", "id": "e-1", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
        "account": "123456789012", "time": "2026-03-08T19:04:12Z", "region": "ap-southeast-1",
        "resources": [alarm["alarmArn"]], "detail": alarm["alarmData"],
    });
    let notification = |message: Value| {
        json!({
            "Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:ap-southeast-1:123456789012:alarms",
            "Subject": "ALARM: \"web-unhealthy-host\" in Asia Pacific (Singapore)", "Message": message.to_string(),
            "Timestamp": "2026-03-08T19:04:12.401Z",
        })
    };
    let old_message = json!({
        "AlarmName": "web-unhealthy-host", "AWSAccountId": "123456789012", "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed", "StateChangeTime": "2026-03-08T19:04:12.317+0000",
        "Region": "Asia Pacific (Singapore)", "OldStateValue": "OK",
        "Trigger": { "Dimensions": [{ "name": "InstanceId", "value": "i-0f3a9c2d1e4b5a678" }] },
    });
    let queued = |body: Value| {
        json!({ "Records": [{
            "messageId": "q-1", "body": body.to_string(), "eventSource": "aws:sqs", "awsRegion": "eu-west-1",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ingest-failures",
        }] })
    };
    let record = |envelope: Value| json!({ "Records": [{ "EventSource": "aws:sns", "Sns": envelope }] });
    let failed = |payload: Value| {
        json!({
            "version": "1.0", "timestamp": "2026-03-08T19:10:00Z",
            "requestContext": { "requestId": "r-1", "condition": "RetriesExhausted", "approximateInvokeCount": 3 },
            "requestPayload": payload, "responseContext": { "statusCode": 200 }, "responsePayload": null,
        })
    };
    let transports = [
        ("alarm action", alarm.clone()),
        ("EventBridge", event.clone()),
        ("SNS", record(notification(old_message.clone()))),
        ("raw message in a queue", queued(old_message.clone())),
        ("SNS in a queue", queued(notification(old_message.clone()))),
        ("EventBridge over SNS", record(notification(event.clone()))),
        ("EventBridge in a queue", queued(event)),
        ("failed alarm action in a queue", queued(failed(alarm.clone()))),
        ("failed SNS in a queue", queued(failed(record(notification(old_message))))),
        ("failed, as text", Value::String(failed(alarm.clone()).to_string())),
    ];
    let first = read_event(&alarm, now()).remove(0);
    for (transport, payload) in transports {
        let signals = read_event(&payload, now());
        assert_eq!(signals.len(), 1, "{transport}");
        let one = &signals[0];
        assert_eq!(one.cause, first.cause, "{transport}");
        assert_eq!(one.dedupe_key, first.dedupe_key, "{transport}");
        assert_eq!(one.state, SignalState::Firing, "{transport}");
        assert_eq!(one.dimensions, first.dimensions, "{transport}");
        assert_eq!(one.region.as_deref(), Some("ap-southeast-1"), "{transport}");
        assert_eq!(one.occurred_at, first.occurred_at, "{transport}");
    }
}

#[test]
fn a_muted_alarm_is_heard_when_the_mute_ends_although_its_state_changed_long_before() {
    let muted = sample("eventbridge-cw-alarm-single-metric-muted-2026.json");
    let mut heard = muted.clone();
    heard["detail"].as_object_mut().unwrap().remove("muteDetail");
    let (muted, heard) = (&read_event(&muted, now())[0], &read_event(&heard, now())[0]);
    assert_eq!(heard.state, SignalState::Firing);
    assert_eq!(heard.dedupe_key, muted.dedupe_key);
    assert_ne!(heard.cause, muted.cause);
}

#[test]
fn what_is_right_again_recovers_muted_or_not() {
    for file in ["eventbridge-cw-alarm-single-metric-muted-2026.json", "eventbridge-cw-alarm-composite-suppressed.json"]
    {
        let mut event = sample(file);
        event["detail"]["state"]["value"] = json!("OK");
        assert_eq!(read_event(&event, now())[0].state, SignalState::Recovered, "{file}");
    }
}

#[test]
fn a_dimension_that_two_metrics_disagree_on_is_nobodys() {
    let mut alarm = sample("alarm-web-unhealthy.json");
    let metrics = alarm["alarmData"]["configuration"]["metrics"].as_array_mut().unwrap();
    let mut other = metrics[0].clone();
    other["metricStat"]["metric"]["dimensions"]["InstanceId"] = json!("i-2");
    metrics.push(other);
    let signal = &read_event(&alarm, now())[0];
    assert!(signal.dimensions.is_empty());
    assert_eq!(signal.resources[1..], ["i-0f3a9c2d1e4b5a678", "i-2"]);
}

#[test]
fn what_fits_nothing_still_fires_and_says_what_it_was() {
    let rows = [
        (json!({}), "unknown", "An unknown event: {}"),
        (json!(null), "unknown", "An unknown event: null"),
        (json!([]), "unknown", "An unknown event: []"),
        (json!("disk full\non web-1"), "unknown", "disk full"),
        (json!(""), "unknown", "An empty event"),
        (
            json!({ "Records": [{ "eventSource": "aws:s3", "s3": {} }] }),
            "unknown",
            "An unknown event with the fields eventSource, s3",
        ),
        (json!({ "source": "shop", "detail": { "message": "till 3 is stuck" } }), "eventbridge", "till 3 is stuck"),
        (
            json!({ "Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:t" }),
            "sns",
            "An unknown SNS message with the fields TopicArn, Type",
        ),
    ];
    for (event, source, title) in rows {
        let signals = read_event(&event, now());
        assert_eq!(signals.len(), 1, "{event}");
        let found = (signals[0].source.name(), signals[0].title.as_str(), &signals[0].state);
        assert_eq!(found, (source, title, &SignalState::Firing), "{event}");
    }
}

#[test]
fn webhooks_of_nobodys_shape_are_read_by_the_names_that_people_give_things() {
    let rows = [
        (r#"{"title":"API down","status":"firing","severity":"P1","dedupe_key":"api"}"#, "firing API down api 1"),
        (r#"{"title":"API down","status":"resolved","dedupe_key":"api"}"#, "recovered API down api -"),
        (r#"{"summary":"x","state":"OK","id":7}"#, "recovered x 7 -"),
        (r#"{"message":"x","status":"ok","state":"alerting","id":"7"}"#, "firing x 7 -"),
        (r#"{"message":"x","status":"acknowledged","id":"7"}"#, "acknowledged x 7 -"),
        (r#"[{"subject":"a","fingerprint":"1"},{"subject":"b","fingerprint":"2"}]"#, "firing a 1 -; firing b 2 -"),
        ("{\"broken\": ", "firing {\"broken\":"),
        ("plain words", "firing plain words"),
    ];
    for (body, expected) in rows {
        let signals = read_webhook(body, "request-1", now());
        let found: Vec<String> = signals
            .iter()
            .map(|signal| {
                let impact = signal.impact.map_or("-".to_owned(), |impact| impact.number().to_string());
                format!("{} {} {} {impact}", state(signal), signal.title, signal.dedupe_key)
            })
            .collect();
        assert!(found.join("; ").starts_with(expected), "{body}: {found:?}");
    }
    let [firing, resolved] = ["firing", "resolved"].map(|status| {
        let body = json!({ "title": "API down", "status": status }).to_string();
        read_webhook(&body, "request-1", now()).remove(0)
    });
    assert_eq!(firing.dedupe_key, resolved.dedupe_key, "without a key the title ties them together");
}

#[test]
fn troubles_that_share_an_sns_subject_are_not_taken_for_one() {
    let rds = |message: &str, id: &str| {
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
            "Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:us-east-1:123456789012:rds",
            "Subject": "RDS Notification Message", "Message": message,
        } }] })
    };
    let one = &read_event(&rds(r#"{"Event Message":"The free storage is low"}"#, "1"), now())[0];
    let two = &read_event(&rds(r#"{"Event Message":"The primary failed over"}"#, "2"), now())[0];
    assert_eq!(one.title, "The free storage is low");
    assert_ne!(one.dedupe_key, two.dedupe_key);
    let texts = [rds("storage", "1"), rds("failover", "2")].map(|event| read_event(&event, now()).remove(0));
    assert_ne!(texts[0].dedupe_key, texts[1].dedupe_key);
}

#[test]
fn a_backup_that_completed_with_a_failure_fires_over_raw_queues_too() {
    let attribute = |value: &str| json!({ "stringValue": value, "dataType": "String" });
    let event = |state: &str| {
        json!({ "Records": [{
            "eventSource": "aws:sqs", "messageId": "m",
            "body": "An AWS Copy job was completed but was failed or was aborted. Copy Job Id : c-1",
            "messageAttributes": { "EventType": attribute("COPY_JOB"), "State": attribute(state), "Id": attribute("c-1") },
        }] })
    };
    let [failed, completed] = ["FAILED", "COMPLETED"].map(|state| read_event(&event(state), now()).remove(0));
    assert_eq!((failed.source.name(), state(&failed)), ("backup", "firing"));
    assert_eq!((completed.source.name(), state(&completed)), ("backup", "ignored"));
}

#[test]
fn senders_recover_in_their_own_words() {
    let datadog = |transition: &str| json!({ "alert_transition": transition, "ALERT_CYCLE_KEY": "c-1", "title": "CPU", "alert_priority": "P2" });
    let sentry = |action: &str| json!({ "action": action, "data": { "issue": { "id": "1", "title": "Oops" } } });
    let finding = |patch: Value| {
        let mut event = sample("eventbridge-securityhub-finding-minimal.json");
        let finding = event["detail"]["findings"][0].as_object_mut().unwrap();
        finding.extend(patch.as_object().unwrap().clone());
        event
    };
    let health = |code: &str| {
        let mut event = sample("eventbridge-aws-health.json");
        event["detail"]["statusCode"] = json!(code);
        event
    };
    let rows = [
        (datadog("Triggered"), "firing"),
        (datadog("Recovered"), "recovered"),
        (sentry("triggered"), "firing"),
        (sentry("resolved"), "recovered"),
        (sentry("assigned"), "ignored"),
        (finding(json!({})), "firing"),
        (finding(json!({ "Workflow": { "Status": "RESOLVED" } })), "recovered"),
        (finding(json!({ "RecordState": "ARCHIVED" })), "recovered"),
        (
            finding(json!({ "Compliance": { "Status": "PASSED" }, "Severity": { "Label": "INFORMATIONAL" } })),
            "recovered",
        ),
        (finding(json!({ "Severity": { "Label": "INFORMATIONAL" } })), "ignored"),
        (health("open"), "firing"),
        (health("closed"), "recovered"),
    ];
    for (event, expected) in rows {
        assert_eq!(state(&read_event(&event, now())[0]), expected, "{event}");
    }
}

#[test]
fn what_is_cut_off_is_counted() {
    let alerts = vec![json!({ "status": "firing", "labels": { "alertname": "A" } }); 2_000];
    let storm = json!({ "receiver": "r", "truncatedAlerts": 9, "alerts": alerts });
    let signals = read_event(&storm, now());
    let titles: Vec<&str> = signals.iter().rev().take(2).map(|signal| signal.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "9 more alerts were cut off by the sender's max_alerts",
            "1500 more alerts came in the same message and were left out",
        ]
    );
}

#[test]
fn shapes_are_told_apart() {
    let request = json!({
        "version": "2.0", "rawPath": "/hook/%61", "rawQueryString": "plan=web%20app&x=1&x=2", "cookies": ["a=b"],
        "headers": { "Content-Type": "text/plain" }, "body": "aGVsbG8=", "isBase64Encoded": true,
        "requestContext": { "http": { "method": "post" }, "requestId": "r-1" },
    });
    let EventShape::Http(read) = shape(&request) else { panic!("a request") };
    assert_eq!((read.method.as_str(), read.path.as_str(), read.body.as_str()), ("POST", "/hook/%61", "hello"));
    assert_eq!(read.query, map([("plan", "web app"), ("x", "1,2")]));
    assert_eq!(read.headers, map([("content-type", "text/plain"), ("cookie", "a=b")]));
    assert_eq!(read.request_id, "r-1");
    assert!(!format!("{read:?}").contains("hello"), "a body may hold secrets");

    let queue = json!({ "Records": [{ "eventSource": "aws:sqs", "messageId": "m", "body": "{}" }] });
    let record = QueueRecord { message_id: "m".to_owned(), body: "{}".to_owned(), receives: 1 };
    assert_eq!(shape(&queue), EventShape::Queue(vec![record]));
    assert_eq!(shape(&json!({ "tick": true })), EventShape::Tick);
    assert_eq!(shape(&json!({ "tick": "true" })), EventShape::Direct);
    assert_eq!(shape(&sample("alarm-web-unhealthy.json")), EventShape::Direct);
    assert_eq!(shape(&sample("sns-lambda-text-message.json")), EventShape::Direct);
}

#[test]
fn templates_can_name_what_the_alarm_names() {
    let facts = Facts::of(&read_event(&sample("alarm-web-unhealthy.json"), now())[0]).0;
    let rows = [
        ("title", "web-unhealthy-host"),
        ("account", "123456789012"),
        ("region", "ap-southeast-1"),
        ("source", "cloudwatch"),
        ("dimensions.InstanceId", "i-0f3a9c2d1e4b5a678"),
        ("resources.1", "i-0f3a9c2d1e4b5a678"),
    ];
    for (name, value) in rows {
        assert_eq!(facts.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[test]
fn no_mutation_of_a_payload_breaks_the_reader() {
    let replacements = [json!(null), json!(-1.5), json!([]), json!({}), json!("\u{0}\n\u{202e}"), json!([[{}]])];
    for file in files() {
        let whole = sample(&file);
        for path in paths(&whole) {
            for replacement in replacements.iter().map(Some).chain([None]) {
                let mutant = mutate(&whole, &path, replacement);
                check(&read_event(&mutant, now()), &mutant);
                check(&read_webhook(&mutant.to_string(), "", now()), &mutant);
                shape(&mutant);
            }
        }
    }
}

#[test]
fn truncated_payloads_still_fire() {
    for file in files() {
        let text = text_of(&file);
        let ends = (0..text.len()).step_by(61).filter(|&end| text.is_char_boundary(end));
        for end in ends {
            let body = &text[..end];
            let record = QueueRecord { message_id: "m".to_owned(), body: body.to_owned(), receives: 1 };
            for signals in [read_webhook(body, "r", now()), read_queued(&record, now())] {
                check(&signals, &json!(body));
                assert_eq!(signals[0].state, SignalState::Firing, "{file} cut at {end}");
            }
        }
    }
}

#[test]
fn nesting_and_size_are_bounded() {
    let mut wrapped = json!("deep down");
    for _ in 0..12 {
        wrapped = json!({ "requestPayload": Value::String(wrapped.to_string()) });
    }
    let mut records = json!({ "AlarmName": "a", "NewStateValue": "ALARM" });
    for _ in 0..60 {
        records = json!({ "Records": [records] });
    }
    let texts = [
        "[".repeat(10_000),
        "{\"a\":".repeat(10_000),
        format!("{}{}", "[".repeat(120), "]".repeat(120)),
        format!("[{}]", vec!["{}"; 100_000].join(",")),
        "x".repeat(6_000_000),
        format!("{{\"title\":\"{}\"}}", "é\\n".repeat(1_000_000)),
        wrapped.to_string(),
        records.to_string(),
    ];
    for text in texts {
        let start: String = text.chars().take(40).collect();
        let signals = read_webhook(&text, "r", now());
        check(&signals, &json!(start));
        assert!(signals.len() <= 501, "{start}");
        check(&read_event(&Value::String(text), now()), &json!(start));
    }
}

/// What every signal promises.
fn check(signals: &[Signal], input: &Value) {
    assert!(!signals.is_empty(), "lost: {input}");
    for signal in signals {
        let lines = [&signal.title, &signal.name, &signal.dedupe_key, &signal.cause];
        for line in lines {
            assert!(!line.trim().is_empty(), "empty: {signal:?} of {input}");
            assert!(!line.chars().any(char::is_control), "control character: {line:?} of {input}");
        }
        if let SignalState::Ignored(why) = &signal.state {
            assert!(!why.is_empty() && !why.chars().any(char::is_control), "{why:?} of {input}");
        }
        assert!(signal.title.chars().count() <= 200, "{input}");
        assert!(signal.dedupe_key.chars().count() <= 1_000, "{input}");
        assert!(signal.cause.chars().count() <= 1_000, "{input}");
        assert!(signal.summary.chars().count() <= 8_000, "{input}");
    }
}

/// A step into a payload. `Inside` goes into JSON that is written out in a text.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Place(usize),
    Inside,
}

/// The way to every value of a payload.
fn paths(value: &Value) -> Vec<Vec<Step>> {
    let children: Vec<(Step, Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (Step::Key(key.clone()), value.clone())).collect(),
        Value::Array(items) => {
            items.iter().cloned().enumerate().map(|(place, value)| (Step::Place(place), value)).collect()
        }
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .filter(|inside: &Value| inside.is_object())
            .map(|inside| (Step::Inside, inside))
            .into_iter()
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(step, child)| {
        paths(&child).into_iter().map(move |rest| std::iter::once(step.clone()).chain(rest).collect())
    });
    std::iter::once(Vec::new()).chain(below).collect()
}

/// The payload with one value replaced, or dropped.
fn mutate(value: &Value, path: &[Step], replacement: Option<&Value>) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return replacement.cloned().unwrap_or_default();
    };
    let drops = rest.is_empty() && replacement.is_none();
    match (step, value) {
        (Step::Key(key), Value::Object(members)) => {
            let mut members = members.clone();
            let old = members.remove(key).unwrap_or_default();
            if !drops {
                members.insert(key.clone(), mutate(&old, rest, replacement));
            }
            Value::Object(members)
        }
        (Step::Place(place), Value::Array(items)) => {
            let mut items = items.clone();
            let old = items.remove(*place);
            if !drops {
                items.insert(*place, mutate(&old, rest, replacement));
            }
            Value::Array(items)
        }
        (Step::Inside, Value::String(text)) => {
            let inside = serde_json::from_str(text).unwrap();
            Value::String(mutate(&inside, rest, replacement).to_string())
        }
        (step, value) => panic!("{step:?} does not lead into {value}"),
    }
}

fn blocks() -> BTreeMap<String, (String, String)> {
    EXPECTED
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
        .map(|block| {
            let (heading, lines) = block.trim().split_once('\n').expect("a heading and lines");
            let (by, file) = heading.split_once(' ').expect("`event` or `webhook`, and a file");
            (file.to_owned(), (by.to_owned(), format!("{lines}\n")))
        })
        .collect()
}

fn read_file(file: &str, by: &str) -> Vec<Signal> {
    match by {
        "event" => read_event(&sample(file), now()),
        "webhook" => read_webhook(&text_of(file), "request-1", now()),
        _ => panic!("{file} comes by {by}?"),
    }
}

fn render(signals: &[Signal]) -> String {
    signals.iter().map(render_one).collect()
}

fn render_one(signal: &Signal) -> String {
    let pairs = |map: &BTreeMap<String, String>| {
        let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value}")).collect();
        pairs.join(" | ")
    };
    let cause = match signal.cause.strip_prefix(&signal.dedupe_key) {
        Some(rest) => format!("<key>{rest}"),
        None => signal.cause.clone(),
    };
    let why = if let SignalState::Ignored(why) = &signal.state { why.clone() } else { String::new() };
    let says: String = signal.summary.lines().next().unwrap_or_default().chars().take(90).collect();
    let rows = [
        ("why", why),
        ("name", Some(&signal.name).filter(|name| **name != signal.title).cloned().unwrap_or_default()),
        ("key", signal.dedupe_key.clone()),
        ("cause", cause),
        ("at", signal.occurred_at.to_string()),
        ("impact", signal.impact.map(|impact| impact.to_string()).unwrap_or_default()),
        ("account", signal.account.clone().unwrap_or_default()),
        ("region", signal.region.clone().unwrap_or_default()),
        ("resources", signal.resources.join(" | ")),
        ("dimensions", pairs(&signal.dimensions)),
        ("tags", pairs(&signal.tags)),
        ("plan", signal.response_plan.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("says", says.trim().to_owned()),
    ];
    let mut lines = format!("{} {}: {}\n", signal.source.name(), state(signal), signal.title);
    for (name, value) in rows {
        if !value.is_empty() {
            lines.push_str(&format!("  {name:<10} {value}\n"));
        }
    }
    lines
}

fn state(signal: &Signal) -> &'static str {
    match &signal.state {
        SignalState::Firing => "firing",
        SignalState::Recovered => "recovered",
        SignalState::Acknowledged => "acknowledged",
        SignalState::Removed => "removed",
        SignalState::Noted(reason) => reason.name(),
        SignalState::Ignored(_) => "ignored",
    }
}

fn now() -> Timestamp {
    "2026-03-08T19:05:00Z".parse().unwrap()
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

fn files() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn text_of(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

fn sample(file: &str) -> Value {
    serde_json::from_str(&text_of(file)).unwrap()
}
