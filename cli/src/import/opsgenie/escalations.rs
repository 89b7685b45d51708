//! Escalations: rules with delays since the alert become stages that wait until the next one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::users::minutes;
use crate::import::export::{each, flag, id, number, text};
use crate::import::model::{EscalationPlan, Imported, SourceId, Stage, Target, Who};
use crate::import::named::Named;
use crate::import::note::Notes;

/// How long the last stage waits: Opsgenie says nothing about it.
const LAST_MINUTES: u32 = 5;

pub(super) fn read(value: &Value, teams: &[&Value], imported: &mut Imported) {
    let Some(Named { id: escalation_id, name, object }) = Named::of("escalation plan", value, &["name"]) else {
        return;
    };
    let notes = &mut imported.notes;
    // Delays are counted from the alert: rules of the same delay are one stage.
    let mut by_delay: BTreeMap<u32, Vec<Target>> = BTreeMap::new();
    for (place, rule) in each(value, "rules").iter().enumerate() {
        let field = format!("rule {}", place + 1);
        let delay = rule.get("delay");
        let amount = delay.and_then(|delay| number(delay, "timeAmount")).unwrap_or(0);
        let delay = minutes(amount, delay.and_then(|delay| text(delay, "timeUnit")));
        if text(rule, "condition") == Some("if-not-closed") {
            let done = "asks also after an acknowledgement (`if-not-closed`); here an acknowledgement ends the plan";
            notes.no_equivalent(&object, &field, done, "write a stage of the response plan for it: `unless: resolved`");
        }
        by_delay.entry(delay).or_default().extend(targets(rule, teams, &object, &field, notes));
    }
    let (repeat, wait) = repeat(value, &object, notes);
    let delays: Vec<u32> = by_delay.keys().copied().collect();
    let mut stages = Vec::new();
    if let Some(first) = delays.first().filter(|first| **first > 0) {
        stages.push(Stage { minutes: *first, targets: Vec::new() });
    }
    for (place, (delay, targets)) in by_delay.into_iter().enumerate() {
        let last = wait.unwrap_or(LAST_MINUTES);
        let minutes = delays.get(place + 1).map_or(last, |next| next - delay);
        stages.push(Stage { minutes, targets });
    }
    if wait.is_none() {
        let done = format!("the last stage waits {LAST_MINUTES} minutes: Opsgenie has no such time");
        notes.decided(&object, "rules", done, "");
    }
    let id = SourceId::new(escalation_id);
    imported.escalation_plans.push(EscalationPlan { id, name, stages, repeat, round_robin: false });
}

/// Rounds after the first, and how long the last stage of a round waits.
fn repeat(value: &Value, object: &str, notes: &mut Notes) -> (u32, Option<u32>) {
    let Some(repeat) = value.get("repeat").filter(|repeat| !repeat.is_null()) else { return (0, None) };
    let wait = number(repeat, "waitInterval").filter(|minutes| *minutes > 0);
    if wait.is_none() {
        return (0, None);
    }
    if flag(repeat, "closeAlertAfterAll") == Some(true) {
        let done = "the alert is not closed after the last round: an incident is open until it is resolved";
        notes.no_equivalent(object, "closeAlertAfterAll", done, "");
    }
    if flag(repeat, "resetRecipientStates") == Some(true) {
        let done = "an acknowledgement ends the plan, so there is nothing to reset";
        notes.no_equivalent(object, "resetRecipientStates", done, "write `repage_after:` if it should come again");
    }
    (number(repeat, "count").unwrap_or(0), wait)
}

fn targets(rule: &Value, teams: &[&Value], object: &str, field: &str, notes: &mut Notes) -> Vec<Target> {
    let Some(recipient) = rule.get("recipient") else { return Vec::new() };
    let notify = text(rule, "notifyType").unwrap_or("default");
    let essential = |who: Who| Target { who, essential: true };
    match (text(recipient, "type").unwrap_or(""), super::user(recipient)) {
        ("user", Some(user)) => vec![essential(Who::Contact(SourceId::new(user)))],
        ("schedule", Some(schedule)) if notify == "default" => vec![essential(Who::Schedule(SourceId::new(schedule)))],
        ("schedule", Some(_)) => {
            let done = format!("`{notify}` of a schedule was left out: a stage asks whoever is on call");
            notes.no_equivalent(object, field, done, "engage a person, or another schedule");
            Vec::new()
        }
        ("team", Some(team)) => of_team(&team, notify, teams, object, field, notes),
        (kind, _) => {
            notes.no_equivalent(object, field, format!("a recipient of type `{kind}` was left out"), "");
            Vec::new()
        }
    }
}

/// A team is nobody who can be paged: its people are.
fn of_team(team_id: &str, notify: &str, teams: &[&Value], object: &str, field: &str, notes: &mut Notes) -> Vec<Target> {
    let team = teams.iter().find(|team| id(team, "id").as_deref() == Some(team_id));
    let wanted = |member: &&Value| match notify {
        "admins" => text(member, "role") == Some("admin"),
        "users" => text(member, "role") == Some("user"),
        _ => true,
    };
    let members = team.map_or(&[][..], |team| each(team, "members"));
    let users = members.iter().filter(wanted).filter_map(|member| super::user(member.get("user")?));
    let targets: Vec<Target> =
        users.map(|user| Target { who: Who::Contact(SourceId::new(user)), essential: true }).collect();
    let name = team.and_then(|team| text(team, "name")).unwrap_or(team_id);
    if targets.is_empty() {
        let done = format!("team `{name}` was left out: none of its members is known");
        notes.no_equivalent(object, field, done, "fetch `teams/ID` for each team, or name its people");
    } else {
        let done = format!("team `{name}` ({notify}) became its {} members, asked all at once", targets.len());
        notes.decided(object, field, done, "engage a schedule instead if only one of them should be asked");
    }
    targets
}
