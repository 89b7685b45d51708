//! Escalation policies: a rule becomes a stage, `num_loops` the rounds after the first.

use serde_json::Value;

use crate::import::export::{each, id, number, text};
use crate::import::model::{EscalationPlan, Imported, SourceId, Stage, Target, Who};
use crate::import::named::Named;
use crate::import::note::Notes;

pub(super) fn read(policy: &Value, imported: &mut Imported) {
    let Some(Named { id: policy_id, name, object }) = Named::of("escalation plan", policy, &["name", "summary"]) else {
        return;
    };
    let mut stages = Vec::new();
    for (number_of_rule, rule) in each(policy, "escalation_rules").iter().enumerate() {
        let field = format!("rule {}", number_of_rule + 1);
        let targets: Vec<Target> =
            each(rule, "targets").iter().filter_map(|one| target(one, &object, &field, &mut imported.notes)).collect();
        let minutes = number(rule, "escalation_delay_in_minutes").unwrap_or(30);
        if is_round_robin(rule) && targets.len() > 1 {
            let id = SourceId::new(format!("{policy_id}/{field}"));
            let name = format!("{name} {field}");
            let done = format!("asks one of its targets in turn: a plan of its own, `{name}`, does that");
            imported.notes.decided(&object, &field, done, "");
            let stage = Stage { minutes, targets };
            let inner = EscalationPlan { id: id.clone(), name, stages: vec![stage], repeat: 0, round_robin: true };
            imported.escalation_plans.push(inner);
            stages.push(Stage { minutes, targets: vec![Target { who: Who::Plan(id), essential: true }] });
        } else {
            stages.push(Stage { minutes, targets });
        }
    }
    let repeat = number(policy, "num_loops").unwrap_or(0);
    let id = SourceId::new(policy_id);
    imported.escalation_plans.push(EscalationPlan { id, name, stages, repeat, round_robin: false });
}

fn target(target: &Value, object: &str, field: &str, notes: &mut Notes) -> Option<Target> {
    let target_id = SourceId::new(id(target, "id")?);
    let who = match text(target, "type").unwrap_or("").trim_end_matches("_reference") {
        "user" => Who::Contact(target_id),
        "schedule" => Who::Schedule(target_id),
        other => {
            notes.no_equivalent(object, field, format!("a target of type `{other}` was left out"), "");
            return None;
        }
    };
    Some(Target { who, essential: true })
}

fn is_round_robin(rule: &Value) -> bool {
    rule.get("escalation_rule_assignment_strategy").and_then(|strategy| text(strategy, "type")) == Some("round_robin")
}
