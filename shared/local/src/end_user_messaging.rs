//! End User Messaging's two calls: a text message or a call goes into the inbox, and what becomes of it is reported as the
//! service does it, over the topic that `notify` listens to.

use std::collections::BTreeMap;
use std::sync::Arc;

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::doubles::Doubles;
use crate::inbox::{Letter, LetterChannel};
use crate::random::random_id;
use crate::reports;

/// `SendVoiceMessage` takes so many characters of SSML.
const SSML_CHARACTERS_MAX: usize = 6_000;
/// `Context` holds at most so many entries.
const CONTEXT_ENTRIES_MAX: usize = 5;

/// Answers one of the two.
pub(crate) fn call(doubles: &Arc<Doubles>, operation: &str, body: &Value) -> Result<Value, Refusal> {
    let number = body["DestinationPhoneNumber"].as_str().unwrap_or_default();
    let text = body["MessageBody"].as_str().unwrap_or_default();
    let is_number = number.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let context = body["Context"].as_object().map_or(0, serde_json::Map::len);
    if !is_number || text.is_empty() || context > CONTEXT_ENTRIES_MAX {
        return Err(Refusal::refused("ValidationException", "the request is not valid"));
    }
    if doubles.faults.refuses(number) {
        let error = Refusal::refused("ConflictException", format!("{number} has opted out"));
        return Err(error.with_reason("DESTINATION_PHONE_NUMBER_OPTED_OUT"));
    }
    let (channel, text, ssml, kinds) = match operation {
        "SendTextMessage" => (LetterChannel::Sms, text.to_owned(), None, ["TEXT_DELIVERED"].as_slice()),
        "SendVoiceMessage" => {
            let is_ssml = body["MessageBodyTextType"] == "SSML";
            if body["OriginationIdentity"].as_str().is_none_or(str::is_empty)
                || is_ssml && (text.chars().count() > SSML_CHARACTERS_MAX || !text.starts_with("<speak>"))
            {
                return Err(Refusal::refused("ValidationException", "the request is not valid"));
            }
            let ssml = is_ssml.then(|| text.to_owned());
            let kinds = ["VOICE_ANSWERED", "VOICE_COMPLETED"].as_slice();
            (LetterChannel::Voice, ssml.as_deref().map_or_else(|| text.to_owned(), spoken), ssml, kinds)
        }
        _ => return Err(Refusal::refused("UnknownOperationException", "no such operation here")),
    };
    let message_id = random_id();
    doubles.inbox.receive(Letter {
        at: doubles.clock.now().to_string(),
        channel,
        to: number.to_owned(),
        subject: None,
        text,
        html: None,
        ssml,
        headers: BTreeMap::new(),
        message_id: message_id.clone(),
    });
    if body["ConfigurationSetName"].is_string() {
        let fate = doubles.faults.fate_of(number);
        let kinds = fate.as_deref().map_or_else(|| kinds.to_vec(), |fate| vec![fate]);
        for kind in kinds {
            reports::tell(doubles, &message_report(doubles, kind, &message_id, body));
        }
    }
    Ok(json!({ "MessageId": message_id }))
}

fn message_report(doubles: &Doubles, kind: &str, message_id: &str, body: &Value) -> Value {
    json!({
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": doubles.clock.now().as_millisecond(),
        "isFinal": true,
        "originationPhoneNumber": body["OriginationIdentity"],
        "destinationPhoneNumber": body["DestinationPhoneNumber"],
        "messageId": message_id,
        "messageType": "TRANSACTIONAL",
        "context": body["Context"],
    })
}

/// SSML as an ear takes it: elements are heard as their words or as silence, and escapes as what they stand for.
fn spoken(ssml: &str) -> String {
    let mut words = String::new();
    for (place, piece) in ssml.split('<').enumerate() {
        let (element, rest) = if place == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        words.push_str(if element.starts_with("break") { "\n" } else { " " });
        words.push_str(rest);
    }
    let said = ["&lt;<", "&gt;>", "&quot;\"", "&apos;'", "&amp;&"];
    let plain = said.iter().fold(words, |words, pair| {
        let (escape, character) = pair.split_at(pair.len() - 1);
        words.replace(escape, character)
    });
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",");
    let lines: Vec<String> = plain.lines().map(line).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn a_call_is_heard_without_its_markup() {
        let ssml = "<speak>Web &lt;down&gt; &amp;lt; <break time=\"9ms\"/> code \
                    <say-as interpret-as=\"characters\">47</say-as> .</speak>";
        assert_eq!(spoken(ssml), "Web <down> &lt;\ncode 47.");
    }
}
