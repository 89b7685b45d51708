//! From signals to incidents: opens, counts, recovers. What ends a whole for its parts stands in `intake/parts.rs`, and what ends an
//! alarm that is open under several plans in `intake/elsewhere.rs`; many signals at once are folded in `intake/fold.rs`.
//!
//! A new alarm costs three requests (one read, one transaction, one nudge), a repeat two. The settings are read together with
//! the dedupe row that the settings *of last time* point to: if they have not changed in between, which is nearly always,
//! one read has said everything, and it was never stale.

mod course;
mod elsewhere;
mod fold;
mod parts;
mod raw;
mod settings;

use crate::limits::TRIES_MAX;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use reveille_domain::{IncidentId, Input, ResponsePlanName, Signal, SignalState, World, advance, mutant};

use crate::commit;
use crate::engine::{Applied, Engine, partition_key};
use crate::error::EngineError;
use crate::key;
use crate::port::{Item, Key, TableError, TransactError, Write};
use crate::record::{SettingsRecord, from_item};
use crate::repeats::{self, Addition, Counted};
use crate::retry;
use course::{Course, Holder, scoped};
use elsewhere::Origin;
pub use raw::Raw;
pub use settings::Settings;

/// What becomes of a signal that tells nothing.
const IGNORED: Taken = Taken::Nothing("the signal says that nothing is wrong");
/// What becomes of one that is late.
const OVER: Taken = Taken::Nothing("it is older than what is known to be over");

/// Takes signals in.
pub struct Intake {
    engine: Engine,
    settings: RwLock<Option<Arc<Settings>>>,
}

/// A signal with what it was read from.
pub struct Received<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// The text it was read from.
    pub raw: &'a Raw<'a>,
    /// The name of the webhook it came through; empty for AWS sources. Keys of different webhooks never meet.
    pub scope: &'a str,
    /// The hash of the key that let it in, for events over HTTP. It is held against the settings that are read with the
    /// signal, so that a key that was withdrawn a moment ago opens nothing, and looking costs no request of its own.
    pub key_hash: Option<&'a str>,
    /// The plan that the URL names.
    pub named_in_url: Option<ResponsePlanName>,
    /// Whether it is the alarm by which the installation tests itself: it opens a synthetic incident, whatever the rules say.
    pub is_synthetic: bool,
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It opened this incident.
    Opened(IncidentId),
    /// It is one more of an open incident.
    Repeated(IncidentId),
    /// It changed an open incident, or is recorded on it.
    Applied(IncidentId),
    /// It had been taken in before.
    Duplicate(IncidentId),
    /// There is nothing to do about it, and why.
    Nothing(&'static str),
    /// The key that let it in has been withdrawn.
    KeyWithdrawn,
}

