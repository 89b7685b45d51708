//! An invocation, and what woke the function.

use std::time::Duration;

use serde_json::Value;

/// What wakes a function. Each of them is paid for in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Woken {
    /// An alarm, a topic or a rule.
    Event,
    /// The HTTP API.
    Http,
    /// Messages of a queue.
    Queue,
    /// The schedule of a minute.
    Tick,
    /// A one-time schedule.
    Schedule,
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// As the wire counts them.
    pub number: usize,
    /// Of which function.
    pub function: String,
    /// What woke it.
    pub woken: Woken,
    /// How long it took, its calls with it.
    pub took: Duration,
}

impl Woken {
    /// What has sent this event.
    pub(super) fn by(event: &Value) -> Self {
        if event["tick"] == true {
            Woken::Tick
        } else if event.get("requestContext").is_some() {
            Woken::Http
        } else if event["Records"][0]["eventSource"] == "aws:sqs" {
            Woken::Queue
        } else if event.get("timer").is_some() {
            Woken::Schedule
        } else {
            Woken::Event
        }
    }
}
