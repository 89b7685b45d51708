//! Somebody outside who hears the heart beat, and raises the alarm when it stops: even if AWS itself is what has stopped.

use async_trait::async_trait;

/// Why a beat did not arrive. Says nothing of where it was to go: that is a secret.
#[derive(Debug, thiserror::Error)]
pub enum BeatError {
    /// Where it goes to could not be read.
    #[error("the address of the dead man's switch could not be read")]
    NoAddress(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It was not taken.
    #[error("the dead man's switch did not take the beat: {0}")]
    NotTaken(String),
}

/// Hears the heart beat.
#[async_trait]
pub trait DeadMansSwitch: Send + Sync {
    /// One beat.
    async fn beat(&self) -> Result<(), BeatError>;
}
