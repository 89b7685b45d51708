//! The timeline: what happened, in words that replay to the state (see [`crate::Replayed`]).

use jiff::Timestamp;

use crate::{
    Actor, Again, AgainReason, Announcement, AutomationId, ChannelId, ChannelKind, ContactAlias, Engage, EngagementId,
    NoteReason, OutboxId, PlanAlias, ResolutionReason, RunbookOutcome, ScheduleAlias, StopReason,
};

/// Why a stage did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Its `unless` holds: somebody has acknowledged.
    Acknowledged,
    /// Its `when` does not hold: not this impact, or not these hours.
    When,
    /// Nobody in it can be asked: nobody is on call, or those who are cannot be paged.
    Nobody,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEvent {
    /// When it was decided.
    pub at: Timestamp,
    /// What.
    pub kind: TimelineKind,
}

/// What can happen to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineKind {
    /// It was opened.
    Opened {
        /// The incident's title.
        title: String,
    },
    /// A signal that changes nothing but is worth knowing.
    Noted {
        /// Why it changes nothing.
        reason: NoteReason,
        /// The signal's title.
        text: String,
    },
    /// Somebody has written something down.
    NoteAdded {
        /// Who.
        by: Actor,
        /// What.
        text: String,
    },
    /// The plan is frozen into the incident, and its first stage waits.
    PlanBegun,
    /// A stage of the response plan started.
    StageStarted {
        /// Zero-based.
        stage: u32,
    },
    /// A stage of the response plan did not start.
    StageSkipped {
        /// Zero-based.
        stage: u32,
        /// Why.
        why: SkipReason,
    },
    /// A schedule was asked who is on call.
    OnCall {
        /// Which.
        schedule: ScheduleAlias,
        /// Who; empty: nobody.
        contacts: Vec<ContactAlias>,
    },
    /// A contact is asked.
    ContactEngaged {
        /// The engagement that begins.
        engagement: EngagementId,
        /// The escalation that it belongs to.
        parent: Option<EngagementId>,
        /// Who.
        contact: ContactAlias,
    },
    /// An escalation plan is followed.
    EscalationEngaged {
        /// The engagement that begins.
        engagement: EngagementId,
        /// The escalation that it belongs to.
        parent: Option<EngagementId>,
        /// Which.
        plan: PlanAlias,
    },
    /// A stage of an escalation plan started.
    EscalationStageStarted {
        /// The plan's engagement.
        engagement: EngagementId,
        /// Which plan.
        plan: PlanAlias,
        /// Zero-based.
        stage: u32,
        /// How often the plan has been begun again.
        round: u32,
    },
    /// A stage of an escalation plan was left out, and the next one starts at once.
    EscalationStageSkipped {
        /// The plan's engagement.
        engagement: EngagementId,
        /// Which plan.
        plan: PlanAlias,
        /// Zero-based.
        stage: u32,
        /// Why.
        why: SkipReason,
    },
    /// The last stage of an escalation plan ended without an answer.
    EscalationExhausted {
        /// The plan's engagement.
        engagement: EngagementId,
        /// Which plan.
        plan: PlanAlias,
    },
    /// A contact is paged.
    Paged {
        /// The page.
        page: OutboxId,
        /// The engagement it belongs to.
        engagement: EngagementId,
        /// Who.
        contact: ContactAlias,
        /// On which channels, all at once.
        channels: Vec<(ChannelId, ChannelKind)>,
    },
    /// Nothing that a contact's plan wanted at this moment could be paged; what it wants next goes at once.
    NotPaged {
        /// The engagement.
        engagement: EngagementId,
        /// Who was not paged.
        contact: ContactAlias,
    },
    /// Somebody answered.
    Acknowledged {
        /// The engagements that are answered by it: theirs, and the escalations above as far as they are essential.
        engagements: Vec<EngagementId>,
        /// Who.
        by: Actor,
        /// When these engagements ask again if it is not over by then.
        again: Option<Again>,
    },
    /// Engagements that were answered or stopped ask again.
    AskedAgain {
        /// Which.
        engagements: Vec<EngagementId>,
        /// Why.
        why: AgainReason,
    },
    /// Somebody wants the next stage to start now.
    Escalated {
        /// Who.
        by: Actor,
    },
    /// Somebody is asked beside the others.
    ResponderAdded {
        /// Who wanted it.
        by: Actor,
        /// Who is asked.
        target: Engage,
    },
    /// Somebody is asked instead of the others.
    Reassigned {
        /// Who wanted it.
        by: Actor,
        /// Who is asked.
        to: Engage,
    },
    /// Engagements ended because they are no longer needed.
    EngagementsStopped {
        /// Which.
        engagements: Vec<EngagementId>,
        /// Why.
        why: StopReason,
    },
    /// Nobody has answered, and nothing that the plans say is left to be done: the operators hear of it.
    LastResort {
        /// The safety contact, who is asked unless the plan asks somebody else by the same step.
        contact: Option<ContactAlias>,
    },
    /// A runbook was ordered.
    RunbookOrdered {
        /// Who wanted it; `None`: the plan.
        by: Option<Actor>,
        /// Zero-based place among the incident's runbooks.
        run: u32,
        /// The name of the SSM document.
        document: String,
    },
    /// A runbook came to an end, or could not be started.
    RunbookEnded {
        /// Zero-based place among the incident's runbooks.
        run: u32,
        /// The name of the SSM document.
        document: String,
        /// The execution, if there was one.
        execution: Option<AutomationId>,
        /// How.
        outcome: RunbookOutcome,
    },
    /// An earlier recipient is told.
    Announced(Announcement),
    /// It is over.
    Resolved {
        /// Who ended it.
        by: Actor,
        /// How.
        reason: ResolutionReason,
    },
    /// A page did not get through on a channel; the next step of the engagement goes at once.
    Undelivered {
        /// The page.
        page: OutboxId,
        /// Who could not be reached.
        contact: ContactAlias,
        /// The channel that refused it.
        channel: ChannelId,
        /// The provider's words.
        reason: String,
    },
    /// Something is wrong with the configuration; what else the plan says goes on.
    Problem {
        /// What, and what to do about it.
        text: String,
    },
}
