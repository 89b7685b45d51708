//! `signal` and `recover`: what a monitoring system sends, made into an event that `ingest` reads like any other.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use reveille_domain::Source;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::in_force::located;
use super::limits::SIGNALS_AT_ONCE;
use super::vocabulary::Verb;
use crate::configuration::error::Code;
use crate::configuration::node::{self, Node};
use crate::configuration::reader::{Fields, Reader};
use crate::demo::event;
use crate::world;

/// The name of a signal that is given none.
const NAMELESS: &str = "alarm";

/// What an alarm of CloudWatch cannot say, so that a signal which says it comes over a webhook.
const BEYOND_ALARMS: [&str; 6] = ["title", "impact", "severity", "plan", "response_plan", "tags"];

/// Parameters that configurations and payloads of webhooks call otherwise, under all of their names.
const KEY: [&str; 3] = ["key", "dedupe", "dedupe_key"];
const IMPACT: [&str; 2] = ["impact", "severity"];
const PLAN: [&str; 2] = ["plan", "response_plan"];

/// One statement of a monitoring system, without its time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signal {
    /// By which later steps name its incident.
    pub(super) name: String,
    form: Form,
    /// So many at once, numbered.
    count: u32,
}

/// How it is sent.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// A CloudWatch alarm invokes `ingest`.
    Alarm(Details),
    /// An alert of an Alertmanager group.
    Alertmanager(Details),
    /// JSON of nobody's shape over a webhook.
    Webhook(Details),
    /// This payload over a webhook.
    Payload { body: Value, plan: Option<String> },
    /// This event, as it is.
    Event(Value),
}

/// What a signal says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Details {
    title: Option<String>,
    summary: Option<String>,
    key: Option<String>,
    impact: Option<String>,
    plan: Option<String>,
    tags: BTreeMap<String, String>,
    account: Option<String>,
    region: Option<String>,
    dimensions: BTreeMap<String, String>,
    /// The configured webhook that it comes through.
    through: Option<String>,
}

/// What a signal says of its thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// It is wrong.
    Firing,
    /// It is right again.
    Recovered,
}

/// One thing to be sent.
pub(super) enum Sending {
    /// `ingest` is invoked with this.
    Invocation(Value),
    /// This is posted to a webhook: the one of the configuration, or one that only the scenario has.
    Post {
        /// The webhook's name.
        through: Option<String>,
        /// The response plan in the URL.
        plan: Option<String>,
        /// The payload.
        body: Value,
    },
}