impl Intake {
    /// An intake that has read nothing yet.
    pub fn new(engine: Engine) -> Self {
        Self { engine, settings: RwLock::new(None) }
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads the settings. Worth doing at start, where waiting costs nothing: the first signal then needs one request less.
    pub async fn read_settings(&self) -> Result<Arc<Settings>, EngineError> {
        let row = self.engine.table.get(&key::settings()).await?;
        Ok(self.remember(row.as_ref()))
    }

    /// The settings as read last, reading them if they never were.
    pub async fn settings(&self) -> Result<Arc<Settings>, EngineError> {
        match self.remembered() {
            Some(settings) => Ok(settings),
            None => self.read_settings().await,
        }
    }

    /// Takes one signal in. Safe to repeat: its cause counts once.
    pub async fn take(&self, received: &Received<'_>) -> Result<Taken, EngineError> {
        if matches!(received.signal.state, SignalState::Ignored(_)) {
            return Ok(IGNORED);
        }
        for tries in 1..=TRIES_MAX {
            let Some((course, holder, origin)) = self.read_for(received).await? else {
                return Ok(Taken::KeyWithdrawn);
            };
            let taken = match received.signal.state {
                SignalState::Firing => self.fire(&course, &holder, &origin).await?,
                SignalState::Recovered
                | SignalState::Removed
                | SignalState::Acknowledged
                | SignalState::Noted(_)
                | SignalState::Ignored(_) => self.tell(&course, &holder, &origin).await?,
            };
            if let Some(taken) = taken {
                let taken = self.with_elsewhere(&course, &origin, taken).await?;
                return self.with_parts(&course, taken).await;
            }
            retry::wait(self.engine.clock.as_ref(), tries).await;
        }
        Err(EngineError::Table(TableError::Conflict))
    }

    /// One read for everything: the settings, who holds the key, and where the signal's own key leads. `None`: the settings
    /// do not let it in.
    async fn read_for<'a>(
        &self,
        received: &'a Received<'a>,
    ) -> Result<Option<(Course<'a>, Holder, Origin)>, EngineError> {
        let guess = self.settings().await?;
        let mut course = Course::of(received, &guess, self.engine.now());
        let items = self.engine.read(&[key::settings(), course.dedupe_row.clone(), course.origin_row.clone()]).await?;
        let row = |key: &Key| items.iter().find(|item| partition_key(item) == key.pk);
        let settings = self.remember(row(&key::settings()));
        if !settings.admits(received) {
            return Ok(None);
        }
        let mut holder = Holder::of(row(&course.dedupe_row));
        if settings.record.as_ref().map(|record| record.rev) != guess.record.as_ref().map(|record| record.rev) {
            course = Course::of(received, &settings, self.engine.now());
            holder = Holder::of(self.engine.table.get(&course.dedupe_row).await?.as_ref());
        }
        course.arrive_after(&holder);
        let origin = Origin::of(row(&course.origin_row));
        Ok(Some((course, holder, origin)))
    }

    /// A firing signal: counted if its incident is open, else it opens one. `None`: look again.
    async fn fire(&self, course: &Course<'_>, holder: &Holder, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let signal = course.received.signal;
        if let Some(id) = holder.incident.as_ref().filter(|_| !mutant("two-for-a-key")) {
            let cause = commit::cause_write(&course.cause, self.engine.now());
            let addition = Addition { id, cause: &course.cause, count: 1, newest: course.occurred_at };
            return match repeats::count(&self.engine, &addition, cause).await? {
                Counted::Yes => Ok(Some(Taken::Repeated(id.clone()))),
                Counted::Duplicate => self.nudged(Taken::Duplicate(id.clone()), id).await,
                Counted::Sealed => Ok(None),
            };
        }
        if course.is_over(holder) {
            tracing::info!(source = signal.source.name(), "a signal is older than the end of its incident");
            return Ok(Some(OVER));
        }
        self.open(course, origin).await
    }

