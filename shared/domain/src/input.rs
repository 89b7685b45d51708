//! What reaches an incident.

use jiff::Timestamp;

use crate::{
    Actor, AutomationId, ChannelId, ContactAlias, Engage, Opening, OutboxId, RunbookAction, RunbookOutcome, Signal,
};

/// One thing that reached an incident, or that opens one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A firing signal for which no incident is open.
    Open(Box<Opening>),
    /// A signal about an incident that is open. A repeat that is still firing does not come here: it is counted.
    Signal {
        /// The signal.
        signal: Box<Signal>,
        /// The newest firing that was counted on this incident, so that a recovery older than it closes nothing.
        newest_repeat: Option<Timestamp>,
    },
    /// The incident has been committed and its plan begins.
    Begin,
    /// A stored deadline has come. `scheduled` is when it was due, so that a clock that runs behind does not miss it.
    DeadlineReached {
        /// The deadline as stored.
        scheduled: Timestamp,
    },
    /// A contact answers.
    Acknowledge {
        /// Who answers.
        contact: ContactAlias,
        /// The page that they answer.
        page: OutboxId,
    },
    /// A contact answers, and wants to be asked again after a while if it is not over by then.
    Snooze {
        /// Who answers.
        contact: ContactAlias,
        /// The page that they answer.
        page: OutboxId,
        /// For how long; 1 to [`crate::limits::SNOOZE_MINUTES_MAX`].
        minutes: u32,
    },
    /// The next stage is to start now, whether or not somebody has acknowledged.
    Escalate {
        /// Who wants it.
        by: Actor,
    },
    /// Somebody is asked beside those who are asked already.
    Engage {
        /// Who wants it.
        by: Actor,
        /// Whom to ask.
        target: Engage,
    },
    /// Somebody is asked instead of those who are asked already, or who have it.
    Reassign {
        /// Who wants it.
        by: Actor,
        /// Whom to ask.
        to: Engage,
    },
    /// Somebody says that it is over.
    Resolve {
        /// Who.
        by: Actor,
    },
    /// Somebody writes something down for the others; also when it is over.
    Note {
        /// Who.
        by: Actor,
        /// What; longer than [`crate::limits::NOTE_CHARACTERS_MAX`], it is cut.
        text: String,
    },
    /// A runbook is to run that the plan does not start by itself, or not again.
    StartRunbook {
        /// Who wants it.
        by: Actor,
        /// Which, and its parameters.
        runbook: RunbookAction,
    },
    /// A page did not get through on a channel: it was refused, or the provider did not take it or says that it did not arrive.
    Undelivered {
        /// The page.
        page: OutboxId,
        /// Whom it was to reach.
        contact: ContactAlias,
        /// The channel that refused it.
        channel: ChannelId,
        /// The provider's words, without addresses.
        reason: String,
    },
    /// A runbook came to an end, or could not be started.
    RunbookEnded {
        /// Zero-based place in [`crate::Incident::runbooks`].
        run: u32,
        /// The execution, if there is one.
        execution: Option<AutomationId>,
        /// How it ended.
        outcome: RunbookOutcome,
    },
}

/// What became of one attempt to reach somebody on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The provider took it.
    Sent,
    /// The provider refused it for good.
    Refused(String),
    /// It did not get through and is tried again.
    Failed(String),
    /// The attempts are used up.
    GivenUp(String),
    /// What it was about had been stopped before it left.
    Stopped,
    /// Another message spoke for it; the text says which.
    Bundled(String),
    /// The provider reports that it arrived.
    Delivered,
    /// Somebody, or something, took the call.
    Answered,
    /// The provider is still trying.
    Delayed(String),
    /// The provider took it, and reports now that it did not arrive.
    NotDelivered(String),
    /// It arrived, and its recipient reported it as spam.
    Complained(String),
}

impl Receipt {
    /// The word in timelines and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Receipt::Sent => "sent",
            Receipt::Refused(_) => "refused",
            Receipt::Failed(_) => "failed",
            Receipt::GivenUp(_) => "given_up",
            Receipt::Stopped => "stopped",
            Receipt::Bundled(_) => "bundled",
            Receipt::Delivered => "delivered",
            Receipt::Answered => "answered",
            Receipt::Delayed(_) => "delayed",
            Receipt::NotDelivered(_) => "not_delivered",
            Receipt::Complained(_) => "complained",
        }
    }
}
