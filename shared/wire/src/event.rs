//! Tells payloads apart. The order matters: envelopes before what they carry, distinct shapes before vague ones, and the
//! shape that everything has last.

use jiff::Timestamp;
use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::http::{EventShape, QueueRecord, shape};
use crate::via::{Carrier, Via};
use crate::{
    alertmanager, backup, cloudwatch, datadog, eventbridge, generic, grafana, json, limits, pagerduty, sentry, ses,
    sms, sns,
};

/// Reads anything that a Lambda function is invoked with: alarm actions, SNS and SQS records, EventBridge events, records
/// of failed invocations, bare JSON, bare text. The list is never empty: what fits nothing fires as `Source::Unknown`.
///
/// ```
/// let alarm = serde_json::json!({ "AlarmName": "web-5xx", "NewStateValue": "ALARM" });
/// let signals = reveille_wire::read_event(&alarm, jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(signals[0].title, "web-5xx");
/// ```
pub fn read_event(event: &Value, received_at: Timestamp) -> Vec<Signal> {
    read(event, Via::new(Carrier::Invocation, received_at))
}

/// Reads one message of a queue: as `read_event` does, and its id makes the cause of what has no better one.
pub fn read_queued(record: &QueueRecord, received_at: Timestamp) -> Vec<Signal> {
    let via = Via::new(Carrier::Queue, received_at);
    read_text(&record.body, Via { message_id: Some(&record.message_id), ..via })
}

/// Reads nothing of a message that could not be handled however often it came: it fires all the same, and whoever is paged
/// finds its raw text.
pub fn read_unhandled(record: &QueueRecord, received_at: Timestamp) -> Signal {
    let mut draft = Draft::new(Source::Unknown, SignalState::Firing);
    draft.name = "unhandled-event".to_owned();
    draft.title = "An event could not be handled".to_owned();
    draft.summary = format!(
        "It has failed {} times. Its raw text is kept with this incident; the log of `ingest` says why it fails. It goes on \
         to be tried, and then to the dead-letter queue.",
        record.receives
    );
    draft.dedupe_key = format!("unhandled-event {}", record.message_id);
    draft.cause = draft.dedupe_key.clone();
    draft.finish(Via { message_id: Some(&record.message_id), ..Via::new(Carrier::Queue, received_at) })
}

/// Reads the body of an HTTP request. A body that is not JSON is text, and still fires.
///
/// ```
/// let signals = reveille_wire::read_webhook("the till is on fire", "request-1", jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(signals[0].title, "the till is on fire");
/// ```
pub fn read_webhook(body: &str, request_id: &str, received_at: Timestamp) -> Vec<Signal> {
    let via = Via::new(Carrier::Http, received_at);
    read_text(body, Via { message_id: Some(request_id), ..via })
}

/// Reads text that may be a payload written out.
pub(crate) fn read_text(text: &str, via: Via<'_>) -> Vec<Signal> {
    match json::embedded(text) {
        Some(value) => read(&value, via),
        None => vec![generic::read_text(text, via)],
    }
}

/// Reads a value that came this way.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Vec<Signal> {
    let Some(via) = via.inside() else {
        return vec![generic::read(value, via)];
    };
    match value {
        Value::String(text) => read_text(text, via),
        Value::Array(items) if !items.is_empty() => each(items, via, |item| read(item, via)),
        Value::Object(_) => read_object(value, via),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => vec![generic::read(value, via)],
    }
}

/// Reads every item, up to a bound; one more signal then counts what was left out, so that nothing is lost unnoticed. Lists within
/// lists share the bound.
pub(crate) fn each(items: &[Value], via: Via<'_>, read: impl Fn(&Value) -> Vec<Signal>) -> Vec<Signal> {
    let mut signals = Vec::new();
    let mut left_out = 0;
    for (place, item) in items.iter().enumerate() {
        signals.extend(read(item));
        if signals.len() >= limits::SIGNALS_MAX {
            left_out = items.len() - place - 1;
            break;
        }
    }
    left_out += signals.len().saturating_sub(limits::SIGNALS_MAX);
    signals.truncate(limits::SIGNALS_MAX);
    if left_out > 0 {
        let mut draft = Draft::new(via.carrier.source(), SignalState::Firing);
        draft.name = "too-many-alerts".to_owned();
        draft.title = format!("{left_out} more alerts came in the same message and were left out");
        draft.dedupe_key = format!("too-many-alerts {}", via.carrier_arn.unwrap_or_default());
        signals.push(draft.finish(via));
    }
    signals
}

fn read_object(value: &Value, via: Via<'_>) -> Vec<Signal> {
    let records = json::list(value, &["Records"]);
    if !records.is_empty() {
        return each(records, via, |record| read_record(record, via));
    }
    if let Some(failed) = value.get("requestPayload") {
        return read_failed(value, failed, via);
    }
    if let EventShape::Http(request) = shape(value) {
        let via = Via { carrier: Carrier::Http, message_id: Some(&request.request_id), ..via };
        return read_text(&request.body, via);
    }
    if sns::fits(value) {
        return sns::read(value, via);
    }
    read_statement(value, via)
}

/// What is inside all envelopes: something said by a monitoring system.
fn read_statement(value: &Value, via: Via<'_>) -> Vec<Signal> {
    if cloudwatch::fits(value) {
        eventbridge::with_plan_of_rule(vec![cloudwatch::read(value, via)], value)
    } else if eventbridge::fits(value) {
        eventbridge::with_plan_of_rule(eventbridge::read(value, via), value)
    } else if sms::fits(value) {
        vec![sms::read(value, via)]
    } else if ses::fits(value) {
        vec![ses::read(value, via)]
    } else if pagerduty::fits(value) {
        vec![pagerduty::read(value, via)]
    } else if grafana::fits(value) {
        grafana::read(value, via)
    } else if alertmanager::fits(value) {
        alertmanager::read(value, via)
    } else if sentry::fits(value) {
        vec![sentry::read(value, via)]
    } else if datadog::fits(value) {
        vec![datadog::read(value, via)]
    } else {
        vec![generic::read(value, via)]
    }
}

/// One of an event's `Records`, told apart by what it holds: `eventSource` is written in three ways.
fn read_record(record: &Value, via: Via<'_>) -> Vec<Signal> {
    if let Some(notification) = record.get("Sns").filter(|sns| sns.is_object()) {
        return sns::read(notification, via);
    }
    if let Some(mail) = record.get("ses").filter(|ses| ses.is_object()) {
        return vec![ses::read(mail, via)];
    }
    if let Some(body) = record.get("body") {
        let via = Via {
            carrier: Carrier::Queue,
            message_id: json::text(record, &["messageId"]).or(via.message_id),
            carrier_arn: json::text(record, &["eventSourceARN"]).or(via.carrier_arn),
            attributes: json::at(record, &["messageAttributes"]),
            ..via
        };
        // With raw delivery the attributes of the SNS message are those of the queue's.
        if let (true, Value::String(text)) = (backup::fits(via), body) {
            return vec![backup::read(text, via)];
        }
        return read(body, via);
    }
    read(record, via)
}

/// The record that Lambda sends to an on-failure destination: the event that nobody handled is inside, whole.
fn read_failed(record: &Value, payload: &Value, via: Via<'_>) -> Vec<Signal> {
    let via = Via {
        message_id: json::text(record, &["requestContext", "requestId"]).or(via.message_id),
        carrier_arn: json::text(record, &["requestContext", "functionArn"]).or(via.carrier_arn),
        ..via
    };
    read(payload, via)
}
