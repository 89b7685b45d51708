//! What is known of a night, kept beside the system and never read by it: every commit in the words of the domain, every message
//! that a provider has really taken, and when something was wrong. The checkers judge by these books.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{
    EngagementId, FrozenPlan, Incident, OutboxId, Replayed, Signal, SkipReason, TimelineEvent, TimelineKind,
};
use reveille_engine::port::{Envelope, Item, Key, Write};
use reveille_engine::record::{
    Delivery, EventsRecord, FrozenPlanRecord, IncidentRecord, OutboxRecord, ReceiptsRecord, from_item,
};
use reveille_local::MemoryTable;
use serde::de::DeserializeOwned;

use super::checks::{self, Violation};
use super::homes::Home;
use super::script::{Handler, Ms, Part};

/// So much earlier than its order a hint may come.
const HINT_EARLY_MS: Ms = 1_000;

/// What can be wrong, as far as promises make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Queues,
    Schedules,
    Tick,
    /// A function, or what it asks the table.
    Function,
    /// Never an excuse for anything but the message itself.
    Provider,
}

/// Something was wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    pub(crate) class: Class,
    pub(crate) from: Ms,
    pub(crate) until: Ms,
}

/// The books.
pub(crate) struct Books {
    pub(crate) now: Ms,
    pub(crate) started_at: Timestamp,
    /// So much two clocks differ at most.
    pub(crate) skew: Ms,
    pub(crate) troubles: Vec<Trouble>,
    /// Invocations in which something went wrong.
    pub(crate) troubled: BTreeSet<usize>,
    pub(crate) dossiers: BTreeMap<String, Dossier>,
    pub(crate) orders: BTreeMap<Key, Order>,
    pub(crate) due: BTreeMap<Key, Due>,
    pub(crate) signals: Vec<Known>,
    /// The signal that an invocation carries.
    pub(crate) carries: BTreeMap<usize, usize>,
    /// The configurations that have been in force, and since when.
    pub(crate) homes: Vec<(Ms, Arc<Home>)>,
    pub(crate) violation: Option<Violation>,
}

/// One incident.
pub(crate) struct Dossier {
    pub(crate) incident: Incident,
    pub(crate) timeline: Vec<TimelineEvent>,
    pub(crate) frozen: Option<FrozenPlan>,
    /// The stage of the response plan that came last, when, and whether the next one follows at once.
    pub(crate) stage: Option<Stage>,
    /// The same of each escalation.
    pub(crate) escalations: BTreeMap<EngagementId, Stage>,
    /// Repeats that have been counted.
    pub(crate) repeats: u64,
    pub(crate) newest_repeat: Option<i64>,
}

/// A stage that came last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    pub(crate) number: u32,
    pub(crate) round: u32,
    pub(crate) at: Timestamp,
    /// The next one need not wait: nobody could be asked, or somebody wants it now.
    pub(crate) hurried: bool,
}

/// One order.
pub(crate) struct Order {
    pub(crate) record: OutboxRecord,
    pub(crate) claimed_at: Ms,
    /// What it was about had ended when it was claimed last.
    pub(crate) claimed_over: bool,
    pub(crate) receipts: Vec<(String, String)>,
    pub(crate) channels: BTreeMap<String, Vec<Took>>,
    pub(crate) refused: BTreeSet<String>,
}

/// A message that a provider has taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) run: usize,
    pub(crate) attempt: u64,
    pub(crate) is_settled: bool,
}

/// A row that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) at: Ms,
    /// Since when it says so.
    pub(crate) since: Ms,
    /// Nothing but the tick works it.
    pub(crate) by_tick: bool,
}

/// A signal of the script.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) signal: Signal,
    pub(crate) is_sent: bool,
    pub(crate) is_done: bool,
}

/// A message on its way to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) incident: String,
    pub(crate) page: OutboxId,
    pub(crate) contact: String,
    pub(crate) channel: String,
}

