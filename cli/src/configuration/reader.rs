//! Reads the tree of a file and collects what is wrong with it.
//!
//! Reading goes on after a mistake, so that one run shows them all. A reading method returns `None` after it has noted
//! a mistake, and the caller carries on with the neighbours.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::error::{Code, Mistake};
use super::keys::{Section, listed};
use super::limits::ALIAS_CHARACTERS_MAX;
use super::node::{Entry, Node, Place, Value};
use crate::unknown_name::{closest, did_you_mean};

/// What has been found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) mistakes: Vec<Mistake>,
    /// Places that no message shows.
    pub(crate) secrets: Vec<Place>,
    /// The names of the files that are read together, for messages about two of them.
    files: Vec<String>,
}

/// The keys of one mapping.
pub(crate) struct Fields<'n> {
    /// As messages call the thing: "contact natsu".
    pub(crate) what: String,
    pub(crate) at: Place,
    entries: BTreeMap<&'n str, &'n Node>,
    /// Keys of the section that seem to have been mistyped: what they lack has been said.
    mistyped: Vec<&'static str>,
    /// Those among them whose contents are not read: which one is meant cannot be told, or it stands there already.
    unread: Vec<&'static str>,
    /// Whether any key resembles none of the section's: it may hold whatever is missing.
    has_strangers: bool,
    /// Whether there is any key that the section does not have.
    has_unknown: bool,
}

impl<'n> Fields<'n> {
    /// The value of a key; a key with nothing behind it counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.get(key).copied().filter(|node| !node.is_empty())
    }

    /// The key as which a value is read, however it is spelt; `None`: it is not read.
    pub(crate) fn key_of(&self, value: &Node) -> Option<&'n str> {
        let found = self.entries.iter().find(|(_, read)| std::ptr::eq(**read, value) && !value.is_empty());
        found.map(|(key, _)| *key)
    }
}

impl Fields<'_> {
    /// Whether any key is unknown, mistyped or not: what it was meant to say may be all that seems to be missing.
    pub(crate) fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// Whether something of this key may stand where it is not read.
    pub(crate) fn is_in_doubt(&self, key: &str) -> bool {
        self.unread.contains(&key) || (self.has_strangers && self.get(key).is_none())
    }

    /// Takes over what is not read of another part of the same mapping.
    pub(crate) fn doubt(&mut self, doubts: &Doubts) {
        self.mistyped.extend(&doubts.unread);
        self.unread.extend(&doubts.unread);
        self.has_strangers |= doubts.has_strangers;
    }
}

/// What is not read of the files of a folder.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    unread: Vec<&'static str>,
    has_strangers: bool,
}

impl Doubts {
    /// Adds those of one file.
    pub(crate) fn add(&mut self, fields: &Fields<'_>) {
        self.unread.extend(&fields.unread);
        self.has_strangers |= fields.has_strangers;
    }
}

impl Reader {
    /// A reader of several files, each with a name for messages.
    pub(crate) fn of(files: Vec<String>) -> Self {
        Self { files, ..Self::default() }
    }

    /// Where something else stands, as seen from here: `line 4`, or `line 4 of team/web.yaml`.
    pub(crate) fn line_of(&self, other: Place, from: Place) -> String {
        match self.files.get(other.file).filter(|_| other.file != from.file) {
            Some(file) => format!("line {} of {file}", other.line),
            None => format!("line {}", other.line),
        }
    }

