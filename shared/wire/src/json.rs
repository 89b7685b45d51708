//! Looking into JSON that may have any shape. A path that leads nowhere, or to the wrong type, is simply absent: what
//! one field says wrong must not cost the rest of the payload.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limits;

static ABSENT: Value = Value::Null;

/// Follows keys into nested objects; `null` where there is nothing.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().try_fold(value, |value, key| value.get(key)).unwrap_or(&ABSENT)
}

/// The text at a path, without the blanks around it. Blank text counts as absent.
pub(crate) fn text<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    at(value, path).as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The first of several keys of one object that has text.
pub(crate) fn first_text<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    keys.iter().find_map(|key| text(value, &[key]))
}

/// Text, number or boolean as text: ids and account numbers come as any of them.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The first of several keys of one object that has a scalar.
pub(crate) fn first_scalar(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| scalar(at(value, &[key])))
}

/// The list at a path; empty where there is none.
pub(crate) fn list<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

/// The text members of the list at a path.
pub(crate) fn texts(value: &Value, path: &[&str]) -> Vec<String> {
    list(value, path).iter().filter_map(scalar).collect()
}

/// The scalar members of an object.
pub(crate) fn text_map(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(|(key, value)| Some((key.clone(), scalar(value)?))).take(limits::TAGS_MAX).collect()
}

/// An object or a list that is written out inside a text, as SNS does with its `Message`.
pub(crate) fn embedded(text: &str) -> Option<Value> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if !start.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(start).ok()
}

/// Collects maps whose members should agree. A key with two values is left out, for good: a runbook must not restart one
/// of two instances at a guess.
#[derive(Default)]
pub(crate) struct Agreement(BTreeMap<String, Option<String>>);

impl Agreement {
    /// Adds one map's members.
    pub(crate) fn add(&mut self, members: BTreeMap<String, String>) {
        for (key, value) in members {
            self.0
                .entry(key)
                .and_modify(|agreed| {
                    if agreed.as_ref() != Some(&value) {
                        *agreed = None;
                    }
                })
                .or_insert(Some(value));
        }
    }

    /// What nobody contradicted.
    pub(crate) fn agreed(self) -> BTreeMap<String, String> {
        let members = self.0.into_iter();
        members.filter_map(|(key, value)| Some((key, value?))).collect()
    }
}
