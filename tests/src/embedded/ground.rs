//! Scenarios on the embedded stack: the functions' own handlers, the real SDK, the doubles, and one thing at a time in virtual
//! time. A function may die at one call; then the platform does what AWS does about it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reveille_aws::{Clients, DynamoTable, SqsQueue};
use reveille_cli::apply::{self, ApplyError};
use reveille_cli::configuration::Configuration;
use reveille_cli::environment::{Addresses, TABLE};
use reveille_cli::local_world::AllFunctions;
use reveille_cli::scenario::Ground;
use reveille_cli::world::{Fault, FunctionFailed, Rows, SentMessage, Trouble, inbound_sms, request};
use reveille_domain::{ChannelKind, Incident};
use reveille_engine::Engine;
use reveille_engine::port::{Clock, Item, QueueName};
use reveille_local::automation::{Account, Document, LocalRunbooks, documents};
use reveille_local::{Doubles, FaultKind, Functions, Letter, LocalClock, Service, Stepped, Turn};
use serde_json::Value;

use super::even_sleep::EvenSleep;
use super::invoked::{Invoked, Woken};
use super::wire::{OPERATOR, Point, Wire};
use crate::logs::Ears;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The template is long, and there are thousands of worlds.
static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| documents(TEMPLATE).expect("the template's documents"));

/// Where nobody listens: what is sent there is carried by the wire.
const ADDRESSES: [&str; 2] = ["http://localhost:9", "http://localhost:8"];

/// Until whoever was shown an error presses the button again.
const AGAIN_S: i64 = 10;
/// Lambda waits so long before it tries again what nobody waits for.
const RETRIED_S: i64 = 60;
/// So long somebody waits for what a death has held up.
pub(crate) const PATIENCE_S: i64 = 300;

/// A function died.
#[derive(Clone, Debug)]
pub struct Death {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub function: String,
    /// The letters that its last invocation had sent by then, as places in the inbox.
    pub letters: std::ops::Range<usize>,
}

/// When the next row of each role is due, as long as nothing has changed since so many changes.
#[derive(Debug, Default)]
struct NextDue {
    changes: u64,
    by_role: BTreeMap<String, Timestamp>,
}

/// The embedded stack as the ground of a scenario.
pub struct EmbeddedGround {
    doubles: Doubles,
    stepped: RefCell<Stepped>,
    wire: Arc<Wire>,
    runbooks: Arc<LocalRunbooks>,
    functions: RefCell<Arc<AllFunctions>>,
    environment: BTreeMap<&'static str, String>,
    engine: Engine,
    failures: RefCell<Vec<String>>,
    homes: RefCell<Vec<(Timestamp, Configuration)>>,
    looks_that_wrote: RefCell<Vec<String>>,
    death: RefCell<Option<Death>>,
    next_due: RefCell<Option<NextDue>>,
    /// The functions that have been woken by a tick.
    ticked: RefCell<BTreeSet<String>>,
    announces_shifts: Cell<bool>,
    /// So long the script has been held up by a death.
    delay: Cell<SignedDuration>,
    skips_idle_ticks: Cell<bool>,
    _ears: Ears,
}

impl EmbeddedGround {
    /// An empty installation at an instant, in which a function dies at this point, if at any.
    pub fn new(at: Timestamp, dies_at: Option<Point>) -> Self {
        Self::with(at, dies_at, &[])
    }

