//! The ports of the world in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_domain::{AutomationId, ChannelKind, Disabled};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Envelope, KeyError, Message, Operators, OperatorsError,
    PageReader, Provider, Queue, QueueError, QueueName, Scheduler, SchedulerError, SendError, Sent, SigningKeySource,
    SigningKeys, Wake, WakeOutcome,
};

use super::event::request;
use super::fault::{Fault, Trouble};
use super::state::{SentMessage, State};
use super::{link_in, lock};

type Shared = Arc<Mutex<State>>;

pub(super) struct VirtualClock(pub(super) Shared);
pub(super) struct Queues(pub(super) Shared);
pub(super) struct Schedules(pub(super) Shared);
pub(super) struct Automations(pub(super) Shared);
pub(super) struct StoredKeys(pub(super) SigningKeys);
pub(super) struct OperatorsInMemory(pub(super) Shared);

/// Reads the pages of synthetic incidents, and presses the button of the page behind the link.
pub(super) struct Reader {
    pub(super) acknowledge: Arc<acknowledge::Context>,
}

pub(super) struct Pager {
    pub(super) kind: ChannelKind,
    pub(super) state: Shared,
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }
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

impl Reader {
    async fn visit(&self, method: &str, text: &str, body: &str) -> Result<(), SendError> {
        let path = link_in(text).ok_or_else(|| SendError::Failed("the page has no link".to_owned()))?;
        let answer = acknowledge::handle(request(method, path, body), &self.acknowledge).await;
        match answer.as_ref().map(|answer| answer["statusCode"].as_u64()) {
            Ok(Some(200)) => Ok(()),
            Ok(_) | Err(_) => Err(SendError::Failed("the front does not answer well".to_owned())),
        }
    }
}

#[async_trait]
impl PageReader for Reader {
    async fn open(&self, text: &str) -> Result<(), SendError> {
        self.visit("GET", text, "").await
    }

    async fn answer(&self, text: &str) -> Result<(), SendError> {
        self.visit("POST", text, "do=acknowledge").await
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
