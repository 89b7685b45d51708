//! Following the plans: what starts when a deadline has come.
//!
//! Everything that starts counts its next deadline from now, not from the deadline that was missed: a wake that comes an
//! hour late starts one stage, not four.

use jiff::{SignedDuration, Timestamp};

use super::{Ignored, draft::Draft, runbooks};
use crate::{
    ChannelId, ChannelKind, Contact, ContactAlias, Disabled, Effect, Engage, Engaged, Engagement, EngagementId,
    EngagementState, EscalationPlan, EscalationTarget, FrozenPlan, PageOrder, PlanAlias, Progress, ResponseStage,
    Rounds, StepProgress, TargetKind, TimelineKind, Unless, World, limits,
};

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
fn follow(draft: &mut Draft, plan: &FrozenPlan, world: &World) {
    start_response_stage(draft, plan, world);
    start_escalation_stages(draft, plan, world);
    page_contacts(draft, world);
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
        problem(draft, text);
        if let Some(alias) = world.safety_contact.as_ref().filter(|_| draft.next.engagements.is_empty()) {
            engage_contact(draft, world, alias, None, true);
        }
    }
    page_contacts(draft, world);
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
    if stage.unless == Unless::Acknowledged && draft.next.acknowledged.is_some() {
        draft.tell(TimelineKind::StageSkipped { stage: number });
    } else {
        draft.tell(TimelineKind::StageStarted { stage: number });
        start_actions(draft, plan, world, stage);
    }
    let following = stages.get(number as usize + 1);
    draft.next.progress =
        Progress::Begun { next: following.map(|stage| (number + 1, draft.in_minutes(stage.after_minutes))) };
}

fn start_actions(draft: &mut Draft, plan: &FrozenPlan, world: &World, stage: &ResponseStage) {
    for action in stage.runbooks.iter().take(limits::RUNBOOKS_PER_STAGE_MAX) {
        runbooks::order(draft, action);
    }
    let left_out = stage.runbooks.len().saturating_sub(limits::RUNBOOKS_PER_STAGE_MAX);
    if left_out > 0 {
        problem(
            draft,
            format!(
                "{left_out} runbooks of the stage are left out: a stage has at most {}",
                limits::RUNBOOKS_PER_STAGE_MAX
            ),
        );
    }
    for engage in &stage.engage {
        match engage {
            Engage::Contact(alias) => engage_contact(draft, world, alias, None, true),
            Engage::EscalationPlan(alias) => engage_escalation(draft, plan, alias),
        }
    }
}

fn engage_escalation(draft: &mut Draft, plan: &FrozenPlan, alias: &PlanAlias) {
    if !plan.escalations.contains_key(alias) {
        problem(draft, format!("there is no escalation plan `{alias}`: apply a configuration that has it"));
        return;
    }
    let engaged = Engaged::Escalation { plan: alias.clone(), stage: None, round: 0, next_at: Some(draft.now) };
    if let Some(engagement) = begin_engagement(draft, None, true, engaged) {
        draft.tell(TimelineKind::EscalationEngaged { engagement, plan: alias.clone() });
    }
}

fn engage_contact(
    draft: &mut Draft,
    world: &World,
    alias: &ContactAlias,
    parent: Option<EngagementId>,
    essential: bool,
) {
    let Some(contact) = world.contacts.get(alias) else {
        problem(draft, format!("there is no contact `{alias}`: apply a configuration that has them"));
        return;
    };
    let plan = contact.plan();
    let progress = plan.steps.iter().map(|step| step_from(draft.now, step.after_minutes)).collect();
    let engaged =
        Engaged::Contact { contact: alias.clone(), plan, progress, reached_on: Vec::new(), latest_page: None };
    if let Some(engagement) = begin_engagement(draft, parent, essential, engaged) {
        draft.tell(TimelineKind::ContactEngaged { engagement, parent, contact: alias.clone() });
    }
}

fn begin_engagement(
    draft: &mut Draft,
    parent: Option<EngagementId>,
    essential: bool,
    engaged: Engaged,
) -> Option<EngagementId> {
    let count = draft.next.engagements.len();
    if count >= limits::ENGAGEMENTS_MAX {
        problem(draft, format!("{} engagements in one incident: no more are begun", limits::ENGAGEMENTS_MAX));
        return None;
    }
    let id = EngagementId(u32::try_from(count).expect("the limit is far below"));
    let began_at = draft.now;
    draft.next.engagements.push(Engagement {
        id,
        parent,
        essential,
        began_at,
        engaged,
        state: EngagementState::Engaging,
    });
    Some(id)
}

fn start_escalation_stages(draft: &mut Draft, plan: &FrozenPlan, world: &World) {
    let due: Vec<EngagementId> = draft
        .next
        .engagements
        .iter()
        .filter(|e| matches!(e.engaged, Engaged::Escalation { .. }) && e.due().is_some_and(|at| at <= draft.now))
        .map(|e| e.id)
        .collect();
    for id in due {
        start_escalation_stage(draft, plan, world, id);
    }
}

/// Where an escalation goes next: the stage and the round, or nowhere.
fn next_place(plan: &EscalationPlan, stage: Option<u32>, round: u32) -> Option<(u32, u32)> {
    let last = u32::try_from(plan.stages.len()).unwrap_or(u32::MAX).checked_sub(1)?;
    match stage {
        None => Some((0, round)),
        Some(stage) if stage < last => Some((stage + 1, round)),
        Some(_) => match plan.repeat {
            Rounds::Forever => Some((0, round.saturating_add(1))),
            Rounds::Times(times) if round < times => Some((0, round + 1)),
            Rounds::Times(_) => None,
        },
    }
}

