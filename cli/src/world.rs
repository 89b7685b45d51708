//! A world in memory: the functions' own handlers over ports that never wait, on a clock that only its owner moves.
//!
//! Whatever a port promises on AWS, this one promises; whatever it may fail to do, a [`Fault`] makes it fail. Nothing here
//! decides: who is paged when is what the functions make of it. A provider that hangs is left by `notify` after three
//! seconds of tokio's time, so a world belongs on a runtime whose time is paused.

mod event;
mod fault;
mod ports;
mod reading;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reveille_aws::EmbeddedMetrics;
use reveille_domain::{ChannelKind, Incident, IncidentId, RunbookOutcome, TimelineEvent};
use reveille_engine::port::{Clock, Item, QueueName, SigningKey, SigningKeys};
use reveille_engine::record::OutboxRecord;
use reveille_engine::{Engine, KeyRing};
use reveille_local::MemoryTable;
use serde_json::{Value, json};

use crate::apply::{ApplyError, apply};
use crate::configuration::Configuration;

pub(crate) use event::INSTANCE;
pub use event::{alarm, batch_of, inbound_sms, published, request};
pub use fault::{Fault, Function, Trouble};
pub use reading::{Delivery, Errand, Rows};
pub use state::{SentMessage, newest_code, newest_link, path_of_link};

use ports::{Automations, OperatorsInMemory, Pager, Queues, Reader, Schedules, StoredKeys, VirtualClock};
use state::{Happening, State};

/// Where acknowledge links lead.
const FRONT_URL: &str = "https://front.test";

/// The name of the installation, by which its metrics are told from those of another.
const INSTALLATION: &str = "reveille";

/// The alarm by which it tests itself.
const SYNTHETIC_ALARM: &str = "reveille-synthetic";

/// Seconds until a queue delivers a message again that was not done.
const REDELIVERED_AFTER_S: i64 = 30;

/// The installation, the people and the clock.
pub struct World {
    /// The table, for whoever looks at rows.
    pub table: Arc<MemoryTable>,
    state: Arc<Mutex<State>>,
    started_at: Timestamp,
    engine: Engine,
    ingest: ingest::Context,
    respond: respond::Context,
    escalate: escalate::Context,
    notify: notify::Context,
    runbook: runbook::Context,
    acknowledge: Arc<acknowledge::Context>,
}

/// A function failed that nothing had been done to: a bug of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{function} failed: {message}")]
pub struct FunctionFailed {
    /// Its name in the template.
    pub function: &'static str,
    /// What it said.
    pub message: String,
}

/// When a world begins that is not told otherwise: a Monday, at the hour at which phones ring.
pub fn dawn() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

