//! What goes on for ever: plans that repeat until somebody answers, and phones that ring until then.

use std::collections::BTreeMap;

use reveille_domain::{
    Engaged, Engagement, EngagementState, EngagementStep, EscalationPlan, Incident, PlanAlias, Progress, Rounds,
    StepProgress,
};

/// What has happened so often has shown how it goes on.
const OFTEN: u32 = 3;

/// Whether all that is still to come of an incident by itself has happened often enough, and would go on for ever.
pub(super) fn only_repeats(incident: &Incident, plans: &BTreeMap<PlanAlias, EscalationPlan>) -> bool {
    let comes_more = match incident.progress {
        Progress::Waiting { .. } => true,
        Progress::Begun { next } => next.is_some(),
    };
    let engagements = &incident.engagements;
    incident.is_open() && !comes_more && engagements.iter().all(|engagement| repeats(engagement, engagements, plans))
}

fn repeats(engagement: &Engagement, all: &[Engagement], plans: &BTreeMap<PlanAlias, EscalationPlan>) -> bool {
    if engagement.due().is_none() || is_in_endless(engagement, all, plans) {
        return true;
    }
    match &engagement.engaged {
        Engaged::Contact { plan, progress, others_at: None, .. } if engagement.state == EngagementState::Engaging => {
            plan.steps.iter().zip(progress).all(|(step, progress)| rings_on(step, progress))
        }
        Engaged::Contact { .. } | Engaged::Escalation { .. } => false,
    }
}

/// Whether a step is over, or has paged often enough to be known.
fn rings_on(step: &EngagementStep, progress: &StepProgress) -> bool {
    let is_endless = step.repeat.is_some_and(|repeat| repeat.times.is_none());
    progress.next_at.is_none() || is_endless && progress.pages >= OFTEN
}

/// Whether it is, or belongs to, an escalation that repeats for ever and has been gone through often enough.
fn is_in_endless(engagement: &Engagement, all: &[Engagement], plans: &BTreeMap<PlanAlias, EscalationPlan>) -> bool {
    let parent =
        |engagement: &&Engagement| engagement.parent.and_then(|parent| all.iter().find(|other| other.id == parent));
    std::iter::successors(Some(engagement), parent).any(|engagement| match &engagement.engaged {
        Engaged::Escalation { plan, round, .. } => {
            let forever = plans.get(plan).is_some_and(|plan| plan.repeat == Rounds::Forever);
            forever && *round >= OFTEN && engagement.state == EngagementState::Engaging
        }
        Engaged::Contact { .. } => false,
    })
}
