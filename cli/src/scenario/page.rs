//! Pages: those that left, and those that a script expects.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use reveille_domain::ContactAlias;

use super::in_force::InForce;
use super::limits::TIMES;
use super::vocabulary::PAGE;
use crate::configuration::error::Code;
use crate::configuration::node::{Entry, Node, Place, Value};
use crate::configuration::reader::{Fields, Reader};
use crate::world::Delivery;

/// What is expected of a contact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ExpectedPage {
    contact: ContactAlias,
    /// A kind of channel or the id of one; `None`: on whichever, and however often.
    channel: Option<String>,
    /// When it left; `None`: at any time.
    at: Option<Timestamp>,
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

/// The pages that are expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpectedPages {
    /// Exactly these.
    These(Vec<ExpectedPage>),
    /// So many.
    Count(u32),
}

/// Reads the expected pages in any of their forms.
pub(super) fn read(reader: &mut Reader, node: &Node, in_force: &InForce<'_>) -> Option<ExpectedPages> {
    match &node.value {
        Value::Number(_) => reader.number(node, "the count of pages", TIMES).map(ExpectedPages::Count),
        Value::Empty | Value::Flag(_) | Value::Text(_) | Value::List(_) | Value::Mapping(_) => {
            these(reader, node, in_force).map(ExpectedPages::These)
        }
    }
}

fn these(reader: &mut Reader, node: &Node, in_force: &InForce<'_>) -> Option<Vec<ExpectedPage>> {
    match &node.value {
        Value::List(items) => {
            let lists: Vec<_> = items.iter().map(|item| one(reader, item, in_force)).collect();
            lists.into_iter().collect::<Option<Vec<_>>>().map(|lists| lists.concat())
        }
        Value::Text(text) if NOBODY.contains(&text.as_str()) => Some(Vec::new()),
        Value::Text(text) => {
            let pages = text.split(',').map(str::trim).filter(|page| !page.is_empty());
            pages.map(|page| named(reader, page, node.at, in_force)).collect()
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

fn one(reader: &mut Reader, item: &Node, in_force: &InForce<'_>) -> Option<Vec<ExpectedPage>> {
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

/// `natsu`, `natsu/sms`, `natsu sms`, `natsu by sms`; or the other way round, as `sms:natsu`.
fn named(reader: &mut Reader, text: &str, at: Place, in_force: &InForce<'_>) -> Option<ExpectedPage> {
    let (first, second) = match text.split_once(|c: char| c == '/' || c == ':' || c.is_whitespace()) {
        Some((first, second)) => (first.trim(), Some(without_by(second.trim()))),
        None => (text, None),
    };
    let (alias, channel) = match second {
        Some(second) if !in_force.is_contact(first) && in_force.is_contact(second) => (second, Some(first)),
        Some(_) | None => (first, second),
    };
    let contact = in_force.contact_named(reader, alias, at)?;
    let known = channel.is_none_or(|channel| in_force.is_channel(reader, Some(&contact), channel, at));
    known.then(|| ExpectedPage { channel: channel.map(str::to_owned), ..ExpectedPage::of(contact) })
}

/// What stands behind the word that joins a contact and a channel in a sentence.
fn without_by(text: &str) -> &str {
    let behind = ["by ", "via ", "on "].into_iter().find_map(|word| text.strip_prefix(word));
    behind.map_or(text, str::trim_start)
}

/// `{ natsu: sms, bob: [sms, email] }`.
fn by_contact(reader: &mut Reader, entries: &[Entry], in_force: &InForce<'_>) -> Option<Vec<ExpectedPage>> {
    let mut pages = Vec::new();
    for Entry { key, value } in entries {
        let contact = in_force.contact(reader, key)?;
        for channel in channels(reader, value, &contact, in_force)? {
            pages.push(ExpectedPage { channel: Some(channel), ..ExpectedPage::of(contact.clone()) });
        }
    }
    Some(pages)
}

/// `{ contact: natsu, channel: sms }`, with `channels`, `at`, `incident` and `times`.
fn written_out(reader: &mut Reader, fields: &Fields<'_>, in_force: &InForce<'_>) -> Option<Vec<ExpectedPage>> {
    let node = reader.required(fields, "contact", "say who is paged")?;
    let contact = in_force.contact(reader, node)?;
    let channel = ["channel", "channels", "via"].into_iter().find_map(|key| fields.get(key));
    let at = match fields.get("at") {
        None => None,
        Some(node) => Some(in_force.at(reader, node)?),
    };
    let channels = match channel {
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
        at,
        incident: incident.clone(),
    };
    Some((0..times).flat_map(|_| channels.iter().map(page)).collect())
}

fn channels(reader: &mut Reader, node: &Node, contact: &ContactAlias, in_force: &InForce<'_>) -> Option<Vec<String>> {
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

impl ExpectedPages {
    /// What is missing and what is too much among those that left.
    pub(super) fn difference(&self, found: &[Page]) -> Difference {
        match self {
            ExpectedPages::These(expected) => difference(expected, found),
            ExpectedPages::Count(count) if usize::try_from(*count) == Ok(found.len()) => Difference::default(),
            ExpectedPages::Count(_) => Difference { is_count: true, ..Difference::default() },
        }
    }
}

impl fmt::Display for ExpectedPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpectedPages::These(pages) => f.write_str(&listed(pages)),
            ExpectedPages::Count(count) => write!(f, "{count} messages"),
        }
    }
}

/// What is missing and what is too much; both empty where the pages are exactly the expected ones.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    pub(super) missing: Vec<String>,
    pub(super) unexpected: Vec<String>,
    /// Only their count is wrong.
    is_count: bool,
}

/// Compares as multisets. A page that is expected with its channel takes one that left; then a contact who is expected by
/// name alone takes all of theirs that are left, at least one. Named alone several times, they were paged that often: on
/// so many channels, or at so many instants.
fn difference(expected: &[ExpectedPage], found: &[Page]) -> Difference {
    let mut left: Vec<&Page> = found.iter().collect();
    let mut missing = Vec::new();
    for page in expected.iter().filter(|page| page.channel.is_some()) {
        match left.iter().position(|found| page.fits(found)) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(page.to_string()),
        }
    }
    let mut people: BTreeMap<&ExpectedPage, usize> = BTreeMap::new();
    for person in expected.iter().filter(|page| page.channel.is_none()) {
        *people.entry(person).or_default() += 1;
    }
    for (person, times) in people {
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
    Difference { missing, unexpected: left.iter().map(ToString::to_string).collect(), is_count: false }
}

impl Difference {
    /// Whether there is none.
    pub(super) fn is_none(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && !self.is_count
    }
}

impl ExpectedPage {
    fn of(contact: ContactAlias) -> Self {
        Self { contact, channel: None, at: None, incident: None }
    }

    fn fits(&self, page: &Page) -> bool {
        let delivery = &page.delivery;
        let channel = self.channel.as_deref();
        self.contact == delivery.contact
            && channel.is_none_or(|word| word == delivery.kind || word == delivery.channel.as_str())
            && self.at.is_none_or(|at| at == delivery.at)
            && self.incident.as_ref().is_none_or(|name| page.incident.contains(name))
    }
}

impl fmt::Display for ExpectedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Some(channel) => write!(f, "{}/{channel}", self.contact)?,
            None => write!(f, "{}", self.contact)?,
        }
        if let Some(at) = self.at {
            write!(f, " at {at}")?;
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