impl World {
    /// A world to which nothing has been applied.
    pub fn starting(at: Timestamp) -> Self {
        let state = Arc::new(Mutex::new(State::starting(at)));
        let table = Arc::new(MemoryTable::new());
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock(state.clone()));
        let engine = Engine::new(table.clone(), Arc::new(Queues(state.clone())), clock.clone(), "eu-west-1");
        let keys = || {
            let current = SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough");
            KeyRing::new(Arc::new(StoredKeys(SigningKeys { current, previous: None })), clock.clone())
        };
        let pager = |kind| Arc::new(Pager { kind, state: state.clone() });
        let lines = state.clone();
        let metrics = EmbeddedMetrics::new(INSTALLATION, clock.clone());
        let metrics = Arc::new(metrics.writing_to(move |line| lock(&lines).metrics.push(line)));
        let acknowledge = acknowledge::Context::new(engine.clone(), keys()).with_metrics(metrics.clone());
        let acknowledge = Arc::new(acknowledge);
        let senders = notify::Senders {
            reader: Arc::new(Reader { acknowledge: acknowledge.clone() }),
            sms: pager(ChannelKind::Sms),
            email: pager(ChannelKind::Email),
            voice: pager(ChannelKind::Voice),
            webhook: pager(ChannelKind::Webhook),
            slack: pager(ChannelKind::Slack),
            teams: pager(ChannelKind::Teams),
            operators: Arc::new(OperatorsInMemory(state.clone())),
        };
        Self {
            ingest: ingest::Context::new(engine.clone()).testing_itself_by(SYNTHETIC_ALARM),
            respond: respond::Context::new(engine.clone(), Arc::new(Schedules(state.clone())), metrics.clone()),
            escalate: escalate::Context::new(engine.clone()),
            notify: notify::Context::new(engine.clone(), senders, keys(), FRONT_URL)
                .with_metrics(metrics)
                .taking_replies(),
            runbook: runbook::Context::new(engine.clone(), Arc::new(Automations(state.clone()))),
            acknowledge,
            started_at: at,
            table,
            state,
            engine,
        }
    }

    /// Applies a configuration.
    pub async fn apply(&self, configuration: &Configuration) -> Result<(), ApplyError> {
        apply(self.table.as_ref(), configuration, self.now()).await.map(drop)
    }

    /// How many messages queues have taken so far.
    pub fn messages(&self) -> u64 {
        self.lock().messages_taken
    }

    /// The engine, for what goes past the functions.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What stands in the table.
    pub fn rows(&self) -> &dyn Rows {
        self.table.as_ref()
    }

    /// Every incident there is.
    pub fn incidents(&self) -> Vec<Incident> {
        self.rows().incidents()
    }

    /// The rows of an incident's timeline, in the order of their keys.
    pub fn timeline_rows(&self, id: &IncidentId) -> Vec<Item> {
        self.rows().timeline_rows(id)
    }

    /// The events of an incident with their revisions, as stored.
    pub fn timeline(&self, id: &IncidentId) -> Vec<(u64, TimelineEvent)> {
        self.rows().timeline(id)
    }

    /// The receipts of an incident: page, channel and outcome.
    pub fn receipts(&self, id: &IncidentId) -> Vec<(String, String, String)> {
        self.rows().receipts(id)
    }

    /// The orders of an incident, settled or not.
    pub fn orders(&self, id: &IncidentId) -> Vec<OutboxRecord> {
        self.rows().orders(id)
    }

    /// Whether everything that was begun has been done, so that nothing more happens by itself.
    pub fn is_quiet(&self) -> bool {
        self.rows().is_quiet()
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// So many seconds after the beginning.
    pub fn seconds(&self) -> i64 {
        self.now().duration_since(self.started_at).as_secs()
    }

    /// Breaks something.
    pub fn fail(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Mends it.
    pub fn heal(&self, fault: &Fault) {
        self.lock().faults.retain(|other| !fault.is_about_the_same_as(other));
    }

    /// Mends everything.
    pub fn heal_all(&self) {
        self.lock().faults.clear();
    }

    /// How runbooks end that have been started; until then they run.
    pub fn end_runbooks(&self, outcome: RunbookOutcome) {
        self.lock().runbook_outcome = Some(outcome);
    }

    /// An event reaches `ingest`.
    pub async fn ingest(&self, event: Value) -> Result<Value, FunctionFailed> {
        ingest::handle(event, &self.ingest)
            .await
            .map_err(|error| FunctionFailed { function: "ingest", message: error.error_message })
    }

    /// A request reaches the page behind a link.
    pub async fn visit(&self, method: &str, path: &str, body: &str) -> Result<Value, FunctionFailed> {
        let event = request(method, path, body);
        acknowledge::handle(event, &self.acknowledge)
            .await
            .map_err(|error| FunctionFailed { function: "acknowledge", message: error.error_message })
    }

    /// An SMS reaches the number that people can answer to. `id` makes it the same SMS each time.
    pub async fn reply(&self, from: &str, body: &str, id: &str) -> Result<Value, FunctionFailed> {
        acknowledge::handle(event::inbound_sms(from, body, id), &self.acknowledge)
            .await
            .map_err(|error| FunctionFailed { function: "acknowledge", message: error.error_message })
    }

    /// A provider reports what became of a message: an event type of End User Messaging, as its topic carries it.
    pub async fn report(&self, message: &SentMessage, kind: &str) -> Result<Value, FunctionFailed> {
        notify::handle(event::report(message, kind), &self.notify)
            .await
            .map_err(|error| FunctionFailed { function: "notify", message: error.error_message })
    }

    /// The path of the newest link that was sent to one of these addresses, in a message that mentions `about`.
    pub fn link(&self, addresses: &[&str], about: Option<&str>) -> Option<String> {
        newest_link(&self.sent(), addresses, about)
    }

    /// The four digits that the newest SMS to a number asks for.
    pub fn code(&self, to: &str) -> Option<String> {
        newest_code(&self.sent(), to)
    }

    /// Every message that reached somebody, in order.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.lock().sent.clone()
    }

    /// Every metric that a function has written, as a line in CloudWatch's embedded format.
    pub fn metrics(&self) -> Vec<String> {
        self.lock().metrics.clone()
    }

    /// Every failure so far of a function that nothing had been done to.
    pub fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }

    /// Lets so many seconds pass, with everything that happens in them.
    pub async fn pass(&self, seconds: i64) {
        self.pass_until(self.now() + SignedDuration::from_secs(seconds)).await;
    }

    /// Lets time pass until an instant, with everything that happens up to it and at it.
    pub async fn pass_until(&self, until: Timestamp) {
        loop {
            let next = self.lock().next(until);
            let Some(happening) = next else { break };
            self.happen(happening).await;
        }
        let mut state = self.lock();
        state.now = state.now.max(until);
    }

    /// `notify` is woken for an order, at this instant, by whatever: a message that comes twice, or late.
    pub async fn wake_notify(&self, body: &str) {
        self.wake(Function::Notify, batch_of(body)).await;
    }

    async fn happen(&self, happening: Happening) {
        match happening {
            Happening::Nothing => {}
            Happening::Message(queue, body) => {
                let function = match queue {
                    QueueName::Nudges => Function::Respond,
                    QueueName::Pages | QueueName::SlowPages => Function::Notify,
                    QueueName::Runbooks => Function::Runbook,
                };
                let answer = self.wake(function, batch_of(&body)).await;
                if answer.is_none_or(|answer| answer["batchItemFailures"] != json!([])) {
                    self.lock().enqueue(queue, body, REDELIVERED_AFTER_S);
                }
            }
            Happening::Wake(payload) => {
                let event = serde_json::from_str(&payload).unwrap_or(Value::String(payload));
                self.wake(Function::Escalate, event).await;
            }
            Happening::Tick => {
                for function in [Function::Respond, Function::Notify, Function::Runbook] {
                    self.wake(function, json!({ "tick": true })).await;
                }
            }
        }
    }

    /// Invokes a function; `None`: it failed.
    async fn wake(&self, function: Function, event: Value) -> Option<Value> {
        if self.lock().fails(function) {
            return None;
        }
        let answer = match function {
            Function::Respond => respond::handle(event, &self.respond).await,
            Function::Escalate => escalate::handle(event, &self.escalate).await,
            Function::Notify => notify::handle(event, &self.notify).await,
            Function::Runbook => runbook::handle(event, &self.runbook).await,
        };
        answer
            .map_err(|error| {
                let failure = FunctionFailed { function: function.name(), message: error.error_message };
                self.lock().failures.push(failure.to_string());
            })
            .ok()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path of the link in a message.
fn link_in(text: &str) -> Option<&str> {
    text.split_once(FRONT_URL)?.1.split_whitespace().next()
}
