//! Runbooks: SSM Automation documents that a stage starts, and what became of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::AutomationId;

/// A document to start and its parameters; values are templates over the signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookAction {
    /// The name of the SSM document.
    pub document: String,
    /// Parameter name to values, as `StartAutomationExecution` takes them.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// One runbook of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookRun {
    /// The name of the SSM document.
    pub document: String,
    /// How far it is.
    pub state: RunbookState,
}

/// How far a runbook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookState {
    /// Ordered; nobody has started it yet or it is running.
    Ordered,
    /// It could not be started, or it came to an end.
    Ended {
        /// When we learned of it.
        at: Timestamp,
        /// How it ended.
        outcome: RunbookOutcome,
        /// The execution, if it was started at all.
        execution: Option<AutomationId>,
    },
}

/// How a runbook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookOutcome {
    /// Every step succeeded.
    Succeeded,
    /// A step failed, or it could not be started; the text says which and why.
    Failed(String),
    /// Somebody cancelled it.
    Cancelled,
    /// It ran longer than the document allows.
    TimedOut,
}

impl RunbookOutcome {
    /// The word in timelines and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            RunbookOutcome::Succeeded => "succeeded",
            RunbookOutcome::Failed(_) => "failed",
            RunbookOutcome::Cancelled => "cancelled",
            RunbookOutcome::TimedOut => "timed_out",
        }
    }
}
