//! What is known of a night, kept beside the system and never read by it: every commit in the words of the domain, every message
//! that a provider has really taken, and when something was wrong. The checkers judge by these books.

mod dossier;
mod noting;
mod spoken;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::ops::{Bound, Range};
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{EngagementId, Incident, OutboxId, Signal};
use reveille_engine::port::{Envelope, Key};
use reveille_engine::record::{Delivery, OrderRecord, OutboxRecord};
use reveille_local::MemoryTable;
use serde_json::Value;

use super::checks::{self, Violation};
use super::homes::Home;
use super::script::{Handler, Ms, Part};

pub(crate) use dossier::{Dossier, Stage};
pub(crate) use spoken::{Covered, Heard, Spoke, Told};

/// What can be wrong, as far as promises make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Queues,
    Schedules,
    Tick,
    /// A function, or what it asks the table.
    Function,
    /// An excuse for runbooks and nothing else.
    Automation,
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
#[derive(Clone)]
pub(crate) struct Books {
    pub(crate) now: Ms,
    pub(crate) started_at: Timestamp,
    /// So much two clocks differ at most.
    pub(crate) skew: Ms,
    /// So much longer what a storm has left to the tick alone may wait.
    pub(crate) backlog: Ms,
    pub(crate) troubles: Vec<Trouble>,
    /// Invocations in which something went wrong.
    pub(crate) troubled: BTreeSet<usize>,
    pub(crate) dossiers: BTreeMap<String, Dossier>,
    /// The incidents of each dedupe key.
    of_key: HashMap<String, Vec<String>>,
    pub(crate) orders: BTreeMap<Key, Order>,
    pub(crate) due: HashMap<Key, Due, FixedState>,
    pub(crate) signals: Vec<Known>,
    /// The signals of each dedupe key.
    pub(crate) signals_of_key: HashMap<String, Vec<usize>>,
    /// The signals of each line of the script that has any.
    signals_of_line: BTreeMap<usize, Range<usize>>,
    /// The signal that an invocation carries.
    pub(crate) carries: BTreeMap<usize, usize>,
    /// Until when the first message leaves, where nothing but a storm happens.
    pub(crate) first_by: Option<Ms>,
    /// When the first message left.
    pub(crate) first_at: Option<Ms>,
    /// When each person was to be paged first, and whether a message has reached them since.
    pub(crate) first_pages: BTreeMap<String, FirstPage>,
    /// Whom the table knows to have been told about what: an answer by SMS is understood from then on, whatever does not work.
    pub(crate) told: HashSet<Key, FixedState>,
    /// The runbooks that were started for incidents of a title.
    executions: HashMap<String, BTreeSet<String>>,
    /// What providers have taken of each invocation.
    spoken: HashMap<usize, Vec<Spoke>>,
    /// What the table holds everybody to have been told.
    heard: BTreeMap<Key, Heard>,
    /// The orders for which a message has spoken.
    pub(crate) covered: HashSet<Key, FixedState>,
    /// The configurations that have been in force, and since when.
    pub(crate) homes: Vec<(Ms, Arc<Home>)>,
    pub(crate) violation: Option<Violation>,
}

/// One order.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) record: OutboxRecord,
    pub(crate) claimed_at: Ms,
    pub(crate) claimed_first_at: Option<Ms>,
    /// When the table has last been told that it has left on a channel.
    pub(crate) sent_at: Option<Ms>,
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
    /// Whoever sent it may not know that it has left.
    pub(crate) is_excused: bool,
}

/// The first page of a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstPage {
    pub(crate) ordered_at: Ms,
    pub(crate) has_left: bool,
}

/// A row that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) at: Ms,
    /// Since when it says so.
    pub(crate) since: Ms,
    /// Nothing but the tick works it.
    pub(crate) by_tick: bool,
    /// It is about a runbook.
    pub(crate) is_runbook: bool,
}

