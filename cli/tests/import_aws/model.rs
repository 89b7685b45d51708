//! botocore's service models: what a request and an answer of an operation may hold.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// The model of a service, with the patterns that have been compiled.
pub(crate) struct Model(Value, Mutex<BTreeMap<String, Regex>>);

impl Model {
    /// Reads `service-2.json`.
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/tests/import/aws/{name}.service-2.json", env!("CARGO_MANIFEST_DIR"));
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), Mutex::default())
    }

    /// The operation of this name.
    pub(crate) fn operation(&self, name: &str) -> Option<&Value> {
        self.0["operations"].get(name)
    }

    /// The operation that is reached by a method and a path.
    pub(crate) fn operation_at(&self, method: &str, path: &str) -> Option<&str> {
        let operations = self.0["operations"].as_object().unwrap();
        let at = |operation: &Value| operation["http"]["method"] == method && operation["http"]["requestUri"] == path;
        operations.iter().find(|(_, operation)| at(operation)).map(|(name, _)| name.as_str())
    }

    /// The names of the members that stand in the query, by their names there.
    pub(crate) fn query_members(&self, operation: &str) -> Vec<(String, String)> {
        let shape = self.operation(operation).unwrap()["input"]["shape"].as_str().unwrap();
        let members = self.0["shapes"][shape]["members"].as_object().unwrap();
        let query = members.iter().filter(|(_, member)| member["location"] == "querystring");
        query.map(|(name, member)| (member["locationName"].as_str().unwrap().to_owned(), name.clone())).collect()
    }

    /// What is wrong about the input of an operation.
    pub(crate) fn input(&self, operation: &str, value: &Value) -> Vec<String> {
        self.of(operation, "input", value)
    }

    /// What is wrong about the output of an operation.
    pub(crate) fn output(&self, operation: &str, value: &Value) -> Vec<String> {
        self.of(operation, "output", value)
    }

    fn of(&self, operation: &str, side: &str, value: &Value) -> Vec<String> {
        let shape = self.operation(operation).unwrap()[side]["shape"].as_str().unwrap();
        let mut wrong = Vec::new();
        self.check(shape, value, &format!("{operation} {side}"), &mut wrong);
        wrong
    }

    fn check(&self, shape: &str, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let rules = &self.0["shapes"][shape];
        match (rules["type"].as_str().unwrap(), value) {
            ("structure", Value::Object(fields)) => self.structure(rules, fields, at, wrong),
            ("list", Value::Array(items)) => {
                bounds(rules, items.len() as f64, at, wrong);
                let member = rules["member"]["shape"].as_str().unwrap();
                items.iter().enumerate().for_each(|(n, item)| self.check(member, item, &format!("{at}[{n}]"), wrong));
            }
            ("map", Value::Object(fields)) => {
                bounds(rules, fields.len() as f64, at, wrong);
                for (key, value) in fields {
                    self.check(
                        rules["key"]["shape"].as_str().unwrap(),
                        &Value::from(key.as_str()),
                        &format!("{at} key"),
                        wrong,
                    );
                    self.check(rules["value"]["shape"].as_str().unwrap(), value, &format!("{at}.{key}"), wrong);
                }
            }
            ("string", Value::String(text)) => self.string(rules, text, at, wrong),
            ("integer" | "long", Value::Number(number)) if number.is_i64() => {
                bounds(rules, number.as_f64().unwrap(), at, wrong);
            }
            ("boolean", Value::Bool(_)) | ("timestamp" | "double", Value::Number(_)) => {}
            (kind, value) => wrong.push(format!("{at}: {value} is no {kind}")),
        }
    }

    fn structure(&self, rules: &Value, fields: &Map<String, Value>, at: &str, wrong: &mut Vec<String>) {
        let members = rules["members"].as_object().unwrap();
        for required in rules["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().unwrap()) {
                wrong.push(format!("{at}: {required} is missing"));
            }
        }
        if rules["union"] == true && fields.len() != 1 {
            wrong.push(format!("{at}: a union has one member"));
        }
        for (name, value) in fields {
            match members.get(name) {
                Some(member) => self.check(member["shape"].as_str().unwrap(), value, &format!("{at}.{name}"), wrong),
                None => wrong.push(format!("{at}: there is no {name}")),
            }
        }
    }

    fn string(&self, rules: &Value, text: &str, at: &str, wrong: &mut Vec<String>) {
        bounds(rules, text.chars().count() as f64, at, wrong);
        if let Some(words) = rules["enum"].as_array()
            && !words.iter().any(|word| word == text)
        {
            wrong.push(format!("{at}: {text:?} is none of {words:?}"));
        }
        let Some(pattern) = rules["pattern"].as_str() else { return };
        // What regex-lite does not know: classes of Unicode, and looking ahead.
        let mut plain = pattern.to_owned();
        for (class, letters) in
            [("\\p{L}", "A-Za-z\u{80}-\u{10ffff}"), ("\\p{Z}", " "), ("\\p{N}", "0-9"), ("\\/", "/")]
        {
            plain = plain.replace(class, letters);
        }
        if let Some(rest) = plain.strip_prefix("^(?!aws:)") {
            plain = format!("^{rest}");
            if text.starts_with("aws:") {
                wrong.push(format!("{at}: {text:?} begins with aws:"));
            }
        }
        let mut known = self.1.lock().unwrap();
        let compile = || Regex::new(&format!("^(?:{plain})$")).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        if !known.entry(plain.clone()).or_insert_with(compile).is_match(text) {
            wrong.push(format!("{at}: {text:?} does not match {pattern}"));
        }
    }
}

fn bounds(rules: &Value, size: f64, at: &str, wrong: &mut Vec<String>) {
    if rules["min"].as_f64().is_some_and(|min| size < min) || rules["max"].as_f64().is_some_and(|max| size > max) {
        wrong.push(format!("{at}: {size} is out of bounds"));
    }
}
