//! The ports of a search: a call waits until it is its turn, and is then done at once.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_engine::port::{
    Clock, Envelope, Item, Key, KeyError, Message, NoMetrics, Operators, OperatorsError, Page, Provider, Query, Queue,
    QueueError, QueueName, Scheduler, SchedulerError, SendError, Sent, SigningKey, SigningKeySource, SigningKeys,
    Table, TableError, TransactError, Waiting, Wake, WakeOutcome, Write,
};
use reveille_engine::{Engine, KeyRing};
use reveille_local::MemoryTable;
use serde_json::Value;

use crate::books::{Books, Sending};
use crate::homes::now_or_never;
use crate::ports::NoReader;
use crate::script::{Handler, Ms};
use crate::{FRONT_URL, instant};

/// Waits that are longer are limits: nobody hangs here, so that they never come.
const LIMIT: Duration = Duration::from_secs(2);

/// One call of one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Call {
    pub(super) actor: usize,
    number: u32,
}

/// What the invocations share.
pub(super) struct Stage {
    now: Ms,
    first_run: usize,
    pub(super) books: Books,
    pub(super) queue: Vec<(QueueName, String)>,
    /// Who is polled.
    pub(super) actor: usize,
    calls: Vec<u32>,
    chances: Vec<u64>,
    /// What each has been answered so far.
    heard: Vec<u64>,
    waiting: BTreeMap<Call, (&'static str, Option<Waker>)>,
    granted: BTreeSet<Call>,
}

/// The stage, as ports and search share it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Stage>>);

struct StageTable(Shared, Arc<MemoryTable>);
struct StageQueue(Shared);
struct StageSchedules;
struct StageClock(Shared);
struct StageProvider(Shared);
struct StageOperators;
struct StageKeys;

/// The functions.
pub(super) struct Functions {
    ingest: ingest::Context,
    respond: respond::Context,
    escalate: escalate::Context,
    notify: notify::Context,
    acknowledge: acknowledge::Context,
}

/// What links are signed with.
pub(super) fn keys() -> SigningKeys {
    SigningKeys { current: SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough"), previous: None }
}

impl Shared {
    pub(super) fn new(now: Ms, books: Books, queue: Vec<(QueueName, String)>, first_run: usize, actors: usize) -> Self {
        Self(Arc::new(Mutex::new(Stage {
            now,
            first_run,
            books,
            queue,
            actor: 0,
            calls: vec![0; actors],
            chances: vec![0; actors],
            heard: vec![0; actors],
            waiting: BTreeMap::new(),
            granted: BTreeSet::new(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; who has it.
    async fn turn(&self, what: &'static str) -> usize {
        let call = {
            let mut stage = self.lock();
            let actor = stage.actor;
            stage.calls[actor] += 1;
            let call = Call { actor, number: stage.calls[actor] };
            stage.waiting.insert(call, (what, None));
            call
        };
        poll_fn(|task| {
            let mut stage = self.lock();
            if stage.granted.remove(&call) {
                return Poll::Ready(());
            }
            if let Some((_, waker)) = stage.waiting.get_mut(&call) {
                *waker = Some(task.waker().clone());
            }
            Poll::Pending
        })
        .await;
        call.actor
    }

    /// A call with its answer.
    async fn call<T: std::fmt::Debug>(&self, what: &'static str, act: impl FnOnce(usize) -> T) -> T {
        let actor = self.turn(what).await;
        let run = self.lock().first_run + actor;
        let answer = act(run);
        self.lock().hear(actor, &answer);
        answer
    }
}

impl Stage {
    /// The calls that wait.
    pub(super) fn open(&self) -> Vec<Call> {
        self.waiting.keys().copied().collect()
    }

    /// It is this call's turn; what it is.
    pub(super) fn grant(&mut self, call: Call) -> &'static str {
        let Some((what, waker)) = self.waiting.remove(&call) else { return "nothing" };
        self.granted.insert(call);
        if let Some(waker) = waker {
            waker.wake();
        }
        what
    }

    pub(super) fn hear(&mut self, actor: usize, answer: &impl std::fmt::Debug) {
        let mut hasher = DefaultHasher::new();
        (self.heard[actor], format!("{answer:?}")).hash(&mut hasher);
        self.heard[actor] = hasher.finish();
    }

    pub(super) fn mark(&self, hasher: &mut DefaultHasher) {
        self.heard.hash(hasher);
        self.open().hash(hasher);
        self.queue.iter().map(|(queue, body)| (format!("{queue:?}"), body)).collect::<Vec<_>>().hash(hasher);
    }
}

impl Functions {
    pub(super) fn new(shared: &Shared, table: &Arc<MemoryTable>) -> Self {
        let clock = Arc::new(StageClock(shared.clone()));
        let table = Arc::new(StageTable(shared.clone(), table.clone()));
        let engine = Engine::new(table, Arc::new(StageQueue(shared.clone())), clock.clone(), "eu-west-1");
        let ring = || KeyRing::new(Arc::new(StageKeys), clock.clone());
        let provider = Arc::new(StageProvider(shared.clone()));
        let senders = notify::Senders {
            sms: provider.clone(),
            email: provider.clone(),
            voice: provider.clone(),
            webhook: provider.clone(),
            slack: provider.clone(),
            teams: provider,
            reader: Arc::new(NoReader),
            operators: Arc::new(StageOperators),
        };
        Self {
            ingest: ingest::Context::new(engine.clone()),
            respond: respond::Context::new(engine.clone(), Arc::new(StageSchedules), Arc::new(NoMetrics)),
            escalate: escalate::Context::new(engine.clone()),
            notify: notify::Context::new(engine.clone(), senders, ring(), FRONT_URL),
            acknowledge: acknowledge::Context::new(engine, ring()),
        }
    }

    /// Whether an event is done with.
    pub(super) async fn handle(&self, handler: Handler, event: Value) -> bool {
        let answer = match handler {
            Handler::Ingest => ingest::handle(event, &self.ingest).await,
            Handler::Respond => respond::handle(event, &self.respond).await,
            Handler::Escalate => escalate::handle(event, &self.escalate).await,
            Handler::Notify => notify::handle(event, &self.notify).await,
            Handler::Acknowledge => acknowledge::handle(event, &self.acknowledge).await,
            Handler::Runbook => unreachable!("the plan has no runbook"),
        };
        let failed = |answer: &Value| {
            answer["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty())
                || answer["statusCode"].as_u64().is_some_and(|status| status >= 500)
        };
        answer.is_ok_and(|answer| !failed(&answer))
    }
}

impl StageTable {
    fn commit<T, E>(&self, run: usize, writes: &[Write], outcome: Result<T, E>) -> Result<T, E> {
        if outcome.is_ok() {
            self.0.lock().books.written(run, false, writes, &self.1);
        }
        outcome
    }
}

#[async_trait]
impl Table for StageTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.0.call("get", |_| now_or_never(self.1.get(key))).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        self.0.call("get_many", |_| now_or_never(self.1.get_many(keys))).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.0.call("query", |_| now_or_never(self.1.query(query))).await
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        let act = |run| self.commit(run, std::slice::from_ref(write), now_or_never(self.1.write(write)));
        self.0.call("write", act).await
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        self.0.call("transact", |run| self.commit(run, writes, now_or_never(self.1.transact(writes)))).await
    }
}

#[async_trait]
impl Queue for StageQueue {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        // Nobody reads nudges here: their order makes no difference.
        if queue == QueueName::Nudges {
            return Ok(());
        }
        let send = |_| {
            let messages = messages.iter().map(|message| (queue, message.body.clone()));
            self.0.lock().queue.extend(messages);
            Ok(())
        };
        self.0.call("send", send).await
    }
}

#[async_trait]
impl Scheduler for StageSchedules {
    // No order of it and anything else makes a difference: nobody reads schedules.
    async fn wake_at(&self, _: &Wake) -> Result<WakeOutcome, SchedulerError> {
        Ok(WakeOutcome::Scheduled)
    }
}

#[async_trait]
impl Provider for StageProvider {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let sending = Sending::of(envelope);
        self.0.lock().books.asked(sending.as_ref());
        let take = |run| {
            self.0.lock().books.took(run, envelope, sending.as_ref(), false);
            Ok(Sent { message_id: None })
        };
        self.0.call("sms", take).await
    }
}

#[async_trait]
impl Operators for StageOperators {
    async fn tell(&self, _: &str, _: &str) -> Result<(), OperatorsError> {
        Ok(())
    }
}

#[async_trait]
impl SigningKeySource for StageKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        Ok(keys())
    }
}

impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        instant(self.0.lock().now)
    }

    fn random(&self) -> u64 {
        let mut stage = self.0.lock();
        let actor = stage.actor;
        stage.chances[actor] += 1;
        let mut hasher = DefaultHasher::new();
        (stage.first_run + actor, stage.chances[actor]).hash(&mut hasher);
        hasher.finish()
    }

    fn sleep(&self, wait: Duration) -> Waiting<'_> {
        if wait >= LIMIT {
            return Box::pin(std::future::pending());
        }
        Box::pin(async {
            self.0.turn("wait").await;
        })
    }
}