    /// The same with other values in the functions' environment.
    pub fn with(at: Timestamp, dies_at: Option<Point>, environment: &[(&'static str, &str)]) -> Self {
        let clock = LocalClock::standing(at);
        let mut account = Account::default().with_web_server("i-0f3a9c2d1e4b5a678", "nginx");
        account.crash("i-0f3a9c2d1e4b5a678", "nginx");
        let runbooks = Arc::new(LocalRunbooks::new(DOCUMENTS.clone(), account));
        let stepped = Stepped::start(clock.clone(), TABLE, runbooks.clone()).expect("a world in memory starts");
        let doubles = stepped.doubles();
        let wire = Wire::new(doubles.clone(), dies_at);
        let environment: BTreeMap<_, _> =
            environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let functions = RefCell::new(Arc::new(connect(&wire, &environment, &clock)));
        let clients = clients(&wire, OPERATOR);
        let table = DynamoTable::new(clients.dynamodb(), TABLE);
        let nudges = value(&environment, "REVEILLE_NUDGE_QUEUE_URL").expect("a queue");
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges)]);
        let home = value(&environment, "REVEILLE_HOME").expect("a home");
        Self {
            doubles,
            stepped: RefCell::new(stepped),
            wire,
            runbooks,
            functions,
            engine: Engine::new(Arc::new(table), Arc::new(queue), Arc::new(clock), &home),
            environment,
            failures: RefCell::default(),
            homes: RefCell::default(),
            looks_that_wrote: RefCell::default(),
            death: RefCell::default(),
            next_due: RefCell::default(),
            ticked: RefCell::default(),
            announces_shifts: Cell::new(false),
            delay: Cell::new(SignedDuration::ZERO),
            skips_idle_ticks: Cell::new(true),
            _ears: Ears::open(),
        }
    }

    /// The same with a front behind which `acknowledge` answers, and a wire that meters.
    pub fn metered(at: Timestamp, environment: &[(&'static str, &str)]) -> Self {
        let ground = Self::with(at, None, environment);
        ground.wire.meter();
        ground.wire.front.open(&ground.functions.borrow());
        ground
    }

    /// The calls of the functions.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The doubles.
    pub fn doubles(&self) -> &Doubles {
        &self.doubles
    }

    /// How many automations have been started.
    pub fn automations(&self) -> usize {
        self.runbooks.runs()
    }

    /// What has been applied, and when.
    pub fn homes(&self) -> Vec<(Timestamp, Configuration)> {
        self.homes.borrow().clone()
    }

    /// The paths of pages that wrote something when somebody looked at them.
    pub fn looks_that_wrote(&self) -> Vec<String> {
        self.looks_that_wrote.borrow().clone()
    }

    /// Who died, if somebody did.
    pub fn death(&self) -> Option<Death> {
        self.death.borrow().clone()
    }

    /// Everything that was sent.
    pub fn letters(&self) -> Vec<Letter> {
        self.doubles.inbox().letters()
    }

    /// The table as a function reaches it.
    pub fn functions_table(&self, function: &'static str) -> DynamoTable {
        DynamoTable::new(clients(&self.wire, function).dynamodb(), TABLE)
    }

    /// Lets so much time pass.
    pub async fn pass(&self, duration: SignedDuration) {
        self.pass_until(self.now() + duration).await;
    }

    /// From now on ticks that will find nothing are played, too.
    pub fn play_idle_ticks(&self) {
        self.skips_idle_ticks.set(false);
    }

    /// An event that a function is invoked with by somebody who does not wait.
    pub fn leave(&self, function: &str, event: Value) {
        self.stepped.borrow_mut().invoke(function, event);
    }

    /// One invocation. `None`: the function died, or does not work.
    pub async fn run(&self, function: &str, event: Value) -> Option<Result<Value, String>> {
        if self.doubles.throttles(function) {
            return None;
        }
        if !self.doubles.faults().is_healthy(Service::Lambda, function) {
            self.doubles.count_error(function);
            return None;
        }
        let number = self.wire.begin();
        let letters = self.letters().len();
        let functions = self.functions.borrow().clone();
        let (woken, began) = (Woken::by(&event), Instant::now());
        let (looked_at, changes) = (looked_at(&event), self.wire.changes());
        let answer = tokio::select! {
            biased;
            () = self.wire.death() => None,
            answer = functions.invoke(function, event) => Some(answer),
        };
        let took = began.elapsed();
        let wrote = self.wire.changes() > changes;
        self.looks_that_wrote.borrow_mut().extend(looked_at.filter(|_| wrote));
        self.wire.ended(Invoked { number, function: function.to_owned(), woken, took });
        if !matches!(answer, Some(Ok(_))) {
            self.doubles.count_error(function);
        }
        if answer.is_none() {
            let (at, letters) = (self.now(), letters..self.letters().len());
            *self.death.borrow_mut() = Some(Death { at, function: function.to_owned(), letters });
            // What it had in memory is gone: the next invocation meets another container.
            let clock = self.doubles.clock();
            *self.functions.borrow_mut() = Arc::new(connect(&self.wire, &self.environment, clock));
        }
        answer
    }

    /// An invocation by somebody who comes again after so long if it fails.
    async fn insist(&self, function: &'static str, event: Value, again_s: i64) -> Result<Value, FunctionFailed> {
        loop {
            match self.run(function, event.clone()).await {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(message)) => return Err(FunctionFailed { function, message }),
                None => self.hold_up(SignedDuration::from_secs(again_s)).await,
            }
        }
    }

    /// Lets somebody wait, and all that the script has after them come later.
    async fn hold_up(&self, duration: SignedDuration) {
        self.delay.set(self.delay.get() + duration);
        self.go_on_until(self.now() + duration).await;
    }

    async fn go_on_until(&self, until: Timestamp) {
        loop {
            let turn = self.stepped.borrow_mut().next(until);
            match turn {
                Some(turn) => self.take(turn).await,
                None => return self.stepped.borrow().forward(until),
            }
        }
    }

    fn has_died_lately(&self) -> bool {
        let patience = SignedDuration::from_secs(PATIENCE_S);
        self.death().is_some_and(|death| self.now().duration_since(death.at) < patience)
    }

    /// Whether a death has kept something from beginning that is due by now: what comes of it will be later by as much, and
    /// with it what people do about that.
    fn is_held_up(&self) -> bool {
        let is_due = |incident: &Incident| incident.due().is_some_and(|due| due <= self.now());
        self.has_died_lately() && self.rows().incidents().iter().any(is_due)
    }

    async fn take(&self, turn: Turn) {
        let faults = self.doubles.faults();
        let works = faults.is_healthy(Service::Lambda, &turn.function);
        let may_be_idle = turn.is_tick() && works && self.skips_idle_ticks.get();
        let is_idle = may_be_idle && self.is_idle(&turn.function);
        if is_idle {
            self.stepped.borrow_mut().done(turn, Some(&Value::Null));
            return;
        }
        if self.doubles.throttles(&turn.function) {
            self.stepped.borrow_mut().throttled(turn);
            return;
        }
        let answer = match self.run(&turn.function, turn.event.clone()).await {
            Some(Ok(answer)) => Some(answer),
            Some(Err(message)) => {
                // Where a scenario has taken the queues away, a function may fail for it, and AWS brings its work again. Nothing else
                // that is broken may make one fail.
                if self.doubles.faults().is_whole(Service::Sqs) {
                    let function = &turn.function;
                    self.failures.borrow_mut().push(format!("{function} failed: {message}"));
                }
                None
            }
            None => None,
        };
        self.stepped.borrow_mut().done(turn, answer.as_ref());
    }

    /// Whether a tick would find nothing, which is then left out: nothing of its role is due, and one such tick has been played.
    /// Hours of nothing are thousands of requests.
    fn is_idle(&self, function: &str) -> bool {
        let is_first = self.ticked.borrow_mut().insert(function.to_owned());
        // Shifts are announced by no row.
        let announces = function == "notify" && self.announces_shifts.get();
        !is_first && !announces && self.next_due(function).is_none_or(|due| self.now() < due)
    }

    /// When the next row of a function's role is due; `None`: there is none.
    fn next_due(&self, function: &str) -> Option<Timestamp> {
        let changes = self.wire.changes();
        let mut known = self.next_due.borrow_mut();
        if known.as_ref().is_none_or(|known| known.changes != changes) {
            *known = Some(NextDue { changes, by_role: by_role(self.doubles.table().rows_of_index("due")) });
        }
        known.as_ref().and_then(|known| known.by_role.get(function).copied())
    }

    fn inject(&self, service: Service, operation: &str, kind: FaultKind) {
        let operation = Some(operation.to_owned());
        self.doubles.faults().inject(reveille_local::Fault { service, operation, kind, times: None });
    }
}

