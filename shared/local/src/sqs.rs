//! SQS's calls, in its JSON protocol.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::Refusal;
use crate::names::{ACCOUNT, queue_arn};
use crate::queue::{LocalQueue, StoredMessage};
use crate::queues::Queues;

/// SQS delays a message by at most fifteen minutes, and hides it for at most twelve hours.
const DELAY_MAX_S: u64 = 900;
const VISIBILITY_MAX_S: u64 = 43_200;
/// SQS waits so long at most for a message to come.
const WAIT_MAX_S: u64 = 20;

/// Does one call.
pub(crate) async fn call(queues: &Queues, operation: &str, body: &Value, endpoint: &str) -> Result<Value, Refusal> {
    if operation == "GetQueueUrl" {
        let queue = named(queues, text(body, "QueueName"))?;
        return Ok(json!({ "QueueUrl": format!("{endpoint}/{ACCOUNT}/{}", queue.name) }));
    }
    let queue = named(queues, text(body, "QueueUrl").rsplit('/').next().unwrap_or_default())?;
    match operation {
        "SendMessage" => send(&queue, body),
        "SendMessageBatch" => batch(body, |entry| send(&queue, entry)),
        "ReceiveMessage" => Ok(receive(&queue, body).await),
        "DeleteMessage" => Ok(delete(&queue, body)),
        "DeleteMessageBatch" => batch(body, |entry| Ok(delete(&queue, entry))),
        "ChangeMessageVisibility" => change_visibility(&queue, body),
        "ChangeMessageVisibilityBatch" => batch(body, |entry| change_visibility(&queue, entry)),
        "GetQueueAttributes" => Ok(attributes(&queue)),
        _ => Err(Refusal::refused("InvalidAction", "this double does not know the action")),
    }
}

fn named(queues: &Queues, name: &str) -> Result<Arc<LocalQueue>, Refusal> {
    let missing = || Refusal::refused("com.amazonaws.sqs#QueueDoesNotExist", "the queue does not exist");
    queues.get(name).ok_or_else(missing)
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

fn seconds(body: &Value, name: &str, max: u64) -> Result<Option<Duration>, Refusal> {
    match body[name].as_u64() {
        Some(seconds) if seconds > max => {
            Err(Refusal::refused("InvalidParameterValue", format!("{name} is at most {max}")))
        }
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

fn send(queue: &LocalQueue, body: &Value) -> Result<Value, Refusal> {
    let message = text(body, "MessageBody");
    if message.is_empty() {
        return Err(Refusal::refused("MissingParameter", "a message has a body"));
    }
    let delay = seconds(body, "DelaySeconds", DELAY_MAX_S)?.unwrap_or_default();
    let id = queue.send_with(message.to_owned(), body["MessageAttributes"].clone(), delay);
    Ok(json!({ "MessageId": id, "MD5OfMessageBody": digest(message) }))
}

/// One answer for each entry of a batch; some may fail while the whole succeeds.
fn batch(body: &Value, each: impl Fn(&Value) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    let entries = body["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        return Err(Refusal::refused("EmptyBatchRequest", "a batch has at least one entry"));
    }
    if entries.len() > 10 {
        return Err(Refusal::refused("TooManyEntriesInBatchRequest", "a batch has at most ten entries"));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match each(entry) {
            Ok(mut answer) => {
                answer["Id"] = entry["Id"].clone();
                successful.push(answer);
            }
            Err(_) => failed.push(json!({ "Id": entry["Id"], "SenderFault": true, "Code": "InvalidParameterValue" })),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}

async fn receive(queue: &LocalQueue, body: &Value) -> Value {
    let max = body["MaxNumberOfMessages"].as_u64().unwrap_or(1).clamp(1, 10);
    let max = usize::try_from(max).unwrap_or(1);
    let visibility = body["VisibilityTimeout"].as_u64().map_or(queue.visibility, Duration::from_secs);
    let wait = Duration::from_secs(body["WaitTimeSeconds"].as_u64().unwrap_or_default().min(WAIT_MAX_S));
    let received = if wait.is_zero() {
        queue.receive(max, visibility)
    } else {
        tokio::time::timeout(wait, queue.receive_some(max, visibility)).await.unwrap_or_default()
    };
    json!({ "Messages": received.iter().map(received_message).collect::<Vec<_>>() })
}

fn received_message(message: &StoredMessage) -> Value {
    let mut received = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": digest(&message.body),
        "Attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent_ms.to_string(),
        },
    });
    if !message.attributes.is_null() {
        received["MessageAttributes"] = message.attributes.clone();
    }
    received
}

fn delete(queue: &LocalQueue, body: &Value) -> Value {
    queue.delete(text(body, "ReceiptHandle"));
    json!({})
}

fn change_visibility(queue: &LocalQueue, body: &Value) -> Result<Value, Refusal> {
    let visibility = seconds(body, "VisibilityTimeout", VISIBILITY_MAX_S)?.unwrap_or_default();
    if queue.change_visibility(text(body, "ReceiptHandle"), visibility) {
        Ok(json!({}))
    } else {
        Err(Refusal::refused("MessageNotInflight", "the message is not in flight"))
    }
}

fn attributes(queue: &LocalQueue) -> Value {
    let depth = queue.depth();
    json!({ "Attributes": {
        "QueueArn": queue_arn(queue.name),
        "ApproximateNumberOfMessages": depth.visible.to_string(),
        "ApproximateNumberOfMessagesDelayed": depth.delayed.to_string(),
        "ApproximateNumberOfMessagesNotVisible": depth.in_flight.to_string(),
        "VisibilityTimeout": queue.visibility.as_secs().to_string(),
    } })
}

/// SDKs of other languages check this.
pub(crate) fn digest(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}
