//! Events as AWS's services write them, for worlds in which none of those services is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The server that the alarms of the world in memory are about.
const INSTANCE: &str = "i-0f3a9c2d1e4b5a678";

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

/// A request as API Gateway hands it on (payload format 2.0).
pub fn request(method: &str, path: &str, body: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {},
        "requestContext": { "requestId": format!("r-{}", body.len()), "http": { "method": method, "path": path } },
        "body": body, "isBase64Encoded": false,
    })
}

/// A text message to a two-way number, as its SNS topic brings it. `number` tells two of the same words apart.
pub(super) fn inbound_sms(from: &str, text: &str, number: u64) -> Value {
    let message = json!({
        "originationNumber": from, "destinationNumber": "+12125550101", "messageKeyword": "KEYWORD",
        "messageBody": text, "inboundMessageId": format!("inbound-{number}"),
    });
    json!({ "Records": [{ "EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {
        "Type": "Notification", "MessageId": format!("inbound-{number}"),
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:replies", "Message": message.to_string() } }] })
}

/// One message of a queue, as it wakes a function.
pub(super) fn batch_of(body: &str) -> Value {
    json!({ "Records": [{ "messageId": "m", "body": body, "eventSource": "aws:sqs" }] })
}
