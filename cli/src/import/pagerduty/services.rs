//! Services: each becomes a response plan, and each key of the Events API v2 a webhook that its senders can go on using.

use serde_json::Value;

use crate::configuration::hash_webhook_key;
use crate::import::export::{each, id, number, text};
use crate::import::model::{Imported, ResponsePlan, ResponseStage, SourceId, Webhook, Who};
use crate::import::note::Notes;

pub(super) fn read(service: &Value, imported: &mut Imported) {
    let Some(service_id) = id(service, "id") else { return };
    let name = text(service, "name").or(text(service, "summary")).unwrap_or(&service_id).to_owned();
    let object = format!("response plan {name}");
    let notes = &mut imported.notes;
    let policy = service.get("escalation_policy").and_then(|policy| id(policy, "id")).map(SourceId::new);
    let engage = policy.map(Who::Plan).into_iter().collect();
    let repage_after = number(service, "acknowledgement_timeout").filter(|seconds| *seconds > 0).map(|seconds| {
        notes.decided(&object, "acknowledgement_timeout", "became `repage_after`, in whole minutes", "");
        seconds.div_ceil(60)
    });
    if number(service, "auto_resolve_timeout").is_some_and(|seconds| seconds > 0) {
        let done = "is not done: an incident is open until it is resolved";
        notes.no_equivalent(&object, "auto_resolve_timeout", done, "");
    }
    let plan = ResponsePlan {
        impact: impact(service, &object, notes),
        repage_after,
        stages: vec![ResponseStage { engage, ..ResponseStage::default() }],
        name: name.clone(),
        ..ResponsePlan::default()
    };
    grouping(service, &object, notes);
    let disabled = text(service, "status") == Some("disabled");
    if disabled {
        let done = "the service is disabled: its plan is written, its keys are not";
        notes.decided(&object, "status", done, "take the plan out if nobody misses it");
    }
    imported.response_plans.push(plan);
    for integration in each(service, "integrations") {
        webhook(integration, &name, disabled, imported);
    }
}

/// Urgency as impact. `severity_based` leaves it to the event.
fn impact(service: &Value, object: &str, notes: &mut Notes) -> Option<u8> {
    let rule = service.get("incident_urgency_rule")?;
    if text(rule, "type") == Some("use_support_hours") {
        let done = "urgency by support hours is left to the event's own severity";
        notes.no_equivalent(object, "incident_urgency_rule", done, "write stages with `when:`");
        return None;
    }
    let (impact, urgency) = match text(rule, "urgency") {
        Some("high") => (2, "high"),
        Some("low") => (4, "low"),
        _ => return None,
    };
    notes.decided(object, "incident_urgency_rule", format!("urgency {urgency} became impact {impact}"), "");
    Some(impact)
}

fn grouping(service: &Value, object: &str, notes: &mut Notes) {
    let kind = service.get("alert_grouping_parameters").and_then(|parameters| text(parameters, "type"));
    if let Some(kind) = kind.or(text(service, "alert_grouping")) {
        let done = format!("grouping `{kind}` is not done: alerts of one dedupe key are one incident");
        notes.no_equivalent(object, "alert_grouping", done, "write `dedupe:` if several keys are one incident");
    }
}

fn webhook(integration: &Value, service: &str, disabled: bool, imported: &mut Imported) {
    let name = text(integration, "name").or(text(integration, "summary")).unwrap_or("integration");
    let name = format!("{service} {name}");
    let kind = text(integration, "type").unwrap_or("");
    let object = format!("response plan {service}");
    let is_events_v2 = kind.trim_end_matches("_reference") == "events_api_v2_inbound_integration";
    let Some(key) = text(integration, "integration_key").filter(|_| is_events_v2 && !disabled) else {
        if !disabled {
            let done = format!("integration `{name}` ({kind}) was left out: its key cannot be used here");
            let todo = "make a key with `reveille webhook-key`, and see docs/CONFIGURATION.md on `webhooks`";
            imported.notes.no_equivalent(&object, "integrations", done, todo);
        }
        return;
    };
    let done = "holds the hash of the key that its senders have: they only need the new URL";
    imported.notes.decided(
        &format!("webhook {name}"),
        "integration_key",
        done,
        "make a new key when all of them have moved",
    );
    imported.webhooks.push(Webhook { name, key_hash: hash_webhook_key(key), response_plan: service.to_owned() });
}
