//! `runbook` is the only function that changes the account: it starts SSM Automation and follows it to its end.
//!
//! Status events only make it faster: an execution stays due in the table and is asked for until its end is known.

mod follow;
mod start;

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, Environment, SqsQueue, SsmAutomation};
use reveille_domain::AutomationId;
use reveille_engine::key::{self, Role};
use reveille_engine::limits::TICK_WORK_S;
use reveille_engine::port::{Automation, AutomationError, Clock, Item, QueueName};
use reveille_engine::record::{OutboxRecord, from_item};
use reveille_engine::{Chain, Engine, EngineError, Malformed, OrderPlace, Work, batch, due};
use reveille_wire::{EventShape, shape};
use serde_json::{Value, json};

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] = &["REVEILLE_TABLE", "REVEILLE_HOME", "REVEILLE_NUDGE_QUEUE_URL"];

/// What the function works with, built once.
pub struct Context {
    pub(crate) engine: Engine,
    pub(crate) automation: Arc<dyn Automation>,
}

/// Why an event could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is none that this function is woken by.
    #[error("runbook is woken by its queue, by the tick and by the status of executions: this event is none of them")]
    Unexpected,
    /// A message that names no order.
    #[error("the message names no order")]
    NotWork(#[source] Malformed),
    /// The engine could not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// SSM Automation could not be asked.
    #[error(transparent)]
    Automation(#[from] AutomationError),
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let nudges = environment.get("REVEILLE_NUDGE_QUEUE_URL").to_owned();
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges)]);
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        let engine = Engine::new(Arc::new(table), Arc::new(queue), clock, environment.get("REVEILLE_HOME"));
        Self::new(engine, Arc::new(SsmAutomation::new(clients.ssm())))
    }

    /// On any ports.
    pub fn new(engine: Engine, automation: Arc<dyn Automation>) -> Self {
        Self { engine, automation }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    match shape(&event) {
        EventShape::Queue(records) => {
            let messages = records.into_iter().map(|record| (record.message_id, record.body)).collect();
            Ok(batch::each(messages, |_, body| begin(body, context)).await)
        }
        EventShape::Tick => tick(context).await.map_err(diagnostic),
        EventShape::Direct | EventShape::Http(_) => status_event(&event, context).await.map_err(diagnostic),
    }
}

async fn begin(body: String, context: &Context) -> Result<(), Failure> {
    let work: Work = serde_json::from_str(&body).map_err(|error| Failure::NotWork(error.into()))?;
    // No runbook stands alone.
    let OrderPlace::Incident(incident) = work.place() else {
        return Err(Failure::Unexpected);
    };
    start::run(context, &incident, work.order()).await
}

/// The service says that an execution moved. Those that are not ours are none of our business.
async fn status_event(event: &Value, context: &Context) -> Result<Value, Failure> {
    let execution = event.pointer("/detail/ExecutionId").and_then(Value::as_str).ok_or(Failure::Unexpected)?;
    let ours = follow::run(context, &AutomationId::new(execution)).await?;
    Ok(json!({ "ours": ours }))
}

/// Runbooks that no message led us to, and executions whose end no event told.
async fn tick(context: &Context) -> Result<Value, Failure> {
    let overdue = |row: Item| async move {
        match key::automation_of(&row) {
            Some(execution) => follow::run(context, &execution).await.map(drop),
            None => {
                let record: OutboxRecord = from_item(&row).map_err(EngineError::from)?;
                start::run(context, &key::incident_of(&row), record.id()).await
            }
        }
    };
    let count = due::work(&context.engine, Role::Runbook, TICK_WORK_S, overdue).await?;
    Ok(json!({ "overdue": count }))
}

fn diagnostic(failure: Failure) -> Diagnostic {
    let retryable = match &failure {
        Failure::Engine(error) => error.retryable(),
        Failure::Automation(AutomationError::Unavailable(_)) => true,
        Failure::Unexpected | Failure::NotWork(_) | Failure::Automation(AutomationError::Refused(_)) => false,
    };
    let error_type = if retryable { "Retryable" } else { "NotRetryable" }.to_owned();
    Diagnostic { error_type, error_message: Chain(&failure).to_string() }
}
