//! Writes YAML that people read and the configuration's reader takes back unchanged.
//!
//! It knows nothing of contacts or plans. What is short stands on one line, everything else in a block, and a comment
//! stands above what it is about. Any text survives: what a plain scalar cannot hold is quoted and escaped.

use std::fmt::Write;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Yaml {
    /// A text; quoted where it could be taken for something else.
    Text(String),
    /// A number, a truth value or an instant, written as it is.
    Plain(String),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping.
    Map(Map),
}

/// A mapping, in the order in which it was put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Map {
    entries: Vec<Entry>,
    /// Never on one line, however short.
    tall: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    comments: Vec<String>,
    /// As it stands in the file.
    key: String,
    value: Yaml,
}

/// Longer lines are read badly beside a diff.
const LINE_CHARACTERS_MAX: usize = 110;

impl Map {
    /// A mapping that may stand on one line.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A mapping whose entries have lines of their own.
    pub(crate) fn tall() -> Self {
        Self { entries: Vec::new(), tall: true }
    }

    /// With one more entry.
    pub(crate) fn with(self, key: &str, value: impl Into<Yaml>) -> Self {
        self.commented(&[], key, value)
    }

    /// With one more entry, if there is something to write.
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// With one more entry and what is to be said about it. Where there is a comment the mapping takes lines of its own.
    pub(crate) fn commented(mut self, comments: &[String], key: &str, value: impl Into<Yaml>) -> Self {
        self.tall |= !comments.is_empty();
        self.entries.push(Entry { comments: comments.to_vec(), key: scalar(key), value: value.into() });
        self
    }

    /// With one more entry whose key is a number.
    pub(crate) fn numbered(mut self, key: u32, value: impl Into<Yaml>) -> Self {
        self.entries.push(Entry { comments: Vec::new(), key: key.to_string(), value: value.into() });
        self
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Yaml::Map(map)
    }
}

impl From<Vec<Yaml>> for Yaml {
    fn from(items: Vec<Yaml>) -> Self {
        Yaml::List(items)
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Yaml::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Yaml::Text(text)
    }
}

impl From<u32> for Yaml {
    fn from(number: u32) -> Self {
        Yaml::Plain(number.to_string())
    }
}

impl From<bool> for Yaml {
    fn from(flag: bool) -> Self {
        Yaml::Plain(flag.to_string())
    }
}

/// A document: comments at the head, then the mapping in blocks.
pub(crate) fn document(head: &[String], root: &Map) -> String {
    let mut out = String::new();
    comment_lines(&mut out, head, 0);
    block_map(&mut out, root, 0);
    out
}

/// The entries of a mapping, each on lines of its own.
fn block_map(out: &mut String, map: &Map, indent: usize) {
    for entry in &map.entries {
        comment_lines(out, &entry.comments, indent);
        pad(out, indent);
        let room = LINE_CHARACTERS_MAX.saturating_sub(indent + entry.key.chars().count() + 2);
        out.push_str(&entry.key);
        out.push(':');
        value_behind(out, &entry.value, indent + 2, room);
    }
}

/// What stands behind `key:`.
fn value_behind(out: &mut String, value: &Yaml, indent: usize, room: usize) {
    match (line(value, room), value) {
        (Some(line), _) => push_line(out, &format!(" {line}")),
        (None, Yaml::Map(map)) => {
            out.push('\n');
            block_map(out, map, indent);
        }
        (None, Yaml::List(items)) => {
            out.push('\n');
            block_list(out, items, indent);
        }
        (None, Yaml::Text(text) | Yaml::Plain(text)) => push_line(out, &format!(" {text}")),
    }
}

fn block_list(out: &mut String, items: &[Yaml], indent: usize) {
    for item in items {
        let room = LINE_CHARACTERS_MAX.saturating_sub(indent + 2);
        match (line(item, room), item) {
            (Some(line), _) => {
                pad(out, indent);
                push_line(out, &format!("- {line}"));
            }
            (None, Yaml::Map(map)) => {
                let mut block = String::new();
                block_map(&mut block, map, indent + 2);
                let first_comments = map.entries.first().is_some_and(|first| !first.comments.is_empty());
                pad(out, indent);
                if first_comments {
                    // A comment cannot stand between a dash and its key.
                    out.push_str("-\n");
                    out.push_str(&block);
                } else {
                    out.push_str("- ");
                    out.push_str(block.trim_start_matches(' '));
                }
            }
            (None, Yaml::List(items)) => {
                pad(out, indent);
                out.push_str("-\n");
                block_list(out, items, indent + 2);
            }
            (None, Yaml::Text(text) | Yaml::Plain(text)) => {
                pad(out, indent);
                push_line(out, &format!("- {text}"));
            }
        }
    }
}

/// The value on one line, if it may stand there and fits. Scalars always do.
fn line(value: &Yaml, room: usize) -> Option<String> {
    let line = inline(value)?;
    let is_scalar = matches!(value, Yaml::Text(_) | Yaml::Plain(_));
    (is_scalar || line.chars().count() <= room).then_some(line)
}

fn inline(value: &Yaml) -> Option<String> {
    match value {
        Yaml::Text(text) => Some(scalar(text)),
        Yaml::Plain(plain) => Some(plain.clone()),
        Yaml::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(inline).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Yaml::Map(map) if map.entries.is_empty() => Some("{}".to_owned()),
        Yaml::Map(map) if map.tall => None,
        Yaml::Map(map) => {
            let entry = |entry: &Entry| Some(format!("{}: {}", entry.key, inline(&entry.value)?));
            let entries: Option<Vec<String>> = map.entries.iter().map(entry).collect();
            Some(format!("{{ {} }}", entries?.join(", ")))
        }
    }
}

