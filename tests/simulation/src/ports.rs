//! The ports of a night. Each call is a step: it takes a moment, in which others go on, and it may go wrong before it is done
//! or after.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_domain::{AutomationId, ChannelKind};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Envelope, Index, Item, Key, KeyError, Message, Operators,
    OperatorsError, Page, PageReader, Provider, Query, Queue, QueueError, QueueName, Scheduler, SchedulerError,
    SendError, Sent, SigningKey, SigningKeySource, SigningKeys, Table, TableError, TransactError, Waiting, Wake,
    WakeOutcome, Write,
};
use reveille_local::MemoryTable;

use super::books::{Class, Sending};
use super::homes::{PEOPLE, now_or_never};
use super::night::{Code, Course, Fate, Happening, Late, Night, Shared};
use super::reports::report;
use super::script::{Firing, Handler, MINUTE, Ms, Part, Post, SECOND, Trouble, Way, What};

/// The table usually answers within so many milliseconds.
const TABLE_MS: Ms = 9;
/// A queue, a scheduler, a provider.
const SERVICE_MS: Ms = 30;
/// A provider that is late takes longer than `notify` waits for any.
const LATE_MS: Ms = 7_000;

/// The clock of one container.
pub(crate) struct ContainerClock {
    pub(crate) night: Shared,
    pub(crate) handler: Handler,
    pub(crate) container: usize,
}

/// The table, seen from the functions.
pub(crate) struct NightTable {
    pub(crate) night: Shared,
    pub(crate) table: Arc<MemoryTable>,
}

pub(crate) struct NightQueue(pub(crate) Shared);
pub(crate) struct NightScheduler(pub(crate) Shared);
pub(crate) struct NightAutomation(pub(crate) Shared);
pub(crate) struct NightKeys(pub(crate) Shared);
pub(crate) struct NightOperators(pub(crate) Shared);
/// No night has synthetic incidents: they would be one more page like all others.
pub(crate) struct NoReader;

/// The provider of one kind of channel.
pub(crate) struct NightProvider {
    pub(crate) night: Shared,
    pub(crate) way: Way,
}

/// A call under way.
struct Call<'a> {
    night: &'a Shared,
    run: usize,
    course: Course,
}

/// Begins a call, and dies here if that is its fate. `doom` is what outages make of it.
async fn call<'a>(night: &'a Shared, what: &str, usual: Ms, doom: impl FnOnce(&mut Night) -> Option<Fate>) -> Call<'a> {
    let (run, course) = {
        let mut night = night.lock();
        let run = night.current;
        let mut course = night.course(what, usual);
        if course.fate == Fate::Done
            && let Some(fate) = doom(&mut night)
        {
            night.books.troubled.insert(run);
            course.fate = fate;
        }
        (run, course)
    };
    if course.fate == Fate::Dies {
        std::future::pending::<()>().await;
    }
    Call { night, run, course }
}

impl Call<'_> {
    /// Whether it will be done.
    fn is_done(&self) -> bool {
        matches!(self.course.fate, Fate::Done | Fate::AnswerLost)
    }

    /// Waits until it is done. Whoever stops waiting does not know whether it is: then it may be done, at that moment.
    async fn take_effect<T: Send>(&self, mut effect: impl FnMut() -> T + Send) -> T {
        let mut outcome = None;
        let mut act = || outcome = Some(effect());
        let mut underway = Underway { call: self, act: Some(&mut act) };
        self.night.wait(self.course.before).await;
        if let Some(act) = underway.act.take() {
            act();
        }
        drop(underway);
        outcome.expect("it has been done a moment ago")
    }

    /// Waits until it has passed.
    async fn go_by(&self) {
        self.night.wait(self.course.before).await;
    }

    /// Ends it with what came of it, unless the answer does not arrive.
    async fn answer<T>(self, answer: T) -> Option<T> {
        if self.course.after > 0 {
            self.night.wait(self.course.after).await;
        }
        (self.course.fate != Fate::AnswerLost).then_some(answer)
    }
}

/// A request that is on its way to a service.
struct Underway<'a> {
    call: &'a Call<'a>,
    act: Option<&'a mut (dyn FnMut() + Send)>,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let Some(act) = self.act.take() else { return };
        let arrives = {
            let mut night = self.call.night.lock();
            // Whoever gave up on it has an excuse for doing it again.
            night.books.troubled.insert(self.call.run);
            !night.is_over && night.chance.percent(50)
        };
        if arrives {
            act();
        }
    }
}

