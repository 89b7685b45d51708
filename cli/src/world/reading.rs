//! What the table of a world in memory holds, in the words of those who look at it.

use reveille_domain::{Incident, IncidentId, TimelineEvent};
use reveille_engine::key;
use reveille_engine::port::Item;
use reveille_engine::record::{EventsRecord, IncidentRecord, OutboxRecord, ReceiptsRecord, from_item};
use serde::de::DeserializeOwned;

use super::World;

impl World {
    /// Every incident there is.
    pub fn incidents(&self) -> Vec<Incident> {
        let rows = self.table.rows();
        let states = rows.iter().filter(|(key, _)| key.sk == "STATE" && key.pk.starts_with("INCIDENT#"));
        states.map(|(_, row)| read::<IncidentRecord>(row).into()).collect()
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

    fn rows_of(&self, id: &IncidentId, sk_prefix: &str) -> Vec<Item> {
        let partition = key::partition(id);
        let rows = self.table.rows().into_iter();
        rows.filter(|(key, _)| key.pk == partition && key.sk.starts_with(sk_prefix)).map(|(_, row)| row).collect()
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
