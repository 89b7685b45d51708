//! What a step does, in whichever of its forms it is written: one verb, and a mapping of its parameters.
//!
//! `{ do: ack, contact: natsu }`, `{ do: { ack: natsu } }`, `{ do: { ack: { contact: natsu } } }` and `{ do: ack natsu }`
//! are the same call.

use super::vocabulary::Verb;
use crate::configuration::error::Code;
use crate::configuration::keys::listed;
use crate::configuration::node::{Entry, Node, Place, Value};
use crate::configuration::reader::Reader;
use crate::unknown_name::did_you_mean;

/// One verb with its parameters by name.
pub(super) struct Call {
    pub(super) verb: Verb,
    /// Where the verb stands.
    pub(super) at: Place,
    /// A mapping, however it was written.
    pub(super) parameters: Node,
}

/// Reads the calls of a step: the value of `do`, and the entries that stand beside it.
pub(super) fn read(reader: &mut Reader, done: &Node, beside: Vec<Entry>) -> Vec<Call> {
    match &done.value {
        Value::List(items) if beside.is_empty() => {
            items.iter().filter_map(|item| one(reader, item, Vec::new())).collect()
        }
        Value::List(_) => {
            let message = "what stands beside a `do` with several verbs belongs to none of them";
            reader.wrong(
                done.at,
                Code::InvalidValue,
                message,
                "put each parameter inside of its verb: `- { ack: natsu }`",
            );
            Vec::new()
        }
        Value::Text(_) | Value::Flag(_) | Value::Number(_) | Value::Mapping(_) | Value::Empty => {
            one(reader, done, beside).into_iter().collect()
        }
    }
}

fn one(reader: &mut Reader, done: &Node, beside: Vec<Entry>) -> Option<Call> {
    match &done.value {
        Value::Mapping(entries) => in_mapping(reader, done, entries, beside),
        Value::Text(text) => in_words(reader, done, text, beside),
        Value::Flag(_) | Value::Number(_) | Value::List(_) | Value::Empty => {
            let message = format!("`do` must be a verb, not {}", done.kind());
            reader.wrong(done.at, Code::WrongType, message, remedy());
            None
        }
    }
}

/// `{ ack: natsu }`: one key is the verb, the others are parameters.
fn in_mapping(reader: &mut Reader, done: &Node, entries: &[Entry], mut beside: Vec<Entry>) -> Option<Call> {
    let is_verb = |entry: &&Entry| entry.key.scalar().and_then(Verb::from_name).is_some();
    let Some(spoken) = entries.iter().find(is_verb) else {
        let (at, written) = entries.first().map_or((done.at, ""), |e| (e.key.at, e.key.scalar().unwrap_or_default()));
        return unknown(reader, at, written);
    };
    let verb = spoken.key.scalar().and_then(Verb::from_name)?;
    beside.extend(entries.iter().filter(|entry| !std::ptr::eq(*entry, spoken)).cloned());
    let argument = Some(&spoken.value).filter(|argument| !argument.is_empty());
    call(reader, verb, spoken.key.at, argument, beside)
}

/// `ack natsu`: the first word is the verb.
fn in_words(reader: &mut Reader, done: &Node, text: &str, beside: Vec<Entry>) -> Option<Call> {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let Some(verb) = Verb::from_name(word) else {
        return unknown(reader, done.at, word);
    };
    let argument = Node { value: Value::Text(rest.trim().to_owned()), ..done.clone() };
    call(reader, verb, done.at, (!rest.trim().is_empty()).then_some(&argument), beside)
}

fn call(
    reader: &mut Reader,
    verb: Verb,
    at: Place,
    argument: Option<&Node>,
    mut parameters: Vec<Entry>,
) -> Option<Call> {
    match argument.map(|argument| (argument, &argument.value)) {
        None => {}
        Some((_, Value::Mapping(entries))) if verb != Verb::Apply || has_config(entries) => {
            parameters.extend(entries.iter().cloned());
        }
        Some((argument, _)) => {
            let stands_beside = |name: &str| parameters.iter().any(|entry| entry.key.scalar() == Some(name));
            let bare = match verb.bare_parameter() {
                // `{ snooze: natsu, for: 30m }`: for how long stands beside, so this is who.
                Some("for") if stands_beside("for") => Some("contact"),
                bare => bare,
            };
            let Some(name) = bare else {
                let message = format!("`{}` takes nothing", verb.name());
                reader.wrong(argument.at, Code::InvalidValue, message, format!("write `do: {}`", verb.name()));
                return None;
            };
            let key = Node { at: argument.at, value: Value::Text(name.to_owned()), bytes: argument.bytes.clone() };
            parameters.push(Entry { key, value: argument.clone() });
        }
    }
    Some(Call { verb, at, parameters: Node { at, value: Value::Mapping(parameters), bytes: 0..0 } })
}

/// A configuration is a mapping itself: what stands behind `apply` is one, unless it names one.
fn has_config(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.key.scalar() == Some("config"))
}

fn unknown(reader: &mut Reader, at: Place, written: &str) -> Option<Call> {
    let remedy = did_you_mean(written, Verb::ALL.map(Verb::name)).unwrap_or_else(remedy);
    let message =
        if written.is_empty() { "`do` has no verb".to_owned() } else { format!("there is no verb `{written}`") };
    reader.wrong(at, Code::InvalidValue, message, remedy);
    None
}

fn remedy() -> String {
    format!("write one of {}", listed(Verb::ALL.map(Verb::name)))
}
