//! Nudges: small hints that make things fast. Losing one costs minutes, never a page.

use jiff::Timestamp;
use reveille_domain::{IncidentId, OutboxId};
use serde::{Deserialize, Serialize};

use crate::port::Message;

/// The longest delay that SQS keeps a message for.
pub const DELAY_S_MAX: u32 = 900;

/// "Look at this incident."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    incident: String,
    /// Set on a nudge that travels towards a deadline.
    pub timer: Option<Timer>,
}

/// The deadline that a nudge travels towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The revision that set the deadline; another one has a timer of its own.
    pub revision: u64,
    /// The deadline.
    pub due: Timestamp,
}

/// "Do this order of this incident."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    incident: String,
    revision: u64,
    number: u32,
}

impl Nudge {
    /// An immediate nudge.
    pub fn now(incident: &IncidentId) -> Self {
        Self { incident: incident.to_string(), timer: None }
    }

    /// A nudge that travels towards a deadline.
    pub fn timer(incident: &IncidentId, revision: u64, due: Timestamp) -> Self {
        Self { incident: incident.to_string(), timer: Some(Timer { revision, due }) }
    }

    /// The incident.
    pub fn incident(&self) -> IncidentId {
        IncidentId::new(self.incident.clone())
    }

    /// The message that carries it, delayed as far as a queue can towards its deadline.
    pub fn message(&self, now: Timestamp) -> Message {
        let delay_s = self.timer.map_or(0, |timer| delay_s(now, timer.due));
        Message { body: to_json(self), delay_s }
    }

    /// The message that carries it after a delay.
    pub fn message_in(&self, delay_s: u32) -> Message {
        Message { body: to_json(self), delay_s: delay_s.min(DELAY_S_MAX) }
    }
}

impl Work {
    /// Work on one order.
    pub fn new(incident: &IncidentId, order: OutboxId) -> Self {
        Self { incident: incident.to_string(), revision: order.revision, number: order.number }
    }

    /// The incident.
    pub fn incident(&self) -> IncidentId {
        IncidentId::new(self.incident.clone())
    }

    /// The order.
    pub fn order(&self) -> OutboxId {
        OutboxId { revision: self.revision, number: self.number }
    }

    /// The message that carries it.
    pub fn message(&self) -> Message {
        Message { body: to_json(self), delay_s: 0 }
    }
}

/// Whole seconds until an instant, rounded up so that a timer never comes early, up to what a queue keeps.
fn delay_s(now: Timestamp, due: Timestamp) -> u32 {
    let ms = due.duration_since(now).as_millis();
    u32::try_from((ms.max(0) + 999) / 1000).unwrap_or(DELAY_S_MAX).min(DELAY_S_MAX)
}

fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("nudges are plain structs")
}
