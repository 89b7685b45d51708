//! All runs of an account, in one virtual time: whatever is asked at an instant, everything before it has happened in its order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::account::Account;
use super::document::{Document, Kind};
use super::execution::Execution;
use super::parameters;
use super::variables::plain;
use crate::runbooks::DeclaredParameter;

/// SSM Automation, local.
#[derive(Debug)]
pub struct LocalRunbooks {
    documents: Vec<Document>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    account: Account,
    executions: BTreeMap<String, Execution>,
    /// What each was started with: its document and its parameters.
    requests: BTreeMap<String, (String, BTreeMap<String, Vec<String>>)>,
}

/// Why a run was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// No document has this name.
    #[error("there is no document {0}")]
    UnknownDocument(String),
    /// The document does not take these parameters; the text says why.
    #[error("{0}")]
    InvalidParameters(String),
    /// The token has started something else.
    #[error("the client token has started {0}, or the same with other parameters")]
    Mismatch(String),
}

impl StartError {
    /// The error code of the AWS API.
    pub fn code(&self) -> &'static str {
        match self {
            StartError::UnknownDocument(_) => "AutomationDefinitionNotFoundException",
            StartError::InvalidParameters(_) => "InvalidAutomationExecutionParametersException",
            StartError::Mismatch(_) => "IdempotentParameterMismatch",
        }
    }
}

/// Why a run was not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// No run has this id.
    #[error("there is no such execution")]
    Unknown,
    /// It has ended already.
    #[error("the execution has ended already")]
    Ended,
}

impl CancelError {
    /// The error code of the AWS API.
    pub fn code(self) -> &'static str {
        match self {
            CancelError::Unknown => "AutomationExecutionNotFoundException",
            CancelError::Ended => "InvalidAutomationStatusUpdateException",
        }
    }
}

impl LocalRunbooks {
    /// An account with documents and no runs.
    pub fn new(documents: Vec<Document>, account: Account) -> Self {
        let state = State { account, executions: BTreeMap::new(), requests: BTreeMap::new() };
        Self { documents, state: Mutex::new(state) }
    }

    /// Starts a document. The id is made of the token: the same token again is the same run, and with anything else beside it
    /// it is refused.
    pub fn start(
        &self,
        document: &str,
        parameters: BTreeMap<String, Vec<String>>,
        token: &str,
        now: Timestamp,
    ) -> Result<String, StartError> {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, token.as_bytes()).to_string();
        let mut state = self.advance(now);
        let request = (document.to_owned(), parameters);
        if let Some(before) = state.requests.get(&id) {
            return if *before == request { Ok(id) } else { Err(StartError::Mismatch(before.0.clone())) };
        }
        let place = self.documents.iter().position(|candidate| candidate.name() == document);
        let place = place.ok_or_else(|| StartError::UnknownDocument(document.to_owned()))?;
        let bound =
            parameters::bind(self.documents[place].body(), &request.1).map_err(StartError::InvalidParameters)?;
        state.executions.insert(id.clone(), Execution::new(place, &id, bound, now));
        state.requests.insert(id.clone(), request);
        Ok(id)
    }

    /// How many runs there have been.
    pub fn runs(&self) -> usize {
        self.lock().executions.len()
    }

    /// What a document can be started with; `None`: there is no such document.
    pub fn parameters(&self, document: &str) -> Option<Vec<DeclaredParameter>> {
        let document = self.documents.iter().find(|candidate| candidate.name() == document)?;
        let declared = document.body().parameters.iter().map(|(name, parameter)| DeclaredParameter {
            name: name.clone(),
            is_list: parameter.kind == Kind::StringList,
            default: parameter.default.as_ref().map(plain),
        });
        Some(declared.collect())
    }

    /// AWS's status text of a run and, if it failed, a message that names the step; `None`: there is no such run.
    pub fn status(&self, id: &str, now: Timestamp) -> Option<(String, Option<String>)> {
        let state = self.advance(now);
        let end = state.executions.get(id)?.end.as_ref().filter(|end| end.at <= now);
        Some(end.map_or_else(|| ("InProgress".to_owned(), None), |end| (end.status.to_owned(), end.message.clone())))
    }

    /// The runs that have ended and were not told before: id and status text.
    pub fn ended_since(&self, now: Timestamp) -> Vec<(String, String)> {
        let mut state = self.advance(now);
        let mut ended = Vec::new();
        for (id, execution) in &mut state.executions {
            if let Some(end) = execution.end.as_ref().filter(|end| end.at <= now && !execution.told) {
                ended.push((end.at, id.clone(), end.status.to_owned()));
                execution.told = true;
            }
        }
        ended.sort();
        ended.into_iter().map(|(_, id, status)| (id, status)).collect()
    }

    /// Cancels a run that has not ended.
    pub fn cancel(&self, id: &str, now: Timestamp) -> Result<(), CancelError> {
        let mut state = self.advance(now);
        let execution = state.executions.get_mut(id).ok_or(CancelError::Unknown)?;
        if execution.cancel(now) { Ok(()) } else { Err(CancelError::Ended) }
    }

    /// Looks at the account, or changes it.
    pub fn with_account<T>(&self, look: impl FnOnce(&mut Account) -> T) -> T {
        look(&mut self.lock().account)
    }

    /// Lets everything happen up to an instant, whatever is earliest first.
    fn advance(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut guard = self.lock();
        let state = &mut *guard;
        while let Some(execution) = state
            .executions
            .values_mut()
            .filter(|execution| execution.end.is_none() && execution.wake <= now)
            .min_by_key(|execution| execution.wake)
        {
            execution.turn(self.documents[execution.document].body(), &mut state.account);
        }
        state.account.settle(now);
        guard
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the account as it was at that instant, which is good enough to go on with.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
