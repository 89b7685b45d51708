//! From signals to incidents: opens, counts, recovers. What ends a whole for its parts stands in `intake/parts.rs`, and what ends an
//! alarm that is open under several plans in `intake/elsewhere.rs`.
//!
//! A new alarm costs three requests (one read, one transaction, one nudge), a repeat two. The settings are read together with
//! the dedupe row that the settings *of last time* point to: if they have not changed in between, which is nearly always,
//! one read has said everything, and it was never stale.

mod elsewhere;
mod parts;

use crate::limits::{RAW_BYTES_MAX, TRIES_MAX};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use reveille_domain::{
    Facts, Impact, IncidentId, IncidentTemplate, Input, Opening, ResponsePlanName, Routing, Signal, SignalState,
    Source, TestPage, World, advance, limits, mutant, render,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::commit;
use crate::engine::{Applied, Engine, partition_key};
use crate::error::EngineError;
use crate::key;
use crate::port::{Condition, Item, Key, TableError, TransactError, Write};
use crate::record::{SettingsRecord, WebhookRecord, from_item};
use crate::repeats::{self, Counted};
use crate::retry;
use elsewhere::Origin;

/// Incident ids are UUIDs of version 5 in this name space, so that one cause makes one incident.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0001);

/// The plan of an installation to which no configuration has been applied: it does not exist, and incidents wait for it.
const NO_PLAN: &str = "default";

/// Takes signals in.
pub struct Intake {
    engine: Engine,
    settings: RwLock<Option<Arc<Settings>>>,
}

/// The settings in force, as read last.
pub struct Settings {
    /// As stored; `None` if nothing has been applied yet.
    pub record: Option<SettingsRecord>,
    /// Where signals go.
    pub routing: Routing,
}

/// A signal with what it was read from.
pub struct Received<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// The text it was read from.
    pub raw: &'a str,
    /// The name of the webhook it came through; empty for AWS sources. Keys of different webhooks never meet.
    pub scope: &'a str,
    /// What templates can name.
    pub facts: Facts,
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

/// Who holds a dedupe key.
#[derive(Clone, Debug, Default)]
struct Holder {
    incident: Option<IncidentId>,
    newest_ms: Option<i64>,
}

/// A signal on its way, with everything that its place in the table follows from.
struct Course<'a> {
    received: &'a Received<'a>,
    plan: ResponsePlanName,
    dedupe_key: String,
    cause: String,
    opening: Opening,
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
            return Ok(Taken::Nothing("the signal says that nothing is wrong"));
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
        let origin_key = key::origin(&scoped(received, &received.signal.dedupe_key));
        let items = self.engine.read(&[key::settings(), course.dedupe_row(), origin_key.clone()]).await?;
        let row = |key: &Key| items.iter().find(|item| partition_key(item) == key.pk);
        let settings = self.remember(row(&key::settings()));
        if !settings.admits(received) {
            return Ok(None);
        }
        let mut holder = Holder::of(row(&course.dedupe_row()));
        if settings.record.as_ref().map(|record| record.rev) != guess.record.as_ref().map(|record| record.rev) {
            course = Course::of(received, &settings, self.engine.now());
            holder = Holder::of(self.engine.table.get(&course.dedupe_row()).await?.as_ref());
        }
        course.arrive_after(&holder);
        let origin = Origin::of(row(&origin_key));
        Ok(Some((course, holder, origin)))
    }

    /// A firing signal: counted if its incident is open, else it opens one. `None`: look again.
    async fn fire(&self, course: &Course<'_>, holder: &Holder, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let signal = course.received.signal;
        if let Some(id) = holder.incident.as_ref().filter(|_| !mutant("two-for-a-key")) {
            let cause = commit::cause_write(&course.cause, self.engine.now());
            return match repeats::count(&self.engine, id, &course.cause, cause, course.opening.occurred_at).await? {
                Counted::Yes => Ok(Some(Taken::Repeated(id.clone()))),
                Counted::Duplicate => self.nudged(Taken::Duplicate(id.clone()), id).await,
                Counted::Sealed => Ok(None),
            };
        }
        if holder.newest_ms.is_some_and(|newest| course.opening.occurred_at.as_millisecond() <= newest) {
            tracing::info!(source = signal.source.name(), "a signal is older than the end of its incident");
            return Ok(Some(Taken::Nothing("it is older than what is known to be over")));
        }
        self.open(course, origin).await
    }

    async fn open(&self, course: &Course<'_>, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let now = self.engine.now();
        let elsewhere = self.open_elsewhere(course, origin).await?;
        let id = course.opening.id.clone();
        let input = Input::Open(Box::new(course.opening.clone()));
        let Ok(step) = advance(None, &input, &World::default(), now) else {
            return Ok(Some(Taken::Nothing("it opens nothing")));
        };
        let nothing_to_stop = commit::Stops::none();
        let mut writes =
            commit::writes(&self.engine.home, None, &step, &nothing_to_stop, None, Some(&course.cause), now);
        // Taken by somebody else who has just opened an incident: for the same key, or for the same alarm under another one.
        let taken_places = writes.len()..writes.len() + 2;
        writes.push(course.hold());
        writes.push(course.origin_write(origin, &elsewhere));
        writes.push(course.raw_write());
        writes.extend(course.part_write());
        let writes = commit::kept_as_long_as_its_kind(&step.next, writes, now);
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

    /// A signal that opens nothing: it goes to the incident that is open, if one is. `None`: look again.
    async fn tell(&self, course: &Course<'_>, holder: &Holder, origin: &Origin) -> Result<Option<Taken>, EngineError> {
        let mut target = holder.incident.clone();
        let elsewhere = origin.dedupe_row().filter(|row| **row != course.dedupe_row());
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
        let signal = Signal { occurred_at: course.opening.occurred_at, ..course.received.signal.clone() };
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

impl Settings {
    /// Where a signal goes: to the plan that it names, else its URL, else its webhook, as far as that exists; else by rules.
    fn route(&self, received: &Received<'_>) -> ResponsePlanName {
        let webhook = self.record.as_ref().and_then(|record| record.webhooks.get(received.scope));
        let own = webhook.and_then(|webhook| webhook.response_plan.clone()).map(ResponsePlanName::new);
        let named = [received.signal.response_plan.clone(), received.named_in_url.clone(), own];
        let exists = |plan: &ResponsePlanName| self.routing.templates.contains_key(plan);
        named.into_iter().flatten().find(exists).unwrap_or_else(|| self.routing.route(received.signal).plan)
    }

    /// Whether the signal came without a key, as AWS's own do, or its key is in force.
    fn admits(&self, received: &Received<'_>) -> bool {
        let Some(key_hash) = received.key_hash else { return true };
        let webhook = self.record.as_ref().and_then(|record| record.webhooks.get(received.scope));
        // Each is compared, in constant time, as where the key is looked up.
        let held = |webhook: &WebhookRecord| {
            let same = webhook.key_hashes.iter().map(|known| bool::from(known.as_bytes().ct_eq(key_hash.as_bytes())));
            same.fold(false, |any, same| any | same)
        };
        webhook.is_some_and(held)
    }

    fn nothing_applied() -> Routing {
        Routing { rules: Vec::new(), default_plan: ResponsePlanName::new(NO_PLAN), templates: Default::default() }
    }
}

impl Holder {
    fn of(row: Option<&Item>) -> Self {
        let incident = row.and_then(|row| row.get("incident")?.as_str()).map(IncidentId::new);
        Self { incident, newest_ms: row.and_then(|row| row.get("newest")?.as_i64()) }
    }
}

impl<'a> Course<'a> {
    fn of(received: &'a Received<'a>, settings: &Settings, now: Timestamp) -> Self {
        let signal = received.signal;
        if received.is_synthetic {
            return Self::synthetic(received, now);
        }
        let plan = settings.route(received);
        let template = settings.routing.templates.get(&plan);
        let filled = |template: &str, otherwise: &str| match template {
            "" => otherwise.to_owned(),
            // A template that the signal cannot fill must not cost the page.
            template => render(template, &received.facts).unwrap_or_else(|_| otherwise.to_owned()),
        };
        // Who opens an incident by hand has said what it is: a template fills in only what they left out.
        let by_hand = signal.source == Source::Manual;
        let text = |choose: fn(&IncidentTemplate) -> &str| template.filter(|_| !by_hand).map_or("", choose);
        let summary =
            if signal.summary.is_empty() { template.map_or("", |t| &t.summary) } else { text(|t| &t.summary) };
        let in_template = template.and_then(|t| t.impact);
        let impact = if by_hand { signal.impact.or(in_template) } else { in_template.or(signal.impact) };
        let dedupe = limits::clip(&filled(text(|t| &t.dedupe), &signal.dedupe_key), limits::DEDUPE_CHARACTERS_MAX);
        let dedupe_key = scoped(received, &dedupe);
        let cause = scoped(received, &signal.cause);
        let title = filled(text(|t| &t.title), &signal.title);
        let mut tags = signal.tags.clone();
        tags.extend(template.into_iter().flat_map(|template| template.tags.clone()));
        let opening = Opening {
            id: incident_of(&cause),
            response_plan: plan.clone(),
            dedupe_key: dedupe_key.clone(),
            title: limits::clip(
                if title.trim().is_empty() { &signal.title } else { &title },
                limits::TITLE_CHARACTERS_MAX,
            ),
            summary: limits::clip(&filled(summary, &signal.summary), limits::SUMMARY_CHARACTERS_MAX),
            impact: impact.unwrap_or(Impact::Medium),
            source: signal.source,
            // A clock ahead of ours must not make every later signal look old.
            occurred_at: if signal.source.tells_time() { signal.occurred_at.min(now) } else { now },
            tags,
            facts: received.facts.clone(),
        };
        Self { received, plan, dedupe_key, cause, opening }
    }

    /// The whole way of an alarm, to a plan that is built in; its dedupe key is its own, so that none waits for the one before.
    fn synthetic(received: &'a Received<'a>, now: Timestamp) -> Self {
        let cause = scoped(received, &received.signal.cause);
        let opening = TestPage::synthetic().opening(incident_of(&cause), received.signal.occurred_at.min(now));
        Self { received, plan: opening.response_plan.clone(), dedupe_key: opening.dedupe_key.clone(), cause, opening }
    }

    /// What counts in the order of arrival is newer than what has arrived before, whichever clock that was read on.
    fn arrive_after(&mut self, holder: &Holder) {
        let newest = holder.newest_ms.and_then(|ms| Timestamp::from_millisecond(ms.saturating_add(1)).ok());
        if let (false, Some(after)) = (self.received.signal.source.tells_time(), newest) {
            self.opening.occurred_at = self.opening.occurred_at.max(after);
        }
    }

    fn dedupe_row(&self) -> Key {
        key::dedupe(&self.plan, &self.dedupe_key)
    }

    /// Takes the dedupe key: nobody holds it, and nothing newer is known to be over.
    fn hold(&self) -> Write {
        let occurred_ms = json!(self.opening.occurred_at.as_millisecond());
        let free = Condition::All(vec![
            Condition::Missing("incident"),
            Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms)]),
        ]);
        let free = if mutant("two-for-a-key") { Condition::Always } else { free };
        let item = Item::from_iter([("incident".to_owned(), json!(self.opening.id.as_str()))]);
        Write::put(self.dedupe_row(), item, free)
    }

    fn end(&self, now: Timestamp) -> Write {
        let occurred_ms = json!(self.opening.occurred_at.as_millisecond());
        let older = Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms.clone())]);
        let item =
            Item::from_iter([("newest".to_owned(), occurred_ms), ("ttl".to_owned(), json!(commit::in_days(now, 45)))]);
        Write::put(self.dedupe_row(), item, Condition::All(vec![Condition::Missing("incident"), older]))
    }

    /// The raw text, up to a size, with its length and hash: enough to see what came, and whether it is whole.
    fn raw_write(&self) -> Write {
        let raw = self.received.raw;
        let mut end = raw.len().min(RAW_BYTES_MAX);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        let hash: String = Sha256::digest(raw.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let item = Item::from_iter([
            ("text".to_owned(), Value::String(raw[..end].to_owned())),
            ("bytes".to_owned(), json!(raw.len())),
            ("sha256".to_owned(), json!(hash)),
        ]);
        Write::put(key::raw(&self.opening.id), item, Condition::Always)
    }
}

/// The incident that a cause opens.
fn incident_of(cause: &str) -> IncidentId {
    IncidentId::new(Uuid::new_v5(&NAMESPACE, cause.as_bytes()).to_string())
}

/// Texts of one webhook stay apart from those of another.
fn scoped(received: &Received<'_>, text: &str) -> String {
    if received.scope.is_empty() { text.to_owned() } else { format!("{}/{text}", received.scope) }
}
