//! `respond` drives incidents: nudged by a queue within milliseconds, and by the tick whatever else fails.
//!
//! It reaches no human and starts no runbook: it hands orders on to those who may.

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use reveille_aws::{
    Clients, DynamoTable, EmbeddedMetrics, Environment, EventBridgeScheduler, SqsQueue, UrlSwitch, WakeTarget,
};
use reveille_domain::{Incident, mutant};
use reveille_engine::key::Role;
use reveille_engine::limits::{OVERDUE_S_MAX, RESPOND_TICK_WORK_S};
use reveille_engine::port::{Clock, DeadMansSwitch, Item, Metric, Metrics, QueueName, Scheduler};
use reveille_engine::record::{IncidentRecord, from_item};
use reveille_engine::{Chain, Engine, EngineError, Malformed, Nudge, batch, due};
use reveille_wire::{EventShape, shape};
use serde_json::{Value, json};

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] = &[
    "REVEILLE_TABLE",
    "REVEILLE_HOME",
    "REVEILLE_INSTALLATION",
    "REVEILLE_NUDGE_QUEUE_URL",
    "REVEILLE_PAGE_QUEUE_URL",
    "REVEILLE_SLOW_PAGE_QUEUE_URL",
    "REVEILLE_RUNBOOK_QUEUE_URL",
    "REVEILLE_SCHEDULE_GROUP",
    "REVEILLE_SCHEDULE_TARGET_ARN",
    "REVEILLE_SCHEDULE_ROLE_ARN",
    "REVEILLE_SCHEDULE_DEAD_LETTER_ARN",
];

/// That which may be absent. Without it, nobody outside hears the heart.
pub const OPTIONAL: &[&str] = &["REVEILLE_HEARTBEAT_SECRET_ARN"];

/// What the function works with, built once.
pub struct Context {
    engine: Engine,
    scheduler: Arc<dyn Scheduler>,
    metrics: Arc<dyn Metrics>,
    switch: Option<Arc<dyn DeadMansSwitch>>,
}

/// Why an event could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is none that this function is woken by.
    #[error("respond is woken by its queue and by the tick: this event is neither")]
    Unexpected,
    /// A message that is no nudge.
    #[error("the message is not a nudge")]
    NotANudge(#[source] Malformed),
    /// The engine could not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let urls = [
            (QueueName::Nudges, "REVEILLE_NUDGE_QUEUE_URL"),
            (QueueName::Pages, "REVEILLE_PAGE_QUEUE_URL"),
            (QueueName::SlowPages, "REVEILLE_SLOW_PAGE_QUEUE_URL"),
            (QueueName::Runbooks, "REVEILLE_RUNBOOK_QUEUE_URL"),
        ];
        let queue = SqsQueue::new(clients.sqs(), urls.map(|(queue, name)| (queue, environment.get(name).to_owned())));
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        let target = WakeTarget {
            group: environment.get("REVEILLE_SCHEDULE_GROUP").to_owned(),
            function_arn: environment.get("REVEILLE_SCHEDULE_TARGET_ARN").to_owned(),
            role_arn: environment.get("REVEILLE_SCHEDULE_ROLE_ARN").to_owned(),
            dead_letter_arn: environment.get("REVEILLE_SCHEDULE_DEAD_LETTER_ARN").to_owned(),
        };
        let engine = Engine::new(Arc::new(table), Arc::new(queue), clock.clone(), environment.get("REVEILLE_HOME"));
        let scheduler = EventBridgeScheduler::new(clients.scheduler(), target);
        let metrics = EmbeddedMetrics::new(environment.get("REVEILLE_INSTALLATION"), clock.clone());
        let context = Self::new(engine, Arc::new(scheduler), Arc::new(metrics));
        match environment.find("REVEILLE_HEARTBEAT_SECRET_ARN") {
            Some(secret) => {
                let switch = UrlSwitch::new(clients.secrets_manager(), secret, clients.https(), clock);
                context.beating_to(Arc::new(switch))
            }
            None => context,
        }
    }

    /// With somebody outside who hears the heart beat.
    #[must_use]
    pub fn beating_to(self, switch: Arc<dyn DeadMansSwitch>) -> Self {
        Self { switch: Some(switch), ..self }
    }

    /// The same with its numbers going elsewhere.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<dyn Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// On any ports.
    pub fn new(engine: Engine, scheduler: Arc<dyn Scheduler>, metrics: Arc<dyn Metrics>) -> Self {
        Self { engine, scheduler, metrics, switch: None }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    match shape(&event) {
        EventShape::Queue(records) => {
            let messages = records.into_iter().map(|record| (record.message_id, record.body)).collect();
            Ok(batch::each(messages, |_, body| follow(body, context)).await)
        }
        EventShape::Tick => tick(context).await.map_err(diagnostic),
        EventShape::Direct | EventShape::Http(_) => Err(diagnostic(Failure::Unexpected)),
    }
}

async fn follow(body: String, context: &Context) -> Result<(), Failure> {
    let nudge: Nudge = serde_json::from_str(&body).map_err(|error| Failure::NotANudge(error.into()))?;
    Ok(context.engine.drive(&nudge, context.scheduler.as_ref()).await?)
}

/// The heart beats only after overdue rows have been worked, all of them or as many as there is time for: a tick that cannot work must not
/// look alive.
async fn tick(context: &Context) -> Result<Value, Failure> {
    let engine = &context.engine;
    if mutant("no-tick") {
        return Ok(json!({}));
    }
    let overdue = |row: Item| async move {
        let incident = Incident::from(from_item::<IncidentRecord>(&row).map_err(EngineError::from)?);
        engine.drive(&Nudge::now(&incident.opening.id), context.scheduler.as_ref()).await
    };
    let count = due::work(engine, Role::Respond, RESPOND_TICK_WORK_S, overdue).await?;
    // Every shard of our own has just been read: where nothing was due, nothing is overdue, and is not asked for again.
    let asked: Vec<Role> = Role::ALL.into_iter().filter(|role| *role != Role::Respond || count > 0).collect();
    let oldest_s = due::oldest_overdue_s(engine, &asked, engine.now()).await?;
    context.metrics.put(Metric::OldestOverdueSeconds, oldest_s as f64);
    if oldest_s <= OVERDUE_S_MAX {
        beat(context).await;
    }
    Ok(json!({ "overdue": count, "oldestOverdueSeconds": oldest_s }))
}

/// Outside they hear only whether all is well: a heart that beats while nothing moves would be a lie. The work of this tick is done,
/// and whether anybody hears of it must not make it fail.
async fn beat(context: &Context) {
    let Some(switch) = &context.switch else { return };
    if let Err(error) = switch.beat().await {
        tracing::warn!(error = %Chain(&error), "nobody outside has heard the heart; the next tick beats again");
    }
}

fn diagnostic(failure: Failure) -> Diagnostic {
    let retryable = match &failure {
        Failure::Engine(error) => error.retryable(),
        Failure::Unexpected | Failure::NotANudge(_) => false,
    };
    let error_type = if retryable { "Retryable" } else { "NotRetryable" }.to_owned();
    Diagnostic { error_type, error_message: Chain(&failure).to_string() }
}
