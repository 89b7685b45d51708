//! JSON of nobody's shape, and text. Whoever writes a curl command at 03:00 should find their words on the page.

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{at, first_scalar, first_text, text_map};
use crate::via::{Carrier, Via};
use crate::{arn, digest, instant, severity};

const TITLE: [&str; 13] = [
    "title",
    "summary",
    "subject",
    "message",
    "alert_title",
    "alertname",
    "ruleName",
    "name",
    "text",
    "reason",
    "msg",
    "error",
    "Event Message",
];
const NAME: [&str; 7] = ["name", "alert_name", "alertname", "ruleName", "check", "monitor", "rule"];
const SUMMARY: [&str; 7] = ["description", "details", "body", "message", "text", "summary", "reason"];
const KEY: [&str; 12] = [
    "dedupe_key",
    "dedup_key",
    "dedupeKey",
    "dedupKey",
    "deduplication_key",
    "incident_key",
    "fingerprint",
    "alias",
    "alert_id",
    "alertId",
    "id",
    "key",
];
const SEVERITY: [&str; 5] = ["severity", "impact", "priority", "level", "urgency"];
const TIME: [&str; 6] = ["timestamp", "time", "occurred_at", "date", "startsAt", "created_at"];
/// Where a payload, or a message attribute, names the plan that answers.
pub(crate) const PLAN: [&str; 2] = ["response_plan", "responsePlan"];
const STATE: [&str; 2] = ["status", "state"];
const RECOVERED: [&str; 9] =
    ["resolved", "resolve", "recovered", "ok", "okay", "closed", "cleared", "normal", "healthy"];

/// Reads any value as one signal.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    let written = value.to_string();
    let key = first_scalar(value, &KEY);
    let own_title = first_text(value, &TITLE);
    let stated_title = own_title.or(via.subject);
    let mut draft = Draft::new(via.carrier.source(), state(value, key.is_some(), via.carrier));
    draft.title = stated_title.map_or_else(|| describe(value, via), str::to_owned);
    draft.name = first_text(value, &NAME).or(via.subject).unwrap_or_default().to_owned();
    draft.summary = first_text(value, &SUMMARY)
        .filter(|summary| Some(*summary) != stated_title)
        .map_or_else(|| format!("{value:#}"), str::to_owned);
    // Without a key of its own the title is what an alert and its recovery have in common.
    draft.dedupe_key = key.unwrap_or_else(|| {
        let identity = own_title.unwrap_or(&written);
        digest::of(&[draft.source.name(), via.carrier_arn.unwrap_or_default(), identity])
    });
    draft.cause = via.cause(&written);
    draft.occurred_at = TIME.iter().find_map(|key| instant::read(at(value, &[key])));
    draft.impact = first_scalar(value, &SEVERITY).and_then(|word| severity::impact(&word));
    draft.account = first_scalar(value, &["account", "accountId", "account_id"]);
    draft.region = first_text(value, &["region", "awsRegion"]).map(str::to_owned);
    draft.response_plan = response_plan(value);
    draft.tags = text_map(at(value, &["tags"]));
    draft.tags.extend(text_map(at(value, &["labels"])));
    place_of_topic(&mut draft, via);
    draft.finish(via)
}

/// Reads text: its first line is the title.
pub(crate) fn read_text(text: &str, via: Via<'_>) -> Signal {
    let mut draft = Draft::new(via.carrier.source(), SignalState::Firing);
    let first_line = text.lines().map(str::trim).find(|line| !line.is_empty());
    draft.title =
        via.subject.or(first_line).map_or_else(|| format!("An empty {}", carrier_noun(via.carrier)), str::to_owned);
    draft.name = via.subject.unwrap_or_default().to_owned();
    text.clone_into(&mut draft.summary);
    // The subject alone would not do: RDS calls all of its troubles "RDS Notification Message".
    draft.dedupe_key =
        digest::of(&[draft.source.name(), via.carrier_arn.unwrap_or_default(), via.subject.unwrap_or_default(), text]);
    draft.cause = via.cause(text);
    place_of_topic(&mut draft, via);
    draft.finish(via)
}

/// The response plan that a payload names.
pub(crate) fn response_plan(value: &Value) -> Option<String> {
    first_text(value, &PLAN).map(str::to_owned)
}

/// An SNS message says where it comes from by its topic, if by nothing else.
fn place_of_topic(draft: &mut Draft, via: Via<'_>) {
    if draft.source != Source::Sns {
        return;
    }
    let Some(topic) = via.carrier_arn else { return };
    draft.account = draft.account.take().or_else(|| arn::account(topic).map(str::to_owned));
    draft.region = draft.region.take().or_else(|| arn::region(topic).map(str::to_owned));
    if draft.name.is_empty() {
        arn::short_name(topic).clone_into(&mut draft.name);
    }
}

/// Recovered if every word says so; whatever is not understood fires. AWS services send `"status": "OK"` over SNS and
/// mean other things, so there the sender must also have named what recovered.
fn state(value: &Value, has_key: bool, carrier: Carrier) -> SignalState {
    let words: Vec<String> = STATE
        .iter()
        .filter_map(|key| at(value, &[key]).as_str())
        .map(|word| word.trim().to_ascii_lowercase())
        .collect();
    let all = |known: &[&str]| !words.is_empty() && words.iter().all(|word| known.contains(&word.as_str()));
    let understood = has_key || carrier == Carrier::Http;
    if understood && all(&RECOVERED) {
        SignalState::Recovered
    } else if understood && all(&["acknowledged", "acked"]) {
        SignalState::Acknowledged
    } else {
        SignalState::Firing
    }
}

/// Names what came by the fields that it has.
fn describe(value: &Value, via: Via<'_>) -> String {
    let noun = carrier_noun(via.carrier);
    match value.as_object() {
        Some(members) if !members.is_empty() => {
            let fields: Vec<&str> = members.keys().take(6).map(String::as_str).collect();
            format!("An unknown {noun} with the fields {}", fields.join(", "))
        }
        _ => format!("An unknown {noun}: {value}"),
    }
}

fn carrier_noun(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Invocation => "event",
        Carrier::Queue => "queue message",
        Carrier::Topic => "SNS message",
        Carrier::Http => "webhook",
    }
}
