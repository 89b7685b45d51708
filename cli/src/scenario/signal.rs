//! `signal` and `recover`: what a monitoring system sends, made into an event that `ingest` reads like any other.

mod details;
mod reading;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::vocabulary::Verb;
use crate::demo::event;

use details::Details;
pub(super) use reading::read;

/// The name of a signal that is given none.
const NAMELESS: &str = "alarm";

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
