//! The ports of a night. Each call is a step: it takes a moment, in which others go on, and it may go wrong before it is done
//! or after.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_domain::{AutomationId, ChannelKind, RunbookOutcome};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Envelope, Index, Item, Key, KeyError, Message, Operators,
    OperatorsError, Page, PageReader, Provider, Query, Queue, QueueError, QueueName, Scheduler, SchedulerError,
    SendError, Sent, SigningKey, SigningKeySource, SigningKeys, Table, TableError, TransactError, Wake, WakeOutcome,
    Write,
};
use reveille_local::MemoryTable;

use super::books::{Class, Sending};
use super::homes::PEOPLE;
use super::night::{Course, Fate, Happening, Mailbox, Night, Shared};
use super::script::{Firing, Handler, MINUTE, Ms, Part, Post, SECOND, Trouble, Way, What};

/// The table usually answers within so many milliseconds.
const TABLE_MS: Ms = 9;
/// A queue, a scheduler, a provider.
const SERVICE_MS: Ms = 30;
/// So much longer than `notify` waits takes a provider that answers late.
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

/// Begins a call: waits, and dies here if that is its fate. `doom` is what outages make of it.
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
    wait(course.before).await;
    Call { night, run, course }
}

async fn wait(ms: Ms) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
    }
}

impl Call<'_> {
    /// Ends it with what came of it, unless the answer does not arrive.
    async fn answer<T>(self, answer: T) -> Option<T> {
        wait(self.course.after).await;
        (self.course.fate != Fate::AnswerLost).then_some(answer)
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
        match call.course.fate {
            Fate::Throttled => Err(TableError::Throttled),
            Fate::Refused => Err(no_answer()),
            Fate::Done | Fate::AnswerLost | Fate::Dies => Ok(call),
        }
    }

    /// What has been written is seen by those who hold the books, at the same instant.
    fn written(&self, call: &Call<'_>, writes: &[Write]) {
        let mut night = self.night.lock();
        let now = night.now();
        night.step("written", || format!("by {}: {}", call.run, names(writes)));
        let run = call.run;
        let (is_look, handler) = (night.runs[run].is_look, night.runs[run].handler);
        night.books.now = now;
        night.books.written(run, handler, is_look, writes, &self.table);
    }
}

fn names(writes: &[Write]) -> String {
    let names: Vec<String> = writes.iter().map(|write| format!("{}/{}", write.key.pk, write.key.sk)).collect();
    names.join(" ")
}

#[async_trait]
impl Table for NightTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        let call = self.call("get").await?;
        let row = self.table.get(key).await;
        call.answer(row).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        let call = self.call("get_many").await?;
        let rows = self.table.get_many(keys).await;
        call.answer(rows).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        // An index is a little behind.
        let is_behind = !matches!(query.index, Index::Table { .. });
        let before = if is_behind { Some(self.table.query(query).await) } else { None };
        let call = self.call("query").await?;
        let page = match before {
            Some(before) => before,
            None => self.table.query(query).await,
        };
        call.answer(page).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        let call = self.call("write").await?;
        let outcome = self.table.write(write).await;
        if outcome.is_ok() {
            self.written(&call, std::slice::from_ref(write));
        }
        call.answer(outcome).await.unwrap_or_else(|| Err(no_answer()))
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        let call = self.call("transact").await?;
        let outcome = self.table.transact(writes).await;
        if outcome.is_ok() {
            self.written(&call, writes);
        }
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
}

#[async_trait]
impl Queue for NightQueue {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        let doom = |night: &mut Night| night.out(Part::Queues).map(|_| Fate::Refused);
        let call = call(&self.0, "send", SERVICE_MS, doom).await;
        let unavailable = || QueueError::Unavailable("the queue did not answer".into());
        if matches!(call.course.fate, Fate::Refused | Fate::Throttled) {
            return Err(unavailable());
        }
        let to = Mailbox::Of(match queue {
            QueueName::Nudges => Post::Nudges,
            QueueName::Pages => Post::Pages,
            QueueName::SlowPages => Post::SlowPages,
            QueueName::Runbooks => Post::Runbooks,
        });
        {
            let mut night = call.night.lock();
            for message in messages {
                assert!(message.delay_s <= 900, "SQS keeps a message for 900 seconds at most");
                night.post(to, message.body.clone(), Ms::from(message.delay_s) * SECOND);
            }
        }
        call.answer(()).await.ok_or_else(unavailable)
    }
}

#[async_trait]
impl Scheduler for NightScheduler {
    async fn wake_at(&self, wake: &Wake) -> Result<WakeOutcome, SchedulerError> {
        let doom = |night: &mut Night| night.out(Part::Schedules).map(|_| Fate::Refused);
        let call = call(&self.0, "wake_at", SERVICE_MS, doom).await;
        let unavailable = || SchedulerError::Unavailable("the scheduler did not answer".into());
        if matches!(call.course.fate, Fate::Refused | Fate::Throttled) {
            return Err(unavailable());
        }
        let outcome = schedule(&mut call.night.lock(), wake);
        call.answer(outcome).await.ok_or_else(unavailable)
    }
}

