//! What the table of a world in memory holds, in the words of those who look at it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias, Incident, IncidentId, OutboxId, TimelineEvent};
use reveille_engine::port::{Item, Key};
use reveille_engine::record::{
    EventsRecord, IncidentRecord, NoticeRecord, OrderRecord, OutboxRecord, ReceiptsRecord, from_item,
};
use reveille_engine::{OrderPlace, key};
use reveille_local::{Embedded, MemoryTable};
use serde::de::DeserializeOwned;

/// The rows of a table, for whoever looks at them from outside.
pub trait Rows {
    /// The rows whose keys are meant, in the order of the keys.
    fn rows_where(&self, is_meant: &dyn Fn(&Key) -> bool) -> Vec<Item>;

    /// The rows of a partition whose sort keys begin with this, in their order.
    fn rows_in(&self, pk: &str, sk_prefix: &str) -> Vec<Item>;
}

impl Rows for MemoryTable {
    fn rows_where(&self, is_meant: &dyn Fn(&Key) -> bool) -> Vec<Item> {
        MemoryTable::rows_where(self, is_meant)
    }

    fn rows_in(&self, pk: &str, sk_prefix: &str) -> Vec<Item> {
        MemoryTable::rows_in(self, pk, sk_prefix)
    }
}

impl Rows for Embedded {
    fn rows_where(&self, is_meant: &dyn Fn(&Key) -> bool) -> Vec<Item> {
        Embedded::rows_where(self, is_meant)
    }

    fn rows_in(&self, pk: &str, sk_prefix: &str) -> Vec<Item> {
        Embedded::rows_in(self, pk, sk_prefix)
    }
}

/// A message that a provider took, as the timeline holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// The order that it did; both halves of a page have the id of that page.
    pub order: OutboxId,
    /// What was sent.
    pub errand: Errand,
    /// Whom it reached.
    pub contact: ContactAlias,
    /// On which of their channels.
    pub channel: ChannelId,
    /// The name of the kind of channel.
    pub kind: String,
    /// The row that holds the receipt, and its channel: no two deliveries share them.
    pub receipt: (String, String),
}

/// What a message was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To wake somebody.
    Page,
    /// To tell an earlier recipient what has become of it.
    News,
}

impl dyn Rows + '_ {
    /// Every incident there is.
    pub fn incidents(&self) -> Vec<Incident> {
        let states = self.rows_where(&|key| key.sk == "STATE" && key.pk.starts_with("INCIDENT#"));
        states.iter().map(|row| read::<IncidentRecord>(row).into()).collect()
    }

    /// The rows of an incident's timeline, in the order of their keys.
    pub fn timeline_rows(&self, id: &IncidentId) -> Vec<Item> {
        self.rows_of(id, "EVENT#")
    }

    /// The events of an incident with their revisions, as stored.
    pub fn timeline(&self, id: &IncidentId) -> Vec<(u64, TimelineEvent)> {
        let events = self.timeline_rows(id).into_iter().filter(|row| !is_receipt(row));
        events
            .flat_map(|row| {
                let record: EventsRecord = read(&row);
                record.events.into_iter().map(move |event| (record.rev, event.into()))
            })
            .collect()
    }

    /// The receipts of an incident: page, channel and outcome.
    pub fn receipts(&self, id: &IncidentId) -> Vec<(String, String, String)> {
        let receipts = self.timeline_rows(id).into_iter().filter(is_receipt);
        receipts
            .flat_map(|row| {
                let record: ReceiptsRecord = read(&row);
                let page = sort_key(&row).trim_start_matches("EVENT#").to_owned();
                record.receipts.into_iter().map(move |receipt| (page.clone(), receipt.channel, receipt.outcome))
            })
            .collect()
    }

    /// The orders of an incident, settled or not.
    pub fn orders(&self, id: &IncidentId) -> Vec<OutboxRecord> {
        self.rows_of(id, "OUTBOX#").iter().map(read).collect()
    }

    /// Every message about an incident that a provider took, in the order in which they were ordered.
    pub fn deliveries(&self, id: &IncidentId) -> Vec<Delivery> {
        let rows = self.timeline_rows(id);
        let rows: BTreeMap<&str, &Item> = rows.iter().map(|row| (sort_key(row), row)).collect();
        let place = OrderPlace::from(id);
        let mut deliveries = Vec::new();
        for order in self.orders(id) {
            let errand = match order.order {
                OrderRecord::Page { .. } => Errand::Page,
                OrderRecord::Announce { .. } => Errand::News,
                // Neither asks anybody to do something about an incident.
                OrderRecord::Tell { .. } | OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. } => continue,
            };
            let Some(contact) = order.order.contact() else { continue };
            for attempt in 1..=order.attempt {
                let key = key::receipt(&place, order.id(), attempt);
                let Some(row) = rows.get(key.sk.as_str()) else { continue };
                let record: ReceiptsRecord = read(row);
                let sent = record.receipts.into_iter().filter(|receipt| receipt.outcome == "sent");
                deliveries.extend(sent.map(|receipt| Delivery {
                    at: record.at,
                    order: order.page(),
                    errand,
                    contact: contact.clone(),
                    receipt: (format!("{}{}", key.pk, key.sk), receipt.channel.clone()),
                    channel: ChannelId::new(receipt.channel),
                    kind: receipt.kind.unwrap_or_default(),
                }));
            }
        }
        deliveries
    }

    /// When the operators were first told that an incident had run out.
    pub fn last_resort_at(&self) -> Option<Timestamp> {
        let incidents = self.incidents().into_iter().map(|incident| incident.opening.id);
        let ran_out = |order: &OutboxRecord| order.order == OrderRecord::TellOperators(NoticeRecord::NobodyAnswered);
        let instants = incidents.flat_map(|id| {
            let timeline = self.timeline(&id);
            let orders = self.orders(&id).into_iter().filter(ran_out);
            let at = |order: OutboxRecord| {
                timeline.iter().find(|(rev, _)| *rev == order.page().revision).map(|(_, event)| event.at)
            };
            orders.filter_map(at).collect::<Vec<_>>()
        });
        instants.min()
    }

    /// Whether everything that was begun has been done, so that nothing more happens by itself. Queues and schedules carry hints
    /// only, and a runbook that runs is not waited for: nobody here ends it.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet_but_for(&|_| false)
    }

    /// The same, whatever incidents of this kind still want.
    pub(crate) fn is_quiet_but_for(&self, is_enough: &dyn Fn(&Incident) -> bool) -> bool {
        let comes_more = |incident: &Incident| incident.due().is_some() && !is_enough(incident);
        if self.incidents().iter().any(comes_more) {
            return false;
        }
        let orders = self.rows_where(&|key| key.sk.starts_with("OUTBOX#"));
        let is_over = |order: OutboxRecord| order.settled || order.stopped;
        orders.iter().all(|row| is_over(read(row)))
    }

    fn rows_of(&self, id: &IncidentId, sk_prefix: &str) -> Vec<Item> {
        self.rows_in(&key::partition(id), sk_prefix)
    }
}

fn is_receipt(row: &Item) -> bool {
    sort_key(row).contains("#RECEIPT#")
}

fn sort_key(row: &Item) -> &str {
    row.get("sk").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// Nothing writes to this table but the engine of this program.
fn read<T: DeserializeOwned>(row: &Item) -> T {
    from_item(row).expect("the engine reads what it wrote")
}
