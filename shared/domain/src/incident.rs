//! The incident record: everything a decision needs, in one value with one revision.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    Actor, Announcement, ChannelId, ChannelKind, ContactAlias, Engaged, Engagement, EngagementId, Facts, Impact,
    IncidentId, OutboxId, ResponsePlanName, RunbookRun, Source, limits,
};

/// What opens an incident: a signal, routed and put into its plan's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Derived from the signal's cause.
    pub id: IncidentId,
    /// The plan that answers.
    pub response_plan: ResponsePlanName,
    /// Makes two signals speak about this incident.
    pub dedupe_key: String,
    /// One line for people.
    pub title: String,
    /// Longer text for people; may be empty.
    pub summary: String,
    /// How bad it is.
    pub impact: Impact,
    /// Who reported it.
    pub source: Source,
    /// When the source saw it.
    pub occurred_at: Timestamp,
    /// The template's tags and the signal's.
    pub tags: BTreeMap<String, String>,
    /// What templates of runbook parameters can name.
    pub facts: Facts,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Goes up by one with every step.
    pub revision: u64,
    /// What opened it.
    pub opening: Opening,
    /// When it was opened here.
    pub opened_at: Timestamp,
    /// Open or over.
    pub status: Status,
    /// How far its response plan is.
    pub progress: Progress,
    /// The first acknowledgement that still stands; later ones stand on the engagements.
    pub acknowledged: Option<Acknowledgement>,
    /// In the order in which they began.
    pub engagements: Vec<Engagement>,
    /// In the order in which they were ordered.
    pub runbooks: Vec<RunbookRun>,
    /// News for which the transaction that made them had no room; they are told next, even when the incident is over.
    pub unannounced: Vec<Announcement>,
}

/// Open or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Somebody should do something.
    Open,
    /// It is over; nothing pages any more.
    Resolved(Resolution),
}

/// How an incident ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// Who ended it.
    pub by: Actor,
    /// How.
    pub reason: ResolutionReason,
}

/// How an incident can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResolutionReason {
    /// What was wrong is right again, says its source.
    Recovered,
    /// The alarm no longer exists.
    Removed,
    /// A person said so.
    Resolved,
}

impl ResolutionReason {
    /// The word in timelines and JSON.
    pub fn name(self) -> &'static str {
        match self {
            ResolutionReason::Recovered => "recovered",
            ResolutionReason::Removed => "removed",
            ResolutionReason::Resolved => "resolved",
        }
    }
}

/// Who answered first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
}

/// How far the response plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Committed, not begun: `since` is when it wants to begin.
    Waiting {
        /// Due at this instant.
        since: Timestamp,
    },
    /// Under way.
    Begun {
        /// Zero-based stage that is to start next, and when; `None`: every stage has started or been skipped.
        next: Option<(u32, Timestamp)>,
    },
}

impl Incident {
    /// Whether it is not over.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Open)
    }

    /// The earliest instant at which it wants to be woken. Derived, so that it cannot disagree with the state.
    pub fn due(&self) -> Option<Timestamp> {
        if !self.unannounced.is_empty() {
            return Some(self.opened_at);
        }
        if !self.is_open() {
            return None;
        }
        let plan = match &self.progress {
            Progress::Waiting { since } => Some(*since),
            Progress::Begun { next } => next.map(|(_, at)| at),
        };
        self.engagements.iter().filter_map(Engagement::due).chain(plan).min()
    }

    /// Whether an answer of this contact still changes anything.
    pub fn asks(&self, contact: &ContactAlias) -> bool {
        let theirs = self.engagements.iter().filter(|engagement| engagement.contact() == Some(contact));
        self.is_open() && theirs.into_iter().any(Engagement::is_open)
    }

    /// The newest page that was ordered for this contact; `None`: they have not been paged.
    pub fn latest_page(&self, contact: &ContactAlias) -> Option<OutboxId> {
        let of_theirs = |engagement: &Engagement| match &engagement.engaged {
            Engaged::Contact { contact: whose, latest_page, .. } if whose == contact => {
                latest_page.map(|(page, _)| page)
            }
            Engaged::Contact { .. } | Engaged::Escalation { .. } => None,
        };
        self.engagements.iter().filter_map(of_theirs).max()
    }

    /// The engagement of this number.
    pub fn engagement(&self, id: EngagementId) -> Option<&Engagement> {
        self.engagements.get(id.0 as usize)
    }

    /// Everybody who has been paged lately enough to care, with the channels that paged them.
    pub fn recipients(&self, now: Timestamp) -> BTreeMap<ContactAlias, BTreeSet<(ChannelId, ChannelKind)>> {
        let mut recipients: BTreeMap<ContactAlias, BTreeSet<_>> = BTreeMap::new();
        let stale = SignedDuration::from_hours(24 * limits::NEWS_DAYS_MAX);
        for engagement in &self.engagements {
            if let Engaged::Contact { contact, reached_on, latest_page: Some((_, paged_at)), .. } = &engagement.engaged
                && now.duration_since(*paged_at) < stale
            {
                recipients.entry(contact.clone()).or_default().extend(reached_on.iter().cloned());
            }
        }
        recipients
    }
}
