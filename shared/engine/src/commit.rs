//! One step as one transaction: state, plan, events, orders, dedupe, cause; all of it or nothing.

use crate::limits::{ACTIONS_PER_TRANSACTION_MAX, STOPS_PER_COMMIT_MAX, TRIES_MAX};
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Incident, OutboxId, Status, Step, TestPage, mutant};
use serde_json::json;

use crate::engine::Engine;
use crate::key::{self, DUE_AT, DUE_PK, LIST_PK, LIST_SK, Role};
use crate::order_place::OrderPlace;
use crate::outbox;
use crate::port::{Change, Condition, Item, TransactError, Write};
use crate::record::{EventRecord, EventsRecord, FrozenPlanRecord, IncidentRecord, OutboxRecord, to_item};
use crate::repeats::Repeats;
use crate::retry;

/// Where the cause stands in a transaction that has one: first, so that its refusal is told apart.
pub(crate) const CAUSE_PLACE: usize = 0;

/// SNS retries for 23 days and a dead-letter queue keeps for 14 more: a cause must be remembered longer than both.
const CAUSE_DAYS: i64 = 45;

/// Nobody looks at a synthetic incident of the day before, and there are hundreds a day.
const SYNTHETIC_DAYS: i64 = 1;

/// What closing an incident has to see and to seal.
pub(crate) struct Closing {
    pub(crate) repeats: Repeats,
    /// When the signal that closes it occurred; `None`: a person closes it.
    pub(crate) signal_at: Option<Timestamp>,
}

/// Unsettled orders of engagements that a step ends.
pub(crate) struct Stops {
    now: Vec<Write>,
    rest: Vec<Write>,
}

impl Stops {
    /// For steps that end nothing.
    pub(crate) fn none() -> Self {
        Self { now: Vec::new(), rest: Vec::new() }
    }

    /// Looks for the orders that the step overtakes. Orders that arrive later come with a revision, which refuses the commit;
    /// those are left out, since the first of them has the key that this step's first order would have, and the table takes
    /// no transaction with one row twice.
    pub(crate) async fn find(engine: &Engine, before: Option<&Incident>, step: &Step) -> Result<Self, TransactError> {
        let resolves = before.is_some_and(Incident::is_open) && !step.next.is_open();
        if step.stopped.is_empty() && !resolves || mutant("orders-not-stopped") {
            return Ok(Self { now: Vec::new(), rest: Vec::new() });
        }
        let id = &step.next.opening.id;
        let unsettled = outbox::unsettled(engine, id).await.map_err(|_| crate::port::TableError::Conflict)?;
        let known = unsettled.iter().filter(|record| record.id().revision < step.next.revision);
        let overtaken = known.filter(|record| !record.stopped && record.is_overtaken(&step.next));
        let now_ms = engine.now().as_millisecond();
        let mut now: Vec<Write> = overtaken.map(|record| outbox::stop(&id.into(), record, now_ms)).collect();
        let rest = now.split_off(now.len().min(STOPS_PER_COMMIT_MAX));
        Ok(Self { now, rest })
    }

    /// Marks what did not fit. Until it is marked, `notify` finds the end in the incident's own row before it sends.
    pub(crate) async fn mark_rest(&self, engine: &Engine) {
        for write in &self.rest {
            if let Err(error) = engine.table.write(write).await {
                tracing::warn!(error = %crate::Chain(&error), "a stopped order could not be marked; its claim will see to it");
            }
        }
    }
}

/// The transaction of a step.
pub(crate) fn writes(
    home: &str,
    before: Option<&Incident>,
    step: &Step,
    stops: &Stops,
    closing: Option<&Closing>,
    cause: Option<&str>,
    now: Timestamp,
) -> Vec<Write> {
    let id = &step.next.opening.id;
    let mut writes: Vec<Write> = Vec::new();
    writes.extend(cause.map(|text| cause_write(text, now)));
    writes.push(state_write(home, before, &step.next));
    writes.push(Write::put(
        key::events(id, step.next.revision),
        to_item(&EventsRecord {
            rev: step.next.revision,
            events: step.timeline.iter().map(EventRecord::from).collect(),
        }),
        if mutant("no-revision-check") { Condition::Always } else { Condition::Absent },
    ));
    // A responder who is added later may bring an escalation plan along. The incident's revision guards this row, too.
    writes.extend(
        step.froze
            .as_ref()
            .map(|plan| Write::put(key::frozen_plan(id), to_item(&FrozenPlanRecord::from(plan)), Condition::Always)),
    );
    writes.extend(stops.now.iter().cloned());
    if let (Status::Resolved(_), Some(closing)) = (&step.next.status, closing) {
        writes.extend(closing_writes(&step.next, closing, now));
    }
    let room = ACTIONS_PER_TRANSACTION_MAX.saturating_sub(writes.len());
    let orders = Orders { home, step, now, wanted_at: wanted_at(before, now) };
    writes.extend(orders.writes(room));
    kept_as_long_as_its_kind(&step.next, writes, now)
}

/// Whatever is put down for a synthetic incident is swept up; the rest stays.
pub(crate) fn kept_as_long_as_its_kind(incident: &Incident, writes: Vec<Write>, now: Timestamp) -> Vec<Write> {
    match synthetic_until(incident, now) {
        Some(until) => writes.into_iter().map(|write| write.kept_until(until)).collect(),
        None => writes,
    }
}

