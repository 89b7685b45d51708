//! Repeats of a signal while its incident is open: counted beside the incident, so that a storm never takes its revision.
//!
//! A counter that is sealed takes no more repeats. Closing an incident seals all of its counters on the condition that
//! they are as they were read: a repeat and a closing cannot miss each other, and the alarm that fires again in the very
//! moment of the recovery opens a new incident instead of being counted on a dead one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::IncidentId;
use serde_json::{Value, json};

use crate::engine::{Engine, partition_key};
use crate::error::EngineError;
use crate::key;
use crate::port::{Change, Condition, Item, Key, Refusal, TransactError, Write};

const COUNT: &str = "count";
const NEWEST: &str = "newest";
const SEALED: &str = "sealed";

/// What has been counted on an incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repeats {
    counters: BTreeMap<String, Item>,
}

/// What became of a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is counted.
    Yes,
    /// It had been counted before.
    Duplicate,
    /// The incident has closed in the meantime.
    Sealed,
}

impl Repeats {
    /// Reads the counters of an incident.
    pub async fn read(engine: &Engine, id: &IncidentId) -> Result<Self, EngineError> {
        Ok(Self::from_counters(engine.read(&key::counts(id)).await?))
    }

    /// What the rows of an incident's counters say.
    pub fn from_counters(rows: Vec<Item>) -> Self {
        Self { counters: rows.into_iter().map(|item| (partition_key(&item).to_owned(), item)).collect() }
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counters.values().filter_map(|item| item.get(COUNT)?.as_u64()).sum()
    }

    /// When the newest of them occurred.
    pub fn newest(&self) -> Option<Timestamp> {
        let newest_ms = self.counters.values().filter_map(|item| item.get(NEWEST)?.as_i64()).max()?;
        Timestamp::from_millisecond(newest_ms).ok()
    }

    /// Seals every counter, on the condition that none has moved since it was read.
    pub(crate) fn seal(&self, id: &IncidentId, ttl: i64) -> Vec<Write> {
        let seal = |key: Key| {
            let condition = match self.counters.get(&key.pk).and_then(|item| item.get(COUNT)) {
                None => Condition::Missing(COUNT),
                Some(count) => Condition::Is(COUNT, count.clone()),
            };
            Write::update(key, vec![Change::Set(SEALED, json!(true)), Change::Set("ttl", json!(ttl))], condition)
        };
        key::counts(id).into_iter().map(seal).collect()
    }
}

/// Adds to a counter of an open incident.
pub(crate) struct Addition<'a> {
    /// The incident.
    pub(crate) id: &'a IncidentId,
    /// The cause that chooses the counter.
    pub(crate) cause: &'a str,
    /// How many repeats.
    pub(crate) count: i64,
    /// When the newest of them occurred.
    pub(crate) newest: Timestamp,
}

impl Addition<'_> {
    fn counter(&self) -> Key {
        key::count(self.id, key::count_shard(self.cause))
    }

    /// Refused where something newer has been counted there.
    pub(crate) fn as_newest(&self) -> Write {
        let occurred_ms = json!(self.newest.as_millisecond());
        let newer = Condition::Any(vec![Condition::Missing(NEWEST), Condition::AtMost(NEWEST, occurred_ms.clone())]);
        let changes = vec![Change::Add(COUNT, self.count), Change::Set(NEWEST, occurred_ms)];
        Write::update(self.counter(), changes, Condition::All(vec![Condition::Missing(SEALED), newer]))
    }

    /// Something newer has been counted already: it only adds to the number.
    pub(crate) fn as_older(&self) -> Write {
        Write::update(self.counter(), vec![Change::Add(COUNT, self.count)], Condition::Missing(SEALED))
    }
}

/// Counts one repeat: once for its cause, and only while the incident is open.
pub(crate) async fn count(
    engine: &Engine,
    addition: &Addition<'_>,
    cause_write: Write,
) -> Result<Counted, EngineError> {
    for add in [addition.as_newest(), addition.as_older()] {
        match engine.transact_patiently(&[cause_write.clone(), add]).await {
            Ok(()) => return Ok(Counted::Yes),
            Err(TransactError::Refused(refusals)) => match refused(&refusals) {
                Some(counted) => return Ok(counted),
                None => continue,
            },
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Counted::Sealed)
}

fn refused(refusals: &[Refusal]) -> Option<Counted> {
    if refusals.iter().any(|refusal| refusal.place == 0) {
        return Some(Counted::Duplicate);
    }
    refusals.iter().any(is_sealed).then_some(Counted::Sealed)
}

/// Whether it is refused because the incident has closed.
pub(crate) fn is_sealed(refusal: &Refusal) -> bool {
    refusal.row.as_ref().and_then(|row| row.get(SEALED)) == Some(&Value::Bool(true))
}
