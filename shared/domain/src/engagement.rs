//! Engagements: asking one contact, or one escalation plan, until it is answered or stopped.

use jiff::Timestamp;

use crate::{Actor, ChannelId, ChannelKind, ContactAlias, EngagementId, EngagementPlan, OutboxId, PlanAlias};

/// One engagement of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engagement {
    /// Numbered in the order in which they began.
    pub id: EngagementId,
    /// The escalation plan's engagement that this one belongs to.
    pub parent: Option<EngagementId>,
    /// Whether an acknowledgement here also answers the parent.
    pub essential: bool,
    /// When it began.
    pub began_at: Timestamp,
    /// Who is asked.
    pub engaged: Engaged,
    /// How it stands.
    pub state: EngagementState,
}

/// Who is asked, and how far the asking is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engaged {
    /// One contact.
    Contact {
        /// Who.
        contact: ContactAlias,
        /// Their engagement plan as it was when this began.
        plan: EngagementPlan,
        /// One entry a step of the plan.
        progress: Vec<StepProgress>,
        /// The channels that have been ordered to page them so far, each once.
        reached_on: Vec<(ChannelId, ChannelKind)>,
        /// The newest page ordered for this engagement.
        latest_page: Option<OutboxId>,
    },
    /// One escalation plan.
    Escalation {
        /// Which; its stages are in the incident's frozen plan.
        plan: PlanAlias,
        /// Zero-based stage that began last; `None`: none yet.
        stage: Option<u32>,
        /// How often the plan has been begun again.
        round: u32,
        /// When the next stage begins; `None`: there is none.
        next_at: Option<Timestamp>,
    },
}

/// How far one step of an engagement plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepProgress {
    /// When the step pages next; `None`: never again.
    pub next_at: Option<Timestamp>,
    /// How often it has paged.
    pub pages: u32,
}

/// How an engagement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngagementState {
    /// Asking.
    Engaging,
    /// Answered.
    Acknowledged {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Actor,
    },
    /// No longer needed.
    Stopped {
        /// When.
        at: Timestamp,
        /// Why.
        why: StopReason,
    },
    /// An escalation plan's last stage ended without an answer. The contacts it engaged are still asked.
    Exhausted {
        /// When.
        at: Timestamp,
    },
}

/// Why an engagement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Another target of the same escalation answered.
    AnsweredByAnother,
    /// The incident is over.
    Resolved,
}

impl Engagement {
    /// Whether it still asks or could be answered.
    pub fn is_open(&self) -> bool {
        match self.state {
            EngagementState::Engaging | EngagementState::Exhausted { .. } => true,
            EngagementState::Acknowledged { .. } | EngagementState::Stopped { .. } => false,
        }
    }

    /// When this engagement wants to do something next.
    pub fn due(&self) -> Option<Timestamp> {
        if self.state != EngagementState::Engaging {
            return None;
        }
        match &self.engaged {
            Engaged::Contact { progress, .. } => progress.iter().filter_map(|step| step.next_at).min(),
            Engaged::Escalation { next_at, .. } => *next_at,
        }
    }

    /// The contact that is asked, if it is one.
    pub fn contact(&self) -> Option<&ContactAlias> {
        match &self.engaged {
            Engaged::Contact { contact, .. } => Some(contact),
            Engaged::Escalation { .. } => None,
        }
    }
}
