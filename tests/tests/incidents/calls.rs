//! What everything costs, in requests to AWS: each is a round trip that somebody waits for, and money.
//!
//! Nothing is connected here, so every request is one of the function that the test invokes. `costs.rs` has what is counted in a night
//! on the embedded stack.

use reveille_cli::bench::HOPS;
use reveille_domain::IncidentId;
use reveille_engine::port::{Condition, Item, Table, Write};
use reveille_engine::{Nudge, Work, key};
use reveille_tests::embedded::EmbeddedGround;
use reveille_tests::{Local, THREE_ENGINEERS, alarm, cost, dawn};
use serde_json::{Value, json};

/// A world whose functions are warm: they have read their settings and keys, and their connections are open.
async fn warm(yaml: &str) -> Local {
    let local = Local::still(yaml).await;
    let id = ordered(&local, "web-warm-up").await;
    notify(&local, &work(&local, &id).await).await;
    // The next page is no part of a storm of which this one was the first.
    local.pass(360);
    local
}

/// Opens an incident and drives it until its first page is ordered.
async fn ordered(local: &Local, name: &str) -> IncidentId {
    let id = local.open(alarm(name, "ALARM", 0)).await;
    local.deliver("respond", &Nudge::now(&id).message(dawn()).body).await;
    id
}

/// The messages that `notify` is woken with for an incident.
async fn work(local: &Local, id: &IncidentId) -> Vec<String> {
    let orders = local.orders(id).await;
    let pages = orders.iter().filter(|order| order.engagement().is_some());
    pages.map(|order| Work::of(id, order).message().body).collect()
}

async fn notify(local: &Local, messages: &[String]) {
    for message in messages {
        local.deliver("notify", message).await;
    }
}

async fn ingest(local: &Local, event: Value) -> (Vec<String>, Value) {
    let answer = std::cell::RefCell::new(Value::Null);
    let operations = local.operations_of(async { *answer.borrow_mut() = local.invoke("ingest", event).await }).await;
    (operations, answer.into_inner())
}

#[tokio::test]
async fn a_new_alarm_costs_one_read_one_transaction_and_one_nudge() {
    let local = warm(THREE_ENGINEERS).await;
    let (operations, answer) = ingest(&local, alarm("web-unhealthy-host", "ALARM", 0)).await;
    assert!(answer["taken"][0]["opened"].is_string(), "{answer}");
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "SendMessage"]);
}

#[tokio::test]
async fn a_repeat_costs_one_read_and_one_transaction() {
    let local = warm(THREE_ENGINEERS).await;
    local.pass(120);
    for at_s in [60, 61, 62] {
        let (operations, answer) = ingest(&local, alarm("web-warm-up", "ALARM", at_s)).await;
        assert!(answer["taken"][0]["repeated"].is_string(), "{answer}");
        assert_eq!(operations, ["BatchGetItem", "TransactWriteItems"]);
    }
}

#[tokio::test]
async fn a_redelivered_alarm_costs_no_more_than_the_first_and_nudges_again() {
    let local = warm(THREE_ENGINEERS).await;
    let (operations, answer) = ingest(&local, alarm("web-warm-up", "ALARM", 0)).await;
    assert!(answer["taken"][0]["duplicate"].is_string(), "{answer}");
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "SendMessage"]);
}

#[tokio::test]
async fn what_a_signal_ignores_costs_nothing() {
    let local = warm(THREE_ENGINEERS).await;
    let completed = json!({ "source": "aws.backup", "detail-type": "Backup Job State Change", "id": "b", "time":
        "2026-11-23T03:00:00Z", "account": "123456789012", "region": "eu-west-1", "resources": [],
        "detail": { "state": "COMPLETED", "backupJobId": "j" } });
    let (operations, answer) = ingest(&local, completed).await;
    assert!(answer["taken"][0]["nothing"].is_string(), "{answer}");
    assert_eq!(operations, [""; 0]);
}

#[tokio::test]
async fn each_further_channel_of_a_page_costs_one_request_and_so_fewer_than_four() {
    let local = warm(THREE_ENGINEERS).await;
    let id = ordered(&local, "web-unhealthy-host").await;
    let messages = work(&local, &id).await;
    let mut operations = local.operations_of(notify(&local, &messages)).await;
    assert_eq!(messages.len(), 1, "one order for both channels");
    operations[2..4].sort();
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "Publish", "SendEmail", "TransactWriteItems"]);
}

