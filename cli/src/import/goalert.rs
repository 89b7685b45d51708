//! `GoAlert`: users, schedules, rotations, escalation policies and services of its GraphQL API.
//!
//! A rule of a schedule gives hours to a user or to a rotation; whoever any rule has is on call. Which member of a rotation
//! has the turn is stored by `GoAlert`, so it is taken from the answer and not computed from the start.

mod plans;
mod schedules;
mod users;

use jiff::Timestamp;
use serde_json::Value;

use super::export::{Export, ExportError, id, text};
use super::model::Imported;

const COMMAND: &str = "goalert";

/// The requests that make the folder.
pub const REQUESTS: &str = r#"# GoAlert, GraphQL. Make an API key for these queries (Admin > API Keys) or use a session's token.
# Put it into GOALERT_TOKEN, and your server into GOALERT_URL: https://goalert.example.com
mkdir -p goalert && cd goalert
ask() { jq -n --arg query "$1" '{query: $query}' | curl -fsS -H "Authorization: Bearer $GOALERT_TOKEN" -H "Content-Type: application/json" -d @- "$GOALERT_URL/api/graphql"; }
# Lists have pages: where an answer ends with "hasNextPage": true, ask again with after: "<endCursor>" into users-2.json.
ask '{ users(first: 100) { nodes { id name email contactMethods { id type name value disabled pending } notificationRules { id delayMinutes contactMethodID } } pageInfo { hasNextPage endCursor } } }' > users.json
ask '{ rotations(input: { first: 100 }) { nodes { id name timeZone start type shiftLength activeUserIndex userIDs nextHandoffTimes(num: 1) } pageInfo { hasNextPage endCursor } } }' > rotations.json
from=$(date -u +%Y-%m-%dT00:00:00Z) to=$(date -u -d "+28 days" +%Y-%m-%dT00:00:00Z)
ask "{ schedules(input: { first: 100 }) { nodes { id name timeZone targets { target { id type name } rules { start end weekdayFilter } } temporarySchedules { start end shifts { userID start end } } shifts(start: \"$from\", end: \"$to\") { userID start end } } pageInfo { hasNextPage endCursor } } }" > schedules.json
ask "{ userOverrides(input: { first: 100, start: \"$from\" }) { nodes { id start end addUserID removeUserID target { id type } } pageInfo { hasNextPage endCursor } } }" > userOverrides.json
ask '{ escalationPolicies(input: { first: 100 }) { nodes { id name repeat steps { id stepNumber delayMinutes targets { id type name } } } pageInfo { hasNextPage endCursor } } }' > escalationPolicies.json
ask '{ services(input: { first: 100 }) { nodes { id name escalationPolicyID labels { key value } integrationKeys { id type name } heartbeatMonitors { id name timeoutMinutes } } pageInfo { hasNextPage endCursor } } }' > services.json
# Newer versions know targets and contact methods as destinations: `dest { type args }` and `actions { type args }` are read, too.
# Then: reveille import goalert goalert --out team.yaml
"#;

/// Reads an export.
pub fn read(export: &Export, now: Timestamp) -> Result<Imported, ExportError> {
    let export = export.unwrapped();
    let mut imported = Imported::of("GoAlert", now);
    export.complain_of_missing_pages(&mut imported.notes);
    let list = |part: &'static str| export.list(part, &["data", part, "nodes"]);
    let must = |part: &'static str| export.required(part, &["data", part, "nodes"], COMMAND);
    for user in must("users")? {
        users::read(user, &mut imported);
    }
    let rotations = list("rotations").unwrap_or_default();
    let overrides = list("userOverrides").unwrap_or_default();
    for schedule in list("schedules").unwrap_or_default() {
        schedules::read(schedule, &rotations, &overrides, &mut imported);
    }
    for policy in must("escalationPolicies")? {
        plans::policy(policy, &rotations, &mut imported);
    }
    for service in list("services").unwrap_or_default() {
        plans::service(service, &mut imported);
    }
    Ok(imported)
}

/// What a target, or a destination of a newer version, leads to.
#[derive(Debug)]
enum Destination {
    User(String),
    Rotation(String),
    Schedule(String),
    Other(String),
}

impl Destination {
    /// Reads `{ id, type }`, or `{ type, args }`.
    fn of(value: &Value) -> Self {
        let kind = text(value, "type").unwrap_or("");
        let argument = |name: &str| value.get("args").and_then(|args| id(args, name)).or(id(value, "id"));
        let found = match kind {
            "user" | "builtin-user" => argument("user_id").map(Destination::User),
            "rotation" | "builtin-rotation" => argument("rotation_id").map(Destination::Rotation),
            "schedule" | "builtin-schedule" => argument("schedule_id").map(Destination::Schedule),
            _ => None,
        };
        found.unwrap_or_else(|| Destination::Other(kind.to_owned()))
    }
}
