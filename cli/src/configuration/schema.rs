//! The language as a JSON Schema, for editors and for other programs: made of the same vocabulary that the readers use.
//!
//! What a schema cannot say (names that lead somewhere, spans that overlap) is left to the reader; what it does say, the reader
//! says too.

use reveille_domain::{ChannelKind, Source};
use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind, Need, Otherwise, Part, Rule, Shape, Words};
use super::limits::{DOCUMENT_CHARACTERS, NAME_CHARACTERS_MAX, SECRET_CHARACTERS, URL_CHARACTERS_MAX};
use super::time::WEEKDAYS;

/// Which files a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// A configuration in one file.
    File,
    /// One of the files of a folder: the sections that it lacks may stand in the others.
    FileOfAFolder,
}

/// The schema, in JSON Schema 2020-12.
pub fn schema(of: SchemaOf) -> Value {
    let mut whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "Who can be paged, how, in what order, and what else happens",
    });
    let mut root = part(&keys::FILE);
    if of == SchemaOf::FileOfAFolder {
        root["required"] = json!(["reveille"]);
    }
    let definitions: Map<String, Value> =
        keys::ALL.iter().skip(1).map(|section| (definition(section), part(section))).collect();
    if let (Value::Object(whole), Value::Object(root)) = (&mut whole, root) {
        whole.extend(root);
        whole.insert("title".to_owned(), json!("Reveille's configuration"));
        whole.insert("$defs".to_owned(), Value::Object(definitions));
    }
    whole
}

/// The name of a section among the definitions.
fn definition(part: &Part) -> String {
    let name = part.name.trim_start_matches("an ").trim_start_matches("a ").replace('`', "");
    name.replace([' ', '-'], "_")
}

/// One mapping with its keys.
fn part(part: &Part) -> Value {
    let required: Vec<&str> =
        part.described.iter().filter(|key| matches!(key.need, Need::Required)).map(|key| key.key).collect();
    let properties: Map<String, Value> = part.described.iter().map(|key| (key.key.to_owned(), property(key))).collect();
    let mut written = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    written["title"] = json!(part.name);
    if !required.is_empty() {
        written["required"] = json!(required);
    }
    let mut together = Vec::new();
    for rule in part.rules {
        match rule {
            Rule::ExactlyOneOf(names) => written["oneOf"] = needing_each(names),
            Rule::AtLeastOneOf(names) => written["anyOf"] = needing_each(names),
            Rule::Needs(one, other) => {
                let mut needs = written["dependentRequired"].as_object().cloned().unwrap_or_default();
                needs.insert((*one).to_owned(), json!([other]));
                written["dependentRequired"] = Value::Object(needs);
            }
            Rule::AddressByType => together.extend(addresses()),
        }
    }
    if !together.is_empty() {
        written["allOf"] = json!(together);
    }
    written
}

fn needing_each(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "required": [name] })).collect()
}

/// What stands behind a key, with what it means. A key with nothing behind it counts as absent.
fn property(key: &Key) -> Value {
    let mut written = kind(&key.kind);
    if !matches!(key.need, Need::Required) {
        written = or_nothing(written);
    }
    written["description"] = json!(without_links(key.meaning));
    if let Need::Else(default) = key.need {
        written["default"] = match default {
            Otherwise::Number(number) => json!(number),
            Otherwise::Flag(flag) => json!(flag),
            Otherwise::Word(word) => json!(word),
        };
    }
    written
}

fn or_nothing(written: Value) -> Value {
    let Value::Object(mut fields) = written else { return written };
    match fields.get("type") {
        Some(Value::String(one)) => {
            let types = json!([one, "null"]);
            fields.insert("type".to_owned(), types);
            if let Some(Value::Array(words)) = fields.get_mut("enum") {
                words.push(Value::Null);
            }
        }
        Some(Value::Array(several)) => {
            let types: Value = several.iter().cloned().chain([json!("null")]).collect();
            fields.insert("type".to_owned(), types);
        }
        Some(_) | None => return json!({ "anyOf": [Value::Object(fields), { "type": "null" }] }),
    }
    Value::Object(fields)
}

fn kind(of: &Kind) -> Value {
    match of {
        Kind::Version => json!({ "const": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::NumberOr(least, most, word) => {
            json!({ "anyOf": [{ "type": "integer", "minimum": least, "maximum": most }, { "const": word }] })
        }
        Kind::Words(words) => json!({ "type": "string", "enum": words_of(*words) }),
        Kind::Text(shape) => text(*shape),
        Kind::Part(part) => json!({ "$ref": format!("#/$defs/{}", definition(part)) }),
        Kind::List(item, least, most) => list(item, *least, *most),
        Kind::OneOrList(item) => {
            let mut several = list(item, 1, None);
            // The same text may be given to a runbook twice; a condition names a thing once.
            if !matches!(item, Kind::Text(_)) {
                several["uniqueItems"] = json!(true);
            } else {
                several["minItems"] = json!(0);
            }
            json!({ "anyOf": [kind(item), several] })
        }
        Kind::Names(named, least) => {
            let mut names = json!({
                "type": "object",
                "propertyNames": { "pattern": ALIAS_PATTERN },
                "additionalProperties": kind(named),
            });
            if *least > 0 {
                names["minProperties"] = json!(least);
            }
            names
        }
        Kind::Texts(value, most) => {
            let mut texts = json!({ "type": "object", "additionalProperties": kind(value) });
            if let Some(most) = most {
                texts["maxProperties"] = json!(most);
            }
            texts
        }
        Kind::ByImpact(value) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[1-5]$" },
            "additionalProperties": kind(value),
        }),
        Kind::AliasOr(part) => json!({ "anyOf": [text(Shape::Alias), kind(&Kind::Part(part))] }),
        Kind::Day => json!({ "anyOf": [{ "enum": words_of(Words::Weekdays) }, kind(&Kind::Number(1, 31))] }),
        Kind::EmptyList => json!({ "type": "array", "maxItems": 0 }),
    }
}

