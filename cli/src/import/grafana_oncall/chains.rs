//! Escalation chains, integrations and their routes.

use serde_json::Value;

use crate::import::export::{each, flag, id, number, text};
use crate::import::model::{EscalationPlan, Imported, ResponsePlan, ResponseStage, SourceId, Stage, Target, Who};
use crate::import::named::Named;

/// How long the last stage waits, since a chain says nothing about it.
const LAST_MINUTES: u32 = 5;

/// OnCall repeats a chain so many times at most.
const REPEATS: u32 = 5;

/// A chain with its steps.
pub(super) fn read(chain: &Value, policies: &[&Value], imported: &mut Imported) {
    let Some(Named { id: chain_id, name, object }) = Named::of("escalation plan", chain, &["name"]) else { return };
    let mut steps: Vec<&Value> =
        policies.iter().copied().filter(|policy| text(policy, "escalation_chain_id") == Some(&chain_id)).collect();
    steps.sort_by_key(|step| number(step, "position").unwrap_or(u32::MAX));
    let mut stages = vec![Stage { minutes: 0, targets: Vec::new() }];
    let mut repeat = 0;
    let mut waited = false;
    for step in steps {
        match text(step, "type").unwrap_or("") {
            "wait" => {
                if let Some(stage) = stages.last_mut() {
                    stage.minutes += number(step, "duration").unwrap_or(0).div_ceil(60);
                }
                waited = true;
            }
            "repeat_escalation" => repeat = REPEATS,
            kind => {
                let targets = targets(kind, step, (&chain_id, &name), &object, imported);
                if waited && !targets.is_empty() {
                    stages.push(Stage { minutes: 0, targets: Vec::new() });
                    waited = false;
                }
                if let Some(stage) = stages.last_mut() {
                    stage.targets.extend(targets);
                }
            }
        }
    }
    if !waited && let Some(last) = stages.last_mut() {
        last.minutes = LAST_MINUTES;
        let done = format!("the last stage waits {LAST_MINUTES} minutes: the chain has no wait behind it");
        imported.notes.decided(&object, "wait", done, "");
    }
    let id = SourceId::new(chain_id);
    imported.escalation_plans.push(EscalationPlan { id, name, stages, repeat, round_robin: false });
}

fn targets(kind: &str, step: &Value, chain: (&str, &str), object: &str, imported: &mut Imported) -> Vec<Target> {
    let contacts = |key: &str| -> Vec<Target> {
        let ids = each(step, key).iter().filter_map(Value::as_str);
        ids.map(|id| Target { who: Who::Contact(SourceId::new(id)), essential: true }).collect()
    };
    if flag(step, "important") == Some(true) {
        let done = "important steps take a person's rules by the impact of the incident, not by the step";
        imported.notes.decided(object, "important", done, "");
    }
    match kind {
        "notify_persons" => contacts("persons_to_notify"),
        "notify_person_next_each_time" => {
            let people = contacts("persons_to_notify_next_each_time");
            in_turn(people, step, chain, object, imported)
        }
        "notify_on_call_from_schedule" => {
            let schedule = text(step, "notify_on_call_from_schedule").map(SourceId::new);
            schedule.map(|id| Target { who: Who::Schedule(id), essential: true }).into_iter().collect()
        }
        "notify_if_time_from_to" => {
            let hours = ["notify_if_time_from", "notify_if_time_to"].map(|key| text(step, key).unwrap_or("?"));
            let done = format!(
                "the steps behind it wait for {} to {} (UTC) in OnCall; here they do not wait",
                hours[0], hours[1]
            );
            imported.notes.no_equivalent(
                object,
                kind,
                done,
                "write `when:` at the stages that should be skipped outside of it",
            );
            Vec::new()
        }
        "resolve" => {
            let done = "left out: an incident is not resolved by itself";
            imported.notes.no_equivalent(object, kind, done, "");
            Vec::new()
        }
        other => {
            let done = format!("a step `{other}` was left out");
            imported.notes.no_equivalent(
                object,
                other,
                done,
                "engage contacts, or give one a channel of type `slack` or `webhook`",
            );
            Vec::new()
        }
    }
}

/// One after the other, incident by incident: a plan of its own does that.
fn in_turn(
    people: Vec<Target>,
    step: &Value,
    (chain_id, chain_name): (&str, &str),
    object: &str,
    imported: &mut Imported,
) -> Vec<Target> {
    if people.len() < 2 {
        return people;
    }
    let place = number(step, "position").unwrap_or(0) + 1;
    let inner = SourceId::new(format!("{chain_id}/{place}"));
    let name = format!("{chain_name} step {place}");
    let done = format!("step {place} asks the next person each time: a plan of its own, `{name}`, does that");
    imported.notes.decided(object, "notify_person_next_each_time", done, "");
    let stages = vec![Stage { minutes: LAST_MINUTES, targets: people }];
    imported.escalation_plans.push(EscalationPlan { id: inner.clone(), name, stages, repeat: 0, round_robin: true });
    vec![Target { who: Who::Plan(inner), essential: true }]
}

/// An integration: its default route is a response plan, and so is each of its other routes.
pub(super) fn integration(value: &Value, routes: &[&Value], imported: &mut Imported) {
    let Some(integration_id) = id(value, "id") else { return };
    let name = text(value, "name").unwrap_or(&integration_id).to_owned();
    let kind = text(value, "type").unwrap_or("unknown");
    let object = format!("response plan {name}");
    let done = format!("the integration ({kind}) has an address of OnCall");
    imported.notes.no_equivalent(&object, "link", done, "make a webhook for its sender with `reveille webhook-key`");
    let chain = value.get("default_route").and_then(|route| text(route, "escalation_chain_id"));
    push(imported, name.clone(), chain);
    let mut own: Vec<&Value> = routes
        .iter()
        .copied()
        .filter(|route| text(route, "integration_id") == Some(&integration_id))
        .filter(|route| flag(route, "is_the_last_route") != Some(true))
        .collect();
    own.sort_by_key(|route| number(route, "position").unwrap_or(u32::MAX));
    for (place, route) in own.into_iter().enumerate() {
        let route_name = format!("{name} route {}", place + 1);
        let condition = text(route, "routing_regex").unwrap_or("");
        let kind = text(route, "routing_type").unwrap_or("regex");
        let done = format!("nothing leads to it: OnCall sent what matched the {kind} `{condition}`");
        let todo = "write a rule under `rules:` with `name`, `account` or `tags`";
        imported.notes.no_equivalent(&format!("response plan {route_name}"), "routing_regex", done, todo);
        push(imported, route_name, text(route, "escalation_chain_id"));
    }
}

fn push(imported: &mut Imported, name: String, chain: Option<&str>) {
    let engage = chain.map(|chain| Who::Plan(SourceId::new(chain))).into_iter().collect();
    let stages = vec![ResponseStage { engage, ..ResponseStage::default() }];
    imported.response_plans.push(ResponsePlan { name, stages, ..ResponsePlan::default() });
}
