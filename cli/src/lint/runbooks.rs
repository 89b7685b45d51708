//! Checks of runbooks: whether there is such a document, whether it may be started, and whether it takes what it is given. At
//! three in the morning each of these is a runbook that does not start.

use reveille_domain::{ResponsePlan, RunbookAction};

use super::catalogue::{Check, check};
use super::documents::{Document, Kind, Parameter};
use super::finding::Findings;
use super::scene::Scene;
use crate::unknown_name::did_you_mean;

pub(super) const UNKNOWN_RUNBOOK: Check =
    check!(Error, "unknown-runbook", "There is no such document, as far as is known");
pub(super) const RUNBOOK_NOT_ALLOWED: Check =
    check!(Error, "runbook-not-allowed", "The function `runbook` has no permission to start a document");
pub(super) const UNKNOWN_PARAMETER: Check =
    check!(Error, "unknown-parameter", "A document has no parameter of this name");
pub(super) const MISSING_PARAMETER: Check =
    check!(Error, "missing-parameter", "A document does not start without this parameter");
pub(super) const PARAMETER_TYPE: Check =
    check!(Error, "parameter-type", "A parameter is given what is not of its type");
pub(super) const PARAMETER_VALUE: Check =
    check!(Error, "parameter-value", "A parameter is given a value that the document does not allow");

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for plan in scene.configuration.response_plans.values() {
        for (number, stage) in plan.stages.iter().enumerate() {
            for (place, action) in stage.runbooks.iter().enumerate() {
                let path = format!("response_plans/{}/stages/{number}/runbooks/{place}", plan.name);
                one(scene, plan, action, &path, findings);
            }
        }
    }
}

fn one(scene: &Scene<'_>, plan: &ResponsePlan, action: &RunbookAction, path: &str, findings: &mut Findings<'_>) {
    let (name, documents) = (action.document.as_str(), scene.documents);
    let document = documents.get(name);
    let prefix = documents.prefix();
    if document.is_none() && (documents.is_absent(name) || !documents.may_start(name) && !is_aws_own(name)) {
        let message = if documents.is_absent(name) {
            format!("the account has no document `{name}`: the runbook of response plan `{}` cannot start", plan.name)
        } else {
            format!(
                "`{name}` is none of the stack's documents, and the function `runbook` may start others only if their names \
                 begin with `{prefix}`"
            )
        };
        let remedy = did_you_mean(name, documents.names())
            .unwrap_or_else(|| format!("name a document of the stack, or one of yours that is called `{prefix}…`"));
        findings.add(&UNKNOWN_RUNBOOK, &format!("{path}/document"), message, remedy);
        return;
    }
    if !documents.may_start(name) {
        let message = format!(
            "the function `runbook` has no permission `ssm:StartAutomationExecution` on `{name}`: \
             it may start the stack's own documents, and those whose names begin with `{prefix}`"
        );
        let remedy = format!(
            "make a document `{prefix}…` that does the same or runs it with `aws:executeAutomation`, or set the stack's \
             parameter RunbookPrefix"
        );
        findings.add(&RUNBOOK_NOT_ALLOWED, &format!("{path}/document"), message, remedy);
    }
    match document {
        Some(document) => parameters(name, document, action, path, findings),
        None => variables(action, path, |_| true, findings),
    }
}

/// AWS Incident Manager fills its variables in; here they would be given to the document as the words that they are.
fn variables(action: &RunbookAction, path: &str, counts: impl Fn(&str) -> bool, findings: &mut Findings<'_>) {
    for (parameter, values) in action.parameters.iter().filter(|(parameter, _)| counts(parameter)) {
        let Some(name) = [INVOLVED_RESOURCES, INCIDENT_RECORD_ARN].into_iter().find(|name| holds(values, name)) else {
            continue;
        };
        let message = format!(
            "parameter `{parameter}` of document `{}` would get the word {name}: only AWS Incident Manager fills it in",
            action.document
        );
        let remedy = "name what the event has: `[\"{{ resources.0 }}\", \"{{ resources.1 }}\"]`, or `{{ dedupe_key }}`";
        findings.add(&PARAMETER_VALUE, &format!("{path}/parameters/{parameter}"), message, remedy);
    }
}

