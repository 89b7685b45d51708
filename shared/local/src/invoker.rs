//! Lambda: invokes the functions, waiting for the answer or not. Invocations nobody waits for are tried three times;
//! then the event goes where the template sends it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use reveille_engine::port::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::call::Service;
use crate::calls::Calls;
use crate::clock::LocalClock;
use crate::faults::Faults;
use crate::functions::Functions;
use crate::lock::lock;
use crate::names::{INGEST_FAILURE_QUEUE, INVOCATION_DEAD_QUEUE, function_arn};
use crate::queues::Queues;
use crate::random::random_id;
use crate::retries::RETRY_WAITS;

/// Invokes functions.
pub(crate) struct Invoker {
    pub(crate) clock: LocalClock,
    pub(crate) faults: Arc<Faults>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) queues: Arc<Queues>,
    functions: OnceLock<Arc<dyn Functions>>,
    waiting: Mutex<BTreeMap<String, Waiting>>,
}

/// An invocation that nobody waits for and that has not succeeded yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    function: String,
    event: Value,
}

impl Invoker {
    pub(crate) fn new(clock: LocalClock, faults: Arc<Faults>, calls: Arc<Calls>, queues: Arc<Queues>) -> Self {
        Self { clock, faults, calls, queues, functions: OnceLock::new(), waiting: Mutex::default() }
    }

    /// Connects the functions; `false`: they were connected before.
    pub(crate) fn connect(&self, functions: Arc<dyn Functions>) -> bool {
        self.functions.set(functions).is_ok()
    }

    /// Whether there are functions to invoke.
    pub(crate) fn is_connected(&self) -> bool {
        self.functions.get().is_some()
    }

    /// One invocation. A panic is a failed invocation, as the runtime reports it.
    pub(crate) async fn invoke(&self, function: &str, event: Value) -> Result<Value, String> {
        self.calls.record(Service::Lambda, function);
        if self.faults.check(Service::Lambda, function).await.is_err() {
            return Err("a fault was switched on".to_owned());
        }
        let functions = self.functions.get().cloned().ok_or("no functions are connected")?;
        let name = function.to_owned();
        // A set ends its task when it is dropped, so a caller that goes away takes the invocation with it.
        let mut task = JoinSet::new();
        task.spawn(async move { functions.invoke(&name, event).await });
        match task.join_next().await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) | None => Err("the function panicked".to_owned()),
        }
    }

    /// Takes an event for a function; [`Invoker::work_off`] does the rest.
    pub(crate) fn accept(&self, function: &str, event: Value) -> String {
        let (id, function) = (random_id(), function.to_owned());
        lock(&self.waiting).insert(id.clone(), Waiting { function, event });
        id
    }

    /// Invokes until it succeeds or the attempts are used up.
    pub(crate) async fn work_off(&self, id: &str) {
        let Some(Waiting { function, event }) = lock(&self.waiting).get(id).cloned() else {
            return;
        };
        let mut waits = RETRY_WAITS.iter();
        loop {
            let error = match self.invoke(&function, event.clone()).await {
                Ok(_) => break,
                Err(error) => error,
            };
            tracing::warn!(function, error, "an asynchronous invocation failed");
            let Some(wait) = waits.next() else {
                self.give_up(&function, &event, &error);
                break;
            };
            self.clock.sleep(*wait).await;
        }
        lock(&self.waiting).remove(id);
    }

    /// The on-failure destination: `ingest` works its own failures off, the others' are for the operators.
    pub(crate) fn give_up(&self, function: &str, event: &Value, error: &str) {
        let name = if function == "ingest" { INGEST_FAILURE_QUEUE } else { INVOCATION_DEAD_QUEUE };
        let record = json!({
            "version": "1.0",
            "timestamp": self.clock.now().to_string(),
            "requestContext": {
                "requestId": random_id(),
                "functionArn": function_arn(function),
                "condition": "RetriesExhausted",
                "approximateInvokeCount": RETRY_WAITS.len() + 1,
            },
            "requestPayload": event,
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": { "errorMessage": error },
        });
        if let Some(queue) = self.queues.get(name) {
            queue.send(record.to_string(), Duration::ZERO);
        }
    }

    /// What is still to be worked off, by id.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, Waiting> {
        lock(&self.waiting).clone()
    }

    pub(crate) fn restore(&self, waiting: BTreeMap<String, Waiting>) {
        *lock(&self.waiting) = waiting;
    }
}
