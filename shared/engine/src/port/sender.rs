//! Providers that reach a human. Only `notify` has any.

use async_trait::async_trait;
use reveille_domain::{Attribution, Disabled};

/// One message to one address, ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// A phone number in E.164, an e-mail address, or a URL.
    pub address: String,
    /// What signs the message, where the address has one.
    pub secret: Option<Secret>,
    /// Subject line; providers without one leave it out. One line.
    pub subject: String,
    /// All of it as plain text, whatever the form.
    pub text: String,
    /// What the provider is handed.
    pub form: Form,
    /// Comes back in the provider's reports; `None`: whatever it reports of this message concerns no page.
    pub attribution: Option<Attribution>,
}

/// How a kind of channel carries a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Form {
    /// The text itself.
    Text,
    /// A mail.
    Mail {
        /// The alternative to the text.
        html: String,
    },
    /// A call.
    Speech {
        /// What is spoken, in SSML.
        ssml: String,
    },
    /// A POST.
    Json {
        /// Its body.
        body: String,
    },
}

/// A secret that a person shares with their own server, to tell our messages from anybody's.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the secret as it is; the configuration has validated it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for signing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

// A secret never reaches a log.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
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
    /// This message is refused for good; the text is the provider's, without the address.
    #[error("the provider refused the message: {0}")]
    Refused(String),
    /// No message will ever arrive there; the text is the provider's, without the address.
    #[error("the provider refused the address: {1}")]
    Unusable(Disabled, String),
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
