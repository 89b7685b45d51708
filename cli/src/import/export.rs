//! What somebody fetched from a source: one JSON object with a list for each request, or a folder with a file for each.
//!
//! Answers are taken as they came: a list, the object around it, or several pages. A file or a key can carry an id behind
//! a `-`: `schedules-PI7DH85.json` is the answer about that schedule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::note::Notes;

/// Answers by the name of their request, each with the id it is about.
#[derive(Clone, Debug, Default)]
pub struct Export(BTreeMap<String, Vec<(Option<String>, Value)>>);

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It is not there, or not for us.
    #[error("{} could not be read: check the path, and that you may read it", path.display())]
    Unreadable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is not JSON.
    #[error("{} is not JSON: fetch it again, an error page may have been saved", path.display())]
    NotJson {
        /// Which file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// It is JSON, but no object.
    #[error("{} is no JSON object with a list for each request: run `reveille import {command} --requests`", path.display())]
    NoObject {
        /// Which file.
        path: PathBuf,
        /// The source on the command line.
        command: &'static str,
    },
    /// What must be there is not.
    #[error("the export has no `{part}`: run `reveille import {command} --requests` to see how it is fetched")]
    Missing {
        /// The request that has no answer.
        part: &'static str,
        /// The source on the command line.
        command: &'static str,
    },
}

impl Export {
    /// Reads a file or a folder.
    pub fn load(path: &Path, command: &'static str) -> Result<Self, ExportError> {
        let mut export = Self::default();
        if !path.is_dir() {
            let value = json(path)?;
            let Value::Object(parts) = value else {
                return Err(ExportError::NoObject { path: path.to_owned(), command });
            };
            parts.into_iter().for_each(|(name, value)| export.put(&name, value));
            return Ok(export);
        }
        let unreadable = |source| ExportError::Unreadable { path: path.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
            let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            export.put(&name, json(file)?);
        }
        Ok(export)
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let parts: BTreeMap<String, Value> = serde_json::from_str(text)?;
        let mut export = Self::default();
        parts.into_iter().for_each(|(name, value)| export.put(&name, value));
        Ok(export)
    }

    /// An answer of GraphQL has everything that was asked below `data`: its fields are the parts.
    pub fn unwrapped(&self) -> Self {
        let mut export = self.clone();
        for (_, value) in export.0.remove("data").into_iter().flatten() {
            if let Value::Object(parts) = value {
                parts.into_iter().for_each(|(name, value)| export.put(&name, value));
            }
        }
        export
    }

    fn put(&mut self, name: &str, value: Value) {
        let (part, id) = match name.split_once('-') {
            Some((part, id)) => (part, Some(id.to_owned())),
            None => (name, None),
        };
        self.0.entry(part.to_owned()).or_default().push((id, value));
    }

    /// The items of a list. `wrappers` are the keys under which answers carry them. `None`: there is no such answer.
    pub fn list(&self, part: &str, wrappers: &[&str]) -> Option<Vec<&Value>> {
        let answers = self.0.get(part)?;
        Some(answers.iter().flat_map(|(_, value)| items(value, wrappers)).collect())
    }

    /// The items of a list that must be there.
    pub fn required(
        &self,
        part: &'static str,
        wrappers: &[&str],
        command: &'static str,
    ) -> Result<Vec<&Value>, ExportError> {
        self.list(part, wrappers).ok_or(ExportError::Missing { part, command })
    }

    /// The answers of a request that is made for each of something: the id, and the items of its answer. In one object they
    /// stand under their ids: `"overrides": { "PI7DH85": { … } }`.
    pub fn by_id(&self, part: &str, wrappers: &[&str]) -> BTreeMap<String, Vec<&Value>> {
        let mut answers: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for (id, value) in self.0.get(part).into_iter().flatten() {
            match (id, value) {
                (Some(id), value) => answers.entry(id.clone()).or_default().extend(items(value, wrappers)),
                (None, Value::Object(by_id)) => {
                    for (id, value) in by_id {
                        answers.entry(id.clone()).or_default().extend(items(value, wrappers));
                    }
                }
                (None, _) => {}
            }
        }
        answers
    }

    /// Says where a page follows that nobody has fetched: every page of a list speaks of another one.
    pub fn complain_of_missing_pages(&self, notes: &mut Notes) {
        for (part, answers) in &self.0 {
            let mut by_id: BTreeMap<&Option<String>, Vec<&Value>> = BTreeMap::new();
            for (id, value) in answers {
                let pages: Vec<&Value> = match value {
                    Value::Array(items) => items.iter().collect(),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                        vec![value]
                    }
                };
                by_id.entry(id).or_default().extend(pages);
            }
            // Pages of one list may be files of one request with different numbers, so all of them count together.
            let pages: Vec<&Value> = by_id.values().flatten().copied().collect();
            let open = pages.iter().filter(|page| has_more(page)).count();
            if open > 0 && open == pages.len() {
                let todo = "fetch the other pages, and put them beside it";
                notes.failed(part, "page", "the answer says that more pages follow, and they are not here", todo);
            }
        }
    }
}