/// One commit.
pub(crate) struct Commit {
    pub(crate) run: usize,
    pub(crate) is_look: bool,
    pub(crate) incidents: Vec<Change>,
    pub(crate) orders: Vec<OrderChange>,
    /// The incidents whose counters it moved.
    pub(crate) counted: Vec<String>,
    /// Rows that waited and were due, until now.
    pub(crate) waited: Vec<(Key, Due)>,
}

/// What a commit makes of an incident.
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) before: Option<Incident>,
    /// The stages as they were before.
    pub(crate) stage: Option<Stage>,
    pub(crate) escalations: BTreeMap<EngagementId, Stage>,
    pub(crate) events: Vec<TimelineEvent>,
    pub(crate) event_revision: Option<u64>,
    pub(crate) froze: bool,
    /// Whether a plan had been frozen before.
    pub(crate) was_frozen: bool,
}

/// What a commit makes of an order.
pub(crate) struct OrderChange {
    pub(crate) key: Key,
    pub(crate) before: Option<OutboxRecord>,
    pub(crate) after: OutboxRecord,
    /// The receipts that came with it: channel and outcome.
    pub(crate) receipts: Vec<(String, String)>,
}

/// What the checkers are asked about.
pub(crate) enum Moment<'a> {
    /// Something has been committed.
    Committed(&'a Commit),
    /// A provider is asked to take a message.
    Asked(&'a Sending),
    /// A provider has taken it.
    Took(&'a Sending),
    /// An invocation is over and whoever waited for it has the answer: `true`, if it is a success.
    Answered { run: usize, handler: Handler, success: bool },
    /// A person's answer was accepted.
    Accepted { who: &'static str, incident: &'a str },
    /// A minute has passed, and so many messages wait in queues.
    Minute { waiting: usize },
    /// The night is over.
    Morning,
}

impl Class {
    pub(crate) fn of(part: Part) -> Self {
        match part {
            Part::Queues => Class::Queues,
            Part::Schedules => Class::Schedules,
            Part::Tick => Class::Tick,
            Part::Function(_) | Part::Throttling | Part::Table | Part::Keys => Class::Function,
            Part::Provider(..) => Class::Provider,
        }
    }
}

impl Sending {
    /// `None`: the message is about no incident.
    pub(crate) fn of(envelope: &Envelope) -> Option<Self> {
        let of = envelope.attribution.as_ref()?;
        Some(Self {
            incident: of.incident.to_string(),
            page: of.page,
            contact: of.contact.to_string(),
            channel: of.channel.to_string(),
        })
    }
}

impl fmt::Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} with {} of {}", self.contact, self.channel, self.page, short(&self.incident))
    }
}

/// Enough of an incident's id to tell it from the others.
pub(crate) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

impl Books {
    pub(crate) fn new(started_at: Timestamp, home: Arc<Home>) -> Self {
        Self {
            now: 0,
            started_at,
            skew: 0,
            troubles: Vec::new(),
            troubled: BTreeSet::new(),
            dossiers: BTreeMap::new(),
            orders: BTreeMap::new(),
            due: BTreeMap::new(),
            signals: Vec::new(),
            carries: BTreeMap::new(),
            homes: vec![(Ms::MIN, home)],
            violation: None,
        }
    }

    /// Something is wrong for a while.
    pub(crate) fn trouble(&mut self, class: Class, from: Ms, until: Ms) {
        self.troubles.push(Trouble { class, from, until });
    }

    /// An instant of somebody's clock as milliseconds since the beginning.
    pub(crate) fn ms(&self, at: Timestamp) -> Ms {
        Ms::try_from(at.duration_since(self.started_at).as_millis()).unwrap_or(Ms::MAX)
    }

    /// The order of a message, whichever of its halves has the channel.
    pub(crate) fn order_of(&self, sending: &Sending) -> Option<&Order> {
        self.orders.get(&self.key_of(sending)?)
    }

    fn key_of(&self, sending: &Sending) -> Option<Key> {
        let pk = format!("INCIDENT#{}", sending.incident);
        let prefix = format!("OUTBOX#{:010}#", sending.page.revision);
        let of_revision = self.orders.range(Key::new(pk.clone(), prefix)..).take_while(|(key, _)| key.pk == pk);
        let has = |order: &Order| order.record.order.channels().iter().any(|c| c.id().as_str() == sending.channel);
        let mut found = of_revision.filter(|(_, order)| order.record.page() == sending.page && has(order));
        found.next().map(|(key, _)| key.clone())
    }

