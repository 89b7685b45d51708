//! Which operation a request asks for, and with what.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::form;
use super::model::{Model, Models, Protocol, wire_name};
use super::shape::named;

/// A request, understood.
pub struct Asked<'a> {
    /// The service.
    pub model: &'a Model,
    /// The operation.
    pub operation: String,
    /// Its input, members by the names that they have on the wire.
    pub input: Value,
}

impl std::fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.model.service(), self.operation)
    }
}

impl Models {
    /// Understands a request; an error says why no model does.
    pub fn asked(&self, method: &str, uri: &str, headers: &HeaderMap, body: &[u8]) -> Result<Asked<'_>, String> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let service = signed_for(text("authorization")).ok_or_else(|| format!("{method} {uri} is not signed"))?;
        let model = self.iter().find(|model| model.signing_name() == service);
        let model = model.ok_or_else(|| format!("there is no model of {service}"))?;
        let (operation, input) = match model.protocol() {
            Protocol::Json => json(model, (method, uri), [text("x-amz-target"), text("content-type")], body)?,
            Protocol::RestJson => rest_json(model, method, uri, headers, body)?,
            Protocol::Query => query(model, (method, uri), text("content-type"), body)?,
        };
        Ok(Asked { model, operation, input })
    }
}

/// The service in the scope of a signature: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(authorization: &str) -> Option<&str> {
    let credential =
        authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split(", ").next()?.strip_prefix("Credential=")?;
    let scope: Vec<&str> = credential.split('/').collect();
    match scope.as_slice() {
        [_, date, region, service, "aws4_request"] if date.len() == 8 && !region.is_empty() => Some(service),
        _ => None,
    }
}

type Understood = Result<(String, Value), String>;

fn json(model: &Model, line: (&str, &str), [target, content_type]: [&str; 2], body: &[u8]) -> Understood {
    let service = model.service();
    if line != ("POST", "/") {
        return Err(format!("{service} is asked with POST /, not with {} {}", line.0, line.1));
    }
    let prefix = model.metadata("targetPrefix").unwrap_or_default();
    let operation = target.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'));
    let operation = operation.filter(|name| model.operation(name).is_some());
    let operation = operation.ok_or_else(|| format!("no model of {service} has the target {target:?}"))?;
    let expected = format!("application/x-amz-json-{}", model.metadata("jsonVersion").unwrap_or("1.0"));
    if content_type != expected {
        return Err(format!("{service} {operation} is sent as {content_type:?}, not as {expected}"));
    }
    Ok((operation.to_owned(), object(body).map_err(|why| format!("{service} {operation}: {why}"))?))
}

fn rest_json(model: &Model, method: &str, uri: &str, headers: &HeaderMap, body: &[u8]) -> Understood {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let found = model.operations().iter().find_map(|(name, operation)| {
        let http = &operation["http"];
        let is_so = http["method"] == method;
        let labels = labels(http["requestUri"].as_str()?, path).filter(|_| is_so)?;
        Some((name, labels))
    });
    let (operation, mut input) = found.ok_or_else(|| format!("no model of {} has {method} {path}", model.service()))?;
    let none = Value::Null;
    let shape = model.side(operation, "input").map_or(&none, |shape| model.shape(shape));
    if let Some(payload) = shape["payload"].as_str() {
        input.insert(wire_name(payload, &shape["members"][payload]).to_owned(), text(body).into());
    } else {
        let body = object(body).map_err(|why| format!("{} {operation}: {why}", model.service()))?;
        input.extend(body.as_object().cloned().unwrap_or_default());
    }
    let members: Vec<(&str, &Value)> =
        shape["members"].as_object().into_iter().flatten().map(|(name, is)| (wire_name(name, is), is)).collect();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "x-id") {
        let member = members.iter().find(|(wire, is)| *wire == name && is["location"] == "querystring");
        let kind = member.and_then(|(_, is)| model.shape(named(is))["type"].as_str()).unwrap_or_default();
        input.insert(name.into_owned(), form::scalar(kind, &value));
    }
    for (name, _) in members.iter().filter(|(_, is)| is["location"] == "header") {
        if let Some(value) = headers.get(*name).and_then(|value| value.to_str().ok()) {
            input.insert((*name).to_owned(), value.into());
        }
    }
    Ok((operation.clone(), Value::Object(input)))
}

fn query(model: &Model, line: (&str, &str), content_type: &str, body: &[u8]) -> Understood {
    let service = model.service();
    if line != ("POST", "/") || content_type != "application/x-www-form-urlencoded" {
        return Err(format!(
            "{service} is asked with a form to POST /, not with {content_type} to {} {}",
            line.0, line.1
        ));
    }
    let mut fields = form::read(body);
    let operation = fields.remove("Action").filter(|name| model.operation(name).is_some());
    let operation = operation.ok_or_else(|| format!("no model of {service} has the action of {fields:?}"))?;
    let version = fields.remove("Version").unwrap_or_default();
    if Some(version.as_str()) != model.metadata("apiVersion") {
        return Err(format!("{service} {operation} is asked in version {version:?}"));
    }
    let input = match model.side(&operation, "input") {
        Some(shape) => form::structure(model, shape, "", &mut fields),
        None => Value::Object(Map::new()),
    };
    match fields.into_keys().next() {
        None => Ok((operation, input)),
        Some(left) => Err(format!("{service} {operation} input: there is no {left}")),
    }
}

/// What the places in braces of a template stand for in a path, if it is that path.
fn labels(template: &str, path: &str) -> Option<Map<String, Value>> {
    let (templates, segments): (Vec<&str>, Vec<&str>) = (split(template), split(path));
    if templates.len() != segments.len() {
        return None;
    }
    let mut labels = Map::new();
    for (template, segment) in templates.into_iter().zip(segments) {
        match template.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => drop(labels.insert(name.to_owned(), decoded(segment).into())),
            None if template == segment => {}
            Some(_) | None => return None,
        }
    }
    Some(labels)
}

fn split(path: &str) -> Vec<&str> {
    path.trim_matches('/').split('/').collect()
}

/// A segment of a path without its percent signs. A plus is a plus there.
fn decoded(segment: &str) -> String {
    let query = format!("={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// A body that is an object, or nothing.
pub(super) fn object(body: &[u8]) -> Result<Value, String> {
    match body {
        [] => Ok(Value::Object(Map::new())),
        body => match serde_json::from_slice(body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) | Err(_) => Err(format!("{} is no object of JSON", text(body))),
        },
    }
}

pub(super) fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// The shape of a list's or a map's part, and what it is called where it has no name of its own.
pub(super) fn part<'a>(rules: &'a Value, part: &str, otherwise: &'a str) -> (&'a str, &'a str) {
    (named(&rules[part]), rules[part]["locationName"].as_str().unwrap_or(otherwise))
}