/// A signal of the script.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) signal: Signal,
    /// The event that carries it.
    pub(crate) event: Value,
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
    /// Who was told of which incident.
    pub(crate) told: Vec<Told>,
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
    /// Its events, on the timeline.
    pub(crate) events: Range<usize>,
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
    /// So many runbooks have been started for incidents of a title: in a night each has one at most.
    Started { title: &'a str, runbooks: usize },
    /// A person's answer was accepted.
    Accepted { who: &'static str, incident: &'a str },
    /// A person looks at the page of an incident, as it has been since then.
    Looked { who: &'static str, incident: &'a str, page: &'a str, since: Ms },
    /// A minute has passed, and so many messages wait in queues.
    Minute { waiting: usize },
    /// The night is over.
    Morning,
}

impl Class {
    pub(crate) fn of(part: Part) -> &'static [Self] {
        match part {
            Part::Queues => &[Class::Queues],
            Part::Schedules => &[Class::Schedules],
            Part::Tick => &[Class::Tick],
            Part::Scheduler => &[Class::Schedules, Class::Tick],
            Part::Function(_) | Part::Lambda | Part::Throttling | Part::Table | Part::Indexes | Part::Keys => {
                &[Class::Function]
            }
            Part::Automation => &[Class::Automation],
            Part::Provider(..) | Part::Operators | Part::Sns | Part::EndUserMessaging => &[Class::Provider],
        }
    }
}

impl Order {
    /// Whether it has left on a channel, as the table has it.
    pub(crate) fn has_left_on(&self, channel: &str) -> bool {
        let mut channels = self.record.order.channels().iter();
        channels.any(|one| one.id().as_str() == channel && one.delivery == Delivery::Sent)
    }

    /// Whether a channel is one of its own, however it stands there.
    pub(crate) fn has_channel(&self, channel: &str) -> bool {
        self.record.order.channels().iter().any(|one| one.id().as_str() == channel)
    }

