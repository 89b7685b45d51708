//! Who is paged by synthetic incidents: no person, but it does what one does.

use async_trait::async_trait;

use super::SendError;

/// Reads the message of a page.
#[async_trait]
pub trait PageReader: Send + Sync {
    /// Opens the page behind the link that the text holds: the message has arrived.
    async fn open(&self, text: &str) -> Result<(), SendError>;

    /// Presses the button of that page.
    async fn answer(&self, text: &str) -> Result<(), SendError>;
}