#[tokio::test]
async fn a_page_with_one_channel_costs_four_requests() {
    let yaml =
        THREE_ENGINEERS.replace("      mail: { type: email, address: natsu@devopsvn.tech, verified: true }\n", "");
    let local = warm(&yaml).await;
    let id = ordered(&local, "web-unhealthy-host").await;
    let messages = work(&local, &id).await;
    let operations = local.operations_of(notify(&local, &messages)).await;
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "Publish", "TransactWriteItems"]);
}

#[tokio::test]
async fn an_order_that_somebody_else_has_done_costs_one_read() {
    let local = warm(THREE_ENGINEERS).await;
    let id = ordered(&local, "web-unhealthy-host").await;
    let messages = work(&local, &id).await;
    notify(&local, &messages).await;
    let operations = local.operations_of(notify(&local, &messages)).await;
    assert_eq!(operations, ["BatchGetItem"]);
}

/// What the rules of DynamoDB say of rows of known sizes: a read of 4 KB, a write of 1 KB, twice in a transaction.
#[tokio::test]
async fn units_are_counted_from_the_rows_that_are_read_and_written() {
    let ground = EmbeddedGround::metered(dawn(), &[]);
    let id = IncidentId::new("measured");
    let item = |bytes: usize| Item::from_iter([("text".to_owned(), Value::from("x".repeat(bytes)))]);
    let table = ground.functions_table("ingest");
    let put = |bytes, condition| Write::put(key::raw(&id), item(bytes), condition);
    table.transact(&[put(3_000, Condition::Absent)]).await.expect("it is written");
    table.get(&key::raw(&id)).await.expect("it is read");
    table.get_many(&[key::raw(&id), key::state(&id)]).await.expect("they are read");
    table.write(&put(5_000, Condition::Always)).await.expect("it is written");
    table.get(&key::raw(&id)).await.expect("it is read");
    let units: Vec<(f64, f64)> =
        ground.wire().carried().iter().map(|call| (call.units.read, call.units.write)).collect();
    // 3 KB begun are 3 units, in a transaction 6; a row that is not there costs a unit too; a row that grows costs its new size.
    assert_eq!(units, [(0.0, 6.0), (1.0, 0.0), (2.0, 0.0), (0.0, 5.0), (2.0, 0.0)]);
}

/// The model of `reveille bench latency` waits for the calls that the functions are seen to wait for.
#[tokio::test]
async fn every_hop_of_the_model_is_what_is_played() {
    let paths = cost::an_incident().await;
    let waits = |name: &str| -> Vec<Vec<String>> {
        let path = paths.iter().find(|path| path.name == name).unwrap_or_else(|| panic!("no path {name}"));
        let waits = path.invocations[0].waits().into_iter();
        waits.map(|wait| wait.iter().map(|call| call.operation.clone()).collect()).collect()
    };
    // How far the way of a page leads through each of them: what a function does afterwards, the page does not wait for.
    let way = [
        ("a new alarm, until it is stored", "TransactWriteItems"),
        ("its plan begins: one contact is asked, the deadline is armed", "TransactWriteItems"),
        ("a page by SMS and e-mail", "TransactWriteItems"),
    ];
    let mut played = way.map(|(name, last)| {
        let waits = waits(name);
        let end = waits.iter().position(|wait| wait.iter().any(|call| call == last)).expect("it commits");
        let (on_the_way, after) = waits.split_at(end + 1);
        let on_the_way: Vec<String> = on_the_way.iter().map(|wait| wait.join(" + ")).collect();
        (on_the_way, after.first().cloned().unwrap_or_default())
    });
    let model: Vec<Vec<&str>> =
        HOPS.iter().filter(|hop| !hop.on_aws.calls.is_empty()).map(|hop| hop.on_aws.calls.to_vec()).collect();
    for ((on_the_way, _), hop) in played.iter().zip(&model) {
        assert_eq!(on_the_way, hop);
    }
    assert_eq!(played.len(), model.len());
    // The messages that lead to the next function leave at once, and so does the page.
    played[1].1.sort();
    let next = played.map(|(_, next)| next);
    assert_eq!(
        next,
        [vec!["SendMessage"], vec!["CreateSchedule", "SendMessage", "SendMessage"], vec!["Publish", "SendEmail"]]
    );
}
