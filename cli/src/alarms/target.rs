//! The targets of an EventBridge rule, and the same with the installation in the place of response plans.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::response_plan::{here, name_in};

/// EventBridge takes so many targets for each rule.
const TARGETS_MAX: usize = 5;

/// The longest id of a target.
const ID_CHARACTERS_MAX: usize = 64;

/// What is to be done with the targets of a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Retargeting {
    /// No target of it is a response plan.
    None,
    /// It has been done before.
    Done { plan: String },
    /// These targets take the place of what there is.
    Change { targets: Vec<Value>, plan: String, notes: Vec<String> },
    /// It cannot be done.
    Impossible { plan: String, why: String },
}

/// What takes the place of response plans among the targets, or stands beside them.
pub(super) fn retargeted(targets: &[Value], to: &str, keep: bool) -> Retargeting {
    let plans: Vec<&str> = targets.iter().filter_map(plan_of).collect();
    let Some(plan) = plans.first().map(|plan| (*plan).to_owned()) else { return Retargeting::None };
    let mut after: Vec<Value> = Vec::new();
    let mut notes = Vec::new();
    let mut is_there = targets.iter().any(|target| target["Arn"] == to);
    for target in targets {
        let Some(name) = plan_of(target) else {
            after.push(target.clone());
            continue;
        };
        if keep {
            after.push(target.clone());
        }
        if !is_there {
            let id = if keep { free_id(target, targets) } else { id_of(target).to_owned() };
            after.push(ours(target, &id, to, name));
            notes.extend(own_input(target).map(|member| {
                format!("the target has an {member} of its own, which stays: a rule of the configuration has to choose the plan")
            }));
            is_there = true;
        }
    }
    if after == targets {
        return Retargeting::Done { plan };
    }
    if after.len() > TARGETS_MAX {
        let why = format!("it has {TARGETS_MAX} targets already, and EventBridge takes no more: take one out");
        return Retargeting::Impossible { plan, why };
    }
    if plans.len() > 1 {
        notes.push(format!(
            "it has several response plans; {plan} answers, so put into it what {} did",
            plans[1..].join(", ")
        ));
    }
    Retargeting::Change { targets: after, plan, notes }
}

/// The response plan that a target is.
fn plan_of(target: &Value) -> Option<&str> {
    target["Arn"].as_str().and_then(name_in)
}

/// The id of a target.
pub(super) fn id_of(target: &Value) -> &str {
    target["Id"].as_str().unwrap_or_default()
}

/// The installation in the place of a response plan: with its dead-letter queue and retries, without its role, which only
/// starts incidents; and with the name of the plan, so that the same one answers.
fn ours(target: &Value, id: &str, to: &str, plan: &str) -> Value {
    let members = target.as_object().into_iter().flatten();
    let kept = members.filter(|(name, value)| name.as_str() != "RoleArn" && !value.is_null());
    let mut ours: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    ours.insert("Id".to_owned(), json!(id));
    ours.insert("Arn".to_owned(), json!(to));
    if own_input(target).is_none() {
        ours.insert("InputTransformer".to_owned(), naming(plan));
    }
    Value::Object(ours)
}

/// The member by which a target already says what is sent to it.
fn own_input(target: &Value) -> Option<&'static str> {
    ["Input", "InputPath", "InputTransformer"].into_iter().find(|member| !target[member].is_null())
}

/// The members of an event, with the names that templates may call them by.
const MEMBERS: [(&str, &str); 9] = [
    ("version", "version"),
    ("id", "id"),
    ("detail-type", "detailtype"),
    ("source", "source"),
    ("account", "account"),
    ("time", "time"),
    ("region", "region"),
    ("resources", "resources"),
    ("detail", "detail"),
];

/// The event as it is, and beside it the plan that answers.
fn naming(plan: &str) -> Value {
    let plan = here(plan);
    let paths: Map<String, Value> =
        MEMBERS.iter().map(|(member, name)| ((*name).to_owned(), json!(format!("$.{member}")))).collect();
    let members: Vec<String> = MEMBERS.iter().map(|(member, name)| format!("\"{member}\":<{name}>")).collect();
    json!({
        "InputPathsMap": paths,
        "InputTemplate": format!("{{{},\"response_plan\":{}}}", members.join(","), json!(plan)),
    })
}

/// An id beside the others.
fn free_id(target: &Value, targets: &[Value]) -> String {
    let taken: BTreeSet<&str> = targets.iter().map(id_of).collect();
    let stem: String = format!("reveille-{}", id_of(target)).chars().take(ID_CHARACTERS_MAX - 2).collect();
    let numbered = (2..=TARGETS_MAX + 1).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(|id| !taken.contains(id.as_str())).unwrap_or(stem)
}

/// The change from one list of targets to another: what is put, and the ids of what is removed.
pub(super) fn change(before: &[Value], after: &[Value]) -> (Vec<Value>, Vec<String>) {
    let put = after.iter().filter(|target| !before.contains(target)).cloned().collect();
    let ids: BTreeSet<&str> = after.iter().map(id_of).collect();
    let removed = before.iter().map(id_of).filter(|id| !ids.contains(id)).map(str::to_owned).collect();
    (put, removed)
}

/// Whether two lists have the same targets, in whichever order.
pub(super) fn same(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().all(|target| right.contains(target))
}

#[cfg(test)]
mod tests;
