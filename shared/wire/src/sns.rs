//! SNS envelopes, as Lambda records, queue bodies and HTTP posts. What is inside is read as if it had come by itself.

use std::collections::BTreeMap;

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::{self, Draft};
use crate::json::{at, first_text, scalar, text};
use crate::via::{Carrier, Via};
use crate::{arn, backup, event, generic, instant};

/// What the key of a signal about a subscription begins with; the topic follows.
const SUBSCRIPTION: &str = "sns subscription ";

/// Whether this is an SNS envelope.
pub(crate) fn fits(value: &Value) -> bool {
    let kinds = ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"];
    let kind = text(value, &["Type"]).is_some_and(|kind| kinds.contains(&kind));
    kind && (text(value, &["TopicArn"]).is_some() || value.get("Message").is_some())
}

/// Reads an SNS envelope and what it carries.
pub(crate) fn read(envelope: &Value, via: Via<'_>) -> Vec<Signal> {
    let via = Via {
        carrier: Carrier::Topic,
        message_id: text(envelope, &["MessageId"]).or(via.message_id),
        carrier_arn: text(envelope, &["TopicArn"]).or(via.carrier_arn),
        subject: text(envelope, &["Subject"]),
        sent_at: instant::read(at(envelope, &["Timestamp"])),
        attributes: at(envelope, &["MessageAttributes"]),
        ..via
    };
    match text(envelope, &["Type"]) {
        Some("SubscriptionConfirmation") => vec![confirmation(envelope, via)],
        Some("UnsubscribeConfirmation") => vec![unsubscribed(envelope, via)],
        _ => message(envelope, via),
    }
}

/// The value of a message attribute, in the spelling of SNS (`Value`) or of SQS (`stringValue`).
pub(crate) fn attribute<'a>(attributes: &'a Value, name: &str) -> Option<&'a str> {
    first_text(at(attributes, &[name]), &["Value", "stringValue"])
}

fn message(envelope: &Value, via: Via<'_>) -> Vec<Signal> {
    let message = at(envelope, &["Message"]);
    if let (true, Some(text)) = (backup::fits(via), message.as_str()) {
        return vec![backup::read(text, via)];
    }
    let mut signals = match message {
        Value::String(text) => event::read_text(text, via),
        Value::Null => vec![generic::read(envelope, via)],
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => event::read(message, via),
    };
    let named_plan = generic::PLAN.iter().find_map(|name| attribute(via.attributes, name));
    for signal in signals.iter_mut().filter(|signal| signal.response_plan.is_none()) {
        signal.response_plan = named_plan.and_then(draft::response_plan);
    }
    // Attributes are how publishers label what they send; rules can match them.
    let names = via.attributes.as_object().into_iter().flatten().map(|(name, _)| name);
    let labels: BTreeMap<String, String> =
        names.filter_map(|name| Some((name.clone(), attribute(via.attributes, name)?.to_owned()))).collect();
    for signal in signals.iter_mut().filter(|signal| signal.source == Source::Sns && !labels.is_empty()) {
        // What the message says of itself goes before.
        let mut tags = labels.clone();
        tags.append(&mut signal.tags);
        signal.tags = draft::tags(tags);
    }
    signals
}

/// Nothing reaches us from the topic until somebody confirms. We do not: an address in a message is no reason to call it,
/// and its token is a secret that is kept nowhere.
fn confirmation(envelope: &Value, via: Via<'_>) -> Signal {
    let topic = via.carrier_arn.unwrap_or("an SNS topic");
    let why = format!(
        "{topic} asks to confirm its subscription, which is not done for it: subscribe the function `ingest` to the topic \
         instead, which needs no confirmation (docs/OPERATING.md), or open the SubscribeURL of this message"
    );
    let mut draft = Draft::new(Source::Sns, SignalState::Ignored(why));
    draft.title = format!("SNS topic {} asks to confirm its subscription", arn::short_name(topic));
    draft.summary = scalar(at(envelope, &["SubscribeURL"])).unwrap_or_default();
    draft.dedupe_key = format!("{SUBSCRIPTION}{topic}");
    settle(draft, via)
}

/// Whether this is a topic that asks to confirm its subscription.
pub fn asks_to_confirm(signal: &Signal) -> bool {
    let ignored = matches!(signal.state, SignalState::Ignored(_));
    ignored && signal.source == Source::Sns && signal.dedupe_key.starts_with(SUBSCRIPTION)
}

/// Somebody cut the wire: silence would be the only other sign of it.
fn unsubscribed(envelope: &Value, via: Via<'_>) -> Signal {
    let topic = via.carrier_arn.unwrap_or("an SNS topic");
    let mut draft = Draft::new(Source::Sns, SignalState::Firing);
    draft.title = format!("SNS topic {} no longer sends its messages here", arn::short_name(topic));
    draft.summary = scalar(at(envelope, &["Message"])).unwrap_or_default();
    draft.impact = Some(reveille_domain::Impact::Low);
    draft.dedupe_key = format!("{SUBSCRIPTION}{topic}");
    settle(draft, via)
}

fn settle(mut draft: Draft, via: Via<'_>) -> Signal {
    let topic = via.carrier_arn.unwrap_or_default();
    arn::short_name(topic).clone_into(&mut draft.name);
    draft.account = arn::account(topic).map(str::to_owned);
    draft.region = arn::region(topic).map(str::to_owned);
    draft.resources = vec![topic.to_owned()];
    draft.finish(via)
}
