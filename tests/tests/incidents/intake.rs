//! What events become beyond the plain case, on `ingest`'s own handler in virtual time: alarms made of many, and events
//! that nobody can handle.

use reveille_aws::Clients;
use reveille_domain::{IncidentId, ResolutionReason, ResponsePlanName, Status};
use reveille_engine::key;
use reveille_engine::port::{Condition, Table, TableError, Write};
use reveille_local::LetterChannel;
use reveille_local::names::INGEST_FAILURE_QUEUE;
use reveille_tests::{HookedTable, Local, Meanwhile, Request, World, alarm, contributor, dawn, deletion, nothing};
use serde_json::{Value, json};

const THREE_ENGINEERS: &str = include_str!("../../../examples/three-engineers.yaml");

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
        world.ingest(contributor("tables-throttle", id, "ALARM", 0)).await;
    }
    world.ingest(alarm("tables-throttle", "ALARM", 0)).await;
    // A longer name is another alarm.
    world.ingest(alarm("tables-throttle#7", "ALARM", 0)).await;
    world.pass(60).await;
    world.ingest(contributor("tables-throttle", "users", "OK", 30)).await;
    for _ in 0..2 {
        world.ingest(deletion("tables-throttle", 50)).await;
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
    world.ingest(contributor("tables-throttle", "orders", "ALARM", 0)).await;
    world.pass(60).await;
    let id = world.incident().opening.id;
    assert_eq!(world.ingest(deletion("tables-throttle", 50)).await, json!({ "taken": [{ "applied": id.as_str() }] }));
    assert_eq!(ends(&world), [("tables-throttle (orders)".to_owned(), Some(ResolutionReason::Removed))]);
    // The same contributor may fire again, when somebody makes the alarm anew.
    world.ingest(contributor("tables-throttle", "orders", "ALARM", 55)).await;
    assert_eq!(world.incidents().len(), 2);
}

/// Two plans, and a rule that lets this one answer.
fn answered_by(plan: &str) -> String {
    format!(
        r#"
reveille: 1
defaults: {{ response_plan: other }}
contacts:
  natsu: {{ name: Natsu, channels: {{ sms: {{ type: sms, address: "+1 555 0111", verified: true }} }} }}
response_plans:
  first: {{ stages: [ {{ engage: [natsu] }} ] }}
  second: {{ stages: [ {{ engage: [natsu] }} ] }}
  other: {{ stages: [ {{ engage: [natsu] }} ] }}
rules: [ {{ match: {{ name: "web-*" }}, response_plan: {plan} }} ]
"#
    )
}

