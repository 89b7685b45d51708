//! The functions, as the local world sees them: something that takes an event and answers or fails.

use async_trait::async_trait;
use serde_json::Value;

/// All functions of an installation, by the names of their folders.
#[async_trait]
pub trait Functions: Send + Sync {
    /// Runs `function` on `event`. An error is what Lambda would report as a failed invocation.
    async fn invoke(&self, function: &str, event: Value) -> Result<Value, String>;
}
