//! Everything that is stored of one incident, in one query of its partition and one read of its counters.

use reveille_domain::OutboxId;
use reveille_domain::{Incident, IncidentId, TimelineEvent};
use reveille_engine::port::{Index, Item, Query};
use reveille_engine::record::{EventsRecord, IncidentRecord, OutboxRecord, ReceiptsRecord, from_item};
use reveille_engine::{Engine, EngineError, Repeats, key};
use serde::Serialize;

use crate::timeline::{Told, is_receipt, told};

/// Rows of one answer.
const ROWS_PER_QUERY: u32 = 500;

/// What is stored of an incident.
pub(crate) struct Whole {
    pub(crate) incident: Incident,
    /// The events of each revision.
    pub(crate) steps: Vec<Vec<TimelineEvent>>,
    /// What became of each attempt at each order, in the order of their keys.
    pub(crate) receipts: Vec<(OutboxId, ReceiptsRecord)>,
    /// The timeline in words, by time.
    pub(crate) timeline: Vec<Told>,
    pub(crate) orders: Vec<OutboxRecord>,
    pub(crate) raw: Option<Raw>,
    pub(crate) repeats: Repeats,
    /// Rows that this version cannot read.
    pub(crate) unreadable: usize,
}

/// What the incident was opened from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Raw {
    /// The text, up to 64 KiB of it.
    pub(crate) text: String,
    /// How long it was.
    pub(crate) bytes: u64,
    /// Its hash, by which it is seen whether the text is whole.
    pub(crate) sha256: String,
}

/// Reads an incident. `None`: there is none.
pub(crate) async fn read(engine: &Engine, id: &IncidentId) -> Result<Option<Whole>, EngineError> {
    let rows = rows(engine, id).await?;
    let Some(state) = rows.iter().find(|row| sort_key(row) == "STATE") else { return Ok(None) };
    let mut whole = Whole {
        incident: from_item::<IncidentRecord>(state)?.into(),
        steps: Vec::new(),
        receipts: Vec::new(),
        timeline: Vec::new(),
        orders: Vec::new(),
        raw: None,
        repeats: Repeats::read(engine, id).await?,
        unreadable: 0,
    };
    for row in &rows {
        if whole.take(row).is_none() {
            whole.unreadable += 1;
        }
    }
    // A receipt stands beside the order that it belongs to; people read by the clock.
    whole.timeline.sort_by_key(|told| told.at);
    Ok(Some(whole))
}

async fn rows(engine: &Engine, id: &IncidentId) -> Result<Vec<Item>, EngineError> {
    let index = Index::Table { pk: key::partition(id), sk_prefix: String::new() };
    let mut query = Query { index, limit: ROWS_PER_QUERY, after: None };
    let mut rows = Vec::new();
    loop {
        let page = engine.table().query(&query).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}

impl Whole {
    /// Takes one row up; `None`: it cannot be read.
    fn take(&mut self, row: &Item) -> Option<()> {
        let kind = sort_key(row).split('#').next().unwrap_or_default();
        match kind {
            "EVENT" => {
                self.timeline.extend(told(row).ok()?);
                if is_receipt(row) {
                    self.receipts.push((key::order_of_receipt(row)?, from_item(row).ok()?));
                } else {
                    let record: EventsRecord = from_item(row).ok()?;
                    self.steps.push(record.events.into_iter().map(TimelineEvent::from).collect());
                }
            }
            "OUTBOX" => self.orders.push(from_item(row).ok()?),
            "RAW" => {
                let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
                let bytes = row.get("bytes")?.as_u64()?;
                self.raw = Some(Raw { text: text("text")?, bytes, sha256: text("sha256")? });
            }
            _ => {}
        }
        Some(())
    }
}

fn sort_key(row: &Item) -> &str {
    row.get("sk").and_then(|sk| sk.as_str()).unwrap_or_default()
}
