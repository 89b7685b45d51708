//! The heart, as those outside hear it: by a dead man's switch, when all is well, and not otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reveille_aws::{Clients, Environment};
use reveille_cli::environment::Addresses;
use reveille_domain::Progress;
use reveille_engine::port::{
    BeatError, Clock, DeadMansSwitch, NoMetrics, Scheduler, SchedulerError, SystemClock, TableError, Wake, WakeOutcome,
};
use reveille_local::{Fault as LocalFault, FaultKind, Service};
use reveille_tests::{Fault, Function, HookedTable, Local, Request, World, alarm};
use serde_json::json;

const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts: { natsu: { name: Natsu, channels: { sms: { type: sms, address: "+15550111", verified: true } } } }
response_plans: { everything: { stages: [ { engage: [natsu] } ] } }
"#;

struct NoSchedules;

#[async_trait]
impl Scheduler for NoSchedules {
    async fn wake_at(&self, _: &Wake) -> Result<WakeOutcome, SchedulerError> {
        Ok(WakeOutcome::Scheduled)
    }
}

/// Counts what it hears, and may say that it has not.
#[derive(Default)]
struct Ear {
    beats: AtomicUsize,
    is_deaf: bool,
}

#[async_trait]
impl DeadMansSwitch for Ear {
    async fn beat(&self) -> Result<(), BeatError> {
        self.beats.fetch_add(1, Ordering::Relaxed);
        if self.is_deaf { Err(BeatError::NotTaken("the server answered 500".to_owned())) } else { Ok(()) }
    }
}

impl Ear {
    /// Whether a tick of `respond` on the rows of this world comes to its end, and how often the heart was heard meanwhile.
    async fn listen(self, world: &World, table: Arc<HookedTable>) -> (bool, usize) {
        let ear = Arc::new(self);
        let context = respond::Context::new(table.engine(world.now()), Arc::new(NoSchedules), Arc::new(NoMetrics));
        let answer = respond::handle(json!({ "tick": true }), &context.beating_to(ear.clone())).await;
        (answer.is_ok(), ear.beats.load(Ordering::Relaxed))
    }
}

fn well(world: &World) -> Arc<HookedTable> {
    HookedTable::new(world.table.clone(), |_| reveille_tests::nothing())
}

/// A table whose queries fail from this one on.
fn failing_from(world: &World, first: usize) -> Arc<HookedTable> {
    let queries = AtomicUsize::new(0);
    HookedTable::new(world.table.clone(), move |request| {
        let fails = matches!(request, Request::Query(_)) && queries.fetch_add(1, Ordering::Relaxed) >= first;
        Box::pin(async move { if fails { Err(TableError::Throttled) } else { Ok(()) } })
    })
}

