//! Orders: found, claimed, settled, stopped.
//!
//! A claim is a lease: one conditional update that only one claimant wins. Whoever settles names the attempt it claimed, so
//! a settlement that comes after the lease has passed on is refused.

use jiff::Timestamp;
use reveille_domain::{Effect, IncidentId, OutboxId, mutant};
use serde_json::json;

use crate::commit;
use crate::engine::Engine;
use crate::error::{Chain, EngineError};
use crate::key::{self, DUE_AT, DUE_PK, Role};
use crate::limits::{HINT_EARLY_MS, LEASE_S};
use crate::nudge::Work;
use crate::order_place::OrderPlace;
use crate::port::{Action, Change, Condition, Index, Item, Query, QueueName, TableError, TransactError, Write};
use crate::record::{OrderRecord, OutboxRecord, ReceiptsRecord, RecordError, from_item, to_item};

/// Rows of one page of an outbox query.
const ROWS_PER_QUERY: u32 = 200;

/// What the sort keys of orders begin with.
const ORDERS: &str = "OUTBOX#";

/// An order that stands alone is kept for so many days after it was made, with its receipts.
const ALONE_DAYS: i64 = 14;

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

/// What became of a claim that was made together with other writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// It is ours; the order as it is now.
    Ours(Box<OutboxRecord>),
    /// Somebody else has it, or there is nothing left to do.
    Gone,
    /// The order is free, but a condition of the other writes did not hold: read again.
    Overtaken,
}

/// What became of an order that was to be put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOff {
    /// It waits until then.
    Done,
    /// Somebody else has claimed it, stopped it or put it off, and sees to what comes next.
    Gone,
    /// A condition of the other writes did not hold, and nothing was written: read again.
    Overtaken,
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
    // What is settled is most of them, and need not be read to be left out.
    rows(engine, id, None, |item| item.get("settled") != Some(&json!(true))).await
}

/// The orders of an incident that have been written after this one, settled or not, in their order.
pub async fn after(engine: &Engine, id: &IncidentId, order: OutboxId) -> Result<Vec<OutboxRecord>, EngineError> {
    let row = key::outbox(&id.into(), order);
    let after = [("pk".to_owned(), json!(row.pk)), ("sk".to_owned(), json!(row.sk))].into_iter().collect();
    rows(engine, id, Some(after), |_| true).await
}

async fn rows(
    engine: &Engine,
    id: &IncidentId,
    after: Option<Item>,
    is_meant: impl Fn(&Item) -> bool + Send,
) -> Result<Vec<OutboxRecord>, EngineError> {
    let index = Index::Table { pk: key::partition(id), sk_prefix: ORDERS.to_owned() };
    let mut query = Query { index, limit: ROWS_PER_QUERY, after };
    let mut records = Vec::new();
    loop {
        let page = engine.table.query(&query).await?;
        for item in page.items.iter().filter(|item| is_meant(item)) {
            records.push(from_item(item)?);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(records),
        }
    }
}

/// The orders that a step has written.
pub(crate) fn ordered_in(written: &[Write]) -> Result<Vec<OutboxRecord>, RecordError> {
    let orders = written.iter().filter(|write| write.key.sk.starts_with(ORDERS));
    let rows = orders.filter_map(|write| if let Action::Put(row) = &write.action { Some(row) } else { None });
    rows.map(from_item).collect()
}

