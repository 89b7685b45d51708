//! Invariant 9: no stage comes before its time, whatever was late.

#![expect(clippy::wildcard_enum_match_arm, reason = "a checker looks for one thing among all that can happen")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{EngagementId, FrozenPlan, Incident, PlanAlias, SkipReason, TimelineEvent, TimelineKind};

use crate::crash::Ending;

pub(super) fn no_stage_comes_before_its_time(_: &Ending, after: &Ending) -> Vec<String> {
    let too_early = |(id, plan)| {
        let mut course = Course::of(after.incidents.get(id)?, plan);
        after.timelines.get(id)?.iter().find_map(|(revision, event)| course.too_early(*revision, event))
    };
    after.plans.iter().filter_map(too_early).collect()
}

/// A stage that came last.
#[derive(Clone, Copy)]
struct Stage {
    number: u32,
    at: Timestamp,
    revision: u64,
    /// The next one need not wait: nobody could be asked, or somebody wants it now.
    hurried: bool,
}

/// How an incident has gone so far.
struct Course<'a> {
    incident: &'a Incident,
    plan: &'a FrozenPlan,
    last: Option<Stage>,
    escalations: BTreeMap<EngagementId, Stage>,
}

impl<'a> Course<'a> {
    fn of(incident: &'a Incident, plan: &'a FrozenPlan) -> Self {
        Self { incident, plan, last: None, escalations: BTreeMap::new() }
    }

    /// Why an event comes too early, if so. It has happened then.
    fn too_early(&mut self, revision: u64, event: &TimelineEvent) -> Option<String> {
        let at = event.at;
        match &event.kind {
            TimelineKind::StageStarted { stage } => self.stage(Stage { number: *stage, at, revision, hurried: false }),
            TimelineKind::StageSkipped { stage, why } => {
                self.stage(Stage { number: *stage, at, revision, hurried: *why == SkipReason::Nobody })
            }
            TimelineKind::EscalationStageStarted { engagement, plan, stage, .. } => {
                self.escalation(*engagement, plan, Stage { number: *stage, at, revision, hurried: false })
            }
            TimelineKind::EscalationStageSkipped { engagement, .. } => self.hurry(&[*engagement]),
            TimelineKind::AskedAgain { engagements, .. } => self.hurry(engagements),
            TimelineKind::Escalated { .. } => {
                self.last.iter_mut().chain(self.escalations.values_mut()).for_each(|stage| stage.hurried = true);
                None
            }
            _ => None,
        }
    }

    /// The response plan's stages wait for the one before.
    fn stage(&mut self, begins: Stage) -> Option<String> {
        let before = self.last.replace(begins);
        // One that asked nobody is skipped after it has started.
        let is_free = before.is_some_and(|before| before.hurried || before.number == begins.number);
        let wait = self.plan.response.stages.get(begins.number as usize).map_or(0, |stage| stage.after_minutes);
        let earliest = before.map_or(self.incident.opened_at, |before| before.at) + minutes(wait);
        (!is_free && begins.at < earliest)
            .then(|| format!("stage {} begins at {}, and not after {earliest}", begins.number, begins.at))
    }

    /// An escalation's stages last so long each. A plan within another begins anew with each stage that asks it.
    fn escalation(&mut self, id: EngagementId, plan: &PlanAlias, begins: Stage) -> Option<String> {
        let before = self.escalations.insert(id, begins)?;
        let parent = self.incident.engagement(id).and_then(|engagement| engagement.parent);
        let above = parent.and_then(|parent| self.escalations.get(&parent));
        let is_anew = begins.number == 0 && above.is_some_and(|above| above.revision == begins.revision);
        let lasts = self.plan.escalations.get(plan).and_then(|plan| plan.stages.get(before.number as usize));
        let earliest = before.at + minutes(lasts.map_or(0, |stage| stage.minutes));
        let is_early = !before.hurried && !is_anew && begins.at < earliest;
        is_early
            .then(|| format!("stage {} of `{plan}` begins at {}, and not after {earliest}", begins.number, begins.at))
    }

    /// What comes next in these plans need not wait.
    fn hurry(&mut self, engagements: &[EngagementId]) -> Option<String> {
        for id in engagements {
            self.escalations.entry(*id).and_modify(|stage| stage.hurried = true);
        }
        None
    }
}

fn minutes(minutes: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(minutes))
}
