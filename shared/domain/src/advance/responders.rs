//! What responders and operators do to an incident beside answering: ask for the next stage, for more people, for others.

use jiff::Timestamp;

use super::{Ignored, draft::Draft, engage, escalation, follow};
use crate::{
    Actor, AgainReason, Engage, Engaged, Engagement, EngagementId, EngagementState, FrozenPlan, News, Progress,
    StopReason, TimelineKind, World,
};

/// What would come next comes now, whether or not somebody has acknowledged: the stage whose time is next, of an escalation or of
/// the response plan; after the last of all, the last resort.
pub(super) fn escalate(draft: &mut Draft, world: &World, by: &Actor) -> Result<(), Ignored> {
    let plan = begun(draft, world)?;
    draft.tell(TimelineKind::Escalated { by: by.clone() });
    draft.next.acknowledged = None;
    let escalations: Vec<(EngagementId, Timestamp)> =
        draft.next.engagements.iter().filter_map(|e| can_go_on(e, plan)).collect();
    let stage = match draft.next.progress {
        Progress::Begun { next } => next,
        Progress::Waiting { .. } => None,
    };
    let first = escalations.iter().map(|(_, at)| *at).chain(stage.map(|(_, at)| at)).min();
    let Some(first) = first else {
        return if end_now(draft, world, plan) { follow::page(draft, world) } else { Err(Ignored::NobodyToAsk) };
    };
    for (id, _) in escalations.iter().filter(|(_, at)| *at == first) {
        hasten(draft, *id);
    }
    if let Some((number, _)) = stage.filter(|(_, at)| *at == first) {
        draft.next.progress = Progress::Begun { next: Some((number, draft.now)) };
    }
    follow::follow(draft, plan, world);
    Ok(())
}

/// Somebody is asked beside the others.
pub(super) fn engage(draft: &mut Draft, world: &World, by: &Actor, target: &Engage) -> Result<(), Ignored> {
    let plan = begun(draft, world)?;
    let asked = |alias| draft.next.engagements.iter().any(|e| e.is_open() && e.contact() == Some(alias));
    if let Engage::Contact(alias) = target
        && asked(alias)
    {
        return Err(Ignored::Settled);
    }
    draft.tell(TimelineKind::ResponderAdded { by: by.clone(), target: target.clone() });
    if !engage::engage(draft, plan, world, target) {
        return Err(Ignored::NobodyToAsk);
    }
    draft.froze = Some(plan.clone());
    follow::page(draft, world)
}

/// Somebody is asked instead of the others. If nobody can be asked, all stays as it is.
pub(super) fn reassign(draft: &mut Draft, world: &World, by: &Actor, to: &Engage) -> Result<(), Ignored> {
    let plan = begun(draft, world)?;
    let before: Vec<EngagementId> = draft.next.engagements.iter().filter(|e| !is_stopped(e)).map(|e| e.id).collect();
    draft.tell(TimelineKind::Reassigned { by: by.clone(), to: to.clone() });
    draft.next.acknowledged = None;
    draft.announce(by, &News::Reassigned { by: by.clone(), to: to.clone() });
    draft.stop(before, StopReason::Reassigned);
    if !engage::engage(draft, plan, world, to) {
        return Err(Ignored::NobodyToAsk);
    }
    draft.froze = Some(plan.clone());
    follow::page(draft, world)
}

/// The plan of an incident that is open and has begun.
fn begun<'w>(draft: &Draft, world: &'w World) -> Result<&'w FrozenPlan, Ignored> {
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    if !draft.next.has_begun() {
        return Err(Ignored::NotDue);
    }
    world.plan.as_ref().ok_or(Ignored::Unknown)
}

fn is_stopped(engagement: &Engagement) -> bool {
    matches!(engagement.state, EngagementState::Stopped { .. })
}

/// An escalation that has a stage to go to, answered or not, and when that stage would begin.
fn can_go_on(engagement: &Engagement, plan: &FrozenPlan) -> Option<(EngagementId, Timestamp)> {
    let Engaged::Escalation { plan: alias, stage, round, asked, next_at, .. } = &engagement.engaged else {
        return None;
    };
    let goes_on = match &engagement.state {
        EngagementState::Engaging | EngagementState::Acknowledged { .. } => {
            escalation::next_place(plan.escalations.get(alias)?, *stage, *round, *asked).is_some()
        }
        EngagementState::Stopped { .. } | EngagementState::Exhausted { .. } => false,
    };
    next_at.filter(|_| goes_on).map(|at| (engagement.id, at))
}

fn hasten(draft: &mut Draft, id: EngagementId) {
    let now = draft.now;
    let engagement = draft.engagement_mut(id);
    let was_answered = engagement.state != EngagementState::Engaging;
    if let Engaged::Escalation { next_at, rests_until, .. } = &mut engagement.engaged {
        (*next_at, *rests_until) = (Some(now), now);
    }
    if was_answered {
        draft.reopen(vec![id], AgainReason::Escalated);
    }
}

/// Every stage has begun: the last resort comes now.
fn end_now(draft: &mut Draft, world: &World, plan: &FrozenPlan) -> bool {
    escalation::last_resort(draft, world, plan)
}
