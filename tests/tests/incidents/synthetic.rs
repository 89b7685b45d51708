//! Synthetic incidents: the whole way of a page, and nothing for anybody.

use jiff::SignedDuration;
use reveille_domain::{ContactAlias, Incident, IncidentId};
use reveille_engine::key;
use reveille_engine::port::{Index, Item, Query, Table};
use reveille_tests::cloudwatch::{Datum, read, synthetic_alarm};
use reveille_tests::{Fault, Function, Local, World, alarm, dawn, published};
use serde_json::{Value, json};

const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: everything, safety_contact: natsu }
contacts:
  natsu:
    name: Natsu
    channels: { sms: { type: sms, address: "+15550111", verified: true }, mail: { type: email, address: natsu@example.com, verified: true } }
response_plans:
  everything: { stages: [ { engage: [natsu] } ] }
rules: [ { match: { name: "*synthetic*" }, response_plan: everything } ]
"#;

/// What the schedule publishes now reaches `ingest`.
async fn tested(world: &World) -> Value {
    world.ingest(published(&synthetic_alarm(), world.now())).await
}

fn opened(answer: &Value) -> IncidentId {
    IncidentId::new(answer["taken"][0]["opened"].as_str().unwrap_or_else(|| panic!("it opens one: {answer}")))
}

async fn incident(world: &World, id: &IncidentId) -> Incident {
    world.engine().incident(id).await.expect("the table answers").expect("it is there")
}

fn measured(world: &World, metric: &str) -> Vec<f64> {
    let data: Vec<Datum> = world.metrics().iter().flat_map(|line| read(line)).collect();
    data.into_iter().filter(|datum| datum.key.name == metric).map(|datum| datum.value).collect()
}

/// How many incidents stand in the lists that people see.
async fn listed(table: &dyn Table) -> usize {
    let mut count = 0;
    for open in [true, false] {
        for list_pk in key::list_partitions(open) {
            let page = table.query(&Query { index: Index::List { list_pk }, limit: 100, after: None }).await;
            count += page.expect("the table answers").items.len();
        }
    }
    count
}

#[tokio::test(start_paused = true)]
async fn it_is_paged_answered_and_over_and_nobody_hears_of_it() {
    let world = World::with(TEAM).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(1).await;
    let real = world.sent();
    assert_eq!(
        (real.len(), listed(world.table.as_ref()).await),
        (2, 1),
        "a real one beside it, so that the lists are seen to be read"
    );
    let id = opened(&tested(&world).await);
    world.pass(3_600).await;
    let over = incident(&world, &id).await;
    assert!(!over.is_open(), "{over:?}");
    let theirs = world.sent().into_iter().filter(|message| message.text.contains("SYNTHETIC")).count();
    assert_eq!((theirs, listed(world.table.as_ref()).await), (0, 1), "neither sent to anybody nor listed");
    assert_eq!(
        (measured(&world, "SyntheticPageSeconds"), measured(&world, "SyntheticAnswerSeconds")),
        (vec![0.0], vec![0.0])
    );
    assert_eq!(measured(&world, "UndeliveredPages"), [0.0; 0]);
}

#[tokio::test(start_paused = true)]
async fn it_is_measured_from_its_alarm_and_no_real_page_is_measured_with_it() {
    let world = World::with(TEAM).await;
    let at = world.now() - SignedDuration::from_secs(3);
    let id = opened(&world.ingest(published(&synthetic_alarm(), at)).await);
    world.pass(1).await;
    assert_eq!(
        (measured(&world, "SyntheticPageSeconds"), measured(&world, "SyntheticAnswerSeconds")),
        (vec![3.0], vec![3.0])
    );
    assert_eq!((measured(&world, "PageSeconds"), incident(&world, &id).await.is_open()), (Vec::new(), false));
}

