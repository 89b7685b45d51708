//! What events become beyond the plain case, on `ingest`'s own handler in virtual time: alarms made of many, and events
//! that nobody can handle.

use reveille_domain::{ResolutionReason, Status};
use reveille_tests::{World, alarm, dawn};
use serde_json::{Value, json};

const THREE_ENGINEERS: &str = include_str!("../../examples/three-engineers.yaml");

const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:tables-throttle";

/// One time series of an alarm on many changes its state, in seconds from the beginning.
fn contributor(id: &str, state: &str, at_s: i64) -> Value {
    let at = (dawn() + jiff::SignedDuration::from_secs(at_s)).to_string();
    json!({ "id": format!("{id}-{state}-{at_s}"), "detail-type": "CloudWatch Alarm Contributor State Change",
        "source": "aws.cloudwatch", "account": "123456789012", "region": "eu-west-1", "time": at, "resources": [ALARM],
        "detail": { "alarmName": "tables-throttle", "state": { "value": state, "timestamp": at },
            "alarmContributor": { "id": id, "attributes": { "TableName": id } } } })
}

fn deletion(at_s: i64) -> Value {
    let at = (dawn() + jiff::SignedDuration::from_secs(at_s)).to_string();
    json!({ "id": "deleted", "detail-type": "CloudWatch Alarm Configuration Change", "source": "aws.cloudwatch",
        "account": "123456789012", "region": "eu-west-1", "time": at, "resources": [ALARM],
        "detail": { "alarmName": "tables-throttle", "operation": "delete", "state": { "value": "ALARM" } } })
}

/// Each incident's title, and why it is over.
fn ends(world: &World) -> Vec<(String, Option<ResolutionReason>)> {
    let reason = |status: &Status| match status {
        Status::Open => None,
        Status::Resolved(resolution) => Some(resolution.reason),
    };
    let mut ends: Vec<_> = world
        .incidents()
        .into_iter()
        .map(|incident| (incident.opening.title.clone(), reason(&incident.status)))
        .collect();
    ends.sort();
    ends
}

#[tokio::test(start_paused = true)]
async fn a_deleted_alarm_closes_the_incidents_of_all_its_contributors() {
    let world = World::with(THREE_ENGINEERS).await;
    for id in ["orders", "users"] {
        world.ingest(contributor(id, "ALARM", 0)).await;
    }
    world.ingest(alarm("tables-throttle", "ALARM", 0)).await;
    // A longer name is another alarm.
    world.ingest(alarm("tables-throttle#7", "ALARM", 0)).await;
    world.pass(60).await;
    world.ingest(contributor("users", "OK", 30)).await;
    for _ in 0..2 {
        world.ingest(deletion(50)).await;
    }
    let (removed, recovered) = (Some(ResolutionReason::Removed), Some(ResolutionReason::Recovered));
    let expected = [
        ("tables-throttle", removed),
        ("tables-throttle (orders)", removed),
        ("tables-throttle (users)", recovered),
        ("tables-throttle#7", None),
    ];
    assert_eq!(ends(&world), expected.map(|(title, reason)| (title.to_owned(), reason)));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_alarm_closes_its_contributors_although_it_opened_nothing_itself() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(contributor("orders", "ALARM", 0)).await;
    world.pass(60).await;
    let id = world.incident().opening.id;
    assert_eq!(world.ingest(deletion(50)).await, json!({ "taken": [{ "applied": id.as_str() }] }));
    assert_eq!(ends(&world), [("tables-throttle (orders)".to_owned(), Some(ResolutionReason::Removed))]);
    // The same contributor may fire again, when somebody makes the alarm anew.
    world.ingest(contributor("orders", "ALARM", 55)).await;
    assert_eq!(world.incidents().len(), 2);
}
