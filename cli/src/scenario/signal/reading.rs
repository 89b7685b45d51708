//! The parameters of `signal` and `recover`, read from a script.

use std::collections::BTreeMap;
use std::path::Path;

use reveille_domain::Source;
use serde_json::{Value, json};

use super::details::Details;
use super::{Form, Signal};
use crate::configuration::error::Code;
use crate::configuration::node::{self, Node};
use crate::configuration::reader::{Fields, Reader};
use crate::scenario::call::Call;
use crate::scenario::in_force::located;
use crate::scenario::limits::SIGNALS_AT_ONCE;

/// What an alarm of CloudWatch cannot say, so that a signal which says it comes over a webhook.
const BEYOND_ALARMS: [&str; 6] = ["title", "impact", "severity", "plan", "response_plan", "tags"];

/// Parameters that configurations and payloads of webhooks call otherwise, under all of their names.
const KEY: [&str; 3] = ["key", "dedupe", "dedupe_key"];
const IMPACT: [&str; 2] = ["impact", "severity"];
const PLAN: [&str; 2] = ["plan", "response_plan"];

/// Reads the parameters of `signal` or `recover`.
pub(in crate::scenario) fn read(
    reader: &mut Reader,
    call: &Call,
    fields: &Fields<'_>,
    folder: &Path,
) -> Option<Signal> {
    let name = text(reader, fields, "name")?;
    let count = match fields.get("count") {
        None => 1,
        Some(node) => reader.number(node, "`count`", SIGNALS_AT_ONCE)?,
    };
    let form = match (fields.get("event"), fields.get("webhook")) {
        (Some(node), _) => Form::Event(event_of(reader, node, folder)?),
        (None, Some(node)) if matches!(node.value, node::Value::Mapping(_) | node::Value::List(_)) => {
            Form::Payload { body: json_of(node), plan: one_of(reader, fields, &PLAN)? }
        }
        (None, _) => stated(reader, call, fields)?,
    };
    let signal = Signal::of(form);
    Some(Signal { name: name.unwrap_or(signal.name), form: signal.form, count })
}

/// A signal that is made of its parameters.
fn stated(reader: &mut Reader, call: &Call, fields: &Fields<'_>) -> Option<Form> {
    let details = Details {
        title: text(reader, fields, "title")?,
        summary: text(reader, fields, "summary")?,
        key: one_of(reader, fields, &KEY)?,
        impact: one_of(reader, fields, &IMPACT)?,
        plan: one_of(reader, fields, &PLAN)?,
        tags: texts(reader, fields, "tags")?,
        account: text(reader, fields, "account")?,
        region: text(reader, fields, "region")?,
        dimensions: texts(reader, fields, "dimensions")?,
        through: text(reader, fields, "webhook")?,
    };
    let beyond = BEYOND_ALARMS.into_iter().find(|key| fields.get(key).is_some());
    let Some(node) = fields.get("source") else {
        let over_http = beyond.is_some() || details.through.is_some();
        return Some(if over_http { Form::Webhook(details) } else { Form::Alarm(details) });
    };
    const SOURCES: [(&str, Source); 3] =
        [("cloudwatch", Source::CloudWatch), ("webhook", Source::Webhook), ("alertmanager", Source::Alertmanager)];
    match reader.text(node, "`source`")? {
        "cloudwatch" => match beyond {
            None => Some(Form::Alarm(details)),
            Some(key) => {
                let message = format!("an alarm of CloudWatch cannot say `{key}`");
                let remedy = "leave `source` out, so that the signal comes over a webhook, or let a rule of the configuration say it";
                reader.wrong(node.at, Code::InvalidValue, message, remedy);
                None
            }
        },
        "webhook" => Some(Form::Webhook(details)),
        "alertmanager" => Some(Form::Alertmanager(details)),
        other if Source::from_name(other).is_some() => {
            let message = format!("`{}` has no form of its own for the source `{other}`", call.verb.name());
            reader.wrong(node.at, Code::InvalidValue, message, "send one of its events: `event: FILE`, as in events/");
            None
        }
        _ => reader.word(node, "`source`", &SOURCES).map(|_| Form::Alarm(details)),
    }
}

fn text(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Option<String>> {
    match fields.get(key) {
        None => Some(None),
        Some(node) => reader.text(node, &format!("`{key}`")).map(|text| Some(text.to_owned())),
    }
}

/// A text under whichever of its names it goes.
fn one_of(reader: &mut Reader, fields: &Fields<'_>, names: &[&str]) -> Option<Option<String>> {
    let mut given = names.iter().filter(|name| fields.get(name).is_some());
    let (name, again) = (given.next(), given.next());
    match (name, again) {
        (None, _) => Some(None),
        (Some(name), None) => text(reader, fields, name),
        (Some(name), Some(again)) => {
            let at = fields.get(again).map_or(fields.at, |node| node.at);
            let message = format!("`{again}` is another name of `{name}`");
            reader.wrong(at, Code::Duplicate, message, "leave one of them");
            None
        }
    }
}

fn texts(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<BTreeMap<String, String>> {
    let Some(node) = fields.get(key) else { return Some(BTreeMap::new()) };
    let what = format!("`{key}`");
    let entries = reader.named(node, &what, "write names and texts: { application: web }")?;
    entries
        .into_iter()
        .map(|(name, entry)| Some((name.to_owned(), reader.text(&entry.value, &what)?.to_owned())))
        .collect()
}

/// An event: a file, or written out.
fn event_of(reader: &mut Reader, node: &Node, folder: &Path) -> Option<Value> {
    let node::Value::Text(written) = &node.value else {
        return Some(json_of(node));
    };
    let path = located(reader, written, node.at, folder)?;
    match std::fs::read(&path) {
        // What is not JSON is an event all the same.
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }
        Err(error) => {
            let message = format!("`{written}` cannot be read: {error}");
            reader.wrong(node.at, Code::UnreadableFile, message, "check the path, and that you may read the file");
            None
        }
    }
}

/// YAML as the JSON that it says.
fn json_of(node: &Node) -> Value {
    match &node.value {
        node::Value::Empty => Value::Null,
        node::Value::Flag(flag) => json!(flag),
        node::Value::Number(written) => serde_json::from_str(written).unwrap_or_else(|_| json!(written)),
        node::Value::Text(text) => json!(text),
        node::Value::List(items) => items.iter().map(json_of).collect(),
        node::Value::Mapping(entries) => {
            let member = |entry: &node::Entry| Some((entry.key.scalar()?.to_owned(), json_of(&entry.value)));
            Value::Object(entries.iter().filter_map(member).collect())
        }
    }
}