fn start_escalation_stage(draft: &mut Draft, plan: &FrozenPlan, world: &World, id: EngagementId) {
    let Engaged::Escalation { plan: alias, stage, round, .. } = draft.engagement_mut(id).engaged.clone() else {
        return;
    };
    let escalation = plan.escalations.get(&alias);
    let place = escalation.and_then(|escalation| Some((escalation, next_place(escalation, stage, round)?)));
    let Some((escalation, (stage, round))) = place else {
        exhaust(draft, id, alias);
        return;
    };
    let targets = &escalation.stages[stage as usize];
    let next_at = Some(draft.in_minutes(targets.minutes));
    draft.engagement_mut(id).engaged = Engaged::Escalation { plan: alias.clone(), stage: Some(stage), round, next_at };
    draft.tell(TimelineKind::EscalationStageStarted { engagement: id, plan: alias, stage, round });
    for EscalationTarget { kind: TargetKind::Contact(contact), essential } in &targets.targets {
        if !ask_again(draft, contact, id) {
            engage_contact(draft, world, contact, Some(id), *essential);
        }
    }
}

/// In a later round the engagement of the round before begins its steps again: an escalation that goes on for days keeps as
/// many engagements as it has targets. Who has answered, without ending the escalation, is not asked again.
fn ask_again(draft: &mut Draft, asked: &ContactAlias, parent: EngagementId) -> bool {
    let now = draft.now;
    let known = draft.next.engagements.iter_mut().find(|e| e.parent == Some(parent) && e.contact() == Some(asked));
    let Some(known) = known else { return false };
    if known.is_open()
        && let Engaged::Contact { plan, progress, .. } = &mut known.engaged
    {
        *progress = plan.steps.iter().map(|step| step_from(now, step.after_minutes)).collect();
    }
    true
}

fn step_from(start: Timestamp, after_minutes: u32) -> StepProgress {
    let wait = SignedDuration::from_mins(i64::from(after_minutes));
    StepProgress { next_at: Some(start.saturating_add(wait).unwrap_or(Timestamp::MAX)), pages: 0 }
}

fn exhaust(draft: &mut Draft, id: EngagementId, plan: PlanAlias) {
    let at = draft.now;
    draft.engagement_mut(id).state = EngagementState::Exhausted { at };
    draft.tell(TimelineKind::EscalationExhausted { engagement: id, plan });
}

/// Pages every contact whose next step is due, up to what one transaction holds; the rest stays due and is continued.
fn page_contacts(draft: &mut Draft, world: &World) {
    let due: Vec<EngagementId> = draft
        .next
        .engagements
        .iter()
        .filter(|e| matches!(e.engaged, Engaged::Contact { .. }) && e.due().is_some_and(|at| at <= draft.now))
        .map(|e| e.id)
        .take(draft.room())
        .collect();
    for id in due {
        page_contact(draft, world, id);
    }
}

fn page_contact(draft: &mut Draft, world: &World, id: EngagementId) {
    let page = draft.next_order();
    let (from, engagement) = (draft.now, draft.engagement_mut(id));
    let Engaged::Contact { contact, plan, progress, reached_on, latest_page } = &mut engagement.engaged else {
        return;
    };
    let mut wanted = Vec::new();
    for (step, progress) in plan.steps.iter().zip(progress.iter_mut()) {
        if progress.next_at.is_some_and(|at| at <= from) {
            wanted.extend(step.channels.iter().cloned());
            progress.pages += 1;
            progress.next_at = step.repeat.filter(|r| r.times.is_none_or(|times| progress.pages < times)).map(|r| {
                let wait = SignedDuration::from_mins(i64::from(r.every_minutes));
                from.saturating_add(wait).unwrap_or(Timestamp::MAX)
            });
        }
    }
    let alias = contact.clone();
    let known = world.contacts.get(&alias);
    let reachable = known.map(|contact: &Contact| contact.reachable(&wanted)).unwrap_or_default();
    let out_of_use = known.map(|contact| contact.out_of_use(&wanted)).unwrap_or_default();
    let channels: Vec<_> = reachable.into_iter().map(|channel| (channel.id, channel.kind)).collect();
    if channels.is_empty() {
        problem(draft, format!("`{alias}` has no verified channel to be paged on: verify one and apply"));
        return;
    }
    let doubtful = doubts(&alias, &out_of_use, &channels);
    reached_on.extend(channels.iter().filter(|c| !reached_on.contains(c)).cloned().collect::<Vec<_>>());
    *latest_page = Some(page);
    draft.tell(TimelineKind::Paged { page, engagement: id, contact: alias.clone(), channels: channels.clone() });
    draft.order(Effect::Page(PageOrder { engagement: id, contact: alias, channels }));
    for text in doubtful {
        problem(draft, text);
    }
}

/// What to say of channels that a plan wants and that are out of use: passed over, or paged for want of a better one.
fn doubts(
    alias: &ContactAlias,
    out_of_use: &[(ChannelId, Disabled)],
    paged: &[(ChannelId, ChannelKind)],
) -> Vec<String> {
    let doubt = |(id, why): &(ChannelId, Disabled)| {
        let why = why.describe();
        let remedy = "verify it again, or apply another address";
        if paged.iter().any(|(paged, _)| paged == id) {
            format!("`{alias}` has nothing better than `{id}`, which may reach nobody: {why}; {remedy}")
        } else {
            format!("`{alias}` is not paged on `{id}`: {why}; {remedy}")
        }
    };
    out_of_use.iter().map(doubt).collect()
}

fn problem(draft: &mut Draft, text: String) {
    draft.tell(TimelineKind::Problem { text });
}
