//! Messages through an incoming webhook of a Microsoft Teams workflow. The URL is the permission: nothing else signs them.

use async_trait::async_trait;
use reveille_engine::port::{Envelope, Form, Provider, SendError, Sent};
use serde_json::json;

use crate::https_client::HttpsClient;

/// Posts to Teams.
#[derive(Clone, Debug)]
pub struct Teams {
    client: HttpsClient,
}

impl Teams {
    /// Posts through `client`, as [`crate::Clients::https`] makes it.
    pub fn new(client: HttpsClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Provider for Teams {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let body = match &envelope.form {
            Form::Json { body } => body.clone(),
            Form::Text | Form::Mail { .. } | Form::Speech { .. } => json!({ "text": envelope.text }).to_string(),
        };
        self.client.post(&envelope.address, &[], &body).await?;
        // Teams gives its messages no id.
        Ok(Sent { message_id: None })
    }
}
