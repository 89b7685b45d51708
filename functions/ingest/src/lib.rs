//! `ingest` takes in whatever reports trouble: alarm actions, SNS, EventBridge, webhooks, and its own failure queue.
//!
//! Nothing is refused for its shape: what cannot be understood opens an incident with its raw text. Success is answered
//! only after the durable write, and every cause counts once, so whoever is in doubt may send again.

mod queued;
mod strangers;
mod webhook;

use std::sync::Arc;

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, Environment, SqsQueue};
use reveille_domain::{ResponsePlanName, Signal, SignalState, Source, mutant};
use reveille_engine::limits::SYNTHETIC_MINUTES_MAX;
use reveille_engine::port::{Clock, QueueName};
use reveille_engine::{Chain, Engine, EngineError, Intake, Raw, Received, Taken};
use reveille_wire::{EventShape, asks_to_confirm, read_event, shape};
use serde_json::{Value, json};
use strangers::Strangers;

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] =
    &["REVEILLE_TABLE", "REVEILLE_HOME", "REVEILLE_NUDGE_QUEUE_URL", "REVEILLE_SYNTHETIC_ALARM"];

/// What the function works with, built once.
pub struct Context {
    pub(crate) intake: Intake,
    pub(crate) strangers: Strangers,
    /// The name of the alarm by which the installation tests itself.
    synthetic_alarm: Option<String>,
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let nudges = environment.get("REVEILLE_NUDGE_QUEUE_URL").to_owned();
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges)]);
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        Self::new(Engine::new(Arc::new(table), Arc::new(queue), clock, environment.get("REVEILLE_HOME")))
            .testing_itself_by(environment.get("REVEILLE_SYNTHETIC_ALARM"))
    }

    /// On any ports.
    pub fn new(engine: Engine) -> Self {
        Self { intake: Intake::new(engine), strangers: Strangers::default(), synthetic_alarm: None }
    }

    /// The alarm of this name opens synthetic incidents.
    #[must_use]
    pub fn testing_itself_by(self, alarm: &str) -> Self {
        Self { synthetic_alarm: Some(alarm.to_owned()), ..self }
    }

    /// Whether a signal is the alarm by which the installation tests itself. It is CloudWatch's in form only; no webhook can send it.
    fn is_synthetic(&self, signal: &Signal, door: &Door) -> bool {
        let named = self.synthetic_alarm.as_ref() == Some(&signal.name);
        named && signal.source == Source::CloudWatch && door.key_hash.is_none()
    }

    /// Reads the settings before the first event needs them.
    pub async fn warm_up(&self) {
        if let Err(error) = self.intake.read_settings().await {
            tracing::warn!(error = %Chain(&error), "the settings could not be read yet");
        }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    let received_at = context.intake.engine().now();
    match shape(&event) {
        EventShape::Http(request) => Ok(webhook::answer(context, &request, received_at).await.into_value()),
        EventShape::Queue(records) => Ok(queued::take_each(context, records, received_at).await),
        EventShape::Tick | EventShape::Direct => {
            let signals = read_event(&event, received_at);
            let taken = take_all(context, &signals, &event.to_string(), &Door::default()).await.map_err(diagnostic)?;
            Ok(json!({ "taken": taken.iter().map(describe).collect::<Vec<_>>() }))
        }
    }
}

/// How an event came in.
#[derive(Default)]
pub(crate) struct Door {
    /// The webhook's name; empty for AWS sources.
    pub(crate) scope: String,
    /// The hash of the key that opened it.
    pub(crate) key_hash: Option<String>,
    /// The plan that the URL names.
    pub(crate) named_in_url: Option<ResponsePlanName>,
}

