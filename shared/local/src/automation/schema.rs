//! The rules of schema 0.3 that can be broken without AWS noticing before the document runs, and those that it checks itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::choice;
use super::document::{Action, Body, Fault, Kind, OnFailure, Parameter, Step};
use super::parameters;
use super::selector::Selector;
use super::variables;

/// What SSM itself puts in.
const SYSTEM_VARIABLES: [&str; 6] = [
    "automation:EXECUTION_ID",
    "global:ACCOUNT_ID",
    "global:DATE",
    "global:DATE_TIME",
    "global:REGION",
    "global:USERNAME",
];

/// What a command step gives without being asked.
const COMMAND_OUTPUTS: [&str; 5] = ["CommandId", "Output", "OutputPayload", "ResponseCode", "Status"];

/// All broken rules, in the order of the document.
pub(super) fn faults(body: &Body) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |place: &str, what: String| {
        faults.push(Fault { place: place.to_owned(), what });
    };
    if body.schema_version != "0.3" {
        fault("", format!("the schema version is {}, not 0.3", body.schema_version));
    }
    if body.description.as_deref().unwrap_or_default().trim().is_empty() {
        fault("", "the document has no description".to_owned());
    }
    if body.assume_role.is_none() {
        fault("", "the document acts with the rights of whoever starts it: no assumeRole".to_owned());
    }
    if body.main_steps.is_empty() {
        fault("", "there are no steps".to_owned());
    }
    for (name, parameter) in &body.parameters {
        parameter_faults(parameter).into_iter().for_each(|what| fault(name, what));
    }
    let mut seen = BTreeSet::new();
    for (place, step) in body.main_steps.iter().enumerate() {
        if !seen.insert(step.name.as_str()) {
            fault(&step.name, "another step has the same name".to_owned());
        }
        let found =
            [form_faults(step), input_faults(step), order_faults(body, place, step), variable_faults(body, step)];
        found.into_iter().flatten().for_each(|what| fault(&step.name, what));
    }
    for step in unreachable(body) {
        fault(&step.name, "no way leads to this step".to_owned());
    }
    for output in body.outputs.iter().filter(|output| !known(body, output)) {
        fault("", format!("the output {output} comes from no step"));
    }
    faults
}

fn parameter_faults(parameter: &Parameter) -> Vec<String> {
    let mut faults = Vec::new();
    if parameter.description.is_none() {
        faults.push("the parameter has no description".to_owned());
    }
    if let Some(default) = &parameter.default
        && let Err(what) = parameters::check(parameter, default)
    {
        faults.push(format!("the default is refused: {what}"));
    }
    if let Some(pattern) = &parameter.allowed_pattern {
        if regex_lite::Regex::new(pattern).is_err() {
            faults.push("allowedPattern is no regular expression".to_owned());
        }
        if !matches!(parameter.kind, Kind::String | Kind::StringList) {
            faults.push("allowedPattern is for texts".to_owned());
        }
    }
    faults
}

fn form_faults(step: &Step) -> Vec<String> {
    let mut faults = Vec::new();
    let length = step.name.len();
    if !(3..=50).contains(&length) || !step.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        faults.push("a step's name has 3 to 50 letters, digits or _".to_owned());
    }
    if step.on_failure().is_none() {
        faults.push("onFailure is none of Abort, Continue, step:NAME".to_owned());
    }
    if step.is_end && step.next_step.is_some() {
        faults.push("a step that ends the run has no nextStep".to_owned());
    }
    if step.description.as_deref().is_some_and(str::is_empty) {
        faults.push("the description is empty".to_owned());
    }
    if !step.outputs.is_empty() && step.action != Action::ExecuteAwsApi {
        faults.push("only aws:executeAwsApi takes outputs from its answer".to_owned());
    }
    for output in &step.outputs {
        if Selector::parse(&output.selector).is_none() {
            faults.push(format!("the selector of {} is not understood", output.name));
        }
    }
    faults
}

