//! What a dead letter is, in words without addresses, and what becomes of it when its queue is redriven.

use jiff::Timestamp;
use reveille_domain::Source;
use reveille_engine::{Nudge, Work};
use reveille_wire::{QueueRecord, read_deliveries, read_inbound_sms, read_queued};
use serde_json::Value;

use super::{DeadLetter, DeadLetterQueue};
use crate::columns::one_line;
use crate::configuration::mask;

/// Characters of a line that says what a message is.
const CHARACTERS_MAX: usize = 100;

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// In words.
    pub words: String,
    /// What becomes of it.
    pub course: Course,
}

/// What becomes of a message when its queue is redriven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// It goes back to the queue that it came from, as it is.
    Back,
    /// The incident that it is about is looked at again: this goes to the queue of nudges.
    Nudge(String),
    /// It is of no use any more, and why; it is removed.
    Obsolete(&'static str),
    /// It cannot be done again from here, and what to do instead; it stays.
    Stays(&'static str),
}

impl Content {
    /// Reads a message of a dead-letter queue.
    pub fn of(queue: DeadLetterQueue, letter: &DeadLetter) -> Self {
        let (words, course) = match queue {
            DeadLetterQueue::IngestFailures => (event(letter), Course::Back),
            DeadLetterQueue::Nudges => (nudge(&letter.body), Course::Back),
            DeadLetterQueue::Pages | DeadLetterQueue::SlowPages | DeadLetterQueue::Runbooks => {
                (work(queue, &letter.body), Course::Back)
            }
            DeadLetterQueue::Invocations | DeadLetterQueue::Schedules => invocation(&letter.body),
        };
        let words = mask::address(&one_line(&words));
        Self { words: reveille_domain::limits::clip(&words, CHARACTERS_MAX), course }
    }
}

/// What `ingest` would make of it.
fn event(letter: &DeadLetter) -> String {
    let record = QueueRecord { message_id: letter.id.clone(), body: letter.body.clone(), receives: 1 };
    let signals = read_queued(&record, letter.sent_at.unwrap_or(Timestamp::UNIX_EPOCH));
    match signals.as_slice() {
        [] => "an event that says nothing".to_owned(),
        // What nobody can read may hold anything, so nothing of it is shown.
        [only] if only.source == Source::Unknown => "an event that nobody can read".to_owned(),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
            format!("{} event: {}{more}", first.source.name(), first.title)
        }
    }
}

fn nudge(body: &str) -> String {
    match serde_json::from_str::<Nudge>(body) {
        Ok(nudge) if nudge.timer.is_some() => format!("the deadline of incident {}", nudge.incident()),
        Ok(nudge) => format!("incident {} to be looked at", nudge.incident()),
        Err(_) => "nothing that names an incident".to_owned(),
    }
}

fn work(queue: DeadLetterQueue, body: &str) -> String {
    let what = if queue == DeadLetterQueue::Runbooks { "a runbook" } else { "a message to a contact" };
    match serde_json::from_str::<Work>(body) {
        Ok(work) => match work.place().incident() {
            Some(incident) => format!("{what}, of incident {incident}"),
            None => format!("{what}, of no incident"),
        },
        Err(_) => "nothing that names an order".to_owned(),
    }
}

/// What was to be done by a function that failed, or that could not be invoked.
fn invocation(body: &str) -> (String, Course) {
    let Ok(record) = serde_json::from_str::<Value>(body) else {
        return ("an invocation that cannot be read".to_owned(), Course::Stays("read it with the AWS CLI"));
    };
    let arn = record.pointer("/requestContext/functionArn").and_then(Value::as_str).unwrap_or_default();
    let function = arn.split(':').nth(6).unwrap_or_default();
    let of = if function.is_empty() { String::new() } else { format!(", in {function}") };
    let payload = record.get("requestPayload").unwrap_or(&record);
    let (what, course) = planned(payload);
    (format!("{what}{of}"), course)
}

fn planned(payload: &Value) -> (String, Course) {
    if payload.get("tick").is_some() {
        return ("a tick".to_owned(), Course::Obsolete("there is another one each minute"));
    }
    let alarm = payload.get("AlarmName").and_then(Value::as_str);
    if alarm.is_some_and(|name| name.ends_with("-synthetic")) {
        return ("a synthetic alarm".to_owned(), Course::Obsolete("there is another one every few minutes"));
    }
    if let Ok(nudge) = serde_json::from_value::<Nudge>(payload.clone()) {
        let again = Nudge::now(&nudge.incident()).message_in(0).body;
        return (format!("the deadline of incident {}", nudge.incident()), Course::Nudge(again));
    }
    if payload.get("detail-type").is_some() {
        return ("an Automation event".to_owned(), Course::Obsolete("the tick asks how each runbook stands"));
    }
    if payload.get("SecretId").is_some() {
        let remedy = "rotate the key again: aws secretsmanager rotate-secret (docs/OPERATING.md, Keys)";
        return ("a step of a rotation of the signing key".to_owned(), Course::Stays(remedy));
    }
    let payload = wrapped(payload);
    if !read_inbound_sms(&payload).is_empty() {
        let remedy =
            "an old answer may mean another incident by now: ask whoever sent it, then remove it with --discard";
        return ("an SMS that somebody has sent".to_owned(), Course::Stays(remedy));
    }
    if read_deliveries(&payload).is_some() {
        let remedy = "what became of a message is not on its timeline; remove it with --discard";
        return ("a provider's report of a message".to_owned(), Course::Stays(remedy));
    }
    ("an invocation of a kind that is not known".to_owned(), Course::Stays("read it with the AWS CLI"))
}

/// A topic that cannot hand a message to its function leaves the message as it would send it to a queue: in the form of an
/// invocation it is known again.
fn wrapped(payload: &Value) -> Value {
    if payload.get("Type").and_then(Value::as_str) == Some("Notification") {
        serde_json::json!({ "Records": [{ "EventSource": "aws:sns", "Sns": payload }] })
    } else {
        payload.clone()
    }
}
