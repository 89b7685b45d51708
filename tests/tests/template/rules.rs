//! What the EventBridge rules of `template.yaml` let through to `ingest`. What a rule keeps out nobody reads, so each row
//! says of one event whether it comes in.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use serde_json::{Value, json};

/// The patterns of the rules that invoke `ingest`.
fn patterns() -> Vec<Value> {
    let template: Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    let rules = template["Resources"].as_object().unwrap().values().filter(|one| one["Type"] == "AWS::Events::Rule");
    let patterns: Vec<Value> = rules
        .map(|rule| &rule["Properties"])
        .filter(|rule| rule["Targets"][0]["Arn"] == "IngestFunction.Arn")
        .map(|rule| rule["EventPattern"].clone())
        .collect();
    assert!(patterns.len() >= 5, "{patterns:?}");
    patterns
}

/// How many rules let an event in.
fn admitted(event: &Value) -> usize {
    patterns().iter().filter(|pattern| matches(pattern, event)).count()
}

/// EventBridge's matching, as far as these patterns use it: every key must match, and of a list in the event any member.
fn matches(pattern: &Value, event: &Value) -> bool {
    if let Value::Array(members) = event {
        return members.iter().any(|member| matches(pattern, member));
    }
    match pattern {
        Value::Object(keys) => keys.iter().all(|(key, below)| match key.as_str() {
            "$or" => below.as_array().unwrap().iter().any(|one| matches(one, event)),
            key => event.get(key).is_some_and(|value| matches(below, value)),
        }),
        Value::Array(filters) => filters.iter().any(|filter| passes(filter, event)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("a pattern's leaf is a list: {pattern}")
        }
    }
}

fn passes(filter: &Value, value: &Value) -> bool {
    let Value::Object(filter) = filter else { return filter == value };
    let (kind, bound) = filter.iter().next().unwrap();
    match kind.as_str() {
        "prefix" => value.as_str().is_some_and(|text| text.starts_with(bound.as_str().unwrap())),
        "anything-but" => !passes(bound, value),
        "numeric" => {
            assert_eq!(bound[0], ">=", "{bound}");
            value.as_f64().is_some_and(|number| number >= bound[1].as_f64().unwrap())
        }
        other => panic!("this test does not know `{other}`"),
    }
}

#[test]
fn every_form_of_an_alarms_change_comes_in_once_but_reveilles_own() {
    let event = |kind: &str, name: &str, more: Value| {
        let mut detail = more;
        detail["alarmName"] = json!(name);
        json!({ "source": "aws.cloudwatch", "detail-type": kind, "detail": detail })
    };
    let rows = [
        ("CloudWatch Alarm State Change", "web-down", json!({}), 1),
        ("CloudWatch Alarm Contributor State Change", "web-down", json!({}), 1),
        ("CloudWatch Alarm Configuration Change", "web-down", json!({ "operation": "delete" }), 1),
        ("CloudWatch Alarm Configuration Change", "web-down", json!({ "operation": "update" }), 0),
        ("CloudWatch Alarm State Change", "${AWS::StackName}-heartbeat", json!({}), 0),
    ];
    for (kind, name, more, rules) in rows {
        assert_eq!(admitted(&event(kind, name, more.clone())), rules, "{kind} of {name} with {more}");
    }
}

#[test]
fn findings_come_in_when_they_matter_and_when_they_are_over() {
    let hub = |finding: Value| {
        json!({ "source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported",
            "detail": { "findings": [finding] } })
    };
    let v2 = |finding: Value| json!({ "source": "aws.securityhub", "detail-type": "Findings Imported V2", "detail": { "findings": [finding] } });
    let asff = |label: &str, workflow: &str, record: &str, compliance: &str| {
        hub(json!({ "Severity": { "Label": label }, "Workflow": { "Status": workflow }, "RecordState": record,
            "Compliance": { "Status": compliance } }))
    };
    let rows = [
        ("new and high", asff("HIGH", "NEW", "ACTIVE", "FAILED"), 1),
        ("new and critical", asff("CRITICAL", "NEW", "ACTIVE", "FAILED"), 1),
        ("new and medium", asff("MEDIUM", "NEW", "ACTIVE", "FAILED"), 0),
        ("somebody knows", asff("HIGH", "NOTIFIED", "ACTIVE", "FAILED"), 0),
        ("resolved", asff("HIGH", "RESOLVED", "ACTIVE", "FAILED"), 1),
        ("suppressed", asff("HIGH", "SUPPRESSED", "ACTIVE", "FAILED"), 1),
        ("archived", asff("HIGH", "NEW", "ARCHIVED", "FAILED"), 1),
        ("passed", asff("INFORMATIONAL", "RESOLVED", "ACTIVE", "PASSED"), 1),
        ("OCSF, new and high", v2(json!({ "severity_id": 4, "status_id": 1 })), 1),
        ("OCSF, new and medium", v2(json!({ "severity_id": 3, "status_id": 1 })), 0),
        ("OCSF, resolved", v2(json!({ "severity_id": 4, "status_id": 4 })), 1),
        ("OCSF, passed", v2(json!({ "severity_id": 1, "status_id": 1, "compliance": { "status_id": 1 } })), 1),
        ("OCSF, archived", v2(json!({ "severity_id": 3, "status_id": 5 })), 1),
    ];
    for (what, event, rules) in rows {
        assert_eq!(admitted(&event), rules, "{what}");
    }
}

#[test]
fn guardduty_tells_of_high_findings_and_of_malware() {
    let event = |kind: &str, detail: Value| json!({ "source": "aws.guardduty", "detail-type": kind, "detail": detail });
    let scan = |result: &str| json!({ "scanResultDetails": { "scanResultStatus": result } });
    let s3 = "GuardDuty Malware Protection Object Scan Result";
    let rows = [
        (event("GuardDuty Finding", json!({ "severity": 7 })), 1),
        (event("GuardDuty Finding", json!({ "severity": 6.9 })), 0),
        (event(s3, scan("THREATS_FOUND")), 1),
        (event(s3, scan("ACCESS_DENIED")), 1),
        (event(s3, scan("NO_THREATS_FOUND")), 0),
    ];
    for (event, rules) in rows {
        assert_eq!(admitted(&event), rules, "{event}");
    }
}
