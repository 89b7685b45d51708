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
        /// When every channel that has not been paged yet goes: set when what the plan wanted could not be paged.
        others_at: Option<Timestamp>,
        /// The newest page ordered for this engagement, and when it was ordered.
        latest_page: Option<(OutboxId, Timestamp)>,
    },
    /// One escalation plan.
    Escalation {
        /// Which; its stages are in the incident's frozen plan.
        plan: PlanAlias,
        /// Zero-based stage that began last; `None`: none yet.
        stage: Option<u32>,
        /// How often the plan has been begun again.
        round: u32,
        /// Whether anybody has been asked in this round.
        asked: bool,
        /// The next round does not begin before this instant.
        rests_until: Timestamp,
        /// Which turn of a round-robin plan this is; 0 for all others.
        turn: u64,
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
        /// When it asks again if the incident is still open then.
        again: Option<Again>,
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

/// When an answered engagement asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// At this instant, unless the incident is over.
    pub at: Timestamp,
    /// Why.
    pub why: AgainReason,
}

/// Why an answered engagement asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgainReason {
    /// Whoever has it asked to be left alone for a while, and the while is over.
    Snoozed,
    /// It was acknowledged, and is not resolved within the response plan's time.
    NotResolved,
    /// Somebody wants the next stage although it was acknowledged.
    Escalated,
    /// A later round of the escalation plan, or a later stage of it, asks the same people again.
    NextRound,
}

/// Why an engagement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Another target of the same escalation answered.
    AnsweredByAnother,
    /// The incident was given to somebody else.
    Reassigned,
    /// The incident is over.
    Resolved,
}

impl AgainReason {
    /// Whether an incident whose engagements now stand like this has no answer any more.
    ///
    /// A reminder takes back the answer of whoever is reminded, and another one stands. A later round asks only those who have not
    /// answered, and whoever wants the next stage has said so with an event of its own.
    pub(crate) fn ends_the_acknowledgement(self, engagements: &[EngagementState]) -> bool {
        match self {
            AgainReason::Snoozed | AgainReason::NotResolved => {
                !engagements.iter().any(|state| matches!(state, EngagementState::Acknowledged { .. }))
            }
            AgainReason::Escalated | AgainReason::NextRound => false,
        }
    }
}

impl Engaged {
    fn due(&self) -> Option<Timestamp> {
        match self {
            Engaged::Contact { progress, others_at, .. } => {
                progress.iter().filter_map(|step| step.next_at).chain(*others_at).min()
            }
            Engaged::Escalation { next_at, .. } => *next_at,
        }
    }
}

impl Engagement {
    /// Whether it still asks or could be answered.
    pub fn is_open(&self) -> bool {
        match self.state {
            EngagementState::Engaging | EngagementState::Exhausted { .. } => true,
            EngagementState::Acknowledged { .. } | EngagementState::Stopped { .. } => false,
        }
    }

    /// Whether an acknowledgement would change something: it asks, or it only rests for a while.
    pub fn is_answerable(&self) -> bool {
        self.is_open() || self.snoozed_until().is_some()
    }

    /// Until when it rests because somebody snoozed it.
    pub fn snoozed_until(&self) -> Option<Timestamp> {
        match &self.state {
            EngagementState::Acknowledged { again: Some(Again { at, why: AgainReason::Snoozed }), .. } => Some(*at),
            EngagementState::Engaging
            | EngagementState::Acknowledged { .. }
            | EngagementState::Stopped { .. }
            | EngagementState::Exhausted { .. } => None,
        }
    }

    /// When this engagement wants to do something next.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.state {
            EngagementState::Engaging => self.engaged.due(),
            EngagementState::Acknowledged { again, .. } => again.map(|again| again.at),
            EngagementState::Stopped { .. } | EngagementState::Exhausted { .. } => None,
        }
    }

    /// Whether it is an escalation plan.
    pub fn is_escalation(&self) -> bool {
        matches!(self.engaged, Engaged::Escalation { .. })
    }

    /// The contact that is asked, if it is one.
    pub fn contact(&self) -> Option<&ContactAlias> {
        match &self.engaged {
            Engaged::Contact { contact, .. } => Some(contact),
            Engaged::Escalation { .. } => None,
        }
    }
}
