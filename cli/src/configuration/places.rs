//! Where everything of a configuration stands: a side table from paths in its tree to places in its files.
//!
//! The domain's values know no places. Whoever has something to say about one of them names it by its path, as in
//! `contacts/natsu/channels/sms` or `response_plans/web/stages/0`.

use std::collections::BTreeMap;

use super::node::{Node, Place, Value};

/// The places of a configuration's keys and items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    at: BTreeMap<String, Place>,
}

impl Places {
    /// The places of everything below a root. A key stands for what is behind it.
    pub(crate) fn of(root: &Node) -> Self {
        let mut places = Self::default();
        places.add(String::new(), root);
        places
    }

    fn add(&mut self, path: String, node: &Node) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        match &node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    let Some(key) = entry.key.scalar() else { continue };
                    self.at.insert(below(key), entry.key.at);
                    self.add(below(key), &entry.value);
                }
            }
            Value::List(items) => {
                for (number, item) in items.iter().enumerate() {
                    let path = below(&number.to_string());
                    self.at.insert(path.clone(), item.at);
                    self.add(path, item);
                }
            }
            Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    /// The place of what has this path, or of the nearest thing around it.
    pub(crate) fn nearest(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.at.get(path) {
                return Some(*place);
            }
            path = path.rsplit_once('/')?.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::node;

    #[test]
    fn what_stands_in_a_file_is_found_by_its_path_and_what_does_not_by_what_is_around_it() {
        let text = "contacts:\n  natsu: { name: Natsu }\nrules:\n  - { response_plan: web }\n";
        let places = Places::of(&node::tree(text, 0).unwrap());
        let rows = [
            ("contacts", Some((1, 1))),
            ("contacts/natsu", Some((2, 3))),
            ("contacts/natsu/name", Some((2, 12))),
            ("contacts/natsu/channels/sms", Some((2, 3))),
            ("rules/0", Some((4, 5))),
            ("rules/0/response_plan", Some((4, 7))),
            ("defaults", None),
        ];
        for (path, expected) in rows {
            assert_eq!(places.nearest(path).map(|place| (place.line, place.column)), expected, "{path}");
        }
    }
}
