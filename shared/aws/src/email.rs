//! E-mail through SES.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use reveille_engine::port::{Envelope, Provider, SendError, Sent};

use crate::send_failure::send_failure;

/// Errors that another attempt meets again: an address that is not verified, a domain, or an account that is stopped.
const REFUSALS: [&str; 6] = [
    "MessageRejected",
    "MailFromDomainNotVerifiedException",
    "AccountSuspendedException",
    "SendingPausedException",
    "BadRequestException",
    "NotFoundException",
];

/// Sends e-mail.
#[derive(Clone, Debug)]
pub struct SesEmail {
    client: Client,
    from: String,
}

impl SesEmail {
    /// Sends from the address `from` through `client`, as [`crate::Clients::ses`] makes it.
    pub fn new(client: Client, from: impl Into<String>) -> Self {
        let from = from.into();
        Self { client, from }
    }
}

#[async_trait]
impl Provider for SesEmail {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let content = content(envelope).map_err(|_| SendError::Failed("the request could not be made".to_owned()))?;
        let to = Destination::builder().to_addresses(&envelope.address).build();
        let call = self.client.send_email().from_email_address(&self.from);
        match call.destination(to).content(content).send().await {
            Ok(answer) => Ok(Sent { message_id: answer.message_id }),
            Err(error) => Err(send_failure(&error, &REFUSALS)),
        }
    }
}

fn content(envelope: &Envelope) -> Result<EmailContent, BuildError> {
    let text = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let mut body = Body::builder().text(text(&envelope.text)?);
    if let Some(html) = &envelope.html {
        body = body.html(text(html)?);
    }
    let message = Message::builder().subject(text(&envelope.subject)?).body(body.build());
    Ok(EmailContent::builder().simple(message.build()).build())
}
