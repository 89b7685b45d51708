//! The configuration in force while a script is read: where it comes from, what it knows, and how a step changes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reveille_domain::{Channel, ChannelKind, Contact, ContactAlias, Engage};

use super::moment;
use crate::configuration::error::Code;
use crate::configuration::node::{Entry, Node, Place, Value};
use crate::configuration::reader::Reader;
use crate::configuration::{self, Configuration, ConfigurationErrors, Sources};
use crate::unknown_name::did_you_mean;
use crate::world::dawn;

/// The configuration as the steps before have left it, and what else a file says once for all of them.
pub(super) struct InForce<'f> {
    /// When the script begins.
    pub(super) begins: Timestamp,
    /// Whether the file says so, so that instants mean something.
    pub(super) says_when: bool,
    /// From where paths start.
    pub(super) folder: &'f Path,
    /// As a tree, for steps that change a part of it.
    tree: Option<Node>,
    /// As the program reads it; `None` after a mistake in it, which has been reported.
    configuration: Option<Configuration>,
    /// Those that were in force before, oldest first: what they sent is still looked at after them.
    former: Vec<Configuration>,
    /// Mistakes in other files, which are reported as theirs.
    pub(super) elsewhere: Vec<ConfigurationErrors>,
}

impl<'f> InForce<'f> {
    /// Nothing is in force yet.
    pub(super) fn beginning(folder: &'f Path) -> Self {
        Self {
            begins: dawn(),
            says_when: false,
            folder,
            tree: None,
            configuration: None,
            former: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// This configuration, for steps that stand in no file.
    pub(super) fn of(configuration: Configuration, begins: Timestamp) -> Self {
        let beginning = Self::beginning(Path::new("."));
        Self { begins, says_when: true, configuration: Some(configuration), ..beginning }
    }

    /// Reads `at:`.
    pub(super) fn at(&self, reader: &mut Reader, node: &Node) -> Option<Timestamp> {
        moment::at(reader, node, self.begins, self.says_when)
    }

    /// Whether a contact has this alias.
    pub(super) fn is_contact(&self, alias: &str) -> bool {
        self.known().flat_map(|configuration| configuration.contacts.keys()).any(|known| known.as_str() == alias)
    }

    /// The configuration in force, and those before it, newest first.
    fn known(&self) -> impl Iterator<Item = &Configuration> {
        self.configuration.iter().chain(self.former.iter().rev())
    }

    /// Reads the configuration that a node holds or names: a file, an inline mapping, or YAML as text. An inline mapping
    /// without `reveille:` changes what it names and leaves the rest, where there is a rest.
    pub(super) fn read(&mut self, reader: &mut Reader, node: &Node) -> Option<Configuration> {
        let read = match &node.value {
            Value::Text(text) if text.contains('\n') => self.known_good(&Sources::text("the text of `config`", text)),
            Value::Text(text) => self.load(reader, text, node.at),
            Value::Mapping(entries) => match named_file(entries) {
                Some((text, at)) => self.load(reader, text, at),
                None => Some(self.inline(node, entries)),
            },
            Value::Empty | Value::Flag(_) | Value::Number(_) | Value::List(_) => {
                let message = format!("a configuration must be a file or a mapping, not {}", node.kind());
                reader.wrong(
                    node.at,
                    Code::WrongType,
                    message,
                    "name a YAML file, or write `contacts:` and the rest here",
                );
                None
            }
        };
        self.tree = read;
        self.former.extend(self.configuration.take());
        // What is wrong in another file is wrong there, and has been found already.
        let known = self.elsewhere.len();
        self.configuration =
            self.tree.as_ref().filter(|_| known == 0).and_then(|tree| configuration::file(reader, tree));
        self.configuration.clone()
    }

    /// The contact of an alias, which has to be there.
    pub(super) fn contact(&self, reader: &mut Reader, node: &Node) -> Option<ContactAlias> {
        let alias = reader.text(node, "a contact")?;
        self.contact_named(reader, alias, node.at)
    }

    /// The same, where the alias is a part of a longer text.
    pub(super) fn contact_named(&self, reader: &mut Reader, alias: &str, at: Place) -> Option<ContactAlias> {
        self.configuration.as_ref()?;
        contact_among(reader, alias, at, self.known())
    }

    /// Whom to ask: a contact, a plan or a schedule, by a name alone or with what it is: `{ escalation_plan: everyone }`.
    pub(super) fn target(&self, reader: &mut Reader, node: &Node) -> Option<Engage> {
        let (kind, node) = match &node.value {
            Value::Mapping(entries) if entries.len() == 1 => (entries[0].key.scalar(), &entries[0].value),
            Value::List(items) if items.len() == 1 => return self.target(reader, &items[0]),
            Value::Mapping(_) | Value::List(_) | Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {
                (None, node)
            }
        };
        let name = reader.text(node, "whom to ask")?;
        let configuration = self.configuration.as_ref()?;
        let of_kind = |words: &[&str]| kind.is_none_or(|kind| words.contains(&kind));
        let plan = configuration.escalation_plans.keys().find(|plan| plan.as_str() == name);
        if let Some(plan) = plan.filter(|_| of_kind(&["escalation_plan", "plan"])) {
            return Some(Engage::EscalationPlan(plan.clone()));
        }
        let schedule = configuration.schedules.keys().find(|schedule| schedule.as_str() == name);
        if let Some(schedule) = schedule.filter(|_| of_kind(&["schedule"])) {
            return Some(Engage::Schedule(schedule.clone()));
        }
        if of_kind(&["contact"]) {
            // Whoever has left can be spoken of, and not be asked.
            return contact_among(reader, name, node.at, [configuration]).map(Engage::Contact);
        }
        let message = format!("there is no {} `{name}`", kind.unwrap_or("contact").replace('_', " "));
        reader.wrong(node.at, Code::UnknownReference, message, "name a contact, an escalation plan or a schedule");
        None
    }

    /// The channels that a word means, of one contact or of all: a kind of channel, or the id of one. Without a word: all.
    pub(super) fn channels(
        &self,
        contact: Option<&ContactAlias>,
        word: Option<&str>,
    ) -> Vec<(&ContactAlias, &Channel)> {
        let contacts = self.known().flat_map(|configuration| configuration.contacts.values());
        let contacts = contacts.filter(|other| contact.is_none_or(|contact| *contact == other.alias));
        let mut seen = BTreeSet::new();
        let meant =
            |channel: &&Channel| word.is_none_or(|word| channel.kind.name() == word || channel.id.as_str() == word);
        contacts
            .flat_map(|contact: &Contact| {
                contact.channels.iter().filter(meant).map(move |channel| (&contact.alias, channel))
            })
            .filter(|(contact, channel)| seen.insert((*contact, &channel.id)))
            .collect()
    }

    /// The address of a channel.
    pub(super) fn address(&self, contact: &ContactAlias, channel: &Channel) -> Option<String> {
        let address = self.known().find_map(|known| known.addresses.get(contact)?.get(&channel.id))?;
        Some(address.expose().to_owned())
    }

    /// Whether the configuration could be read, so that names can be looked up in it.
    pub(super) fn is_known(&self) -> bool {
        self.configuration.is_some()
    }

    /// Checks a word that means channels.
    pub(super) fn is_channel(
        &self,
        reader: &mut Reader,
        contact: Option<&ContactAlias>,
        word: &str,
        at: Place,
    ) -> bool {
        if !self.is_known() || !self.channels(contact, Some(word)).is_empty() {
            return true;
        }
        let message = match contact {
            None => format!("nobody has a channel `{word}`"),
            Some(contact) => format!("{contact} has no channel `{word}`"),
        };
        let theirs = self.channels(contact, None);
        let words: Vec<&str> =
            theirs.iter().flat_map(|(_, channel)| [channel.kind.name(), channel.id.as_str()]).collect();
        let remedy = did_you_mean(word, words)
            .unwrap_or_else(|| "write a kind of channel, as `sms` or `email`, or the id of one of theirs".to_owned());
        reader.wrong(at, Code::UnknownReference, message, remedy);
        false
    }

    fn load(&mut self, reader: &mut Reader, written: &str, at: Place) -> Option<Node> {
        let path = located(reader, written, at, self.folder)?;
        self.known_good(&Sources::read(&path))
    }

    fn known_good(&mut self, sources: &Sources) -> Option<Node> {
        let read = configuration::tree_and_configuration(sources);
        read.map(|(tree, _)| tree).map_err(|errors| self.elsewhere.push(errors)).ok()
    }

    fn inline(&self, node: &Node, entries: &[Entry]) -> Node {
        let whole = entries.iter().any(|entry| entry.key.scalar() == Some(VERSION));
        match &self.tree {
            Some(current) if !whole => merged(&moved(current, node.at), node),
            Some(_) | None => versioned(node),
        }
    }
}

/// The contact of an alias, which one of these configurations has to have.
fn contact_among<'c>(
    reader: &mut Reader,
    alias: &str,
    at: Place,
    configurations: impl IntoIterator<Item = &'c Configuration>,
) -> Option<ContactAlias> {
    let contacts: BTreeSet<&ContactAlias> =
        configurations.into_iter().flat_map(|configuration| configuration.contacts.keys()).collect();
    let found = contacts.iter().find(|known| known.as_str() == alias);
    if found.is_none() {
        let remedy = did_you_mean(alias, contacts.iter().map(|known| known.as_str()))
            .unwrap_or_else(|| "name a contact of the configuration".to_owned());
        reader.wrong(at, Code::UnknownReference, format!("there is no contact `{alias}`"), remedy);
    }
    found.map(|known| (*known).clone())
}

/// The key that says which version of the language a configuration is in. Beside a script it may be left out.
const VERSION: &str = "reveille";

/// `config: { file: three-engineers.yaml }`.
fn named_file(entries: &[Entry]) -> Option<(&str, Place)> {
    match entries {
        [Entry { key, value }] if key.scalar() == Some("file") => Some((value.scalar()?, value.at)),
        _ => None,
    }
}

/// A file beside the scenario, or from where the command runs.
pub(super) fn located(reader: &mut Reader, written: &str, at: Place, folder: &Path) -> Option<PathBuf> {
    let found = [folder.join(written), PathBuf::from(written)].into_iter().find(|path| path.exists());
    if found.is_none() {
        let message = format!("there is no file `{written}`");
        let remedy = "name a file by its path from the scenario's folder, or from where the command runs";
        reader.wrong(at, Code::UnreadableFile, message, remedy);
    }
    found
}

fn versioned(node: &Node) -> Node {
    let Value::Mapping(entries) = &node.value else { return node.clone() };
    let mut entries = entries.clone();
    if !entries.iter().any(|entry| entry.key.scalar() == Some(VERSION)) {
        let scalar = |value| Node { at: node.at, value, bytes: 0..0 };
        let key = scalar(Value::Text(VERSION.to_owned()));
        entries.insert(0, Entry { key, value: scalar(Value::Number("1".to_owned())) });
    }
    Node { value: Value::Mapping(entries), ..node.clone() }
}

/// The tree as if all of it stood at one place: what a change breaks in it is shown where the change stands.
fn moved(node: &Node, at: Place) -> Node {
    let value = match &node.value {
        Value::List(items) => Value::List(items.iter().map(|item| moved(item, at)).collect()),
        Value::Mapping(entries) => Value::Mapping(
            entries.iter().map(|e| Entry { key: moved(&e.key, at), value: moved(&e.value, at) }).collect(),
        ),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) => node.value.clone(),
    };
    Node { at, value, bytes: 0..0 }
}

