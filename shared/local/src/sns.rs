//! SNS's one call: it puts a text message into the inbox, or what the operators' topic is told.

use std::collections::BTreeMap;

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::clock::LocalClock;
use crate::faults::Faults;
use crate::inbox::{Inbox, Letter, LetterChannel};
use crate::random::random_id;

/// Publishes the form of a request.
pub(crate) fn publish(
    inbox: &Inbox,
    faults: &Faults,
    clock: &LocalClock,
    form: &BTreeMap<String, String>,
) -> Result<Value, Refusal> {
    let message_id = random_id();
    let answer = json!({ "MessageId": message_id });
    if let Some(topic) = form.get("TopicArn") {
        inbox.receive(Letter {
            at: clock.now().to_string(),
            channel: LetterChannel::Operators,
            to: topic.rsplit(':').next().unwrap_or_default().to_owned(),
            subject: form.get("Subject").cloned(),
            text: form.get("Message").cloned().unwrap_or_default(),
            html: None,
            ssml: None,
            headers: BTreeMap::new(),
            message_id,
        });
        return Ok(answer);
    }
    let number = form.get("PhoneNumber").map(String::as_str).unwrap_or_default();
    let text = form.get("Message").cloned().unwrap_or_default();
    let is_number = number.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_number || text.is_empty() || faults.refuses(number) {
        let message = format!("Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to");
        return Err(Refusal::refused("InvalidParameter", message));
    }
    inbox.receive(Letter {
        at: clock.now().to_string(),
        channel: LetterChannel::Sms,
        to: number.to_owned(),
        subject: None,
        text,
        html: None,
        ssml: None,
        headers: BTreeMap::new(),
        message_id,
    });
    Ok(answer)
}
