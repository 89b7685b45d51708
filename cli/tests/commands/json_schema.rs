//! As much of JSON Schema 2020-12 as our schema uses. A keyword that this does not know fails the test, so that none is taken
//! for one that holds.

use regex_lite::Regex;
use serde_json::{Map, Value};

/// A schema that instances are held to.
pub(crate) struct Schema(pub(crate) Value);

/// What an instance breaks: its place, as a JSON pointer, and the keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) place: String,
    pub(crate) keyword: String,
}

/// Keywords that say nothing about an instance, or that another one reads.
const SILENT: [&str; 9] =
    ["$schema", "$defs", "title", "description", "default", "examples", "if", "then", "additionalProperties"];

impl Schema {
    /// Everything that an instance breaks; nothing: it is valid.
    pub(crate) fn broken(&self, instance: &Value) -> Vec<Broken> {
        self.at(&self.0, instance, "")
    }

    fn at(&self, schema: &Value, instance: &Value, place: &str) -> Vec<Broken> {
        let Value::Object(keywords) = schema else { panic!("{place}: no schema: {schema}") };
        let mut found = Vec::new();
        for (keyword, value) in keywords {
            let inner = self.inner(keywords, keyword, value, instance, place);
            let holds = inner.is_none() || inner.as_ref().is_some_and(Vec::is_empty);
            if !holds {
                found.extend(inner.unwrap_or_default());
            } else if !SILENT.contains(&keyword.as_str()) && !self.holds(keyword, value, instance) {
                found.push(Broken { place: place.to_owned(), keyword: keyword.clone() });
            }
        }
        found
    }

    fn is_valid(&self, schema: &Value, instance: &Value) -> bool {
        self.at(schema, instance, "").is_empty()
    }

    /// What is broken below this place; `None`: the keyword is about the place itself.
    fn inner(
        &self,
        keywords: &Map<String, Value>,
        keyword: &str,
        value: &Value,
        instance: &Value,
        place: &str,
    ) -> Option<Vec<Broken>> {
        match keyword {
            "$ref" => {
                let pointer = value.as_str()?.strip_prefix('#')?;
                let target = self.0.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere"));
                Some(self.at(target, instance, place))
            }
            "properties" => {
                let known = value.as_object()?;
                let object = instance.as_object()?;
                let below = object.iter().flat_map(|(key, item)| {
                    let place = format!("{place}/{key}");
                    match (known.get(key), keywords.get("additionalProperties")) {
                        (Some(schema), _) => self.at(schema, item, &place),
                        (None, Some(Value::Bool(false))) => {
                            vec![Broken { place, keyword: "additionalProperties".to_owned() }]
                        }
                        (None, _) => Vec::new(),
                    }
                });
                Some(below.collect())
            }
            "additionalProperties" if value.is_object() => {
                let object = instance.as_object()?;
                Some(object.iter().flat_map(|(key, item)| self.at(value, item, &format!("{place}/{key}"))).collect())
            }
            "items" => {
                let items = instance.as_array()?.iter().enumerate();
                Some(items.flat_map(|(n, item)| self.at(value, item, &format!("{place}/{n}"))).collect())
            }
            "allOf" => Some(value.as_array()?.iter().flat_map(|schema| self.at(schema, instance, place)).collect()),
            "if" if self.is_valid(value, instance) => Some(self.at(keywords.get("then")?, instance, place)),
            _ => None,
        }
    }

    fn holds(&self, keyword: &str, value: &Value, instance: &Value) -> bool {
        let limit = || usize::try_from(value.as_u64().expect("a limit")).expect("a small one");
        let valid =
            || value.as_array().expect("schemas").iter().filter(|schema| self.is_valid(schema, instance)).count();
        let number = |least: bool| match (instance.as_f64(), value.as_f64()) {
            (Some(number), Some(limit)) => {
                if least {
                    number >= limit
                } else {
                    number <= limit
                }
            }
            _ => true,
        };
        match keyword {
            "$ref" | "properties" | "items" | "allOf" => true,
            "type" => types(value).iter().any(|wanted| is_of(wanted, instance)),
            "enum" => value.as_array().expect("values").contains(instance),
            "const" => value == instance,
            "anyOf" => valid() > 0,
            "oneOf" => valid() == 1,
            "not" => !self.is_valid(value, instance),
            "required" => instance.as_object().is_none_or(|object| {
                value.as_array().expect("names").iter().all(|name| object.contains_key(name.as_str().expect("a name")))
            }),
            "dependentRequired" => instance.as_object().is_none_or(|object| {
                let needs = value.as_object().expect("names").iter().filter(|(key, _)| object.contains_key(*key));
                needs
                    .flat_map(|(_, names)| names.as_array().expect("names"))
                    .all(|name| object.contains_key(name.as_str().expect("a name")))
            }),
            "propertyNames" => instance
                .as_object()
                .is_none_or(|object| object.keys().all(|key| self.is_valid(value, &Value::String(key.clone())))),
            "minProperties" => instance.as_object().is_none_or(|object| object.len() >= limit()),
            "maxProperties" => instance.as_object().is_none_or(|object| object.len() <= limit()),
            "minItems" => instance.as_array().is_none_or(|items| items.len() >= limit()),
            "maxItems" => instance.as_array().is_none_or(|items| items.len() <= limit()),
            "uniqueItems" => instance
                .as_array()
                .is_none_or(|items| !items.iter().enumerate().any(|(place, item)| items[..place].contains(item))),
            "minLength" => instance.as_str().is_none_or(|text| text.chars().count() >= limit()),
            "maxLength" => instance.as_str().is_none_or(|text| text.chars().count() <= limit()),
            "minimum" => number(true),
            "maximum" => number(false),
            "pattern" => instance
                .as_str()
                .is_none_or(|text| Regex::new(value.as_str().expect("a pattern")).expect("a pattern").is_match(text)),
            _ => panic!("{keyword} is a keyword that this does not know"),
        }
    }
}

fn types(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => panic!("{value} is no type"),
    }
}

fn is_of(wanted: &str, instance: &Value) -> bool {
    match wanted {
        "null" => instance.is_null(),
        "boolean" => instance.is_boolean(),
        "integer" => instance.is_i64() || instance.is_u64(),
        "number" => instance.is_number(),
        "string" => instance.is_string(),
        "array" => instance.is_array(),
        "object" => instance.is_object(),
        _ => panic!("{wanted} is no type"),
    }
}