/// Words that some YAML takes for truth or for nothing.
const RESERVED: [&str; 11] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"];

/// A text as a scalar: plain where nobody can take it for anything else, in quotes everywhere else.
fn scalar(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || " _-./@+".contains(c);
    let plain = text.chars().all(fits)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if is_printable(other) => out.push(other),
            other => escape(&mut out, u32::from(other)),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, code: u32) {
    // A text takes whatever is written to it.
    let _infallible = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Whether a character can stand in the file as it is. Separators of lines and marks of byte order cannot, and what
/// turns the direction of writing should not: it can make a line look like another one.
fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    let special = matches!(code, 0x2028 | 0x2029 | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0xfeff);
    !character.is_control() && !special && code & 0xfffe != 0xfffe
}

fn comment_lines(out: &mut String, comments: &[String], indent: usize) {
    for comment in comments {
        for part in comment.split('\n') {
            pad(out, indent);
            let part: String = part.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
            push_line(out, format!("# {part}").trim_end());
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::configuration::node::{Node, Value, tree};

    /// What is read back, as what was written.
    fn read(node: &Node) -> Yaml {
        match &node.value {
            Value::Empty => Yaml::Plain(String::new()),
            Value::Flag(flag) => Yaml::Plain(flag.to_string()),
            Value::Number(number) => Yaml::Plain(number.clone()),
            Value::Text(text) => Yaml::Text(text.clone()),
            Value::List(items) => Yaml::List(items.iter().map(read).collect()),
            Value::Mapping(entries) => {
                let with = |map: Map, (key, value): (String, Yaml)| map.with(&key, value);
                let entries = entries.iter().map(|entry| (entry.key.scalar().unwrap().to_owned(), read(&entry.value)));
                Yaml::Map(entries.fold(Map::new(), with))
            }
        }
    }

    /// Comments and layout are nothing that a reader sees.
    fn bare(yaml: &Yaml) -> Yaml {
        match yaml {
            Yaml::Text(_) | Yaml::Plain(_) => yaml.clone(),
            Yaml::List(items) => Yaml::List(items.iter().map(bare).collect()),
            Yaml::Map(map) => {
                let bare = |entry: &Entry| Entry { comments: Vec::new(), value: bare(&entry.value), ..entry.clone() };
                Yaml::Map(Map { entries: map.entries.iter().map(bare).collect(), tall: false })
            }
        }
    }

    fn survives(root: &Map) {
        let text = document(&["head\nof the file".to_owned()], root);
        let back = read(&tree(&text, 0).unwrap_or_else(|error| panic!("{}\n{text}", error.message)));
        assert_eq!(back, bare(&Yaml::Map(root.clone())), "{text}");
    }

    #[test]
    fn short_things_stand_on_one_line_and_long_ones_do_not() {
        let channel = Map::new().with("type", "sms").with("address", "+15550100").with("verified", true);
        let members = (0..30).map(|n| Yaml::from(format!("member-{n}"))).collect::<Vec<_>>();
        let contact = Map::tall().with("name", "Zeref, the Black").with("channels", Map::new().with("sms", channel));
        let root = Map::tall().commented(&["who".to_owned()], "contacts", Map::tall().with("zeref", contact)).with(
            "list",
            vec![Yaml::from(Map::new().with("name", "a")), Yaml::from(Map::new().with("members", members))],
        );
        let text = document(&[], &root);
        assert!(text.starts_with(
            "# who\ncontacts:\n  zeref:\n    name: \"Zeref, the Black\"\n    channels: { sms: { type: sms, address: \"+15550100\", verified: true } }\nlist:\n  - { name: a }\n  - members:\n      - member-0\n"
        ), "{text}");
        survives(&root);
    }

    #[test]
    fn what_looks_like_something_else_is_quoted() {
        for text in [
            "",
            " ",
            "yes",
            "No",
            "~",
            "1",
            "012",
            "1e3",
            "-",
            "- a",
            "a: b",
            "a #b",
            "{{ title }}",
            "*",
            "&a",
            "[",
            "@x",
            "!t",
            "%",
            "'",
            "\"",
            "\\",
            "2026-01-05",
            "09:00",
            "null",
            ".inf",
            "a\nb",
            "\u{0}",
            "\u{2028}",
            "\u{feff}a",
            "\u{202e}abc",
            "\u{1f600}",
            "trailing ",
            "<b>Ann</b>",
            "---",
            "...",
            "=",
            "<<",
        ] {
            survives(&Map::new().with("key", text).with("list", vec![Yaml::from(text)]));
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_as_value_and_as_comment(text in any::<String>(), comment in any::<String>(), long in "\\PC{0,200}") {
            let inner = Map::new().commented(&[comment], "value", text.as_str()).with("long", long.as_str());
            let items = vec![Yaml::from(inner.clone()), Yaml::from(text.as_str()), Yaml::from(vec![Yaml::from(long.as_str())])];
            survives(&Map::tall().with("map", inner).with("items", items));
        }

        #[test]
        fn any_key_survives(key in "\\PC{1,40}") {
            survives(&Map::new().with("under", Map::new().with(&key, 1)));
        }
    }
}
