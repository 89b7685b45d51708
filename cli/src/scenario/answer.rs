//! What people do: they press the buttons behind their links, reply to a text message, or ask the operator's tools.

use reveille_domain::ContactAlias;

use super::call::Call;
use super::in_force::InForce;
use super::vocabulary::Verb;
use crate::configuration::error::Code;
use crate::configuration::reader::{Fields, Reader};

/// One deed of a person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// What they do.
    pub(super) deed: Deed,
    /// Who; `None`: whoever was paged last, or the operator where a contact is not needed.
    pub(super) by: Option<ContactAlias>,
    /// On which channel they were reached: a kind, or the id of one.
    pub(super) channel: Option<String>,
    /// About which incident, by the name of its signal; `None`: the one of the newest page, or the newest.
    pub(super) incident: Option<String>,
}

/// What a person does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// Follows the link and presses nothing, as a mail scanner does.
    Open,
    /// Presses the big button.
    Acknowledge,
    /// Presses the other one; without a contact, an operator ends the incident.
    Resolve,
    /// Sends a text message.
    Reply(String),
}

/// Reads the parameters of a verb that a person does.
pub(super) fn read(reader: &mut Reader, call: &Call, fields: &Fields<'_>, in_force: &InForce<'_>) -> Option<Answer> {
    let deed = match call.verb {
        Verb::Open => Deed::Open,
        Verb::Ack => Deed::Acknowledge,
        Verb::Resolve => Deed::Resolve,
        Verb::Reply => {
            let node = reader.required(fields, "text", "write what they reply: `{ reply: ack, contact: natsu }`")?;
            Deed::Reply(reader.text(node, "a reply")?.to_owned())
        }
        Verb::Escalate | Verb::Snooze | Verb::Reassign | Verb::Engage => {
            reader.not_yet(call.at, &format!("`{}`", call.verb.name()), "let somebody answer, or time pass");
            return None;
        }
        Verb::Signal | Verb::Recover | Verb::Fail | Verb::Heal | Verb::Apply | Verb::Expect | Verb::Wait => {
            return None;
        }
    };
    let by = person(reader, fields, in_force)?;
    let channel = match fields.get("channel").or_else(|| fields.get("via")) {
        None => None,
        Some(node) => {
            let word = reader.text(node, "`channel`")?;
            in_force.is_channel(reader, by.as_ref(), word, node.at).then(|| word.to_owned())
        }
    };
    Some(Answer { deed, by, channel, incident: incident(reader, fields)? })
}

/// The contact who does it, under whichever of its names the parameter goes.
fn person(reader: &mut Reader, fields: &Fields<'_>, in_force: &InForce<'_>) -> Option<Option<ContactAlias>> {
    let named: Vec<_> = ["contact", "by", "from"].into_iter().filter_map(|key| fields.get(key)).collect();
    match named.as_slice() {
        [] => Some(None),
        [node] => in_force.contact(reader, node).map(Some),
        [_, again, ..] => {
            reader.wrong(again.at, Code::Duplicate, "whoever does it is named twice", "leave one of the names");
            None
        }
    }
}

/// The name of the signal whose incident is meant.
pub(super) fn incident(reader: &mut Reader, fields: &Fields<'_>) -> Option<Option<String>> {
    match fields.get("incident") {
        None => Some(None),
        Some(node) => reader.text(node, "`incident`").map(|name| Some(name.to_owned())),
    }
}

impl Answer {
    /// What a transcript says of it.
    pub(super) fn words(&self) -> String {
        let who = self.by.as_ref().map_or("somebody", ContactAlias::as_str);
        let about = self.incident.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        match (&self.deed, &self.by) {
            (Deed::Open, _) => format!("{who} opens the link{about}"),
            (Deed::Acknowledge, _) => format!("{who} acknowledges{about}"),
            (Deed::Resolve, Some(who)) => format!("{who} resolves{about}"),
            (Deed::Resolve, None) => format!("an operator resolves{about}"),
            (Deed::Reply(text), _) => format!("{who} replies `{text}`{about}"),
        }
    }
}
