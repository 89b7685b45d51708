//! Where somebody works from: an installation, and who they are there.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use reveille_domain::Actor;
use reveille_engine::port::{Clock, Message, Queue, QueueError, QueueName, SystemClock};
use reveille_engine::{Chain, Engine};

use super::caller::Who;
use crate::command::Failure;
use crate::installation::{Parts, Reached};
use crate::output;

/// An installation, and who works on it.
pub struct Desk {
    /// Decides, with the caller's own rights.
    pub engine: Engine,
    /// What the installation consists of.
    pub parts: Parts,
    /// Who stands on timelines.
    pub actor: Actor,
    unheard: Arc<Unheard>,
}

/// What the queues did not take.
#[derive(Default)]
struct Unheard(Mutex<Option<String>>);

/// A queue that remembers what it could not pass on. Nothing is lost by it: the tick finds what is due.
struct Listening {
    queue: Arc<dyn Queue>,
    unheard: Arc<Unheard>,
}

impl Desk {
    /// A desk for whoever `who` says they are.
    pub async fn open(reached: &Reached, who: &Who) -> Result<Self, Failure> {
        let mut desk = Self::at(reached, Actor::Operator, Arc::new(SystemClock));
        desk.actor = who.actor(reached, &desk.engine).await?;
        Ok(desk)
    }

    /// A desk for somebody who is known, by any clock.
    pub fn at(reached: &Reached, actor: Actor, clock: Arc<dyn Clock>) -> Self {
        let unheard = Arc::new(Unheard::default());
        let queue = Arc::new(Listening { queue: Arc::new(reached.queue()), unheard: unheard.clone() });
        let engine = Engine::new(reached.table(), queue, clock, reached.parts.home.clone());
        Self { engine, parts: reached.parts.clone(), actor, unheard }
    }

    /// A desk on any engine. What its queues do not take is not heard of here.
    pub fn on(engine: Engine, parts: Parts, actor: Actor) -> Self {
        Self { engine, parts, actor, unheard: Arc::default() }
    }

    /// What to say if nobody could be woken; the words of the failure are in it.
    pub fn unheard(&self) -> Option<String> {
        let why = self.unheard.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(format!("it is stored, but nobody could be woken for it ({why}): the next tick finds it, within a minute"))
    }

    /// Says it, if it has to be said.
    pub(crate) fn say_unheard(&self) {
        if let Some(text) = self.unheard() {
            output::aside(text);
        }
    }
}

#[async_trait]
impl Queue for Listening {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        let sent = self.queue.send(queue, messages).await;
        if let Err(error) = &sent {
            let why = match error {
                QueueError::Unknown(queue) => format!("with --table alone the {queue:?} queue is not known"),
                QueueError::Unavailable(_) | QueueError::Partial { .. } => Chain(error).to_string(),
            };
            *self.unheard.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        }
        sent
    }
}
