//! Following escalation plans: the next stage, the next round, the end.

use super::draft::Draft;
use super::engage::{self, Under};
use crate::{
    AgainReason, ContactAlias, Engaged, EngagementId, EngagementState, EscalationPlan, EscalationTarget, FrozenPlan,
    PlanAlias, Rounds, SkipReason, StopReason, TargetKind, TimelineKind, World, limits,
};

/// Starts the next stage of every escalation that is due.
pub(super) fn start_stages(draft: &mut Draft, plan: &FrozenPlan, world: &World) {
    let is_due = |e: &crate::Engagement| {
        matches!(e.engaged, Engaged::Escalation { .. })
            && e.state == EngagementState::Engaging
            && e.due().is_some_and(|at| at <= draft.now)
    };
    let due: Vec<EngagementId> = draft.next.engagements.iter().filter(|e| is_due(e)).map(|e| e.id).collect();
    for id in due {
        // What an end brings about is an order, too: without room for it, the end comes with the next step.
        if draft.room() == 0 {
            return;
        }
        // The stage before may have ended this one, as part of itself.
        if draft.next.engagement(id).is_some_and(|e| e.due().is_some_and(|at| at <= draft.now)) {
            start_next_stage(draft, plan, world, id);
        }
    }
}

/// Starts the next stage in which somebody can be asked, or ends the escalation; answers whether anybody is asked.
pub(super) fn start_next_stage(draft: &mut Draft, plan: &FrozenPlan, world: &World, id: EngagementId) -> bool {
    while let Some(escalation) = enter_next_stage(draft, plan, id) {
        let Engaged::Escalation { plan: alias, stage: Some(stage), round, .. } =
            draft.engagement_mut(id).engaged.clone()
        else {
            return false;
        };
        let skipped = |why| TimelineKind::EscalationStageSkipped { engagement: id, plan: alias.clone(), stage, why };
        if !escalation.stages[stage as usize].when.holds(draft.next.opening.impact, draft.now) {
            draft.tell(skipped(SkipReason::When));
            continue;
        }
        draft.tell(TimelineKind::EscalationStageStarted { engagement: id, plan: alias.clone(), stage, round });
        if ask_stage(draft, plan, world, id) {
            if let Engaged::Escalation { asked, .. } = &mut draft.engagement_mut(id).engaged {
                *asked = true;
            }
            return true;
        }
        draft.tell(skipped(SkipReason::Nobody));
    }
    if is_resting(draft, plan, id) {
        return true;
    }
    exhaust(draft, id);
    false
}

/// Moves to the next stage and sets its time; `None`: there is none, or the next round has to wait.
fn enter_next_stage<'p>(draft: &mut Draft, plan: &'p FrozenPlan, id: EngagementId) -> Option<&'p EscalationPlan> {
    let now = draft.now;
    let Engaged::Escalation { plan: alias, stage, round, asked, rests_until, .. } = &draft.engagement_mut(id).engaged
    else {
        return None;
    };
    let (escalation, mut rests_until) = (plan.escalations.get(alias)?, *rests_until);
    let (next_stage, next_round) = next_place(escalation, *stage, *round, *asked)?;
    let begins_round = next_stage == 0;
    let has_to_rest = begins_round && now < rests_until;
    if begins_round && !has_to_rest {
        rests_until = draft.in_minutes(limits::ROUND_MINUTES_MIN);
    }
    let ends = draft.in_minutes(escalation.stages[next_stage as usize].minutes);
    let ends_round = matches!(next_place(escalation, Some(next_stage), next_round, true), Some((0, _)));
    let ends = if ends_round { ends.max(rests_until) } else { ends };
    let entered = &mut draft.engagement_mut(id).engaged;
    if let Engaged::Escalation { stage, round, asked, rests_until: until, next_at, .. } = entered {
        if has_to_rest {
            *next_at = Some(rests_until);
            return None;
        }
        *asked &= !begins_round;
        (*stage, *round, *until, *next_at) = (Some(next_stage), next_round, rests_until, Some(ends));
    }
    Some(escalation)
}

/// Where an escalation goes next: the stage and the round, or nowhere. A round in which nobody could be asked is the last.
pub(super) fn next_place(plan: &EscalationPlan, stage: Option<u32>, round: u32, asked: bool) -> Option<(u32, u32)> {
    let last = u32::try_from(plan.stages.len()).unwrap_or(u32::MAX).checked_sub(1)?;
    match stage {
        None => Some((0, round)),
        Some(stage) if stage < last => Some((stage + 1, round)),
        Some(_) if !asked => None,
        Some(_) => match plan.repeat {
            Rounds::Forever => Some((0, round.saturating_add(1))),
            Rounds::Times(times) if round < times => Some((0, round + 1)),
            Rounds::Times(_) => None,
        },
    }
}

