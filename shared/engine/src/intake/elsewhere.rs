//! One alarm under several response plans: rules that were changed while its incident was open, or URLs that name different plans,
//! let it open another. Its recovery is one fact and ends all of them, wherever the rules of that moment lead.
//!
//! The row that says where a signal's own key has opened an incident (`ORIGIN`) remembers those that it opened before under other
//! keys, as far as they are open. It is read with the settings anyway, so that nothing of this costs a request in the plain case.

use std::collections::BTreeSet;

use reveille_domain::{IncidentId, SignalState};
use serde_json::{Value, json};

use super::{Course, Holder, Intake, Taken};
use crate::engine::partition_key;
use crate::error::EngineError;
use crate::limits::OPEN_ELSEWHERE_MAX;
use crate::port::{Condition, Item, Key, Write};

/// What is known of the incidents that a signal's own key has opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// The newest; an earlier version has not written down which incident it was.
    newest: Option<(Key, Option<IncidentId>)>,
    /// Those before, under other dedupe keys.
    before: Vec<(Key, IncidentId)>,
}

impl Origin {
    pub(super) fn of(row: Option<&Item>) -> Self {
        let entry = |value: &Value| {
            let dedupe_row = Key::new(value.get("dedupe_pk")?.as_str()?, "DEDUPE");
            Some((dedupe_row, value.get("incident").and_then(Value::as_str).map(IncidentId::new)))
        };
        let newest = row.and_then(|row| entry(&Value::from(row.clone())));
        let before = row.and_then(|row| row.get("before")?.as_array()).into_iter().flatten();
        let before = before.filter_map(|value| entry(value).and_then(|(key, incident)| Some((key, incident?))));
        Self { newest, before: before.collect() }
    }

    /// Where the newest one stands.
    pub(super) fn dedupe_row(&self) -> Option<&Key> {
        self.newest.as_ref().map(|(key, _)| key)
    }

    /// Everything that it knows of but what stands under this key, the oldest first.
    pub(super) fn besides(&self, dedupe_row: &Key) -> Vec<(Key, IncidentId)> {
        let newest = self.newest.iter().filter_map(|(key, incident)| Some((key.clone(), incident.clone()?)));
        self.before.iter().cloned().chain(newest).filter(|(key, _)| key != dedupe_row).collect()
    }

    /// The row is as it was read.
    fn unchanged(&self) -> Condition {
        match &self.newest {
            None => Condition::Absent,
            Some((key, None)) => Condition::Is("dedupe_pk", json!(key.pk)),
            Some((_, Some(incident))) => Condition::Is("incident", json!(incident.as_str())),
        }
    }
}

impl Course<'_> {
    /// Writes down where this signal's own key opens an incident now, and which others are open.
    pub(super) fn origin_write(&self, id: &IncidentId, origin: &Origin, elsewhere: &[(Key, IncidentId)]) -> Write {
        let mut item = Item::from_iter([
            ("dedupe_pk".to_owned(), json!(self.dedupe_row.pk)),
            ("incident".to_owned(), json!(id.as_str())),
        ]);
        let forgotten = elsewhere.len().saturating_sub(OPEN_ELSEWHERE_MAX);
        let kept = elsewhere.iter().skip(forgotten);
        let before: Vec<Value> =
            kept.map(|(key, incident)| json!({ "dedupe_pk": key.pk, "incident": incident.as_str() })).collect();
        if !before.is_empty() {
            item.insert("before".to_owned(), Value::Array(before));
        }
        Write::put(self.origin_row.clone(), item, origin.unchanged())
    }
}

impl Intake {
    /// The incidents that this signal's own key has opened under other dedupe keys, and that are open.
    pub(super) async fn open_elsewhere(
        &self,
        course: &Course<'_>,
        origin: &Origin,
    ) -> Result<Vec<(Key, IncidentId)>, EngineError> {
        let known = origin.besides(&course.dedupe_row);
        if known.is_empty() {
            return Ok(known);
        }
        let keys: BTreeSet<Key> = known.iter().map(|(key, _)| key.clone()).collect();
        let rows = self.engine.read(&Vec::from_iter(keys)).await?;
        let holds = |key: &Key, incident: &IncidentId| {
            let row = rows.iter().find(|row| partition_key(row) == key.pk);
            Holder::of(row).incident.as_ref() == Some(incident)
        };
        Ok(known.into_iter().filter(|(key, incident)| holds(key, incident)).collect())
    }

    /// What became of a signal, after the incidents elsewhere have heard it too if it says that all is well. Safe to repeat: for
    /// each incident it counts once.
    pub(super) async fn with_elsewhere(
        &self,
        course: &Course<'_>,
        origin: &Origin,
        taken: Taken,
    ) -> Result<Taken, EngineError> {
        if !matches!(course.received.signal.state, SignalState::Recovered | SignalState::Removed) {
            return Ok(taken);
        }
        let mut taken = taken;
        for (_, id) in self.open_elsewhere(course, origin).await? {
            let there = self.apply(course, &id, &format!("{} {id}", course.cause)).await?;
            if matches!(taken, Taken::Nothing(_)) {
                taken = there;
            }
        }
        Ok(taken)
    }
}
