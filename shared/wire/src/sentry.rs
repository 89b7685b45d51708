//! Sentry's webhooks: issues, and metric and issue alerts.

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{at, first_scalar, first_text, scalar, text};
use crate::via::Via;
use crate::{instant, severity};

const SUBJECTS: [&str; 5] = ["issue", "event", "error", "metric_alert", "issue_alert"];

/// Whether this is Sentry's: an action, and data about one of its kinds of subject.
pub(crate) fn fits(value: &Value) -> bool {
    let data = at(value, &["data"]);
    text(value, &["action"]).is_some() && SUBJECTS.iter().any(|subject| at(data, &[subject]).is_object())
}

/// Reads a webhook of Sentry.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    let data = at(value, &["data"]);
    let kind = SUBJECTS.into_iter().find(|subject| at(data, &[subject]).is_object()).unwrap_or("issue");
    let subject = at(data, &[kind]);
    let action = text(value, &["action"]).unwrap_or_default();
    let project = first_text(at(subject, &["project"]), &["slug", "name"]).or(text(subject, &["project"]));
    let mut draft = Draft::new(Source::Sentry, state(action));
    let title = first_text(subject, &["title"]).or(first_text(data, &["description_title"]));
    draft.title = title.unwrap_or("A Sentry alert").to_owned();
    draft.name = text(data, &["triggered_rule"]).or(title).unwrap_or_default().to_owned();
    draft.summary = [
        text(subject, &["culprit"]),
        text(subject, &["metadata", "value"]),
        text(data, &["description_text"]),
        first_text(subject, &["permalink", "web_url"]).or(text(data, &["web_url"])),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join("\n");
    // An alert on an issue is about that issue.
    let id = first_scalar(subject, &["issue_id", "id"]).unwrap_or_else(|| draft.title.clone());
    let about = if kind == "metric_alert" { "alert" } else { "issue" };
    draft.dedupe_key = format!("sentry {about} {id}");
    let seen = first_scalar(subject, &["lastSeen", "last_seen", "date_detected", "timestamp", "datetime"]);
    draft.cause = seen.map(|seen| format!("sentry {about} {id} {action} {seen}")).unwrap_or_default();
    draft.impact = text(subject, &["level"]).or(Some(action)).and_then(severity::impact);
    draft.occurred_at = ["lastSeen", "last_seen", "datetime"].iter().find_map(|key| instant::read(at(subject, &[key])));
    let tags = [("project", project.map(str::to_owned)), ("level", scalar(at(subject, &["level"])))];
    draft.tags = tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    draft.finish(via)
}

/// What people do to an issue in Sentry is no news about the software; everything else that is not a recovery fires.
fn state(action: &str) -> SignalState {
    match action {
        "resolved" => SignalState::Recovered,
        "assigned" | "archived" | "ignored" => {
            SignalState::Ignored(format!("somebody {action} the issue in Sentry; its state is what it was"))
        }
        _ => SignalState::Firing,
    }
}
