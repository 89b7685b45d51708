//! Text messages through AWS End User Messaging, which reports what becomes of them.

use async_trait::async_trait;
use aws_sdk_pinpointsmsvoicev2::Client;
use aws_sdk_pinpointsmsvoicev2::operation::send_text_message::SendTextMessageError;
use aws_sdk_pinpointsmsvoicev2::types::MessageType;
use reveille_engine::port::{Envelope, Provider, SendError, Sent};

use crate::end_user_messaging::{TIME_TO_LIVE_S, context, failure};

/// Sends text messages.
#[derive(Clone, Debug)]
pub struct EndUserMessagingSms {
    client: Client,
    configuration_set: Option<String>,
    origination: Option<String>,
}

impl EndUserMessagingSms {
    /// Sends through `client`, as [`crate::Clients::end_user_messaging`] makes it. The configuration set says where reports go;
    /// the origination is a number, a sender id, a pool or the ARN of one of them; none leaves the choice to the service.
    pub fn new(client: Client, configuration_set: Option<String>, origination: Option<String>) -> Self {
        Self { client, configuration_set, origination }
    }
}

#[async_trait]
impl Provider for EndUserMessagingSms {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let call = self.client.send_text_message().destination_phone_number(&envelope.address);
        let call = call
            .message_body(&envelope.text)
            .message_type(MessageType::Transactional)
            .time_to_live(TIME_TO_LIVE_S)
            .set_origination_identity(self.origination.clone())
            .set_configuration_set_name(self.configuration_set.clone())
            .set_context(context(envelope));
        match call.send().await {
            Ok(answer) => Ok(Sent { message_id: answer.message_id }),
            Err(error) => {
                let conflict = match error.as_service_error() {
                    Some(SendTextMessageError::ConflictException(conflict)) => Some(conflict),
                    _ => None,
                };
                Err(failure(&error, conflict))
            }
        }
    }
}
