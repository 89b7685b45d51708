//! YAML that people read and the configuration's reader takes back unchanged, put together value by value.
//!
//! It knows nothing of contacts or plans. How it stands in a file is said in `layout`, and how a single text does in `scalar`.

mod layout;
mod scalar;

pub(crate) use layout::{document, flow};
use scalar::key;

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
    /// Never on one line, however short, but where everything is.
    tall: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    comments: Vec<String>,
    /// As it stands in the file.
    key: String,
    value: Yaml,
}

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
    pub(crate) fn commented(mut self, comments: &[String], name: &str, value: impl Into<Yaml>) -> Self {
        self.tall |= !comments.is_empty();
        self.entries.push(Entry { comments: comments.to_vec(), key: key(name), value: value.into() });
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

impl Yaml {
    /// Lists and mappings within each other.
    fn depth(&self) -> usize {
        match self {
            Yaml::Text(_) | Yaml::Plain(_) => 0,
            Yaml::List(items) => 1 + items.iter().map(Yaml::depth).max().unwrap_or(0),
            Yaml::Map(map) => 1 + map.entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0),
        }
    }

    /// Whether a mapping in it takes lines of its own.
    fn is_tall(&self) -> bool {
        match self {
            Yaml::Text(_) | Yaml::Plain(_) => false,
            Yaml::List(items) => items.iter().any(Yaml::is_tall),
            Yaml::Map(map) => map.tall && !map.is_empty() || map.entries.iter().any(|entry| entry.value.is_tall()),
        }
    }
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
    fn a_line_holds_no_more_than_lists_of_values() {
        let step = || Map::new().with("after", 0).with("channels", vec![Yaml::from("sms")]);
        let root = Map::new().with("one", step()).with("several", vec![Yaml::from(step())]).with("1", Map::tall());
        assert_eq!(
            document(&[], &root),
            "one: { after: 0, channels: [sms] }\nseveral:\n  - { after: 0, channels: [sms] }\n1: {}\n"
        );
        assert_eq!(
            flow(&root.clone().into()),
            "{ one: { after: 0, channels: [sms] }, several: [{ after: 0, channels: [sms] }], 1: {} }"
        );
        let long = "k".repeat(1_030);
        let root = Map::new().with("under", Map::new().with(&long, step()).with("plain", "text"));
        assert!(document(&[], &root).contains(&format!("  ? {long}\n  : {{ after: 0")));
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

        #[test]
        fn any_number_survives_as_a_key_and_as_a_text(digits in "[0-9]{1,30}") {
            survives(&Map::new().with("under", Map::new().with(&digits, digits.as_str())));
        }
    }
}
