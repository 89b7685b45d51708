//! Engaging people: contacts, whoever is on call, escalation plans.

use super::draft::Draft;
use super::escalation;
use crate::{
    ContactAlias, Engage, Engaged, Engagement, EngagementId, EngagementState, FrozenPlan, PlanAlias, ScheduleAlias,
    TimelineKind, World, limits,
};

/// Where in an incident somebody is engaged.
#[derive(Clone, Copy)]
pub(super) struct Under {
    /// The escalation that asks them.
    pub(super) parent: Option<EngagementId>,
    /// Whether their answer is an answer to the parent.
    pub(super) essential: bool,
}

impl Under {
    /// Asked by the response plan itself, or by a person.
    pub(super) const NOTHING: Self = Self { parent: None, essential: true };
}

/// Engages a target; answers whether anybody is asked by it.
pub(super) fn engage(draft: &mut Draft, plan: &FrozenPlan, world: &World, target: &Engage) -> bool {
    match target {
        Engage::Contact(alias) => contact(draft, world, alias, Under::NOTHING),
        Engage::Schedule(alias) => {
            let on_call = on_call(draft, world, alias);
            // All of them, whether or not the first could be asked.
            on_call.iter().filter(|alias| contact(draft, world, alias, Under::NOTHING)).count() > 0
        }
        Engage::EscalationPlan(alias) => escalation_plan(draft, plan, world, alias, Under::NOTHING),
    }
}

/// Who is on call now; it stands on the timeline, since the answer is another one tomorrow.
pub(super) fn on_call(draft: &mut Draft, world: &World, schedule: &ScheduleAlias) -> Vec<ContactAlias> {
    let Some(contacts) = world.on_call.get(schedule) else {
        draft.problem(format!("there is no schedule `{schedule}`: apply a configuration that has it"));
        return Vec::new();
    };
    draft.tell(TimelineKind::OnCall { schedule: schedule.clone(), contacts: contacts.clone() });
    contacts.clone()
}

/// Engages a contact who can be paged.
pub(super) fn contact(draft: &mut Draft, world: &World, alias: &ContactAlias, under: Under) -> bool {
    let Some(contact) = world.contacts.get(alias) else {
        draft.problem(format!("there is no contact `{alias}`: apply a configuration that has them"));
        return false;
    };
    if !contact.can_be_paged() {
        draft.problem(format!("`{alias}` has no verified channel to be paged on: verify one"));
        return false;
    }
    let plan = contact.plan(draft.next.opening.impact);
    let mut engaged = Engaged::Contact {
        contact: alias.clone(),
        plan,
        progress: Vec::new(),
        reached_on: Vec::new(),
        others_at: None,
        latest_page: None,
    };
    engaged.restart(draft.now);
    let Some(engagement) = begin(draft, under, engaged) else { return false };
    draft.tell(TimelineKind::ContactEngaged { engagement, parent: under.parent, contact: alias.clone() });
    true
}

/// Engages an escalation plan and starts its first stage.
pub(super) fn escalation_plan(
    draft: &mut Draft,
    plan: &FrozenPlan,
    world: &World,
    alias: &PlanAlias,
    under: Under,
) -> bool {
    let Some(escalation) = plan.escalations.get(alias) else {
        draft.problem(format!("there is no escalation plan `{alias}`: apply a configuration that has it"));
        return false;
    };
    if depth(draft, under.parent) >= limits::PLAN_DEPTH_MAX {
        draft.problem(format!("`{alias}` is left out: plans stand in each other {} deep", limits::PLAN_DEPTH_MAX));
        return false;
    }
    let engaged = Engaged::Escalation {
        plan: alias.clone(),
        stage: None,
        round: 0,
        asked: false,
        rests_until: draft.now,
        turn: world.turns.get(alias).filter(|_| escalation.round_robin).copied().unwrap_or_default(),
        next_at: Some(draft.now),
    };
    let Some(engagement) = begin(draft, under, engaged) else { return false };
    draft.tell(TimelineKind::EscalationEngaged { engagement, parent: under.parent, plan: alias.clone() });
    escalation::start_next_stage(draft, plan, world, engagement)
}

/// How many escalations stand above.
fn depth(draft: &Draft, parent: Option<EngagementId>) -> usize {
    let above = |id: &EngagementId| draft.next.engagement(*id).and_then(|engagement| engagement.parent);
    std::iter::successors(parent, above).count()
}

fn begin(draft: &mut Draft, under: Under, engaged: Engaged) -> Option<EngagementId> {
    let count = draft.next.engagements.len();
    if count >= limits::ENGAGEMENTS_MAX {
        draft.problem(format!("{} engagements in one incident: no more are begun", limits::ENGAGEMENTS_MAX));
        return None;
    }
    let id = EngagementId(u32::try_from(count).expect("the limit is far below"));
    draft.next.engagements.push(Engagement {
        id,
        parent: under.parent,
        essential: under.essential,
        began_at: draft.now,
        engaged,
        state: EngagementState::Engaging,
    });
    Some(id)
}
