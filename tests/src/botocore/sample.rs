//! Answers that are built from nothing but a model: the least that a shape allows, everything that it allows, and each error.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::model::{Model, Protocol, wire_name};
use super::pattern::Pattern;
use super::request::part;
use super::shape::named;

/// How much of an answer there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// What is required.
    Least,
    /// Every member, one item in every list and map.
    Most,
}

/// An answer as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its status.
    pub status: StatusCode,
    /// The type of its body.
    pub content_type: String,
    /// Its body.
    pub body: String,
}

/// Texts for patterns: the first that fits is taken.
const TEXTS: [&str; 8] = [
    "a",
    "abc",
    "+15550100",
    "1",
    "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    "arn:aws:service:us-east-1:123456789012:kind/name",
    "arn:aws:scheduler:us-east-1:123456789012:schedule/group/name",
    "2026-11-23T03:00:00Z",
];

impl Model {
    /// A value of a shape.
    pub fn sample(&self, shape: &str, how: Sample) -> Value {
        self.made(shape, how, &mut Vec::new()).unwrap_or_else(|| panic!("no text fits {shape} of {}", self.service()))
    }

    /// `None`: no text that we know fits, or the shape goes round in a circle.
    fn made<'m>(&'m self, shape: &'m str, how: Sample, above: &mut Vec<&'m str>) -> Option<Value> {
        if above.contains(&shape) {
            return None;
        }
        let rules = self.shape(shape);
        above.push(shape);
        let made = match rules["type"].as_str().unwrap_or_default() {
            "structure" => self.structure_of(rules, how, above),
            "list" => {
                let least = rules["min"].as_u64().unwrap_or_default();
                let count = if how == Sample::Most { least.max(1) } else { least };
                let item = self.made(named(&rules["member"]), how, above);
                (count == 0 || item.is_some()).then(|| (0..count).filter_map(|_| item.clone()).collect())
            }
            "map" if how == Sample::Least && rules["min"].as_u64().unwrap_or_default() == 0 => Some(json!({})),
            "map" => {
                let (key, value) =
                    (self.made(named(&rules["key"]), how, above), self.made(named(&rules["value"]), how, above));
                let key = key.as_ref().and_then(Value::as_str);
                key.zip(value).map(|(key, value)| Value::Object(Map::from_iter([(key.to_owned(), value)])))
            }
            "boolean" => Some(true.into()),
            "timestamp" => Some(1_798_761_600.into()),
            "integer" | "long" => Some(rules["min"].as_i64().unwrap_or(1).into()),
            "float" | "double" => Some(1.5.into()),
            "blob" => Some("YQ==".into()),
            _ => text(rules),
        };
        above.pop();
        made
    }

    fn structure_of<'m>(&'m self, rules: &'m Value, how: Sample, above: &mut Vec<&'m str>) -> Option<Value> {
        let is_required =
            |name: &str| rules["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let mut fields = Map::new();
        // Of a union one member, a text where there is one.
        let only = (rules["union"] == true).then(|| if rules["members"]["S"].is_null() { None } else { Some("S") });
        for (name, member) in rules["members"].as_object().into_iter().flatten() {
            let wanted = match only {
                None => is_required(name) || how == Sample::Most,
                Some(None) => fields.is_empty(),
                Some(Some(only)) => name == only,
            };
            match self.made(named(member), how, above).filter(|_| wanted) {
                Some(value) => drop(fields.insert(wire_name(name, member).to_owned(), value)),
                None if is_required(name) => return None,
                None => {}
            }
        }
        Some(Value::Object(fields))
    }

    /// An answer of success.
    pub fn built_output(&self, operation: &str, how: Sample) -> Built {
        let shape = self.side(operation, "output");
        let value = shape.map_or_else(|| json!({}), |shape| self.sample(shape, how));
        match self.protocol() {
            Protocol::Json | Protocol::RestJson => self.json(StatusCode::OK, value.to_string()),
            Protocol::Query => {
                let wrapper =
                    self.operation(operation).and_then(|operation| operation["output"]["resultWrapper"].as_str());
                let content = shape.map(|shape| self.xml(shape, &value)).unwrap_or_default();
                let content = wrapper.map(|name| format!("<{name}>{content}</{name}>")).unwrap_or_default();
                let id = "<ResponseMetadata><RequestId>built</RequestId></ResponseMetadata>";
                xml(StatusCode::OK, format!("<{operation}Response>{content}{id}</{operation}Response>"))
            }
        }
    }

    /// An error of an operation; one that its model does not list comes with this status.
    pub fn built_error(&self, operation: &str, code: &str, otherwise: StatusCode) -> Built {
        let errors = self.errors(operation);
        let rules = errors.get(code).map(|shape| self.shape(shape));
        let fallen = |rules: &Value| if rules["fault"] == true { 500 } else { 400 };
        let status = rules.map(|rules| rules["error"]["httpStatusCode"].as_u64().unwrap_or_else(|| fallen(rules)));
        let status =
            status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok()).unwrap_or(otherwise);
        match self.protocol() {
            Protocol::Json | Protocol::RestJson => {
                let mut body = errors.get(code).map_or_else(|| json!({}), |shape| self.sample(shape, Sample::Most));
                body["__type"] = code.into();
                self.json(status, body.to_string())
            }
            Protocol::Query => {
                let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
                let error = format!("<Error><Type>{kind}</Type><Code>{code}</Code><Message>built</Message></Error>");
                xml(status, format!("<ErrorResponse>{error}<RequestId>built</RequestId></ErrorResponse>"))
            }
        }
    }

    fn json(&self, status: StatusCode, body: String) -> Built {
        let content_type = match self.protocol() {
            Protocol::Json => format!("application/x-amz-json-{}", self.metadata("jsonVersion").unwrap_or("1.0")),
            Protocol::RestJson | Protocol::Query => "application/json".to_owned(),
        };
        Built { status, content_type, body }
    }

    /// The content of an element.
    fn xml(&self, shape: &str, value: &Value) -> String {
        let rules = self.shape(shape);
        let element = |name: &str, content: String| format!("<{name}>{content}</{name}>");
        match value {
            Value::Object(fields) if rules["type"] == "map" => {
                let ((key, key_is), (of, value_is)) = (part(rules, "key", "key"), part(rules, "value", "value"));
                let entry = |(name, value): (&String, &Value)| {
                    let key = element(key_is, self.xml(key, &name.as_str().into()));
                    element("entry", format!("{key}{}", element(value_is, self.xml(of, value))))
                };
                fields.iter().map(entry).collect()
            }
            Value::Object(fields) => {
                let members = rules["members"].as_object().into_iter().flatten();
                let members = members.map(|(name, member)| (wire_name(name, member), member));
                members.filter_map(|(name, is)| Some(element(name, self.xml(named(is), fields.get(name)?)))).collect()
            }
            Value::Array(items) => {
                let (member, called) = part(rules, "member", "member");
                items.iter().map(|item| element(called, self.xml(member, item))).collect()
            }
            Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }
}

fn xml(status: StatusCode, body: String) -> Built {
    Built { status, content_type: "text/xml".to_owned(), body }
}

fn text(rules: &Value) -> Option<Value> {
    if let Some(word) = rules["enum"].as_array().and_then(|words| words.first()) {
        return Some(word.clone());
    }
    let least = usize::try_from(rules["min"].as_u64().unwrap_or_default()).unwrap_or_default();
    let most = usize::try_from(rules["max"].as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let Some(pattern) = rules["pattern"].as_str().map(Pattern::new) else {
        return Some("a".repeat(least.max(1)).into());
    };
    let long = "a".repeat(least);
    let texts = TEXTS.into_iter().chain([long.as_str()]);
    let mut fitting = texts.filter(|text| (least..=most).contains(&text.len()) && pattern.fits(text));
    fitting.next().map(Value::from)
}
