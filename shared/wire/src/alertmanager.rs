//! Prometheus Alertmanager's webhook. A post is a group of alerts, and each alert is a signal of its own.

use std::collections::BTreeMap;

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{at, first_scalar, first_text, list, scalar, text, text_map};
use crate::via::Via;
use crate::{digest, event, instant, severity};

const PLAN_LABELS: [&str; 3] = ["response_plan", "reveille_response_plan", "iris_plan"];

/// Whether this is a group of alerts. GoAlert's minimal form has no version, so that is not asked for.
pub(crate) fn fits(value: &Value) -> bool {
    let group = ["receiver", "groupLabels", "commonLabels", "groupKey", "externalURL", "version"];
    has_alerts(value) && group.iter().any(|key| value.get(key).is_some())
}

/// Go writes an empty list as `null`.
pub(crate) fn has_alerts(value: &Value) -> bool {
    value.get("alerts").is_some_and(|alerts| alerts.is_array() || alerts.is_null())
}

/// Reads every alert of a group.
pub(crate) fn read(group: &Value, via: Via<'_>) -> Vec<Signal> {
    read_as(Source::Alertmanager, group, via)
}

/// Grafana speaks the same language.
pub(crate) fn read_as(source: Source, group: &Value, via: Via<'_>) -> Vec<Signal> {
    let alerts = list(group, &["alerts"]);
    let mut signals = event::each(alerts, via, |alert| vec![read_alert(source, alert, group, via)]);
    if signals.is_empty() {
        // A group without alerts still says something about itself.
        signals.push(read_alert(source, group, group, via));
    }
    signals.extend(truncated(source, group, via));
    signals
}

fn read_alert(source: Source, alert: &Value, group: &Value, via: Via<'_>) -> Signal {
    let status = text(alert, &["status"]).or(text(group, &["status"])).unwrap_or_default();
    let labels = if at(alert, &["labels"]).is_object() { at(alert, &["labels"]) } else { at(group, &["commonLabels"]) };
    let said = |key: &str| text(alert, &["annotations", key]).or(text(group, &["commonAnnotations", key]));
    let tags = text_map(labels);
    let mut draft = Draft::new(source, state(status));
    draft.name = text(labels, &["alertname"])
        .or(text(group, &["commonLabels", "alertname"]))
        .or(text(group, &["groupLabels", "alertname"]))
        .unwrap_or_default()
        .to_owned();
    let fallback = if draft.name.is_empty() { text(group, &["title"]).unwrap_or_default() } else { &draft.name };
    draft.title = said("summary").unwrap_or(fallback).to_owned();
    draft.summary = said("description").or(said("message")).unwrap_or_default().to_owned();
    // A group that speaks for itself has a key, and no fingerprint.
    let key = first_scalar(alert, &["fingerprint", "groupKey"]).unwrap_or_else(|| digest_of_labels(&tags));
    let time = |key: &str| scalar(at(alert, &[key])).unwrap_or_default();
    let end = if draft.state == SignalState::Recovered { time("endsAt") } else { String::new() };
    draft.cause = match time("startsAt").as_str() {
        "" => String::new(),
        start => format!("{key} {start} {status} {end}"),
    };
    draft.dedupe_key = key;
    draft.occurred_at = instant::read(at(alert, &["startsAt"]));
    if draft.state == SignalState::Recovered {
        // Year 1 is how Go writes "not yet".
        let ended = instant::read(at(alert, &["endsAt"])).filter(|end| end.as_second() > 0);
        draft.occurred_at = ended.or(draft.occurred_at);
    }
    draft.impact = tags.get("severity").and_then(|word| severity::impact(word));
    draft.response_plan = [labels, at(group, &["groupLabels"]), at(group, &["commonLabels"])]
        .into_iter()
        .find_map(|labels| first_text(labels, &PLAN_LABELS))
        .map(str::to_owned);
    draft.account = first_text(labels, &["account_id", "aws_account_id", "account"]).map(str::to_owned);
    draft.region = first_text(labels, &["region", "aws_region"]).map(str::to_owned);
    draft.resources.extend(text(labels, &["instance"]).map(str::to_owned));
    draft.tags = tags;
    draft.finish(via)
}

/// Anything that is not exactly "resolved" fires.
fn state(status: &str) -> SignalState {
    if status == "resolved" { SignalState::Recovered } else { SignalState::Firing }
}

/// What identifies an alert whose sender computes no fingerprint.
fn digest_of_labels(labels: &BTreeMap<String, String>) -> String {
    let parts: Vec<&str> = labels.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]).collect();
    digest::of(&parts)
}

/// The receiver's `max_alerts` cut alerts off, and nobody else will tell. No later post says that they recovered, so
/// this incident waits for a person.
fn truncated(source: Source, group: &Value, via: Via<'_>) -> Option<Signal> {
    let count = at(group, &["truncatedAlerts"]).as_u64().filter(|&count| count > 0)?;
    let key = scalar(at(group, &["groupKey"])).unwrap_or_default();
    let mut draft = Draft::new(source, state(text(group, &["status"]).unwrap_or_default()));
    draft.name = "truncated-alerts".to_owned();
    draft.title = format!("{count} more alerts were cut off by the sender's max_alerts");
    draft.dedupe_key = format!("truncated-alerts {key}");
    draft.tags = text_map(at(group, &["groupLabels"]));
    Some(draft.finish(via))
}
