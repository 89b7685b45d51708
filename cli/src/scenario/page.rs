//! Pages: those that left, and those that a script expects.

use std::collections::BTreeMap;
use std::fmt;

use reveille_domain::ContactAlias;

use super::in_force::InForce;
use super::limits::TIMES;
use super::vocabulary::PAGE;
use crate::configuration::error::Code;
use crate::configuration::node::{Entry, Node, Place, Value};
use crate::configuration::reader::{Fields, Reader};
use crate::world::Delivery;

/// What is expected of a contact.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExpectedPage {
    contact: ContactAlias,
    /// A kind of channel or the id of one; `None`: on whichever, and however often.
    channel: Option<String>,
    /// The name of the signal whose incident it is about; `None`: any.
    incident: Option<String>,
}

/// A message that a provider took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub(super) delivery: Delivery,
    /// The names of the signals of its incident.
    pub(super) incident: Vec<String>,
}

/// Reads a list of pages in any of its forms.
pub(super) fn read(reader: &mut Reader, node: &Node, in_force: &InForce) -> Option<Vec<ExpectedPage>> {
    match &node.value {
        Value::List(items) => {
            let lists: Vec<_> = items.iter().map(|item| one(reader, item, in_force)).collect();
            lists.into_iter().collect::<Option<Vec<_>>>().map(|lists| lists.concat())
        }
        Value::Text(text) if NOBODY.contains(&text.as_str()) => Some(Vec::new()),
        Value::Text(text) => {
            let words = text.split([',', ' ']).filter(|word| !word.is_empty());
            words.map(|word| named(reader, word, node.at, in_force)).collect()
        }
        Value::Mapping(_) => one(reader, node, in_force),
        Value::Empty | Value::Flag(_) | Value::Number(_) => {
            let message = format!("the expected pages must be a list, not {}", node.kind());
            reader.wrong(node.at, Code::WrongType, message, FORMS);
            None
        }
    }
}

/// Words that mean that nobody is paged.
const NOBODY: [&str; 3] = ["none", "nobody", "nothing"];

const FORMS: &str =
    "write a list: [natsu/sms, natsu/email], [{ contact: natsu, channel: sms }], [natsu], or [] for nobody";

fn one(reader: &mut Reader, item: &Node, in_force: &InForce) -> Option<Vec<ExpectedPage>> {
    match &item.value {
        Value::Text(text) => Some(vec![named(reader, text.trim(), item.at, in_force)?]),
        Value::Mapping(entries) if entries.iter().any(|entry| entry.key.scalar() == Some("contact")) => {
            let fields = reader.fields(item, "an expected page", &PAGE)?;
            written_out(reader, &fields, in_force)
        }
        Value::Mapping(entries) => by_contact(reader, entries, in_force),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::List(_) => {
            reader.wrong(item.at, Code::WrongType, format!("a page cannot be {}", item.kind()), FORMS);
            None
        }
    }
}

/// `natsu` or `natsu/sms`.
fn named(reader: &mut Reader, text: &str, at: Place, in_force: &InForce) -> Option<ExpectedPage> {
    let (alias, channel) = match text.split_once(['/', ':']) {
        Some((alias, channel)) => (alias.trim(), Some(channel.trim())),
        None => (text, None),
    };
    let contact = in_force.contact_named(reader, alias, at)?;
    let known = channel.is_none_or(|channel| in_force.is_channel(reader, Some(&contact), channel, at));
    known.then(|| ExpectedPage { contact, channel: channel.map(str::to_owned), incident: None })
}

/// `{ natsu: sms, bob: [sms, email] }`.
fn by_contact(reader: &mut Reader, entries: &[Entry], in_force: &InForce) -> Option<Vec<ExpectedPage>> {
    let mut pages = Vec::new();
    for Entry { key, value } in entries {
        let contact = in_force.contact(reader, key)?;
        for channel in channels(reader, value, &contact, in_force)? {
            pages.push(ExpectedPage { contact: contact.clone(), channel: Some(channel), incident: None });
        }
    }
    Some(pages)
}

