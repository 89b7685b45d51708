//! An alarm as CloudWatch describes it, and the same with other actions. Nothing else of it is looked at or changed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::response_plan::name_in;

/// CloudWatch takes so many actions for each state.
const ACTIONS_MAX: usize = 5;

/// The kinds of alarms, which CloudWatch lists and takes apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum AlarmKind {
    #[serde(rename = "MetricAlarm")]
    Metric,
    #[serde(rename = "CompositeAlarm")]
    Composite,
    #[serde(rename = "LogAlarm")]
    Log,
}

impl AlarmKind {
    pub(super) const ALL: [Self; 3] = [AlarmKind::Metric, AlarmKind::Composite, AlarmKind::Log];

    /// The value of `AlarmTypes`.
    pub(super) fn name(self) -> &'static str {
        match self {
            AlarmKind::Metric => "MetricAlarm",
            AlarmKind::Composite => "CompositeAlarm",
            AlarmKind::Log => "LogAlarm",
        }
    }

    /// Where `DescribeAlarms` lists them.
    pub(super) fn list(self) -> &'static str {
        match self {
            AlarmKind::Metric => "MetricAlarms",
            AlarmKind::Composite => "CompositeAlarms",
            AlarmKind::Log => "LogAlarms",
        }
    }

    /// The operation that writes one.
    pub(super) fn put(self) -> &'static str {
        match self {
            AlarmKind::Metric => "PutMetricAlarm",
            AlarmKind::Composite => "PutCompositeAlarm",
            AlarmKind::Log => "PutLogAlarm",
        }
    }
}

/// Members of a description that say how the alarm stands, and not how it is set up.
const STANDING: [&str; 10] = [
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
    "EvaluationState",
    "ActionsSuppressedBy",
    "ActionsSuppressedReason",
];

/// What an alarm does in each of its states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Actions {
    pub(super) alarm_actions: Vec<String>,
    #[serde(rename = "OKActions")]
    pub(super) ok_actions: Vec<String>,
    pub(super) insufficient_data_actions: Vec<String>,
}

/// What is to be done with an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rewiring {
    /// No action of it is a response plan.
    None,
    /// It has been done before.
    Done { plan: String },
    /// These actions take the place of what there is.
    Change { actions: Actions, plan: String, notes: Vec<String> },
    /// It cannot be done.
    Impossible { plan: String, why: String },
}

impl Actions {
    /// The actions of a described alarm.
    pub(super) fn of(alarm: &Value) -> Self {
        let list = |member: &str| {
            let arns = alarm[member].as_array().into_iter().flatten();
            arns.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            alarm_actions: list("AlarmActions"),
            ok_actions: list("OKActions"),
            insufficient_data_actions: list("InsufficientDataActions"),
        }
    }

    /// The states with what is done in them.
    pub(super) fn by_state(&self) -> [(&'static str, &[String]); 3] {
        [
            ("ALARM", &self.alarm_actions),
            ("OK", &self.ok_actions),
            ("INSUFFICIENT_DATA", &self.insufficient_data_actions),
        ]
    }

    /// The names of the response plans, in the order of the states.
    fn plans(&self) -> Vec<&str> {
        let arns = self.by_state().into_iter().flat_map(|(_, arns)| arns);
        let mut seen = BTreeSet::new();
        arns.filter_map(|arn| name_in(arn)).filter(|name| seen.insert(*name)).collect()
    }

    /// What takes the place of the response plans, or stands beside them. `to` is told of recoveries as well: an incident
    /// ends with its alarm.
    pub(super) fn rewired(&self, to: &str, keep: bool) -> Rewiring {
        let plans = self.plans();
        let Some(plan) = plans.first().map(|plan| (*plan).to_owned()) else { return Rewiring::None };
        let in_state = |arns: &[String]| if names_plan(arns) { with(arns, to, keep) } else { arns.to_vec() };
        let mut ok_actions = in_state(&self.ok_actions);
        if !ok_actions.iter().any(|arn| arn == to) {
            ok_actions.push(to.to_owned());
        }
        let actions = Self {
            alarm_actions: in_state(&self.alarm_actions),
            ok_actions,
            insufficient_data_actions: in_state(&self.insufficient_data_actions),
        };
        if actions == *self {
            return Rewiring::Done { plan };
        }
        let full = actions.by_state().into_iter().find(|(_, arns)| arns.len() > ACTIONS_MAX);
        if let Some((state, _)) = full {
            let why = format!("{state} has {ACTIONS_MAX} actions already, and CloudWatch takes no more: take one out");
            return Rewiring::Impossible { plan, why };
        }
        Rewiring::Change { notes: self.notes(&plans), actions, plan }
    }

    fn notes(&self, plans: &[&str]) -> Vec<String> {
        let mut notes = Vec::new();
        if let [first, others @ ..] = plans
            && !others.is_empty()
        {
            let others = others.join(", ");
            notes.push(format!("it names several response plans; {first} answers, so put into it what {others} did"));
        }
        if names_plan(&self.insufficient_data_actions) {
            notes.push("missing data opened an incident; Reveille notes it and opens none".to_owned());
        }
        if names_plan(&self.ok_actions) {
            notes.push("OK opened an incident; Reveille closes one on it".to_owned());
        }
        notes
    }
}

fn names_plan(arns: &[String]) -> bool {
    arns.iter().any(|arn| name_in(arn).is_some())
}

/// The list with `to` where the first response plan was, or behind everything if all is kept.
fn with(arns: &[String], to: &str, keep: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for arn in arns {
        let arn = if name_in(arn).is_some() && !keep { to } else { arn };
        if !all.iter().any(|known| known == arn) {
            all.push(arn.to_owned());
        }
    }
    if !all.iter().any(|arn| arn == to) {
        all.push(to.to_owned());
    }
    all
}

/// The input that writes a described alarm with these actions. Whatever else it says is said again, known or not.
pub(super) fn input(alarm: &Value, actions: &Actions) -> Value {
    let mut input = settings(alarm);
    for (member, arns) in [
        ("AlarmActions", &actions.alarm_actions),
        ("OKActions", &actions.ok_actions),
        ("InsufficientDataActions", &actions.insufficient_data_actions),
    ] {
        input.insert(member.to_owned(), arns.iter().cloned().map(Value::String).collect());
    }
    Value::Object(input)
}

/// How an alarm is set up. A list with nothing in it is the same as none, and some alarms may not have it said.
fn settings(alarm: &Value) -> Map<String, Value> {
    let members = alarm.as_object().into_iter().flatten();
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let set = members.filter(|(name, value)| !STANDING.contains(&name.as_str()) && !is_empty(value));
    set.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The settings in which an alarm differs from what has been written: name, what was written, what is there.
pub(super) fn differences(written: &Value, read: &Value) -> Vec<String> {
    let (written, read) = (settings(written), settings(read));
    let names: BTreeSet<&String> = written.keys().chain(read.keys()).collect();
    let say = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let differing = names.into_iter().filter(|name| written.get(*name).map(plain) != read.get(*name).map(plain));
    differing
        .map(|name| format!("{name} is {} and should be {}", say(read.get(name)), say(written.get(name))))
        .collect()
}

/// The value with each number in one form: 80 is 80.0.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests;
