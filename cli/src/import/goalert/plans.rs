//! Escalation policies and services.

use jiff::Timestamp;
use reveille_domain::Layers;
use serde_json::Value;

use super::{Destination, schedules};
use crate::import::export::{each, id, number, text};
use crate::import::model::{
    EscalationPlan, Imported, ResponsePlan, ResponseStage, Schedule, SourceId, Stage, Target, Who, described,
};
use crate::import::named::Named;

/// An escalation policy.
pub(super) fn policy(value: &Value, rotations: &[&Value], imported: &mut Imported) {
    let Some(Named { id: policy_id, name, object }) = Named::of("escalation plan", value, &["name"]) else { return };
    let mut steps: Vec<&Value> = each(value, "steps").iter().collect();
    steps.sort_by_key(|step| number(step, "stepNumber").unwrap_or(u32::MAX));
    let mut stages = Vec::new();
    for step in steps {
        let field =
            format!("step {}", number(step, "stepNumber").map_or(stages.len() + 1, |number| number as usize + 1));
        let given = each(step, "actions");
        let given = if given.is_empty() { each(step, "targets") } else { given };
        let mut targets = Vec::new();
        for target in given {
            let who = match Destination::of(target) {
                Destination::User(user) => Who::Contact(SourceId::new(user)),
                Destination::Schedule(schedule) => Who::Schedule(SourceId::new(schedule)),
                Destination::Rotation(rotation) => Who::Schedule(always(&rotation, rotations, imported)),
                Destination::Other(kind) => {
                    let todo = "give a contact a channel of type `slack` or `webhook`, and ask it here";
                    imported.notes.no_equivalent(
                        &object,
                        &field,
                        format!("a target of type `{kind}` was left out"),
                        todo,
                    );
                    continue;
                }
            };
            targets.push(Target { who, essential: true });
        }
        stages.push(Stage { minutes: number(step, "delayMinutes").unwrap_or(15), targets });
    }
    let repeat = number(value, "repeat").unwrap_or(0);
    let id = SourceId::new(policy_id);
    imported.escalation_plans.push(EscalationPlan { id, name, stages, repeat, round_robin: false });
}

/// A rotation that a policy asks without any schedule: a schedule of its own, around the clock.
fn always(rotation: &str, rotations: &[&Value], imported: &mut Imported) -> SourceId {
    let schedule_id = SourceId::new(format!("rotation {rotation}"));
    if imported.schedules.iter().any(|schedule| schedule.id == schedule_id) {
        return schedule_id;
    }
    let now: Timestamp = imported.now;
    let found = rotations.iter().find(|one| id(one, "id").as_deref() == Some(rotation));
    let name = found.and_then(|one| text(one, "name")).unwrap_or(rotation).to_owned();
    let object = described("schedule", &name, &schedule_id);
    match found {
        None => {
            let done = format!("rotation {rotation} is asked and is not among the rotations");
            imported.notes.failed(&object, "rotations", done, "fetch `rotations`, and import again");
        }
        Some(found) => {
            let turns = schedules::turns(found, None, None, now, &object, &mut imported.notes);
            let done = "an escalation policy asks the rotation itself: a schedule was made of it, around the clock";
            imported.notes.decided(&object, "targets", done, "");
            imported.schedules.push(Schedule {
                id: schedule_id.clone(),
                name,
                layers: Layers::Both,
                rotations: turns.into_iter().collect(),
                overrides: Vec::new(),
                temporary: Vec::new(),
                rendered: None,
            });
        }
    }
    schedule_id
}

/// A service becomes a response plan.
pub(super) fn service(value: &Value, imported: &mut Imported) {
    let Some(name) = text(value, "name").map(str::to_owned).or(id(value, "id")) else { return };
    let object = format!("response plan {name}");
    let policy = text(value, "escalationPolicyID").map(SourceId::new);
    let tags = each(value, "labels")
        .iter()
        .filter_map(|label| Some((text(label, "key")?.to_owned(), text(label, "value")?.to_owned())))
        .collect();
    let engage = policy.map(Who::Plan).into_iter().collect();
    let stages = vec![ResponseStage { engage, ..ResponseStage::default() }];
    for key in each(value, "integrationKeys") {
        let (key_name, kind) = (text(key, "name").unwrap_or("key"), text(key, "type").unwrap_or("unknown"));
        let done =
            format!("integration key `{key_name}` ({kind}) was left out: GoAlert's addresses are not Reveille's");
        let todo = "make a webhook for its sender with `reveille webhook-key`";
        imported.notes.no_equivalent(&object, "integrationKeys", done, todo);
    }
    for monitor in each(value, "heartbeatMonitors") {
        let done = format!("heartbeat monitor `{}` was left out", text(monitor, "name").unwrap_or("monitor"));
        imported.notes.no_equivalent(
            &object,
            "heartbeatMonitors",
            done,
            "let a CloudWatch alarm treat missing data as breaching",
        );
    }
    imported.response_plans.push(ResponsePlan { name, tags, stages, ..ResponsePlan::default() });
}