/// Until when what is put down for an incident is kept, if it is a synthetic one.
pub fn synthetic_until(incident: &Incident, now: Timestamp) -> Option<i64> {
    let test = TestPage::of(&incident.opening)?;
    test.is_synthetic().then(|| in_days(now, SYNTHETIC_DAYS))
}

/// Remembers a cause; refused if it is known.
pub(crate) fn cause_write(cause: &str, now: Timestamp) -> Write {
    Write::put(
        key::cause(cause),
        Item::from_iter([("ttl".to_owned(), json!(in_days(now, CAUSE_DAYS)))]),
        if mutant("no-cause-row") { Condition::Always } else { Condition::Absent },
    )
}

/// The deadline that a step has come for, if it has come for one: what it orders was to leave then, and not when we got to it.
fn wanted_at(before: Option<&Incident>, now: Timestamp) -> Timestamp {
    before.and_then(Incident::due).filter(|due| *due < now).unwrap_or(now)
}

/// The orders of a step.
struct Orders<'s> {
    home: &'s str,
    step: &'s Step,
    now: Timestamp,
    wanted_at: Timestamp,
}

impl Orders<'_> {
    /// Their rows. An order with slow senders and others becomes two rows while there is room; without, it stays one, which sends on
    /// all its channels at once all the same.
    fn writes(&self, room: usize) -> Vec<Write> {
        let Self { home, step, now, wanted_at } = self;
        let id = &step.next.opening.id;
        let revision = step.next.revision;
        let place = OrderPlace::from(id);
        let mut halves = room.saturating_sub(step.effects.len());
        let mut writes = Vec::with_capacity(step.effects.len());
        for (effect, number) in step.effects.iter().zip(0..) {
            let due_pk = key::due_partition(home, outbox::role(effect), id);
            let mut record = OutboxRecord::new(OutboxId { revision, number }, effect, due_pk, now.as_millisecond());
            record.wanted_at = Some(wanted_at.as_millisecond());
            let slow = if halves > 0 { record.part_slow() } else { None };
            halves -= usize::from(slow.is_some());
            for record in std::iter::once(record).chain(slow) {
                let new = if mutant("no-revision-check") { Condition::Always } else { Condition::Absent };
                writes.push(Write::put(key::outbox(&place, record.id()), to_item(&record), new));
            }
        }
        writes
    }
}

fn state_write(home: &str, before: Option<&Incident>, next: &Incident) -> Write {
    let id = &next.opening.id;
    let mut item = to_item(&IncidentRecord::new(next, home));
    item.insert("type".to_owned(), json!("incident"));
    item.insert("v".to_owned(), json!(1));
    // Whoever looks for incidents does not look for tests, and nobody at all for one that no person has asked for.
    let list = match TestPage::of(&next.opening) {
        None => Some(key::list_partition(next.is_open(), id)),
        Some(test) => (!test.is_synthetic()).then(key::test_partition),
    };
    if let Some(list) = list {
        item.insert(LIST_PK.to_owned(), json!(list));
        item.insert(LIST_SK.to_owned(), json!(format!("{}#{id}", next.opened_at)));
    }
    if let Some(due) = next.due() {
        item.insert(DUE_PK.to_owned(), json!(key::due_partition(home, Role::Respond, id)));
        item.insert(DUE_AT.to_owned(), json!(due.as_millisecond()));
    }
    let condition = before.map_or(Condition::Absent, |before| Condition::Is("rev", json!(before.revision)));
    let condition = if mutant("no-revision-check") { Condition::Always } else { condition };
    Write::put(key::state(id), item, condition)
}

/// Gives the dedupe key back, leaving the newest event time on it, and seals the counters.
fn closing_writes(next: &Incident, closing: &Closing, now: Timestamp) -> Vec<Write> {
    let opening = &next.opening;
    let newest = [Some(opening.occurred_at), closing.repeats.newest(), closing.signal_at].into_iter().flatten().max();
    let newest_ms = newest.unwrap_or(opening.occurred_at).as_millisecond();
    let ttl = in_days(now, CAUSE_DAYS);
    let release = Write::update(
        key::dedupe(&opening.response_plan, &opening.dedupe_key),
        vec![Change::Remove("incident"), Change::Set("newest", json!(newest_ms)), Change::Set("ttl", json!(ttl))],
        Condition::Is("incident", json!(opening.id.as_str())),
    );
    let mut writes = if mutant("key-not-given-back") { Vec::new() } else { vec![release] };
    writes.extend(closing.repeats.seal(&opening.id, ttl).into_iter().filter(|_| !mutant("counters-not-sealed")));
    writes
}

/// Seconds since the epoch, as DynamoDB's time to live wants them.
pub(crate) fn in_days(now: Timestamp, days: i64) -> i64 {
    now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX).as_second()
}

impl Engine {
    /// A transaction, tried again while other transactions are in its way.
    pub async fn transact_patiently(&self, writes: &[Write]) -> Result<(), TransactError> {
        let mut tries = 0;
        loop {
            match self.table.transact(writes).await {
                Err(error) if retry::worth_repeating(&error) && tries + 1 < TRIES_MAX => {
                    tries += 1;
                    retry::wait(self.clock.as_ref(), tries).await;
                }
                outcome => return outcome,
            }
        }
    }
}
