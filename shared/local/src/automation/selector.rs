//! The part of JSONPath that the documents use: `$.Name[0].Name[*].Name`.

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Name(String),
    Index(usize),
    Each,
}

/// A path into an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector(Vec<Part>);

impl Selector {
    /// `None`: it is not of the form that the twin knows.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let name = &after[..end];
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return None;
                }
                parts.push(Part::Name(name.to_owned()));
                rest = &after[end..];
            } else {
                let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
                parts.push(if inside == "*" { Part::Each } else { Part::Index(inside.parse().ok()?) });
                rest = after;
            }
        }
        Some(Self(parts))
    }

    /// What stands there. A path with `[*]` answers with a list, however short; one without answers with a value or nothing.
    pub(super) fn select(&self, value: &Value) -> Option<Value> {
        let mut found = vec![value];
        for part in &self.0 {
            found = found
                .into_iter()
                .flat_map(|value| match part {
                    Part::Name(name) => value.get(name).into_iter().collect::<Vec<_>>(),
                    Part::Index(index) => value.get(index).into_iter().collect(),
                    Part::Each => value.as_array().map(|all| all.iter().collect()).unwrap_or_default(),
                })
                .collect();
        }
        if self.0.contains(&Part::Each) {
            Some(Value::Array(found.into_iter().cloned().collect()))
        } else {
            found.first().map(|value| (*value).clone())
        }
    }
}
