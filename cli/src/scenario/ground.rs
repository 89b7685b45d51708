//! What a scenario is played on: the world in memory, or any other that has a table, a clock and functions.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reveille_engine::Engine;
use serde_json::Value;

use crate::apply::ApplyError;
use crate::configuration::Configuration;
use crate::world::{Fault, FunctionFailed, Rows, SentMessage, World};

/// A world in which the steps of a script can be done.
#[async_trait(?Send)]
pub trait Ground {
    /// What stands in its table.
    fn rows(&self) -> &dyn Rows;

    /// The engine, for what goes past the functions.
    fn engine(&self) -> &Engine;

    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Every message that reached somebody, in order.
    fn sent(&self) -> Vec<SentMessage>;

    /// Every failure so far of a function that nothing had been done to.
    fn failures(&self) -> Vec<String>;

    /// Breaks something.
    fn fail(&self, fault: &Fault);

    /// Mends it.
    fn heal(&self, fault: &Fault);

    /// Mends everything.
    fn heal_all(&self);

    /// Applies a configuration.
    async fn apply(&self, configuration: &Configuration) -> Result<(), ApplyError>;

    /// An event reaches `ingest`.
    async fn ingest(&self, event: Value) -> Result<Value, FunctionFailed>;

    /// A request reaches the page behind a link.
    async fn visit(&self, method: &str, path: &str, body: &str) -> Result<Value, FunctionFailed>;

    /// An SMS reaches the number that people can answer to. `id` makes it the same SMS each time.
    async fn reply(&self, from: &str, body: &str, id: &str) -> Result<Value, FunctionFailed>;

    /// Lets time pass until an instant, with everything that happens up to it and at it.
    async fn pass_until(&self, until: Timestamp);

    /// How much later than it is written the rest of a script happens: people and alarms that had to wait for something keep their
    /// distance from it.
    fn delay(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    /// Whether what a step needs may still come, as the page that somebody is to answer; then some time has passed.
    async fn waits(&self) -> bool {
        false
    }
}

#[async_trait(?Send)]
impl Ground for World {
    fn rows(&self) -> &dyn Rows {
        World::rows(self)
    }

    fn engine(&self) -> &Engine {
        World::engine(self)
    }

    fn now(&self) -> Timestamp {
        World::now(self)
    }

    fn sent(&self) -> Vec<SentMessage> {
        World::sent(self)
    }

    fn failures(&self) -> Vec<String> {
        World::failures(self)
    }

    fn fail(&self, fault: &Fault) {
        World::fail(self, fault.clone());
    }

    fn heal(&self, fault: &Fault) {
        World::heal(self, fault);
    }

    fn heal_all(&self) {
        World::heal_all(self);
    }

    async fn apply(&self, configuration: &Configuration) -> Result<(), ApplyError> {
        World::apply(self, configuration).await
    }

    async fn ingest(&self, event: Value) -> Result<Value, FunctionFailed> {
        World::ingest(self, event).await
    }

    async fn visit(&self, method: &str, path: &str, body: &str) -> Result<Value, FunctionFailed> {
        World::visit(self, method, path, body).await
    }

    async fn reply(&self, from: &str, body: &str, id: &str) -> Result<Value, FunctionFailed> {
        World::reply(self, from, body, id).await
    }

    async fn pass_until(&self, until: Timestamp) {
        World::pass_until(self, until).await;
    }
}
