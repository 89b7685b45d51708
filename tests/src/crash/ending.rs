//! What is to be seen of a world when a scenario is over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_cli::configuration::Configuration;
use reveille_cli::scenario::Ground;
use reveille_domain::{FrozenPlan, Incident, IncidentId, TimelineEvent};
use reveille_engine::key;
use reveille_engine::port::Item;
use reveille_engine::record::{FrozenPlanRecord, OrderRecord, OutboxRecord, ReceiptsRecord, from_item};
use reveille_local::Letter;
use serde_json::Value;

use crate::embedded::{Death, EmbeddedGround};

/// What has happened to each incident, with the revision in which it did.
type Timelines = BTreeMap<IncidentId, Vec<(u64, TimelineEvent)>>;

/// A world at its end.
pub struct Ending {
    /// When it was looked at.
    pub at: Timestamp,
    pub(super) incidents: BTreeMap<IncidentId, Incident>,
    pub(super) timelines: Timelines,
    /// What each has frozen when it began.
    pub(super) plans: BTreeMap<IncidentId, FrozenPlan>,
    /// The newest event time that is known of a key, by its partition; `None`: one is open.
    pub(super) newest: BTreeMap<String, Option<i64>>,
    /// What has been applied, and when.
    pub(super) homes: Vec<(Timestamp, Configuration)>,
    /// The paths of pages that wrote something when somebody looked at them.
    pub(super) looks_that_wrote: Vec<String>,
    pub(super) orders: Vec<Ordered>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) letters: Vec<Letter>,
    /// How many automations were started.
    pub(super) automations: usize,
    pub(super) failures: Vec<String>,
    pub(super) death: Option<Death>,
}

/// An order and the incident that it belongs to; `None`: it stands alone.
pub(super) struct Ordered {
    pub(super) incident: Option<IncidentId>,
    pub(super) record: OutboxRecord,
}

/// What became of one attempt on one channel.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) at: Timestamp,
    pub(super) incident: Option<IncidentId>,
    /// When its order was made; for one that stands alone, when it left.
    pub(super) ordered_at: Timestamp,
    /// The sort key of its order; of one that stands alone, with its partition.
    pub(super) order: String,
    pub(super) contact: String,
    pub(super) channel: String,
    pub(super) kind: String,
    pub(super) outcome: String,
    /// For what was sent, the provider's id of the message.
    pub(super) text: Option<String>,
}

impl Ending {
    /// Looks at everything.
    pub fn of(ground: &EmbeddedGround) -> Self {
        let rows = ground.rows();
        let incidents: BTreeMap<IncidentId, Incident> =
            rows.incidents().into_iter().map(|incident| (incident.opening.id.clone(), incident)).collect();
        let timelines: Timelines = incidents.keys().map(|id| (id.clone(), rows.timeline(id))).collect();
        let orders = rows.rows_where(&|key| key.sk.starts_with("OUTBOX#"));
        // What a provider reports later stands there too, under another key.
        let receipts = rows.rows_where(&|key| key.sk.contains("#RECEIPT#") && !key.sk.contains("#REPORT#"));
        let plans = rows.rows_where(&|key| key.sk == "PLAN" && key.pk.starts_with("INCIDENT#"));
        let dedupes = rows.rows_where(&|key| key.pk.starts_with("DEDUPE#"));
        Self {
            at: ground.now(),
            incidents,
            plans: plans.iter().map(frozen).collect(),
            newest: dedupes.iter().map(newest).collect(),
            homes: ground.homes(),
            looks_that_wrote: ground.looks_that_wrote(),
            orders: orders.iter().map(ordered).collect(),
            receipts: receipts.iter().flat_map(|row| receipts_of(row, &timelines)).collect(),
            timelines,
            letters: ground.letters(),
            automations: ground.automations(),
            failures: ground.failures(),
            death: ground.death(),
        }
    }
}

impl Ending {
    /// What has happened to an incident.
    pub(super) fn events(&self, id: &IncidentId) -> impl Iterator<Item = &TimelineEvent> {
        self.timelines.get(id).into_iter().flatten().map(|(_, event)| event)
    }
}

impl Receipt {
    /// The provider's id of the message. Servers that are not AWS's, and the operators' topic, leave none that letters have.
    pub(super) fn message_id(&self) -> Option<&str> {
        let is_named = ["sms", "email", "voice"].contains(&self.kind.as_str());
        self.text.as_deref().filter(|_| is_named)
    }
}

impl Ordered {
    /// Whether it wakes somebody.
    pub(super) fn is_page(&self) -> bool {
        matches!(self.record.order, OrderRecord::Page { .. })
    }

    /// The sort key of its row, as receipts have it.
    pub(super) fn order(&self) -> String {
        let id = self.record.id();
        format!("{:010}#{:04}", id.revision, id.number)
    }
}

fn incident_of(row: &Item) -> Option<IncidentId> {
    let pk = row.get("pk").and_then(Value::as_str).unwrap_or_default();
    pk.starts_with("INCIDENT#").then(|| key::incident_of(row))
}

fn frozen(row: &Item) -> (IncidentId, FrozenPlan) {
    let record: FrozenPlanRecord = from_item(row).expect("a plan");
    (key::incident_of(row), record.into())
}

fn newest(row: &Item) -> (String, Option<i64>) {
    let pk = row.get("pk").and_then(Value::as_str).unwrap_or_default().to_owned();
    (pk, row.get("newest").and_then(Value::as_i64))
}

fn ordered(row: &Item) -> Ordered {
    Ordered { incident: incident_of(row), record: from_item(row).expect("an order") }
}

fn receipts_of(row: &Item, timelines: &Timelines) -> Vec<Receipt> {
    let record: ReceiptsRecord = from_item(row).expect("receipts");
    let sk = row.get("sk").and_then(Value::as_str).unwrap_or_default();
    let order = sk.trim_start_matches("EVENT#").split("#RECEIPT#").next().unwrap_or_default();
    let incident = incident_of(row);
    // Orders that stand alone all have the same id, and each a partition of its own.
    let alone = row.get("pk").and_then(Value::as_str).filter(|_| incident.is_none());
    let named = alone.map_or_else(|| order.to_owned(), |pk| format!("{pk} {order}"));
    let ordered_at = incident.as_ref().and_then(|id| made_at(timelines.get(id)?, order));
    let receipt = |receipt: reveille_engine::record::ReceiptRecord| Receipt {
        at: record.at,
        incident: incident.clone(),
        ordered_at: ordered_at.unwrap_or(record.at),
        order: named.clone(),
        contact: record.contact.clone().unwrap_or_default(),
        channel: receipt.channel,
        kind: receipt.kind.unwrap_or_default(),
        outcome: receipt.outcome,
        text: receipt.text,
    };
    record.receipts.iter().cloned().map(receipt).collect()
}

/// When the revision was made that an order belongs to.
fn made_at(timeline: &[(u64, TimelineEvent)], order: &str) -> Option<Timestamp> {
    let revision: u64 = order.split('#').next()?.parse().ok()?;
    timeline.iter().find(|(of, _)| *of == revision).map(|(_, event)| event.at)
}