#[tokio::test(start_paused = true)]
async fn it_counts_once_however_often_it_comes_and_each_is_one_of_its_own() {
    let world = World::with(TEAM).await;
    let event = published(&synthetic_alarm(), world.now());
    let id = opened(&world.ingest(event.clone()).await);
    let again = world.ingest(event).await;
    assert_eq!(again, json!({ "taken": [{ "duplicate": id.as_str() }] }));
    // The one before has not been answered: this one waits for none.
    world.fail(Fault::Function(Function::Notify));
    world.pass(300).await;
    let next = opened(&tested(&world).await);
    world.heal(Fault::Function(Function::Notify));
    world.pass(60).await;
    assert!(next != id && !incident(&world, &next).await.is_open());
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_late_or_by_the_failure_queue_or_by_a_webhook_asks_nobody() {
    let world = World::with(TEAM).await;
    let late = published(&synthetic_alarm(), world.now() - SignedDuration::from_mins(10));
    assert!(world.ingest(late).await["taken"][0]["nothing"].is_string());
    let failed = json!({ "requestContext": { "condition": "RetriesExhausted" }, "requestPayload": published(&synthetic_alarm(), world.now()) });
    for receives in ["1", "5", "100"] {
        let record = json!({ "messageId": "m", "body": failed.to_string(), "eventSource": "aws:sqs",
            "attributes": { "ApproximateReceiveCount": receives } });
        assert_eq!(world.ingest(json!({ "Records": [record] })).await, json!({ "batchItemFailures": [] }));
    }
    world.pass(3_600).await;
    assert_eq!((world.sent(), listed(world.table.as_ref()).await), (Vec::new(), 0));
}

#[tokio::test(start_paused = true)]
async fn while_it_cannot_be_sent_nobody_is_woken_in_its_place() {
    let world = World::with(TEAM).await;
    world.fail(Fault::Function(Function::Notify));
    let id = opened(&tested(&world).await);
    world.pass(300).await;
    assert!(!incident(&world, &id).await.is_open(), "it ends by itself before the next one begins");
    world.heal(Fault::Function(Function::Notify));
    world.pass(3_600).await;
    assert_eq!(world.sent(), [], "neither the safety contact nor the operators");
    assert_eq!(measured(&world, "SyntheticAnswerSeconds"), [0.0; 0]);
}

/// Hundreds a day: whatever is put down for them is swept up.
#[tokio::test(start_paused = true)]
async fn nothing_of_it_is_kept() {
    let world = World::with(TEAM).await;
    let id = opened(&tested(&world).await);
    world.pass(600).await;
    let until = dawn().as_second() + 2 * 24 * 3_600;
    let rows = world.table.rows();
    let its_own = |pk: &str| pk.contains(id.as_str()) || ["CAUSE#", "DEDUPE#"].iter().any(|kind| pk.starts_with(kind));
    let swept = |row: &Item| row.get("ttl").and_then(Value::as_i64).is_some_and(|ttl| ttl <= until);
    let kept: Vec<_> = rows.iter().filter(|(key, row)| its_own(&key.pk) && !swept(row)).collect();
    assert!(kept.is_empty(), "{kept:#?}");
    assert!(rows.iter().filter(|(key, _)| its_own(&key.pk)).count() > 8, "and there was something: {rows:#?}");
    let told = rows.iter().filter(|(key, _)| key.pk.starts_with("PAGED#")).count();
    assert_eq!(told, 0, "what its reader was told is in no book");
}

#[tokio::test(start_paused = true)]
async fn a_configuration_cannot_name_its_reader() {
    let world = World::with(TEAM).await;
    let id = opened(&tested(&world).await);
    world.pass(1).await;
    let incident = incident(&world, &id).await;
    let reader =
        incident.engagements.iter().find_map(|engagement| engagement.contact().cloned()).expect("somebody is asked");
    assert_eq!(reader, ContactAlias::new("test-page/reader"));
    let named = TEAM.replace("  natsu:\n", &format!("  \"{reader}\":\n"));
    assert!(reveille_cli::configuration::parse(&named, "team.yaml").is_err());
}

/// The functions, the queues, the signing key and the front of the embedded stack, over HTTP.
#[tokio::test]
async fn on_the_embedded_stack_it_goes_the_whole_way() {
    let local = Local::with(TEAM).await;
    let id = local.open(published(&synthetic_alarm(), dawn())).await;
    let over = local.incident_when(&id, |incident| !incident.is_open()).await;
    assert!(over.engagements.iter().any(|engagement| engagement.contact().is_some()), "{over:?}");
    local.settled(&id).await;
    assert!(local.world.stack.inbox().letters().is_empty(), "nothing has left the stack");
    assert!(local.incidents(true).await.is_empty() && local.incidents(false).await.is_empty(), "it is in no list");
}
