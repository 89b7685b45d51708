//! A configuration as YAML, without what holds by default.

use super::{Field, Written};
use crate::yaml::{Map, Yaml, document, flow};

/// What is made of what only some may see.
#[derive(Clone, Copy)]
enum Hidden {
    Exact,
    Masked,
}

impl Written {
    /// The whole, as a YAML file.
    pub(crate) fn yaml(&self) -> String {
        document(&[], &map(self.fields(), Hidden::Exact))
    }

    /// On one line, with what is hidden masked: for people.
    pub(crate) fn inline(&self) -> String {
        flow(&tree(self, Hidden::Masked))
    }
}

fn tree(written: &Written, hidden: Hidden) -> Yaml {
    match (written, hidden) {
        (Written::Text(text), _) | (Written::Hidden { exact: text, .. }, Hidden::Exact) => Yaml::Text(text.clone()),
        // A mask is no text of a file, and would be taken for one in quotes.
        (Written::Hidden { shown, .. }, Hidden::Masked) => Yaml::Plain(shown.clone()),
        (Written::Number(number), _) => Yaml::from(*number),
        (Written::Flag(flag), _) => Yaml::from(*flag),
        (Written::List(items), hidden) => Yaml::List(items.iter().map(|item| tree(item, hidden)).collect()),
        (Written::Mapping(fields), hidden) => map(fields, hidden).into(),
    }
}

fn map(fields: &[Field], hidden: Hidden) -> Map {
    let said = fields.iter().filter(|field| !field.is_default);
    said.fold(Map::new(), |map, field| map.with(&field.key, tree(&field.value, hidden)))
}
