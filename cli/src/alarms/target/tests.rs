use super::*;

const TO: &str = "arn:aws:lambda:eu-west-1:111122223333:function:reveille-ingest";
const PLAN: &str = "arn:aws:ssm-incidents::111122223333:response-plan/Web_Down";

fn plan(id: &str) -> Value {
    json!({ "Id": id, "Arn": PLAN, "RoleArn": "arn:aws:iam::111122223333:role/starts-incidents",
        "DeadLetterConfig": { "Arn": "arn:aws:sqs:eu-west-1:111122223333:dead" }, "RetryPolicy": { "MaximumRetryAttempts": 3 } })
}

fn topic() -> Value {
    json!({ "Id": "topic", "Arn": "arn:aws:sns:eu-west-1:111122223333:topic" })
}

fn changed(targets: &[Value], keep: bool) -> (Vec<Value>, Vec<String>) {
    match retargeted(targets, TO, keep) {
        Retargeting::Change { targets, plan, notes } => {
            assert_eq!(plan, "Web_Down");
            (targets, notes)
        }
        found @ (Retargeting::None | Retargeting::Done { .. } | Retargeting::Impossible { .. }) => panic!("{found:?}"),
    }
}

#[test]
fn a_target_gives_way_with_its_queue_and_names_the_plan() {
    let (after, notes) = changed(&[topic(), plan("incident")], false);
    assert_eq!((after.len(), &after[0], notes.len()), (2, &topic(), 0));
    let ours = &after[1];
    assert_eq!((&ours["Id"], &ours["Arn"], ours.get("RoleArn")), (&json!("incident"), &json!(TO), None));
    assert_eq!(ours["RetryPolicy"], json!({ "MaximumRetryAttempts": 3 }));
    assert_eq!(ours["DeadLetterConfig"], plan("incident")["DeadLetterConfig"]);
    // What the rule sends is the event with a name beside it: filled in, it is read as that event.
    let transformer = &ours["InputTransformer"];
    let event = json!({ "version": "0", "id": "1", "detail-type": "t", "source": "my.app", "account": "111122223333",
        "time": "2026-11-23T03:00:00Z", "region": "eu-west-1", "resources": ["a"], "detail": { "x": 1 } });
    let mut filled = transformer["InputTemplate"].as_str().expect("a template").to_owned();
    for (name, path) in transformer["InputPathsMap"].as_object().expect("paths") {
        let member = path.as_str().and_then(|path| path.strip_prefix("$.")).expect("a path");
        filled = filled.replace(&format!("<{name}>"), &event[member].to_string());
    }
    let filled: Value = serde_json::from_str(&filled).expect("JSON");
    let mut expected = event;
    expected["response_plan"] = json!("web_down");
    assert_eq!(filled, expected);
    let signal = &reveille_wire::read_event(&filled, jiff::Timestamp::UNIX_EPOCH)[0];
    assert_eq!(signal.response_plan.as_ref().map(ToString::to_string).as_deref(), Some("web_down"));
}

#[test]
fn beside_incident_manager_there_is_one_target_more_and_afterwards_one_less() {
    let before = [plan("incident")];
    let (during, _) = changed(&before, true);
    assert_eq!(during.len(), 2);
    assert_eq!((&during[0], &during[1]["Id"]), (&before[0], &json!("reveille-incident")));
    let (after, _) = changed(&during, false);
    assert_eq!(after, [during[1].clone()]);
    assert_eq!(change(&before, &during), (vec![during[1].clone()], vec![]));
    assert_eq!(change(&during, &after), (vec![], vec!["incident".to_owned()]));
    assert!(matches!(retargeted(&during, TO, true), Retargeting::Done { .. }));
    assert_eq!(retargeted(&after, TO, false), Retargeting::None);
}

#[test]
fn what_has_no_response_plan_or_no_room_is_left_alone_and_own_inputs_stay() {
    assert_eq!(retargeted(&[topic()], TO, false), Retargeting::None);
    let full: Vec<Value> =
        (1..5).map(|id| json!({ "Id": id.to_string(), "Arn": "arn:aws:sqs:::q" })).chain([plan("p")]).collect();
    assert!(matches!(retargeted(&full, TO, true), Retargeting::Impossible { .. }));
    assert_eq!(changed(&full, false).0.len(), 5);
    let mut own = plan("own");
    own["Input"] = json!("{\"title\":\"mine\"}");
    let (after, notes) = changed(&[own], false);
    assert_eq!((&after[0]["Input"], after[0].get("InputTransformer")), (&json!("{\"title\":\"mine\"}"), None));
    assert!(notes[0].contains("Input of its own"), "{notes:?}");
}