fn input_faults(step: &Step) -> Vec<String> {
    let (required, optional): (&[&str], Option<&[&str]>) = match step.action {
        Action::ExecuteAwsApi => (&["Service", "Api"], None),
        Action::AssertProperty | Action::WaitForProperty => {
            (&["Service", "Api", "PropertySelector", "DesiredValues"], None)
        }
        Action::Branch => (&["Choices"], Some(&["Default"])),
        Action::RunCommand => (&["DocumentName", "InstanceIds"], Some(&["Comment", "Parameters", "TimeoutSeconds"])),
        Action::Sleep => (&["Duration"], Some(&[])),
    };
    let mut faults: Vec<String> = required
        .iter()
        .filter(|key| !step.inputs.contains_key(**key))
        .map(|key| format!("the input {key} is missing"))
        .collect();
    if let Some(optional) = optional {
        let unknown = |key: &&String| !required.contains(&key.as_str()) && !optional.contains(&key.as_str());
        faults.extend(step.inputs.keys().filter(unknown).map(|key| format!("the input {key} is unknown")));
    }
    if let Some(selector) = step.inputs.get("PropertySelector")
        && selector.as_str().and_then(Selector::parse).is_none()
    {
        faults.push("the PropertySelector is not understood".to_owned());
    }
    if step.inputs.get("DesiredValues").is_some_and(|values| !values.is_array()) {
        faults.push("DesiredValues is not a list".to_owned());
    }
    if step.action == Action::Sleep && seconds(step).is_none() {
        faults.push("the Duration is not understood".to_owned());
    }
    for choice in choices(step) {
        faults.extend(choice::faults(choice));
    }
    faults
}

fn order_faults(body: &Body, place: usize, step: &Step) -> Vec<String> {
    let mut faults = Vec::new();
    for target in named_targets(step) {
        match body.step(target) {
            None => faults.push(format!("the step {target}, which comes next, does not exist")),
            Some((to, _)) if to <= place => {
                faults.push(format!("the step {target} lies behind: runs go forward only"));
            }
            Some(_) => {}
        }
    }
    if step.action == Action::Branch && step.next_step.is_some() {
        faults.push("a branch goes where its choices and Default say; it has no nextStep".to_owned());
    }
    faults
}

fn variable_faults(body: &Body, step: &Step) -> Vec<String> {
    let inputs = Value::Object(step.inputs.clone());
    variables::names_in(&inputs)
        .into_iter()
        .filter(|name| !known(body, name))
        .map(|name| format!("{{{{ {name} }}}} refers to nothing"))
        .collect()
}

fn known(body: &Body, name: &str) -> bool {
    if SYSTEM_VARIABLES.contains(&name) || body.parameters.contains_key(name) {
        return true;
    }
    let Some((step, output)) = name.split_once('.') else {
        return false;
    };
    body.step(step).is_some_and(|(_, step)| {
        step.outputs.iter().any(|candidate| candidate.name == output)
            || (step.action == Action::RunCommand && COMMAND_OUTPUTS.contains(&output))
    })
}

fn unreachable(body: &Body) -> Vec<&Step> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![0];
    while let Some(place) = waiting.pop() {
        let Some(step) = body.main_steps.get(place) else {
            continue;
        };
        if !reached.insert(place) {
            continue;
        }
        waiting.extend(named_targets(step).into_iter().filter_map(|name| body.step(name).map(|(to, _)| to)));
        let default = step.inputs.contains_key("Default");
        let falls_through = !step.is_end && step.next_step.is_none() && !(step.action == Action::Branch && default);
        if falls_through || step.on_failure() == Some(OnFailure::Continue) && !step.is_end {
            waiting.push(place + 1);
        }
    }
    let all = body.main_steps.iter().enumerate();
    all.filter(|(place, _)| !reached.contains(place)).map(|(_, step)| step).collect()
}

/// The steps that a step names: next, after a failure, and by choice.
fn named_targets(step: &Step) -> Vec<&str> {
    let mut targets: Vec<&str> = step.next_step.as_deref().into_iter().collect();
    if let Some(OnFailure::Step(name)) = step.on_failure() {
        targets.push(name);
    }
    targets.extend(choices(step).iter().filter_map(|choice| choice.get("NextStep")?.as_str()));
    targets.extend(step.inputs.get("Default").filter(|_| step.action == Action::Branch).and_then(Value::as_str));
    targets
}

/// The choices of a branch.
pub(super) fn choices(step: &Step) -> &[Value] {
    step.inputs
        .get("Choices")
        .filter(|_| step.action == Action::Branch)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// How long a sleep lasts.
pub(super) fn seconds(step: &Step) -> Option<i64> {
    let span: jiff::SignedDuration = step.inputs.get("Duration")?.as_str()?.parse().ok()?;
    Some(span.as_secs())
}
