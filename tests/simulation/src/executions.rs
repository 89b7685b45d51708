//! Runbooks that run: how long each takes, how it ends, and the event that says so, if it comes.

use reveille_domain::RunbookOutcome;
use reveille_engine::port::AutomationStatus;
use serde_json::json;

use super::night::{Happening, Invocation, Night};
use super::script::{Handler, MINUTE, Ms, SECOND};

/// One runbook that runs, or has run.
pub(crate) struct Execution {
    ends_at: Ms,
    outcome: RunbookOutcome,
}

impl Night {
    /// Starts a runbook for an incident of a title; the same token is the same execution. `false`: there is no such document.
    pub(crate) fn start_runbook(&mut self, token: &str, title: &str) -> bool {
        if self.executions.contains_key(token) {
            return true;
        }
        if self.chance.percent(5) {
            return false;
        }
        let ends_at = self.now + self.chance.between(SECOND, 4 * MINUTE);
        let outcome = match self.chance.place(6) {
            0 => RunbookOutcome::Failed("the step Verify failed".to_owned()),
            1 => RunbookOutcome::TimedOut,
            _ => RunbookOutcome::Succeeded,
        };
        self.books.started(title, token);
        self.executions.insert(token.to_owned(), Execution { ends_at, outcome });
        // Now and then no event says so, or two do.
        for _ in 0..self.chance.of_these(&[0, 1, 1, 1, 1, 1, 1, 1, 1, 2]) {
            let event = json!({ "source": "aws.ssm", "detail": { "ExecutionId": token } });
            let invocation = Invocation::of(Handler::Runbook, event);
            let at = ends_at + self.chance.between(20, 9 * SECOND);
            self.plan(at, Happening::Invoke(Box::new(invocation)));
        }
        true
    }

    /// How far it is.
    pub(crate) fn status_of(&self, token: &str) -> AutomationStatus {
        match self.executions.get(token) {
            Some(execution) if execution.ends_at <= self.now => AutomationStatus::Ended(execution.outcome.clone()),
            Some(_) | None => AutomationStatus::Running,
        }
    }
}
