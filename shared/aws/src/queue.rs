//! The queues on SQS.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use reveille_engine::port::{Message, Queue, QueueError, QueueName};

/// SQS takes ten messages in a request.
const BATCH_MAX: usize = 10;
/// SQS delays a message by at most fifteen minutes.
const DELAY_MAX_S: u32 = 900;

/// The queues that a function may send to.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    urls: BTreeMap<QueueName, String>,
}

impl SqsQueue {
    /// The queues at these URLs.
    pub fn new(client: Client, urls: impl IntoIterator<Item = (QueueName, String)>) -> Self {
        let urls = urls.into_iter().collect();
        Self { client, urls }
    }

    async fn send_one(&self, url: &str, message: &Message) -> Result<(), QueueError> {
        let call = self.client.send_message().queue_url(url).message_body(&message.body);
        let answer = call.delay_seconds(delay(message)).send().await;
        answer.map(drop).map_err(|error| QueueError::Unavailable(error.into()))
    }

    /// How many of at most ten were not taken. An answer of success can still refuse single messages.
    async fn send_batch(&self, url: &str, messages: &[Message]) -> Result<usize, QueueError> {
        let mut call = self.client.send_message_batch().queue_url(url);
        for (place, message) in messages.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(&message.body)
                .delay_seconds(delay(message))
                .build();
            call = call.entries(entry.map_err(|error| QueueError::Unavailable(error.into()))?);
        }
        let answer = call.send().await.map_err(|error| QueueError::Unavailable(error.into()))?;
        Ok(messages.len().saturating_sub(answer.successful().len()))
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        let url = self.urls.get(&queue).ok_or(QueueError::Unknown(queue))?;
        if let [message] = messages {
            return self.send_one(url, message).await;
        }
        let mut failed = 0;
        for batch in messages.chunks(BATCH_MAX) {
            failed += self.send_batch(url, batch).await?;
        }
        if failed == 0 {
            Ok(())
        } else {
            let sent = messages.len();
            Err(QueueError::Partial { failed, sent })
        }
    }
}

fn delay(message: &Message) -> i32 {
    i32::try_from(message.delay_s.min(DELAY_MAX_S)).unwrap_or(0)
}
