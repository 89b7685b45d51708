//! `escalate` is woken by one-time schedules: a deadline has come, and neither a queue nor a memory was needed for it.

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, Environment, SqsQueue};
use reveille_engine::port::{Clock, QueueName};
use reveille_engine::{Chain, Engine, EngineError, Malformed, Nudge};
use serde_json::{Value, json};

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] = &["REVEILLE_TABLE", "REVEILLE_HOME", "REVEILLE_NUDGE_QUEUE_URL"];

/// What the function works with, built once.
pub struct Context {
    engine: Engine,
}

/// Why an event could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is no wake of ours.
    #[error("escalate is woken by schedules that respond made: this event is none")]
    NotAWake(#[source] Malformed),
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
        Self::new(Engine::new(Arc::new(table), Arc::new(queue), clock, environment.get("REVEILLE_HOME")))
    }

    /// On any ports.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

/// Handles one wake. Late, early, doubled or for an incident long over: the table says what is due.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    wake(event, context).await.map_err(diagnostic)
}

async fn wake(event: Value, context: &Context) -> Result<Value, Failure> {
    let nudge: Nudge = serde_json::from_value(event).map_err(|error| Failure::NotAWake(error.into()))?;
    let id = nudge.incident();
    let advanced = context
        .engine
        .advance_due(&id, nudge.timer.map(|timer| timer.due))
        .await?
        .is_some_and(|(_, advanced)| advanced);
    // What the step ordered stands in the outbox already; the nudge only makes it fast.
    if advanced && let Err(error) = context.engine.nudge(&id).await {
        tracing::warn!(incident = %id, error = %Chain(&error), "committed, but the nudge was not taken; the tick will find it");
    }
    Ok(json!({ "advanced": advanced }))
}

fn diagnostic(failure: Failure) -> Diagnostic {
    let retryable = match &failure {
        Failure::Engine(error) => error.retryable(),
        Failure::NotAWake(_) => false,
    };
    let error_type = if retryable { "Retryable" } else { "NotRetryable" }.to_owned();
    Diagnostic { error_type, error_message: Chain(&failure).to_string() }
}
