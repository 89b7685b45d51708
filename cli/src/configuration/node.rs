//! A configuration file as a tree in which every key and value knows its place.
//!
//! This is the only file that knows the YAML parser. It knows nothing of contacts or plans: a tree is read whole, so
//! that the readers of the sections can report every mistake of the file instead of the first.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{AliasLimits, DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};

use super::limits::{ALIAS_EVENTS_MAX, DEPTH_MAX};

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// In which of the files that are read together, from 0. Of a folder, 0 is the folder itself.
    pub file: usize,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In characters on its first line; at least 1.
    pub length: usize,
}

impl Place {
    /// A file as a whole.
    pub(crate) fn whole(file: usize) -> Self {
        Self { file, line: 0, column: 0, length: 0 }
    }

    /// Whether it is a file as a whole, and no line of it.
    pub(crate) fn is_whole(self) -> bool {
        self.line == 0
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) value: Value,
    /// The bytes of the file that it was written with; empty where the parser cannot say.
    pub(crate) bytes: Range<usize>,
}

/// What a node holds. Scalars are kept as they were written: `+84312712567` without quotes is a number to YAML and a
/// telephone number to people.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Empty,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Node,
    pub(crate) value: Node,
}

/// Why a text is not YAML.
#[derive(Clone, Debug)]
pub(crate) struct NotYaml {
    pub(crate) at: Option<Place>,
    pub(crate) message: String,
}

/// Parses one YAML document. `file` stands in the places.
pub(crate) fn tree(text: &str, file: usize) -> Result<Node, NotYaml> {
    let mut alias_limits = AliasLimits::default();
    alias_limits.max_total_replayed_events = ALIAS_EVENTS_MAX;
    let options = serde_saphyr::options! {
        alias_limits: alias_limits,
        budget: serde_saphyr::budget! { max_depth: DEPTH_MAX, flow_nesting_limit: DEPTH_MAX },
        // Repeated keys come through, so that they can be reported with all other mistakes.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        with_snippet: false,
    };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let location = error.location().filter(|location| *location != Location::UNKNOWN);
        NotYaml { at: location.map(|location| place(&location, file)), message: first_line(&error.to_string()) }
    })?;
    Ok(node(raw, text, file))
}

impl Node {
    /// What the node is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Empty => "nothing",
            Value::Flag(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// A scalar as it was written; `None` for lists and mappings.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Flag(true) => Some("true"),
            Value::Flag(false) => Some("false"),
            Value::Empty | Value::List(_) | Value::Mapping(_) => None,
        }
    }

    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.value, Value::Empty)
    }
}

/// What the parser hands over, before scalars are read back from the file.
enum Raw {
    Empty,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Mapping(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, text: &str, file: usize) -> Node {
    // An alias (`*name`) is reported where it is used, and read where it was written.
    let written = bytes(&raw.defined, text);
    let value = match raw.value {
        Raw::Empty => Value::Empty,
        Raw::Flag(flag) => Value::Flag(flag),
        Raw::Text(text) => Value::Text(text),
        Raw::Number(number) => Value::Number(match text.get(written) {
            Some(written) if !written.trim().is_empty() => written.trim().to_owned(),
            _ => number,
        }),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text, file)).collect()),
        Raw::Mapping(entries) => Value::Mapping(
            entries
                .into_iter()
                .map(|(key, value)| Entry { key: node(key, text, file), value: node(value, text, file) })
                .collect(),
        ),
    };
    Node { at: place(&raw.referenced, file), value, bytes: bytes(&raw.referenced, text) }
}

fn place(location: &Location, file: usize) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX).max(1);
    let (line, column) = (number(location.line()), number(location.column()));
    Place { file, line, column, length: number(location.span().len()) }
}

fn bytes(location: &Location, text: &str) -> Range<usize> {
    let span = location.span();
    let range = span
        .byte_offset()
        .zip(span.byte_len())
        .and_then(|(offset, length)| {
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            Some(start..end)
        })
        .unwrap_or(0..0);
    if text.get(range.clone()).is_some() { range } else { 0..0 }
}

/// Parser messages can go on for lines of advice that is meant for programmers.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or("not YAML").trim().to_owned()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Mapping(entries))
    }
}