/// Reads the parameters of `signal` or `recover`.
pub(super) fn read(reader: &mut Reader, call: &Call, fields: &Fields<'_>, folder: &Path) -> Option<Signal> {
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

/// The name that an event gives itself.
fn named_by(form: &Form) -> Option<String> {
    let named = |value: &Value, pointers: &[&str]| {
        pointers.iter().find_map(|pointer| value.pointer(pointer)?.as_str()).map(str::to_owned)
    };
    match form {
        Form::Event(event) => {
            named(event, &["/alarmData/alarmName", "/AlarmName", "/detail/alarmName", "/detail-type"])
        }
        Form::Payload { body, .. } => named(body, &["/name", "/title", "/alertname", "/commonLabels/alertname"]),
        Form::Alarm(details) | Form::Alertmanager(details) | Form::Webhook(details) => details.title.clone(),
    }
}

impl Signal {
    /// The alarm of a name, where a script says no more.
    pub(super) fn alarm(name: &str) -> Self {
        Self { name: name.to_owned(), form: Form::Alarm(Details::default()), count: 1 }
    }

    /// An alarm about a thing with these dimensions.
    pub(super) fn alarm_about(name: &str, dimensions: BTreeMap<String, String>) -> Self {
        let details = Details { dimensions, ..Details::default() };
        Self { name: name.to_owned(), form: Form::Alarm(details), count: 1 }
    }

    /// An event that `ingest` is invoked with.
    pub(super) fn event(event: Value) -> Self {
        Self::of(Form::Event(event))
    }

    /// A payload that is posted to a webhook; `plan` stands in the URL.
    pub(super) fn payload(body: Value, plan: Option<String>) -> Self {
        Self::of(Form::Payload { body, plan })
    }

    fn of(form: Form) -> Self {
        Self { name: named_by(&form).unwrap_or_else(|| NAMELESS.to_owned()), form, count: 1 }
    }

    /// Whether a script says no more than a name: then `recover` means the signal that was sent under it.
    pub(super) fn is_bare(&self) -> bool {
        self.form == Form::Alarm(Details::default()) && self.count == 1
    }

    /// One of the signals that were sent at once.
    pub(super) fn one_of(&self, name: &str) -> Self {
        Self { name: name.to_owned(), form: self.form.clone(), count: 1 }
    }

    /// What a transcript says of it.
    pub(super) fn words(&self, verb: Verb) -> String {
        let many = if self.count > 1 { format!(", {} times", self.count) } else { String::new() };
        format!("{} {}{many}", verb.name(), self.name)
    }

    /// What is sent at this instant, each with the name of its incident. `None`: this event cannot be turned around.
    pub(super) fn sendings(&self, saying: Saying, now: Timestamp) -> Option<Vec<(String, Sending)>> {
        let numbered = |number: u32| if self.count > 1 { format!("{}-{number}", self.name) } else { self.name.clone() };
        (1..=self.count).map(|number| Some((numbered(number), self.sending(&numbered(number), saying, now)?))).collect()
    }

    fn sending(&self, name: &str, saying: Saying, now: Timestamp) -> Option<Sending> {
        let firing = saying == Saying::Firing;
        Some(match &self.form {
            Form::Alarm(details) => Sending::Invocation(details.alarm(name, firing, now)),
            Form::Webhook(details) => details.post(details.generic(name, firing)),
            Form::Alertmanager(details) => details.post(details.alert(name, firing, now)),
            Form::Payload { body, plan } if firing => {
                Sending::Post { through: None, plan: plan.clone(), body: body.clone() }
            }
            Form::Event(event) if firing => Sending::Invocation(event::at(event, now)),
            Form::Event(event) => Sending::Invocation(event::recovered(event, now)?),
            Form::Payload { .. } => return None,
        })
    }
}

impl Details {
    fn alarm(&self, name: &str, firing: bool, now: Timestamp) -> Value {
        let mut event = world::alarm(name, if firing { "ALARM" } else { "OK" }, now);
        let account = self.account.as_deref().unwrap_or("123456789012");
        let region = self.region.as_deref().unwrap_or("eu-west-1");
        let key = self.key.as_deref().unwrap_or(name);
        event["accountId"] = json!(account);
        event["region"] = json!(region);
        event["alarmArn"] = json!(format!("arn:aws:cloudwatch:{region}:{account}:alarm:{key}"));
        if let Some(summary) = &self.summary {
            event["alarmData"]["configuration"]["description"] = json!(summary);
        }
        if !self.dimensions.is_empty() {
            event["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] =
                json!(self.dimensions);
        }
        event
    }

    fn generic(&self, name: &str, firing: bool) -> Value {
        let key = self.key.as_deref().unwrap_or(name);
        let mut body = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("title".to_owned(), json!(self.title.as_deref().unwrap_or(name))),
            ("dedupe_key".to_owned(), json!(key)),
            ("status".to_owned(), json!(if firing { "firing" } else { "resolved" })),
            ("tags".to_owned(), json!(self.tags)),
        ]);
        let said = [
            ("description", &self.summary),
            ("severity", &self.impact),
            ("response_plan", &self.plan),
            ("account", &self.account),
            ("region", &self.region),
        ];
        body.extend(said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?)))));
        Value::Object(body)
    }

    fn alert(&self, name: &str, firing: bool, now: Timestamp) -> Value {
        let mut labels: BTreeMap<&str, &str> = self.tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        labels.insert("alertname", name);
        let said = [("severity", &self.impact), ("response_plan", &self.plan), ("region", &self.region)];
        labels.extend(said.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))));
        let status = if firing { "firing" } else { "resolved" };
        json!({
            "version": "4", "status": status, "receiver": "reveille", "groupKey": name,
            "alerts": [{
                "status": status, "labels": labels, "startsAt": now.to_string(), "endsAt": now.to_string(),
                "annotations": { "summary": self.title.as_deref().unwrap_or(name),
                    "description": self.summary.as_deref().unwrap_or_default() },
                "fingerprint": self.key.as_deref().unwrap_or(name),
            }],
        })
    }

    fn post(&self, body: Value) -> Sending {
        Sending::Post { through: self.through.clone(), plan: self.plan.clone(), body }
    }
}
