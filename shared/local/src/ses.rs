//! SES's one call: it puts an e-mail into the inbox, and what becomes of it is reported where a configuration set asks for that.

use std::collections::BTreeMap;
use std::sync::Arc;

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::doubles::Doubles;
use crate::inbox::{Letter, LetterChannel};
use crate::random::random_id;
use crate::reports;

/// Sends to every recipient.
pub(crate) fn send(doubles: &Arc<Doubles>, body: &Value) -> Result<Value, Refusal> {
    let simple = &body["Content"]["Simple"];
    let part = |part: &Value| part["Data"].as_str().map(str::to_owned);
    let to = recipients(&body["Destination"]["ToAddresses"]);
    if to.is_empty() || body["FromEmailAddress"].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::refused("BadRequestException", "an e-mail has a sender and a recipient"));
    }
    if let Some(address) = to.iter().find(|address| doubles.faults.refuses(address)) {
        let message = format!("Email address is not verified: {address}");
        return Err(Refusal::refused("MessageRejected", message));
    }
    let tags = tags(&body["EmailTags"])?;
    let message_id = random_id();
    for address in to {
        doubles.inbox.receive(Letter {
            at: doubles.clock.now().to_string(),
            channel: LetterChannel::Email,
            to: address.clone(),
            subject: part(&simple["Subject"]),
            text: part(&simple["Body"]["Text"]).unwrap_or_default(),
            html: part(&simple["Body"]["Html"]),
            ssml: None,
            headers: BTreeMap::new(),
            message_id: message_id.clone(),
        });
        if body["ConfigurationSetName"].is_string() {
            let fate = doubles.faults.fate_of(&address).unwrap_or_else(|| "Delivery".to_owned());
            reports::tell(doubles, &report(doubles, &fate, &message_id, &address, &tags));
        }
    }
    Ok(json!({ "MessageId": message_id }))
}

fn recipients(addresses: &Value) -> Vec<String> {
    let addresses = addresses.as_array().map(Vec::as_slice).unwrap_or_default();
    addresses.iter().filter_map(|address| address.as_str().map(str::to_owned)).collect()
}

/// Tags as SES takes them, and as it writes them into its reports.
fn tags(tags: &Value) -> Result<Value, Refusal> {
    let allowed = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        !text.is_empty() && text.len() <= 256 && text.chars().all(fits)
    };
    let mut read = json!({ "ses:configuration-set": ["reveille"] });
    for tag in tags.as_array().into_iter().flatten() {
        let (name, value) = (tag["Name"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default());
        if !allowed(name) || !allowed(value) {
            return Err(Refusal::refused("BadRequestException", "a tag has letters, digits, - and _ only"));
        }
        read[name] = json!([value]);
    }
    Ok(read)
}

fn report(doubles: &Doubles, fate: &str, message_id: &str, address: &str, tags: &Value) -> Value {
    let at = doubles.clock.now().to_string();
    let (kind, part, said) = match fate {
        "Bounce" | "TransientBounce" => {
            let kind = if fate == "Bounce" { "Permanent" } else { "Transient" };
            let recipients = json!([{ "emailAddress": address, "action": "failed", "status": "5.1.1",
                "diagnosticCode": format!("smtp; 550 5.1.1 <{address}> unknown") }]);
            let said = json!({ "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients,
                "timestamp": at, "feedbackId": random_id() });
            ("Bounce", "bounce", said)
        }
        "Complaint" => {
            let recipients = json!([{ "emailAddress": address }]);
            let said = json!({ "complainedRecipients": recipients, "timestamp": at, "feedbackId": random_id() });
            ("Complaint", "complaint", said)
        }
        "DeliveryDelay" => {
            ("DeliveryDelay", "deliveryDelay", json!({ "timestamp": at, "delayType": "TransientCommunicationFailure" }))
        }
        _ => ("Delivery", "delivery", json!({ "timestamp": at, "recipients": [address] })),
    };
    let mail = json!({ "timestamp": at, "messageId": message_id, "destination": [address], "tags": tags });
    let mut report = json!({ "eventType": kind, "mail": mail });
    report[part] = said;
    report
}