fn by_role(rows: Vec<Item>) -> BTreeMap<String, Timestamp> {
    let mut by_role: BTreeMap<String, Timestamp> = BTreeMap::new();
    for row in rows {
        let role = row.get("due_pk").and_then(Value::as_str).and_then(|due_pk| due_pk.split('#').nth(1));
        let due = row.get("due_at").and_then(Value::as_i64).and_then(|ms| Timestamp::from_millisecond(ms).ok());
        if let (Some(role), Some(due)) = (role, due) {
            let next = by_role.entry(role.to_owned()).or_insert(due);
            *next = due.min(*next);
        }
    }
    by_role
}

fn value(environment: &BTreeMap<&'static str, String>, name: &str) -> Option<String> {
    let [endpoint, front] = ADDRESSES.map(str::to_owned);
    let usual = || Addresses { endpoint, front }.value(name);
    environment.get(name).cloned().or_else(usual)
}

fn clients(wire: &Arc<Wire>, of: &'static str) -> Clients {
    // What fails in one world makes the SDK ask less often there, and in no other.
    Clients::at(ADDRESSES[0]).in_region(wire.region()).through(wire.connector(of)).sleeping(EvenSleep)
}

fn connect(wire: &Arc<Wire>, environment: &BTreeMap<&'static str, String>, clock: &LocalClock) -> AllFunctions {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let connected = AllFunctions::connect(|of| clients(wire, of), |name| value(environment, name), clock);
    connected.expect("every variable has a value")
}

#[async_trait(?Send)]
impl Ground for EmbeddedGround {
    fn rows(&self) -> &dyn Rows {
        self.doubles.table()
    }

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn now(&self) -> Timestamp {
        self.doubles.clock().now()
    }