    /// Notes a mistake.
    pub(crate) fn wrong(&mut self, at: Place, code: Code, message: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake { at: Some(at), code, message: message.into(), remedy: remedy.into() });
    }

    /// Notes something of the full format that this version does not do.
    pub(crate) fn not_yet(&mut self, at: Place, what: &str, instead: &str) {
        let message = format!("{what} is not supported by this version yet");
        self.wrong(at, Code::NotSupportedYet, message, instead);
    }

    /// Reads a mapping with the keys of a section. What stands under a mistyped key is read as what was meant, so that its
    /// mistakes are found with all others.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &str, section: &Section) -> Option<Fields<'n>> {
        let first = section.keys.first().copied().unwrap_or_default();
        let remedy = format!("write it as `{{ {first}: … }}`; its keys are {}", section.listed());
        let entries = self.named(node, what, &remedy)?;
        let mut known = BTreeMap::new();
        let mut meant = Vec::new();
        for (key, entry) in entries {
            if section.keys.contains(&key) {
                known.insert(key, &entry.value);
            } else if let Some((_, instead)) = section.later.iter().find(|(later, _)| *later == key) {
                self.not_yet(entry.key.at, &format!("`{key}` of {}", section.name), instead);
            } else {
                meant.push((self.unknown_key(entry.key.at, key, what, section), &entry.value));
            }
        }
        let mut fields = Fields {
            what: what.to_owned(),
            at: node.at,
            entries: known,
            mistyped: Vec::new(),
            unread: Vec::new(),
            has_strangers: false,
            has_unknown: !meant.is_empty(),
        };
        for (keys, value) in meant {
            fields.mistyped.extend(&keys);
            match keys.as_slice() {
                [] => fields.has_strangers = true,
                [one] if section.keys.contains(one) && !fields.entries.contains_key(one) => {
                    fields.entries.insert(one, value);
                }
                several => fields.unread.extend(several),
            }
        }
        Some(fields)
    }

    /// Reads a mapping whose keys are names, in the order of the file. A name that comes again is a mistake, and the
    /// first one counts.
    pub(crate) fn named<'n>(&mut self, node: &'n Node, what: &str, remedy: &str) -> Option<Vec<(&'n str, &'n Entry)>> {
        let Value::Mapping(entries) = &node.value else {
            let message = format!("{what} must be a mapping, not {}", node.kind());
            self.wrong(node.at, Code::WrongType, message, remedy);
            return None;
        };
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        let mut named = Vec::new();
        for entry in entries {
            let Some(key) = entry.key.scalar() else {
                self.wrong(
                    entry.key.at,
                    Code::WrongType,
                    format!("a key in {what} must be a text, not {}", entry.key.kind()),
                    "put quotes around a text that begins with a brace: \"{{ title }}\"",
                );
                continue;
            };
            if let Some(first) = seen.get(key) {
                let first = self.line_of(*first, entry.key.at);
                let message = format!("`{key}` stands twice in {what}; the first one is on {first}");
                self.wrong(entry.key.at, Code::Duplicate, message, "rename one of them, or remove it");
                continue;
            }
            seen.insert(key, entry.key.at);
            named.push((key, entry));
        }
        Some(named)
    }

    /// The value of a key that must be there.
    pub(crate) fn required<'n>(&mut self, fields: &Fields<'n>, key: &str, remedy: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        if found.is_none() && !fields.mistyped.contains(&key) {
            let message = format!("{} has no `{key}`", fields.what);
            self.wrong(fields.at, Code::MissingKey, message, remedy);
        }
        found
    }

    /// Reads a text. A number or `true` that stands where a text is wanted is taken as it was written.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.scalar();
        if text.is_none() {
            let message = format!("{what} must be a text, not {}", node.kind());
            let remedy = match node.value {
                Value::Mapping(_) => "put quotes around a text that begins with a brace: \"{{ title }}\"",
                Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => "write one text",
            };
            self.wrong(node.at, Code::WrongType, message, remedy);
        }
        text
    }

    /// Reads a whole number within limits.
    pub(crate) fn number(&mut self, node: &Node, what: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let (least, most) = (range.start(), range.end());
        let unit = if what.contains("minutes") { " of minutes" } else { "" };
        let remedy = format!("write a whole number{unit} from {least} to {most}");
        let Value::Number(written) = &node.value else {
            let message = format!("{what} must be a number, not {}", node.kind());
            let meant = node.scalar().and_then(|text| meant_by(text, unit.is_empty()));
            let remedy =
                meant.map_or(remedy, |meant| format!("write {meant}: a whole number{unit} from {least} to {most}"));
            self.wrong(node.at, Code::WrongType, message, remedy);
            return None;
        };
        match written.parse::<u32>() {
            Ok(number) if range.contains(&number) => Some(number),
            Ok(_) | Err(_) => {
                let message = format!("{what} cannot be {written}");
                self.wrong(node.at, Code::OutOfRange, message, remedy);
                None
            }
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Flag(flag) = node.value {
            return Some(flag);
        }
        let message = format!("{what} must be true or false, not {}", node.kind());
        self.wrong(node.at, Code::WrongType, message, "write `true` or `false`, without quotes");
        None
    }

    /// Reads a list; a single item without brackets is not one.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        let message = format!("{what} must be a list, not {}", node.kind());
        // An alias is shown as it should be; what else stands here may be a secret.
        let is_plain = |text: &&str| text.len() <= ALIAS_CHARACTERS_MAX && text.chars().all(is_of_alias);
        let remedy = match node.scalar().filter(is_plain) {
            Some(text) => format!("put it in brackets: [{text}]"),
            None => "put it in brackets: [ … ]".to_owned(),
        };
        self.wrong(node.at, Code::WrongType, message, remedy);
        None
    }

    /// A list of at most so many items; the limit has a name.
    pub(crate) fn few<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        (items_max, limit): (usize, &str),
        remedy: &str,
    ) -> Option<&'n [Node]> {
        let items = self.list(node, what)?;
        if items.len() > items_max {
            let message = format!("{what} has {} items; the limit is {items_max} ({limit})", items.len());
            self.wrong(node.at, Code::OutOfRange, message, remedy);
            return None;
        }
        Some(items)
    }

    /// Reads one of a few words.
    pub(crate) fn word<T>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let written = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == written);
        if found.is_none() {
            let known = || words.iter().map(|(word, _)| *word);
            let remedy = did_you_mean(written, known()).unwrap_or_else(|| format!("write {}", listed(known())));
            self.wrong(node.at, Code::InvalidValue, format!("{what} cannot be `{written}`"), remedy);
        }
        found.map(|(_, value)| *value)
    }

    /// Checks an alias: it becomes part of ARNs and of keys in the table.
    pub(crate) fn alias(&mut self, name: &str, at: Place, what: &str) -> bool {
        let valid = is_alias(name);
        if !valid {
            self.wrong(
                at,
                Code::InvalidName,
                format!("`{name}` cannot be the alias of {what}"),
                format!(
                    "use a to z, 0 to 9, `-` and `_`, a letter or digit first, at most {ALIAS_CHARACTERS_MAX}: {}",
                    corrected(name)
                ),
            );
        }
        valid
    }

    /// Notes a key that the section does not have, and gives those that may be meant.
    fn unknown_key(&mut self, at: Place, key: &str, what: &str, section: &Section) -> Vec<&'static str> {
        let known = || section.keys.iter().copied().chain(section.later.iter().map(|(key, _)| *key));
        // `plan` for `escalation_plan`, `escalations` for `escalation_plans`, `Monday` for `MON`: too far for a slip of the
        // keyboard, and plain all the same.
        let (end, start) = (format!("_{key}"), format!("{}_", key.trim_end_matches('s')));
        let part_of = |known: &&str| known.ends_with(&end) || (start.len() > 1 && known.starts_with(&start));
        let short_for = |known: &&str| known.len() > 2 && key.to_uppercase().starts_with(*known);
        let meant: Vec<&str> = match closest(key, known()) {
            Some(closest) => vec![closest],
            None => known().filter(|known| part_of(known) || short_for(known)).collect(),
        };
        let remedy = match meant.as_slice() {
            [] => format!("the keys of {} are {}", section.name, section.listed()),
            meant => format!("did you mean {}?", listed(meant.iter().copied())),
        };
        self.wrong(at, Code::UnknownKey, format!("unknown key `{key}` in {what}"), remedy);
        meant
    }
}

