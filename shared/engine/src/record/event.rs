//! The timeline as stored: one row for the events of a revision, one for each attempt at an order.

use jiff::Timestamp;
use reveille_domain::{
    Actor, Again, Announcement, AutomationId, ChannelId, ContactAlias, EngagementId, NoteReason, OutboxId, PlanAlias,
    Receipt, ScheduleAlias, SkipReason, TimelineEvent, TimelineKind,
};
use serde::{Deserialize, Serialize};

use super::contact::{KindRecord, channels_from_record, channels_to_record};
use super::incident::{
    ActorRecord, AgainReasonRecord, AgainRecord, AnnouncementRecord, OutcomeRecord, ReasonRecord, StopRecord,
    same_variants,
};
use super::plan::EngageRecord;

/// Everything that one revision put on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsRecord {
    /// The revision.
    pub rev: u64,
    /// In order.
    pub events: Vec<EventRecord>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    at: Timestamp,
    kind: EventKindRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventKindRecord {
    Opened {
        title: String,
    },
    Noted {
        reason: NoteRecord,
        text: String,
    },
    NoteAdded {
        by: ActorRecord,
        text: String,
    },
    LastResort {
        contact: Option<String>,
    },
    PlanBegun,
    StageStarted {
        stage: u32,
    },
    StageSkipped {
        stage: u32,
        why: SkipRecord,
    },
    OnCall {
        schedule: String,
        contacts: Vec<String>,
    },
    ContactEngaged {
        engagement: u32,
        parent: Option<u32>,
        contact: String,
    },
    EscalationEngaged {
        engagement: u32,
        parent: Option<u32>,
        plan: String,
    },
    EscalationStageStarted {
        engagement: u32,
        plan: String,
        stage: u32,
        round: u32,
    },
    EscalationStageSkipped {
        engagement: u32,
        plan: String,
        stage: u32,
        why: SkipRecord,
    },
    EscalationExhausted {
        engagement: u32,
        plan: String,
    },
    Paged {
        page: (u64, u32),
        engagement: u32,
        contact: String,
        channels: Vec<(String, KindRecord)>,
    },
    NotPaged {
        engagement: u32,
        contact: String,
    },
    Acknowledged {
        engagements: Vec<u32>,
        by: ActorRecord,
        again: Option<AgainRecord>,
    },
    AskedAgain {
        engagements: Vec<u32>,
        why: AgainReasonRecord,
    },
    Escalated {
        by: ActorRecord,
    },
    ResponderAdded {
        by: ActorRecord,
        target: EngageRecord,
    },
    Reassigned {
        by: ActorRecord,
        to: EngageRecord,
    },
    EngagementsStopped {
        engagements: Vec<u32>,
        why: StopRecord,
    },
    RunbookOrdered {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<ActorRecord>,
        run: u32,
        document: String,
    },
    RunbookEnded {
        run: u32,
        document: String,
        execution: Option<String>,
        outcome: OutcomeRecord,
    },
    Announced(AnnouncementRecord),
    Resolved {
        by: ActorRecord,
        reason: ReasonRecord,
    },
    Undelivered {
        page: (u64, u32),
        contact: String,
        channel: String,
        reason: String,
    },
    Problem {
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SkipRecord {
    Acknowledged,
    When,
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoteRecord {
    InsufficientData,
    Muted,
    Suppressed,
    Reconfigured,
}

/// What became of one attempt at an order, on each of its channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptsRecord {
    /// When.
    pub at: Timestamp,
    /// The contact, for pages and announcements.
    pub contact: Option<String>,
    /// One entry a channel that was tried.
    pub receipts: Vec<ReceiptRecord>,
    /// When the table may sweep it up, in seconds since the epoch; absent: it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// What became of one attempt on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRecord {
    /// The channel's id; for a runbook, the document.
    pub channel: String,
    /// The kind of channel; absent for a runbook.
    pub kind: Option<String>,
    /// `sent`, `refused`, `failed`, `given_up`, `stopped`, `bundled` or `started`; from a provider's report, `delivered`, `answered`,
    /// `delayed`, `not_delivered` or `complained`.
    pub outcome: String,
    /// The provider's words, or its id of the message.
    pub text: Option<String>,
}

impl ReceiptRecord {
    /// The outcome on one channel.
    pub fn new(channel: &str, kind: &str, receipt: &Receipt, message_id: Option<String>) -> Self {
        let text = match receipt {
            Receipt::Sent => message_id,
            Receipt::Refused(why)
            | Receipt::Failed(why)
            | Receipt::GivenUp(why)
            | Receipt::Bundled(why)
            | Receipt::Delayed(why)
            | Receipt::NotDelivered(why)
            | Receipt::Complained(why) => Some(why.clone()),
            Receipt::Stopped | Receipt::Delivered | Receipt::Answered => None,
        };
        let outcome = receipt.name().to_owned();
        Self { channel: channel.to_owned(), kind: Some(kind.to_owned()), outcome, text }
    }
}

impl From<&TimelineEvent> for EventRecord {
    fn from(event: &TimelineEvent) -> Self {
        Self { at: event.at, kind: (&event.kind).into() }
    }
}

impl From<EventRecord> for TimelineEvent {
    fn from(record: EventRecord) -> Self {
        Self { at: record.at, kind: record.kind.into() }
    }
}

impl From<&TimelineKind> for EventKindRecord {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event, and nothing to decide in any")]
    fn from(kind: &TimelineKind) -> Self {
        match kind {
            TimelineKind::Opened { title } => Self::Opened { title: title.clone() },
            TimelineKind::Noted { reason, text } => Self::Noted { reason: (*reason).into(), text: text.clone() },
            TimelineKind::NoteAdded { by, text } => Self::NoteAdded { by: by.into(), text: text.clone() },
            TimelineKind::LastResort { contact } => {
                Self::LastResort { contact: contact.as_ref().map(ContactAlias::to_string) }
            }
            TimelineKind::PlanBegun => Self::PlanBegun,
            TimelineKind::StageStarted { stage } => Self::StageStarted { stage: *stage },
            TimelineKind::StageSkipped { stage, why } => Self::StageSkipped { stage: *stage, why: (*why).into() },
            TimelineKind::OnCall { schedule, contacts } => Self::OnCall {
                schedule: schedule.to_string(),
                contacts: contacts.iter().map(ContactAlias::to_string).collect(),
            },
            TimelineKind::ContactEngaged { engagement, parent, contact } => Self::ContactEngaged {
                engagement: engagement.0,
                parent: parent.map(|parent| parent.0),
                contact: contact.to_string(),
            },
            TimelineKind::EscalationEngaged { engagement, parent, plan } => Self::EscalationEngaged {
                engagement: engagement.0,
                parent: parent.map(|parent| parent.0),
                plan: plan.to_string(),
            },
            TimelineKind::EscalationStageStarted { engagement, plan, stage, round } => Self::EscalationStageStarted {
                engagement: engagement.0,
                plan: plan.to_string(),
                stage: *stage,
                round: *round,
            },
            TimelineKind::EscalationStageSkipped { engagement, plan, stage, why } => Self::EscalationStageSkipped {
                engagement: engagement.0,
                plan: plan.to_string(),
                stage: *stage,
                why: (*why).into(),
            },
            TimelineKind::EscalationExhausted { engagement, plan } => {
                Self::EscalationExhausted { engagement: engagement.0, plan: plan.to_string() }
            }
            TimelineKind::Paged { page, engagement, contact, channels } => Self::Paged {
                page: (page.revision, page.number),
                engagement: engagement.0,
                contact: contact.to_string(),
                channels: channels_to_record(channels),
            },
            TimelineKind::NotPaged { engagement, contact } => {
                Self::NotPaged { engagement: engagement.0, contact: contact.to_string() }
            }
            TimelineKind::Acknowledged { engagements, by, again } => Self::Acknowledged {
                engagements: numbers(engagements),
                by: by.into(),
                again: again.map(AgainRecord::from),
            },
            TimelineKind::AskedAgain { engagements, why } => {
                Self::AskedAgain { engagements: numbers(engagements), why: (*why).into() }
            }
            TimelineKind::Escalated { by } => Self::Escalated { by: by.into() },
            TimelineKind::ResponderAdded { by, target } => {
                Self::ResponderAdded { by: by.into(), target: target.into() }
            }
            TimelineKind::Reassigned { by, to } => Self::Reassigned { by: by.into(), to: to.into() },
            TimelineKind::EngagementsStopped { engagements, why } => {
                Self::EngagementsStopped { engagements: numbers(engagements), why: (*why).into() }
            }
            TimelineKind::RunbookOrdered { by, run, document } => {
                Self::RunbookOrdered { by: by.as_ref().map(ActorRecord::from), run: *run, document: document.clone() }
            }
            TimelineKind::RunbookEnded { run, document, execution, outcome } => Self::RunbookEnded {
                run: *run,
                document: document.clone(),
                execution: execution.as_ref().map(AutomationId::to_string),
                outcome: outcome.into(),
            },
            TimelineKind::Announced(announcement) => Self::Announced(announcement.into()),
            TimelineKind::Resolved { by, reason } => Self::Resolved { by: by.into(), reason: (*reason).into() },
            TimelineKind::Undelivered { page, contact, channel, reason } => Self::Undelivered {
                page: (page.revision, page.number),
                contact: contact.to_string(),
                channel: channel.to_string(),
                reason: reason.clone(),
            },
            TimelineKind::Problem { text } => Self::Problem { text: text.clone() },
        }
    }
}

impl From<EventKindRecord> for TimelineKind {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event, and nothing to decide in any")]
    fn from(record: EventKindRecord) -> Self {
        use EventKindRecord as Record;
        match record {
            Record::Opened { title } => Self::Opened { title },
            Record::Noted { reason, text } => Self::Noted { reason: reason.into(), text },
            Record::NoteAdded { by, text } => Self::NoteAdded { by: by.into(), text },
            Record::LastResort { contact } => Self::LastResort { contact: contact.map(ContactAlias::new) },
            Record::PlanBegun => Self::PlanBegun,
            Record::StageStarted { stage } => Self::StageStarted { stage },
            Record::StageSkipped { stage, why } => Self::StageSkipped { stage, why: why.into() },
            Record::OnCall { schedule, contacts } => Self::OnCall {
                schedule: ScheduleAlias::new(schedule),
                contacts: contacts.into_iter().map(ContactAlias::new).collect(),
            },
            Record::ContactEngaged { engagement, parent, contact } => Self::ContactEngaged {
                engagement: EngagementId(engagement),
                parent: parent.map(EngagementId),
                contact: ContactAlias::new(contact),
            },
            Record::EscalationEngaged { engagement, parent, plan } => Self::EscalationEngaged {
                engagement: EngagementId(engagement),
                parent: parent.map(EngagementId),
                plan: PlanAlias::new(plan),
            },
            Record::EscalationStageStarted { engagement, plan, stage, round } => Self::EscalationStageStarted {
                engagement: EngagementId(engagement),
                plan: PlanAlias::new(plan),
                stage,
                round,
            },
            Record::EscalationStageSkipped { engagement, plan, stage, why } => Self::EscalationStageSkipped {
                engagement: EngagementId(engagement),
                plan: PlanAlias::new(plan),
                stage,
                why: why.into(),
            },
            Record::EscalationExhausted { engagement, plan } => {
                Self::EscalationExhausted { engagement: EngagementId(engagement), plan: PlanAlias::new(plan) }
            }
            Record::Paged { page: (revision, number), engagement, contact, channels } => Self::Paged {
                page: OutboxId { revision, number },
                engagement: EngagementId(engagement),
                contact: ContactAlias::new(contact),
                channels: channels_from_record(channels),
            },
            Record::NotPaged { engagement, contact } => {
                Self::NotPaged { engagement: EngagementId(engagement), contact: ContactAlias::new(contact) }
            }
            Record::Acknowledged { engagements, by, again } => {
                Self::Acknowledged { engagements: ids(engagements), by: Actor::from(by), again: again.map(Again::from) }
            }
            Record::AskedAgain { engagements, why } => {
                Self::AskedAgain { engagements: ids(engagements), why: why.into() }
            }
            Record::Escalated { by } => Self::Escalated { by: by.into() },
            Record::ResponderAdded { by, target } => Self::ResponderAdded { by: by.into(), target: target.into() },
            Record::Reassigned { by, to } => Self::Reassigned { by: by.into(), to: to.into() },
            Record::EngagementsStopped { engagements, why } => {
                Self::EngagementsStopped { engagements: ids(engagements), why: why.into() }
            }
            Record::RunbookOrdered { by, run, document } => {
                Self::RunbookOrdered { by: by.map(Actor::from), run, document }
            }
            Record::RunbookEnded { run, document, execution, outcome } => Self::RunbookEnded {
                run,
                document,
                execution: execution.map(AutomationId::new),
                outcome: outcome.into(),
            },
            Record::Announced(announcement) => Self::Announced(Announcement::from(announcement)),
            Record::Resolved { by, reason } => Self::Resolved { by: by.into(), reason: reason.into() },
            Record::Undelivered { page: (revision, number), contact, channel, reason } => Self::Undelivered {
                page: OutboxId { revision, number },
                contact: ContactAlias::new(contact),
                channel: ChannelId::new(channel),
                reason,
            },
            Record::Problem { text } => Self::Problem { text },
        }
    }
}

same_variants!(SkipReason, SkipRecord: Acknowledged, When, Nobody);
same_variants!(NoteReason, NoteRecord: InsufficientData, Muted, Suppressed, Reconfigured);

fn numbers(ids: &[EngagementId]) -> Vec<u32> {
    ids.iter().map(|id| id.0).collect()
}

fn ids(numbers: Vec<u32>) -> Vec<EngagementId> {
    numbers.into_iter().map(EngagementId).collect()
}
