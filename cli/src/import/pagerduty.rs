//! PagerDuty: users with contact methods and notification rules, schedules, escalation policies and services of REST v2.
//!
//! A service becomes a response plan that engages its escalation policy; a layer becomes a rotation.

mod layers;
mod policies;
mod services;
mod users;

use jiff::Timestamp;

use super::export::{Export, ExportError};
use super::model::Imported;

const COMMAND: &str = "pagerduty";

/// The requests that make the folder.
pub const REQUESTS: &str = r#"# PagerDuty, REST API v2. A read-only key is enough: Integrations > API Access Keys.
# Put it into PAGERDUTY_TOKEN; in the EU the host is api.eu.pagerduty.com. The loops need jq.
mkdir -p pagerduty && cd pagerduty
pd() { curl -fsS -G -H "Authorization: Token token=$PAGERDUTY_TOKEN" -H "Accept: application/vnd.pagerduty+json;version=2" "https://api.pagerduty.com/$1" "${@:2}"; }
# Lists have pages of 100: where an answer ends with "more": true, fetch offset=100 into users-2.json, and so on.
pd users -d limit=100 -d "include[]=contact_methods" -d "include[]=notification_rules" > users.json
pd escalation_policies -d limit=100 > escalation_policies.json
pd services -d limit=100 -d "include[]=integrations" > services.json
# Layers, overrides and the rendered shifts of the next eight weeks, schedule by schedule.
since=$(date -u +%Y-%m-%dT00:00:00Z) until=$(date -u -d "+56 days" +%Y-%m-%dT00:00:00Z)
for id in $(pd schedules -d limit=100 | jq -r ".schedules[].id"); do
  pd "schedules/$id" -d since="$since" -d until="$until" > "schedules-$id.json"
  pd "schedules/$id/overrides" -d since="$since" -d until="$until" > "overrides-$id.json"
done
# Then: reveille import pagerduty pagerduty --out team.yaml
"#;

/// Reads an export.
pub fn read(export: &Export, now: Timestamp) -> Result<Imported, ExportError> {
    let mut imported = Imported::of("PagerDuty", now);
    export.complain_of_missing_pages(&mut imported.notes);
    for user in export.required("users", &["users", "user"], COMMAND)? {
        users::read(user, &mut imported);
    }
    let overrides = export.by_id("overrides", &["overrides"]);
    for schedule in export.list("schedules", &["schedules", "schedule"]).unwrap_or_default() {
        layers::read(schedule, &overrides, &mut imported);
    }
    for policy in export.required("escalation_policies", &["escalation_policies", "escalation_policy"], COMMAND)? {
        policies::read(policy, &mut imported);
    }
    for service in export.list("services", &["services", "service"]).unwrap_or_default() {
        services::read(service, &mut imported);
    }
    imported.notes.no_equivalent(
        imported.source,
        "teams and roles",
        "teams, roles, business services, event orchestrations and response plays are not imported",
        "write `rules:` where an orchestration routes events",
    );
    Ok(imported)
}