fn no_answer() -> TableError {
    TableError::Unavailable("no answer".into())
}

impl NightTable {
    async fn call(&self, what: &str) -> Result<Call<'_>, TableError> {
        let doom = |night: &mut Night| {
            if night.out(Part::Table).is_some() {
                return Some(if night.chance.percent(50) { Fate::Refused } else { Fate::AnswerLost });
            }
            (night.out(Part::Throttling).is_some() && night.chance.percent(40)).then_some(Fate::Throttled)
        };
        let call = call(&self.night, what, TABLE_MS, doom).await;
        let error = match call.course.fate {
            Fate::Throttled => TableError::Throttled,
            Fate::Conflict => TableError::Conflict,
            Fate::Refused => no_answer(),
            Fate::Done | Fate::AnswerLost | Fate::Dies => return Ok(call),
        };
        call.go_by().await;
        Err(error)
    }

    /// A read: what it sees is what is there when it is done.
    async fn read<T>(&self, what: &str, see: impl Fn() -> Result<T, TableError>) -> Result<T, TableError> {
        let call = self.call(what).await?;
        call.go_by().await;
        let seen = see();
        if call.answer(()).await.is_some() { seen } else { Err(no_answer()) }
    }

    /// Writes, and whoever holds the books sees it at the same instant.
    fn commit<T, E>(&self, run: usize, writes: &[Write], commit: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let outcome = commit();
        if outcome.is_ok() {
            let mut night = self.night.lock();
            night.step("written", || format!("by {run}: {}", names(writes)));
            let is_look = night.runs[run].is_look;
            night.books.written(run, is_look, writes, &self.table);
        }
        outcome
    }

    /// The table whose indexes are asked: while they do not follow, as it was when they stopped.
    fn indexed(&self) -> Arc<MemoryTable> {
        let mut night = self.night.lock();
        if night.out(Part::Indexes).is_none() {
            night.stale = None;
            return self.table.clone();
        }
        night.stale.get_or_insert_with(|| Arc::new(self.table.copy())).clone()
    }
}

fn names(writes: &[Write]) -> String {
    let names: Vec<String> = writes.iter().map(|write| format!("{}/{}", write.key.pk, write.key.sk)).collect();
    names.join(" ")
}

#[async_trait]
impl Table for NightTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.read("get", || now_or_never(self.table.get(key))).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        self.read("get_many", || now_or_never(self.table.get_many(keys))).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        if matches!(query.index, Index::Table { .. }) {
            return self.read("query", || now_or_never(self.table.query(query))).await;
        }
        // An index is a little behind.
        let before = self.indexed().query(query).await;
        let call = self.call("query").await?;
        call.go_by().await;
        call.answer(before).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        let call = self.call("write").await?;
        let writes = std::slice::from_ref(write);
        let commit = || self.commit(call.run, writes, || now_or_never(self.table.write(write)));
        let outcome = call.take_effect(commit).await;
        call.answer(outcome).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        let call = self.call("transact").await?;
        let commit = || self.commit(call.run, writes, || now_or_never(self.table.transact(writes)));
        let outcome = call.take_effect(commit).await;
        call.answer(outcome).await.unwrap_or_else(|| Err(no_answer().into()))
    }
}

impl Clock for ContainerClock {
    fn now(&self) -> Timestamp {
        self.night.lock().clock(self.handler, self.container)
    }

    fn random(&self) -> u64 {
        self.night.lock().chance.number()
    }

    fn sleep(&self, wait: Duration) -> Waiting<'_> {
        Box::pin(self.night.wait(Ms::try_from(wait.as_millis()).unwrap_or(Ms::MAX)))
    }
}

#[async_trait]
impl Queue for NightQueue {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        let doom = |night: &mut Night| night.out(Part::Queues).map(|_| Fate::Refused);
        let call = call(&self.0, "send", SERVICE_MS, doom).await;
        let unavailable = || QueueError::Unavailable("the queue did not answer".into());
        if !call.is_done() {
            call.go_by().await;
            return Err(unavailable());
        }
        let to = match queue {
            QueueName::Nudges => Post::Nudges,
            QueueName::Pages => Post::Pages,
            QueueName::SlowPages => Post::SlowPages,
            QueueName::Runbooks => Post::Runbooks,
        };
        let post = || {
            let mut night = call.night.lock();
            for message in messages {
                assert!(message.delay_s <= 900, "SQS keeps a message for 900 seconds at most");
                night.post(to, message.body.clone(), Ms::from(message.delay_s) * SECOND);
            }
        };
        call.take_effect(post).await;
        call.answer(()).await.ok_or_else(unavailable)
    }
}

