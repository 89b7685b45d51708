//! Messages through an incoming webhook of a chat: of Slack, or of a Microsoft Teams workflow. The URL is the permission, and
//! nothing else signs them; what the message looks like is the envelope's affair.

use async_trait::async_trait;
use reveille_engine::port::{Envelope, Form, Provider, SendError, Sent};
use serde_json::json;

use crate::https_client::HttpsClient;

/// Posts to a chat.
#[derive(Clone, Debug)]
pub struct ChatWebhook {
    client: HttpsClient,
}

impl ChatWebhook {
    /// Posts through `client`, as [`crate::Clients::https`] makes it.
    pub fn new(client: HttpsClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Provider for ChatWebhook {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let body = match &envelope.form {
            Form::Json { body } => body.clone(),
            Form::Text | Form::Mail { .. } | Form::Speech { .. } => json!({ "text": envelope.text }).to_string(),
        };
        self.client.post(&envelope.address, &[], &body).await?;
        // Neither gives its messages an id.
        Ok(Sent { message_id: None })
    }
}