#[tokio::test(start_paused = true)]
async fn it_beats_when_the_tick_has_looked_at_all_that_is_due_and_only_then() {
    let world = World::with(TEAM).await;
    assert_eq!(Ear::default().listen(&world, well(&world)).await, (true, 1));
    for first in [0, 7, 8, 23] {
        let heard = Ear::default().listen(&world, failing_from(&world, first)).await;
        assert_eq!(heard, (false, 0), "the look ends at query {first}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_silent_while_somebody_elses_work_is_overdue() {
    let world = World::with(TEAM).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(1).await;
    world.fail(Fault::Function(Function::Notify));
    world.ingest(alarm("db", "ALARM", 60)).await;
    for (seconds, beats) in [(100, 1), (100, 0)] {
        world.pass(seconds).await;
        assert_eq!(Ear::default().listen(&world, well(&world)).await, (true, beats), "after {seconds} s more");
    }
    world.heal(Fault::Function(Function::Notify));
    world.pass(60).await;
    assert_eq!(Ear::default().listen(&world, well(&world)).await, (true, 1));
}

/// A tenth of a second passes with each write to the table.
struct Laborious {
    began: Timestamp,
    writes: Arc<AtomicI64>,
}

impl Laborious {
    fn ms(&self) -> i64 {
        100 * self.writes.load(Ordering::Relaxed)
    }
}

impl Clock for Laborious {
    fn now(&self) -> Timestamp {
        self.began + SignedDuration::from_millis(self.ms())
    }
}

/// What a timeout ends says nothing: the alarms on the heart would be silent in the very night in which most is left undone.
#[tokio::test(start_paused = true)]
async fn a_tick_with_more_to_do_than_it_has_time_for_ends_by_itself_and_the_next_goes_on() {
    let world = World::with(TEAM).await;
    for number in 0..300 {
        world.ingest(alarm(&format!("web-{number}"), "ALARM", 0)).await;
    }
    let mut ticks = 0;
    loop {
        let clock = Arc::new(Laborious { began: world.now(), writes: Arc::default() });
        let writes = clock.writes.clone();
        let table = HookedTable::new(world.table.clone(), move |request| {
            writes.fetch_add(i64::from(matches!(request, Request::Write(_))), Ordering::Relaxed);
            reveille_tests::nothing()
        });
        let ear = Arc::new(Ear::default());
        let context = respond::Context::new(table.engine_by(clock.clone()), Arc::new(NoSchedules), Arc::new(NoMetrics));
        respond::handle(json!({ "tick": true }), &context.beating_to(ear.clone())).await.expect("the tick ends well");
        assert!(clock.ms() < 30_000, "`respond` is ended after 30 s, and this tick took {} ms", clock.ms());
        assert_eq!(ear.beats.load(Ordering::Relaxed), 1, "the heart beats all the same");
        ticks += 1;
        if clock.ms() == 0 {
            break;
        }
    }
    assert_eq!(ticks, 3, "300 incidents, 249 of them in 20 s, and the tick that finds nothing");
    assert!(world.incidents().iter().all(|incident| !matches!(incident.progress, Progress::Waiting { .. })));
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_listen_harms_no_tick() {
    let world = World::with(TEAM).await;
    let deaf = Ear { is_deaf: true, ..Ear::default() };
    assert_eq!(deaf.listen(&world, well(&world)).await, (true, 1));
}

/// The URL stands in a secret, and is asked for over the real clients.
#[tokio::test]
async fn a_url_in_a_secret_is_asked_for_each_tick() {
    let local = Local::still(TEAM).await;
    let stack = &local.world.stack;
    let beats = |host: &str| stack.calls().count(Service::Outgoing, host);
    let context = |secret: &'static str| {
        let addresses = Addresses { endpoint: stack.endpoint(), front: stack.front_url() };
        let environment =
            Environment::from_lookup(respond::REQUIRED, |name| addresses.value(name)).expect("it is complete");
        let environment = environment.with_optional(respond::OPTIONAL, |_| Some(secret.to_owned()));
        let context = respond::Context::connect(&Clients::at(&stack.endpoint()), &environment, Arc::new(SystemClock));
        context.with_metrics(Arc::new(NoMetrics))
    };
    let tick = || json!({ "tick": true });
    stack.put_secret("heartbeat", "https://hc.test/ping/0b9f?rid=1".to_owned());
    let beating = context("heartbeat");
    for count in 1..=2 {
        respond::handle(tick(), &beating).await.expect("the tick ends well");
        assert_eq!(beats("hc.test"), count);
    }
    assert_eq!(
        stack.calls().count(Service::SecretsManager, "GetSecretValue"),
        1,
        "the secret is remembered for a while"
    );
    // It answers badly, is no URL, or cannot be read at all: the tick ends well.
    let kind = FaultKind::Fail;
    stack.faults().inject(LocalFault { service: Service::Outgoing, operation: None, kind, times: Some(1) });
    respond::handle(tick(), &beating).await.expect("the tick ends well");
    stack.put_secret("plain", "http://hc.test/ping/0b9f".to_owned());
    for secret in ["plain", "missing"] {
        respond::handle(tick(), &context(secret)).await.expect("the tick ends well");
    }
    assert_eq!(beats("hc.test"), 3, "and nothing leaves unencrypted");
    assert!(stack.inbox().letters().is_empty(), "a beat is no message");
}
