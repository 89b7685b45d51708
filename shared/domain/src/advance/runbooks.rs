//! Runbooks: ordering them with their parameters filled in, and what becomes of them.

use std::collections::BTreeMap;

use super::{Ignored, draft::Draft};
use crate::{
    Actor, AutomationId, Effect, RunbookAction, RunbookOrder, RunbookOutcome, RunbookRun, RunbookState, TemplateError,
    TimelineKind, render,
};

/// Orders a runbook. One whose parameters the signal cannot fill ends at once as failed; the plan goes on.
pub(super) fn order(draft: &mut Draft, by: Option<&Actor>, action: &RunbookAction) {
    let run = u32::try_from(draft.next.runbooks.len()).expect("an incident has few runbooks");
    let document = action.document.clone();
    draft.next.runbooks.push(RunbookRun { document: document.clone(), state: RunbookState::Ordered });
    draft.tell(TimelineKind::RunbookOrdered { by: by.cloned(), run, document: document.clone() });
    match fill(draft, action) {
        Ok(parameters) => draft.order(Effect::StartRunbook(RunbookOrder { run, document, parameters })),
        Err(missing) => end(draft, run, None, RunbookOutcome::Failed(format!("not started: {missing}"))),
    }
}

/// A runbook came to an end. It stands on the timeline even if the incident was over before.
pub(super) fn ended(
    draft: &mut Draft,
    run: u32,
    execution: Option<&AutomationId>,
    outcome: &RunbookOutcome,
) -> Result<(), Ignored> {
    match draft.next.runbooks.get(run as usize).map(|run| &run.state) {
        None => Err(Ignored::Unknown),
        Some(RunbookState::Ended { .. }) => Err(Ignored::Settled),
        Some(RunbookState::Ordered) => {
            end(draft, run, execution, outcome.clone());
            Ok(())
        }
    }
}

fn end(draft: &mut Draft, run: u32, execution: Option<&AutomationId>, outcome: RunbookOutcome) {
    let at = draft.now;
    let entry = &mut draft.next.runbooks[run as usize];
    entry.state = RunbookState::Ended { at, outcome: outcome.clone(), execution: execution.cloned() };
    let document = entry.document.clone();
    draft.tell(TimelineKind::RunbookEnded { run, document, execution: execution.cloned(), outcome });
}

fn fill(draft: &Draft, action: &RunbookAction) -> Result<BTreeMap<String, Vec<String>>, TemplateError> {
    let facts = &draft.next.opening.facts;
    action
        .parameters
        .iter()
        .map(|(name, values)| {
            let values: Result<Vec<String>, TemplateError> = values.iter().map(|value| render(value, facts)).collect();
            Ok((name.clone(), values?))
        })
        .collect()
}
