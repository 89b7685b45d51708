//! Messages of the failure queue: what failed comes back here each three minutes. One that still fails after a while opens
//! an incident as it is, so that somebody knows, and stays in the queue until that gives it to the dead-letter queue.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use jiff::Timestamp;
use reveille_engine::{Chain, EngineError, Raw, Received, batch};
use reveille_wire::{QueueRecord, read_queued, read_unhandled};
use serde_json::Value;

use crate::{Context, Door, TakeError, take_all};

/// A quarter of an hour at one receive each three minutes, after which the alarm `old-events` goes off too: most of what
/// passes by itself has passed by then. Far below the 480 after which the queue gives up.
const RECEIVES_BEFORE_INCIDENT: u64 = 5;

/// Why a message goes back to its queue.
#[derive(Debug, thiserror::Error)]
enum Unhandled {
    #[error(transparent)]
    Take(#[from] TakeError),
    /// A panic is our mistake. It must not take the other messages of its batch with it.
    #[error("the handler panicked")]
    Panicked,
}

/// Handles every message; only those that failed come back.
pub(crate) async fn take_each(context: &Context, records: Vec<QueueRecord>, received_at: Timestamp) -> Value {
    let receives: BTreeMap<String, u64> =
        records.iter().map(|record| (record.message_id.clone(), record.receives)).collect();
    let messages = records.into_iter().map(|record| (record.message_id, record.body)).collect();
    let work = |message_id: String, body: String| {
        let receives = receives.get(&message_id).copied().unwrap_or(1);
        let record = QueueRecord { message_id, body, receives };
        async move { take(context, &record, received_at).await }
    };
    batch::each(messages, work).await
}

async fn take(context: &Context, record: &QueueRecord, received_at: Timestamp) -> Result<(), Unhandled> {
    let handling = async {
        let signals = read_queued(record, received_at);
        // It has not come through at once, which is all that it was to tell; nobody is to be asked about it.
        if signals.iter().all(|signal| context.is_synthetic(signal, &Door::default())) {
            return Ok(Vec::new());
        }
        take_all(context, &signals, &record.body, &Door::default()).await
    };
    let unhandled = match AssertUnwindSafe(handling).catch_unwind().await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => Unhandled::Take(error),
        Err(_) => Unhandled::Panicked,
    };
    let has_incident = matches!(unhandled, Unhandled::Take(TakeError::WithoutDetails(_)));
    if record.receives >= RECEIVES_BEFORE_INCIDENT
        && !has_incident
        && let Err(error) = open_as_it_is(context, record, received_at).await
    {
        tracing::error!(error = %Chain(&error), "an event that keeps failing could not open an incident either");
    }
    Err(unhandled)
}

/// Opens one incident for the message, however often it comes: the message's id is the cause.
async fn open_as_it_is(context: &Context, record: &QueueRecord, received_at: Timestamp) -> Result<(), EngineError> {
    let signal = read_unhandled(record, received_at);
    let (raw, scope) = (&Raw::of(&record.body), "");
    let received = Received { signal: &signal, raw, scope, key_hash: None, named_in_url: None, is_synthetic: false };
    context.intake.take(&received).await.map(drop)
}