    fn check(&mut self, moment: &Moment<'_>) {
        if self.violation.is_none() {
            self.violation = checks::broken(self, moment);
        }
    }

    /// A row or several have been written.
    pub(crate) fn written(&mut self, run: usize, _: Handler, is_look: bool, writes: &[Write], table: &MemoryTable) {
        let mut commit =
            Commit { run, is_look, incidents: Vec::new(), orders: Vec::new(), counted: Vec::new(), waited: Vec::new() };
        for write in writes {
            table.see(&write.key, |row| self.note(&mut commit, &write.key, row));
        }
        self.note_incidents(&mut commit, writes, table);
        self.check(&Moment::Committed(&commit));
    }

    fn note(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        self.note_due(commit, key, row);
        if key.sk.starts_with("OUTBOX#") {
            if let Some(record) = row.and_then(read::<OutboxRecord>) {
                self.note_order(commit, key, record);
            }
        } else if key.sk.contains("#RECEIPT#") && !key.sk.contains("REPORT") {
            self.note_receipts(commit, key, row);
        } else if let Some(id) = key.pk.strip_prefix("COUNT#").and_then(|rest| rest.split('#').next()) {
            self.note_count(commit, id, row);
        }
    }

    fn note_due(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        let at = row.filter(|row| row.contains_key("due_pk")).and_then(|row| row.get("due_at")?.as_i64());
        let at = at.map(|ms| ms - self.started_at.as_millisecond());
        let before = self.due.get(key).copied();
        if before.map(|due| due.at) == at {
            return;
        }
        if let Some(before) = before {
            commit.waited.push((key.clone(), before));
        }
        match at {
            Some(at) => {
                // What stands alone, and what runs, is looked after by the tick alone. And where clocks differ by more than hints
                // come early, an order that was put off on one of them is not due yet on another when its hint comes.
                let alone = key.pk.starts_with("ORDER#") || key.pk.starts_with("AUTOMATION#");
                // And nobody waits for what has been stopped.
                let is_stopped =
                    row.and_then(|row| row.get("stopped")).and_then(serde_json::Value::as_bool) == Some(true);
                let by_tick = alone || is_stopped || key.sk.starts_with("OUTBOX#") && self.skew > HINT_EARLY_MS;
                self.due.insert(key.clone(), Due { at, since: self.now, by_tick })
            }
            None => self.due.remove(key),
        };
    }

    fn note_order(&mut self, commit: &mut Commit, key: &Key, after: OutboxRecord) {
        let now = self.now;
        let overtaken = |record: &OutboxRecord| {
            let dossier = key.pk.strip_prefix("INCIDENT#").and_then(|id| self.dossiers.get(id));
            dossier.is_some_and(|dossier| record.is_overtaken(&dossier.incident))
        };
        let is_over = overtaken(&after);
        let before = match self.orders.get_mut(key) {
            None => {
                let order = Order {
                    record: after.clone(),
                    claimed_at: now,
                    claimed_over: false,
                    receipts: Vec::new(),
                    channels: BTreeMap::new(),
                    refused: BTreeSet::new(),
                };
                self.orders.insert(key.clone(), order);
                None
            }
            Some(order) => {
                let before = std::mem::replace(&mut order.record, after.clone());
                if after.attempt > before.attempt {
                    order.claimed_at = now;
                    order.claimed_over = is_over;
                }
                // From now on the table knows that the provider has it.
                for channel in after.order.channels().iter().filter(|channel| channel.delivery == Delivery::Sent) {
                    let taken = order.channels.get_mut(channel.id().as_str());
                    taken.into_iter().flatten().for_each(|took| took.is_settled = true);
                }
                Some(before)
            }
        };
        commit.orders.push(OrderChange { key: key.clone(), before, after, receipts: Vec::new() });
    }

