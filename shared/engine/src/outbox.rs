//! Orders: found, claimed, settled, stopped.
//!
//! A claim is a lease: one conditional update that only one claimant wins. Whoever settles names the attempt it claimed, so
//! a settlement that comes after the lease has passed on is refused.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use reveille_domain::{Effect, IncidentId, OutboxId};
use serde_json::json;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::key::{self, DUE_AT, DUE_PK, Role};
use crate::port::{Change, Condition, Index, Query, TableError, TransactError, Write};
use crate::record::{OrderRecord, OutboxRecord, ReceiptsRecord, from_item, to_item};

/// How long a claim holds. Longer than a function's timeout, so that a holder that still runs is never overtaken.
pub const LEASE_S: i64 = 20;

/// An order is given up after so many attempts; with the waits between them that is about forty minutes.
pub const ATTEMPTS_MAX: u64 = 10;

/// Rows of one page of an outbox query.
const ROWS_PER_QUERY: u32 = 200;

/// Who holds the newest claim.
const HOLDER: &str = "holder";

/// How a claimed order is left.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// Nothing remains to be done.
    Done(OrderRecord),
    /// Something remains; it is tried again at this instant.
    Again(OrderRecord, Timestamp),
}

/// Whose work an order is.
pub(crate) fn role(effect: &Effect) -> Role {
    match effect {
        Effect::Page(_) | Effect::Announce(_) | Effect::TellOperators(_) => Role::Notify,
        Effect::StartRunbook(_) => Role::Runbook,
    }
}

/// Seconds until the next attempt: 5, 10, 20, … up to ten minutes.
pub fn backoff_s(attempt: u64) -> u32 {
    5_u32.saturating_mul(1 << attempt.saturating_sub(1).min(7)).min(600)
}

/// Every order of an incident that is not settled, strongly consistent.
pub async fn unsettled(engine: &Engine, id: &IncidentId) -> Result<Vec<OutboxRecord>, EngineError> {
    let mut query = Query {
        index: Index::Table { pk: key::partition(id), sk_prefix: "OUTBOX#".to_owned() },
        limit: ROWS_PER_QUERY,
        after: None,
    };
    let mut records = Vec::new();
    loop {
        let page = engine.table.query(&query).await?;
        for item in &page.items {
            let record: OutboxRecord = from_item(item)?;
            if !record.settled {
                records.push(record);
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(records),
        }
    }
}

/// Claims an order: `None` if somebody else holds it, or if there is nothing left to do.
pub async fn claim(engine: &Engine, id: &IncidentId, order: OutboxId) -> Result<Option<OutboxRecord>, EngineError> {
    let now_ms = engine.now().as_millisecond();
    let until = now_ms + LEASE_S * 1000;
    let free = Condition::Any(vec![Condition::Missing("lease_until"), Condition::AtMost("lease_until", json!(now_ms))]);
    let holder = holder();
    let claim = Write::update(
        key::outbox(id, order),
        vec![
            Change::Set(HOLDER, json!(holder)),
            Change::Add("attempt", 1),
            Change::Set("lease_until", json!(until)),
            Change::Set(DUE_AT, json!(until)),
        ],
        Condition::All(vec![Condition::Is("settled", json!(false)), Condition::Is("stopped", json!(false)), free]),
    );
    match engine.table.write(&claim).await {
        Ok(Some(row)) => Ok(Some(from_item(&row)?)),
        Ok(None) => Ok(None),
        // The answer to our own claim was lost, and the SDK's second try met what the first had done.
        Err(TableError::Refused(Some(row))) if row.get(HOLDER) == Some(&json!(holder)) => Ok(Some(from_item(&row)?)),
        Err(TableError::Refused(row)) => {
            sweep(engine, id, row.as_ref().map(from_item).transpose()?, now_ms).await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A name for this claim that no other has.
fn holder() -> String {
    let random = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", random(), random())
}

/// A stopped order whose holder died with its lease would stay due for ever.
async fn sweep(engine: &Engine, id: &IncidentId, row: Option<OutboxRecord>, now_ms: i64) -> Result<(), EngineError> {
    let Some(row) = row.filter(|row| row.stopped && !row.settled && !row.is_leased(now_ms)) else {
        return Ok(());
    };
    match engine.table.write(&stop(id, &row, now_ms)).await {
        Ok(_) | Err(TableError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Leaves a claimed order with the receipts of the attempt, stopped or not; refused if the lease has passed on.
pub async fn settle(
    engine: &Engine,
    id: &IncidentId,
    claimed: &OutboxRecord,
    settlement: Settlement,
    receipts: &ReceiptsRecord,
    extra: Option<Write>,
) -> Result<(), EngineError> {
    let (order, mut changes) = match settlement {
        Settlement::Done(order) => {
            (order, vec![Change::Set("settled", json!(true)), Change::Remove(DUE_PK), Change::Remove(DUE_AT)])
        }
        Settlement::Again(order, at) => (order, vec![Change::Set(DUE_AT, json!(at.as_millisecond()))]),
    };
    changes.push(Change::Set("order", serde_json::to_value(&order).map_err(unwritable)?));
    changes.push(Change::Remove("lease_until"));
    let settle =
        Write::update(key::outbox(id, claimed.id()), changes, Condition::Is("attempt", json!(claimed.attempt)));
    let mut writes = vec![settle];
    if !receipts.receipts.is_empty() {
        let key = key::receipt(id, claimed.id(), claimed.attempt);
        writes.push(Write::put(key, to_item(receipts), Condition::Always));
    }
    writes.extend(extra);
    match engine.transact_patiently(&writes).await {
        // Somebody else has claimed it since: theirs is the attempt that counts now.
        Ok(()) | Err(TransactError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Marks an order as stopped. One that somebody holds at this instant may finish, and stays due until it has.
pub(crate) fn stop(id: &IncidentId, record: &OutboxRecord, now_ms: i64) -> Write {
    let mut changes = vec![Change::Set("stopped", json!(true))];
    let condition = if record.is_leased(now_ms) {
        Condition::Present
    } else {
        changes.extend([Change::Set("settled", json!(true)), Change::Remove(DUE_PK), Change::Remove(DUE_AT)]);
        // If somebody has claimed it since it was read, the commit is decided again with the lease in sight.
        Condition::Is("attempt", json!(record.attempt))
    };
    Write::update(key::outbox(id, record.id()), changes, condition)
}

fn unwritable(source: serde_json::Error) -> EngineError {
    EngineError::Table(TableError::Invalid(Box::new(source)))
}
