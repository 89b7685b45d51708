//! One order of an incident, from its commit to its settlement.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{
    Announcement, ChannelId, ChannelKind, ContactAlias, Effect, EngagementId, Incident, OperatorNotice, OutboxId,
    PageOrder, RunbookOrder,
};
use serde::{Deserialize, Serialize};

use super::contact::KindRecord;
use crate::limits::{ATTEMPTS_MAX, HANDED_ON_S_MAX, HINT_EARLY_MS, TRIED_MINUTES_MIN};
use crate::order_place::ALONE_ID;

/// The half of an order that goes through slow senders has the order's number and this much more. A step has far fewer
/// orders, and four digits hold both.
const SLOW_HALF: u32 = 5_000;

/// An order, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRecord {
    revision: u64,
    number: u32,
    /// What is to be done.
    pub order: OrderRecord,
    /// How often it has been claimed; the number is the token of the claim.
    #[serde(default)]
    pub attempt: u64,
    /// Until when the newest claim holds, in milliseconds since the epoch.
    pub lease_until: Option<i64>,
    /// What it was about has ended: it must not be claimed any more.
    #[serde(default)]
    pub stopped: bool,
    /// Nothing remains to be done.
    #[serde(default)]
    pub settled: bool,
    /// Partition of the `due` index; absent when settled.
    pub due_pk: Option<String>,
    /// When it wants attention, in milliseconds since the epoch.
    pub due_at: Option<i64>,
    /// When it was first to leave, in milliseconds since the epoch: what it has to wait for in a storm moves it, failed attempts do
    /// not. From here on a page is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_at: Option<i64>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRecord {
    /// Page one contact.
    Page {
        /// The engagement that it belongs to.
        engagement: u32,
        /// Whom.
        contact: String,
        /// On which channels, and how each stands.
        channels: Vec<ChannelDelivery>,
    },
    /// Tell an earlier recipient.
    Announce {
        /// Whom.
        contact: String,
        /// On which channels, and how each stands.
        channels: Vec<ChannelDelivery>,
        /// What, in a few words.
        news: String,
    },
    /// Tell somebody something that no incident has ordered: the answer to a reply, or a verification code.
    Tell {
        /// Whom.
        contact: String,
        /// On which channels, and how each stands.
        channels: Vec<ChannelDelivery>,
        /// One line.
        subject: String,
        /// The whole text; empty once it has been sent.
        text: String,
    },
    /// Tell the operators of the installation.
    TellOperators(NoticeRecord),
    /// Start a runbook.
    Runbook {
        /// Zero-based place among the incident's runbooks.
        run: u32,
        /// The SSM document.
        document: String,
        /// Its parameters.
        parameters: BTreeMap<String, Vec<String>>,
    },
}

/// What the operators are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeRecord {
    /// An escalation ended without an answer.
    NobodyAnswered,
    /// Somebody has answered STOP; no incident has ordered it.
    OptedOut {
        /// Who.
        contact: String,
        /// On which channel nothing reaches them any more.
        channel: String,
    },
}

/// One channel of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelDelivery {
    id: String,
    kind: KindRecord,
    /// How it stands.
    pub delivery: Delivery,
}

/// How one channel of an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not sent yet.
    Ready,
    /// The provider has taken it.
    Sent,
    /// It will not be tried again.
    Over,
}

impl OutboxRecord {
    /// Whether an attempt that fails now is the last: there have been many, over a long time.
    pub fn is_tried_enough(&self, now: Timestamp) -> bool {
        let since_ms = self.wanted_at.unwrap_or(i64::MIN);
        let tried_ms = now.as_millisecond().saturating_sub(since_ms);
        self.attempt >= ATTEMPTS_MAX && tried_ms >= TRIED_MINUTES_MIN * 60_000
    }

    /// The row of an order that is due at once.
    pub fn new(id: OutboxId, effect: &Effect, due_pk: String, due_at: i64) -> Self {
        Self {
            revision: id.revision,
            number: id.number,
            order: OrderRecord::from(effect),
            attempt: 0,
            lease_until: None,
            stopped: false,
            settled: false,
            due_pk: Some(due_pk),
            due_at: Some(due_at),
            wanted_at: Some(due_at),
        }
    }

    /// The row of an order that stands alone and is due at once.
    pub fn alone(order: OrderRecord, due_pk: String, due_at: i64) -> Self {
        Self {
            revision: ALONE_ID.revision,
            number: ALONE_ID.number,
            order,
            attempt: 0,
            lease_until: None,
            stopped: false,
            settled: false,
            due_pk: Some(due_pk),
            due_at: Some(due_at),
            wanted_at: Some(due_at),
        }
    }

    /// The row's own id.
    pub fn id(&self) -> OutboxId {
        OutboxId { revision: self.revision, number: self.number }
    }

    /// The order's id, as the incident knows it: both halves of a page are that page.
    pub fn page(&self) -> OutboxId {
        Self::page_of(self.id())
    }

    /// The page that a row's own id belongs to.
    pub fn page_of(row: OutboxId) -> OutboxId {
        OutboxId { revision: row.revision, number: row.number % SLOW_HALF }
    }

    /// Takes the slow senders out of an order that also has others: each half has its own lease and its own attempts, so
    /// that a server that hangs keeps nobody from trying an SMS again. `None`: there is nothing to part.
    pub fn part_slow(&mut self) -> Option<Self> {
        let (slow, fast): (Vec<_>, Vec<_>) =
            self.order.channels().iter().cloned().partition(|channel| channel.kind().is_slow());
        if slow.is_empty() || fast.is_empty() {
            return None;
        }
        let mut half = self.clone();
        half.number += SLOW_HALF;
        half.order = half.order.with_channels(slow);
        self.order = self.order.clone().with_channels(fast);
        Some(half)
    }

