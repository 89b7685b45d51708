//! `{{ Parameter }}` and `{{ step.Output }}` in the inputs of steps.

use std::collections::BTreeMap;

use serde_json::Value;

/// The names between braces in a text, in their order.
pub(super) fn names(text: &str) -> Vec<String> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.to_owned()),
            Piece::Text(_) => None,
        })
        .collect()
}

/// The names in all texts of a value.
pub(super) fn names_in(value: &Value) -> Vec<String> {
    if let Some(text) = value.as_str() {
        names(text)
    } else if let Some(list) = value.as_array() {
        list.iter().flat_map(names_in).collect()
    } else if let Some(map) = value.as_object() {
        map.values().flat_map(names_in).collect()
    } else {
        Vec::new()
    }
}

/// Puts values in. A text that is nothing but one name takes its value with its type.
pub(super) fn resolve(value: &Value, known: &BTreeMap<String, Value>) -> Result<Value, String> {
    if let Some(text) = value.as_str() {
        resolve_text(text, known)
    } else if let Some(list) = value.as_array() {
        list.iter().map(|item| resolve(item, known)).collect::<Result<Vec<_>, _>>().map(Value::Array)
    } else if let Some(map) = value.as_object() {
        map.iter()
            .map(|(key, item)| Ok((key.clone(), resolve(item, known)?)))
            .collect::<Result<serde_json::Map<_, _>, String>>()
            .map(Value::Object)
    } else {
        Ok(value.clone())
    }
}

/// A value as it reads inside a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn resolve_text(text: &str, known: &BTreeMap<String, Value>) -> Result<Value, String> {
    let look_up =
        |name: &str| known.get(name).ok_or_else(|| format!("no output available for {name}: its step has not run"));
    let pieces = pieces(text);
    if let [Piece::Name(name)] = pieces.as_slice() {
        return look_up(name).cloned();
    }
    let mut whole = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Name(name) => whole.push_str(&plain(look_up(name)?)),
        }
    }
    Ok(Value::String(whole))
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Name(name.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}