#[async_trait]
impl Scheduler for NightScheduler {
    async fn wake_at(&self, wake: &Wake) -> Result<WakeOutcome, SchedulerError> {
        let doom = |night: &mut Night| night.out(Part::Schedules).map(|_| Fate::Refused);
        let call = call(&self.0, "wake_at", SERVICE_MS, doom).await;
        let unavailable = || SchedulerError::Unavailable("the scheduler did not answer".into());
        if !call.is_done() {
            call.go_by().await;
            return Err(unavailable());
        }
        let outcome = call.take_effect(|| schedule(&mut call.night.lock(), wake)).await;
        call.answer(outcome).await.ok_or_else(unavailable)
    }
}

fn schedule(night: &mut Night, wake: &Wake) -> WakeOutcome {
    let now = night.now;
    let at = Ms::try_from(wake.at.duration_since(night.started_at).as_millis()).unwrap_or(Ms::MAX);
    if at <= now {
        return WakeOutcome::AlreadyPast;
    }
    if night.schedules.contains(&wake.name) {
        return WakeOutcome::AlreadyThere;
    }
    night.schedules.insert(wake.name.clone());
    // It has a precision of a minute.
    let mut times = vec![at + night.chance.between(0, MINUTE - 1)];
    match night.take_pending(|line| matches!(line.what, What::Schedule { .. })) {
        Some(What::Schedule { how: Firing::Early(by) }) => times = vec![(at - by).max(now)],
        Some(What::Schedule { how: Firing::Late(by) }) => times = vec![at + by],
        Some(What::Schedule { how: Firing::Twice }) => times.push(times[0] + 900),
        Some(What::Schedule { how: Firing::Never }) => times.clear(),
        _ => {}
    }
    if times.is_empty() {
        night.books.trouble(Class::Schedules, now, at + MINUTE);
    }
    for time in times {
        night.plan(time, Happening::Fire(Box::new(wake.clone())));
    }
    WakeOutcome::Scheduled
}

impl Way {
    pub(crate) fn kind(self) -> ChannelKind {
        match self {
            Way::Sms => ChannelKind::Sms,
            Way::Email => ChannelKind::Email,
            Way::Voice => ChannelKind::Voice,
            Way::Webhook => ChannelKind::Webhook,
        }
    }
}

#[async_trait]
impl Provider for NightProvider {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let sending = Sending::of(envelope);
        let trouble = {
            let mut night = self.night.lock();
            let trouble =
                Trouble::ALL.into_iter().find(|trouble| night.out(Part::Provider(self.way, *trouble)).is_some());
            night.books.asked(sending.as_ref());
            trouble
        };
        let call = call(&self.night, self.way.kind().name(), SERVICE_MS, |_| None).await;
        if !call.is_done() || trouble == Some(Trouble::Fails) {
            call.go_by().await;
            return Err(SendError::Failed("throttled".to_owned()));
        }
        match trouble {
            Some(Trouble::Refuses) => {
                call.go_by().await;
                call.night.lock().books.refused(sending.as_ref());
                return Err(SendError::Refused("this message is refused".to_owned()));
            }
            Some(Trouble::Hangs) => std::future::pending::<()>().await,
            Some(Trouble::TakesLate) => {
                let late = Late { run: call.run, envelope: envelope.clone() };
                {
                    let mut night = call.night.lock();
                    let at = night.now + LATE_MS + night.chance.between(0, LATE_MS);
                    night.plan(at, Happening::TakeLate(Box::new(late)));
                }
                std::future::pending::<()>().await;
            }
            Some(Trouble::Fails | Trouble::AnswersLate) | None => {}
        }
        let is_excused = trouble.is_some() || call.course.fate != Fate::Done || call.course.after > 0;
        let take = || took(&mut call.night.lock(), call.run, envelope, sending.as_ref(), is_excused);
        call.take_effect(take).await;
        if trouble == Some(Trouble::AnswersLate) {
            call.night.wait(LATE_MS).await;
        }
        let sent = Sent { message_id: Some("message".to_owned()) };
        call.answer(sent).await.ok_or_else(|| SendError::Failed("the provider did not answer".to_owned()))
    }
}

