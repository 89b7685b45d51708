//! The script: what happens when, in the order of time.

use jiff::Timestamp;

use super::answer::{self, Answer};
use super::breakage;
use super::call::{self, Call};
use super::expectation::{self, Expectation};
use super::in_force::InForce;
use super::limits::STEPS_MAX;
use super::signal::{self, Signal};
use super::vocabulary::Verb;
use crate::configuration::Configuration;
use crate::configuration::error::Code;
use crate::configuration::node::{Node, Place, Value};
use crate::configuration::reader::Reader;
use crate::world::Fault;

/// One thing that happens, or that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) origin: Origin,
    pub(super) deed: Deed,
}

/// Where a step comes from, for messages.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// It stands here in the file.
    File(Place),
    /// It was typed as this option of a command line.
    Option(String),
}

/// What a step does.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// A monitoring system says that something is wrong.
    Signal(Signal),
    /// It says that it is right again.
    Recover(Signal),
    /// Somebody does something.
    Answer(Answer),
    /// These break.
    Fail(Vec<Fault>),
    /// These work again; none named: everything.
    Heal(Vec<Fault>),
    /// An operator applies another configuration.
    Apply(Box<Configuration>),
    /// Something has to be so.
    Expect(Box<Expectation>),
    /// Nothing; the time comes.
    Wait,
}

/// Reads the list under `script:`.
pub(super) fn read(reader: &mut Reader, node: &Node, in_force: &mut InForce<'_>) -> Option<Vec<Step>> {
    let items = reader.list(node, "`script`")?;
    if items.len() > STEPS_MAX {
        let message = format!("`script` has {} steps; the limit is {STEPS_MAX}", items.len());
        reader.wrong(node.at, Code::OutOfRange, message, "divide it among several files");
        return None;
    }
    let mut steps = Vec::new();
    let mut now = in_force.begins;
    for item in items {
        now = step(reader, item, now, in_force, &mut steps).unwrap_or(now);
    }
    Some(steps)
}

/// Reads one item; answers with its time.
fn step(
    reader: &mut Reader,
    item: &Node,
    before: Timestamp,
    in_force: &mut InForce<'_>,
    steps: &mut Vec<Step>,
) -> Option<Timestamp> {
    const FORM: &str = "write `- { at: 5m, do: { ack: natsu } }`";
    let Value::Mapping(entries) = &item.value else {
        reader.wrong(item.at, Code::WrongType, format!("a step must be a mapping, not {}", item.kind()), FORM);
        return None;
    };
    reader.named(item, "a step", FORM)?;
    let entry = |name: &str| entries.iter().find(|entry| entry.key.scalar() == Some(name));
    let at = match entry("at").filter(|entry| !entry.value.is_empty()) {
        None => before,
        Some(entry) => in_force.at(reader, &entry.value)?,
    };
    if at < before {
        let place = entry("at").map_or(item.at, |entry| entry.value.at);
        let message = "the script goes back in time: the step before this one is later";
        reader.wrong(place, Code::InvalidValue, message, "put the steps in the order of their times");
    }
    let Some(done) = entry("do") else {
        let verb = entries.iter().filter_map(|entry| entry.key.scalar()).find(|key| Verb::from_name(key).is_some());
        let remedy = verb.map_or_else(|| FORM.to_owned(), |verb| format!("write `do: {{ {verb}: … }}`"));
        reader.wrong(item.at, Code::MissingKey, "the step has no `do`", remedy);
        return Some(at);
    };
    let beside = entries.iter().filter(|entry| !matches!(entry.key.scalar(), Some("at" | "do"))).cloned().collect();
    for call in call::read(reader, &done.value, beside) {
        if let Some(deed) = deed(reader, &call, in_force) {
            steps.push(Step { at, origin: Origin::File(call.at), deed });
        }
    }
    Some(at)
}

/// Reads what a call does.
pub(super) fn deed(reader: &mut Reader, call: &Call, in_force: &mut InForce<'_>) -> Option<Deed> {
    let what = format!("`{}`", call.verb.name());
    let parameters = if call.verb == Verb::Expect {
        expectation::with_pages(&call.parameters, in_force)
    } else {
        call.parameters.clone()
    };
    let fields = reader.fields(&parameters, &what, call.verb.parameters())?;
    Some(match call.verb {
        Verb::Signal => Deed::Signal(signal::read(reader, call, &fields, in_force.folder)?),
        Verb::Recover => Deed::Recover(signal::read(reader, call, &fields, in_force.folder)?),
        Verb::Ack
        | Verb::Resolve
        | Verb::Open
        | Verb::Reply
        | Verb::Escalate
        | Verb::Snooze
        | Verb::Reassign
        | Verb::Engage => Deed::Answer(answer::read(reader, call, &fields, in_force)?),
        Verb::Fail => Deed::Fail(breakage::read(reader, call, &fields, in_force)?),
        Verb::Heal => Deed::Heal(breakage::read(reader, call, &fields, in_force)?),
        Verb::Apply => {
            let node =
                reader.required(&fields, "config", "name a file, or write what changes: `apply: { contacts: … }`")?;
            Deed::Apply(Box::new(in_force.read(reader, node)?))
        }
        Verb::Expect => Deed::Expect(Box::new(expectation::read(reader, call, &fields, in_force)?)),
        Verb::Wait => Deed::Wait,
    })
}
