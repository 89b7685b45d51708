//! One incident in one row: what a list shows, and what commands say of the incident that they changed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reveille_domain::{EngagementState, Incident, Status};
use serde::Serialize;

/// How an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has answered.
    Open,
    /// Somebody has it.
    Acknowledged,
    /// Somebody has it, and it asks them again after a while.
    Snoozed,
    /// It is over.
    Resolved,
}

/// One incident, as lists and JSON have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The whole id.
    pub id: String,
    /// As much of it as tells it apart.
    pub short_id: String,
    /// One line for people.
    pub title: String,
    /// The response plan.
    pub plan: String,
    /// 1 to 5.
    pub impact: u8,
    /// How it stands.
    pub state: State,
    /// Who reported it.
    pub source: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who ended it.
    pub resolved_by: Option<String>,
    /// Who has it: everybody whose answer stands.
    pub holders: Vec<String>,
    /// Who is asked and has not answered.
    pub asked: Vec<String>,
    /// When it does something by itself next.
    pub next_at: Option<Timestamp>,
    /// Signals that were counted on it, beside the first.
    pub repeats: u64,
}

impl State {
    /// How an incident stands.
    pub fn of(incident: &Incident) -> Self {
        if !incident.is_open() {
            return State::Resolved;
        }
        if incident.acknowledged.is_none() {
            return State::Open;
        }
        let answered =
            || incident.engagements.iter().filter(|e| matches!(e.state, EngagementState::Acknowledged { .. }));
        let rests = answered().count() > 0 && answered().all(|engagement| engagement.snoozed_until().is_some());
        if rests { State::Snoozed } else { State::Acknowledged }
    }

    /// The word in lists and JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Acknowledged => "acknowledged",
            State::Snoozed => "snoozed",
            State::Resolved => "resolved",
        }
    }
}

impl Summary {
    /// The row of an incident.
    pub fn of(incident: &Incident, repeats: u64) -> Self {
        let opening = &incident.opening;
        let resolution = match &incident.status {
            Status::Open => None,
            Status::Resolved(resolution) => Some(resolution),
        };
        Self {
            id: opening.id.to_string(),
            short_id: opening.id.short().to_owned(),
            title: opening.title.clone(),
            plan: opening.response_plan.to_string(),
            impact: opening.impact.number(),
            state: State::of(incident),
            source: opening.source.name().to_owned(),
            opened_at: incident.opened_at,
            resolved_at: resolution.map(|resolution| resolution.at),
            resolved_by: resolution.map(|resolution| resolution.by.to_string()),
            holders: holders(incident),
            asked: asked(incident),
            next_at: incident.due(),
            repeats,
        }
    }

    /// Who stands behind it, in few words.
    pub(crate) fn who(&self) -> String {
        match self.state {
            State::Resolved => self.resolved_by.clone().unwrap_or_default(),
            State::Acknowledged | State::Snoozed => self.holders.join(", "),
            State::Open if self.asked.is_empty() => "nobody is asked".to_owned(),
            State::Open => format!("asking {}", self.asked.join(", ")),
        }
    }
}

/// Whose answers stand, in the order in which they were given.
fn holders(incident: &Incident) -> Vec<String> {
    let mut answers: Vec<(Timestamp, String)> = Vec::new();
    if let Some(first) = &incident.acknowledged {
        answers.push((first.at, first.by.to_string()));
    }
    for engagement in &incident.engagements {
        if let EngagementState::Acknowledged { at, by, .. } = &engagement.state {
            answers.push((*at, by.to_string()));
        }
    }
    answers.sort();
    let mut seen = BTreeSet::new();
    answers.into_iter().map(|(_, by)| by).filter(|by| seen.insert(by.clone())).collect()
}

/// Contacts who are asked at this moment, each once.
fn asked(incident: &Incident) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let open = incident.engagements.iter().filter(|engagement| incident.is_open() && engagement.is_open());
    open.filter_map(|engagement| engagement.contact())
        .map(ToString::to_string)
        .filter(|c| seen.insert(c.clone()))
        .collect()
}
