//! Opsgenie: users with contacts and notification rules, schedules, escalations and teams of its REST API.
//!
//! Rotations of a schedule run beside each other. A team becomes response plans: one for each of its routing rules.

mod escalations;
mod schedules;
mod teams;
mod users;

use jiff::Timestamp;
use serde_json::Value;

use super::export::{Export, ExportError, id, text};
use super::model::Imported;

const COMMAND: &str = "opsgenie";

/// The requests that make the folder.
pub const REQUESTS: &str = r#"# Opsgenie, REST API. A read-only key with configuration access is enough: Settings > API key management.
# Put it into OPSGENIE_KEY; in the EU the host is api.eu.opsgenie.com. The loops need jq.
mkdir -p opsgenie && cd opsgenie
og() { curl -fsS -G -H "Authorization: GenieKey $OPSGENIE_KEY" "https://api.opsgenie.com/v2/$1" "${@:2}"; }
# Lists have pages of 100: where an answer has "paging": {"next": …}, fetch offset=100 into users-2.json, and so on.
og users -d limit=100 > users.json
for id in $(jq -r ".data[].id" users*.json); do
  og "users/$id/contacts" > "contacts-$id.json"
  for rule in $(og "users/$id/notification-rules" | jq -r '[.data[] | select(.actionType == "create-alert" and .enabled) | .id][0] // empty'); do
    og "users/$id/notification-rules/$rule/steps" > "steps-$id.json"
  done
done
og schedules -d expand=rotation > schedules.json
for id in $(jq -r ".data[].id" schedules.json); do
  og "schedules/$id/overrides" > "overrides-$id.json"
  og "schedules/$id/timeline" -d interval=4 -d intervalUnit=weeks > "timeline-$id.json"
done
og escalations > escalations.json
og teams > team_list.json
for id in $(jq -r ".data[].id" team_list.json); do
  og "teams/$id" > "teams-$id.json"
  og "teams/$id/routing-rules" > "routing_rules-$id.json"
done
# Then: reveille import opsgenie opsgenie --out team.yaml
"#;

/// Reads an export.
pub fn read(export: &Export, now: Timestamp) -> Result<Imported, ExportError> {
    let mut imported = Imported::of("Opsgenie", now);
    export.complain_of_missing_pages(&mut imported.notes);
    let contacts = export.by_id("contacts", &["data"]);
    let steps = export.by_id("steps", &["data"]);
    for user in export.required("users", &["data"], COMMAND)? {
        users::read(user, &contacts, &steps, &mut imported);
    }
    let overrides = export.by_id("overrides", &["data"]);
    let timelines = export.by_id("timeline", &["data"]);
    let listed: Vec<&Value> = export.list("schedules", &["data"]).unwrap_or_default();
    for schedule in listed {
        schedules::read(schedule, &overrides, &timelines, &mut imported);
    }
    let teams: Vec<&Value> = export.list("teams", &["data"]).unwrap_or_default();
    for escalation in export.required("escalations", &["data"], COMMAND)? {
        escalations::read(escalation, &teams, &mut imported);
    }
    let rules = export.by_id("routing_rules", &["data"]);
    for team in teams {
        teams::read(team, &rules, &mut imported);
    }
    imported.notes.no_equivalent(
        imported.source,
        "policies and integrations",
        "alert and notification policies, integrations, heartbeats and services are not imported",
        "make a webhook for each sender with `reveille webhook-key`, and write `rules:` for what policies decided",
    );
    Ok(imported)
}

/// A user by the id of an answer, or by the name with which they log in.
fn user(value: &Value) -> Option<String> {
    id(value, "id").or(text(value, "username").map(str::to_owned))
}
