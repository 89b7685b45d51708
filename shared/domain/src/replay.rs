//! The timeline replays to the state: what an incident is can be told from what happened to it.

use jiff::Timestamp;

use crate::{
    Actor, AgainReason, EngagementId, EngagementState, Incident, Progress, ResolutionReason, RunbookOutcome,
    RunbookState, Status, StopReason, TimelineEvent, TimelineKind,
};

/// What the timeline says of the state, in the terms that both have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Whether the plan has begun.
    pub begun: bool,
    /// When it ended, by whom and how.
    pub resolved: Option<(Timestamp, Actor, ResolutionReason)>,
    /// Who answered first, and when.
    pub acknowledged: Option<(Timestamp, Actor)>,
    /// How each engagement stands.
    pub engagements: Vec<EngagementState>,
    /// How each runbook ended, if it did.
    pub runbooks: Vec<Option<RunbookOutcome>>,
}

impl Replayed {
    /// Folds a whole timeline, oldest first.
    pub fn from_timeline<'a>(events: impl IntoIterator<Item = &'a TimelineEvent>) -> Self {
        let mut replayed = Self::default();
        for event in events {
            replayed.apply(event);
        }
        replayed
    }

    /// The same view of an incident.
    pub fn from_incident(incident: &Incident) -> Self {
        let resolved = match &incident.status {
            Status::Open => None,
            Status::Resolved(resolution) => Some((resolution.at, resolution.by.clone(), resolution.reason)),
        };
        let runbooks = incident.runbooks.iter().map(|run| match &run.state {
            RunbookState::Ordered => None,
            RunbookState::Ended { outcome, .. } => Some(outcome.clone()),
        });
        Self {
            begun: matches!(incident.progress, Progress::Begun { .. }),
            resolved,
            acknowledged: incident.acknowledged.as_ref().map(|first| (first.at, first.by.clone())),
            engagements: incident.engagements.iter().map(|engagement| engagement.state.clone()).collect(),
            runbooks: runbooks.collect(),
        }
    }

    /// One more event.
    pub fn apply(&mut self, event: &TimelineEvent) {
        let at = event.at;
        match &event.kind {
            TimelineKind::PlanBegun | TimelineKind::StageStarted { .. } | TimelineKind::StageSkipped { .. } => {
                self.begun = true;
            }
            TimelineKind::ContactEngaged { .. } | TimelineKind::EscalationEngaged { .. } => {
                self.engagements.push(EngagementState::Engaging);
            }
            TimelineKind::EscalationExhausted { engagement, .. } => {
                self.engagements[engagement.0 as usize] = EngagementState::Exhausted { at };
            }
            TimelineKind::Acknowledged { engagements, by, again } => {
                for id in engagements {
                    let state = EngagementState::Acknowledged { at, by: by.clone(), again: *again };
                    self.engagements[id.0 as usize] = state;
                }
                self.acknowledged.get_or_insert_with(|| (at, by.clone()));
            }
            TimelineKind::AskedAgain { engagements, why } => self.ask_again(engagements, *why),
            TimelineKind::Escalated { .. } | TimelineKind::Reassigned { .. } => self.acknowledged = None,
            TimelineKind::EngagementsStopped { engagements, why } => self.stop(at, engagements, *why),
            TimelineKind::RunbookOrdered { .. } => self.runbooks.push(None),
            TimelineKind::RunbookEnded { run, outcome, .. } => self.runbooks[*run as usize] = Some(outcome.clone()),
            TimelineKind::Resolved { by, reason } => self.resolved = Some((at, by.clone(), *reason)),
            TimelineKind::Opened { .. }
            | TimelineKind::Noted { .. }
            | TimelineKind::NoteAdded { .. }
            | TimelineKind::LastResort { .. }
            | TimelineKind::OnCall { .. }
            | TimelineKind::ResponderAdded { .. }
            | TimelineKind::EscalationStageStarted { .. }
            | TimelineKind::EscalationStageSkipped { .. }
            | TimelineKind::Paged { .. }
            | TimelineKind::NotPaged { .. }
            | TimelineKind::Announced(_)
            | TimelineKind::Undelivered { .. }
            | TimelineKind::Problem { .. } => {}
        }
    }

    fn ask_again(&mut self, engagements: &[EngagementId], why: AgainReason) {
        for id in engagements {
            self.engagements[id.0 as usize] = EngagementState::Engaging;
        }
        if why.ends_the_acknowledgement(&self.engagements) {
            self.acknowledged = None;
        }
    }

    fn stop(&mut self, at: Timestamp, engagements: &[EngagementId], why: StopReason) {
        for id in engagements {
            self.engagements[id.0 as usize] = EngagementState::Stopped { at, why };
        }
    }
}