/// Each section of the change over the same section of what is there: a name that is in both is the change's, one with
/// nothing behind it is gone. What is no mapping of names, as `rules`, is the change's as a whole.
fn merged(current: &Node, change: &Node) -> Node {
    over(current, change, |before, after| match (&before.value, &after.value) {
        (Value::Mapping(_), Value::Mapping(_)) => over(before, after, |_, after| after.clone()),
        _ => after.clone(),
    })
}

fn over(current: &Node, change: &Node, both: impl Fn(&Node, &Node) -> Node) -> Node {
    let (Value::Mapping(before), Value::Mapping(after)) = (&current.value, &change.value) else {
        return change.clone();
    };
    let mut entries = before.clone();
    for Entry { key, value } in after {
        let known = entries.iter().position(|entry| entry.key.scalar() == key.scalar());
        match known {
            Some(place) if value.is_empty() => drop(entries.remove(place)),
            Some(place) => entries[place] = Entry { key: key.clone(), value: both(&entries[place].value, value) },
            None => entries.push(Entry { key: key.clone(), value: value.clone() }),
        }
    }
    Node { value: Value::Mapping(entries), ..change.clone() }
}

/// The kinds of channels that a provider serves, by the name that people know it by.
pub(super) fn served_by(provider: &str) -> Option<&'static [ChannelKind]> {
    match provider {
        "sns" => Some(&[ChannelKind::Sms]),
        "ses" => Some(&[ChannelKind::Email]),
        "end-user-messaging" | "end_user_messaging" => Some(&[ChannelKind::Sms, ChannelKind::Voice]),
        _ => None,
    }
}
