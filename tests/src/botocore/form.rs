//! Forms of the query protocol, read as the shapes say: `MessageAttributes.entry.1.Value.DataType=String`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::model::{Model, wire_name};
use super::request::part;
use super::shape::named;

type Fields = BTreeMap<String, String>;

/// The fields of a form.
pub(super) fn read(body: &[u8]) -> Fields {
    form_urlencoded::parse(body).into_owned().collect()
}

/// A structure whose members begin with `prefix`. What was read is taken out of the fields.
pub(super) fn structure(model: &Model, shape: &str, prefix: &str, fields: &mut Fields) -> Value {
    let members = model.shape(shape)["members"].as_object().into_iter().flatten();
    let read = members.filter_map(|(name, member)| {
        let name = wire_name(name, member);
        Some((name.to_owned(), value(model, named(member), &format!("{prefix}{name}"), fields)?))
    });
    Value::Object(read.collect())
}

fn value(model: &Model, shape: &str, name: &str, fields: &mut Fields) -> Option<Value> {
    let rules = model.shape(shape);
    let is_there = |fields: &Fields, name: &str| {
        fields.keys().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    };
    let flat = rules["flattened"] == true;
    match rules["type"].as_str().unwrap_or_default() {
        "structure" => is_there(fields, name).then(|| structure(model, shape, &format!("{name}."), fields)),
        "list" if is_there(fields, name) => {
            let (member, called) = part(rules, "member", "member");
            let place = |n: usize| if flat { format!("{name}.{n}") } else { format!("{name}.{called}.{n}") };
            Some((1..).map_while(|n| value(model, member, &place(n), fields)).collect())
        }
        "map" if is_there(fields, name) => {
            let ((key, key_is), (of, value_is)) = (part(rules, "key", "key"), part(rules, "value", "value"));
            let place = |n: usize| if flat { format!("{name}.{n}") } else { format!("{name}.entry.{n}") };
            let mut entries = Map::new();
            for n in 1.. {
                let Some(Value::String(key)) = value(model, key, &format!("{}.{key_is}", place(n)), fields) else {
                    break;
                };
                let value = value(model, of, &format!("{}.{value_is}", place(n)), fields);
                entries.insert(key, value.unwrap_or_default());
            }
            Some(Value::Object(entries))
        }
        "list" | "map" => None,
        kind => Some(scalar(kind, &fields.remove(name)?)),
    }
}

/// A text as what it means; what it does not mean stays a text, which the shape then finds.
pub(super) fn scalar(kind: &str, text: &str) -> Value {
    let meant = match kind {
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        "integer" | "long" => text.parse::<i64>().ok().map(Value::from),
        "float" | "double" => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    };
    meant.unwrap_or_else(|| text.into())
}