fn schedule(night: &mut Night, wake: &Wake) -> WakeOutcome {
    let now = night.now();
    let at = Ms::try_from(wake.at.duration_since(night.started_at).as_millis()).unwrap_or(Ms::MAX);
    if at <= now {
        return WakeOutcome::AlreadyPast;
    }
    if night.schedules.contains_key(&wake.name) {
        return WakeOutcome::AlreadyThere;
    }
    night.schedules.insert(wake.name.clone(), wake.payload.clone());
    // It has a precision of a minute.
    let mut times = vec![at + night.chance.between(0, MINUTE - 1)];
    match night.take_pending(now, |line| matches!(line.what, What::Schedule { .. })) {
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
        night.plan(time, Happening::Fire { name: wake.name.clone(), payload: wake.payload.clone() });
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
            let trouble = [Trouble::Fails, Trouble::Refuses, Trouble::Hangs, Trouble::AnswersLate]
                .into_iter()
                .find(|trouble| night.out(Part::Provider(self.way, *trouble)).is_some());
            let run = night.current;
            night.books.now = night.now();
            night.books.asked(run, sending.as_ref(), trouble.is_some());
            trouble
        };
        let call = call(&self.night, self.way.kind().name(), SERVICE_MS, |_| None).await;
        if trouble == Some(Trouble::Fails) || matches!(call.course.fate, Fate::Refused | Fate::Throttled) {
            return Err(SendError::Failed("throttled".to_owned()));
        }
        if trouble == Some(Trouble::Refuses) {
            let mut night = call.night.lock();
            night.books.refused(sending.as_ref());
            return Err(SendError::Refused("this message is refused".to_owned()));
        }
        if trouble == Some(Trouble::Hangs) {
            std::future::pending::<()>().await;
        }
        took(&mut call.night.lock(), call.run, envelope, sending.as_ref());
        if trouble == Some(Trouble::AnswersLate) {
            wait(LATE_MS).await;
        }
        let sent = Sent { message_id: Some("message".to_owned()) };
        call.answer(sent).await.ok_or_else(|| SendError::Failed("the provider did not answer".to_owned()))
    }
}

/// The provider has the message: it reaches somebody.
fn took(night: &mut Night, run: usize, envelope: &Envelope, sending: Option<&Sending>) {
    night.step("reaches", || sending.map_or_else(|| "somebody".to_owned(), Sending::to_string));
    night.books.took(run, sending);
    let Some(sending) = sending else { return };
    let Some(who) = PEOPLE.iter().position(|person| sending.contact == *person) else { return };
    let path = envelope.text.split_once(super::FRONT_URL).and_then(|(_, rest)| rest.split_whitespace().next());
    let code = envelope
        .text
        .split_once("eply ")
        .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 4));
    if let Some(path) = path {
        night.reached(who, path, code, &sending.incident);
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
        let call = call(&self.0, "operators", SERVICE_MS, |_| None).await;
        let failed = || OperatorsError("no answer".into());
        if matches!(call.course.fate, Fate::Refused | Fate::Throttled) {
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
        _: &BTreeMap<String, Vec<String>>,
        token: &str,
    ) -> Result<AutomationId, AutomationError> {
        let call = call(&self.0, "start", SERVICE_MS, |_| None).await;
        let unavailable = || AutomationError::Unavailable("no answer".into());
        if matches!(call.course.fate, Fate::Refused | Fate::Throttled) {
            return Err(unavailable());
        }
        let id = AutomationId::new(token);
        call.answer(id).await.ok_or_else(unavailable)
    }

    async fn status(&self, execution: &AutomationId) -> Result<AutomationStatus, AutomationError> {
        let call = call(&self.0, "status", SERVICE_MS, |_| None).await;
        if call.course.fate != Fate::Done {
            return Err(AutomationError::Unavailable("no answer".into()));
        }
        let ends = execution.as_str().len().is_multiple_of(2) && call.night.lock().chance.percent(30);
        let status = if ends { AutomationStatus::Ended(RunbookOutcome::Succeeded) } else { AutomationStatus::Running };
        call.answer(status).await.ok_or_else(|| AutomationError::Unavailable("no answer".into()))
    }
}

#[async_trait]
impl SigningKeySource for NightKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        let doom = |night: &mut Night| night.out(Part::Keys).map(|_| Fate::Refused);
        let call = call(&self.0, "keys", SERVICE_MS, doom).await;
        if call.course.fate != Fate::Done {
            return Err(KeyError::Unavailable("no answer".into()));
        }
        let current = SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough");
        Ok(SigningKeys { current, previous: None })
    }
}
