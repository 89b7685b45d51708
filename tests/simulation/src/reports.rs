//! What providers report of messages that they have taken: after a while, now and then twice, and of many nothing.

use reveille_engine::port::{Envelope, Form};
use serde_json::{Value, json};

use super::night::{Happening, Invocation, Night};
use super::script::{Handler, SECOND};

/// Of so many messages in a hundred something is reported.
const REPORTED: u64 = 30;

const OF_TEXT: [&str; 10] = [
    "TEXT_QUEUED",
    "TEXT_DELIVERED",
    "TEXT_DELIVERED",
    "TEXT_DELIVERED",
    "TEXT_DELIVERED",
    "TEXT_SUCCESSFUL",
    "TEXT_SUCCESSFUL",
    "TEXT_SUCCESSFUL",
    "TEXT_UNREACHABLE",
    "TEXT_CARRIER_UNREACHABLE",
];
const OF_SPEECH: [&str; 6] =
    ["VOICE_RINGING", "VOICE_ANSWERED", "VOICE_ANSWERED", "VOICE_COMPLETED", "VOICE_NO_ANSWER", "VOICE_BUSY"];
const OF_MAIL: [&str; 8] =
    ["Delivery", "Delivery", "Delivery", "Delivery", "Delivery", "DeliveryDelay", "Bounce", "Open"];
/// Of so many reports in a hundred one says that nothing will ever arrive there.
const FOR_GOOD: u64 = 2;

/// Lets a provider report of a message that it has taken, if it does.
pub(crate) fn report(night: &mut Night, envelope: &Envelope) {
    if envelope.attribution.is_none() || !night.chance.percent(REPORTED) {
        return;
    }
    let at = night.now + night.chance.between(200, 40 * SECOND);
    let Some(told) = told(night, envelope, at) else { return };
    let event = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:reports",
        "Message": told.to_string() } }] });
    let invocation = Invocation::of(Handler::Notify, event);
    if night.chance.percent(10) {
        let again = at + night.chance.between(1, 20 * SECOND);
        night.plan(again, Happening::Invoke(Box::new(invocation.clone())));
    }
    night.plan(at, Happening::Invoke(Box::new(invocation)));
}

/// The report; `None`: whoever takes posts reports nothing.
fn told(night: &mut Night, envelope: &Envelope, at: i64) -> Option<Value> {
    let for_good = night.chance.percent(FOR_GOOD);
    let message_id = format!("message-{}", night.chance.number());
    let at = night.instant(at);
    let tags = envelope.attribution.as_ref()?.tags();
    let message = |kind: &str| {
        let context: serde_json::Map<String, Value> =
            tags.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        json!({ "eventType": kind, "eventTimestamp": at.as_millisecond(), "messageId": message_id, "isFinal": true,
            "destinationPhoneNumber": envelope.address, "context": context })
    };
    match &envelope.form {
        Form::Text => Some(message(if for_good { "TEXT_BLOCKED" } else { night.chance.of_these(&OF_TEXT) })),
        Form::Speech { .. } => Some(message(night.chance.of_these(&OF_SPEECH))),
        Form::Mail { .. } => {
            let kind = if for_good { "Bounce" } else { night.chance.of_these(&OF_MAIL) };
            let tags: serde_json::Map<String, Value> =
                tags.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
            let mail = json!({ "timestamp": at.to_string(), "messageId": message_id, "tags": tags,
                "destination": [envelope.address] });
            let bounce_type = if for_good { "Permanent" } else { "Transient" };
            let part = json!({ "timestamp": at.to_string(), "bounceType": bounce_type, "bounceSubType": "General",
                "delayType": "TransientCommunicationFailure", "feedbackId": message_id });
            Some(json!({ "eventType": kind, "mail": mail, "delivery": part, "deliveryDelay": part, "bounce": part }))
        }
        Form::Json { .. } => None,
    }
}
