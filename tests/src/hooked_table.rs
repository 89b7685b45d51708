//! The table in memory with a hook before each request: what happens in between, and what the table will not take.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_engine::Engine;
use reveille_engine::port::{
    Clock, Item, Key, Message, Page, Query, Queue, QueueError, QueueName, Table, TableError, TransactError, Write,
};

use crate::MemoryTable;

/// What the table is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// Rows by their keys.
    Read(&'a [Key]),
    /// A page of rows.
    Query(&'a Query),
    /// Writes, alone or in a transaction.
    Write(&'a [Write]),
}

/// What happens before a request is answered; an error is the answer.
pub type Meanwhile = Pin<Box<dyn Future<Output = Result<(), TableError>> + Send>>;

type Hook = dyn Fn(Request<'_>) -> Meanwhile + Send + Sync;

/// A table in memory with a hook.
pub struct HookedTable {
    table: Arc<MemoryTable>,
    hook: Box<Hook>,
}

impl HookedTable {
    /// This table, with this hook before each request.
    pub fn new(table: Arc<MemoryTable>, hook: impl Fn(Request<'_>) -> Meanwhile + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { table, hook: Box::new(hook) })
    }

    /// An engine on it, at this instant, whose nudges nobody takes.
    pub fn engine(self: &Arc<Self>, now: Timestamp) -> Engine {
        self.engine_by(Arc::new(StandingClock(now)))
    }

    /// The same by this clock.
    pub fn engine_by(self: &Arc<Self>, clock: Arc<dyn Clock>) -> Engine {
        Engine::new(self.clone(), Arc::new(NoQueue), clock, "eu-west-1")
    }
}

/// Nothing happens.
pub fn nothing() -> Meanwhile {
    Box::pin(std::future::ready(Ok(())))
}

#[async_trait]
impl Table for HookedTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        (self.hook)(Request::Read(std::slice::from_ref(key))).await?;
        self.table.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        (self.hook)(Request::Read(keys)).await?;
        self.table.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        (self.hook)(Request::Query(query)).await?;
        self.table.query(query).await
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        (self.hook)(Request::Write(std::slice::from_ref(write))).await?;
        self.table.write(write).await
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        (self.hook)(Request::Write(writes)).await?;
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

struct StandingClock(Timestamp);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
