//! One queue: delays, visibility, receive counts and the way to the dead-letter queue, on the local clock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use reveille_engine::port::Clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::changes::Changes;
use crate::clock::{LocalClock, later};
use crate::lock::lock;
use crate::random::random_id;

/// After so many receives a message does not count for the age of the oldest.
const RECEIVES_COUNTED: u32 = 3;

/// A queue and where its messages end that nobody could work off.
#[derive(Debug)]
pub(crate) struct LocalQueue {
    pub(crate) name: &'static str,
    pub(crate) visibility: Duration,
    receives_max: u32,
    dead: Option<Arc<LocalQueue>>,
    clock: LocalClock,
    state: Mutex<State>,
    changes: Changes,
}

#[derive(Debug, Default)]
struct State {
    /// By the instant from which a message can be received, then by arrival.
    messages: BTreeMap<Place, StoredMessage>,
    /// Receipt handles of messages in flight.
    receipts: HashMap<String, Place>,
    arrivals: u64,
}

type Place = (Timestamp, u64);

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Those that can be received.
    pub(crate) visible: usize,
    /// Those that somebody has received and not worked off.
    pub(crate) in_flight: usize,
    /// Those that were sent with a delay, which is not over.
    pub(crate) delayed: usize,
}

/// A message, as it is also kept between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredMessage {
    pub(crate) id: String,
    pub(crate) body: String,
    /// What a sender has put beside the body: it goes wherever the message goes.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) attributes: Value,
    pub(crate) sent_ms: i64,
    pub(crate) visible_ms: i64,
    pub(crate) receives: u32,
    pub(crate) receipt: Option<String>,
}

impl LocalQueue {
    pub(crate) fn new(name: &'static str, clock: LocalClock, limits: (Duration, u32), dead: Option<Arc<Self>>) -> Self {
        let (visibility, receives_max) = limits;
        Self { name, visibility, receives_max, dead, clock, state: Mutex::default(), changes: Changes::default() }
    }

    /// Takes a message; answers with its id.
    pub(crate) fn send(&self, body: String, delay: Duration) -> String {
        self.send_with(body, Value::Null, delay)
    }

    /// Takes a message with what stands beside its body.
    pub(crate) fn send_with(&self, body: String, attributes: Value, delay: Duration) -> String {
        let now = self.clock.now();
        let visible = later(now, delay);
        let message = StoredMessage {
            id: random_id(),
            body,
            attributes,
            sent_ms: now.as_millisecond(),
            visible_ms: visible.as_millisecond(),
            receives: 0,
            receipt: None,
        };
        let id = message.id.clone();
        lock(&self.state).insert(visible, message);
        self.changes.announce();
        id
    }

    /// Up to `max` messages that can be received now; they stay invisible for so long.
    pub(crate) fn receive(&self, max: usize, visibility: Duration) -> Vec<StoredMessage> {
        let now = self.clock.now();
        let mut received = Vec::new();
        let mut state = lock(&self.state);
        while received.len() < max {
            let Some(mut message) = state.take_visible(now) else {
                break;
            };
            if let (Some(dead), true) = (&self.dead, message.receives >= self.receives_max) {
                dead.send_with(message.body, message.attributes, Duration::ZERO);
                continue;
            }
            let receipt = random_id();
            let visible = later(now, visibility);
            message.receives += 1;
            message.visible_ms = visible.as_millisecond();
            message.receipt = Some(receipt.clone());
            received.push(message.clone());
            let place = state.insert(visible, message);
            state.receipts.insert(receipt, place);
        }
        received
    }

    /// Waits until something can be received. A message that becomes visible wakes this at once.
    pub(crate) async fn receive_some(&self, max: usize, visibility: Duration) -> Vec<StoredMessage> {
        let mut watcher = self.changes.watch();
        loop {
            let received = self.receive(max, visibility);
            if !received.is_empty() {
                return received;
            }
            let next = self.next_visible();
            tokio::select! {
                () = watcher.changed() => {}
                () = self.clock.sleep_until(next.unwrap_or(Timestamp::MAX)) => {}
            }
        }
    }

    /// When the next message can be received; `None`: there is none.
    pub(crate) fn next_visible(&self) -> Option<Timestamp> {
        lock(&self.state).messages.keys().next().map(|(visible, _)| *visible)
    }

    /// Removes a message that was worked off. An old receipt removes nothing.
    pub(crate) fn delete(&self, receipt: &str) {
        let mut state = lock(&self.state);
        if let Some(place) = state.receipts.remove(receipt) {
            state.messages.remove(&place);
        }
    }

    /// Makes a message in flight visible again after so long; `false`: it is not in flight.
    pub(crate) fn change_visibility(&self, receipt: &str, visibility: Duration) -> bool {
        let mut state = lock(&self.state);
        let visible = later(self.clock.now(), visibility);
        let Some(place) = state.receipts.get(receipt).copied() else {
            return false;
        };
        let Some(mut message) = state.messages.remove(&place) else {
            return false;
        };
        message.visible_ms = visible.as_millisecond();
        let place = state.insert(visible, message);
        state.receipts.insert(receipt.to_owned(), place);
        drop(state);
        self.changes.announce();
        true
    }

    /// How many messages there are of each kind.
    pub(crate) fn depth(&self) -> Depth {
        let now = self.clock.now();
        let state = lock(&self.state);
        let mut depth = Depth::default();
        for ((visible, _), message) in &state.messages {
            match (*visible <= now, message.receipt.is_some()) {
                (true, _) => depth.visible += 1,
                (false, true) => depth.in_flight += 1,
                (false, false) => depth.delayed += 1,
            }
        }
        depth
    }

    /// Seconds since the oldest message was sent, as SQS tells: one that has been received three times and not been worked off does not
    /// count any more. `None`: the queue is empty. 0: it has none but those.
    pub(crate) fn age_of_oldest_s(&self, now: Timestamp) -> Option<i64> {
        let state = lock(&self.state);
        state.messages.first_key_value()?;
        let counts = state.messages.values().filter(|message| message.receives < RECEIVES_COUNTED);
        let oldest_ms = counts.map(|message| message.sent_ms).min();
        Some(oldest_ms.map_or(0, |sent_ms| (now.as_millisecond() - sent_ms) / 1_000))
    }

    pub(crate) fn snapshot(&self) -> Vec<StoredMessage> {
        lock(&self.state).messages.values().cloned().collect()
    }

    pub(crate) fn restore(&self, messages: Vec<StoredMessage>) {
        let mut state = lock(&self.state);
        for mut message in messages {
            // Whoever had it in flight is gone with the run before.
            let in_flight = message.receipt.take().is_some();
            let kept = Timestamp::from_millisecond(message.visible_ms).unwrap_or(Timestamp::MIN);
            let visible = if in_flight { self.clock.now() } else { kept };
            state.insert(visible, message);
        }
        drop(state);
        self.changes.announce();
    }
}

impl State {
    fn insert(&mut self, visible: Timestamp, message: StoredMessage) -> Place {
        self.arrivals += 1;
        let place = (visible, self.arrivals);
        self.messages.insert(place, message);
        place
    }

    fn take_visible(&mut self, now: Timestamp) -> Option<StoredMessage> {
        let first = self.messages.first_entry().filter(|first| first.key().0 <= now)?;
        let message = first.remove();
        if let Some(receipt) = &message.receipt {
            self.receipts.remove(receipt);
        }
        Some(message)
    }
}
