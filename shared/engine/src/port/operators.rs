//! Those who run the installation. They are told in plain words, by a way that needs no part of Reveille to work.

use async_trait::async_trait;

/// Why the operators could not be told.
#[derive(Debug, thiserror::Error)]
#[error("the operators could not be told")]
pub struct OperatorsError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The way to the operators.
#[async_trait]
pub trait Operators: Send + Sync {
    /// Tells them. `subject` is one line; neither text holds an address.
    async fn tell(&self, subject: &str, text: &str) -> Result<(), OperatorsError>;
}
