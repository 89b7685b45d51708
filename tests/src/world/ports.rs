//! The ports of the world in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_domain::{AutomationId, Disabled};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Envelope, KeyError, Message, MetricUnit, Metrics, Operators,
    OperatorsError, Provider, Queue, QueueError, QueueName, Scheduler, SchedulerError, SendError, Sent,
    SigningKeySource, SigningKeys, Wake, WakeOutcome,
};

use super::{Fault, SentMessage, State};

type Shared = Arc<Mutex<State>>;

pub(super) struct VirtualClock(pub(super) Shared);
pub(super) struct Queues(pub(super) Shared);
pub(super) struct Schedules(pub(super) Shared);
pub(super) struct Automations(pub(super) Shared);
pub(super) struct StoredKeys(pub(super) SigningKeys);
pub(super) struct OperatorsInMemory(pub(super) Shared);
pub(super) struct StillMetrics;

pub(super) struct Pager {
    pub(super) channel: &'static str,
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
        if state.faults.contains(&Fault::Queues) {
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
        if state.faults.contains(&Fault::Schedules) {
            return Err(SchedulerError::Unavailable("the scheduler is down".into()));
        }
        if wake.at <= state.now {
            return Ok(WakeOutcome::AlreadyPast);
        }
        if state.wakes.iter().any(|(name, _, _)| *name == wake.name) {
            return Ok(WakeOutcome::AlreadyThere);
        }
        state.wakes.push((wake.name.clone(), wake.at, wake.payload.clone()));
        Ok(WakeOutcome::Scheduled)
    }
}

#[async_trait]
impl Provider for Pager {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        let hangs = {
            let mut state = lock(&self.state);
            let sms = |fault| self.channel == "sms" && state.faults.contains(&fault);
            if sms(Fault::SmsRefused) {
                return Err(SendError::Refused("this number is opted out".to_owned()));
            }
            if sms(Fault::SmsOptedOut) {
                return Err(SendError::Unusable(Disabled::OptedOut, "this number is opted out".to_owned()));
            }
            if sms(Fault::SmsFails) {
                return Err(SendError::Failed("throttled".to_owned()));
            }
            let hangs =
                sms(Fault::SmsHangs) || self.channel == "webhook" && state.faults.contains(&Fault::WebhookHangs);
            if !hangs {
                let at = state.now;
                state.sent.push(SentMessage {
                    at,
                    channel: self.channel,
                    to: envelope.address.clone(),
                    text: envelope.text.clone(),
                    attribution: envelope.attribution.clone(),
                });
            }
            hangs
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(Sent { message_id: Some("message".to_owned()) })
    }
}

#[async_trait]
impl Operators for OperatorsInMemory {
    async fn tell(&self, subject: &str, _: &str) -> Result<(), OperatorsError> {
        let mut state = lock(&self.0);
        let (at, to, text) = (state.now, "operators".to_owned(), subject.to_owned());
        state.sent.push(SentMessage { at, channel: "operators", to, text, attribution: None });
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