    /// The channels on which it has not left yet.
    pub(crate) fn left(&self) -> Vec<String> {
        let channels = self.record.order.channels().iter();
        let left = channels.filter(|channel| channel.delivery == Delivery::Ready);
        left.map(|channel| channel.id().to_string()).collect()
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
            backlog: 0,
            troubles: Vec::new(),
            troubled: BTreeSet::new(),
            dossiers: BTreeMap::new(),
            of_key: HashMap::new(),
            orders: BTreeMap::new(),
            due: HashMap::default(),
            signals: Vec::new(),
            signals_of_key: HashMap::new(),
            signals_of_line: BTreeMap::new(),
            carries: BTreeMap::new(),
            first_by: None,
            first_at: None,
            first_pages: BTreeMap::new(),
            told: HashSet::default(),
            executions: HashMap::new(),
            spoken: HashMap::new(),
            heard: BTreeMap::new(),
            covered: HashSet::default(),
            homes: vec![(Ms::MIN, home)],
            violation: None,
        }
    }

    /// A line of the script will send a signal.
    pub(crate) fn will_hear(&mut self, line: usize, known: Known) {
        let number = self.signals.len();
        self.signals_of_key.entry(known.signal.dedupe_key.clone()).or_default().push(number);
        self.signals_of_line.entry(line).or_insert(number..number).end = number + 1;
        self.signals.push(known);
    }

    /// The signals of a line.
    pub(crate) fn signals_of(&self, line: usize) -> Range<usize> {
        self.signals_of_line.get(&line).cloned().unwrap_or_default()
    }

    /// The incidents of a dedupe key.
    pub(crate) fn dossiers_of(&self, dedupe_key: &str) -> impl Iterator<Item = (&String, &Dossier)> {
        let ids = self.of_key.get(dedupe_key).into_iter().flatten();
        ids.filter_map(|id| self.dossiers.get_key_value(id))
    }

    /// Something is wrong for a while.
    pub(crate) fn trouble(&mut self, class: Class, from: Ms, until: Ms) {
        self.troubles.push(Trouble { class, from, until });
    }

    /// Whether something of such a class has been wrong since then.
    pub(crate) fn was_wrong_since(&self, since: Ms, is_meant: impl Fn(Class) -> bool) -> bool {
        let is_recent = |trouble: &Trouble| trouble.from <= self.now && trouble.until >= since;
        self.troubles.iter().any(|trouble| is_meant(trouble.class) && is_recent(trouble))
    }

    /// An instant of somebody's clock as milliseconds since the beginning.
    pub(crate) fn ms(&self, at: Timestamp) -> Ms {
        Ms::try_from(at.duration_since(self.started_at).as_millis()).unwrap_or(Ms::MAX)
    }

    /// The order of a message, whichever of its halves has the channel.
    pub(crate) fn order_of(&self, sending: &Sending) -> Option<&Order> {
        self.order_with_key(sending).map(|(_, order)| order)
    }

    /// The same with its key.
    pub(crate) fn order_with_key(&self, sending: &Sending) -> Option<(&Key, &Order)> {
        self.orders.get_key_value(&self.key_of(sending)?)
    }

    /// The later pages of the engagement of an order.
    pub(crate) fn later_pages<'a>(&'a self, key: &'a Key, order: &'a Order) -> impl Iterator<Item = &'a Order> {
        let of = engagement_of(order);
        let after = self.orders.range((Bound::Excluded(key), Bound::Unbounded));
        let later = after.take_while(|(other, _)| other.pk == key.pk).map(|(_, order)| order);
        later.filter(move |later| of.is_some() && engagement_of(later) == of)
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

    /// A provider is asked to take a message.
    pub(crate) fn asked(&mut self, sending: Option<&Sending>) {
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
    pub(crate) fn took(&mut self, run: usize, envelope: &Envelope, sending: Option<&Sending>, is_excused: bool) {
        let Some(sending) = sending else { return };
        self.first_at = self.first_at.or(Some(self.now));
        if let Some(first) = self.first_pages.get_mut(&sending.contact) {
            first.has_left = true;
        }
        self.check(&Moment::Took(sending));
        self.note_words(run, sending, envelope);
        self.note_taken(run, sending, is_excused);
    }

    /// A provider has taken a message that nobody waits for any more: what has left since is no mistake.
    pub(crate) fn took_late(&mut self, run: usize, sending: Option<&Sending>) {
        if let Some(sending) = sending {
            self.note_taken(run, sending, true);
        }
    }

    fn note_taken(&mut self, run: usize, sending: &Sending, is_excused: bool) {
        let Some(key) = self.key_of(sending) else { return };
        if let Some(order) = self.orders.get_mut(&key) {
            let took = Took { run, attempt: order.record.attempt, is_settled: false, is_excused };
            order.channels.entry(sending.channel.clone()).or_default().push(took);
            // Whoever was refused before may have died with it: in the end the message has left.
            order.refused.remove(&sending.channel);
        }
    }

    /// Whoever waited for an invocation has its answer.
    pub(crate) fn answered(&mut self, run: usize, handler: Handler, success: bool, table: &MemoryTable) {
        if let Some(signal) = self.carries.get(&run).copied().filter(|_| success) {
            self.taken_in(signal, table);
        }
        self.check(&Moment::Answered { run, handler, success });
    }

    /// Ingest says that it has a signal.
    pub(crate) fn taken_in(&mut self, signal: usize, table: &MemoryTable) {
        self.signals[signal].is_done = true;
        let why = checks::unaccounted(self, &self.signals[signal], table);
        if let Some(text) = why.filter(|_| self.violation.is_none()) {
            self.violation = Some(Violation { invariant: 1, text });
        }
    }

    /// A runbook has been started for an incident of this title.
    pub(crate) fn started(&mut self, title: &str, token: &str) {
        let tokens = self.executions.entry(title.to_owned()).or_default();
        tokens.insert(token.to_owned());
        let runbooks = tokens.len();
        self.check(&Moment::Started { title, runbooks });
    }

    /// A person's answer was accepted.
    pub(crate) fn accepted(&mut self, who: &'static str, incident: &str) {
        self.check(&Moment::Accepted { who, incident });
    }

    /// A person looks at the page of an incident, as it has been since then.
    pub(crate) fn looked(&mut self, who: &'static str, incident: &str, page: &str, since: Ms) {
        self.check(&Moment::Looked { who, incident, page, since });
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

/// The engagement of a page.
fn engagement_of(order: &Order) -> Option<u32> {
    match order.record.order {
        OrderRecord::Page { engagement, .. } => Some(engagement),
        _ => None,
    }
}

/// So many minutes.
pub(crate) fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}
