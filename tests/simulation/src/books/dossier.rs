//! What is known of one incident.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{EngagementId, FrozenPlan, Incident, Replayed, SkipReason, TimelineEvent, TimelineKind};

use super::Change;
use crate::script::Ms;

/// One incident.
#[derive(Clone)]
pub(crate) struct Dossier {
    pub(crate) incident: Incident,
    pub(crate) timeline: Vec<TimelineEvent>,
    /// What the timeline tells so far.
    pub(crate) told: Replayed,
    /// Whether the raw text of what opened it is kept, as much of it as there is room for.
    pub(crate) has_raw_text: bool,
    pub(crate) frozen: Option<FrozenPlan>,
    /// The stage of the response plan that came last, when, and whether the next one follows at once.
    pub(crate) stage: Option<Stage>,
    /// The same of each escalation.
    pub(crate) escalations: BTreeMap<EngagementId, Stage>,
    /// How each contact that is engaged has been asked.
    pub(crate) asked: BTreeMap<EngagementId, Asked>,
    /// Repeats that have been counted.
    pub(crate) repeats: u64,
    pub(crate) newest_repeat: Option<i64>,
    /// When the signal that ended it occurred.
    pub(crate) ended_by: Option<i64>,
    /// When it changed last.
    pub(crate) changed_at: Ms,
}

/// How a contact has been asked since it was engaged, or is asked anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) since: Timestamp,
    pub(crate) paged_at: Option<Timestamp>,
    /// Something did not get through: the next step need not wait for its minutes.
    pub(crate) hurried: bool,
}

/// A stage that came last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    pub(crate) number: u32,
    pub(crate) round: u32,
    pub(crate) at: Timestamp,
    /// The next one need not wait: nobody could be asked, or somebody wants it now.
    pub(crate) hurried: bool,
}

impl Asked {
    fn since(at: Timestamp) -> Self {
        Self { since: at, paged_at: None, hurried: false }
    }
}

impl Dossier {
    pub(super) fn of(incident: Incident) -> Self {
        Self {
            incident,
            timeline: Vec::new(),
            told: Replayed::default(),
            has_raw_text: false,
            frozen: None,
            stage: None,
            escalations: BTreeMap::new(),
            asked: BTreeMap::new(),
            repeats: 0,
            newest_repeat: None,
            ended_by: None,
            changed_at: 0,
        }
    }

    /// The events of a change.
    pub(crate) fn events(&self, change: &Change) -> &[TimelineEvent] {
        self.timeline.get(change.events.clone()).unwrap_or_default()
    }

    fn hurry_contacts(&mut self) {
        self.asked.values_mut().for_each(|asked| asked.hurried = true);
    }

    pub(super) fn note_stage(&mut self, event: &TimelineEvent) {
        let at = event.at;
        match &event.kind {
            TimelineKind::StageStarted { stage } => {
                self.stage = Some(Stage { number: *stage, round: 0, at, hurried: false });
            }
            TimelineKind::StageSkipped { stage, why } => {
                let hurried = *why == SkipReason::Nobody;
                self.stage = Some(Stage { number: *stage, round: 0, at, hurried });
            }
            TimelineKind::LastResort { .. } => self.hurry_contacts(),
            TimelineKind::EscalationStageStarted { engagement, stage, round, .. } => {
                // A later stage or round may ask somebody anew who is being asked.
                self.hurry_contacts();
                self.escalations.insert(*engagement, Stage { number: *stage, round: *round, at, hurried: false });
            }
            TimelineKind::EscalationStageSkipped { engagement, stage, .. } => {
                let round = self.escalations.get(engagement).map_or(0, |stage| stage.round);
                self.escalations.insert(*engagement, Stage { number: *stage, round, at, hurried: true });
            }
            TimelineKind::Escalated { .. } => {
                self.stage.iter_mut().for_each(|stage| stage.hurried = true);
                self.escalations.values_mut().for_each(|stage| stage.hurried = true);
            }
            TimelineKind::ContactEngaged { engagement, .. } => {
                self.asked.insert(*engagement, Asked::since(at));
            }
            TimelineKind::Paged { engagement, .. } => {
                if let Some(asked) = self.asked.get_mut(engagement) {
                    asked.paged_at = Some(at);
                }
            }
            TimelineKind::NotPaged { .. } | TimelineKind::Undelivered { .. } => self.hurry_contacts(),
            // Whoever is asked again is asked by a clock that begins anew.
            TimelineKind::AskedAgain { engagements, .. } => {
                for id in engagements {
                    self.asked.entry(*id).and_modify(|asked| *asked = Asked::since(at));
                    if let Some(stage) = self.escalations.get_mut(id) {
                        *stage = Stage { at, hurried: true, ..*stage };
                    }
                }
            }
            _ => {}
        }
    }
}
