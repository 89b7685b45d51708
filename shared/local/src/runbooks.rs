//! SSM's three calls about automations, over whatever runs the documents, and the events that tell of their ends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::automation::LocalRunbooks;
use crate::call::Refusal;
use crate::names::{ACCOUNT, REGION};
use crate::random::random_id;

/// Runs SSM documents.
pub trait Runbooks: Send + Sync {
    /// Starts a document and answers with the execution's id; the same token again is the same execution. An error is
    /// the code and the message that SSM would answer with.
    fn start(
        &self,
        document: &str,
        parameters: BTreeMap<String, Vec<String>>,
        token: &str,
        now: Timestamp,
    ) -> Result<String, (String, String)>;

    /// The status of an execution, as SSM spells it, and why it failed; `None`: there is no such execution.
    fn status(&self, id: &str, now: Timestamp) -> Option<(String, Option<String>)>;

    /// Stops an execution that runs; an error is the code and the message that SSM would answer with.
    fn stop(&self, id: &str, now: Timestamp) -> Result<(), (String, String)>;

    /// What a document can be started with; `None`: there is no such document, or nobody says anything of it.
    fn parameters(&self, _document: &str) -> Option<Vec<DeclaredParameter>> {
        None
    }

    /// Executions that have ended since this was last asked, each with its status: every one is told of once.
    fn ended_since(&self, now: Timestamp) -> Vec<(String, String)>;
}

/// A parameter of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredParameter {
    /// Its name.
    pub name: String,
    /// Whether it takes a list.
    pub is_list: bool,
    /// What holds where it is left out.
    pub default: Option<String>,
}

/// An account without a single document.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRunbooks;

impl Runbooks for NoRunbooks {
    fn start(
        &self,
        document: &str,
        _: BTreeMap<String, Vec<String>>,
        _: &str,
        _: Timestamp,
    ) -> Result<String, (String, String)> {
        let message = format!("the document {document} does not exist");
        Err(("AutomationDefinitionNotFoundException".to_owned(), message))
    }

    fn status(&self, _: &str, _: Timestamp) -> Option<(String, Option<String>)> {
        None
    }

    fn stop(&self, id: &str, _: Timestamp) -> Result<(), (String, String)> {
        Err(("AutomationExecutionNotFoundException".to_owned(), format!("there is no execution {id}")))
    }

    fn ended_since(&self, _: Timestamp) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// The interpreter of documents, as what is behind SSM's calls.
impl Runbooks for LocalRunbooks {
    fn start(
        &self,
        document: &str,
        parameters: BTreeMap<String, Vec<String>>,
        token: &str,
        now: Timestamp,
    ) -> Result<String, (String, String)> {
        LocalRunbooks::start(self, document, parameters, token, now)
            .map_err(|error| (error.code().to_owned(), error.to_string()))
    }

    fn status(&self, id: &str, now: Timestamp) -> Option<(String, Option<String>)> {
        LocalRunbooks::status(self, id, now)
    }

    fn stop(&self, id: &str, now: Timestamp) -> Result<(), (String, String)> {
        LocalRunbooks::cancel(self, id, now).map_err(|error| (error.code().to_owned(), error.to_string()))
    }

    fn parameters(&self, document: &str) -> Option<Vec<DeclaredParameter>> {
        LocalRunbooks::parameters(self, document)
    }

    fn ended_since(&self, now: Timestamp) -> Vec<(String, String)> {
        LocalRunbooks::ended_since(self, now)
    }
}

/// Does one call.
pub(crate) fn call(runbooks: &dyn Runbooks, operation: &str, body: &Value, now: Timestamp) -> Result<Value, Refusal> {
    match operation {
        "StartAutomationExecution" => {
            let parameters = serde_json::from_value(body["Parameters"].clone()).unwrap_or_default();
            let document = body["DocumentName"].as_str().unwrap_or_default();
            let token = body["ClientToken"].as_str().map_or_else(random_id, str::to_owned);
            let started = runbooks.start(document, parameters, &token, now);
            let id = started.map_err(|(code, message)| Refusal::refused(code, message))?;
            Ok(json!({ "AutomationExecutionId": id }))
        }
        "GetAutomationExecution" => {
            let id = body["AutomationExecutionId"].as_str().unwrap_or_default();
            let (status, failure) = runbooks.status(id, now).ok_or_else(|| {
                Refusal::refused("AutomationExecutionNotFoundException", "there is no such execution")
            })?;
            let mut execution = json!({ "AutomationExecutionId": id, "AutomationExecutionStatus": status });
            if let Some(failure) = failure {
                execution["FailureMessage"] = failure.into();
            }
            Ok(json!({ "AutomationExecution": execution }))
        }
        "StopAutomationExecution" => {
            let id = body["AutomationExecutionId"].as_str().unwrap_or_default();
            runbooks.stop(id, now).map_err(|(code, message)| Refusal::refused(code, message))?;
            Ok(json!({}))
        }
        "DescribeDocument" => {
            let name = body["Name"].as_str().unwrap_or_default();
            let parameters = runbooks.parameters(name).ok_or_else(|| {
                Refusal::refused("InvalidDocument", format!("Document with name {name} does not exist."))
            })?;
            Ok(json!({ "Document": description(name, &parameters) }))
        }
        _ => Err(Refusal::refused("InvalidAction", "this double does not know the action")),
    }
}

/// A document as SSM describes it: it tells texts and lists of texts apart, and no other types.
fn description(name: &str, parameters: &[DeclaredParameter]) -> Value {
    let parameter = |declared: &DeclaredParameter| {
        let kind = if declared.is_list { "StringList" } else { "String" };
        let mut parameter = json!({ "Name": declared.name, "Type": kind });
        if let Some(default) = &declared.default {
            parameter["DefaultValue"] = default.as_str().into();
        }
        parameter
    };
    json!({
        "Name": name,
        "DocumentType": "Automation",
        "DocumentFormat": "YAML",
        "DocumentVersion": "1",
        "SchemaVersion": "0.3",
        "Owner": ACCOUNT,
        "Status": "Active",
        "Parameters": parameters.iter().map(parameter).collect::<Vec<_>>(),
    })
}

/// The event that EventBridge delivers when an execution has ended.
pub(crate) fn ended_event(id: &str, status: &str, now: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": random_id(),
        "detail-type": "EC2 Automation Execution Status-change Notification",
        "source": "aws.ssm",
        "account": ACCOUNT,
        "time": now.to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:ssm:{REGION}:{ACCOUNT}:automation-execution/{id}")],
        "detail": { "ExecutionId": id, "Status": status, "Time": now.to_string() },
    })
}