/// Claims an order: `None` if somebody else holds it, or if there is nothing left to do.
pub async fn claim(
    engine: &Engine,
    place: impl Into<OrderPlace>,
    order: OutboxId,
) -> Result<Option<OutboxRecord>, EngineError> {
    let place = place.into();
    let now_ms = engine.now().as_millisecond();
    let holder = holder(engine);
    let mut changes = claiming(now_ms);
    changes.push(Change::Set(HOLDER, json!(holder)));
    let claim = Write::update(key::outbox(&place, order), changes, free(now_ms));
    match engine.table.write(&claim).await {
        Ok(Some(row)) => Ok(Some(from_item(&row)?)),
        Ok(None) => Ok(None),
        // The answer to our own claim was lost, and the SDK's second try met what the first had done.
        Err(TableError::Refused(Some(row))) if row.get(HOLDER) == Some(&json!(holder)) => Ok(Some(from_item(&row)?)),
        Err(TableError::Refused(row)) => {
            sweep(engine, &place, row.as_ref().map(from_item).transpose()?.as_ref()).await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Claims an order that has been read, together with other writes: all of it or nothing. The transaction carries a token of
/// its own, so that an answer that is lost does no harm.
pub async fn claim_with(
    engine: &Engine,
    place: &OrderPlace,
    read: &OutboxRecord,
    with: Vec<Write>,
) -> Result<Claim, EngineError> {
    let now_ms = engine.now().as_millisecond();
    let claim = Write::update(key::outbox(place, read.id()), claiming(now_ms), as_read(read, now_ms));
    let writes: Vec<Write> = std::iter::once(claim).chain(with).collect();
    match engine.transact_patiently(&writes).await {
        Ok(()) => {
            let mut claimed = read.clone();
            claimed.attempt += 1;
            claimed.lease_until = Some(now_ms + LEASE_S * 1000);
            claimed.due_at = claimed.lease_until;
            Ok(Claim::Ours(Box::new(claimed)))
        }
        Err(TransactError::Refused(refusals)) if refusals.iter().any(|refusal| refusal.place == 0) => Ok(Claim::Gone),
        Err(TransactError::Refused(_)) => Ok(Claim::Overtaken),
        Err(error) => Err(error.into()),
    }
}

/// Puts an order off without an attempt, together with other writes; one that somebody has claimed, stopped or put off since
/// stays as it is.
pub async fn put_off(
    engine: &Engine,
    place: &OrderPlace,
    read: &OutboxRecord,
    until: Timestamp,
    with: Vec<Write>,
) -> Result<PutOff, EngineError> {
    let until_ms = json!(until.as_millisecond());
    let later = vec![Change::Set(DUE_AT, until_ms.clone()), Change::Set("wanted_at", until_ms)];
    // Of several that put it off at once, one writes it down and gives the hint: else each hint would make more of them.
    let as_due = read.due_at.map_or(Condition::Missing(DUE_AT), |due_at| Condition::Is(DUE_AT, json!(due_at)));
    let as_read = Condition::All(vec![as_due, as_read(read, engine.now().as_millisecond())]);
    let put_off = Write::update(key::outbox(place, read.id()), later, as_read);
    let writes: Vec<Write> = std::iter::once(put_off).chain(with).collect();
    match engine.transact_patiently(&writes).await {
        Ok(()) => Ok(PutOff::Done),
        Err(TransactError::Refused(refusals)) if refusals.iter().any(|refusal| refusal.place == 0) => Ok(PutOff::Gone),
        Err(TransactError::Refused(_)) => Ok(PutOff::Overtaken),
        Err(error) => Err(error.into()),
    }
}

/// Whether an order that has been read waits for somebody to claim it. Sweeps one that would stay due for ever.
pub async fn is_claimable(engine: &Engine, place: &OrderPlace, read: &OutboxRecord) -> Result<bool, EngineError> {
    if read.stopped && !read.settled {
        sweep(engine, place, Some(read)).await?;
    }
    let now_ms = engine.now().as_millisecond();
    Ok(!read.settled && !read.stopped && !read.is_leased(now_ms) && !read.backs_off(now_ms + HINT_EARLY_MS))
}

fn claiming(now_ms: i64) -> Vec<Change> {
    let until = if mutant("no-lease") { now_ms } else { now_ms + LEASE_S * 1000 };
    vec![Change::Add("attempt", 1), Change::Set("lease_until", json!(until)), Change::Set(DUE_AT, json!(until))]
}

fn free(now_ms: i64) -> Condition {
    let unleased =
        Condition::Any(vec![Condition::Missing("lease_until"), Condition::AtMost("lease_until", json!(now_ms))]);
    if mutant("claim-voided-page") {
        return unleased;
    }
    // A hint that comes twice must not use up the attempts of an order whose provider has just failed.
    let rested = Condition::Any(vec![
        Condition::Is("attempt", json!(0)),
        Condition::AtMost(DUE_AT, json!(now_ms + HINT_EARLY_MS)),
    ]);
    Condition::All(vec![
        Condition::Is("settled", json!(false)),
        Condition::Is("stopped", json!(false)),
        unleased,
        rested,
    ])
}

fn as_read(read: &OutboxRecord, now_ms: i64) -> Condition {
    Condition::All(vec![Condition::Is("attempt", json!(read.attempt)), free(now_ms)])
}

/// A name for this claim that no other has.
fn holder(engine: &Engine) -> String {
    format!("{:016x}{:016x}", engine.clock.random(), engine.clock.random())
}

/// A stopped order whose holder died with its lease would stay due for ever.
async fn sweep(engine: &Engine, place: &OrderPlace, row: Option<&OutboxRecord>) -> Result<(), EngineError> {
    let now_ms = engine.now().as_millisecond();
    let Some(row) = row.filter(|row| row.stopped && !row.settled && !row.is_leased(now_ms)) else {
        return Ok(());
    };
    match engine.table.write(&stop(place, row, now_ms)).await {
        Ok(_) | Err(TableError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Has somebody told something that no incident has ordered, together with other writes. Safe to repeat: the place of the
/// order derives from a cause, and the second time changes nothing but wakes `notify` again.
pub async fn tell(engine: &Engine, cause: &str, order: OrderRecord, with: Vec<Write>) -> Result<(), TransactError> {
    let work = order_alone(engine, cause, order, with).await?;
    if let Err(error) = engine.queue.send(QueueName::Pages, &[work.message()]).await {
        tracing::warn!(error = %Chain(&error), "committed, but nobody was told; the tick will find it");
    }
    Ok(())
}

/// Orders something that no incident has ordered, together with other writes, and wakes nobody. Safe to repeat.
pub async fn order_alone(
    engine: &Engine,
    cause: &str,
    order: OrderRecord,
    with: Vec<Write>,
) -> Result<Work, TransactError> {
    let place = OrderPlace::alone(cause);
    let due_pk = key::due_partition_alone(&engine.home, Role::Notify, cause);
    let record = OutboxRecord::alone(order, due_pk, engine.now().as_millisecond());
    let put = Write::put(key::outbox(&place, record.id()), with_ttl(engine, to_item(&record)), Condition::Absent);
    let writes: Vec<Write> = std::iter::once(put).chain(with).collect();
    match engine.transact_patiently(&writes).await {
        Ok(()) => {}
        // It has been ordered before; what was to be written with it was written then.
        Err(TransactError::Refused(refusals)) if refusals.iter().any(|refusal| refusal.place == 0) => {}
        Err(error) => return Err(error),
    }
    Ok(Work::of(&place, &record))
}

/// No incident holds an order that stands alone, so it is swept up some days after it has been sent, with its receipts.
fn with_ttl(engine: &Engine, mut row: Item) -> Item {
    row.insert("ttl".to_owned(), json!(commit::in_days(engine.now(), ALONE_DAYS)));
    row
}

/// Leaves a claimed order with the receipts of the attempt, stopped or not; refused if the lease has passed on. `false`: a
/// condition of `extra` did not hold, and nothing was written.
pub async fn settle(
    engine: &Engine,
    place: impl Into<OrderPlace>,
    claimed: &OutboxRecord,
    settlement: Settlement,
    receipts: &ReceiptsRecord,
    extra: impl IntoIterator<Item = Write>,
) -> Result<bool, EngineError> {
    let place = place.into();
    let (order, mut changes) = match settlement {
        Settlement::Done(order) => {
            (order, vec![Change::Set("settled", json!(true)), Change::Remove(DUE_PK), Change::Remove(DUE_AT)])
        }
        Settlement::Again(order, at) => (order, vec![Change::Set(DUE_AT, json!(at.as_millisecond()))]),
    };
    changes.push(Change::Set("order", serde_json::to_value(&order).map_err(unwritable)?));
    changes.push(Change::Remove("lease_until"));
    let settle =
        Write::update(key::outbox(&place, claimed.id()), changes, Condition::Is("attempt", json!(claimed.attempt)));
    let mut writes = vec![settle];
    if !receipts.receipts.is_empty() && !mutant("no-receipts") {
        let key = key::receipt(&place, claimed.id(), claimed.attempt);
        let row = match place {
            OrderPlace::Incident(_) => to_item(receipts),
            OrderPlace::Alone(_) => with_ttl(engine, to_item(receipts)),
        };
        writes.push(Write::put(key, row, Condition::Always));
    }
    writes.extend(extra);
    match engine.transact_patiently(&writes).await {
        Ok(()) => Ok(true),
        // Somebody else has claimed it since: theirs is the attempt that counts now.
        Err(TransactError::Refused(refusals)) => Ok(refusals.iter().any(|refusal| refusal.place == 0)),
        Err(error) => Err(error.into()),
    }
}

/// Marks an order as stopped. One that somebody holds at this instant may finish, and stays due until it has.
pub(crate) fn stop(place: &OrderPlace, record: &OutboxRecord, now_ms: i64) -> Write {
    let mut changes = vec![Change::Set("stopped", json!(true))];
    let condition = if record.is_leased(now_ms) {
        Condition::Present
    } else {
        changes.extend([Change::Set("settled", json!(true)), Change::Remove(DUE_PK), Change::Remove(DUE_AT)]);
        // If somebody has claimed it since it was read, the commit is decided again with the lease in sight.
        Condition::Is("attempt", json!(record.attempt))
    };
    Write::update(key::outbox(place, record.id()), changes, condition)
}

fn unwritable(source: serde_json::Error) -> EngineError {
    EngineError::Table(TableError::Invalid(Box::new(source)))
}
