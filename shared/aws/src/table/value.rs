//! Rows as the engine sees them (JSON) and as the SDK does (attribute values), and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use reveille_engine::port::{Item, Key};
use serde_json::{Map, Number, Value};

/// The SDK's row.
pub(super) type AttributeMap = HashMap<String, AttributeValue>;

pub(super) fn key_to_sdk(key: &Key) -> AttributeMap {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

pub(super) fn to_sdk(item: &Map<String, Value>) -> AttributeMap {
    item.iter().map(|(name, value)| (name.clone(), value_to_sdk(value))).collect()
}

pub(super) fn from_sdk(row: AttributeMap) -> Item {
    row.into_iter().map(|(name, value)| (name, value_from_sdk(value))).collect()
}

pub(super) fn value_to_sdk(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(value_to_sdk).collect()),
        Value::Object(fields) => AttributeValue::M(to_sdk(fields)),
    }
}

/// We write neither sets nor bytes; a kind that we do not write reads as null, so that a row somebody else touched
/// can still be shown.
fn value_from_sdk(value: AttributeValue) -> Value {
    match value {
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::N(text) => number(&text),
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(values) => values.into_iter().map(value_from_sdk).collect(),
        AttributeValue::M(fields) => Value::from(from_sdk(fields)),
        AttributeValue::Ss(texts) => texts.into_iter().collect(),
        AttributeValue::Ns(texts) => texts.iter().map(|text| number(text)).collect(),
        // The SDK's enum is open, and these hold nothing of ours.
        AttributeValue::B(_) | AttributeValue::Bs(_) | AttributeValue::Null(_) | _ => Value::Null,
    }
}

/// DynamoDB keeps 38 digits and drops trailing zeros; what fits an integer is one.
fn number(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    let float = text.parse::<f64>().ok().and_then(Number::from_f64);
    float.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
