//! Queues carry hints only: the table is the truth, and whatever a queue loses, the tick finds.

use async_trait::async_trait;

/// The queues of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Woken incidents, to `respond`.
    Nudges,
    /// Outbox rows with pages, to `notify`.
    Pages,
    /// Outbox rows with pages through servers that may hang, to `notify` too: they wait for nobody but each other.
    SlowPages,
    /// Outbox rows with runbooks, to `runbook`.
    Runbooks,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// JSON text.
    pub body: String,
    /// Seconds before it is delivered; at most 900.
    pub delay_s: u32,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue did not answer, or is throttling.
    #[error("the queue did not take the message")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Some messages of a batch were not taken.
    #[error("{failed} of {sent} messages were not taken")]
    Partial {
        /// How many were not.
        failed: usize,
        /// Of how many.
        sent: usize,
    },
    /// This function has no such queue: its environment does not name it.
    #[error("this function has no {0:?} queue")]
    Unknown(QueueName),
}

/// The sending side of the queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages: one request for each ten.
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError>;
}
