//! What AWS does by itself once functions are connected: queues feed functions, schedules fire, the tick ticks, and
//! ends of automations are told of.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};
use reveille_engine::port::Clock;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::call::Service;
use crate::clock::later;
use crate::doubles::Doubles;
use crate::names::{REGION, function_of, queue_arn};
use crate::queue::{LocalQueue, StoredMessage};
use crate::runbooks::ended_event;
use crate::sqs::digest;

/// The template's batch size.
pub(crate) const BATCH_MAX: usize = 10;
/// Batches of one queue that are worked on at once.
const BATCHES_AT_ONCE_MAX: usize = 10;
/// Automations are looked at every second, but not in a tighter loop than this on a fast clock.
const AUTOMATION_LOOK_MIN: Duration = Duration::from_millis(20);

/// Starts everything.
pub(crate) fn start(doubles: &Arc<Doubles>) {
    for (queue, function) in doubles.queues.sources() {
        doubles.tasks.spawn(feed(Arc::clone(doubles), queue, function));
    }
    for function in ["respond", "notify", "runbook"] {
        doubles.tasks.spawn(tick(Arc::clone(doubles), function));
    }
    doubles.tasks.spawn(fire_schedules(Arc::clone(doubles)));
    doubles.tasks.spawn(tell_of_automations(Arc::clone(doubles)));
    for id in doubles.invoker.snapshot().into_keys() {
        doubles.work_off(id);
    }
}

/// The event source mapping of one queue.
async fn feed(doubles: Arc<Doubles>, queue: Arc<LocalQueue>, function: &'static str) {
    let slots = Arc::new(Semaphore::new(BATCHES_AT_ONCE_MAX));
    // The set ends its batches when this task ends.
    let mut batches = JoinSet::new();
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        doubles.faults.healed(Service::Sqs, "Deliver").await;
        let messages = queue.receive_some(BATCH_MAX, queue.visibility).await;
        if !doubles.faults.is_healthy(Service::Sqs, "Deliver") {
            // It was switched on while there was nothing to deliver. They are delivered once it is healed.
            for receipt in messages.iter().filter_map(|message| message.receipt.as_deref()) {
                queue.change_visibility(receipt, Duration::ZERO);
            }
            continue;
        }
        let (doubles, queue) = (Arc::clone(&doubles), Arc::clone(&queue));
        while batches.try_join_next().is_some() {}
        batches.spawn(async move {
            deliver(&doubles, &queue, function, &messages).await;
            drop(slot);
        });
    }
}

/// Messages that failed stay invisible until their time is over, then they come again.
async fn deliver(doubles: &Doubles, queue: &LocalQueue, function: &str, messages: &[StoredMessage]) {
    let records: Vec<Value> = messages.iter().map(|message| record(queue, message)).collect();
    match doubles.invoker.invoke(function, json!({ "Records": records })).await {
        Ok(answer) => {
            let failed = failed(&answer);
            for message in messages.iter().filter(|message| !failed.has(&message.id)) {
                queue.delete(message.receipt.as_deref().unwrap_or_default());
            }
        }
        Err(error) => tracing::warn!(function, error, "a batch failed as a whole"),
    }
    doubles.touched.announce();
}

pub(crate) fn record(queue: &LocalQueue, message: &StoredMessage) -> Value {
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent_ms.to_string(),
            "SenderId": "local",
            "ApproximateFirstReceiveTimestamp": message.sent_ms.to_string(),
        },
        "messageAttributes": {},
        "md5OfBody": digest(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue.name),
        "awsRegion": REGION,
    })
}

/// What a function reported of a batch.
pub(crate) enum Failed {
    All,
    These(Vec<String>),
}

/// As Lambda reads it: nothing reported is success, an item without a name fails the whole batch.
pub(crate) fn failed(answer: &Value) -> Failed {
    let items = answer["batchItemFailures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = items.iter().map(|item| item["itemIdentifier"].as_str().filter(|name| !name.is_empty()));
    names.map(|name| name.map(str::to_owned)).collect::<Option<_>>().map_or(Failed::All, Failed::These)
}

impl Failed {
    pub(crate) fn has(&self, id: &str) -> bool {
        match self {
            Failed::All => true,
            Failed::These(ids) => ids.iter().any(|failed| failed == id),
        }
    }
}

/// Each function has a tick of its own, so that one that hangs stops nobody else's.
async fn tick(doubles: Arc<Doubles>, function: &'static str) {
    loop {
        doubles.clock.sleep_until(next_minute(doubles.clock.now())).await;
        if doubles.faults.check(Service::Scheduler, "Fire").await.is_err() {
            continue;
        }
        if let Err(error) = doubles.invoker.invoke(function, json!({ "tick": true })).await {
            tracing::warn!(function, error, "a tick failed");
        }
        doubles.touched.announce();
    }
}

pub(crate) fn next_minute(now: Timestamp) -> Timestamp {
    let floor = TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Floor);
    later(now.round(floor).unwrap_or(now), Duration::from_secs(60))
}

async fn fire_schedules(doubles: Arc<Doubles>) {
    loop {
        let fired = doubles.schedules.next(&doubles.clock).await;
        match doubles.faults.check(Service::Scheduler, "Fire").await {
            Ok(()) => doubles.invoke_later(function_of(&fired.target_arn), fired.input),
            Err(_) => fired.give_up(&doubles.queues),
        }
        doubles.touched.announce();
    }
}

async fn tell_of_automations(doubles: Arc<Doubles>) {
    loop {
        let now = doubles.clock.now();
        for (id, status) in doubles.runbooks.ended_since(now) {
            doubles.invoke_later("runbook", ended_event(&id, &status, now));
        }
        tokio::join!(doubles.clock.sleep(Duration::from_secs(1)), tokio::time::sleep(AUTOMATION_LOOK_MIN));
    }
}