    /// The receipts of an attempt stand in one transaction with the settlement of its order.
    fn note_receipts(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        let Some(record) = row.and_then(read::<ReceiptsRecord>) else { return };
        let receipts: Vec<(String, String)> =
            record.receipts.into_iter().map(|receipt| (receipt.channel, receipt.outcome)).collect();
        let order = key.sk.strip_prefix("EVENT#").and_then(|rest| rest.split_once("#RECEIPT#"));
        let Some((order, _)) = order else { return };
        let of = Key::new(key.pk.clone(), format!("OUTBOX#{order}"));
        if let Some(order) = self.orders.get_mut(&of) {
            order.receipts.extend(receipts.iter().cloned());
        }
        if let Some(change) = commit.orders.iter_mut().find(|change| change.key == of) {
            change.receipts.extend(receipts);
        }
    }

    fn note_count(&mut self, commit: &mut Commit, id: &str, row: Option<&Item>) {
        let is_sealed = row.is_some_and(|row| row.contains_key("sealed"));
        if let Some(dossier) = self.dossiers.get_mut(id).filter(|_| !is_sealed) {
            dossier.repeats += 1;
            let newest = row.and_then(|row| row.get("newest")?.as_i64());
            dossier.newest_repeat = dossier.newest_repeat.max(newest);
            commit.counted.push(id.to_owned());
        }
    }

    fn note_incidents(&mut self, commit: &mut Commit, writes: &[Write], table: &MemoryTable) {
        for state in writes.iter().filter(|write| write.key.sk == "STATE" && write.key.pk.starts_with("INCIDENT#")) {
            let id = state.key.pk.trim_start_matches("INCIDENT#").to_owned();
            let Some(after) = table.see(&state.key, |row| row.and_then(read::<IncidentRecord>)).map(Incident::from)
            else {
                continue;
            };
            let of = |prefix: &str| {
                let write = writes.iter().find(|write| {
                    write.key.pk == state.key.pk
                        && write.key.sk.starts_with(prefix)
                        && !write.key.sk.contains("RECEIPT")
                });
                write.and_then(|write| table.see(&write.key, |row| row.cloned()))
            };
            let events = of("EVENT#").as_ref().and_then(read::<EventsRecord>);
            let froze = of("PLAN").as_ref().and_then(read::<FrozenPlanRecord>).map(FrozenPlan::from);
            self.note_incident(commit, id, after, events, froze);
        }
    }

    fn note_incident(
        &mut self,
        commit: &mut Commit,
        id: String,
        after: Incident,
        events: Option<EventsRecord>,
        froze: Option<FrozenPlan>,
    ) {
        let event_revision = events.as_ref().map(|events| events.rev);
        let events: Vec<TimelineEvent> =
            events.map(|events| events.events.into_iter().map(TimelineEvent::from).collect()).unwrap_or_default();
        let known = self.dossiers.get(&id);
        let before = known.map(|dossier| dossier.incident.clone());
        let change = Change {
            id: id.clone(),
            stage: known.and_then(|dossier| dossier.stage),
            escalations: known.map(|dossier| dossier.escalations.clone()).unwrap_or_default(),
            was_frozen: known.is_some_and(|dossier| dossier.frozen.is_some()),
            froze: froze.is_some(),
            before,
            events: events.clone(),
            event_revision,
        };
        let dossier = self.dossiers.entry(id).or_insert_with(|| Dossier {
            incident: after.clone(),
            timeline: Vec::new(),
            frozen: None,
            stage: None,
            escalations: BTreeMap::new(),
            repeats: 0,
            newest_repeat: None,
        });
        dossier.incident = after;
        if dossier.frozen.is_none() || events.iter().any(adds_a_plan) {
            dossier.frozen = froze.or(dossier.frozen.take());
        }
        for event in &events {
            dossier.note_stage(event);
        }
        dossier.timeline.extend(events);
        commit.incidents.push(change);
    }

    /// A provider is asked to take a message.
    pub(crate) fn asked(&mut self, run: usize, sending: Option<&Sending>, in_trouble: bool) {
        if in_trouble {
            self.troubled.insert(run);
        }
        if let Some(sending) = sending {
            self.check(&Moment::Asked(sending));
        }
    }

