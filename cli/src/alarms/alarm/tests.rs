use serde_json::json;

use super::*;

const TO: &str = "arn:aws:lambda:eu-west-1:111122223333:function:reveille-ingest";
const PLAN: &str = "arn:aws:ssm-incidents::111122223333:response-plan/web";
const OTHER: &str = "arn:aws:ssm-incidents::999988887777:response-plan/Data_Base";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:topic";

fn actions(alarm: &[&str], ok: &[&str], insufficient: &[&str]) -> Actions {
    let list = |arns: &[&str]| arns.iter().map(|arn| (*arn).to_owned()).collect();
    Actions { alarm_actions: list(alarm), ok_actions: list(ok), insufficient_data_actions: list(insufficient) }
}

#[test]
fn response_plans_give_way_and_recoveries_are_told() {
    let full = ["a", "b", "c", "d", PLAN];
    let rows = [
        // What there is, whether it is kept, and what there will be.
        (actions(&[PLAN], &[], &[]), false, Some(actions(&[TO], &[TO], &[]))),
        (actions(&[PLAN], &[], &[]), true, Some(actions(&[PLAN, TO], &[TO], &[]))),
        (actions(&[TOPIC, PLAN], &[TOPIC], &[TOPIC]), false, Some(actions(&[TOPIC, TO], &[TOPIC, TO], &[TOPIC]))),
        (actions(&[PLAN, TOPIC, OTHER], &[], &[]), false, Some(actions(&[TO, TOPIC], &[TO], &[]))),
        (actions(&[OTHER], &[], &[]), false, Some(actions(&[TO], &[TO], &[]))),
        (actions(&[], &[], &[PLAN]), false, Some(actions(&[], &[TO], &[TO]))),
        (actions(&[], &[PLAN], &[]), false, Some(actions(&[], &[TO], &[]))),
        (actions(&full, &[], &[]), false, Some(actions(&["a", "b", "c", "d", TO], &[TO], &[]))),
        // After a trial beside Incident Manager only the response plan goes.
        (actions(&[PLAN, TO], &[TO], &[]), false, Some(actions(&[TO], &[TO], &[]))),
        (actions(&[PLAN, TO], &[TO], &[]), true, None),
    ];
    for (there, keep, expected) in rows {
        match (there.rewired(TO, keep), expected) {
            (Rewiring::Change { actions, plan, .. }, Some(expected)) => {
                assert_eq!(actions, expected, "{there:?}");
                assert!(["web", "Data_Base"].contains(&plan.as_str()), "{plan}");
            }
            (Rewiring::Done { .. }, None) => {}
            (found, expected) => panic!("{there:?}: {found:?} and not {expected:?}"),
        }
    }
}

#[test]
fn what_has_no_response_plan_or_no_room_is_left_alone() {
    assert_eq!(actions(&[TOPIC, TO], &[TO], &[]).rewired(TO, false), Rewiring::None);
    let full = ["a", "b", "c", "d", PLAN];
    let rows = [
        (actions(&full, &[], &[]), true, "ALARM has 5 actions already"),
        (actions(&[PLAN], &["a", "b", "c", "d", "e"], &[]), false, "OK has 5 actions already"),
        (actions(&[], &[], &full), true, "INSUFFICIENT_DATA has 5 actions already"),
    ];
    for (there, keep, expected) in rows {
        let found = there.rewired(TO, keep);
        let Rewiring::Impossible { plan, why } = &found else { panic!("{there:?}: {found:?}") };
        assert_eq!(plan, "web");
        assert!(why.starts_with(expected), "{why}");
    }
}

#[test]
fn what_will_be_otherwise_is_said() {
    let rows = [
        (actions(&[PLAN], &[], &[]), vec![]),
        (actions(&[PLAN, OTHER], &[], &[]), vec!["web answers"]),
        (actions(&[PLAN], &[PLAN], &[PLAN]), vec!["missing data", "OK opened"]),
    ];
    for (there, expected) in rows {
        let Rewiring::Change { notes, .. } = there.rewired(TO, false) else { panic!("{there:?}") };
        assert_eq!(notes.len(), expected.len(), "{notes:?}");
        for (note, expected) in notes.iter().zip(expected) {
            assert!(note.contains(expected), "{note}");
        }
    }
}