/// Whether a name can be an alias.
pub(super) fn is_alias(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first && name.chars().all(is_of_alias) && name.len() <= ALIAS_CHARACTERS_MAX
}

/// Whether an alias can hold it.
fn is_of_alias(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'
}

/// The number that a text means: `"5"` in quotes, and of minutes also `10m` and `1h`.
fn meant_by(text: &str, is_count: bool) -> Option<String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = (text[..digits].parse::<u32>().ok()?, text[digits..].trim_start());
    let minutes = match unit {
        "" => return Some(format!("{number}, without quotes")),
        "m" | "min" | "mins" | "minute" | "minutes" => 1,
        "h" | "hour" | "hours" => 60,
        "d" | "day" | "days" => 24 * 60,
        _ => return None,
    };
    if is_count { None } else { number.checked_mul(minutes).map(|minutes| format!("{minutes}, without a unit")) }
}

/// An alias that is close to what was written, as an example.
fn corrected(name: &str) -> String {
    format!("`{}`", mended(name).unwrap_or_else(|| "natsu".to_owned()))
}

/// A name as the alias that it should have been; `None`: nothing of it can stay.
pub(super) fn mended(name: &str) -> Option<String> {
    let corrected: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .take(ALIAS_CHARACTERS_MAX)
        .collect();
    let corrected = corrected.trim_matches(['-', '_']);
    (!corrected.is_empty()).then(|| corrected.to_owned())
}