fn json(path: &Path) -> Result<Value, ExportError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ExportError::Unreadable { path: path.to_owned(), source })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).map_err(|source| ExportError::NotJson { path: path.to_owned(), source })
}

/// The items that a value carries: it is a list of them, a list of pages, an object around them, or one of them.
fn items<'v>(value: &'v Value, wrappers: &[&str]) -> Vec<&'v Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(|value| items(value, wrappers)).collect(),
        Value::Object(fields) => {
            let inner = wrappers.iter().find_map(|wrapper| match fields.get(*wrapper) {
                Some(inner @ (Value::Array(_) | Value::Object(_))) => Some(inner),
                _ => None,
            });
            match inner {
                Some(Value::Array(values)) => values.iter().collect(),
                Some(Value::Object(_)) => inner.map(|inner| items(inner, wrappers)).unwrap_or_default(),
                _ => vec![value],
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn has_more(page: &Value) -> bool {
    let next = |value: Option<&Value>| value.is_some_and(|next| next.as_str().is_some_and(|next| !next.is_empty()));
    page.get("more").and_then(Value::as_bool).unwrap_or(false)
        || next(page.get("next"))
        || next(page.get("paging").and_then(|paging| paging.get("next")))
        || deep_next_page(page)
}

/// GraphQL puts it into a `pageInfo` somewhere below `data`.
fn deep_next_page(value: &Value) -> bool {
    let Value::Object(fields) = value else { return false };
    let here = fields.get("pageInfo").and_then(|info| info.get("hasNextPage")).and_then(Value::as_bool);
    here.unwrap_or_else(|| fields.values().any(deep_next_page))
}

/// A text of an object; nothing for an empty one.
pub fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// An id: some APIs write numbers.
pub fn id(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number that is not negative.
pub fn number(value: &Value, key: &str) -> Option<u32> {
    value.get(key).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
}

/// A truth value.
pub fn flag(value: &Value, key: &str) -> Option<bool> {
    value.get(key).and_then(Value::as_bool)
}

/// The items of a list; none where there is no list.
pub fn each<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_as_they_came() {
        let rows = [
            r#"{ "users": [ { "id": "a" }, { "id": "b" } ] }"#,
            r#"{ "users": { "users": [ { "id": "a" }, { "id": "b" } ], "more": false } }"#,
            r#"{ "users": [ { "users": [ { "id": "a" } ], "more": true }, { "users": [ { "id": "b" } ], "more": false } ] }"#,
            r#"{ "users-1": { "users": [ { "id": "a" } ], "more": true }, "users-2": { "users": [ { "id": "b" } ] } }"#,
            r#"{ "users": { "data": { "users": { "nodes": [ { "id": "a" }, { "id": "b" } ] } } } }"#,
        ];
        for row in rows {
            let export = Export::parse(row).unwrap();
            let users = export.list("users", &["users", "data", "nodes"]).unwrap();
            let ids: Vec<_> = users.iter().filter_map(|user| id(user, "id")).collect();
            assert_eq!(ids, ["a", "b"], "{row}");
            let mut notes = Notes::default();
            export.complain_of_missing_pages(&mut notes);
            assert_eq!(notes.sorted().len(), 0, "{row}");
        }
        assert!(Export::parse("{}").unwrap().list("users", &[]).is_none());
    }

    #[test]
    fn a_page_that_nobody_fetched_is_a_failure() {
        let rows = [
            r#"{ "users": { "users": [], "more": true } }"#,
            r#"{ "users": { "results": [], "next": "https://x/?page=2" } }"#,
            r#"{ "users": { "data": [], "paging": { "next": "https://x/?offset=100" } } }"#,
            r#"{ "users": { "data": { "users": { "nodes": [], "pageInfo": { "hasNextPage": true } } } } }"#,
        ];
        for row in rows {
            let mut notes = Notes::default();
            Export::parse(row).unwrap().complain_of_missing_pages(&mut notes);
            assert_eq!(notes.count(crate::import::note::Kind::Failed), 1, "{row}");
        }
    }

    #[test]
    fn answers_about_one_thing_are_found_by_its_id() {
        for row in [
            r#"{ "overrides": { "P1": { "overrides": [ { "id": "o" } ] } } }"#,
            r#"{ "overrides-P1": [ { "id": "o" } ] }"#,
        ] {
            let export = Export::parse(row).unwrap();
            assert_eq!(export.by_id("overrides", &["overrides"])["P1"].len(), 1, "{row}");
        }
    }
}