/// Alarms as CloudWatch describes them, one of each kind that there is, and what is written of them.
#[test]
fn everything_but_the_standing_of_an_alarm_is_written_again() {
    let standing = json!({
        "AlarmArn": "arn", "AlarmConfigurationUpdatedTimestamp": 1.5, "StateValue": "OK", "StateReason": "r",
        "StateReasonData": "{}", "StateUpdatedTimestamp": 2, "StateTransitionedTimestamp": 3, "EvaluationState": "PARTIAL_DATA",
        "ActionsSuppressedBy": "Alarm", "ActionsSuppressedReason": "r",
    });
    let settings = [
        json!({ "AlarmName": "metric", "MetricName": "Errors", "Namespace": "Web", "Statistic": "Sum", "Period": 60, "Unit": "Count",
            "Dimensions": [{ "Name": "Host", "Value": "a" }], "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 80.5,
            "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "breaching", "ActionsEnabled": false }),
        json!({ "AlarmName": "percentile", "ExtendedStatistic": "p99", "EvaluateLowSampleCountPercentile": "ignore",
            "AlarmDescription": "Slow" }),
        json!({ "AlarmName": "math", "EvaluationPeriods": 1, "Threshold": 0, "Metrics": [
            { "Id": "e1", "Expression": "m1/m2", "ReturnData": true },
            { "Id": "m1", "AccountId": "999988887777", "MetricStat": { "Metric": { "Namespace": "Web", "MetricName": "Errors",
              "Dimensions": [] }, "Period": 60, "Stat": "Sum" }, "ReturnData": false } ] }),
        json!({ "AlarmName": "anomaly", "ThresholdMetricId": "ad1", "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
            "Metrics": [{ "Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)" }] }),
        json!({ "AlarmName": "composite", "AlarmRule": "ALARM(a) AND NOT ALARM(b)", "ActionsSuppressor": "deploys",
            "ActionsSuppressorWaitPeriod": 120, "ActionsSuppressorExtensionPeriod": 180 }),
        json!({ "AlarmName": "query", "EvaluationCriteria": { "PromQLCriteria": { "Query": "up == 0" } }, "EvaluationInterval": 60 }),
        json!({ "AlarmName": "from the future", "NobodyKnows": { "What": ["this", 1.25] } }),
    ];
    let actions = actions(&[TO], &[TO], &[]);
    for settings in settings {
        let mut described = settings.clone();
        let members = described.as_object_mut().expect("an object");
        members.extend(standing.as_object().expect("an object").clone());
        members.insert("AlarmActions".to_owned(), json!([PLAN]));
        members.insert("OKActions".to_owned(), json!([]));
        let mut expected = settings;
        expected["AlarmActions"] = json!([TO]);
        expected["OKActions"] = json!([TO]);
        expected["InsufficientDataActions"] = json!([]);
        assert_eq!(input(&described, &actions), expected);
    }
}

/// What is done to an alarm between two looks.
type Edit<'a> = &'a dyn Fn(&mut Value);

#[test]
fn an_empty_list_is_no_setting_and_a_lost_setting_is_named() {
    let metric =
        json!({ "AlarmName": "a", "Dimensions": [], "Metrics": [{ "Id": "m" }], "Unit": null, "AlarmActions": [PLAN] });
    let written = input(&metric, &actions(&[TO], &[], &[]));
    assert_eq!(written.get("Dimensions"), None, "an alarm of several metrics may not name dimensions");
    let read = |change: Edit<'_>| {
        let mut read = json!({ "AlarmName": "a", "Metrics": [{ "Id": "m" }], "AlarmActions": [TO], "Threshold": 80, "StateValue": "OK" });
        change(&mut read);
        read
    };
    let mut with_threshold = written;
    with_threshold["Threshold"] = json!(80.0);
    assert_eq!(differences(&with_threshold, &read(&|_| {})), Vec::<String>::new());
    let rows: [(Edit<'_>, &str); 3] = [
        (&|read| read["Threshold"] = json!(81), "Threshold is 81 and should be 80.0"),
        (&|read| read["Threshold"] = Value::Null, "Threshold is nothing and should be 80.0"),
        (&|read| read["Period"] = json!(60), "Period is 60 and should be nothing"),
    ];
    for (change, expected) in rows {
        assert_eq!(differences(&with_threshold, &read(change)), [expected]);
    }
}
