//! The engine: everything a function needs to carry one input from the outside into the table.

use crate::limits::{KEYS_PER_READ_MAX, TRIES_MAX};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reveille_domain::{FrozenPlan, Ignored, Incident, IncidentId, Input, SignalState, Step, TestPage, advance, mutant};

use crate::commit::{self, Closing};
use crate::error::{Chain, EngineError};
use crate::key;
use crate::nudge::Nudge;
use crate::port::{Clock, Item, Key, Queue, QueueName, Table, TransactError, Write, within};
use crate::record::{FrozenPlanRecord, IncidentRecord, from_item};
use crate::repeats::Repeats;
use crate::retry;

/// Load, decide, commit, nudge.
#[derive(Clone)]
pub struct Engine {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) home: String,
}

/// An incident as somebody has just read it, strongly consistent: what an input is decided on first. If it has changed since, its
/// revision refuses the step, and it is read again.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The incident.
    pub incident: Incident,
    /// The plan frozen into it, if one is.
    pub frozen: Option<FrozenPlan>,
    /// What has been counted on it; `None`: nobody has looked.
    pub repeats: Option<Repeats>,
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// It is committed; the incident as it is now.
    Committed(Box<Incident>),
    /// It changes nothing; the incident as it is.
    Ignored(Ignored, Box<Incident>),
    /// The cause had been applied before.
    Duplicate,
    /// There is no such incident.
    Unknown,
}

impl Engine {
    /// An engine on these ports, for incidents of the region `home`.
    pub fn new(table: Arc<dyn Table>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>, home: impl Into<String>) -> Self {
        Self { table, queue, clock, home: home.into() }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What comes of some work; `None`: nothing within this time.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        within(self.clock.as_ref(), limit, work).await
    }

    /// The table, for what is read beside incidents.
    pub fn table(&self) -> &dyn Table {
        self.table.as_ref()
    }

    /// The region that this engine drives incidents of.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The incident as it is, strongly consistent.
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, EngineError> {
        let item = self.table.get(&key::state(id)).await?;
        Ok(item.as_ref().map(from_item::<IncidentRecord>).transpose()?.map(Incident::from))
    }

    /// Those of these incidents that are there, as they are. One that cannot be read, because another version has written it, is
    /// left out: who asks for several must not fail for all because of one.
    pub async fn incidents(&self, ids: &[IncidentId]) -> Result<Vec<Incident>, EngineError> {
        let keys: Vec<Key> = ids.iter().map(key::state).collect();
        Ok(self.read(&keys).await?.iter().filter_map(readable_incident).collect())
    }

    /// Carries one input into an incident. `cause` makes it count once, however often it comes.
    pub async fn apply(&self, id: &IncidentId, input: &Input, cause: Option<&str>) -> Result<Applied, EngineError> {
        match self.see(id, may_close(input)).await? {
            Some(seen) => self.apply_to(seen, input, cause).await,
            None => Ok(Applied::Unknown),
        }
    }

    /// The same where the incident has just been read.
    pub async fn apply_to(&self, seen: Seen, input: &Input, cause: Option<&str>) -> Result<Applied, EngineError> {
        Ok(self.apply_writing(seen, input, cause).await?.0)
    }

    /// The same, answering also with what was written.
    pub(crate) async fn apply_writing(
        &self,
        seen: Seen,
        input: &Input,
        cause: Option<&str>,
    ) -> Result<(Applied, Vec<Write>), EngineError> {
        let id = &seen.incident.opening.id.clone();
        let mut seen = Some(seen);
        let mut tries = 0;
        loop {
            let now = self.now();
            let looked = match seen.take() {
                Some(seen) => Some(seen),
                None => self.see(id, may_close(input)).await?,
            };
            let Some(Seen { incident, frozen, repeats }) = looked else { return Ok((Applied::Unknown, Vec::new())) };
            let frozen = frozen.filter(|_| !mutant("plan-not-frozen"));
            let world = self.world(&incident, frozen, input, now).await?;
            let closing = self.closing(&incident, input, repeats).await?;
            let input = with_newest_repeat(input, closing.as_ref());
            let step = match advance(Some(&incident), &input, &world, now) {
                Ok(step) => step,
                Err(ignored) => return Ok((Applied::Ignored(ignored, Box::new(incident)), Vec::new())),
            };
            match self.commit(Some(&incident), &step, closing.as_ref(), cause).await {
                Ok(written) => {
                    self.pass_turns_of(&step, &world).await;
                    return Ok((Applied::Committed(Box::new(step.next)), written));
                }
                Err(TransactError::Refused(refusals)) => {
                    if cause.is_some() && refusals.iter().any(|refusal| refusal.place == commit::CAUSE_PLACE) {
                        return Ok((Applied::Duplicate, Vec::new()));
                    }
                }
                Err(error) if retry::worth_repeating(&error) => {}
                Err(error) => return Err(error.into()),
            }
            tries += 1;
            if tries >= TRIES_MAX {
                return Err(EngineError::Contended(id.clone()));
            }
            retry::wait(self.clock.as_ref(), tries).await;
        }
    }

