//! Calls through AWS End User Messaging: it rings, and a voice says the page. It hears nothing.

use async_trait::async_trait;
use aws_sdk_pinpointsmsvoicev2::Client;
use aws_sdk_pinpointsmsvoicev2::operation::send_voice_message::SendVoiceMessageError;
use aws_sdk_pinpointsmsvoicev2::types::{VoiceId, VoiceMessageBodyTextType};
use reveille_engine::port::{Envelope, Form, Provider, SendError, Sent};

use crate::end_user_messaging::{TIME_TO_LIVE_S, context, failure};

/// Calls people.
#[derive(Clone, Debug)]
pub struct EndUserMessagingVoice {
    client: Client,
    configuration_set: Option<String>,
    /// The number that calls. There is no call without one.
    origination: Option<String>,
}

impl EndUserMessagingVoice {
    /// Calls through `client`, as [`crate::Clients::end_user_messaging`] makes it, from a number with the voice capability.
    pub fn new(client: Client, configuration_set: Option<String>, origination: Option<String>) -> Self {
        Self { client, configuration_set, origination }
    }
}

#[async_trait]
impl Provider for EndUserMessagingVoice {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let Some(origination) = &self.origination else {
            let why = "no number to call from: set the template's parameter VoiceOrigination";
            return Err(SendError::Refused(why.to_owned()));
        };
        let (text, kind) = match &envelope.form {
            Form::Speech { ssml } => (ssml, VoiceMessageBodyTextType::Ssml),
            Form::Text | Form::Mail { .. } | Form::Json { .. } => (&envelope.text, VoiceMessageBodyTextType::Text),
        };
        let call = self.client.send_voice_message().destination_phone_number(&envelope.address);
        let call = call
            .origination_identity(origination)
            .message_body(text)
            .message_body_text_type(kind)
            .voice_id(VoiceId::Joanna)
            .time_to_live(TIME_TO_LIVE_S)
            .set_configuration_set_name(self.configuration_set.clone())
            .set_context(context(envelope));
        match call.send().await {
            Ok(answer) => Ok(Sent { message_id: answer.message_id }),
            Err(error) => {
                let conflict = match error.as_service_error() {
                    Some(SendVoiceMessageError::ConflictException(conflict)) => Some(conflict),
                    _ => None,
                };
                Err(failure(&error, conflict))
            }
        }
    }
}
