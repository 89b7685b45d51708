//! What a run is started with, held against what the document declares.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Body, Kind, Parameter};
use super::variables::plain;

/// Types the values that came, fills in defaults, and refuses what the document does not allow.
pub(super) fn bind(body: &Body, given: &BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, Value>, String> {
    for name in given.keys() {
        if !body.parameters.contains_key(name) {
            return Err(format!("the document has no parameter {name}"));
        }
    }
    let mut bound = BTreeMap::new();
    for (name, parameter) in &body.parameters {
        let value = match (given.get(name), &parameter.default) {
            (Some(values), _) => {
                typed(parameter.kind, values).map_err(|what| format!("the parameter {name} {what}"))?
            }
            (None, Some(default)) => default.clone(),
            (None, None) => return Err(format!("the parameter {name} is missing")),
        };
        check(parameter, &value).map_err(|what| format!("the parameter {name} {what}"))?;
        bound.insert(name.clone(), value);
    }
    Ok(bound)
}

/// Whether a typed value is allowed.
pub(super) fn check(parameter: &Parameter, value: &Value) -> Result<(), String> {
    if !parameter.kind.fits(value) {
        return Err(format!("is not of the type {:?}", parameter.kind));
    }
    if !parameter.allowed_values.is_empty() && !parameter.allowed_values.contains(value) {
        return Err(format!("may not be {}", plain(value)));
    }
    let pattern = parameter.allowed_pattern.as_deref().map(regex_lite::Regex::new);
    if let Some(Ok(pattern)) = pattern {
        let texts = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        if texts.iter().any(|text| !pattern.is_match(&plain(text))) {
            return Err(format!("does not match {}", pattern.as_str()));
        }
    }
    Ok(())
}

fn typed(kind: Kind, values: &[String]) -> Result<Value, String> {
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| "is not JSON".to_owned());
    if kind == Kind::StringList {
        return Ok(values.iter().map(String::as_str).collect());
    }
    if kind == Kind::MapList {
        return values.iter().map(|text| json(text)).collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    let [text] = values else {
        return Err(format!("takes one value, not {}", values.len()));
    };
    match kind {
        Kind::Boolean => text.parse::<bool>().map(Value::Bool).map_err(|_| "is neither true nor false".to_owned()),
        Kind::Integer => text.parse::<i64>().map(Value::from).map_err(|_| "is not a number".to_owned()),
        Kind::StringMap => json(text),
        Kind::String | Kind::StringList | Kind::MapList => Ok(Value::String(text.clone())),
    }
}
