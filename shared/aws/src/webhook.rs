//! Pages to a server of the contact's own: a POST that says who sent it and when, signed if they share a secret with us.

use std::sync::Arc;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use reveille_domain::hex;
use reveille_engine::port::{Clock, Envelope, Form, Provider, Secret, SendError, Sent};
use sha2::{Digest, Sha256};

use crate::https_client::HttpsClient;

/// Seconds since the epoch at which the request was made; part of what is signed, so that an old one can be told.
pub const TIMESTAMP_HEADER: &str = "reveille-timestamp";
/// `v1=` and the HMAC-SHA-256 of timestamp, a dot and the body, in hexadecimal.
pub const SIGNATURE_HEADER: &str = "reveille-signature";
/// The same for each attempt at one page: what comes twice can be told.
pub const DELIVERY_HEADER: &str = "reveille-delivery";

/// Posts to webhooks.
#[derive(Clone)]
pub struct Webhook {
    client: HttpsClient,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// Posts through `client`, as [`crate::Clients::https`] makes it.
    pub fn new(client: HttpsClient, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock }
    }
}

#[async_trait]
impl Provider for Webhook {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let body = match &envelope.form {
            Form::Json { body } => body,
            Form::Text | Form::Mail { .. } | Form::Speech { .. } => &envelope.text,
        };
        let delivery = delivery_id(envelope, body);
        let timestamp = self.clock.now().as_second().to_string();
        let mut headers = vec![(DELIVERY_HEADER, delivery.clone()), (TIMESTAMP_HEADER, timestamp.clone())];
        let signature = envelope.secret.as_ref().map(|secret| signature(secret, &timestamp, body));
        headers.extend(signature.map(|signature| (SIGNATURE_HEADER, signature)));
        self.client.post(&envelope.address, &headers, body).await?;
        Ok(Sent { message_id: Some(delivery) })
    }
}

fn signature(secret: &Secret, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("v1={}", hex(&mac.finalize().into_bytes()))
}

/// Made of the page and the words: another attempt at the same page has the same, and the news after it another.
fn delivery_id(envelope: &Envelope, body: &str) -> String {
    let page = envelope.attribution.as_ref().map(|of| of.tags().map(|(_, value)| value).join("/"));
    let digest = Sha256::digest(page.unwrap_or_else(|| body.to_owned()).as_bytes());
    hex(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_makes_of_timestamp_dot_body() {
        // printf '%s' '1767225600.{"version":1}' | openssl dgst -sha256 -hmac 'a secret of thirty-two characters'
        let signed = signature(&Secret::new("a secret of thirty-two characters"), "1767225600", "{\"version\":1}");
        assert_eq!(signed, "v1=21421204e1f13c6aae7cc80b84fedc1cda9fea354ddfb055ab3033d0db064e51");
    }
}
