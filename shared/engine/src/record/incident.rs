//! The state of an incident: one row, one revision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{
    Acknowledgement, Actor, Again, AgainReason, Announcement, AutomationId, ContactAlias, Engaged, Engagement,
    EngagementId, EngagementState, Facts, Impact, Incident, IncidentId, News, Opening, OutboxId, PlanAlias, Progress,
    Resolution, ResolutionReason, ResponsePlanName, RunbookOutcome, RunbookRun, RunbookState, Source, Status,
    StepProgress, StopReason,
};
use serde::{Deserialize, Serialize};

use super::contact::{EngagementPlanRecord, KindRecord, channels_from_record, channels_to_record};
use super::plan::EngageRecord;

/// An incident, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// The revision that the next commit is conditional on.
    pub rev: u64,
    /// The region that drives the incident.
    pub home: String,
    id: String,
    response_plan: String,
    dedupe_key: String,
    title: String,
    summary: String,
    impact: u8,
    source: String,
    occurred_at: Timestamp,
    tags: BTreeMap<String, String>,
    facts: BTreeMap<String, String>,
    opened_at: Timestamp,
    resolution: Option<ResolutionRecord>,
    waiting_since: Option<Timestamp>,
    next_stage: Option<u32>,
    next_stage_at: Option<Timestamp>,
    acknowledged: Option<AcknowledgementRecord>,
    engagements: Vec<EngagementRecord>,
    runbooks: Vec<RunbookRecord>,
    #[serde(default)]
    unannounced: Vec<AnnouncementRecord>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorRecord {
    Contact(String),
    Source(String),
    Operator,
    Caller(String),
    Reveille,
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasonRecord {
    Recovered,
    Removed,
    Resolved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ResolutionRecord {
    at: Timestamp,
    by: ActorRecord,
    reason: ReasonRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AcknowledgementRecord {
    at: Timestamp,
    by: ActorRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EngagementRecord {
    parent: Option<u32>,
    essential: bool,
    began_at: Timestamp,
    engaged: EngagedRecord,
    state: EngagementStateRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EngagedRecord {
    Contact {
        contact: String,
        plan: EngagementPlanRecord,
        progress: Vec<(Option<Timestamp>, u32)>,
        reached_on: Vec<(String, KindRecord)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        others_at: Option<Timestamp>,
        latest_page: Option<(u64, u32, Timestamp)>,
    },
    Escalation {
        plan: String,
        stage: Option<u32>,
        round: u32,
        asked: bool,
        rests_until: Timestamp,
        turn: u64,
        next_at: Option<Timestamp>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EngagementStateRecord {
    Engaging,
    Acknowledged {
        at: Timestamp,
        by: ActorRecord,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<AgainRecord>,
    },
    Stopped {
        at: Timestamp,
        why: StopRecord,
    },
    Exhausted {
        at: Timestamp,
    },
}

/// When an answered engagement asks again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgainRecord {
    at: Timestamp,
    why: AgainReasonRecord,
}

/// Why an engagement asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AgainReasonRecord {
    Snoozed,
    NotResolved,
    Escalated,
    NextRound,
}

/// Why an engagement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StopRecord {
    AnsweredByAnother,
    Reassigned,
    Resolved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RunbookRecord {
    document: String,
    ended: Option<EndedRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EndedRecord {
    at: Timestamp,
    outcome: OutcomeRecord,
    execution: Option<String>,
}

/// How a runbook ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeRecord {
    Succeeded,
    Failed(String),
    Cancelled,
    TimedOut,
}

/// What one earlier recipient is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnnouncementRecord {
    contact: String,
    channels: Vec<(String, KindRecord)>,
    news: NewsRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NewsRecord {
    Acknowledged { by: ActorRecord },
    Snoozed { by: ActorRecord, until: Timestamp },
    Reassigned { by: ActorRecord, to: EngageRecord },
    Resolved { by: ActorRecord, reason: ReasonRecord },
}

impl IncidentRecord {
    /// The record of an incident that this region drives.
    pub fn new(incident: &Incident, home: &str) -> Self {
        let opening = &incident.opening;
        let (waiting_since, next) = match incident.progress {
            Progress::Waiting { since } => (Some(since), None),
            Progress::Begun { next } => (None, next),
        };
        let resolution = match &incident.status {
            Status::Open => None,
            Status::Resolved(resolution) => Some(ResolutionRecord {
                at: resolution.at,
                by: (&resolution.by).into(),
                reason: resolution.reason.into(),
            }),
        };
        let acknowledged = incident.acknowledged.as_ref();
        Self {
            rev: incident.revision,
            home: home.to_owned(),
            id: opening.id.to_string(),
            response_plan: opening.response_plan.to_string(),
            dedupe_key: opening.dedupe_key.clone(),
            title: opening.title.clone(),
            summary: opening.summary.clone(),
            impact: opening.impact.number(),
            source: opening.source.name().to_owned(),
            occurred_at: opening.occurred_at,
            tags: opening.tags.clone(),
            facts: opening.facts.0.clone(),
            opened_at: incident.opened_at,
            resolution,
            waiting_since,
            next_stage: next.map(|(stage, _)| stage),
            next_stage_at: next.map(|(_, at)| at),
            acknowledged: acknowledged.map(|first| AcknowledgementRecord { at: first.at, by: (&first.by).into() }),
            engagements: incident.engagements.iter().map(EngagementRecord::from).collect(),
            runbooks: incident.runbooks.iter().map(RunbookRecord::from).collect(),
            unannounced: incident.unannounced.iter().map(AnnouncementRecord::from).collect(),
        }
    }
}

impl From<IncidentRecord> for Incident {
    fn from(record: IncidentRecord) -> Self {
        let engagements = record.engagements.into_iter().zip(0..);
        let status = record.resolution.map_or(Status::Open, |resolution| {
            Status::Resolved(Resolution {
                at: resolution.at,
                by: resolution.by.into(),
                reason: resolution.reason.into(),
            })
        });
        let progress = match record.waiting_since {
            Some(since) => Progress::Waiting { since },
            None => Progress::Begun { next: record.next_stage.zip(record.next_stage_at) },
        };
        let opening = Opening {
            id: IncidentId::new(record.id),
            response_plan: ResponsePlanName::new(record.response_plan),
            dedupe_key: record.dedupe_key,
            title: record.title,
            summary: record.summary,
            impact: Impact::from_number(record.impact).unwrap_or(Impact::Critical),
            source: Source::from_name(&record.source).unwrap_or(Source::Unknown),
            occurred_at: record.occurred_at,
            tags: record.tags,
            facts: Facts(record.facts),
        };
        Self {
            revision: record.rev,
            opening,
            opened_at: record.opened_at,
            status,
            progress,
            acknowledged: record.acknowledged.map(|first| Acknowledgement { at: first.at, by: first.by.into() }),
            engagements: engagements.map(|(engagement, id)| engagement.into_domain(EngagementId(id))).collect(),
            runbooks: record.runbooks.into_iter().map(RunbookRun::from).collect(),
            unannounced: record.unannounced.into_iter().map(Announcement::from).collect(),
        }
    }
}

impl From<&Engagement> for EngagementRecord {
    fn from(engagement: &Engagement) -> Self {
        let engaged = match &engagement.engaged {
            Engaged::Contact { contact, plan, progress, reached_on, others_at, latest_page } => {
                EngagedRecord::Contact {
                    contact: contact.to_string(),
                    plan: plan.into(),
                    progress: progress.iter().map(|step| (step.next_at, step.pages)).collect(),
                    reached_on: channels_to_record(reached_on),
                    others_at: *others_at,
                    latest_page: latest_page.map(|(page, at)| (page.revision, page.number, at)),
                }
            }
            Engaged::Escalation { plan, stage, round, asked, rests_until, turn, next_at } => {
                EngagedRecord::Escalation {
                    plan: plan.to_string(),
                    stage: *stage,
                    round: *round,
                    asked: *asked,
                    rests_until: *rests_until,
                    turn: *turn,
                    next_at: *next_at,
                }
            }
        };
        let state = match &engagement.state {
            EngagementState::Engaging => EngagementStateRecord::Engaging,
            EngagementState::Acknowledged { at, by, again } => {
                EngagementStateRecord::Acknowledged { at: *at, by: by.into(), again: again.map(AgainRecord::from) }
            }
            EngagementState::Stopped { at, why } => EngagementStateRecord::Stopped { at: *at, why: (*why).into() },
            EngagementState::Exhausted { at } => EngagementStateRecord::Exhausted { at: *at },
        };
        Self {
            parent: engagement.parent.map(|parent| parent.0),
            essential: engagement.essential,
            began_at: engagement.began_at,
            engaged,
            state,
        }
    }
}

impl EngagementRecord {
    fn into_domain(self, id: EngagementId) -> Engagement {
        let engaged = match self.engaged {
            EngagedRecord::Contact { contact, plan, progress, reached_on, others_at, latest_page } => {
                Engaged::Contact {
                    contact: ContactAlias::new(contact),
                    plan: plan.into(),
                    progress: progress.into_iter().map(|(next_at, pages)| StepProgress { next_at, pages }).collect(),
                    reached_on: channels_from_record(reached_on),
                    others_at,
                    latest_page: latest_page.map(|(revision, number, at)| (OutboxId { revision, number }, at)),
                }
            }
            EngagedRecord::Escalation { plan, stage, round, asked, rests_until, turn, next_at } => {
                Engaged::Escalation { plan: PlanAlias::new(plan), stage, round, asked, rests_until, turn, next_at }
            }
        };
        let state = match self.state {
            EngagementStateRecord::Engaging => EngagementState::Engaging,
            EngagementStateRecord::Acknowledged { at, by, again } => {
                EngagementState::Acknowledged { at, by: by.into(), again: again.map(Again::from) }
            }
            EngagementStateRecord::Stopped { at, why } => EngagementState::Stopped { at, why: why.into() },
            EngagementStateRecord::Exhausted { at } => EngagementState::Exhausted { at },
        };
        Engagement {
            id,
            parent: self.parent.map(EngagementId),
            essential: self.essential,
            began_at: self.began_at,
            engaged,
            state,
        }
    }
}

impl From<&RunbookRun> for RunbookRecord {
    fn from(run: &RunbookRun) -> Self {
        let ended = match &run.state {
            RunbookState::Ordered => None,
            RunbookState::Ended { at, outcome, execution } => Some(EndedRecord {
                at: *at,
                outcome: outcome.into(),
                execution: execution.as_ref().map(AutomationId::to_string),
            }),
        };
        Self { document: run.document.clone(), ended }
    }
}

impl From<RunbookRecord> for RunbookRun {
    fn from(record: RunbookRecord) -> Self {
        let state = record.ended.map_or(RunbookState::Ordered, |ended| RunbookState::Ended {
            at: ended.at,
            outcome: ended.outcome.into(),
            execution: ended.execution.map(AutomationId::new),
        });
        Self { document: record.document, state }
    }
}

impl From<&Announcement> for AnnouncementRecord {
    fn from(announcement: &Announcement) -> Self {
        let news = match &announcement.news {
            News::Acknowledged { by } => NewsRecord::Acknowledged { by: by.into() },
            News::Snoozed { by, until } => NewsRecord::Snoozed { by: by.into(), until: *until },
            News::Reassigned { by, to } => NewsRecord::Reassigned { by: by.into(), to: to.into() },
            News::Resolved { by, reason } => NewsRecord::Resolved { by: by.into(), reason: (*reason).into() },
        };
        Self { contact: announcement.contact.to_string(), channels: channels_to_record(&announcement.channels), news }
    }
}

impl From<AnnouncementRecord> for Announcement {
    fn from(record: AnnouncementRecord) -> Self {
        let news = match record.news {
            NewsRecord::Acknowledged { by } => News::Acknowledged { by: by.into() },
            NewsRecord::Snoozed { by, until } => News::Snoozed { by: by.into(), until },
            NewsRecord::Reassigned { by, to } => News::Reassigned { by: by.into(), to: to.into() },
            NewsRecord::Resolved { by, reason } => News::Resolved { by: by.into(), reason: reason.into() },
        };
        Self { contact: ContactAlias::new(record.contact), channels: channels_from_record(record.channels), news }
    }
}

impl From<Again> for AgainRecord {
    fn from(again: Again) -> Self {
        Self { at: again.at, why: again.why.into() }
    }
}

impl From<AgainRecord> for Again {
    fn from(record: AgainRecord) -> Self {
        Self { at: record.at, why: record.why.into() }
    }
}

impl From<&Actor> for ActorRecord {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::Contact(alias) => ActorRecord::Contact(alias.to_string()),
            Actor::Source(name) => ActorRecord::Source(name.clone()),
            Actor::Operator => ActorRecord::Operator,
            Actor::Caller(name) => ActorRecord::Caller(name.clone()),
            Actor::Reveille => ActorRecord::Reveille,
        }
    }
}

impl From<ActorRecord> for Actor {
    fn from(record: ActorRecord) -> Self {
        match record {
            ActorRecord::Contact(alias) => Actor::Contact(ContactAlias::new(alias)),
            ActorRecord::Source(name) => Actor::Source(name),
            ActorRecord::Operator => Actor::Operator,
            ActorRecord::Caller(name) => Actor::Caller(name),
            ActorRecord::Reveille => Actor::Reveille,
        }
    }
}

/// Two enums with the same variants, one of the domain and one stored.
macro_rules! same_variants {
    ($domain:ident, $record:ident: $($variant:ident),+) => {
        impl From<$domain> for $record {
            fn from(value: $domain) -> Self {
                match value { $($domain::$variant => $record::$variant),+ }
            }
        }
        impl From<$record> for $domain {
            fn from(value: $record) -> Self {
                match value { $($record::$variant => $domain::$variant),+ }
            }
        }
    };
}

pub(crate) use same_variants;

same_variants!(ResolutionReason, ReasonRecord: Recovered, Removed, Resolved);
same_variants!(StopReason, StopRecord: AnsweredByAnother, Reassigned, Resolved);
same_variants!(AgainReason, AgainReasonRecord: Snoozed, NotResolved, Escalated, NextRound);

impl From<&RunbookOutcome> for OutcomeRecord {
    fn from(outcome: &RunbookOutcome) -> Self {
        match outcome {
            RunbookOutcome::Succeeded => OutcomeRecord::Succeeded,
            RunbookOutcome::Failed(why) => OutcomeRecord::Failed(why.clone()),
            RunbookOutcome::Cancelled => OutcomeRecord::Cancelled,
            RunbookOutcome::TimedOut => OutcomeRecord::TimedOut,
        }
    }
}

impl From<OutcomeRecord> for RunbookOutcome {
    fn from(record: OutcomeRecord) -> Self {
        match record {
            OutcomeRecord::Succeeded => RunbookOutcome::Succeeded,
            OutcomeRecord::Failed(why) => RunbookOutcome::Failed(why),
            OutcomeRecord::Cancelled => RunbookOutcome::Cancelled,
            OutcomeRecord::TimedOut => RunbookOutcome::TimedOut,
        }
    }
}