/// Documents that AWS owns and every account can name.
fn is_aws_own(name: &str) -> bool {
    ["AWS-", "AWSSupport-", "AWSIncidents-", "AWSConfigRemediation-", "AWSEC2-", "AWSDocs-", "AWSSSO-", "AWSFIS-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn parameters(name: &str, document: &Document, action: &RunbookAction, path: &str, findings: &mut Findings<'_>) {
    for (parameter, values) in &action.parameters {
        let below = format!("{path}/parameters/{parameter}");
        let Some(declared) = document.parameters.get(parameter) else {
            let known = || document.parameters.keys().map(String::as_str);
            let all: Vec<String> = known().map(|name| format!("`{name}`")).collect();
            let remedy = did_you_mean(parameter, known()).unwrap_or_else(|| match all.as_slice() {
                [] => "remove it: the document takes none".to_owned(),
                all => format!("its parameters are {}", all.join(", ")),
            });
            let message = format!("document `{name}` has no parameter `{parameter}`: it would refuse to start");
            findings.add(&UNKNOWN_PARAMETER, &below, message, remedy);
            continue;
        };
        let variable = [INVOLVED_RESOURCES, INCIDENT_RECORD_ARN].into_iter().any(|name| holds(values, name));
        if let Err((wrong, remedy)) = of_type(declared.kind, values) {
            let kind = declared.kind.name();
            let message = format!("parameter `{parameter}` of document `{name}` is a {kind}, and {wrong}");
            findings.add(&PARAMETER_TYPE, &below, message, remedy);
        } else if variable {
            variables(action, path, |name| name == parameter, findings);
        } else if let Some(value) = values.iter().find(|value| !is_allowed(declared, value)) {
            let message = format!("parameter `{parameter}` of document `{name}` cannot be `{value}`");
            findings.add(&PARAMETER_VALUE, &below, message, allowed(declared));
        }
    }
    let required = document.parameters.iter().filter(|(_, declared)| declared.required);
    for (parameter, declared) in required.filter(|(parameter, _)| !action.parameters.contains_key(*parameter)) {
        let message = format!("document `{name}` does not start without its parameter `{parameter}`");
        let remedy = format!("add `{parameter}`, a {}, to `parameters`", declared.kind.name());
        findings.add(&MISSING_PARAMETER, path, message, remedy);
    }
}

/// What an event fills in is known only when it comes.
fn is_template(value: &str) -> bool {
    value.contains("{{")
}

/// The one of AWS Incident Manager's variables that is a list: the ARNs of what is affected.
const INVOLVED_RESOURCES: &str = "INVOLVED_RESOURCES";
/// The other one: the ARN of the incident.
const INCIDENT_RECORD_ARN: &str = "INCIDENT_RECORD_ARN";

/// Whether a variable stands among values.
fn holds(values: &[String], variable: &str) -> bool {
    values.iter().any(|value| value == variable)
}

/// What is wrong with values of a parameter of this type, and what to write.
fn of_type(kind: Kind, values: &[String]) -> Result<(), (String, &'static str)> {
    if kind != Kind::StringList && kind != Kind::Other && holds(values, INVOLVED_RESOURCES) {
        let wrong = format!("{INVOLVED_RESOURCES} is a StringList");
        return Err((wrong, "give it to a parameter of type StringList, or name one resource: \"{{ resources.0 }}\""));
    }
    if kind != Kind::String && kind != Kind::Other && holds(values, INCIDENT_RECORD_ARN) {
        let wrong = format!("{INCIDENT_RECORD_ARN} is a String");
        return Err((wrong, "give it to a parameter of type String"));
    }
    let one_value = "write one value";
    match kind {
        Kind::StringList | Kind::Other => return Ok(()),
        Kind::MapList => {}
        Kind::String | Kind::Integer | Kind::Boolean | Kind::StringMap if values.len() == 1 => {}
        Kind::String | Kind::Integer | Kind::Boolean | Kind::StringMap => {
            return Err((format!("is given {} values", values.len()), one_value));
        }
    }
    let written = values.iter().filter(|value| !is_template(value));
    let json = |value: &str| serde_json::from_str::<serde_json::Value>(value).ok();
    for value in written {
        let (fits, remedy) = match kind {
            Kind::Integer => (value.parse::<i64>().is_ok(), "write a whole number"),
            Kind::Boolean => (value.parse::<bool>().is_ok(), "write true or false"),
            Kind::StringMap | Kind::MapList => (
                json(value).is_some_and(|value| value.is_object()),
                "write a JSON object in quotes: '{\"Key\":\"team\"}'",
            ),
            Kind::String | Kind::StringList | Kind::Other => (true, one_value),
        };
        if !fits {
            return Err((format!("`{value}` is none"), remedy));
        }
    }
    Ok(())
}

fn is_allowed(declared: &Parameter, value: &str) -> bool {
    if is_template(value) {
        return true;
    }
    let among = declared.allowed.is_empty() || declared.allowed.iter().any(|allowed| allowed == value);
    // A pattern that this program cannot read is no reason to complain about what is held to it.
    let pattern = declared.pattern.as_deref().and_then(|pattern| regex_lite::Regex::new(pattern).ok());
    among && pattern.is_none_or(|pattern| pattern.is_match(value))
}

fn allowed(declared: &Parameter) -> String {
    match &declared.pattern {
        _ if !declared.allowed.is_empty() => format!("write one of {}", declared.allowed.join(", ")),
        Some(pattern) => format!("write what matches {pattern}"),
        None => "write another value".to_owned(),
    }
}