/// The plan and the reason of the end of each incident, in the order in which they opened.
fn plans_and_ends(world: &World) -> Vec<(String, Option<ResolutionReason>)> {
    let mut incidents = world.incidents();
    incidents.sort_by_key(|incident| incident.opened_at);
    let reason = |status: &Status| match status {
        Status::Open => None,
        Status::Resolved(resolution) => Some(resolution.reason),
    };
    incidents.iter().map(|one| (one.opening.response_plan.to_string(), reason(&one.status))).collect()
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_is_open_under_two_plans_recovers_under_both() {
    let recovered = Some(ResolutionReason::Recovered);
    let end = |plan: &str, reason| (plan.to_owned(), reason);
    let world = World::with(&answered_by("first")).await;
    world.ingest(alarm("web-down", "ALARM", 0)).await;
    world.ingest(alarm("web-slow", "ALARM", 0)).await;
    for (at, plan) in [(60, "second"), (120, "other")] {
        world.pass(60).await;
        world.apply(&answered_by(plan)).await;
        world.ingest(alarm("web-down", "ALARM", at)).await;
    }
    let open = [end("first", None), end("first", None), end("second", None), end("other", None)];
    assert_eq!(plans_and_ends(&world), open, "one alarm is open under three plans");
    world.pass(60).await;
    for _ in 0..2 {
        world.ingest(alarm("web-down", "OK", 180)).await;
    }
    let mut ends = plans_and_ends(&world);
    ends.sort();
    let over = [end("first", None), end("first", recovered), end("other", recovered), end("second", recovered)];
    assert_eq!(ends, over, "and over under all of them; another alarm stays open");
    // What it had open before and is over is forgotten: another incident under the old key is not its own.
    world.apply(&answered_by("first")).await;
    world.pass(60).await;
    world.ingest(alarm("web-down", "ALARM", 240)).await;
    world.pass(60).await;
    world.ingest(alarm("web-down", "OK", 300)).await;
    let still_open: Vec<_> = plans_and_ends(&world).into_iter().filter(|(_, reason)| reason.is_none()).collect();
    assert_eq!(still_open, [end("first", None)], "the other alarm's");
}

/// A message of `ingest`'s failure queue that comes for the nth time.
fn queued(id: &str, body: &Value, receives: u64) -> Value {
    json!({ "messageId": id, "body": body.to_string(), "eventSource": "aws:sqs",
        "attributes": { "ApproximateReceiveCount": receives.to_string() } })
}

/// `ingest` on a table that does this when somebody stores an incident with the word "poison" in it.
async fn ingest_with(world: &World, on_poison: fn() -> Meanwhile) -> ingest::Context {
    let table = HookedTable::new(world.table.clone(), move |request| {
        let Request::Write(writes) = request else { return nothing() };
        let is_state = |write: &&Write| write.key.sk == "STATE";
        let poisoned = writes.iter().filter(is_state).any(|write| format!("{:?}", write.action).contains("poison"));
        if poisoned { on_poison() } else { nothing() }
    });
    ingest::Context::new(table.engine(dawn()))
}

fn refuses() -> Meanwhile {
    Box::pin(async { Err(TableError::Invalid("the row is too large".into())) })
}

fn raw_texts(world: &World) -> Vec<String> {
    let rows = world.table.rows().into_iter().filter(|(key, _)| key.sk == "RAW#0");
    rows.map(|(_, row)| row["text"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_event_that_keeps_panicking_opens_one_incident_with_its_raw_text_and_stays_in_the_queue() {
    let world = World::with(THREE_ENGINEERS).await;
    let context = ingest_with(&world, || panic!("this is the panic that the test is about")).await;
    let (poison, good) = (alarm("poison", "ALARM", 0), alarm("web-down", "ALARM", 0));
    for receives in 1..=480 {
        let batch = json!({ "Records": [queued("bad", &poison, receives), queued("good", &good, receives)] });
        let answer = ingest::handle(batch, &context).await.expect("a batch is answered");
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "bad" }] }), "receive {receives}");
        let incidents = if receives < 5 { 1 } else { 2 };
        assert_eq!(world.incidents().len(), incidents, "receive {receives}");
    }
    let incidents = world.incidents();
    let unhandled =
        incidents.iter().find(|one| one.opening.title == "An event could not be handled").expect("it is there");
    assert_eq!(unhandled.opening.response_plan.as_str(), "everything-else");
    assert!(raw_texts(&world).contains(&poison.to_string()));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_table_will_not_take_has_a_bare_incident_and_goes_the_way_of_failures() {
    let world = World::with(THREE_ENGINEERS).await;
    let context = ingest_with(&world, refuses).await;
    let mut large = alarm("web-down", "ALARM", 0);
    large["alarmData"]["configuration"]["description"] = json!("poison");
    for _ in 0..3 {
        let failed = ingest::handle(large.clone(), &context).await.expect_err("Lambda sends it to the failure queue");
        assert_eq!(failed.error_type, "NotRetryable");
    }
    for receives in [1, 5, 480] {
        let batch = json!({ "Records": [queued("m", &large, receives)] });
        let answer = ingest::handle(batch, &context).await.expect("a batch is answered");
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m" }] }));
    }
    let incident = world.incident();
    assert_eq!(
        (incident.opening.title.as_str(), incident.opening.response_plan.as_str()),
        ("web-down", "critical-web-application")
    );
    assert!(incident.opening.summary.contains("could not be stored with its details"));
    assert_eq!(raw_texts(&world), [large.to_string()]);
}

/// In the whole local world: a recovery whose incident cannot be read fails in `ingest`, comes back through the failure
/// queue, and becomes an incident of its own. How the queue gives it up in the end is the queue's: a test of the doubles
/// holds it, after 480 receives here.
#[tokio::test]
async fn a_poison_event_ends_in_an_incident_and_stays_in_the_failure_queue() {
    let local = Local::with(THREE_ENGINEERS).await;
    let arn = alarm("web-down", "OK", 0)["alarmArn"].as_str().expect("an ARN").to_owned();
    let plan = ResponsePlanName::new("critical-web-application");
    let rows = [
        (key::dedupe(&plan, &arn), json!({ "incident": "broken" })),
        (key::state(&IncidentId::new("broken")), json!({ "rev": "not a number" })),
    ];
    for (key, row) in rows {
        let row = row.as_object().expect("a row").clone().into();
        local.world.table.write(&Write::put(key, row, Condition::Always)).await.expect("it is written");
    }
    let recovery = alarm("web-down", "OK", 0);
    let sqs = Clients::at(&local.world.stack.endpoint()).sqs();
    let failures = local.world.stack.queue_url(INGEST_FAILURE_QUEUE);
    sqs.send_message().queue_url(&failures).message_body(recovery.to_string()).send().await.expect("it is taken");
    for receives in 1..=6 {
        let calls = local.world.stack.calls();
        local
            .until("`ingest` is given the event", || async {
                let given = calls.all().into_iter().filter(|call| call.operation == "ingest").count();
                (given >= receives).then_some(())
            })
            .await;
        local.pass(180);
    }
    local.arrives(LetterChannel::Sms, "+84312712567", "An event could not be handled", 1).await;
    let incident = local.incident().await;
    assert_eq!(incident.opening.title, "An event could not be handled");
    let raw = local.world.table.get(&key::raw(&incident.opening.id)).await.unwrap().expect("the raw text is kept");
    assert_eq!(raw["text"], recovery.to_string());
    let attributes = sqs.get_queue_attributes().queue_url(failures).send().await.expect("the queue answers");
    let counts = attributes.attributes().into_iter().flatten();
    let counts = counts.filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOfMessages"));
    let kept: u32 = counts.map(|(_, count)| count.parse::<u32>().expect("a number")).sum();
    assert_eq!(kept, 1, "it goes on to be tried: {attributes:?}");
}