    /// A provider refuses a message.
    pub(crate) fn refused(&mut self, sending: Option<&Sending>) {
        let Some(key) = sending.and_then(|sending| self.key_of(sending)) else { return };
        if let (Some(order), Some(sending)) = (self.orders.get_mut(&key), sending) {
            order.refused.insert(sending.channel.clone());
        }
    }

    /// A provider has taken a message.
    pub(crate) fn took(&mut self, run: usize, sending: Option<&Sending>) {
        let Some(sending) = sending else { return };
        self.check(&Moment::Took(sending));
        let Some(key) = self.key_of(sending) else { return };
        if let Some(order) = self.orders.get_mut(&key) {
            let took = Took { run, attempt: order.record.attempt, is_settled: false };
            order.channels.entry(sending.channel.clone()).or_default().push(took);
        }
    }

    /// Whoever waited for an invocation has its answer.
    pub(crate) fn answered(&mut self, run: usize, handler: Handler, success: bool, table: &MemoryTable) {
        let signal = self.carries.get(&run).copied().filter(|_| success);
        if let Some(signal) = signal {
            self.signals[signal].is_done = true;
            let why = checks::unaccounted(self, &self.signals[signal], table);
            if let Some(text) = why.filter(|_| self.violation.is_none()) {
                self.violation = Some(Violation { invariant: 1, text });
            }
        }
        self.check(&Moment::Answered { run, handler, success });
    }

    /// A person's answer was accepted.
    pub(crate) fn accepted(&mut self, who: &'static str, incident: &str) {
        self.check(&Moment::Accepted { who, incident });
    }

    /// A minute has passed, and so many messages wait in queues.
    pub(crate) fn minute(&mut self, waiting: usize) {
        self.check(&Moment::Minute { waiting });
    }

    /// The night is over.
    pub(crate) fn morning(&mut self) {
        self.check(&Moment::Morning);
    }
}

impl Dossier {
    /// The timeline and the state, in the terms that both have.
    pub(crate) fn replayed(&self) -> (Replayed, Replayed) {
        (Replayed::from_timeline(&self.timeline), Replayed::from_incident(&self.incident))
    }

    fn note_stage(&mut self, event: &TimelineEvent) {
        let at = event.at;
        match &event.kind {
            TimelineKind::StageStarted { stage } => {
                self.stage = Some(Stage { number: *stage, round: 0, at, hurried: false });
            }
            TimelineKind::StageSkipped { stage, why } => {
                let hurried = *why == SkipReason::Nobody;
                self.stage = Some(Stage { number: *stage, round: 0, at, hurried });
            }
            TimelineKind::EscalationStageStarted { engagement, stage, round, .. } => {
                self.escalations.insert(*engagement, Stage { number: *stage, round: *round, at, hurried: false });
            }
            TimelineKind::EscalationStageSkipped { engagement, stage, .. } => {
                let round = self.escalations.get(engagement).map_or(0, |stage| stage.round);
                self.escalations.insert(*engagement, Stage { number: *stage, round, at, hurried: true });
            }
            TimelineKind::Escalated { .. } => {
                self.stage.iter_mut().for_each(|stage| stage.hurried = true);
                self.escalations.values_mut().for_each(|stage| stage.hurried = true);
            }
            // Whoever is asked again is asked by a clock that begins anew.
            TimelineKind::AskedAgain { engagements, .. } => {
                for id in engagements {
                    if let Some(stage) = self.escalations.get_mut(id) {
                        *stage = Stage { at, hurried: true, ..*stage };
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether an event may bring another plan into the frozen one.
fn adds_a_plan(event: &TimelineEvent) -> bool {
    matches!(event.kind, TimelineKind::ResponderAdded { .. } | TimelineKind::Reassigned { .. })
}

/// What the engine wrote, as the engine reads it.
fn read<T: DeserializeOwned>(row: &Item) -> Option<T> {
    from_item(row).ok()
}

/// So many minutes.
pub(crate) fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}
