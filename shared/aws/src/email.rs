//! E-mail through SES.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use reveille_engine::port::{Envelope, Form, Provider, SendError, Sent};

use crate::send_failure::send_failure;

/// Errors that another attempt meets again: an address that is not verified, a domain, an account that is stopped, or rights that
/// are missing.
const REFUSALS: [&str; 7] = [
    "AccessDeniedException",
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
    configuration_set: Option<String>,
}

impl SesEmail {
    /// Sends from the address `from` through `client`, as [`crate::Clients::ses`] makes it.
    pub fn new(client: Client, from: impl Into<String>) -> Self {
        let from = from.into();
        Self { client, from, configuration_set: None }
    }

    /// The same with a configuration set, which says where SES reports what becomes of a mail.
    #[must_use]
    pub fn reporting_by(self, configuration_set: Option<String>) -> Self {
        Self { configuration_set, ..self }
    }
}

#[async_trait]
impl Provider for SesEmail {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let unmade = |_| SendError::Failed("the request could not be made".to_owned());
        let content = content(envelope).map_err(unmade)?;
        let tags = tags(envelope).map_err(unmade)?;
        let to = Destination::builder().to_addresses(&envelope.address).build();
        let call = self.client.send_email().from_email_address(&self.from);
        let call = call.set_configuration_set_name(self.configuration_set.clone()).set_email_tags(tags);
        match call.destination(to).content(content).send().await {
            Ok(answer) => Ok(Sent { message_id: answer.message_id }),
            Err(error) => Err(send_failure(&error, &REFUSALS)),
        }
    }
}

fn content(envelope: &Envelope) -> Result<EmailContent, BuildError> {
    let text = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let mut body = Body::builder().text(text(&envelope.text)?);
    match &envelope.form {
        Form::Mail { html } => body = body.html(text(html)?),
        Form::Text | Form::Speech { .. } | Form::Json { .. } => {}
    }
    let message = Message::builder().subject(text(&envelope.subject)?).body(body.build());
    Ok(EmailContent::builder().simple(message.build()).build())
}

/// What SES gives back in its reports.
fn tags(envelope: &Envelope) -> Result<Option<Vec<MessageTag>>, BuildError> {
    let tags = envelope.attribution.as_ref().map(|attribution| {
        let tag = |(name, value)| MessageTag::builder().name(name).value(value).build();
        attribution.tags().into_iter().map(tag).collect()
    });
    tags.transpose()
}
