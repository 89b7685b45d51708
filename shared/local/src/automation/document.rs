//! An Automation document as it is written: parameters, and steps with what comes after each.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::schema;

/// A document that keeps the rules of schema 0.3, as far as the twin knows them.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    body: Body,
}

/// A rule that a document breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The step or parameter in question; empty: the document as a whole.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// The content of a document. Keys that the schema does not know are refused while reading.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Body {
    pub(super) schema_version: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) assume_role: Option<Value>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) main_steps: Vec<Step>,
    #[serde(default)]
    pub(super) outputs: Vec<String>,
}

/// One declared parameter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Parameter {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) default: Option<Value>,
    #[serde(default)]
    pub(super) allowed_values: Vec<Value>,
    #[serde(default)]
    pub(super) allowed_pattern: Option<String>,
}

/// The types of parameters and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    String,
    StringList,
    Boolean,
    Integer,
    MapList,
    StringMap,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    pub(super) action: Action,
    #[serde(default)]
    pub(super) inputs: Map<String, Value>,
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
    #[serde(default)]
    pub(super) on_failure: Option<String>,
    #[serde(default)]
    pub(super) is_critical: Option<bool>,
    #[serde(default)]
    pub(super) is_end: bool,
    #[serde(default)]
    pub(super) next_step: Option<String>,
    #[serde(default)]
    pub(super) timeout_seconds: Option<u32>,
}

/// The actions that the twin plays; documents of this project use no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Action {
    #[serde(rename = "aws:executeAwsApi")]
    ExecuteAwsApi,
    #[serde(rename = "aws:assertAwsResourceProperty")]
    AssertProperty,
    #[serde(rename = "aws:waitForAwsResourceProperty")]
    WaitForProperty,
    #[serde(rename = "aws:branch")]
    Branch,
    #[serde(rename = "aws:runCommand")]
    RunCommand,
    #[serde(rename = "aws:sleep")]
    Sleep,
}

/// A value that a step takes out of an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) selector: String,
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
}

/// What follows the failure of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnFailure<'a> {
    Abort,
    Continue,
    Step(&'a str),
}

impl Document {
    /// Reads the content of a document and holds it against the schema's rules.
    pub fn parse(name: &str, content: &Value) -> Result<Self, Vec<Fault>> {
        let body = Body::deserialize(content)
            .map_err(|error| vec![Fault { place: String::new(), what: error.to_string() }])?;
        let faults = schema::faults(&body);
        if faults.is_empty() { Ok(Self { name: name.to_owned(), body }) } else { Err(faults) }
    }

    /// What `StartAutomationExecution` calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The AWS calls of its steps, as `service:Api`, in their order.
    pub fn calls(&self) -> Vec<String> {
        let text = |step: &Step, key: &str| step.inputs.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.body
            .main_steps
            .iter()
            .filter(|step| step.inputs.contains_key("Api"))
            .map(|step| format!("{}:{}", text(step, "Service"), text(step, "Api")))
            .collect()
    }

    /// Whether a step runs a command on a server.
    pub fn runs_commands(&self) -> bool {
        self.body.main_steps.iter().any(|step| step.action == Action::RunCommand)
    }

    /// The shell script of a step, without values put in; `None`: it has none.
    pub fn script(&self, step: &str) -> Option<String> {
        let step = self.body.main_steps.iter().find(|candidate| candidate.name == step)?;
        let commands = step.inputs.get("Parameters")?.get("commands")?.as_array()?;
        let lines: Vec<&str> = commands.iter().filter_map(Value::as_str).collect();
        Some(lines.join("\n"))
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }
}

impl Kind {
    /// Whether a value is of this type.
    pub(super) fn fits(self, value: &Value) -> bool {
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(fits));
        match self {
            Kind::String => value.is_string(),
            Kind::StringList => all(Value::is_string),
            Kind::Boolean => value.is_boolean(),
            Kind::Integer => value.is_i64() || value.is_u64(),
            Kind::MapList => all(Value::is_object),
            Kind::StringMap => value.is_object(),
        }
    }
}

impl Body {
    pub(super) fn step(&self, name: &str) -> Option<(usize, &Step)> {
        self.main_steps.iter().enumerate().find(|(_, step)| step.name == name)
    }
}

impl Step {
    /// `None`: it is written wrongly.
    pub(super) fn on_failure(&self) -> Option<OnFailure<'_>> {
        match self.on_failure.as_deref() {
            None | Some("Abort") => Some(OnFailure::Abort),
            Some("Continue") => Some(OnFailure::Continue),
            Some(text) => text.strip_prefix("step:").map(OnFailure::Step),
        }
    }

    /// Whether its failure makes the whole run a failure. What is to be continued after is not critical, unless it says so.
    pub(super) fn critical(&self) -> bool {
        self.is_critical.unwrap_or(self.on_failure() != Some(OnFailure::Continue))
    }
}