    fn sent(&self) -> Vec<SentMessage> {
        let sent = |letter: Letter| SentMessage {
            at: letter.at.parse().expect("an instant"),
            channel: letter.channel.name(),
            to: letter.to,
            subject: letter.subject.unwrap_or_default(),
            text: letter.text,
            attribution: None,
        };
        self.letters().into_iter().map(sent).collect()
    }

    fn failures(&self) -> Vec<String> {
        self.failures.borrow().clone()
    }

    fn fail(&self, fault: &Fault) {
        let faults = self.doubles.faults();
        match fault {
            Fault::Queues => faults.fail(Service::Sqs),
            Fault::Schedules => {
                self.inject(Service::Scheduler, "CreateSchedule", FaultKind::Fail);
                self.inject(Service::Scheduler, "Fire", FaultKind::Fail);
            }
            Fault::Tick => self.inject(Service::Scheduler, "Tick", FaultKind::Fail),
            Fault::Function(function) => self.inject(Service::Lambda, function.name(), FaultKind::Fail),
            Fault::Channel { address: Some(address), .. } => faults.refuse_address(address.clone()),
            Fault::Channel { kind, address: None, trouble } => {
                let (service, operation, refusal) = provider(*kind);
                self.inject(service, operation, instead(*trouble, refusal));
            }
        }
    }

    fn heal(&self, fault: &Fault) {
        let faults = self.doubles.faults();
        match fault {
            Fault::Queues => faults.heal(Service::Sqs),
            Fault::Schedules | Fault::Tick => faults.heal(Service::Scheduler),
            Fault::Function(_) => faults.heal(Service::Lambda),
            Fault::Channel { address: Some(address), .. } => faults.accept_address(address),
            Fault::Channel { kind, address: None, .. } => faults.heal(provider(*kind).0),
        }
    }

    fn heal_all(&self) {
        self.doubles.faults().heal_all();
    }

    async fn apply(&self, configuration: &Configuration) -> Result<(), ApplyError> {
        let announces = configuration.schedules.values().any(|schedule| !schedule.rules().notices.is_empty());
        self.announces_shifts.set(announces);
        self.homes.borrow_mut().push((self.now(), configuration.clone()));
        apply::apply(self.engine.table(), configuration, self.now()).await.map(drop)
    }

    async fn ingest(&self, event: Value) -> Result<Value, FunctionFailed> {
        let again_s = if event.get("requestContext").is_some() { AGAIN_S } else { RETRIED_S };
        self.insist("ingest", event, again_s).await
    }

    async fn visit(&self, method: &str, path: &str, body: &str) -> Result<Value, FunctionFailed> {
        self.insist("acknowledge", request(method, path, body), AGAIN_S).await
    }

    async fn reply(&self, from: &str, body: &str, id: &str) -> Result<Value, FunctionFailed> {
        self.insist("acknowledge", inbound_sms(from, body, id), RETRIED_S).await
    }

    async fn pass_until(&self, until: Timestamp) {
        self.go_on_until(until).await;
        while self.is_held_up() {
            self.hold_up(SignedDuration::from_secs(AGAIN_S)).await;
        }
    }

    fn delay(&self) -> SignedDuration {
        self.delay.get()
    }

    async fn waits(&self) -> bool {
        let waits = self.has_died_lately();
        if waits {
            self.go_on_until(self.now() + SignedDuration::from_mins(1)).await;
        }
        waits
    }
}

/// The page that an event looks at, if it does no more than that.
fn looked_at(event: &Value) -> Option<String> {
    let is_look = event.pointer("/requestContext/http/method").and_then(Value::as_str) == Some("GET");
    event.get("rawPath").and_then(Value::as_str).filter(|_| is_look).map(str::to_owned)
}

/// Who carries the messages of a kind of channel: the service, its operation, and the code by which it refuses.
fn provider(kind: ChannelKind) -> (Service, &'static str, &'static str) {
    match kind {
        ChannelKind::Sms => (Service::Sns, "Publish", "InvalidParameter"),
        ChannelKind::Email => (Service::Ses, "SendEmail", "MessageRejected"),
        ChannelKind::Voice => (Service::EndUserMessaging, "SendVoiceMessage", "ValidationException"),
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => {
            unreachable!("scenarios take no server away that is not AWS's")
        }
    }
}

fn instead(trouble: Trouble, refusal: &str) -> FaultKind {
    match trouble {
        Trouble::Fails => FaultKind::Fail,
        Trouble::Hangs => FaultKind::Hang,
        Trouble::Refuses | Trouble::OptedOut => {
            FaultKind::Refuse { code: refusal.to_owned(), message: "this message is refused".to_owned() }
        }
    }
}
