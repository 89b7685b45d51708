//! Two who commit to one incident at the same moment: the second looks again, whatever the first has left behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use reveille_domain::{Actor, ContactAlias, Input, Status};
use reveille_engine::port::{
    Envelope, Index, KeyError, Operators, OperatorsError, PageReader, Provider, SendError, Sent, SigningKeySource,
    SigningKeys, SystemClock,
};
use reveille_engine::{Applied, KeyRing, outbox};
use reveille_tests::{Fault, Function, HookedTable, Meanwhile, Request, World, alarm, dawn, nothing};
use serde_json::json;

const THREE_ENGINEERS: &str = include_str!("../../../examples/three-engineers.yaml");

#[tokio::test(start_paused = true)]
async fn a_resolution_outlives_a_stage_that_begins_while_it_looks_for_what_it_stops() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(299).await;
    let id = world.incident().opening.id;
    let scheduled = dawn() + jiff::SignedDuration::from_secs(300);
    let (engine, incident) = (world.engine().clone(), id.clone());
    // Bob's page becomes the first order of the very revision in which Natsu would hear that it is over.
    let stage: Meanwhile = Box::pin(async move {
        let applied = engine.apply(&incident, &Input::DeadlineReached { scheduled }, None).await;
        assert!(matches!(applied, Ok(Applied::Committed(_))), "{applied:?}");
        Ok(())
    });
    let stage = Mutex::new(Some(stage));
    let table = HookedTable::new(world.table.clone(), move |request| {
        let Request::Query(query) = request else { return nothing() };
        let reads_orders = matches!(&query.index, Index::Table { sk_prefix, .. } if sk_prefix.starts_with("OUTBOX#"));
        let stage = if reads_orders { stage.lock().expect("nobody panics with it").take() } else { None };
        stage.unwrap_or_else(nothing)
    });
    let by = Actor::Contact(ContactAlias::new("manager"));
    let applied = table.engine(scheduled).apply(&id, &Input::Resolve { by }, None).await.expect("it looks again");
    assert!(matches!(applied, Applied::Committed(_)), "{applied:?}");
    assert!(matches!(world.incident().status, Status::Resolved(_)));
    world.pass(60).await;
    assert_eq!(world.pages().len(), 2, "Bob's page is stopped before it leaves: {:?}", world.pages());
}

/// Takes every message, and counts.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

#[async_trait]
impl Provider for Counting {
    async fn send(&self, _: &Envelope) -> Result<Sent, SendError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Sent { message_id: None })
    }
}

#[async_trait]
impl PageReader for Counting {
    async fn open(&self, _: &str) -> Result<(), SendError> {
        Ok(())
    }

    async fn answer(&self, _: &str) -> Result<(), SendError> {
        Ok(())
    }
}

#[async_trait]
impl Operators for Counting {
    async fn tell(&self, _: &str, _: &str) -> Result<(), OperatorsError> {
        Ok(())
    }
}

struct NoKeys;

#[async_trait]
impl SigningKeySource for NoKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        Err(KeyError::Unavailable("no keys here".into()))
    }
}

const A_PHONE_AND_A_SERVER: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  u:
    name: U
    channels:
      sms: { type: sms, address: "+15550111", verified: true }
      hook: { type: webhook, address: "https://pager.example.com/", secret: "0123456789abcdef0123456789abcdef", verified: true }
response_plans:
  everything: { stages: [ { engage: [u] } ] }
"#;

/// What is slow leaves apart from what is fast, and both write down what the contact has been told: the one that settles second
/// finds that the row has changed under it.
#[tokio::test(start_paused = true)]
async fn the_two_halves_of_a_page_that_leave_together_are_both_settled_and_leave_once() {
    let world = World::with(A_PHONE_AND_A_SERVER).await;
    world.fail(Fault::Function(Function::Notify));
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(5).await;
    // Each request lets the other half go on: both read, then both claim, then both send, then both settle.
    let paged = Arc::new(AtomicUsize::new(0));
    let puts = paged.clone();
    let table = HookedTable::new(world.table.clone(), move |request| {
        if let Request::Write(writes) = request {
            puts.fetch_add(writes.iter().filter(|w| w.key.pk.starts_with("PAGED#")).count(), Ordering::Relaxed);
        }
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(())
        })
    });
    let (phone, server) = (Counting::default(), Counting::default());
    let none = || Arc::new(Counting::default());
    let senders = notify::Senders {
        sms: Arc::new(phone.clone()),
        webhook: Arc::new(server.clone()),
        email: none(),
        voice: none(),
        slack: none(),
        teams: none(),
        reader: none(),
        operators: none(),
    };
    let engine = table.engine(world.now() + SignedDuration::from_secs(120));
    let keys = KeyRing::new(Arc::new(NoKeys), Arc::new(SystemClock));
    let context = notify::Context::new(engine.clone(), senders, keys, "https://front.test");
    notify::handle(json!({ "tick": true }), &context).await.expect("it handles");
    assert_eq!((phone.0.load(Ordering::Relaxed), server.0.load(Ordering::Relaxed)), (1, 1));
    assert_eq!(paged.load(Ordering::Relaxed), 3, "two at once, and the second once more");
    let id = world.incident().opening.id;
    assert_eq!(outbox::unsettled(&engine, &id).await.expect("the table answers"), vec![]);
}
