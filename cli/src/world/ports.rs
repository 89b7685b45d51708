//! The ports of the world in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_domain::{AutomationId, ChannelKind, Disabled};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Envelope, KeyError, Message, MetricUnit, Metrics, Operators,
    OperatorsError, Provider, Queue, QueueError, QueueName, Scheduler, SchedulerError, SendError, Sent,
    SigningKeySource, SigningKeys, Wake, WakeOutcome,
};

use super::fault::{Fault, Trouble};
use super::state::{SentMessage, State};

type Shared = Arc<Mutex<State>>;

pub(super) struct VirtualClock(pub(super) Shared);
pub(super) struct Queues(pub(super) Shared);
pub(super) struct Schedules(pub(super) Shared);
pub(super) struct Automations(pub(super) Shared);
pub(super) struct StoredKeys(pub(super) SigningKeys);
pub(super) struct OperatorsInMemory(pub(super) Shared);
pub(super) struct StillMetrics;

pub(super) struct Pager {
    pub(super) kind: ChannelKind,
    pub(super) state: Shared,
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }
}

impl Metrics for StillMetrics {
    fn put(&self, _: &'static str, _: f64, _: MetricUnit) {}
}

#[async_trait]
impl Queue for Queues {
    async fn send(&self, queue: QueueName, messages: &[Message]) -> Result<(), QueueError> {
        let mut state = lock(&self.0);
        if state.is_broken(&Fault::Queues) {
            return Err(QueueError::Partial { failed: messages.len(), sent: messages.len() });
        }
        for message in messages {
            assert!(message.delay_s <= 900, "SQS keeps a message for 900 seconds at most");
            state.enqueue(queue, message.body.clone(), i64::from(message.delay_s));
        }
        Ok(())
    }
}

#[async_trait]
impl Scheduler for Schedules {
    async fn wake_at(&self, wake: &Wake) -> Result<WakeOutcome, SchedulerError> {
        let mut state = lock(&self.0);
        if state.is_broken(&Fault::Schedules) {
            return Err(SchedulerError::Unavailable("the scheduler is down".into()));
        }
        if wake.at <= state.now {
            return Ok(WakeOutcome::AlreadyPast);
        }
        let made = state.schedule(&wake.name, wake.at, &wake.payload);
        Ok(if made { WakeOutcome::Scheduled } else { WakeOutcome::AlreadyThere })
    }
}

#[async_trait]
impl Provider for Pager {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let trouble = lock(&self.state).trouble(self.kind, &envelope.address);
        match trouble {
            Some(Trouble::Refuses) => return Err(SendError::Refused("this address is opted out".to_owned())),
            Some(Trouble::OptedOut) => {
                return Err(SendError::Unusable(Disabled::OptedOut, "this address is opted out".to_owned()));
            }
            Some(Trouble::Fails) => return Err(SendError::Failed("throttled".to_owned())),
            Some(Trouble::Hangs) => std::future::pending().await,
            None => {}
        }
        let mut state = lock(&self.state);
        let at = state.now;
        state.sent.push(SentMessage {
            at,
            channel: self.kind.name(),
            to: envelope.address.clone(),
            subject: envelope.subject.clone(),
            text: envelope.text.clone(),
            attribution: envelope.attribution.clone(),
        });
        Ok(Sent { message_id: Some("message".to_owned()) })
    }
}

#[async_trait]
impl Operators for OperatorsInMemory {
    async fn tell(&self, subject: &str, _: &str) -> Result<(), OperatorsError> {
        let mut state = lock(&self.0);
        let (at, to, text) = (state.now, "operators".to_owned(), subject.to_owned());
        let subject = text.clone();
        state.sent.push(SentMessage { at, channel: "operators", to, subject, text, attribution: None });
        Ok(())
    }
}

#[async_trait]
impl Automation for Automations {
    async fn start(
        &self,
        document: &str,
        _: &BTreeMap<String, Vec<String>>,
        token: &str,
    ) -> Result<AutomationId, AutomationError> {
        if document == "NoSuchDocument" {
            return Err(AutomationError::Refused("there is no such document".to_owned()));
        }
        Ok(AutomationId::new(token))
    }

    async fn status(&self, _: &AutomationId) -> Result<AutomationStatus, AutomationError> {
        Ok(match &lock(&self.0).runbook_outcome {
            Some(outcome) => AutomationStatus::Ended(outcome.clone()),
            None => AutomationStatus::Running,
        })
    }
}

#[async_trait]
impl SigningKeySource for StoredKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        Ok(self.0.clone())
    }
}
