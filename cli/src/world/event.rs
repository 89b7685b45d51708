//! Events as AWS's services write them, for worlds in which none of those services is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::Attribution;
use serde_json::{Map, Value, json};

use super::SentMessage;

/// The server that the alarms of the world in memory are about.
pub(crate) const INSTANCE: &str = "i-0f3a9c2d1e4b5a678";

/// A CloudWatch alarm as it invokes a function: its name, its state, and when that changed.
pub fn alarm(name: &str, state: &str, at: Timestamp) -> Value {
    let at = at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
    let dimensions = BTreeMap::from([("InstanceId", INSTANCE)]);
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"),
        "accountId": "123456789012", "time": at, "region": "eu-west-1",
        "alarmData": {
            "alarmName": name,
            "state": { "value": state, "reason": "Threshold Crossed", "timestamp": at },
            "previousState": { "value": "OK", "reason": "", "timestamp": at },
            "configuration": { "metrics": [{ "id": "m1", "returnData": true, "metricStat": {
                "metric": { "namespace": "AWS/EC2", "name": "StatusCheckFailed", "dimensions": dimensions },
                "period": 60, "stat": "Maximum" } }] },
        },
    })
}

/// What a topic invokes a function with when something has been published to it at this instant.
pub fn published(message: &str, at: Timestamp) -> Value {
    let at = at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
        "Type": "Notification", "MessageId": format!("sns {at}"), "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Timestamp": at, "Message": message } }] })
}

/// A request as API Gateway hands it on (payload format 2.0).
pub fn request(method: &str, path: &str, body: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {},
        "requestContext": { "requestId": format!("r-{}", body.len()), "http": { "method": method, "path": path } },
        "body": body, "isBase64Encoded": false,
    })
}

/// An SMS as a two-way number of End User Messaging publishes it to a topic, and the topic invokes a function.
pub fn inbound_sms(from: &str, body: &str, id: &str) -> Value {
    let sms = json!({
        "originationNumber": from, "destinationNumber": "+12125550101", "messageKeyword": "KEYWORD_123456789012",
        "messageBody": body, "inboundMessageId": id,
    });
    json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
        "Type": "Notification", "MessageId": format!("sns-{id}"), "TopicArn": "arn:aws:sns:eu-west-1:123456789012:replies",
        "Message": sms.to_string() } }] })
}

/// What End User Messaging reports of a message, as its topic invokes a function with it.
pub(super) fn report(message: &SentMessage, kind: &str) -> Value {
    let tags = message.attribution.iter().flat_map(Attribution::tags);
    let context: Map<String, Value> = tags.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let report = json!({ "eventType": kind, "eventTimestamp": message.at.as_millisecond(), "messageId": "message",
        "context": context });
    json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
        "Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:reports", "Message": report.to_string() } }] })
}

/// One message of a queue, as it wakes a function.
pub fn batch_of(body: &str) -> Value {
    json!({ "Records": [{ "messageId": "m", "body": body, "eventSource": "aws:sqs" }] })
}
