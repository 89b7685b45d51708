//! What can go wrong, by what the caller can do about it.

use reveille_domain::IncidentId;

use crate::port::{QueueError, TableError, TransactError};
use crate::record::RecordError;

/// Why the engine could not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Give the message back to its queue: later it may work.
    #[error("the table could not be used")]
    Table(#[source] TableError),
    /// Give the message back to its queue: others were faster every time.
    #[error("incident {0} kept changing under us")]
    Contended(IncidentId),
    /// A row is not what its key promises: a person has to look.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The state is committed, but nobody has been told; the sender should try again, which is harmless.
    #[error("the nudge was not taken")]
    Nudge(#[from] QueueError),
}

impl EngineError {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            EngineError::Table(error) => error.retryable(),
            EngineError::Contended(_) | EngineError::Nudge(_) => true,
            EngineError::Record(_) => false,
        }
    }
}

impl From<TableError> for EngineError {
    fn from(error: TableError) -> Self {
        EngineError::Table(error)
    }
}

impl From<TransactError> for EngineError {
    fn from(error: TransactError) -> Self {
        match error {
            TransactError::Table(error) => EngineError::Table(error),
            // A refusal that no caller had a use for is a contradiction between rows.
            TransactError::Refused(_) => EngineError::Table(TableError::Conflict),
        }
    }
}

/// An error with everything that caused it, for one log line.
pub struct Chain<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
