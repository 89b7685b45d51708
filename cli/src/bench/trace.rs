//! Where a page is on its way: the functions that begin and the calls that are answered, each with its instant.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reveille_local::{Exchange, Functions, Stack};
use serde_json::Value;

use super::model::OnAws;

/// A piece of the way from an alarm to the provider's call.
#[derive(Clone, Copy, Debug)]
pub struct Hop {
    /// What has happened at its end.
    pub name: &'static str,
    end: Mark,
    /// The same on AWS, where a contact is asked by an escalation plan of a response plan. `every_hop_of_the_model_is_what_is_played`
    /// holds it to what the functions do.
    pub on_aws: OnAws,
}

/// What ends a piece of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Stored,
    Begins(&'static str),
    Committed,
    Claimed,
    Asked,
}

/// The way, in order.
pub const HOPS: [Hop; 6] = [
    Hop {
        name: "the alarm is stored",
        end: Mark::Stored,
        on_aws: OnAws { way: Some("alarm_action"), calls: &["BatchGetItem", "TransactWriteItems"], works: true },
    },
    Hop {
        name: "`respond` begins",
        end: Mark::Begins("respond"),
        on_aws: OnAws { way: Some("queue"), calls: &[], works: false },
    },
    Hop {
        name: "its step is committed, the page ordered",
        end: Mark::Committed,
        on_aws: OnAws {
            way: None,
            calls: &["BatchGetItem", "BatchGetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"],
            works: true,
        },
    },
    Hop {
        name: "the order is handed on, `notify` begins",
        end: Mark::Begins("notify"),
        on_aws: OnAws { way: Some("queue"), calls: &[], works: false },
    },
    Hop {
        name: "the page is claimed",
        end: Mark::Claimed,
        on_aws: OnAws { way: None, calls: &["BatchGetItem", "TransactWriteItems"], works: true },
    },
    Hop { name: "the provider is asked", end: Mark::Asked, on_aws: OnAws { way: None, calls: &[], works: true } },
];

/// Something that has happened.
struct Seen {
    mark: Mark,
    at: Instant,
    /// What it says: incidents and titles are found in it.
    text: String,
}

/// A call that was answered.
#[derive(Clone, Copy)]
struct Answered {
    came: Instant,
    at: Instant,
}

/// Everything that has happened since it was looked at last.
#[derive(Default)]
pub(super) struct Trace {
    seen: Mutex<Vec<Seen>>,
    answered: Mutex<Vec<Answered>>,
}

/// How long one alarm took on each piece of its way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// Each piece.
    pub(super) took: Vec<Duration>,
    /// The same without what the doubles of AWS took in it.
    pub(super) own: Vec<Duration>,
}

impl Trace {
    /// One that sees what goes on in a stack.
    pub(super) fn of(stack: &Stack) -> Arc<Self> {
        let trace = Arc::new(Self::default());
        let listener = Arc::clone(&trace);
        stack.listen_in(move |exchange| listener.hear(exchange));
        trace
    }

    /// The functions, seen whenever one of them begins.
    pub(super) fn around(self: &Arc<Self>, functions: Arc<dyn Functions>) -> Arc<dyn Functions> {
        Arc::new(Watched { trace: Arc::clone(self), functions })
    }

    fn hear(&self, exchange: &Exchange) {
        let at = Instant::now();
        lock(&self.answered).push(Answered { came: exchange.came, at });
        if let Some(mark) = mark(exchange) {
            let at = if mark == Mark::Asked { exchange.came } else { at };
            self.see(mark, at, String::from_utf8_lossy(&exchange.body).into_owned());
        }
    }

    fn see(&self, mark: Mark, at: Instant, text: String) {
        lock(&self.seen).push(Seen { mark, at, text });
    }

    /// The way of the alarm with this title, whose incident has this id; `None`: it has not been seen on all of it yet.
    pub(super) fn way(&self, began: Instant, id: &str, title: &str) -> Option<Way> {
        let (seen, answered) = (lock(&self.seen), lock(&self.answered));
        let mut way = Way { took: Vec::new(), own: Vec::new() };
        let mut from = began;
        for hop in &HOPS {
            let about = if hop.end == Mark::Asked { title } else { id };
            let mine = seen.iter().filter(|seen| seen.mark == hop.end && seen.at >= from && seen.text.contains(about));
            let at = mine.map(|seen| seen.at).min()?;
            way.took.push(at - from);
            way.own.push((at - from).saturating_sub(covered(&answered, from, at)));
            from = at;
        }
        Some(way)
    }

    /// Forgets everything that has been seen.
    pub(super) fn forget(&self) {
        lock(&self.seen).clear();
        lock(&self.answered).clear();
    }
}

/// How much of a span calls were on their way in the doubles, together.
fn covered(answered: &[Answered], from: Instant, until: Instant) -> Duration {
    let clip = |call: &Answered| (call.came.clamp(from, until), call.at.clamp(from, until));
    let mut spans: Vec<(Instant, Instant)> = answered.iter().map(clip).filter(|(came, at)| came < at).collect();
    spans.sort();
    let (mut sum, mut end) = (Duration::ZERO, from);
    for (came, at) in spans {
        sum += at.saturating_duration_since(came.max(end));
        end = end.max(at);
    }
    sum
}

/// What the answer to a call means for a page.
fn mark(exchange: &Exchange) -> Option<Mark> {
    let contains = |text: &str| exchange.body.windows(text.len()).any(|window| window == text.as_bytes());
    let target = exchange.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    match target {
        Some("DynamoDB_20120810.TransactWriteItems") if contains("DEDUPE#") => Some(Mark::Stored),
        Some("DynamoDB_20120810.TransactWriteItems") if contains("PAGER#") => Some(Mark::Claimed),
        Some("DynamoDB_20120810.TransactWriteItems") if contains("OUTBOX#") && contains("\"PLAN\"") => {
            Some(Mark::Committed)
        }
        Some(_) => None,
        None => contains("Action=Publish").then_some(Mark::Asked),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Functions that are watched.
struct Watched {
    trace: Arc<Trace>,
    functions: Arc<dyn Functions>,
}

#[async_trait]
impl Functions for Watched {
    async fn invoke(&self, function: &str, event: Value) -> Result<Value, String> {
        if let Some(function) = ["respond", "notify"].into_iter().find(|known| *known == function) {
            self.trace.see(Mark::Begins(function), Instant::now(), event.to_string());
        }
        self.functions.invoke(function, event).await
    }
}