/// Whether an escalation that has entered no stage has one to enter: its next round would begin too soon after the one before. One that
/// has none ends now, also if its last stage, in which nobody could be asked, would have had some minutes.
fn is_resting(draft: &Draft, plan: &FrozenPlan, id: EngagementId) -> bool {
    let Some(Engaged::Escalation { plan: alias, stage, round, asked, .. }) =
        draft.next.engagement(id).map(|engagement| &engagement.engaged)
    else {
        return false;
    };
    plan.escalations.get(alias).is_some_and(|plan| next_place(plan, *stage, *round, *asked).is_some())
}

/// Minutes for which a stage waits for an answer.
pub(super) fn stage_minutes(plan: &FrozenPlan, alias: &PlanAlias, stage: Option<u32>) -> u32 {
    let stages = plan.escalations.get(alias).map(|escalation| escalation.stages.as_slice()).unwrap_or_default();
    stages.get(stage.unwrap_or_default() as usize).map_or(0, |stage| stage.minutes)
}

/// Asks the targets of the stage that has begun: all, or the one whose turn it is, or the next after them who can be asked.
fn ask_stage(draft: &mut Draft, plan: &FrozenPlan, world: &World, id: EngagementId) -> bool {
    let Engaged::Escalation { plan: alias, stage: Some(stage), round, turn, .. } =
        draft.engagement_mut(id).engaged.clone()
    else {
        return false;
    };
    let Some(escalation) = plan.escalations.get(&alias) else { return false };
    let targets = &escalation.stages[stage as usize].targets;
    if !escalation.round_robin {
        return targets.iter().filter(|target| ask(draft, plan, world, target, id)).count() > 0;
    }
    let first = usize::try_from((turn.wrapping_add(u64::from(round))) % (targets.len().max(1) as u64)).unwrap_or(0);
    let (before, from) = targets.split_at(first);
    from.iter().chain(before).any(|target| ask(draft, plan, world, target, id))
}

/// Asks one target; answers whether anybody is asked.
fn ask(draft: &mut Draft, plan: &FrozenPlan, world: &World, target: &EscalationTarget, parent: EngagementId) -> bool {
    let under = Under { parent: Some(parent), essential: target.essential };
    match &target.kind {
        TargetKind::Contact(alias) => ask_contact(draft, world, alias, under),
        TargetKind::Schedule(alias) => {
            let on_call = engage::on_call(draft, world, alias);
            on_call.iter().filter(|alias| ask_contact(draft, world, alias, under)).count() > 0
        }
        TargetKind::Plan(alias) => ask_plan(draft, plan, world, alias, under),
    }
}

/// In a later round the engagement of the round before begins its steps again: an escalation that goes on for days keeps as
/// many engagements as it has targets. Who has answered, without ending the escalation, is not asked again.
fn ask_contact(draft: &mut Draft, world: &World, alias: &ContactAlias, under: Under) -> bool {
    let known = draft.next.engagements.iter().find(|e| e.parent == under.parent && e.contact() == Some(alias));
    let Some((id, state)) = known.map(|e| (e.id, e.state.clone())) else {
        return engage::contact(draft, world, alias, under);
    };
    let Some(contact) = world.contacts.get(alias).filter(|contact| contact.can_be_paged()) else { return false };
    if !ask_known(draft, id, &state) {
        return false;
    }
    // Whoever is asked anew is asked by the plan that they have by now.
    let (now, impact) = (draft.now, draft.next.opening.impact);
    draft.engagement_mut(id).engaged.take_plan(contact.plan(impact), now);
    true
}

fn ask_plan(draft: &mut Draft, plan: &FrozenPlan, world: &World, alias: &PlanAlias, under: Under) -> bool {
    let is_it = |engaged: &Engaged| matches!(engaged, Engaged::Escalation { plan, .. } if plan == alias);
    let known = draft.next.engagements.iter().find(|e| e.parent == under.parent && is_it(&e.engaged));
    let Some((id, state)) = known.map(|e| (e.id, e.state.clone())) else {
        return engage::escalation_plan(draft, plan, world, alias, under);
    };
    ask_known(draft, id, &state) && start_next_stage(draft, plan, world, id)
}

/// Asks again what has been asked before; `false`: it has answered.
fn ask_known(draft: &mut Draft, id: EngagementId, state: &EngagementState) -> bool {
    let now = draft.now;
    match state {
        EngagementState::Engaging => {
            draft.engagement_mut(id).engaged.restart(now);
            true
        }
        EngagementState::Exhausted { .. }
        | EngagementState::Stopped { why: StopReason::AnsweredByAnother | StopReason::Reassigned, .. } => {
            draft.engagement_mut(id).engaged.restart(now);
            draft.reopen(vec![id], AgainReason::NextRound);
            true
        }
        EngagementState::Acknowledged { .. } | EngagementState::Stopped { why: StopReason::Resolved, .. } => false,
    }
}

fn exhaust(draft: &mut Draft, id: EngagementId) {
    let at = draft.now;
    let engagement = draft.engagement_mut(id);
    engagement.state = EngagementState::Exhausted { at };
    let Engaged::Escalation { plan, .. } = &engagement.engaged else { return };
    let plan = plan.clone();
    draft.tell(TimelineKind::EscalationExhausted { engagement: id, plan });
}
