//! `notify` is the only function that reaches a human: it claims one order, sends it on every channel at once, and records
//! what became of it.
//!
//! A page with two channels costs five requests: read, claim, two sends, settle. A provider that hangs is left after three
//! seconds, and delays nobody else: messages of a batch and channels of a page run side by side. Servers that nobody vouches
//! for have six seconds, and a queue and orders of their own.

mod attempt;
mod demotion;
mod measured;
mod operators;
mod outcome;
mod put_down;
mod report;
mod saying;
mod scene;
mod senders;
mod settling;
mod shift_notices;
mod storm;

use std::sync::Arc;

use jiff::SignedDuration;
use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, EmbeddedMetrics, Environment, SecretsManagerKeys, SqsQueue};
use reveille_domain::mutant;
use reveille_engine::key::Role;
use reveille_engine::limits::TICK_WORK_S;
use reveille_engine::port::{Clock, Item, Metrics, NoMetrics, QueueName};
use reveille_engine::record::{OutboxRecord, from_item};
use reveille_engine::{Chain, Engine, EngineError, KeyRing, Malformed, Reach, Work, batch, due, key};
use reveille_wire::{EventShape, read_deliveries, shape};
use serde_json::{Value, json};

pub use senders::Senders;

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] = &[
    "REVEILLE_TABLE",
    "REVEILLE_HOME",
    "REVEILLE_INSTALLATION",
    "REVEILLE_NUDGE_QUEUE_URL",
    "REVEILLE_SIGNING_SECRET_ARN",
    "REVEILLE_FRONT_URL",
    "REVEILLE_EMAIL_FROM",
    "REVEILLE_OPERATORS_TOPIC_ARN",
    "REVEILLE_SMS_REPLIES",
];

/// Those that may be absent. Without an origination number or sender id, the service picks one for text messages and refuses
/// calls; without configuration sets, nobody reports what becomes of a message.
pub const OPTIONAL: &[&str] = &[
    "REVEILLE_SMS_SENDER",
    "REVEILLE_SMS_ORIGINATION",
    "REVEILLE_VOICE_ORIGINATION",
    "REVEILLE_MESSAGING_CONFIGURATION_SET",
    "REVEILLE_EMAIL_CONFIGURATION_SET",
];

/// What the function works with, built once.
pub struct Context {
    pub(crate) engine: Engine,
    pub(crate) senders: Senders,
    pub(crate) keys: KeyRing,
    pub(crate) metrics: Arc<dyn Metrics>,
    /// Where acknowledge links lead, without a slash at the end.
    pub(crate) front_url: String,
    /// Whether an SMS can be answered: then a page says how.
    pub(crate) takes_replies: bool,
}

/// Why an event could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is none that this function is woken by.
    #[error("notify is woken by its queues, by reports of providers and by the tick: this event is none of these")]
    Unexpected,
    /// A message that names no order.
    #[error("the message names no order")]
    NotWork(#[source] Malformed),
    /// The engine could not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let nudges = environment.get("REVEILLE_NUDGE_QUEUE_URL").to_owned();
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges)]);
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        let engine = Engine::new(Arc::new(table), Arc::new(queue), clock.clone(), environment.get("REVEILLE_HOME"));
        let senders = Senders::connect(clients, environment, clock.clone());
        let secret = environment.get("REVEILLE_SIGNING_SECRET_ARN");
        let source = SecretsManagerKeys::new(clients.secrets_manager(), secret);
        let keys = KeyRing::new(Arc::new(source), clock.clone());
        let metrics = EmbeddedMetrics::new(environment.get("REVEILLE_INSTALLATION"), clock);
        let context = Self::new(engine, senders, keys, environment.get("REVEILLE_FRONT_URL"));
        let context = context.with_metrics(Arc::new(metrics));
        if environment.get("REVEILLE_SMS_REPLIES") == "true" { context.taking_replies() } else { context }
    }

    /// On any ports.
    pub fn new(engine: Engine, senders: Senders, keys: KeyRing, front_url: &str) -> Self {
        let front_url = front_url.trim_end_matches('/').to_owned();
        Self { engine, senders, keys, metrics: Arc::new(NoMetrics), front_url, takes_replies: false }
    }

    /// The same with its numbers going there.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<dyn Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// With a number that people can answer to.
    #[must_use]
    pub fn taking_replies(self) -> Self {
        Self { takes_replies: true, ..self }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    match shape(&event) {
        EventShape::Queue(records) => {
            let messages = records.into_iter().map(|record| (record.message_id, record.body)).collect();
            Ok(batch::each(messages, |_, body| send(body, context)).await)
        }
        EventShape::Tick => tick(context).await.map_err(diagnostic),
        EventShape::Direct => reports(&event, context).await.map_err(diagnostic),
        EventShape::Http(_) => Err(diagnostic(Failure::Unexpected)),
    }
}

/// What providers report. Any of them that fails brings all of them again, which is harmless.
async fn reports(event: &Value, context: &Context) -> Result<Value, Failure> {
    let reports = read_deliveries(event).ok_or(Failure::Unexpected)?;
    for report in &reports {
        report::take(context, report).await?;
    }
    Ok(json!({ "reports": reports.len() }))
}

async fn send(body: String, context: &Context) -> Result<(), Failure> {
    let work: Work = serde_json::from_str(&body).map_err(|error| Failure::NotWork(error.into()))?;
    Ok(attempt::run(context, &work.place(), work.order(), work.reach()).await?)
}

/// Orders that no message led us to, and notices of shifts that begin before long.
async fn tick(context: &Context) -> Result<Value, Failure> {
    if mutant("no-tick-for-pages") {
        return Ok(json!({}));
    }
    let began = context.engine.now();
    let overdue = |row: Item| async move {
        let record: OutboxRecord = from_item(&row)?;
        let reach = Reach::of(&record.order);
        attempt::run(context, &key::order_place_of(&row), record.id(), reach.as_ref()).await
    };
    let count = due::work(&context.engine, Role::Notify, TICK_WORK_S, overdue).await?;
    // After the pages, which must not wait for a schedule that cannot be read; and in a minute, where these have taken all the time.
    let has_time = context.engine.now().duration_since(began) < SignedDuration::from_secs(TICK_WORK_S);
    if has_time && let Err(error) = shift_notices::send_due(context).await {
        tracing::error!(error = %Chain(&error), "notices of shifts could not be sent; the next tick looks again");
    }
    Ok(json!({ "overdue": count }))
}

fn diagnostic(failure: Failure) -> Diagnostic {
    let retryable = match &failure {
        Failure::Engine(error) => error.retryable(),
        Failure::Unexpected | Failure::NotWork(_) => false,
    };
    let error_type = if retryable { "Retryable" } else { "NotRetryable" }.to_owned();
    Diagnostic { error_type, error_message: Chain(&failure).to_string() }
}
