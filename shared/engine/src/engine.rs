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
use crate::port::{Clock, Item, Key, Queue, QueueName, Table, TransactError, within};
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
        let mut incidents = Vec::with_capacity(keys.len());
        for item in self.read(&keys).await? {
            match from_item::<IncidentRecord>(&item) {
                Ok(record) => incidents.push(Incident::from(record)),
                Err(error) => tracing::error!(error = %Chain(&error), "an incident cannot be read and is left out"),
            }
        }
        Ok(incidents)
    }

    /// Carries one input into an incident. `cause` makes it count once, however often it comes.
    pub async fn apply(&self, id: &IncidentId, input: &Input, cause: Option<&str>) -> Result<Applied, EngineError> {
        let mut tries = 0;
        loop {
            let now = self.now();
            let Some((incident, frozen)) = self.load(id).await? else {
                return Ok(Applied::Unknown);
            };
            let frozen = frozen.filter(|_| !mutant("plan-not-frozen"));
            let world = self.world(&incident, frozen, input, now).await?;
            let closing = self.closing(&incident, input).await?;
            let input = with_newest_repeat(input, closing.as_ref());
            let step = match advance(Some(&incident), &input, &world, now) {
                Ok(step) => step,
                Err(ignored) => return Ok(Applied::Ignored(ignored, Box::new(incident))),
            };
            match self.commit(Some(&incident), &step, closing.as_ref(), cause).await {
                Ok(()) => {
                    self.pass_turns(&step, &world).await;
                    return Ok(Applied::Committed(Box::new(step.next)));
                }
                Err(TransactError::Refused(refusals)) => {
                    if cause.is_some() && refusals.iter().any(|refusal| refusal.place == commit::CAUSE_PLACE) {
                        return Ok(Applied::Duplicate);
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

    /// Tells `respond` to look at an incident after a while.
    pub async fn nudge_in(&self, id: &IncidentId, delay_s: u32) -> Result<(), EngineError> {
        Ok(self.queue.send(QueueName::Nudges, &[Nudge::now(id).message_in(delay_s)]).await?)
    }

    /// Reads rows in batches, in no order.
    pub(crate) async fn read(&self, keys: &[Key]) -> Result<Vec<Item>, EngineError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(KEYS_PER_READ_MAX) {
            items.extend(self.table.get_many(batch).await?);
        }
        Ok(items)
    }

    /// The incident and the plan frozen into it.
    pub(crate) async fn load(&self, id: &IncidentId) -> Result<Option<(Incident, Option<FrozenPlan>)>, EngineError> {
        let items = self.read(&[key::state(id), key::frozen_plan(id)]).await?;
        let (mut state, mut plan) = (None, None);
        for item in &items {
            match sort_key(item) {
                "STATE" => state = Some(Incident::from(from_item::<IncidentRecord>(item)?)),
                _ => plan = Some(FrozenPlan::from(from_item::<FrozenPlanRecord>(item)?)),
            }
        }
        Ok(state.map(|incident| (incident, plan)))
    }

    /// An input that can close the incident has to see, and seal, what has been counted on it.
    async fn closing(&self, incident: &Incident, input: &Input) -> Result<Option<Closing>, EngineError> {
        // A test holds no dedupe key, and nothing is counted on it.
        let can_close = incident.is_open()
            && TestPage::of(&incident.opening).is_none()
            && match input {
                Input::Signal { signal, .. } => {
                    matches!(signal.state, SignalState::Recovered | SignalState::Removed)
                }
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
            };
        if !can_close {
            return Ok(None);
        }
        let repeats = Repeats::read(self, &incident.opening.id).await?;
        let signal_at = if let Input::Signal { signal, .. } = input { Some(signal.occurred_at) } else { None };
        Ok(Some(Closing { repeats, signal_at }))
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
    ) -> Result<(), TransactError> {
        let stops = commit::Stops::find(self, before, step).await?;
        let writes = commit::writes(&self.home, before, step, &stops, closing, cause, self.now());
        self.table.transact(&writes).await?;
        stops.mark_rest(self).await;
        Ok(())
    }
}