    /// Tells `respond` to look at an incident.
    pub async fn nudge(&self, id: &IncidentId) -> Result<(), EngineError> {
        Ok(self.queue.send(QueueName::Nudges, &[Nudge::now(id).message(self.now())]).await?)
    }

    /// Tells `respond` to hand on after a while what waits until then.
    pub async fn nudge_in(&self, id: &IncidentId, delay_s: u32) -> Result<(), EngineError> {
        Ok(self.queue.send(QueueName::Nudges, &[Nudge::for_orders(id).message_in(delay_s)]).await?)
    }

    /// Reads rows in batches, in no order.
    pub(crate) async fn read(&self, keys: &[Key]) -> Result<Vec<Item>, EngineError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(KEYS_PER_READ_MAX) {
            items.extend(self.table.get_many(batch).await?);
        }
        Ok(items)
    }

    /// The incident and the plan frozen into it, and what has been counted on it where that is wanted.
    pub(crate) async fn see(&self, id: &IncidentId, counted: bool) -> Result<Option<Seen>, EngineError> {
        let mut keys = vec![key::state(id), key::frozen_plan(id)];
        keys.extend(counted.then(|| key::counts(id)).into_iter().flatten());
        let (mut state, mut plan, mut counters) = (None, None, Vec::new());
        for item in self.read(&keys).await? {
            match sort_key(&item) {
                "STATE" => state = Some(Incident::from(from_item::<IncidentRecord>(&item)?)),
                "PLAN" => plan = Some(FrozenPlan::from(from_item::<FrozenPlanRecord>(&item)?)),
                _ => counters.push(item),
            }
        }
        let repeats = counted.then(|| Repeats::from_counters(counters));
        Ok(state.map(|incident| Seen { incident, frozen: plan, repeats }))
    }

    /// An input that can close the incident has to see, and seal, what has been counted on it.
    async fn closing(
        &self,
        incident: &Incident,
        input: &Input,
        counted: Option<Repeats>,
    ) -> Result<Option<Closing>, EngineError> {
        // A test holds no dedupe key, and nothing is counted on it.
        let can_close = incident.is_open() && TestPage::of(&incident.opening).is_none() && may_close(input);
        if !can_close {
            return Ok(None);
        }
        let repeats = match counted {
            Some(repeats) => repeats,
            None => Repeats::read(self, &incident.opening.id).await?,
        };
        let signal_at = if let Input::Signal { signal, .. } = input { Some(signal.occurred_at) } else { None };
        Ok(Some(Closing { repeats, signal_at }))
    }
}

/// Whether an input can close an incident.
fn may_close(input: &Input) -> bool {
    match input {
        Input::Signal { signal, .. } => matches!(signal.state, SignalState::Recovered | SignalState::Removed),
        Input::Resolve { .. } => true,
        Input::Open(_)
        | Input::Begin
        | Input::DeadlineReached { .. }
        | Input::Acknowledge { .. }
        | Input::Snooze { .. }
        | Input::Escalate { .. }
        | Input::Engage { .. }
        | Input::Reassign { .. }
        | Input::Note { .. }
        | Input::StartRunbook { .. }
        | Input::Undelivered { .. }
        | Input::RunbookEnded { .. } => false,
    }
}

/// The domain decides whether a recovery is late; it has to know the newest firing for that.
fn with_newest_repeat(input: &Input, closing: Option<&Closing>) -> Input {
    match (input, closing) {
        (Input::Signal { signal, .. }, Some(closing)) if !mutant("late-recovery-closes") => {
            Input::Signal { signal: signal.clone(), newest_repeat: closing.repeats.newest() }
        }
        _ => input.clone(),
    }
}

/// The sort key of a stored row.
pub(crate) fn sort_key(item: &Item) -> &str {
    item.get("sk").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// The partition key of a stored row.
pub(crate) fn partition_key(item: &Item) -> &str {
    item.get("pk").and_then(serde_json::Value::as_str).unwrap_or_default()
}

impl Engine {
    async fn commit(
        &self,
        before: Option<&Incident>,
        step: &Step,
        closing: Option<&Closing>,
        cause: Option<&str>,
    ) -> Result<Vec<Write>, TransactError> {
        let stops = commit::Stops::find(self, before, step).await?;
        let writes = commit::writes(&self.home, before, step, &stops, closing, cause, self.now());
        self.table.transact(&writes).await?;
        stops.mark_rest(self).await;
        Ok(writes)
    }
}

/// The incident of a row; `None`: it cannot be read, because another version has written it, and the log says so.
pub(crate) fn readable_incident(item: &Item) -> Option<Incident> {
    match from_item::<IncidentRecord>(item) {
        Ok(record) => Some(Incident::from(record)),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "an incident cannot be read and is left out");
            None
        }
    }
}