/// The provider takes a message that nobody waits for any more.
pub(crate) fn take_late(night: &mut Night, late: &Late) {
    let sending = Sending::of(&late.envelope);
    night.step("reaches late", || sending.as_ref().map_or_else(|| "somebody".to_owned(), Sending::to_string));
    night.books.took_late(late.run, sending.as_ref());
    reached(night, &late.envelope, sending.as_ref());
    report(night, &late.envelope);
}

/// The provider has the message: it reaches somebody.
fn took(night: &mut Night, run: usize, envelope: &Envelope, sending: Option<&Sending>, is_excused: bool) {
    night.step("reaches", || sending.map_or_else(|| "somebody".to_owned(), Sending::to_string));
    night.books.took(run, envelope, sending, is_excused);
    reached(night, envelope, sending);
    report(night, envelope);
}

fn reached(night: &mut Night, envelope: &Envelope, sending: Option<&Sending>) {
    let Some(sending) = sending else { return };
    let Some(who) = PEOPLE.iter().position(|person| sending.contact == *person) else { return };
    let path = envelope.text.split_once(super::FRONT_URL).and_then(|(_, rest)| rest.split_whitespace().next());
    let code = envelope.text.split_once("eply ").and_then(|(_, rest)| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 4)?.to_owned();
        Some(Code { digits, is_for_all: rest.contains(" for all") })
    });
    if let Some(path) = path {
        night.reached(who, path, code.as_ref(), &sending.incident);
    }
}

#[async_trait]
impl PageReader for NoReader {
    async fn open(&self, _: &str) -> Result<(), SendError> {
        Err(SendError::Refused("nobody reads here".to_owned()))
    }

    async fn answer(&self, _: &str) -> Result<(), SendError> {
        Err(SendError::Refused("nobody reads here".to_owned()))
    }
}

#[async_trait]
impl Operators for NightOperators {
    async fn tell(&self, _: &str, _: &str) -> Result<(), OperatorsError> {
        let doom = |night: &mut Night| night.out(Part::Operators).map(|_| Fate::Refused);
        let call = call(&self.0, "operators", SERVICE_MS, doom).await;
        call.go_by().await;
        let failed = || OperatorsError("no answer".into());
        if !call.is_done() {
            return Err(failed());
        }
        call.answer(()).await.ok_or_else(failed)
    }
}

#[async_trait]
impl Automation for NightAutomation {
    async fn start(
        &self,
        _: &str,
        parameters: &BTreeMap<String, Vec<String>>,
        token: &str,
    ) -> Result<AutomationId, AutomationError> {
        let doom = |night: &mut Night| night.out(Part::Automation).map(|_| Fate::Refused);
        let call = call(&self.0, "start", SERVICE_MS, doom).await;
        let unavailable = || AutomationError::Unavailable("no answer".into());
        if !call.is_done() {
            call.go_by().await;
            return Err(unavailable());
        }
        // Every configuration hands its runbooks the title.
        let title = parameters.values().flatten().next().map_or("", String::as_str);
        let starts = call.take_effect(|| call.night.lock().start_runbook(token, title)).await;
        let started = || AutomationError::Refused("there is no such document".to_owned());
        let answer = if starts { Ok(AutomationId::new(token)) } else { Err(started()) };
        call.answer(answer).await.unwrap_or_else(|| Err(unavailable()))
    }

    async fn status(&self, execution: &AutomationId) -> Result<AutomationStatus, AutomationError> {
        let doom = |night: &mut Night| night.out(Part::Automation).map(|_| Fate::Refused);
        let call = call(&self.0, "status", SERVICE_MS, doom).await;
        call.go_by().await;
        if call.course.fate != Fate::Done {
            return Err(AutomationError::Unavailable("no answer".into()));
        }
        let status = call.night.lock().status_of(execution.as_str());
        call.answer(status).await.ok_or_else(|| AutomationError::Unavailable("no answer".into()))
    }
}

#[async_trait]
impl SigningKeySource for NightKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        let doom = |night: &mut Night| night.out(Part::Keys).map(|_| Fate::Refused);
        let call = call(&self.0, "keys", SERVICE_MS, doom).await;
        call.go_by().await;
        if call.course.fate != Fate::Done {
            return Err(KeyError::Unavailable("no answer".into()));
        }
        let current = SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough");
        Ok(SigningKeys { current, previous: None })
    }
}
