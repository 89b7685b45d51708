//! Teams: each routing rule becomes a response plan. Which alerts went to it was decided by fields that events do not have
//! here, so no rule is written for any but the default.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::import::export::{each, flag, id, text};
use crate::import::model::{Imported, ResponsePlan, ResponseStage, SourceId, Who};

pub(super) fn read(team: &Value, rules: &BTreeMap<String, Vec<&Value>>, imported: &mut Imported) {
    let Some(team_id) = id(team, "id") else { return };
    let team_name = text(team, "name").unwrap_or(&team_id).to_owned();
    let mut rules = rules.get(&team_id).or(rules.get(&team_name)).cloned().unwrap_or_default();
    // The default rule first: what nobody has chosen otherwise goes there.
    rules.sort_by_key(|rule| flag(rule, "isDefault") != Some(true));
    if rules.is_empty() {
        let object = format!("team {team_name}");
        let done = "the export has no routing rules of it: no response plan was made";
        imported.notes.missing(&object, "routing rules", done, "fetch `teams/ID/routing-rules`, or write the plan");
    }
    for rule in rules {
        let is_default = flag(rule, "isDefault") == Some(true);
        let rule_name = text(rule, "name").unwrap_or("rule");
        let name = if is_default { team_name.clone() } else { format!("{team_name} {rule_name}") };
        let object = format!("response plan {name}");
        let notify = rule.get("notify");
        let target = notify.and_then(|notify| Some((text(notify, "type")?, super::user(notify))));
        let who = match target {
            Some(("schedule", Some(schedule))) => Who::Schedule(SourceId::new(schedule)),
            Some(("escalation", Some(escalation))) => Who::Plan(SourceId::new(escalation)),
            other => {
                let kind = other.map_or("nothing", |(kind, _)| kind);
                let done = format!("left out: it notifies `{kind}`");
                imported.notes.no_equivalent(&object, "notify", done, "");
                continue;
            }
        };
        if !is_default {
            let done = format!("nothing leads to it: its alerts were those of {}", criteria(rule));
            imported.notes.no_equivalent(
                &object,
                "criteria",
                done,
                "write a rule under `rules:`, or name it in a webhook",
            );
        }
        if rule.get("timeRestriction").is_some_and(|restriction| !restriction.is_null()) {
            let done = "the hours of the routing rule were left out: the plan answers at any time";
            imported.notes.no_equivalent(&object, "timeRestriction", done, "write stages with `when:`");
        }
        let stages = vec![ResponseStage { engage: vec![who], ..ResponseStage::default() }];
        imported.response_plans.push(ResponsePlan { name, stages, ..ResponsePlan::default() });
    }
}

/// What a routing rule matches, in words.
fn criteria(rule: &Value) -> String {
    let Some(criteria) = rule.get("criteria") else { return "all".to_owned() };
    let condition = |condition: &Value| {
        let not = if flag(condition, "not") == Some(true) { "not " } else { "" };
        let word = |key: &str| text(condition, key).unwrap_or("").to_owned();
        format!("{} {not}{} `{}`", word("field"), word("operation"), word("expectedValue"))
    };
    let conditions: Vec<String> = each(criteria, "conditions").iter().map(condition).collect();
    format!("{}: {}", text(criteria, "type").unwrap_or("match"), conditions.join(", "))
}