/// Why an event is not done with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// It is not taken in.
    #[error("the event is not taken in")]
    Failed(#[source] EngineError),
    /// It has an incident, but a poorer one than it should have.
    #[error("the event is taken in without its details")]
    WithoutDetails(#[source] EngineError),
}

/// Takes in every signal of an event. One that fails does not keep the others out; the event then comes again as a whole,
/// which is harmless to those that were taken.
pub(crate) async fn take_all(
    context: &Context,
    signals: &[Signal],
    raw: &str,
    door: &Door,
) -> Result<Vec<Taken>, TakeError> {
    let (raw, now) = (&Raw::of(raw), context.intake.engine().now());
    let late: Vec<bool> = signals.iter().map(|one| context.is_synthetic(one, door) && is_late(one, now)).collect();
    let timely = signals.iter().zip(&late).filter(|(_, late)| !**late);
    let received: Vec<Received<'_>> = timely.map(|(signal, _)| received(context, signal, raw, door)).collect();
    signals.iter().for_each(look_at);
    let taken = context.intake.take_all(&received).await.map_err(TakeError::Failed);
    let mut taken = match taken {
        Err(_) if mutant("success-before-write") => return Ok(vec![Taken::Nothing("it is lost"); signals.len()]),
        taken => taken?.into_iter().peekable(),
    };
    let mut outcomes = Vec::with_capacity(signals.len());
    for (signal, late) in signals.iter().zip(late) {
        outcomes.push(match taken.next_if(|_| !late) {
            Some(taken) => with_details(context, signal, raw, door, taken).await,
            None => Ok(Taken::Nothing("a synthetic alarm that comes late tells nothing any more")),
        });
    }
    outcomes.into_iter().collect()
}

fn received<'a>(context: &Context, signal: &'a Signal, raw: &'a Raw<'a>, door: &'a Door) -> Received<'a> {
    Received {
        signal,
        raw,
        scope: &door.scope,
        key_hash: door.key_hash.as_deref(),
        named_in_url: door.named_in_url.clone(),
        is_synthetic: context.is_synthetic(signal, door),
    }
}

/// Says of a signal what its event would not say.
fn look_at(signal: &Signal) {
    if matches!(signal.state, SignalState::Ignored(_)) {
        // Why is for `reveille explain`: it may quote the event.
        tracing::info!(source = signal.source.name(), "an event is left alone");
    }
    if asks_to_confirm(signal) {
        tracing::warn!(
            "an SNS subscription of a webhook waits to be confirmed: subscribe `ingest` to the topic instead"
        );
    }
}

/// What became of a signal. What the table will never take as it is still becomes an incident: a smaller one, with the raw text.
async fn with_details(
    context: &Context,
    signal: &Signal,
    raw: &Raw<'_>,
    door: &Door,
    taken: Result<Taken, EngineError>,
) -> Result<Taken, TakeError> {
    match taken {
        // The event itself goes the way of those that failed, to the dead-letter queue, where somebody looks at it. Over HTTP there
        // is no such way, and its sender has nothing to mend.
        Err(error) if !error.retryable() && signal.state == SignalState::Firing => {
            tracing::error!(error = %Chain(&error), "a signal is taken in without its details");
            let bare = bare(signal);
            let taken = context.intake.take(&received(context, &bare, raw, door)).await.map_err(TakeError::Failed)?;
            if door.key_hash.is_some() { Ok(taken) } else { Err(TakeError::WithoutDetails(error)) }
        }
        Err(_) if mutant("success-before-write") => Ok(Taken::Nothing("it is lost")),
        taken => taken.map_err(TakeError::Failed),
    }
}

/// Whether whatever misses a synthetic alarm has said so already.
fn is_late(signal: &Signal, now: Timestamp) -> bool {
    now.duration_since(signal.occurred_at).as_mins() >= SYNTHETIC_MINUTES_MAX
}

/// The least that a signal can say. It has a key of its own: the event comes again, and must not count as a repeat of this.
fn bare(signal: &Signal) -> Signal {
    Signal {
        summary: "This event could not be stored with its details; its raw text is kept. It goes to the dead-letter queue of \
                  `ingest`, and no recovery closes this incident."
            .to_owned(),
        dedupe_key: format!("{} without details", signal.dedupe_key),
        cause: format!("{} without details", signal.cause),
        resources: Vec::new(),
        dimensions: Default::default(),
        tags: Default::default(),
        ..signal.clone()
    }
}

/// What became of a signal, for whoever invokes the function by hand.
fn describe(taken: &Taken) -> Value {
    match taken {
        Taken::Opened(id) => json!({ "opened": id.as_str() }),
        Taken::Repeated(id) => json!({ "repeated": id.as_str() }),
        Taken::Applied(id) => json!({ "applied": id.as_str() }),
        Taken::Duplicate(id) => json!({ "duplicate": id.as_str() }),
        Taken::Nothing(why) => json!({ "nothing": why }),
        Taken::KeyWithdrawn => json!({ "refused": "its key has been withdrawn" }),
    }
}

fn diagnostic(error: TakeError) -> Diagnostic {
    let retryable = match &error {
        TakeError::Failed(error) => error.retryable(),
        TakeError::WithoutDetails(_) => false,
    };
    let error_type = if retryable { "Retryable" } else { "NotRetryable" }.to_owned();
    Diagnostic { error_type, error_message: Chain(&error).to_string() }
}
