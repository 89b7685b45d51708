//! What the fast paths cost, in requests to AWS: each is a round trip that somebody waits for, and money.
//!
//! Nothing is connected here, so every request is one of the function that the test invokes.

use reveille_domain::IncidentId;
use reveille_engine::{Nudge, Work};
use reveille_tests::{Local, THREE_ENGINEERS, alarm, dawn};
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
async fn a_page_with_two_channels_costs_five_requests() {
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
