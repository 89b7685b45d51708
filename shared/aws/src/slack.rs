//! Messages through an incoming webhook of Slack. The URL is the permission: nothing else signs them.

use async_trait::async_trait;
use reveille_engine::port::{Envelope, Form, Provider, SendError, Sent};
use serde_json::json;

use crate::https_client::HttpsClient;

/// Posts to Slack.
#[derive(Clone, Debug)]
pub struct Slack {
    client: HttpsClient,
}

impl Slack {
    /// Posts through `client`, as [`crate::Clients::https`] makes it.
    pub fn new(client: HttpsClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Provider for Slack {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let body = match &envelope.form {
            Form::Json { body } => body.clone(),
            Form::Text | Form::Mail { .. } | Form::Speech { .. } => json!({ "text": envelope.text }).to_string(),
        };
        self.client.post(&envelope.address, &[], &body).await?;
        // Slack gives its messages no id.
        Ok(Sent { message_id: None })
    }
}
