//! What people do: they press the buttons behind their links, reply to a text message, or ask the operator's tools.

use reveille_domain::limits::SNOOZE_MINUTES_MAX;
use reveille_domain::{ContactAlias, Engage};

use super::call::Call;
use super::in_force::InForce;
use super::moment;
use super::vocabulary::Verb;
use crate::configuration::error::Code;
use crate::configuration::node::Node;
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
    /// Has it for so many minutes.
    Snooze(u32),
    /// Wants the next stage now.
    Escalate,
    /// Gives it to somebody else.
    Reassign(Engage),
    /// Asks somebody beside those who are asked.
    Engage(Engage),
}

/// Reads the parameters of a verb that a person does.
pub(super) fn read(reader: &mut Reader, call: &Call, fields: &Fields<'_>, in_force: &InForce<'_>) -> Option<Answer> {
    let mut named = &["contact", "by", "from"][..];
    let mut spoken = None;
    let deed = match call.verb {
        Verb::Open => Deed::Open,
        Verb::Ack => Deed::Acknowledge,
        Verb::Resolve => Deed::Resolve,
        Verb::Reply => {
            let node = reader.required(fields, "text", "write what they reply: `{ reply: ack, contact: natsu }`")?;
            let sender = named.iter().find_map(|key| fields.get(key));
            let (sender, text) = reply(reader, node, sender, in_force)?;
            spoken = sender;
            Deed::Reply(text)
        }
        Verb::Escalate => Deed::Escalate,
        Verb::Snooze => Deed::Snooze(minutes(reader, call, fields, in_force, &mut named)?),
        Verb::Reassign | Verb::Engage => {
            let target = fields.get("to").or_else(|| fields.get("contact"));
            let remedy = format!("write `{{ {}: zeref }}`", call.verb.name());
            let Some(node) = target else {
                let message = format!("`{}` does not say whom to ask", call.verb.name());
                reader.wrong(call.at, Code::MissingKey, message, remedy);
                return None;
            };
            named = if fields.get("to").is_some() { named } else { &named[1..] };
            let target = in_force.target(reader, node)?;
            if call.verb == Verb::Reassign { Deed::Reassign(target) } else { Deed::Engage(target) }
        }
        Verb::Signal | Verb::Recover | Verb::Fail | Verb::Heal | Verb::Apply | Verb::Expect | Verb::Wait => {
            return None;
        }
    };
    let by = spoken.or(person(reader, fields, named, in_force)?);
    let channel = match fields.get("channel").or_else(|| fields.get("via")) {
        None => None,
        Some(node) => {
            let word = reader.text(node, "`channel`")?;
            in_force.is_channel(reader, by.as_ref(), word, node.at).then(|| word.to_owned())
        }
    };
    Some(Answer { deed, by, channel, incident: incident(reader, fields)? })
}

/// What is replied, and by whom where the text says it: `natsu: ACK` or `natsu ACK`. Where nothing says it, it is whoever was asked
/// last: a phone that has just buzzed is the one that is answered.
fn reply(
    reader: &mut Reader,
    node: &Node,
    sender: Option<&Node>,
    in_force: &InForce<'_>,
) -> Option<(Option<ContactAlias>, String)> {
    let text = reader.text(node, "a reply")?;
    if sender.is_some() {
        return Some((None, text.to_owned()));
    }
    let named = text.split_once(':').filter(|(alias, _)| !alias.trim().contains(char::is_whitespace));
    let spoken = text.split_once(' ').filter(|(alias, _)| in_force.is_contact(alias));
    let Some((alias, said)) = named.or(spoken) else {
        return Some((None, text.to_owned()));
    };
    let contact = in_force.contact_named(reader, alias.trim(), node.at)?;
    Some((Some(contact), said.trim().to_owned()))
}

/// For how long somebody has it. `{ snooze: natsu, minutes: 10 }` names the contact where the time would stand.
fn minutes(
    reader: &mut Reader,
    call: &Call,
    fields: &Fields<'_>,
    in_force: &InForce<'_>,
    named: &mut &[&'static str],
) -> Option<u32> {
    const FORM: &str = "write `{ snooze: 10m, contact: natsu }`";
    let is_contact = fields.get("for").and_then(Node::scalar).is_some_and(|word| in_force.is_contact(word));
    if is_contact {
        *named = &["for", "contact", "by"];
    }
    if let Some(node) = fields.get("minutes") {
        return reader.number(node, "`minutes`", 1..=SNOOZE_MINUTES_MAX);
    }
    let Some(node) = fields.get("for").filter(|_| !is_contact) else {
        reader.wrong(call.at, Code::MissingKey, "`snooze` does not say for how long", FORM);
        return None;
    };
    let duration = moment::duration(reader, node, "`for`")?;
    // A plan counts whole minutes; a part of one is one more.
    let minutes = u32::try_from(duration.as_secs().saturating_add(59) / 60).unwrap_or(u32::MAX);
    if !(1..=SNOOZE_MINUTES_MAX).contains(&minutes) {
        let message = format!("somebody can have it for 1 to {SNOOZE_MINUTES_MAX} minutes");
        reader.wrong(node.at, Code::OutOfRange, message, FORM);
        return None;
    }
    Some(minutes)
}

/// The contact who does it, under whichever of its names the parameter goes.
fn person(
    reader: &mut Reader,
    fields: &Fields<'_>,
    names: &[&str],
    in_force: &InForce<'_>,
) -> Option<Option<ContactAlias>> {
    let named: Vec<_> = names.iter().filter_map(|key| fields.get(key)).collect();
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
        let operator = matches!(self.deed, Deed::Resolve | Deed::Escalate | Deed::Reassign(_) | Deed::Engage(_));
        let nobody = if operator { "an operator" } else { "somebody" };
        let who = self.by.as_ref().map_or(nobody, ContactAlias::as_str);
        let does = match &self.deed {
            Deed::Open => "opens the link".to_owned(),
            Deed::Acknowledge => "acknowledges".to_owned(),
            Deed::Resolve => "resolves".to_owned(),
            Deed::Reply(text) => format!("replies `{text}`"),
            Deed::Snooze(minutes) => format!("has it for {minutes} minutes"),
            Deed::Escalate => "wants the next stage now".to_owned(),
            Deed::Reassign(to) => format!("gives it to {}", name_of(to)),
            Deed::Engage(target) => format!("asks {} as well", name_of(target)),
        };
        let about = self.incident.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{who} {does}{about}")
    }
}

fn name_of(target: &Engage) -> &str {
    match target {
        Engage::Contact(alias) => alias.as_str(),
        Engage::EscalationPlan(alias) => alias.as_str(),
        Engage::Schedule(alias) => alias.as_str(),
    }
}
