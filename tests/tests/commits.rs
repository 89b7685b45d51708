//! Two who commit to one incident at the same moment: the second looks again, whatever the first has left behind.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reveille_domain::{Actor, ContactAlias, Input, Status};
use reveille_engine::port::{
    Clock, Index, Item, Key, Message, Page, Query, Queue, QueueError, QueueName, Table, TableError, TransactError,
    Write,
};
use reveille_engine::{Applied, Engine};
use reveille_tests::{MemoryTable, World, alarm, dawn};

const THREE_ENGINEERS: &str = include_str!("../../examples/three-engineers.yaml");

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A table on which something happens just before its orders are read.
struct Interleaved {
    table: Arc<MemoryTable>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

#[async_trait]
impl Table for Interleaved {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.table.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        self.table.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        let reads_orders = matches!(&query.index, Index::Table { sk_prefix, .. } if sk_prefix.starts_with("OUTBOX#"));
        let meanwhile = if reads_orders { self.meanwhile.lock().expect("nobody panics with it").take() } else { None };
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        self.table.query(query).await
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        self.table.write(write).await
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        self.table.transact(writes).await
    }
}

struct NoQueue;

#[async_trait]
impl Queue for NoQueue {
    async fn send(&self, _: QueueName, _: &[Message]) -> Result<(), QueueError> {
        Ok(())
    }
}

struct At(jiff::Timestamp);

impl Clock for At {
    fn now(&self) -> jiff::Timestamp {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_resolution_outlives_a_stage_that_begins_while_it_looks_for_what_it_stops() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(299).await;
    let id = world.incident().opening.id;
    let scheduled = dawn() + jiff::SignedDuration::from_secs(300);
    let (engine, incident) = (world.engine().clone(), id.clone());
    // Bob's page becomes the first order of the very revision in which Natsu would hear that it is over.
    let stage = async move {
        let applied = engine.apply(&incident, &Input::DeadlineReached { scheduled }, None).await;
        assert!(matches!(applied, Ok(Applied::Committed(_))), "{applied:?}");
    };
    let table = Interleaved { table: world.table.clone(), meanwhile: Mutex::new(Some(Box::pin(stage))) };
    let second = Engine::new(Arc::new(table), Arc::new(NoQueue), Arc::new(At(scheduled)), "eu-west-1");
    let by = Actor::Contact(ContactAlias::new("manager"));
    let applied = second.apply(&id, &Input::Resolve { by }, None).await.expect("it looks again");
    assert!(matches!(applied, Applied::Committed(_)), "{applied:?}");
    assert!(matches!(world.incident().status, Status::Resolved(_)));
    world.pass(60).await;
    assert_eq!(world.pages().len(), 2, "Bob's page is stopped before it leaves: {:?}", world.pages());
}
