//! Following an execution to its end.

use reveille_domain::{AutomationId, Input, RunbookOutcome};
use reveille_engine::key::{self, DUE_AT, DUE_PK};
use reveille_engine::port::{AutomationError, AutomationStatus, Change, Condition, TableError, Write};
use reveille_engine::record::{AutomationRecord, from_item};
use reveille_engine::{Applied, EngineError};
use serde_json::json;

use crate::{Context, Failure};

/// Seconds between two questions about an execution that no event told of.
pub(crate) const POLL_S: i64 = 30;

/// Asks how far an execution is, and tells its incident when it has ended. `false`: it is none of ours, or long over.
pub(crate) async fn run(context: &Context, execution: &AutomationId) -> Result<bool, Failure> {
    let engine = &context.engine;
    let Some(row) = engine.table().get(&key::automation(execution)).await.map_err(EngineError::from)? else {
        return Ok(false);
    };
    let record: AutomationRecord = from_item(&row).map_err(EngineError::from)?;
    if record.due_at.is_none() {
        return Ok(false);
    }
    let status = match context.automation.status(execution).await {
        // The service will never tell more of it: that is its end, as far as anybody can know.
        Err(AutomationError::Refused(why)) => {
            AutomationStatus::Ended(RunbookOutcome::Failed(format!("its end cannot be told: {why}")))
        }
        status => status?,
    };
    match status {
        AutomationStatus::Running => {
            let next = engine.now().as_millisecond() + POLL_S * 1000;
            change(context, execution, vec![Change::Set(DUE_AT, json!(next))]).await?;
        }
        AutomationStatus::Ended(outcome) => {
            let id = record.incident();
            let input = Input::RunbookEnded { run: record.run, execution: Some(execution.clone()), outcome };
            let applied = engine.apply(&id, &input, Some(&format!("runbook {id} {}", record.run))).await?;
            // Only now: a crash before this line asks again, and the cause makes it count once.
            change(context, execution, vec![Change::Remove(DUE_PK), Change::Remove(DUE_AT)]).await?;
            if matches!(applied, Applied::Committed(_) | Applied::Duplicate) {
                engine.nudge(&id).await?;
            }
        }
    }
    Ok(true)
}

async fn change(context: &Context, execution: &AutomationId, changes: Vec<Change>) -> Result<(), Failure> {
    let write = Write::update(key::automation(execution), changes, Condition::Has(DUE_AT));
    match context.engine.table().write(&write).await {
        // Somebody else has seen its end.
        Ok(_) | Err(TableError::Refused(_)) => Ok(()),
        Err(error) => Err(EngineError::from(error).into()),
    }
}
