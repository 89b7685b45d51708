//! Grafana OnCall: users, personal rules, shifts, schedules, escalation chains and routes of its REST API.
//!
//! A chain is a list of steps, and waits are steps, too; here the waits are the times of the stages between them.

mod chains;
mod recurrence;
mod schedules;
mod users;

use jiff::Timestamp;
use serde_json::Value;

use super::export::{Export, ExportError};
use super::model::Imported;

const COMMAND: &str = "grafana-oncall";

/// The requests that make the folder.
pub const REQUESTS: &str = r#"# Grafana OnCall, REST API. Make a key under OnCall > Settings > API keys.
# Put it into ONCALL_TOKEN, and your API's address into ONCALL_URL: https://oncall-prod-eu-west-0.grafana.net/oncall
# Grafana Cloud also wants the header X-Grafana-URL with your stack's address. The loop needs jq.
mkdir -p oncall && cd oncall
oc() { curl -fsS -G -H "Authorization: $ONCALL_TOKEN" "$ONCALL_URL/api/v1/$1" "${@:2}"; }
# Lists have pages: where an answer has a "next", fetch page=2 into users-2.json, and so on.
oc users/ > users.json
oc personal_notification_rules/ > personal_notification_rules.json
oc on_call_shifts/ > on_call_shifts.json
oc schedules/ > schedules.json
oc shift_swaps/ -d open_only=false > shift_swaps.json
oc escalation_chains/ > escalation_chains.json
oc escalation_policies/ > escalation_policies.json
oc integrations/ > integrations.json
oc routes/ > routes.json
# What OnCall itself computes for the next four weeks, to hold the import against.
for id in $(jq -r ".results[].id" schedules*.json); do
  oc "schedules/$id/final_shifts" -d start_date=$(date -u +%F) -d end_date=$(date -u -d "+28 days" +%F) > "final_shifts-$id.json"
done
# Then: reveille import grafana-oncall oncall --out team.yaml
"#;

/// Reads an export.
pub fn read(export: &Export, now: Timestamp) -> Result<Imported, ExportError> {
    let mut imported = Imported::of("Grafana OnCall", now);
    export.complain_of_missing_pages(&mut imported.notes);
    let list = |part: &str| -> Vec<&Value> { export.list(part, &["results"]).unwrap_or_default() };
    let rules = list("personal_notification_rules");
    for user in export.required("users", &["results"], COMMAND)? {
        users::read(user, &rules, &mut imported);
    }
    let (shifts, swaps) = (list("on_call_shifts"), list("shift_swaps"));
    let rendered = export.by_id("final_shifts", &["results"]);
    for schedule in list("schedules") {
        schedules::read(schedule, &shifts, &swaps, &rendered, &mut imported);
    }
    let policies = export.required("escalation_policies", &["results"], COMMAND)?;
    for chain in export.required("escalation_chains", &["results"], COMMAND)? {
        chains::read(chain, &policies, &mut imported);
    }
    let routes = list("routes");
    for integration in list("integrations") {
        chains::integration(integration, &routes, &mut imported);
    }
    imported.notes.no_equivalent(
        imported.source,
        "webhooks, templates and teams",
        "outgoing webhooks, alert templates, teams and user groups are not imported",
        "give contacts channels of type `webhook`, `slack` or `teams`",
    );
    Ok(imported)
}
