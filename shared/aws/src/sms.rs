//! Text messages through SNS, to phone numbers directly.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::MessageAttributeValue;
use reveille_domain::Disabled;
use reveille_engine::port::{Envelope, Provider, SendError, Sent};

use crate::send_failure::{send_failure, unusable};

/// Errors that say something about this number or message, or about rights that another attempt does not have either.
const REFUSALS: [&str; 8] = [
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationException",
    "ValidationError",
    "AuthorizationError",
    "AccessDenied",
    "AccessDeniedException",
];
/// Errors that say that the number's owner has answered STOP.
const OPT_OUTS: [&str; 2] = ["OptedOut", "OptedOutException"];

/// Whom a text message is from. Which of the two a country wants, or allows, differs.
#[derive(Clone, Debug, Default)]
pub struct SmsSender {
    /// A number that we own, in E.164.
    pub origination_number: Option<String>,
    /// A name of up to eleven characters.
    pub sender_id: Option<String>,
}

/// Sends text messages.
#[derive(Clone, Debug)]
pub struct SnsSms {
    client: Client,
    sender: SmsSender,
}

impl SmsSender {
    /// What one setting says: a number if it begins with `+`, else a sender id; nothing lets SNS choose.
    pub fn from_origination(setting: Option<String>) -> Self {
        match setting {
            Some(number) if number.starts_with('+') => Self { origination_number: Some(number), sender_id: None },
            sender_id => Self { origination_number: None, sender_id },
        }
    }
}

impl SnsSms {
    /// Sends through `client`, as [`crate::Clients::sns`] makes it: one attempt, a bounded time.
    pub fn new(client: Client, sender: SmsSender) -> Self {
        Self { client, sender }
    }
}

#[async_trait]
impl Provider for SnsSms {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let mut call = self.client.publish().phone_number(&envelope.address).message(&envelope.text);
        // Promotional messages wait, and stop at night in some countries.
        let attributes = [
            ("AWS.SNS.SMS.SMSType", Some("Transactional")),
            ("AWS.MM.SMS.OriginationNumber", self.sender.origination_number.as_deref()),
            ("AWS.SNS.SMS.SenderID", self.sender.sender_id.as_deref()),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                call = call.message_attributes(name, text_attribute(value)?);
            }
        }
        match call.send().await {
            Ok(answer) => Ok(Sent { message_id: answer.message_id }),
            Err(error) if error.code().is_some_and(|code| OPT_OUTS.contains(&code)) => {
                Err(unusable(&error, Disabled::OptedOut))
            }
            Err(error) => Err(send_failure(&error, &REFUSALS)),
        }
    }
}

fn text_attribute(value: &str) -> Result<MessageAttributeValue, SendError> {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(value);
    attribute.build().map_err(|_| SendError::Failed("the request could not be made".to_owned()))
}
