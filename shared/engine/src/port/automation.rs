//! SSM Automation: the only port that can change the account. Only `runbook` has it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reveille_domain::{AutomationId, RunbookOutcome};

/// How far an execution is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationStatus {
    /// Not at its end.
    Running,
    /// At its end.
    Ended(RunbookOutcome),
}

/// Why the service did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AutomationError {
    /// It can never start like this: no such document, wrong parameters, not allowed.
    #[error("the runbook cannot start: {0}")]
    Refused(String),
    /// Throttled or out of reach; worth another attempt.
    #[error("SSM Automation did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Starts and follows executions.
#[async_trait]
pub trait Automation: Send + Sync {
    /// Starts a document. `token` is a UUID: the same one again is the same execution.
    async fn start(
        &self,
        document: &str,
        parameters: &BTreeMap<String, Vec<String>>,
        token: &str,
    ) -> Result<AutomationId, AutomationError>;

    /// Asks how far an execution is.
    async fn status(&self, execution: &AutomationId) -> Result<AutomationStatus, AutomationError>;
}
