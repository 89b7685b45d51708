//! SES's one call: it puts an e-mail into the inbox.

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::clock::LocalClock;
use crate::faults::Faults;
use crate::inbox::{Inbox, Letter, LetterChannel};
use crate::random::random_id;
use crate::service::ServiceError;

/// Sends to every recipient.
pub(crate) fn send(inbox: &Inbox, faults: &Faults, clock: &LocalClock, body: &Value) -> Result<Value, ServiceError> {
    let simple = &body["Content"]["Simple"];
    let part = |part: &Value| part["Data"].as_str().map(str::to_owned);
    let to = recipients(&body["Destination"]["ToAddresses"]);
    if to.is_empty() || body["FromEmailAddress"].as_str().is_none_or(str::is_empty) {
        return Err(ServiceError::refused("BadRequestException", "an e-mail has a sender and a recipient"));
    }
    if let Some(address) = to.iter().find(|address| faults.refuses(address)) {
        let message = format!("Email address is not verified: {address}");
        return Err(ServiceError::refused("MessageRejected", message));
    }
    let message_id = random_id();
    for address in to {
        inbox.receive(Letter {
            at: clock.now().to_string(),
            channel: LetterChannel::Email,
            to: address,
            subject: part(&simple["Subject"]),
            text: part(&simple["Body"]["Text"]).unwrap_or_default(),
            html: part(&simple["Body"]["Html"]),
            message_id: message_id.clone(),
        });
    }
    Ok(json!({ "MessageId": message_id }))
}

fn recipients(addresses: &Value) -> Vec<String> {
    let addresses = addresses.as_array().map(Vec::as_slice).unwrap_or_default();
    addresses.iter().filter_map(|address| address.as_str().map(str::to_owned)).collect()
}
