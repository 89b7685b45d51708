//! Answers of the query protocol, read as the shapes say.

use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use serde_json::{Map, Value};

use super::form::scalar;
use super::model::{Model, wire_name};
use super::request::part;
use super::shape::named;

/// The content of `<OPERATIONResponse><WRAPPER>…`, which also says its request's id.
pub(super) fn output(model: &Model, operation: &str, text: &str) -> Result<Value, String> {
    let output = &model.operation(operation).expect("it is known")["output"];
    let (shape, wrapper) = (output["shape"].as_str(), output["resultWrapper"].as_str());
    let mut document = Document::new(text);
    let mut root = document.root_element().map_err(|error| error.to_string())?;
    expect(&root, &format!("{operation}Response"))?;
    let (mut value, mut has_id) = (Value::Object(Map::new()), false);
    while let Some(mut tag) = root.next_tag() {
        match (tag.start_el().local(), shape, wrapper) {
            ("ResponseMetadata", ..) => has_id = request_id(&mut tag)?,
            (name, Some(shape), Some(wrapper)) if name == wrapper => {
                value = read(model, shape, &mut tag).map_err(|error| error.to_string())?;
            }
            (name, ..) => return Err(format!("there is no {name}")),
        }
    }
    if has_id { Ok(value) } else { Err("RequestId is missing".to_owned()) }
}

/// The type, the code and the message of `<ErrorResponse><Error>…`.
pub(super) fn error(text: &str) -> Result<[String; 3], String> {
    let mut document = Document::new(text);
    let mut root = document.root_element().map_err(|error| error.to_string())?;
    expect(&root, "ErrorResponse")?;
    let mut said: [Option<String>; 3] = Default::default();
    let mut has_id = false;
    while let Some(mut tag) = root.next_tag() {
        match tag.start_el().local() {
            "RequestId" => has_id = true,
            "Error" => {
                while let Some(mut part) = tag.next_tag() {
                    let place = match part.start_el().local() {
                        "Type" => 0,
                        "Code" => 1,
                        "Message" => 2,
                        name => return Err(format!("an error has no {name}")),
                    };
                    said[place] = Some(try_data(&mut part).map_err(|error| error.to_string())?.into_owned());
                }
            }
            name => return Err(format!("there is no {name}")),
        }
    }
    match said {
        [Some(kind), Some(code), Some(message)] if has_id => Ok([kind, code, message]),
        _ => Err(format!("an error says its type, code and message, and its request's id: {text}")),
    }
}

fn expect(tag: &ScopedDecoder<'_, '_>, name: &str) -> Result<(), String> {
    let found = tag.start_el().local();
    if found == name { Ok(()) } else { Err(format!("{found} stands where {name} is expected")) }
}

fn request_id(tag: &mut ScopedDecoder<'_, '_>) -> Result<bool, String> {
    while let Some(tag) = tag.next_tag() {
        if tag.start_el().local() == "RequestId" {
            return Ok(true);
        }
    }
    Err("ResponseMetadata has no RequestId".to_owned())
}

fn read(model: &Model, shape: &str, tag: &mut ScopedDecoder<'_, '_>) -> Result<Value, XmlDecodeError> {
    let rules = model.shape(shape);
    match rules["type"].as_str().unwrap_or_default() {
        "structure" => {
            let mut fields = Map::new();
            while let Some(mut child) = tag.next_tag() {
                let name = child.start_el().local().to_owned();
                let members = rules["members"].as_object().into_iter().flatten();
                let member = members.filter(|(member, is)| wire_name(member, is) == name).map(|(_, is)| is).next();
                // What the shape does not know is kept, so that it is found.
                let value = member.map_or(Ok(Value::Null), |member| read(model, named(member), &mut child))?;
                fields.insert(name, value);
            }
            Ok(Value::Object(fields))
        }
        "list" => {
            let (member, called) = part(rules, "member", "member");
            let mut items = Vec::new();
            while let Some(mut child) = tag.next_tag() {
                if child.start_el().local() != called {
                    return Err(XmlDecodeError::custom(format!("a list has no {}", child.start_el().local())));
                }
                items.push(read(model, member, &mut child)?);
            }
            Ok(items.into())
        }
        "map" => {
            let mut entries = Map::new();
            while let Some(mut entry) = tag.next_tag() {
                let (mut key, mut value) = (String::new(), Value::Null);
                let ((_, key_is), (of, value_is)) = (part(rules, "key", "key"), part(rules, "value", "value"));
                while let Some(mut child) = entry.next_tag() {
                    match child.start_el().local() {
                        name if name == key_is => key = try_data(&mut child)?.into_owned(),
                        name if name == value_is => value = read(model, of, &mut child)?,
                        name => return Err(XmlDecodeError::custom(format!("an entry has no {name}"))),
                    }
                }
                entries.insert(key, value);
            }
            Ok(Value::Object(entries))
        }
        kind => Ok(scalar(kind, &try_data(tag)?)),
    }
}