    /// Whether all that is left to be sent goes through slow senders.
    pub fn is_slow(&self) -> bool {
        let mut left = self.order.channels().iter().filter(|channel| channel.delivery == Delivery::Ready).peekable();
        left.peek().is_some() && left.all(|channel| channel.kind().is_slow())
    }

    /// Whether nobody holds it at this instant and it waits for somebody to claim it.
    pub fn is_ready(&self, now_ms: i64) -> bool {
        !self.settled && !self.stopped && self.due_at.is_some_and(|due| due <= now_ms) && !self.is_leased(now_ms)
    }

    /// Whether it has waited for so long that the tick of whoever does it has met it: messages that were to lead there have been sent, and
    /// each nudge would send one more for each order that waits.
    pub fn is_left_to_the_tick(&self, now_ms: i64) -> bool {
        self.due_at.is_some_and(|due| due < now_ms - HANDED_ON_S_MAX * 1_000)
    }

    /// The instant that counts for whoever is led to it: its own, if that is about to come, since hints come a moment early.
    pub fn moment(&self, now: Timestamp) -> Timestamp {
        let due = self.due_at.and_then(|due_ms| Timestamp::from_millisecond(due_ms).ok());
        due.filter(|due| (0..=HINT_EARLY_MS).contains(&(due.as_millisecond() - now.as_millisecond()))).unwrap_or(now)
    }

    /// Whether an attempt has failed and the next one is not due yet.
    pub fn backs_off(&self, now_ms: i64) -> bool {
        self.attempt > 0 && self.due_at.is_some_and(|due| due > now_ms)
    }

    /// Whether somebody holds it.
    pub fn is_leased(&self, now_ms: i64) -> bool {
        self.lease_until.is_some_and(|until| until > now_ms)
    }

    /// The engagement whose end stops the order.
    pub fn engagement(&self) -> Option<EngagementId> {
        match &self.order {
            OrderRecord::Page { engagement, .. } => Some(EngagementId(*engagement)),
            OrderRecord::Announce { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => None,
        }
    }

    /// Whether what the order is about has ended in this state of its incident.
    pub fn is_overtaken(&self, incident: &Incident) -> bool {
        match &self.order {
            OrderRecord::Page { engagement, .. } => {
                !incident.engagement(EngagementId(*engagement)).is_some_and(|engagement| engagement.is_open())
            }
            OrderRecord::Runbook { .. } => !incident.is_open(),
            OrderRecord::Announce { .. } | OrderRecord::Tell { .. } | OrderRecord::TellOperators(_) => false,
        }
    }
}

impl OrderRecord {
    /// Whom it reaches.
    pub fn contact(&self) -> Option<ContactAlias> {
        match self {
            OrderRecord::Page { contact, .. }
            | OrderRecord::Announce { contact, .. }
            | OrderRecord::Tell { contact, .. } => Some(ContactAlias::new(contact.clone())),
            OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. } => None,
        }
    }

    /// Its channels; none for a runbook.
    pub fn channels(&self) -> &[ChannelDelivery] {
        match self {
            OrderRecord::Page { channels, .. }
            | OrderRecord::Announce { channels, .. }
            | OrderRecord::Tell { channels, .. } => channels,
            OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. } => &[],
        }
    }

    /// The same order with its channels in another state.
    #[must_use]
    pub fn with_channels(mut self, changed: Vec<ChannelDelivery>) -> Self {
        match &mut self {
            OrderRecord::Page { channels, .. }
            | OrderRecord::Announce { channels, .. }
            | OrderRecord::Tell { channels, .. } => *channels = changed,
            OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. } => {}
        }
        self
    }

    /// The same order when nothing remains to be done: what it told may have been a code, and is kept no longer.
    #[must_use]
    pub fn spent(mut self) -> Self {
        match &mut self {
            OrderRecord::Tell { text, .. } => text.clear(),
            OrderRecord::Page { .. }
            | OrderRecord::Announce { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => {}
        }
        self
    }
}

impl ChannelDelivery {
    /// Channels on which nothing has been sent yet.
    pub fn ready(channels: &[(ChannelId, ChannelKind)]) -> Vec<Self> {
        let ready = |(id, kind): &(ChannelId, ChannelKind)| Self {
            id: id.to_string(),
            kind: (*kind).into(),
            delivery: Delivery::Ready,
        };
        channels.iter().map(ready).collect()
    }

    /// The same channel in another state.
    #[must_use]
    pub fn with(&self, delivery: Delivery) -> Self {
        Self { delivery, ..self.clone() }
    }

    /// The channel's id.
    pub fn id(&self) -> ChannelId {
        ChannelId::new(self.id.clone())
    }

    /// The kind of channel.
    pub fn kind(&self) -> ChannelKind {
        self.kind.into()
    }
}

impl From<&Effect> for OrderRecord {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Page(PageOrder { engagement, contact, channels }) => OrderRecord::Page {
                engagement: engagement.0,
                contact: contact.to_string(),
                channels: ChannelDelivery::ready(channels),
            },
            Effect::Announce(Announcement { contact, channels, news }) => OrderRecord::Announce {
                contact: contact.to_string(),
                channels: ChannelDelivery::ready(channels),
                news: news.to_string(),
            },
            Effect::TellOperators(OperatorNotice::NobodyAnswered) => {
                OrderRecord::TellOperators(NoticeRecord::NobodyAnswered)
            }
            Effect::StartRunbook(RunbookOrder { run, document, parameters }) => {
                OrderRecord::Runbook { run: *run, document: document.clone(), parameters: parameters.clone() }
            }
        }
    }
}
