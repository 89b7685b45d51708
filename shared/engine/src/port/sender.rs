//! Providers that reach a human. Only `notify` has any.

use async_trait::async_trait;

/// One message to one address, ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// A phone number in E.164, or an e-mail address.
    pub address: String,
    /// Subject line; providers without one leave it out. One line.
    pub subject: String,
    /// The text. Plain; for e-mail also the alternative to `html`.
    pub text: String,
    /// HTML alternative, for e-mail.
    pub html: Option<String>,
}

// Addresses stay out of logs even where somebody logs a whole value.
impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The provider's id of the message, where it gives one.
    pub message_id: Option<String>,
}

/// Why a message did not leave.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// This address or message is refused for good; the text is the provider's, without the address.
    #[error("the provider refused the message: {0}")]
    Refused(String),
    /// Throttled, out of reach or an unknown outcome; worth another attempt.
    #[error("the provider did not take the message: {0}")]
    Failed(String),
}

/// One provider for one kind of channel.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Hands one message to the provider: one request, no retries of its own.
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError>;
}
