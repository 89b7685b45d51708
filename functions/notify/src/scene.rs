//! Everything that one attempt looks at, read in one request.

use std::collections::BTreeMap;

use reveille_domain::{ChannelId, ChannelKind, ContactAlias, Departure, Engaged, EngagementId, Incident, OutboxId};
use reveille_engine::key::{self, Personal};
use reveille_engine::port::{Item, Key};
use reveille_engine::record::{
    AddressRecord, ChannelDelivery, Delivery, IncidentRecord, OrderRecord, OutboxRecord, PagedRecord, RecordError,
    TrafficRecord, from_item,
};
use reveille_engine::{Chain, EngineError, OrderPlace, Reach};

use crate::Context;
use crate::measured::is_synthetic;

/// The order, its incident, and the person whom it reaches.
pub(crate) struct Scene {
    pub(crate) place: OrderPlace,
    pub(crate) order: OutboxRecord,
    pub(crate) contact: ContactAlias,
    /// `None` for an order that stands alone.
    pub(crate) incident: Option<Incident>,
    pub(crate) addresses: BTreeMap<ChannelId, AddressRecord>,
    /// What the contact has been sent lately.
    pub(crate) traffic: TrafficRecord,
    /// What the contact has been told about this incident.
    pub(crate) paged: Option<PagedRecord>,
}

/// The rows as they come, in no order.
#[derive(Default)]
struct Rows {
    order: Option<OutboxRecord>,
    incident: Option<Incident>,
    addresses: BTreeMap<ChannelId, AddressRecord>,
    traffic: TrafficRecord,
    paged: Option<PagedRecord>,
}

impl Scene {
    /// Reads the scene; `None`: there is no such order.
    pub(crate) async fn read(
        context: &Context,
        place: &OrderPlace,
        order: OutboxId,
        reach: &Reach,
    ) -> Result<Option<Self>, EngineError> {
        let contact = reach.contact();
        let mut keys: Vec<Key> = reach.channels().iter().map(|channel| key::address(&contact, channel)).collect();
        keys.push(key::outbox(place, order));
        if let Some(incident) = place.incident() {
            keys.extend([key::state(incident), key::traffic(&contact), key::paged(&contact, incident)]);
        }
        let mut rows = Rows::default();
        for item in context.engine.table().get_many(&keys).await? {
            rows.take(&item)?;
        }
        let Some(order) = rows.order else { return Ok(None) };
        let Rows { incident, mut addresses, traffic, paged, .. } = rows;
        if incident.as_ref().is_some_and(is_synthetic) {
            // Its reader has no row: it is reached where its answer goes.
            let front = AddressRecord { address: context.front_url.clone(), secret: None };
            addresses.extend(order.order.channels().iter().map(|channel| (channel.id(), front.clone())));
        }
        Ok(Some(Self { place: place.clone(), order, contact, incident, addresses, traffic, paged }))
    }

    /// The channels on which nothing has been sent yet.
    pub(crate) fn left(&self) -> Vec<ChannelDelivery> {
        let left = self.order.order.channels().iter().filter(|channel| channel.delivery == Delivery::Ready);
        left.cloned().collect()
    }

    /// The message that wants to leave; `None` for an order that stands alone: somebody waits for that one.
    pub(crate) fn departure<'a>(&'a self, kinds: &'a [ChannelKind]) -> Option<Departure<'a>> {
        let opening = &self.incident.as_ref()?.opening;
        Some(Departure {
            plan: &opening.response_plan,
            incident: &opening.id,
            kinds,
            is_page: self.is_page(),
            held_since: self.paged.as_ref().and_then(|paged| paged.held_since(self.order.id())),
            answered: false,
        })
    }

    /// Whether the installation pages itself.
    pub(crate) fn is_synthetic(&self) -> bool {
        self.incident.as_ref().is_some_and(is_synthetic)
    }

    pub(crate) fn is_page(&self) -> bool {
        match self.order.order {
            OrderRecord::Page { .. } => true,
            OrderRecord::Announce { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => false,
        }
    }

    /// Whether the order has lost its sense: what it was about has ended, or it is news of something that the contact has
    /// never been told about.
    pub(crate) fn is_overtaken(&self) -> bool {
        let Some(incident) = &self.incident else { return false };
        let never_told = self.paged.as_ref().is_some_and(|paged| paged.told_at.is_none());
        let is_news = match self.order.order {
            OrderRecord::Announce { .. } => true,
            OrderRecord::Page { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => false,
        };
        self.order.is_overtaken(incident) || (is_news && never_told)
    }

    /// The engagement that a page belongs to.
    pub(crate) fn engagement(&self) -> Option<EngagementId> {
        match self.order.order {
            OrderRecord::Page { engagement, .. } => Some(EngagementId(engagement)),
            OrderRecord::Announce { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => None,
        }
    }

    /// The latest page of the engagement that this one belongs to.
    pub(crate) fn latest_page(&self) -> Option<OutboxId> {
        match &self.incident.as_ref()?.engagement(self.engagement()?)?.engaged {
            Engaged::Contact { latest_page, .. } => latest_page.map(|(page, _)| page),
            Engaged::Escalation { .. } => None,
        }
    }

    /// The message that has spoken for this order meanwhile.
    pub(crate) fn covered_by(&self) -> Option<&str> {
        self.paged.as_ref()?.covered_by(self.order.id())
    }
}

impl Rows {
    fn take(&mut self, item: &Item) -> Result<(), EngineError> {
        if let Some(channel) = key::channel_of(item) {
            match from_item::<AddressRecord>(item) {
                Ok(address) => drop(self.addresses.insert(channel, address)),
                // As good as none: the other channels must not wait until somebody has mended this one.
                Err(error) => tracing::error!(error = %Chain(&error), "an address is left out"),
            }
            return Ok(());
        }
        match key::personal_of(item) {
            // Book-keeping that cannot be read must not keep a page: it counts as none.
            Some(Personal::Traffic) => self.traffic = readable(from_item(item)).unwrap_or_default(),
            Some(Personal::Paged(_)) => self.paged = readable(from_item(item)),
            None if item.get("sk").and_then(|sk| sk.as_str()) == Some("STATE") => {
                self.incident = Some(Incident::from(from_item::<IncidentRecord>(item)?));
            }
            None => self.order = Some(from_item(item)?),
        }
        Ok(())
    }
}

/// A row of the book-keeping, if it can be read.
pub(crate) fn readable<T>(read: Result<T, RecordError>) -> Option<T> {
    match read {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "what a contact has been sent cannot be read; the page leaves all the same");
            None
        }
    }
}
