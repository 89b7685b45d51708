//! A notice of a few words that belongs to no incident, in the form that each kind of channel carries.

use reveille_domain::ChannelKind;
use serde_json::json;

use super::{escape, html_frame, one_line, slack, speech::Speech, teams};
use crate::port::{Envelope, Form};

/// An envelope with a notice. `subject` is one line, and everything in both is ours.
pub fn plain(kind: ChannelKind, address: String, subject: &str, text: &str) -> Envelope {
    let form = match kind {
        ChannelKind::Sms => Form::Text,
        ChannelKind::Email => Form::Mail { html: html_frame(&format!("<p>{}</p>", escape(text))) },
        ChannelKind::Voice => {
            let mut speech = Speech::default();
            let said = speech.say(text).pause(900).say("I repeat.").pause(400).say(text).pause(400).say("Goodbye.");
            Form::Speech { ssml: said.ssml() }
        }
        ChannelKind::Webhook => {
            let body = json!({ "version": 1, "kind": "notice", "subject": subject, "text": text });
            Form::Json { body: body.to_string() }
        }
        ChannelKind::Slack => Form::Json { body: slack::plain(text).to_string() },
        ChannelKind::Teams => Form::Json { body: teams::plain(subject, text).to_string() },
    };
    Envelope { address, secret: None, subject: one_line(subject), text: text.to_owned(), form, attribution: None }
}
