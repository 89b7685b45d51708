//! Orders that a step commits to the outbox. They name people by alias only.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::{Actor, ChannelId, ChannelKind, ContactAlias, Engage, EngagementId, ResolutionReason};

/// Something to be done after the commit. Its place among the orders of its step is its [`crate::OutboxId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Page one contact.
    Page(PageOrder),
    /// Start a runbook.
    StartRunbook(RunbookOrder),
    /// Tell an earlier recipient what has become of it. Nothing stops this one.
    Announce(Announcement),
    /// Tell the operators of the installation, by the channel that does not depend on paging.
    TellOperators(OperatorNotice),
}

/// What the operators of the installation are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorNotice {
    /// An escalation ended without an answer.
    NobodyAnswered,
}

/// What one earlier recipient is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Whom to tell.
    pub contact: ContactAlias,
    /// On which channels: those that paged them.
    pub channels: Vec<(ChannelId, ChannelKind)>,
    /// What to tell.
    pub news: News,
}

/// One contact's page on one or several channels at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOrder {
    /// The engagement that it belongs to; what stops the engagement stops the page.
    pub engagement: EngagementId,
    /// Whom to page.
    pub contact: ContactAlias,
    /// On which channels, all at once.
    pub channels: Vec<(ChannelId, ChannelKind)>,
}

/// One runbook to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookOrder {
    /// Zero-based place in [`crate::Incident::runbooks`].
    pub run: u32,
    /// The name of the SSM document.
    pub document: String,
    /// Parameters with every placeholder filled.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// What earlier recipients hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody has it.
    Acknowledged {
        /// Who.
        by: Actor,
    },
    /// Somebody has it, and it asks again after a while.
    Snoozed {
        /// Who.
        by: Actor,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody else is asked now.
    Reassigned {
        /// Who wanted it.
        by: Actor,
        /// Who is asked.
        to: Engage,
    },
    /// It is over.
    Resolved {
        /// Who ended it.
        by: Actor,
        /// How.
        reason: ResolutionReason,
    },
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            News::Acknowledged { by } => write!(f, "acknowledged by {by}"),
            News::Snoozed { by, until } => {
                write!(f, "acknowledged by {by}, who is asked again at {}", until.strftime("%H:%M UTC"))
            }
            News::Reassigned { by, to } => write!(f, "given to {to} by {by}"),
            News::Resolved { by, reason: ResolutionReason::Recovered } => write!(f, "over: {by} reports recovery"),
            News::Resolved { reason: ResolutionReason::Removed, .. } => f.write_str("closed: its alarm was deleted"),
            News::Resolved { by, reason: ResolutionReason::Resolved } => write!(f, "resolved by {by}"),
        }
    }
}
