//! Nudges: small hints that make things fast. Losing one costs minutes, never a page.

use crate::limits::DELAY_S_MAX;
use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias, IncidentId, OutboxId};
use serde::{Deserialize, Serialize};

use crate::order_place::OrderPlace;
use crate::port::Message;
use crate::record::{OrderRecord, OutboxRecord};

/// "Look at this incident."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    incident: String,
    /// Set on a nudge that travels towards a deadline.
    pub timer: Option<Timer>,
    /// Orders have waited, and nothing else: whoever made the incident what it is has armed its deadline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_for_orders: bool,
}

/// The deadline that a nudge travels towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The revision that set the deadline; another one has a timer of its own.
    pub revision: u64,
    /// The deadline.
    pub due: Timestamp,
}

/// "Do this order."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    #[serde(flatten)]
    place: PlaceRecord,
    revision: u64,
    number: u32,
    /// Whom the order reaches and on what, where the sender knew: whoever does it then reads everything in one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reach>,
}

/// Where an order stands, as messages say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlaceRecord {
    Incident(String),
    Alone(String),
}

/// Whom an order reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    contact: String,
    channels: Vec<String>,
}

impl Nudge {
    /// An immediate nudge.
    pub fn now(incident: &IncidentId) -> Self {
        Self { incident: incident.to_string(), timer: None, is_for_orders: false }
    }

    /// A nudge for orders that have waited.
    pub fn for_orders(incident: &IncidentId) -> Self {
        Self { is_for_orders: true, ..Self::now(incident) }
    }

    /// A nudge that travels towards a deadline.
    pub fn timer(incident: &IncidentId, revision: u64, due: Timestamp) -> Self {
        Self { timer: Some(Timer { revision, due }), ..Self::now(incident) }
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
    /// Work on one order of which nothing else is known.
    pub fn new(place: impl Into<OrderPlace>, order: OutboxId) -> Self {
        let place = match place.into() {
            OrderPlace::Incident(id) => PlaceRecord::Incident(id.to_string()),
            OrderPlace::Alone(name) => PlaceRecord::Alone(name),
        };
        Self { place, revision: order.revision, number: order.number, reach: None }
    }

    /// Work on one order that has been read.
    pub fn of(place: impl Into<OrderPlace>, record: &OutboxRecord) -> Self {
        Self { reach: Reach::of(&record.order), ..Self::new(place, record.id()) }
    }

    /// Where the order stands.
    pub fn place(&self) -> OrderPlace {
        match &self.place {
            PlaceRecord::Incident(id) => OrderPlace::Incident(IncidentId::new(id.clone())),
            PlaceRecord::Alone(name) => OrderPlace::Alone(name.clone()),
        }
    }

    /// The order.
    pub fn order(&self) -> OutboxId {
        OutboxId { revision: self.revision, number: self.number }
    }

    /// Whom it reaches, if the sender knew.
    pub fn reach(&self) -> Option<&Reach> {
        self.reach.as_ref()
    }

    /// The message that carries it.
    pub fn message(&self) -> Message {
        Message { body: to_json(self), delay_s: 0 }
    }

    /// The message that carries it after a delay.
    pub fn message_in(&self, delay_s: u32) -> Message {
        Message { body: to_json(self), delay_s: delay_s.min(DELAY_S_MAX) }
    }
}

impl Reach {
    /// Whom an order reaches; `None`: nobody.
    pub fn of(order: &OrderRecord) -> Option<Self> {
        let channels = order.channels().iter().map(|channel| channel.id().to_string()).collect();
        Some(Self { contact: order.contact()?.to_string(), channels })
    }

    /// Whom.
    pub fn contact(&self) -> ContactAlias {
        ContactAlias::new(self.contact.clone())
    }

    /// On which channels.
    pub fn channels(&self) -> Vec<ChannelId> {
        self.channels.iter().map(|id| ChannelId::new(id.clone())).collect()
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
