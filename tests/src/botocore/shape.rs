//! Whether a value is of a shape: its type, its members, its bounds, and the words that it may be.

use serde_json::{Map, Value};

use super::model::{Model, wire_name};
use super::pattern::Pattern;

impl Model {
    /// What is wrong about a value of a shape, with the place.
    pub fn check(&self, shape: &str, value: &Value, at: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        self.walk(shape, value, at, &mut wrong);
        wrong
    }

    fn walk(&self, shape: &str, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let rules = self.shape(shape);
        match (rules["type"].as_str().unwrap_or_default(), value) {
            ("structure", Value::Object(fields)) => self.structure(rules, fields, at, wrong),
            ("list", Value::Array(items)) => {
                bounds(rules, items.len() as f64, at, wrong);
                let member = named(&rules["member"]);
                items.iter().enumerate().for_each(|(n, item)| self.walk(member, item, &format!("{at}[{n}]"), wrong));
            }
            ("map", Value::Object(fields)) => {
                bounds(rules, fields.len() as f64, at, wrong);
                for (key, value) in fields {
                    let is = Value::from(key.as_str());
                    self.walk(named(&rules["key"]), &is, &format!("{at} key"), wrong);
                    self.walk(named(&rules["value"]), value, &format!("{at}.{key}"), wrong);
                }
            }
            ("string" | "character", Value::String(text)) => self.text(rules, text, at, wrong),
            // Base64 in JSON, and what was said where it is the whole of a body.
            ("blob", Value::String(text)) => bounds(rules, text.len() as f64, at, wrong),
            ("integer" | "long", Value::Number(number)) if number.is_i64() => {
                bounds(rules, number.as_f64().unwrap_or_default(), at, wrong);
            }
            ("float" | "double", Value::Number(number)) => {
                bounds(rules, number.as_f64().unwrap_or_default(), at, wrong);
            }
            ("boolean", Value::Bool(_)) | ("timestamp", Value::Number(_)) => {}
            (kind, value) => wrong.push(format!("{at}: {} is no {kind}", short(value))),
        }
    }

    fn structure(&self, rules: &Value, fields: &Map<String, Value>, at: &str, wrong: &mut Vec<String>) {
        let none = Map::new();
        let members = rules["members"].as_object().unwrap_or(&none);
        for required in rules["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let name = members.get(required).map_or(required, |member| wire_name(required, member));
            if !fields.contains_key(name) {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        if rules["union"] == true && fields.len() != 1 {
            wrong.push(format!("{at}: a union has one member"));
        }
        for (name, value) in fields {
            match members.iter().find(|(member, is)| wire_name(member, is) == name) {
                Some((_, member)) => self.walk(named(member), value, &format!("{at}.{name}"), wrong),
                None => wrong.push(format!("{at}: there is no {name}")),
            }
        }
    }

    fn text(&self, rules: &Value, text: &str, at: &str, wrong: &mut Vec<String>) {
        bounds(rules, text.chars().count() as f64, at, wrong);
        if let Some(words) = rules["enum"].as_array()
            && !words.iter().any(|word| word == text)
        {
            wrong.push(format!("{at}: {text:?} is none of {}", short(&Value::from(words.clone()))));
        }
        let Some(pattern) = rules["pattern"].as_str() else { return };
        let mut known = self.patterns.lock().expect("nobody panics with it");
        if !known.entry(pattern.to_owned()).or_insert_with(|| Pattern::new(pattern)).fits(text) {
            wrong.push(format!("{at}: {:?} does not match {pattern}", text.chars().take(80).collect::<String>()));
        }
    }
}

/// The name of the shape that something refers to.
pub(super) fn named(reference: &Value) -> &str {
    reference["shape"].as_str().expect("a reference names a shape")
}

fn bounds(rules: &Value, size: f64, at: &str, wrong: &mut Vec<String>) {
    if rules["min"].as_f64().is_some_and(|min| size < min) || rules["max"].as_f64().is_some_and(|max| size > max) {
        wrong.push(format!("{at}: {size} is out of bounds"));
    }
}

/// Enough of a value to recognise it.
fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}
