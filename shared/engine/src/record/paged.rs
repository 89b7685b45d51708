//! What a contact has been told about an incident, and what waits to be told.
//!
//! One row for each of them. A reply by SMS finds here what its code means; a storm finds here what waits for the next
//! message.

use crate::limits::COVERED_REMEMBERED_MAX;
use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias, Incident, IncidentId, OutboxId, ResponsePlanName};
use serde::{Deserialize, Serialize};

use crate::reply_code::ReplyCode;

/// What a contact knows of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagedRecord {
    /// Goes up with each change.
    pub rev: u64,
    contact: String,
    incident: String,
    plan: String,
    /// Of the incident, for answers that list several.
    pub title: String,
    /// The newest page, which an answer answers.
    page: (u64, u32),
    /// When a message about it left last; `None`: none has left yet.
    pub told_at: Option<Timestamp>,
    /// Whether a message about several incidents has spoken for it. It stays so: whoever answers such a message means all of it,
    /// also when one of its incidents has paged them alone since.
    #[serde(default)]
    pub in_bundle: bool,
    /// Orders that wait for a message to speak for them.
    #[serde(default)]
    held: Vec<HeldRecord>,
    /// Orders for which a message has spoken.
    #[serde(default)]
    covered: Vec<CoveredRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HeldRecord {
    order: (u64, u32),
    since: Timestamp,
    channels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CoveredRecord {
    order: (u64, u32),
    by: String,
}

impl PagedRecord {
    /// A contact of whom nothing is known about this incident yet.
    pub fn new(contact: &ContactAlias, incident: &Incident, page: OutboxId) -> Self {
        Self {
            rev: 0,
            contact: contact.to_string(),
            incident: incident.opening.id.to_string(),
            plan: incident.opening.response_plan.to_string(),
            title: incident.opening.title.clone(),
            page: (page.revision, page.number),
            told_at: None,
            in_bundle: false,
            held: Vec::new(),
            covered: Vec::new(),
        }
    }

    /// Who has been told.
    pub fn contact(&self) -> ContactAlias {
        ContactAlias::new(self.contact.clone())
    }

    /// About which incident.
    pub fn incident(&self) -> IncidentId {
        IncidentId::new(self.incident.clone())
    }

    /// The incident's response plan.
    pub fn plan(&self) -> ResponsePlanName {
        ResponsePlanName::new(self.plan.clone())
    }

    /// The newest page.
    pub fn page(&self) -> OutboxId {
        OutboxId { revision: self.page.0, number: self.page.1 }
    }

    /// What the contact types to answer for this incident.
    pub fn code(&self) -> ReplyCode {
        ReplyCode::of_incident(&self.contact(), &self.incident())
    }

    /// What the contact types to answer for everything that messages about several incidents of its plan have spoken for.
    pub fn bundle_code(&self) -> Option<ReplyCode> {
        self.in_bundle.then(|| ReplyCode::of_plan(&self.contact(), &self.plan()))
    }

    /// There is a newer page to answer.
    #[must_use]
    pub fn asking(mut self, page: OutboxId) -> Self {
        self.page = self.page.max((page.revision, page.number));
        self
    }

    /// Since when an order waits.
    pub fn held_since(&self, order: OutboxId) -> Option<Timestamp> {
        self.held.iter().find(|held| held.is(order)).map(|held| held.since)
    }

    /// Whether anything waits.
    pub fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether anything that waits has been waiting since this instant.
    pub fn has_waited_since(&self, at: Timestamp) -> bool {
        self.held.iter().any(|held| held.since <= at)
    }

    /// The message that spoke for an order.
    pub fn covered_by(&self, order: OutboxId) -> Option<&str> {
        self.covered.iter().find(|covered| covered.order == (order.revision, order.number)).map(|c| c.by.as_str())
    }

    /// An order begins to wait; one that waits already goes on doing so.
    pub fn hold(&mut self, order: OutboxId, channels: &[ChannelId], now: Timestamp) {
        self.rev += 1;
        if self.held_since(order).is_none() {
            let channels = channels.iter().map(ToString::to_string).collect();
            self.held.push(HeldRecord { order: (order.revision, order.number), since: now, channels });
        }
    }

    /// A message about this incident has left on these channels, for this order. Others that wanted nothing more wait no
    /// longer: it has spoken for them.
    pub fn tell(&mut self, order: OutboxId, channels: &[ChannelId], in_bundle: bool, by: &str, now: Timestamp) {
        self.forget(order);
        self.spoken_for(channels, by, now);
        self.told_at = Some(now);
        self.in_bundle |= in_bundle;
    }

    /// A message about several incidents, this one among them, has left on these channels, and speaks for what waited by then.
    pub fn told_among_others(&mut self, channels: &[ChannelId], by: &str, waiting_by: Timestamp, now: Timestamp) {
        self.rev += 1;
        self.spoken_for(channels, by, waiting_by);
        self.told_at = Some(now);
        self.in_bundle = true;
    }

    fn spoken_for(&mut self, channels: &[ChannelId], by: &str, waiting_by: Timestamp) {
        let is_on = |id: &String| channels.iter().any(|sent| sent.as_str() == id);
        let spoken = |held: &HeldRecord| held.since <= waiting_by && held.channels.iter().all(is_on);
        let (covered, waiting): (Vec<HeldRecord>, Vec<HeldRecord>) = self.held.drain(..).partition(spoken);
        self.held = waiting;
        self.covered.extend(covered.into_iter().map(|held| CoveredRecord { order: held.order, by: by.to_owned() }));
        let stale = self.covered.len().saturating_sub(COVERED_REMEMBERED_MAX);
        self.covered.drain(..stale);
    }

    /// An order is done with, whatever became of it.
    pub fn forget(&mut self, order: OutboxId) {
        self.rev += 1;
        self.held.retain(|held| !held.is(order));
        self.covered.retain(|covered| covered.order != (order.revision, order.number));
    }
}

impl HeldRecord {
    fn is(&self, order: OutboxId) -> bool {
        self.order == (order.revision, order.number)
    }
}
