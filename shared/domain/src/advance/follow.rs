//! Following the plans: what starts when a deadline has come.
//!
//! Everything that starts counts its next deadline from now, not from the deadline that was missed: a wake that comes an
//! hour late starts one stage, not four.

use jiff::{SignedDuration, Timestamp};

use super::{Ignored, again, draft::Draft, engage, escalation, last_resort, paging, runbooks};
use crate::{FrozenPlan, Progress, ResponseStage, SkipReason, TimelineKind, Unless, World, limits, mutant};

/// Freezes the plan into the incident and starts what is due at once.
pub(super) fn begin(draft: &mut Draft, world: &World) -> Result<(), Ignored> {
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    if draft.next.has_begun() {
        return Err(Ignored::NotDue);
    }
    let Some(plan) = &world.plan else {
        return begin_without_plan(draft, world);
    };
    draft.froze = Some(plan.clone());
    let first = plan.response.stages.first().map(|stage| {
        let wait = SignedDuration::from_mins(i64::from(stage.after_minutes));
        (0, draft.next.opened_at.saturating_add(wait).unwrap_or(Timestamp::MAX))
    });
    draft.next.progress = Progress::Begun { next: first };
    follow(draft, plan, world);
    if draft.is_blank() {
        draft.tell(TimelineKind::PlanBegun);
    }
    Ok(())
}

/// Starts whatever is due by `now`.
pub(super) fn reach(draft: &mut Draft, world: &World) -> Result<(), Ignored> {
    draft.announce_waiting();
    if !draft.next.is_open() {
        return if draft.is_blank() { Err(Ignored::Settled) } else { Ok(()) };
    }
    if draft.next.due().is_none_or(|due| due > draft.now) {
        return if draft.is_blank() { Err(Ignored::NotDue) } else { Ok(()) };
    }
    match &world.plan {
        _ if !draft.next.has_begun() => begin(draft, world),
        Some(plan) => {
            follow(draft, plan, world);
            if draft.is_blank() { Err(Ignored::NotDue) } else { Ok(()) }
        }
        None => Err(Ignored::Unknown),
    }
}

/// Each of these starts at most one thing of each kind, so what is late does not collapse into one moment.
pub(super) fn follow(draft: &mut Draft, plan: &FrozenPlan, world: &World) {
    again::remind(draft, Some(plan));
    start_response_stage(draft, plan, world);
    escalation::start_stages(draft, plan, world);
    last_resort::come_if_run_out(draft, world, plan);
    paging::page_contacts(draft, world);
}

/// Nobody could look the plan up: the safety contact is paged at once, and the plan is looked for again.
fn begin_without_plan(draft: &mut Draft, world: &World) -> Result<(), Ignored> {
    if let Progress::Waiting { since } = draft.next.progress
        && since <= draft.now
    {
        let retry = SignedDuration::from_mins(limits::PLAN_MISSING_RETRY_MINUTES);
        let since = draft.now.saturating_add(retry).unwrap_or(Timestamp::MAX);
        draft.next.progress = Progress::Waiting { since };
        let name = &draft.next.opening.response_plan;
        let text = format!(
            "there is no response plan `{name}`: apply a configuration that has it; it is looked for every minute"
        );
        draft.problem(text);
        if let Some(alias) = world.safety_contact.as_ref().filter(|_| draft.next.engagements.is_empty()) {
            engage::contact(draft, world, alias, engage::Under::NOTHING);
        }
    }
    again::remind(draft, None);
    paging::page_contacts(draft, world);
    if draft.is_blank() { Err(Ignored::NotDue) } else { Ok(()) }
}

fn start_response_stage(draft: &mut Draft, plan: &FrozenPlan, world: &World) {
    let Progress::Begun { next: Some((number, at)) } = draft.next.progress else {
        return;
    };
    if at > draft.now {
        return;
    }
    let stages = &plan.response.stages;
    let Some(stage) = stages.get(number as usize) else {
        draft.next.progress = Progress::Begun { next: None };
        return;
    };
    // News that waited may have taken the room: the stage stays due, and the next step starts it.
    if draft.room() < limits::RUNBOOKS_PER_STAGE_MAX {
        return;
    }
    // What the stage engages must know whether a further one comes.
    let following = stages.get(number as usize + 1).map(|stage| (number + 1, draft.in_minutes(stage.after_minutes)));
    let following =
        if mutant("collapsed-stages") { stages.get(number as usize + 1).map(|_| (number + 1, at)) } else { following };
    let following = following.filter(|(next, _)| *next < 2 || !mutant("third-stage-forgotten"));
    draft.next.progress = Progress::Begun { next: following };
    let skipped = match skip_reason(draft, stage) {
        Some(why) => Some(why),
        None => {
            draft.tell(TimelineKind::StageStarted { stage: number });
            (!start_actions(draft, plan, world, stage)).then_some(SkipReason::Nobody)
        }
    };
    if let Some(why) = skipped {
        draft.tell(TimelineKind::StageSkipped { stage: number, why });
    }
    let wanted_in_vain = skipped == Some(SkipReason::Nobody);
    if let Some((number, _)) = following.filter(|_| wanted_in_vain) {
        draft.next.progress = Progress::Begun { next: Some((number, draft.now)) };
    }
    let ends_in_vain = wanted_in_vain || last_resort::has_asked_nobody(&draft.next, plan);
    if following.is_none() && ends_in_vain && draft.next.acknowledged.is_none() {
        last_resort::come(draft, world, plan);
    }
}

fn skip_reason(draft: &Draft, stage: &ResponseStage) -> Option<SkipReason> {
    if stage.unless == Unless::Acknowledged && draft.next.acknowledged.is_some() {
        return Some(SkipReason::Acknowledged);
    }
    (!stage.when.holds(draft.next.opening.impact, draft.now)).then_some(SkipReason::When)
}

/// Starts a stage's runbooks and engages its people; `false`: it wanted people, and nobody could be asked.
fn start_actions(draft: &mut Draft, plan: &FrozenPlan, world: &World, stage: &ResponseStage) -> bool {
    for action in stage.runbooks.iter().take(limits::RUNBOOKS_PER_STAGE_MAX) {
        runbooks::order(draft, None, action);
    }
    let left_out = stage.runbooks.len().saturating_sub(limits::RUNBOOKS_PER_STAGE_MAX);
    if left_out > 0 {
        let most = limits::RUNBOOKS_PER_STAGE_MAX;
        draft.problem(format!("{left_out} runbooks of the stage are left out: a stage has at most {most}"));
    }
    let asked = stage.engage.iter().filter(|target| engage::engage(draft, plan, world, target)).count();
    asked > 0 || stage.engage.is_empty()
}