fn list(item: &Kind, least: usize, most: Option<usize>) -> Value {
    let mut list = json!({ "type": "array", "items": kind(item) });
    if least > 0 {
        list["minItems"] = json!(least);
    }
    if let Some(most) = most {
        list["maxItems"] = json!(most);
    }
    list
}

fn words_of(words: Words) -> Vec<&'static str> {
    match words {
        Words::These(words) => words.to_vec(),
        Words::Channels => ChannelKind::ALL.iter().map(|kind| kind.name()).collect(),
        Words::Sources => Source::ALL.iter().map(|source| source.name()).chain(["*"]).collect(),
        Words::Weekdays => WEEKDAYS.iter().map(|(word, _)| *word).collect(),
    }
}

/// As [`super::reader::Reader::alias`] has it.
const ALIAS_PATTERN: &str = "^[a-z0-9][a-z0-9_-]{0,254}$";
const CLOCK: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

fn text(shape: Shape) -> Value {
    // Where a text is wanted, a number is taken as it was written. Its pattern holds for texts alone.
    let any = || json!({ "type": ["string", "number"] });
    let pattern = |pattern: &str| json!({ "type": ["string", "number"], "pattern": pattern });
    match shape {
        Shape::Alias => pattern(ALIAS_PATTERN),
        Shape::Name => json!({ "type": ["string", "number"], "minLength": 1, "maxLength": NAME_CHARACTERS_MAX }),
        Shape::Address => any(),
        Shape::Secret => {
            let (least, most) = (SECRET_CHARACTERS.start(), SECRET_CHARACTERS.end());
            json!({ "type": ["string", "number"], "minLength": least, "maxLength": most, "pattern": "^[!-~]+$" })
        }
        Shape::Template(most) => json!({ "type": ["string", "number"], "maxLength": most }),
        Shape::Plain => json!({ "type": ["string", "number"], "not": { "pattern": "\\{\\{" } }),
        Shape::Pattern => json!({ "type": ["string", "number"], "minLength": 1 }),
        Shape::TimeZone => json!({
            "type": "string",
            "minLength": 1,
            "examples": ["UTC", "America/New_York", "Europe/Berlin", "Asia/Ho_Chi_Minh", "Asia/Tokyo"],
        }),
        Shape::WallClock => {
            let mut written =
                json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}(:?[0-9]{2}){0,2}$" });
            written["examples"] = json!(["2026-01-05T09:00:00"]);
            written
        }
        Shape::Instant => {
            let mut written = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*([Zz]|[+-][0-9]{2}(:?[0-9]{2}){0,2})$" });
            written["examples"] = json!(["2026-12-24T00:00:00Z", "2026-12-24T09:00:00-05:00"]);
            written
        }
        Shape::TimeOfDay => json!({ "type": "string", "pattern": format!("^{CLOCK}$"), "examples": ["09:00"] }),
        Shape::Hours => json!({
            "type": "string",
            "pattern": format!("^ *({CLOCK}|24:00) *- *({CLOCK}|24:00) *$"),
            "examples": ["09:00-17:00", "22:00-06:00", "00:00-24:00"],
        }),
        Shape::Document => {
            let (least, most) = (DOCUMENT_CHARACTERS.start(), DOCUMENT_CHARACTERS.end());
            pattern(&format!("^[A-Za-z0-9_.:/-]{{{least},{most}}}$"))
        }
        Shape::KeyHash => pattern("^sha256:[0-9A-Fa-f]{64}$"),
    }
}

/// What an address looks like, by the type of its channel; whether it is one, the reader says.
fn addresses() -> Vec<Value> {
    let of = |kinds: &[ChannelKind], then: Value| {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        json!({
            "if": { "properties": { "type": { "enum": names } }, "required": ["type"] },
            "then": { "properties": { "address": then } },
        })
    };
    let posted = [ChannelKind::Webhook, ChannelKind::Slack, ChannelKind::Teams];
    let signed = json!({
        "if": { "required": ["secret"] },
        "then": { "properties": { "type": { "const": ChannelKind::Webhook.name() } } },
    });
    let phone = "^ *\\+[0-9 .()\u{a0}-]{8,}$";
    vec![
        of(&[ChannelKind::Sms, ChannelKind::Voice], json!({ "pattern": phone })),
        of(&[ChannelKind::Email], json!({ "pattern": "^\\s*[^@\\s]+@[^@\\s]+\\.[^@\\s]+\\s*$" })),
        of(&posted, json!({ "pattern": "^\\s*https://[^\\s]+\\s*$", "maxLength": URL_CHARACTERS_MAX })),
        signed,
    ]
}

/// `[templates](#templates)` leads nowhere in an editor.
fn without_links(meaning: &str) -> String {
    let mut out = String::new();
    let mut rest = meaning;
    while let Some((before, linked)) = rest.split_once('[') {
        let Some((text, behind)) = linked.split_once("](") else { break };
        let Some((_, after)) = behind.split_once(')') else { break };
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out + rest
}
