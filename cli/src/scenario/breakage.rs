//! `fail` and `heal`: what is broken and what works again.

use reveille_domain::{Channel, ChannelKind, ContactAlias};

use super::call::Call;
use super::in_force::{InForce, served_by};
use super::vocabulary::Verb;
use crate::configuration::error::Code;
use crate::configuration::node::{Node, Place, Value};
use crate::configuration::reader::{Fields, Reader};
use crate::world::{Fault, Function, Trouble};

/// What a provider does instead of taking messages, in the words of the file.
const HOW: [(&str, Trouble); 6] = [
    ("fails", Trouble::Fails),
    ("refused", Trouble::Refuses),
    ("refuses", Trouble::Refuses),
    ("opted_out", Trouble::OptedOut),
    ("hangs", Trouble::Hangs),
    ("failed", Trouble::Fails),
];

/// What can fail besides channels.
const PARTS: [(&str, Fault); 9] = [
    ("queues", Fault::Queues),
    ("queue", Fault::Queues),
    ("scheduler", Fault::Schedules),
    ("schedules", Fault::Schedules),
    ("tick", Fault::Tick),
    ("respond", Fault::Function(Function::Respond)),
    ("escalate", Fault::Function(Function::Escalate)),
    ("notify", Fault::Function(Function::Notify)),
    ("runbook", Fault::Function(Function::Runbook)),
];

/// Reads what `fail` breaks or `heal` mends. Nothing named: everything, which only `heal` can mean.
pub(super) fn read(
    reader: &mut Reader,
    call: &Call,
    fields: &Fields<'_>,
    in_force: &InForce<'_>,
) -> Option<Vec<Fault>> {
    let trouble = match fields.get("how") {
        None => Trouble::Fails,
        Some(node) => reader.word(node, "`how`", &HOW)?,
    };
    if let Some(provider) = fields.get("provider") {
        return provided_by(reader, provider, trouble);
    }
    let contact = fields.get("contact");
    match (fields.get("channel"), contact) {
        (Some(node), None) if call.verb == Verb::Heal && says_everything(node, in_force) => Some(Vec::new()),
        (Some(node), contact) => {
            let mut faults = Vec::new();
            for word in words(reader, node)? {
                faults.extend(named(reader, &word, node.at, contact, trouble, in_force)?);
            }
            Some(faults)
        }
        (None, Some(contact)) => everything_of(reader, contact, trouble, in_force),
        (None, None) if call.verb == Verb::Heal => Some(Vec::new()),
        (None, None) => {
            let remedy = "write `fail: sms`, `fail: natsu/sms`, `fail: queues` or the like";
            reader.wrong(call.at, Code::MissingKey, "`fail` does not say what fails", remedy);
            None
        }
    }
}

/// `{ heal: all }`, unless somebody has a channel of this name.
fn says_everything(node: &Node, in_force: &InForce<'_>) -> bool {
    let word = node.scalar().filter(|word| ["all", "everything"].contains(word));
    word.is_some_and(|word| in_force.channels(None, Some(word)).is_empty())
}

fn words(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    if let Value::List(items) = &node.value {
        return items.iter().map(|item| reader.text(item, "a channel").map(str::to_owned)).collect();
    }
    reader.text(node, "`channel`").map(|text| vec![text.to_owned()])
}

/// `queues`, `sms`, `natsu/sms`, `natsu/mail`; and what is no channel of anybody: `sns`, a provider, and `natsu`.
fn named(
    reader: &mut Reader,
    word: &str,
    at: Place,
    contact: Option<&Node>,
    trouble: Trouble,
    in_force: &InForce<'_>,
) -> Option<Vec<Fault>> {
    if let Some((_, fault)) = PARTS.iter().find(|(name, _)| *name == word).filter(|_| contact.is_none()) {
        return Some(vec![fault.clone()]);
    }
    let (contact, channel) = match (word.split_once('/'), contact) {
        (Some((alias, channel)), None) => (Some(in_force.contact_named(reader, alias, at)?), channel),
        (None, Some(node)) => (Some(in_force.contact(reader, node)?), word),
        (None, None) => (None, word),
        (Some(_), Some(_)) => {
            let message = "the contact is named twice";
            reader.wrong(at, Code::Duplicate, message, "write `natsu/sms`, or `contact:` and `channel:`");
            return None;
        }
    };
    if let (None, Some(kind)) = (&contact, ChannelKind::from_name(channel)) {
        return Some(vec![Fault::channel(kind, trouble)]);
    }
    if contact.is_none() && in_force.channels(None, Some(word)).is_empty() {
        if let Some(kinds) = served_by(&word.to_lowercase()) {
            return Some(of_kinds(kinds, trouble));
        }
        if in_force.is_contact(word) {
            let alias = in_force.contact_named(reader, word, at)?;
            return Some(of_channels(in_force, Some(&alias), None, trouble));
        }
    }
    if !in_force.is_channel(reader, contact.as_ref(), channel, at) {
        return None;
    }
    Some(of_channels(in_force, contact.as_ref(), Some(channel), trouble))
}

fn everything_of(reader: &mut Reader, contact: &Node, trouble: Trouble, in_force: &InForce<'_>) -> Option<Vec<Fault>> {
    let alias = in_force.contact(reader, contact)?;
    Some(of_channels(in_force, Some(&alias), None, trouble))
}

/// A fault of each address that is meant.
fn of_channels(
    in_force: &InForce<'_>,
    contact: Option<&ContactAlias>,
    channel: Option<&str>,
    trouble: Trouble,
) -> Vec<Fault> {
    let channels = in_force.channels(contact, channel).into_iter();
    let fault = |(contact, channel): (&ContactAlias, &Channel)| Fault::Channel {
        kind: channel.kind,
        address: in_force.address(contact, channel),
        trouble,
    };
    channels.map(fault).collect()
}

fn of_kinds(kinds: &[ChannelKind], trouble: Trouble) -> Vec<Fault> {
    kinds.iter().map(|kind| Fault::channel(*kind, trouble)).collect()
}

fn provided_by(reader: &mut Reader, node: &Node, trouble: Trouble) -> Option<Vec<Fault>> {
    let written = reader.text(node, "`provider`")?.to_lowercase();
    let kind = ChannelKind::from_name(&written).map(|kind| vec![kind]);
    let kinds = served_by(&written).map(<[ChannelKind]>::to_vec).or(kind);
    if kinds.is_none() {
        let remedy = "write `sns`, `ses` or `end-user-messaging`, or the kind of channel that it serves";
        reader.wrong(node.at, Code::InvalidValue, format!("there is no provider `{written}`"), remedy);
    }
    kinds.map(|kinds| of_kinds(&kinds, trouble))
}
