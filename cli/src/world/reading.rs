//! What the table of a world in memory holds, in the words of those who look at it.

use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias, Incident, IncidentId, TimelineEvent};
use reveille_engine::port::Item;
use reveille_engine::record::{EventsRecord, IncidentRecord, OrderRecord, OutboxRecord, ReceiptsRecord, from_item};
use reveille_engine::{OrderPlace, key};
use serde::de::DeserializeOwned;

use super::World;

/// A message that a provider took, as the timeline holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
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

impl World {
    /// Every incident there is.
    pub fn incidents(&self) -> Vec<Incident> {
        let states = self.table.rows_where(|key| key.sk == "STATE" && key.pk.starts_with("INCIDENT#"));
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
                let Some(row) = rows.iter().find(|row| sort_key(row) == key.sk) else { continue };
                let record: ReceiptsRecord = read(row);
                let sent = record.receipts.into_iter().filter(|receipt| receipt.outcome == "sent");
                deliveries.extend(sent.map(|receipt| Delivery {
                    at: record.at,
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

    fn rows_of(&self, id: &IncidentId, sk_prefix: &str) -> Vec<Item> {
        self.table.rows_in(&key::partition(id), sk_prefix)
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
