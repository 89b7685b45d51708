//! What responders and operators do to an incident beside answering: ask for the next stage, for more people, for others; write
//! something down; start a runbook.

use jiff::Timestamp;

use super::{Ignored, again, draft::Draft, engage, escalation, follow, last_resort, paging, runbooks};
use crate::{
    Actor, AgainReason, Engage, Engaged, Engagement, EngagementId, EngagementState, FrozenPlan, News, Progress,
    RunbookAction, StopReason, TimelineKind, World, limits,
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
        last_resort::come(draft, world, plan);
        paging::page_contacts(draft, world);
        return Ok(());
    };
    for (id, _) in escalations.iter().filter(|(_, at)| *at == first) {
        hasten(draft, plan, *id);
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
    paging::page_contacts(draft, world);
    Ok(())
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
    paging::page_contacts(draft, world);
    Ok(())
}

/// Somebody writes something down. What was learned is often written when it is over.
pub(super) fn note(draft: &mut Draft, by: &Actor, text: &str) -> Result<(), Ignored> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Ignored::Empty);
    }
    let text = limits::clip(text, limits::NOTE_CHARACTERS_MAX);
    draft.tell(TimelineKind::NoteAdded { by: by.clone(), text });
    Ok(())
}

/// Somebody starts a runbook, whether or not the plan has begun.
pub(super) fn start_runbook(draft: &mut Draft, by: &Actor, runbook: &RunbookAction) -> Result<(), Ignored> {
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    if draft.next.runbooks.len() >= limits::RUNBOOKS_BY_HAND_MAX {
        return Err(Ignored::TooMany);
    }
    runbooks::order(draft, Some(by), runbook);
    Ok(())
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

/// Lets an escalation begin its next stage now. What has been answered asks again, and so do the plans above it, which would
/// otherwise never learn how this one ends: they wait for an answer as long as their stages say.
fn hasten(draft: &mut Draft, plan: &FrozenPlan, id: EngagementId) {
    let now = draft.now;
    if let Engaged::Escalation { next_at, rests_until, .. } = &mut draft.engagement_mut(id).engaged {
        (*next_at, *rests_until) = (Some(now), now);
    }
    let mut answered = Vec::new();
    let mut at = Some(id);
    while let Some(id) = at {
        let Some(engagement) = draft.next.engagement(id) else { break };
        at = engagement.parent;
        if matches!(engagement.state, EngagementState::Acknowledged { .. }) {
            answered.push(id);
        }
    }
    for above in answered.iter().filter(|above| **above != id) {
        again::ask_anew(draft, Some(plan), *above);
    }
    if !answered.is_empty() {
        draft.reopen(answered, AgainReason::Escalated);
    }
}
