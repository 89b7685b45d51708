//! What real senders make of the shapes in `events/`: values of another type, fields that are missing, lists that are
//! empty. Each row changes one thing of a payload and says how the change is read.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its samples should panic, in helpers too")]

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use reveille_domain::{Signal, SignalState};
use reveille_wire::{asks_to_confirm, read_event, read_webhook};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-03-08T19:05:00Z".parse().unwrap()
}

fn sample(file: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events");
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
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

/// State and impact of the only signal of an event.
fn verdict(event: &Value) -> (&'static str, Option<u8>) {
    let signals = read_event(event, now());
    assert_eq!(signals.len(), 1, "{event}");
    (state(&signals[0]), signals[0].impact.map(|impact| impact.number()))
}

#[test]
fn guardduty_severities_are_numbers_or_texts_and_what_is_archived_is_over() {
    let mut event = sample("eventbridge-guardduty-low.json");
    let rows = [
        (json!(0.1), Some(4)),
        (json!(4), Some(3)),
        (json!(8), Some(2)),
        (json!("8"), Some(2)),
        (json!("9.5"), Some(1)),
        (json!("high"), None),
        (json!("NaN"), None),
        (Value::Null, None),
    ];
    for (severity, impact) in rows {
        event["detail"]["severity"] = severity.clone();
        assert_eq!(verdict(&event), ("firing", impact), "{severity}");
    }
    event["detail"]["service"]["archived"] = json!(true);
    assert_eq!(verdict(&event).0, "recovered");
    event["detail"]["service"]["archived"] = json!(false);
    assert_eq!(verdict(&event).0, "firing");
}

#[test]
fn security_hub_findings_have_a_label_or_else_a_number() {
    let mut event = sample("eventbridge-securityhub-finding-minimal.json");
    let rows = [
        (json!({ "Label": "HIGH", "Normalized": 1 }), "firing", Some(2)),
        (json!({ "Label": "critical" }), "firing", Some(1)),
        (json!({ "Normalized": 100 }), "firing", Some(1)),
        (json!({ "Normalized": 90 }), "firing", Some(1)),
        (json!({ "Normalized": 89 }), "firing", Some(2)),
        (json!({ "Normalized": 70 }), "firing", Some(2)),
        (json!({ "Normalized": 69 }), "firing", Some(3)),
        (json!({ "Normalized": 40 }), "firing", Some(3)),
        (json!({ "Normalized": 39 }), "firing", Some(4)),
        (json!({ "Normalized": "1" }), "firing", Some(4)),
        (json!({ "Normalized": 0 }), "ignored", None),
        (json!({ "Label": "INFORMATIONAL", "Normalized": 90 }), "ignored", None),
        (json!({}), "firing", None),
    ];
    for (severity, state, impact) in rows {
        event["detail"]["findings"][0]["Severity"] = severity.clone();
        assert_eq!(verdict(&event), (state, impact), "{severity}");
    }
    event["detail"]["findings"] = json!([]);
    assert_eq!(verdict(&event), ("ignored", None), "no findings are no trouble");
}

fn ocsf(change: impl Fn(&mut Value)) -> Value {
    let mut event = sample("eventbridge-securityhub-findings-imported-v2.json");
    change(&mut event["detail"]["findings"][0]);
    event
}

#[test]
fn an_ocsf_finding_is_known_by_its_own_id_and_its_update_is_the_same_thing() {
    let first = &read_event(&ocsf(|_| {}), now())[0];
    let update = |finding: &mut Value| {
        finding["finding_info"]["modified_time_dt"] = json!("2026-03-08T19:30:00Z");
        finding["severity_id"] = json!(5);
    };
    let updated = &read_event(&ocsf(update), now())[0];
    assert_eq!(updated.dedupe_key, first.dedupe_key);
    assert_ne!(updated.cause, first.cause);
    let rows: [(&str, Value, &str, Option<u8>); 9] = [
        ("severity_id", json!(6), "firing", Some(1)),
        ("severity_id", json!(2), "firing", Some(4)),
        ("severity_id", json!(1), "ignored", None),
        ("status_id", json!(2), "firing", Some(2)),
        ("status_id", json!(3), "recovered", Some(2)),
        ("status_id", json!(4), "recovered", Some(2)),
        ("status_id", json!(5), "recovered", Some(2)),
        ("activity_id", json!(3), "recovered", Some(2)),
        ("compliance", json!({ "status": "Pass", "status_id": 1 }), "recovered", Some(2)),
    ];
    for (field, value, state, impact) in rows {
        assert_eq!(verdict(&ocsf(|finding| finding[field] = value.clone())), (state, impact), "{field}: {value}");
    }
    let by_word = ocsf(|finding| {
        for field in ["severity_id", "status_id"] {
            finding.as_object_mut().unwrap().remove(field);
        }
        finding["status"] = json!("Archived");
    });
    assert_eq!(verdict(&by_word), ("recovered", Some(2)), "words stand for numbers that are missing");
}

#[test]
fn what_aws_health_plans_is_no_emergency_however_it_is_written() {
    let mut event = sample("eventbridge-aws-health-scheduled-change.json");
    let detail = event["detail"].as_object_mut().unwrap();
    detail.insert("statusCode".to_owned(), json!("UPCOMING"));
    assert_eq!(verdict(&event).0, "ignored");
    let detail = event["detail"].as_object_mut().unwrap();
    detail.remove("statusCode");
    detail.remove("startTime");
    assert_eq!(verdict(&event).0, "ignored", "nothing says that it has begun");
    event["detail"]["startTime"] = json!("Sun, 08 Mar 2026 19:00:00 GMT");
    assert_eq!(verdict(&event).0, "firing", "it has begun five minutes ago");
    event["detail"]["statusCode"] = json!("Closed");
    assert_eq!(verdict(&event).0, "recovered");
}

fn posted(group: &Value) -> Vec<Signal> {
    read_webhook(&group.to_string(), "request-1", now())
}

#[test]
fn an_alert_without_a_status_has_that_of_its_group() {
    let group = |status: &str| {
        json!({ "version": "4", "status": status, "receiver": "r", "groupKey": "{}", "alerts": [
            { "labels": { "alertname": "DiskFull" }, "startsAt": "2026-03-08T19:00:00Z" },
            { "status": "firing", "labels": { "alertname": "DiskSlow" }, "startsAt": "2026-03-08T19:00:00Z" } ] })
    };
    for (status, expected) in [("resolved", ["recovered", "firing"]), ("firing", ["firing", "firing"])] {
        let states: Vec<&str> = posted(&group(status)).iter().map(state).collect();
        assert_eq!(states, expected, "{status}");
    }
}

#[test]
fn a_group_without_alerts_speaks_for_itself() {
    let alertmanager = json!({ "version": "4", "status": "resolved", "receiver": "r", "groupKey": "{}:{job=\"db\"}",
        "commonLabels": { "alertname": "DiskFull" }, "alerts": null });
    let other = json!({ "version": "4", "status": "resolved", "receiver": "r", "groupKey": "{}:{job=\"web\"}",
        "commonLabels": { "alertname": "DiskFull" }, "alerts": [] });
    let (one, two) = (&posted(&alertmanager)[0], &posted(&other)[0]);
    assert_eq!((one.source.name(), state(one), one.title.as_str()), ("alertmanager", "recovered", "DiskFull"));
    assert_ne!(one.dedupe_key, two.dedupe_key, "they are two groups");
    for alerts in [json!([]), Value::Null] {
        let grafana = json!({ "orgId": 1, "status": "firing", "receiver": "r", "groupKey": "g", "alerts": alerts,
            "title": "[FIRING:1] Disk full", "state": "alerting" });
        let signals = posted(&grafana);
        let told = (signals[0].source.name(), state(&signals[0]), signals[0].title.as_str());
        assert_eq!(told, ("grafana", "firing", "[FIRING:1] Disk full"));
    }
}

#[test]
fn an_sns_attribute_names_the_plan_unless_the_message_does() {
    let message = |text: &str| {
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Type": "Notification", "MessageId": "m",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:tills", "Message": text,
            "MessageAttributes": { "response_plan": { "Type": "String", "Value": "tills" } } } }] })
    };
    let rows = [("the till is on fire", "tills"), (r#"{ "title": "down", "response_plan": "own" }"#, "own")];
    for (text, plan) in rows {
        let signal = &read_event(&message(text), now())[0];
        assert_eq!(signal.response_plan.as_ref().map(ToString::to_string).as_deref(), Some(plan), "{text}");
    }
}

#[test]
fn a_subscription_that_waits_to_be_confirmed_is_told_apart_from_one_that_ended() {
    let ask = sample("sns-http-subscription-confirmation.json");
    let mut end = ask.clone();
    end["Type"] = json!("UnsubscribeConfirmation");
    let asks = |event: &Value| asks_to_confirm(&posted(event)[0]);
    assert_eq!((asks(&ask), asks(&end)), (true, false));
}