    async fn open(&self, course: &Course<'_>, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let elsewhere = self.open_elsewhere(course, origin).await?;
        let Some((writes, taken_places)) = self.opening_writes(course, origin, &elsewhere) else {
            return Ok(Some(Taken::Nothing("it opens nothing")));
        };
        let id = course.incident();
        match self.engine.transact_patiently(&writes).await {
            Ok(()) => self.nudged(Taken::Opened(id.clone()), &id).await,
            Err(TransactError::Refused(refusals)) => {
                // Anything else that is refused means that this very cause has been here.
                if refusals.iter().all(|refusal| taken_places.contains(&refusal.place)) {
                    Ok(None)
                } else {
                    self.nudged(Taken::Duplicate(id.clone()), &id).await
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The transaction that opens an incident. Where it is refused in the places of the range, somebody else has just opened an
    /// incident: for the same key, or for the same alarm under another one.
    fn opening_writes(
        &self,
        course: &Course<'_>,
        origin: &Origin,
        elsewhere: &[(Key, IncidentId)],
    ) -> Option<(Vec<Write>, Range<usize>)> {
        let now = self.engine.now();
        let input = Input::Open(Box::new(course.opening()));
        let step = advance(None, &input, &World::default(), now).ok()?;
        let id = &step.next.opening.id;
        let nothing_to_stop = commit::Stops::none();
        let mut writes =
            commit::writes(&self.engine.home, None, &step, &nothing_to_stop, None, Some(&course.cause), now);
        let taken_places = writes.len()..writes.len() + 2;
        writes.push(course.hold(id));
        writes.push(course.origin_write(id, origin, elsewhere));
        writes.extend(Some(course.received.raw.write(id)).filter(|_| !mutant("raw-text-lost")));
        writes.extend(course.part_write());
        Some((commit::kept_as_long_as_its_kind(&step.next, writes, now), taken_places))
    }

    /// A signal that opens nothing: it goes to the incident that is open, if one is. `None`: look again.
    async fn tell(&self, course: &Course<'_>, holder: &Holder, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let mut target = holder.incident.clone();
        let elsewhere = origin.dedupe_row().filter(|row| **row != course.dedupe_row);
        if let (None, Some(row)) = (&target, elsewhere) {
            // The signal did not say enough to be routed like the one that opened the incident; its own key did.
            target = Holder::of(self.engine.table.get(row).await?.as_ref()).incident;
        }
        match target {
            Some(id) => self.apply(course, &id, &course.cause).await.map(Some),
            None => self.remember_end(course).await,
        }
    }

    /// Carries the signal into one incident.
    async fn apply(&self, course: &Course<'_>, id: &IncidentId, cause: &str) -> Result<Taken, EngineError> {
        let signal = Signal { occurred_at: course.occurred_at, ..course.received.signal.clone() };
        let input = Input::Signal { signal: Box::new(signal), newest_repeat: None };
        let taken = match self.engine.apply(id, &input, Some(cause)).await? {
            Applied::Committed(_) => Taken::Applied(id.clone()),
            Applied::Duplicate => Taken::Duplicate(id.clone()),
            Applied::Ignored(_, _) => return Ok(Taken::Nothing("the incident has no use for it")),
            Applied::Unknown => return Ok(Taken::Nothing("its incident is gone")),
        };
        self.nudge(id).await;
        Ok(taken)
    }

    /// A recovery for which nothing is open may have overtaken its alarm: its time stays, and the late alarm opens nothing.
    async fn remember_end(&self, course: &Course<'_>) -> Result<Option<Taken>, EngineError> {
        let nothing_open = Ok(Some(Taken::Nothing("nothing is open for it")));
        if !matches!(course.received.signal.state, SignalState::Recovered | SignalState::Removed) {
            return nothing_open;
        }
        match self.engine.table.write(&course.end(self.engine.now())).await {
            Ok(_) | Err(TableError::Refused(None)) => nothing_open,
            // Somebody has opened an incident since: it is over, then.
            Err(TableError::Refused(Some(row))) if Holder::of(Some(&row)).incident.is_some() => Ok(None),
            Err(TableError::Refused(Some(_))) => nothing_open,
            Err(error) => Err(error.into()),
        }
    }

    async fn nudged(&self, taken: Taken, id: &IncidentId) -> Result<Option<Taken>, EngineError> {
        self.nudge(id).await;
        Ok(Some(taken))
    }

    /// The commit is what counts: without the nudge the tick finds the incident within a minute.
    async fn nudge(&self, id: &IncidentId) {
        if let Err(error) = self.engine.nudge(id).await {
            tracing::warn!(error = %crate::Chain(&error), "committed, but the nudge was not taken");
        }
    }

    fn remembered(&self) -> Option<Arc<Settings>> {
        self.settings.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn remember(&self, row: Option<&Item>) -> Arc<Settings> {
        // Every apply raises the revision, so that settings need not be read again where it is the same.
        if let Some(known) = self.remembered()
            && known.is_of(row)
        {
            return known;
        }
        let record: Option<SettingsRecord> = match row.map(from_item).transpose() {
            Ok(record) => record,
            // Settings that cannot be read must not keep alarms out: the last ones known decide, else nothing applied.
            Err(error) => {
                tracing::error!(error = %crate::Chain(&error), "the stored settings cannot be read: apply the configuration again");
                self.remembered().and_then(|known| known.record.clone())
            }
        };
        if let Some(known) = self.remembered()
            && known.record == record
        {
            return known;
        }
        let routing = record.as_ref().map_or_else(Settings::nothing_applied, SettingsRecord::routing);
        let settings = Arc::new(Settings { record, routing });
        *self.settings.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(settings.clone());
        settings
    }
}
