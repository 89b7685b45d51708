//! What a message says, as facts.

use jiff::Timestamp;
use reveille_domain::{Impact, Incident, IncidentId, ResponsePlanName, Source, Status};

use super::one_line;
use crate::record::OrderRecord;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) kind: NoticeKind,
    pub(super) incident: IncidentId,
    /// One line.
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) impact: Impact,
    pub(super) plan: ResponsePlanName,
    pub(super) source: Source,
    pub(super) opened_at: Timestamp,
    /// Who acknowledged it before, if somebody has and it is not resolved.
    pub(super) acknowledged_by: Option<String>,
    /// Whom it reaches.
    pub(super) contact: String,
    /// Where they answer.
    pub(super) link: Option<String>,
    /// What they reply with to a text message.
    pub(super) code: Option<String>,
}

/// Why it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoticeKind {
    /// Somebody is asked.
    Page,
    /// Somebody else has it; in a few words.
    Acknowledged(String),
    /// It is over; in a few words.
    Resolved(String),
}

impl Notice {
    pub(super) fn of(order: &OrderRecord, incident: &Incident, link: Option<&str>, code: Option<&str>) -> Self {
        let kind = match (order, &incident.status) {
            (OrderRecord::Announce { news, .. }, Status::Open) => NoticeKind::Acknowledged(one_line(news)),
            (OrderRecord::Announce { news, .. }, Status::Resolved(_)) => NoticeKind::Resolved(one_line(news)),
            (
                OrderRecord::Page { .. }
                | OrderRecord::Tell { .. }
                | OrderRecord::TellOperators(_)
                | OrderRecord::Runbook { .. },
                _,
            ) => NoticeKind::Page,
        };
        let opening = &incident.opening;
        Self {
            kind,
            incident: opening.id.clone(),
            title: one_line(&opening.title),
            summary: opening.summary.trim().to_owned(),
            impact: opening.impact,
            plan: opening.response_plan.clone(),
            source: opening.source,
            opened_at: incident.opened_at,
            acknowledged_by: incident.acknowledged.as_ref().map(|first| first.by.to_string()),
            contact: order.contact().map(|contact| contact.to_string()).unwrap_or_default(),
            link: link.map(str::to_owned),
            code: code.map(str::to_owned),
        }
    }

    /// The colour and the word that a chat shows first.
    pub(super) fn headline(&self) -> String {
        match &self.kind {
            NoticeKind::Page => format!("Impact {}: {}", self.impact, self.title),
            NoticeKind::Acknowledged(_) => format!("Answered: {}", self.title),
            NoticeKind::Resolved(_) => format!("Over: {}", self.title),
        }
    }

    /// What follows from it for whoever reads it.
    pub(super) fn advice(&self) -> Option<String> {
        match &self.kind {
            NoticeKind::Page => {
                self.acknowledged_by.as_ref().map(|by| format!("Acknowledged by {by} before, but not resolved."))
            }
            NoticeKind::Acknowledged(news) => Some(format!("{news}. You are not needed unless they ask you.")),
            NoticeKind::Resolved(news) => Some(format!("{news}. Nothing more to do.")),
        }
    }
}
