//! The table and the clock of an installation to which nothing has been applied, for what is taken in.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;
use reveille_engine::Engine;
use reveille_engine::port::{Clock, Message, Queue, QueueError, QueueName};

use crate::subject::MemoryTable;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        super::now()
    }
}

struct Nowhere;

#[async_trait]
impl Queue for Nowhere {
    async fn send(&self, _: QueueName, _: &[Message]) -> Result<(), QueueError> {
        Ok(())
    }
}

/// An engine on a table of its own.
pub(super) fn engine() -> Engine {
    Engine::new(Arc::new(MemoryTable::new()), Arc::new(Nowhere), Arc::new(Still), "eu-west-1")
}

/// What a future comes to that never waits.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing is waited for in memory")
}
