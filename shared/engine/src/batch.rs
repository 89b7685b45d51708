//! Batches of queue messages: each stands for itself, and only those that failed come back.

use crate::limits::MESSAGES_AT_ONCE_MAX;
use std::future::Future;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::error::Chain;

/// Does every message, given as id and body, and answers in the form of `ReportBatchItemFailures`.
pub async fn each<F, Fut, E>(messages: Vec<(String, String)>, work: F) -> Value
where
    F: Fn(String, String) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let failed: Vec<Value> = futures_util::stream::iter(messages)
        .map(|(message_id, body)| {
            // In a box of its own: the work of a page is some ten kilobytes, and a stream moves what it holds several times.
            let doing = Box::pin(work(message_id.clone(), body));
            async move {
                let error = doing.await.err()?;
                tracing::error!(%message_id, error = %Chain(&error), "a message goes back to its queue");
                Some(json!({ "itemIdentifier": message_id }))
            }
        })
        .buffer_unordered(MESSAGES_AT_ONCE_MAX)
        .filter_map(|failure| async move { failure })
        .collect()
        .await;
    json!({ "batchItemFailures": failed })
}
