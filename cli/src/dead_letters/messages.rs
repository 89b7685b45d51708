//! Reading, moving and removing messages of a queue, with the caller's own rights.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName};
use jiff::Timestamp;
use reveille_aws::Clients;

use crate::installation::{InstallationError, Reached, failure};

/// SQS gives ten messages at most.
const AT_ONCE_MAX: i32 = 10;

/// Queues, as the caller may use them.
#[derive(Clone, Debug)]
pub struct Messages {
    clients: Clients,
    sqs: Client,
    wait_s: i32,
}

/// How full a queue is, roughly: SQS counts on many machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages that somebody works on.
    pub in_flight: u64,
    /// Messages that wait for their time, as nudges to a deadline do.
    pub delayed: u64,
}

/// One message, held by us for a while.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// SQS's id of it.
    pub id: String,
    /// What it says.
    pub body: String,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    receipt: String,
    attributes: Option<HashMap<String, MessageAttributeValue>>,
}

impl Messages {
    /// The queues of an installation.
    pub fn of(reached: &Reached) -> Self {
        // SQS keeps a queue on many machines, and asks all of them only if it may take a second.
        Self { sqs: reached.clients.sqs(), clients: reached.clients.clone(), wait_s: i32::from(!reached.is_local) }
    }

    /// How full a queue is.
    pub async fn depth(&self, url: &str) -> Result<Depth, InstallationError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let answer = match call.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) => return Err(self.failed("sqs:GetQueueAttributes", url, &error).await),
        };
        let [waiting, in_flight, delayed] =
            names.map(|name| answer.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default());
        Ok(Depth { waiting, in_flight, delayed })
    }

    /// Some messages, which nobody else is given for so many seconds.
    pub async fn receive(&self, url: &str, most: usize, hidden_s: i32) -> Result<Vec<DeadLetter>, InstallationError> {
        let most = i32::try_from(most).unwrap_or(AT_ONCE_MAX).clamp(1, AT_ONCE_MAX);
        let call = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(most)
            .visibility_timeout(hidden_s)
            .wait_time_seconds(self.wait_s)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All");
        match call.send().await {
            Ok(answer) => Ok(answer.messages.unwrap_or_default().into_iter().map(DeadLetter::from).collect()),
            Err(error) => Err(self.failed("sqs:ReceiveMessage", url, &error).await),
        }
    }

    /// Sends a message on, with everything that it carries beside its body.
    pub async fn send(&self, url: &str, letter: &DeadLetter) -> Result<(), InstallationError> {
        let attributes = letter.attributes.clone();
        self.send_body(url, &letter.body, attributes).await
    }

    /// Sends a text.
    pub async fn send_text(&self, url: &str, body: &str) -> Result<(), InstallationError> {
        self.send_body(url, body, None).await
    }

    /// Removes a message that we hold.
    pub async fn delete(&self, url: &str, letter: &DeadLetter) -> Result<(), InstallationError> {
        match self.sqs.delete_message().queue_url(url).receipt_handle(&letter.receipt).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("sqs:DeleteMessage", url, &error).await),
        }
    }

    /// Gives a message back at once. If that fails it comes back by itself, when we no longer hold it.
    pub async fn release(&self, url: &str, letter: &DeadLetter) {
        let call = self.sqs.change_message_visibility().queue_url(url).receipt_handle(&letter.receipt);
        let _comes_back_by_itself = call.visibility_timeout(0).send().await;
    }

    async fn send_body(
        &self,
        url: &str,
        body: &str,
        attributes: Option<HashMap<String, MessageAttributeValue>>,
    ) -> Result<(), InstallationError> {
        let call = self.sqs.send_message().queue_url(url).message_body(body).set_message_attributes(attributes);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("sqs:SendMessage", url, &error).await),
        }
    }

    async fn failed<E>(&self, action: &'static str, url: &str, error: &SdkError<E>) -> InstallationError
    where
        E: aws_sdk_sqs::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let queue = url.rsplit('/').next().unwrap_or(url);
        failure(&self.clients, action, queue, error).await
    }
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let sent_at = sent.and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok());
        Self {
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            sent_at,
            receipt: message.receipt_handle.unwrap_or_default(),
            attributes: message.message_attributes.filter(|attributes| !attributes.is_empty()),
        }
    }
}
