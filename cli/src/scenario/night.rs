//! A night that is typed instead of written: one signal, and the options of a command line as the steps of a scenario.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::call::Call;
use super::in_force::InForce;
use super::script::{self, Deed, Origin, Step};
use super::signal::Signal;
use super::vocabulary::Verb;
use super::{End, Scenario};
use crate::configuration::Configuration;
use crate::configuration::node::{self, Entry, Node, Place};
use crate::configuration::reader::Reader;

/// What is played: a signal, what people do about it, and nothing that is expected.
#[derive(Clone, Debug)]
pub struct Night {
    /// The configuration in force.
    pub configuration: Configuration,
    /// When the signal comes.
    pub begins: Timestamp,
    /// The signal.
    pub beginning: Beginning,
    /// What else happens.
    pub typed: Vec<Typed>,
    /// The night ends by itself when nothing more would happen; at the latest at this instant.
    pub until: Timestamp,
    /// Whether it ends as well when all that goes on has happened three times and would for ever.
    pub ends_at_repetitions: bool,
}

/// How a night begins.
#[derive(Clone, Debug)]
pub enum Beginning {
    /// A plain alarm of CloudWatch.
    Alarm {
        /// Its name.
        name: String,
        /// The dimensions of its metric.
        dimensions: BTreeMap<String, String>,
    },
    /// `ingest` is invoked with this; an alarm in it happens as the night begins.
    Event(Value),
    /// This is posted to a webhook.
    Payload {
        /// JSON, or any text.
        body: Value,
        /// The response plan in the URL.
        plan: Option<String>,
    },
}

/// One step, as an option of a command line says it.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The option as it was typed, for messages: `--ack natsu@+7m`.
    pub option: String,
    /// How long after the signal.
    pub after: SignedDuration,
    /// What happens.
    pub does: Does,
}

/// What can happen in a night. Without a contact it is whoever was paged last; resolving and escalating are then an operator's.
#[derive(Clone, Debug)]
pub enum Does {
    /// Somebody acknowledges.
    Acknowledge(Option<String>),
    /// Somebody has it for a while.
    Snooze {
        /// Who.
        contact: Option<String>,
        /// For how long, as times are written.
        time: String,
    },
    /// Somebody wants the next stage now.
    Escalate(Option<String>),
    /// Somebody ends it.
    Resolve(Option<String>),
    /// What has sent the signal says that all is right again.
    Recover,
    /// This does not work any more: a channel, somebody's channel, a provider, a function.
    Fail(String),
}

/// An option that means nothing with this configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {message}: {remedy}")]
pub struct Mistyped {
    /// As it was typed.
    pub option: String,
    /// What is wrong.
    pub message: String,
    /// What to type.
    pub remedy: String,
}

impl Scenario {
    /// The scenario of a night, with every name in it looked up.
    pub fn of_night(night: Night) -> Result<Self, Mistyped> {
        let Night { configuration, begins, beginning, typed, until, ends_at_repetitions } = night;
        let mut in_force = InForce::of(configuration.clone(), begins);
        let signal = match beginning {
            Beginning::Alarm { name, dimensions } => Signal::alarm_about(&name, dimensions),
            Beginning::Event(event) => Signal::event(event),
            Beginning::Payload { body, plan } => Signal::payload(body, plan),
        };
        let steps = typed.into_iter().map(|typed| step(&mut in_force, typed, &signal.name));
        let mut script = steps.collect::<Result<Vec<_>, _>>()?;
        let signal = Deed::Signal(signal);
        script.push(Step { at: begins, origin: Origin::Option("the signal".to_owned()), deed: signal });
        // What is broken from the beginning is broken when the signal comes, and nobody answers before it does.
        let order = |deed: &Deed| match deed {
            Deed::Fail(_) | Deed::Heal(_) | Deed::Apply(_) => 0,
            Deed::Signal(_) => 1,
            Deed::Recover(_) | Deed::Answer(_) | Deed::Expect(_) | Deed::Wait => 2,
        };
        script.sort_by_key(|step| (step.at, order(&step.deed)));
        Ok(Self {
            description: String::new(),
            file: String::new(),
            begins,
            configuration,
            script,
            end: Some(End { at_latest: until, at_repetitions: ends_at_repetitions }),
        })
    }
}

/// An option stands in no file.
const NOWHERE: Place = Place { file: 0, line: 1, column: 1, length: 1 };

fn step(in_force: &mut InForce<'_>, typed: Typed, signal: &str) -> Result<Step, Mistyped> {
    let Typed { option, after, does } = typed;
    let (verb, parameters) = call(does, signal);
    let mut reader = Reader::default();
    let deed = script::deed(&mut reader, &Call { verb, at: NOWHERE, parameters }, in_force);
    let at = in_force.begins.checked_add(after);
    match (deed, at, reader.mistakes.into_iter().next()) {
        (Some(deed), Ok(at), None) => Ok(Step { at, origin: Origin::Option(option), deed }),
        (_, _, Some(mistake)) => Err(Mistyped { option, message: mistake.message, remedy: mistake.remedy }),
        (None, _, None) | (_, Err(_), None) => {
            let message = "this cannot happen in a night".to_owned();
            Err(Mistyped { option, message, remedy: "see docs/SIMULATING.md".to_owned() })
        }
    }
}

/// The call that says the same in a file.
fn call(does: Does, signal: &str) -> (Verb, Node) {
    let by = |contact: Option<String>| contact.map(|contact| ("contact", contact)).into_iter().collect();
    let (verb, parameters): (Verb, Vec<(&str, String)>) = match does {
        Does::Acknowledge(contact) => (Verb::Ack, by(contact)),
        Does::Snooze { contact, time } => (Verb::Snooze, [by(contact), vec![("for", time)]].concat()),
        Does::Escalate(contact) => (Verb::Escalate, by(contact)),
        Does::Resolve(contact) => (Verb::Resolve, by(contact)),
        Does::Recover => (Verb::Recover, vec![("name", signal.to_owned())]),
        Does::Fail(what) => (Verb::Fail, vec![("channel", what)]),
    };
    let text = |text: String| Node { at: NOWHERE, value: node::Value::Text(text), bytes: 0..0 };
    let entry = |(key, value): (&str, String)| Entry { key: text(key.to_owned()), value: text(value) };
    let entries = parameters.into_iter().map(entry).collect();
    (verb, Node { at: NOWHERE, value: node::Value::Mapping(entries), bytes: 0..0 })
}