/// `{ contact: natsu, channel: sms }`, with `channels`, `incident` and `times`.
fn written_out(reader: &mut Reader, fields: &Fields<'_>, in_force: &InForce) -> Option<Vec<ExpectedPage>> {
    let node = reader.required(fields, "contact", "say who is paged")?;
    let contact = in_force.contact(reader, node)?;
    let channels = match fields.get("channel").or_else(|| fields.get("channels")) {
        None => vec![None],
        Some(node) => channels(reader, node, &contact, in_force)?.into_iter().map(Some).collect(),
    };
    let incident = super::answer::incident(reader, fields)?;
    let times = match fields.get("times") {
        None => 1,
        Some(node) => reader.number(node, "`times`", TIMES)?,
    };
    let page = |channel: &Option<String>| ExpectedPage {
        contact: contact.clone(),
        channel: channel.clone(),
        incident: incident.clone(),
    };
    Some((0..times).flat_map(|_| channels.iter().map(page)).collect())
}

fn channels(reader: &mut Reader, node: &Node, contact: &ContactAlias, in_force: &InForce) -> Option<Vec<String>> {
    let nodes = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Mapping(_) => {
            std::slice::from_ref(node)
        }
    };
    let mut words = Vec::new();
    for node in nodes {
        let word = reader.text(node, "a channel")?;
        if !in_force.is_channel(reader, Some(contact), word, node.at) {
            return None;
        }
        words.push(word.to_owned());
    }
    Some(words)
}

/// What is missing and what is too much; both empty where the pages are exactly the expected ones.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    pub(super) missing: Vec<String>,
    pub(super) unexpected: Vec<String>,
}

/// Compares as multisets. A page that is expected with its channel takes one that left; then a contact who is expected by
/// name alone takes all of theirs that are left, at least one. Named alone several times, they were paged that often: on
/// so many channels, or at so many instants.
pub(super) fn difference(expected: &[ExpectedPage], found: &[Page]) -> Difference {
    let mut left: Vec<&Page> = found.iter().collect();
    let mut missing = Vec::new();
    for page in expected.iter().filter(|page| page.channel.is_some()) {
        match left.iter().position(|found| page.fits(found)) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(page.to_string()),
        }
    }
    let mut people: BTreeMap<(&ContactAlias, &Option<String>), usize> = BTreeMap::new();
    for page in expected.iter().filter(|page| page.channel.is_none()) {
        *people.entry((&page.contact, &page.incident)).or_default() += 1;
    }
    for ((contact, incident), times) in people {
        let person = ExpectedPage { contact: contact.clone(), channel: None, incident: incident.clone() };
        let (theirs, others): (Vec<&Page>, Vec<&Page>) = left.into_iter().partition(|found| person.fits(found));
        left = others;
        let mut instants: Vec<_> = theirs.iter().map(|page| page.delivery.at).collect();
        instants.dedup();
        let enough = match times {
            1 => !theirs.is_empty(),
            times => [theirs.len(), instants.len()].contains(&times),
        };
        if !enough {
            let lacking = times.saturating_sub(instants.len());
            missing.extend((0..lacking).map(|_| person.to_string()));
            left.extend(theirs.iter().skip(times).copied());
        }
    }
    Difference { missing, unexpected: left.iter().map(ToString::to_string).collect() }
}

impl Difference {
    /// Whether there is none.
    pub(super) fn is_none(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

impl ExpectedPage {
    fn fits(&self, page: &Page) -> bool {
        let delivery = &page.delivery;
        let channel = self.channel.as_deref();
        self.contact == delivery.contact
            && channel.is_none_or(|word| word == delivery.kind || word == delivery.channel.as_str())
            && self.incident.as_ref().is_none_or(|name| page.incident.contains(name))
    }
}

impl fmt::Display for ExpectedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Some(channel) => write!(f, "{}/{channel}", self.contact)?,
            None => write!(f, "{}", self.contact)?,
        }
        match &self.incident {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.delivery.contact, self.delivery.kind)
    }
}

/// Pages in one line.
pub(super) fn listed<P: ToString>(pages: &[P]) -> String {
    if pages.is_empty() {
        return "nobody".to_owned();
    }
    pages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
