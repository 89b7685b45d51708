//! Runbooks on SSM Automation.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::types::{AutomationExecution, AutomationExecutionStatus};
use reveille_domain::{AutomationId, RunbookOutcome};
use reveille_engine::port::{Automation, AutomationError, AutomationStatus};

use crate::send_failure::redacted;

/// Errors that the same request meets again. The rest, throttling and limits among them, may pass.
const REFUSALS: [&str; 10] = [
    "AutomationDefinitionNotFoundException",
    "AutomationDefinitionNotApprovedException",
    "AutomationDefinitionVersionNotFoundException",
    "AutomationExecutionNotFoundException",
    "InvalidAutomationExecutionParametersException",
    "InvalidDocument",
    "InvalidTarget",
    "IdempotentParameterMismatch",
    "ValidationException",
    "AccessDeniedException",
];

/// Starts and follows executions.
#[derive(Clone, Debug)]
pub struct SsmAutomation {
    client: Client,
}

impl SsmAutomation {
    /// Works through `client`.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Automation for SsmAutomation {
    async fn start(
        &self,
        document: &str,
        parameters: &BTreeMap<String, Vec<String>>,
        token: &str,
    ) -> Result<AutomationId, AutomationError> {
        // SSM takes no parameters, but no map without any.
        let parameters: HashMap<_, _> = parameters.clone().into_iter().collect();
        let parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
        let call = self.client.start_automation_execution().document_name(document).client_token(token);
        let answer = call.set_parameters(parameters).send().await.map_err(failure)?;
        let id = answer.automation_execution_id;
        id.map(AutomationId::new).ok_or_else(|| AutomationError::Unavailable("no execution id in the answer".into()))
    }

    async fn status(&self, execution: &AutomationId) -> Result<AutomationStatus, AutomationError> {
        let call = self.client.get_automation_execution().automation_execution_id(execution.as_str());
        let answer = call.send().await.map_err(failure)?;
        let execution = answer.automation_execution;
        let execution = execution.ok_or_else(|| AutomationError::Unavailable("no execution in the answer".into()))?;
        Ok(status(&execution))
    }
}

fn status(execution: &AutomationExecution) -> AutomationStatus {
    use AutomationExecutionStatus as Status;
    let failed = |otherwise: &str| {
        let message = execution.failure_message().unwrap_or(otherwise);
        AutomationStatus::Ended(RunbookOutcome::Failed(redacted(message)))
    };
    match execution.automation_execution_status() {
        Some(Status::Success | Status::CompletedWithSuccess) => AutomationStatus::Ended(RunbookOutcome::Succeeded),
        Some(Status::Failed | Status::CompletedWithFailure) => failed("the automation failed"),
        Some(Status::Rejected | Status::ChangeCalendarOverrideRejected) => failed("the approval was rejected"),
        Some(Status::Cancelled | Status::Cancelling) => AutomationStatus::Ended(RunbookOutcome::Cancelled),
        Some(Status::Timedout) => AutomationStatus::Ended(RunbookOutcome::TimedOut),
        // A status that we do not know is not an end; the execution stays due and is asked about again.
        _ => AutomationStatus::Running,
    }
}

fn failure<E>(error: SdkError<E>) -> AutomationError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.code() {
        Some(code) if REFUSALS.contains(&code) => {
            AutomationError::Refused(format!("{code}: {}", error.message().unwrap_or("no reason given")))
        }
        Some(_) | None => AutomationError::Unavailable(error.into()),
    }
}
