//! The operators' topic: the same that the alarms of the stack speak to.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use reveille_engine::port::{Operators, OperatorsError};

/// SNS takes a subject of at most 100 characters, ASCII only.
const SUBJECT_CHARACTERS: usize = 99;

/// Tells whoever subscribed.
#[derive(Clone, Debug)]
pub struct OperatorsTopic {
    client: Client,
    topic: String,
}

impl OperatorsTopic {
    /// The topic with this ARN.
    pub fn new(client: Client, topic: impl Into<String>) -> Self {
        let topic = topic.into();
        Self { client, topic }
    }
}

#[async_trait]
impl Operators for OperatorsTopic {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), OperatorsError> {
        let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        let subject: String = subject.chars().map(printable).take(SUBJECT_CHARACTERS).collect();
        let call = self.client.publish().topic_arn(&self.topic).subject(subject).message(text);
        call.send().await.map_err(|error| OperatorsError(error.into()))?;
        Ok(())
    }
}
