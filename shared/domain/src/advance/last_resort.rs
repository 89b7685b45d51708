//! The last resort: nobody has answered, and nothing that a plan says is left to be done.

use super::draft::Draft;
use super::engage::{self, Under};
use crate::{
    Actor, AgainReason, Contact, ContactAlias, Effect, Engagement, EngagementState, FrozenPlan, Incident,
    OperatorNotice, Progress, ResolutionReason, TestPage, TimelineKind, World,
};

/// Whether an incident has run out: no stage is to come, no escalation goes on, at least one has ended without an answer, and
/// nobody has given one that counts. Somebody who has acknowledged inside of an escalation without being essential has not.
pub(super) fn has_run_out(incident: &Incident) -> bool {
    let outermost = || incident.engagements.iter().filter(|e| e.parent.is_none());
    let goes_on = |e: &Engagement| e.is_escalation() && e.state == EngagementState::Engaging;
    let is_answer = |e: &Engagement| matches!(e.state, EngagementState::Acknowledged { .. });
    matches!(incident.progress, Progress::Begun { next: None })
        && outermost().any(|e| matches!(e.state, EngagementState::Exhausted { .. }))
        && !outermost().any(|e| goes_on(e) || is_answer(e))
}

/// Whether a response plan that wants people has asked none at all, because conditions have skipped their stages: without the last
/// resort nobody would ever hear of the incident. A plan of runbooks alone wants nobody.
pub(super) fn has_asked_nobody(incident: &Incident, plan: &FrozenPlan) -> bool {
    incident.engagements.is_empty() && plan.response.stages.iter().any(|stage| !stage.engage.is_empty())
}

/// Comes with the step by which an incident runs out, whichever thing was the last: an escalation's end, a stage that asks nobody, or
/// an answer that has been taken back.
pub(super) fn come_if_run_out(draft: &mut Draft, world: &World, plan: &FrozenPlan) {
    if !draft.had_run_out && has_run_out(&draft.next) {
        come(draft, world, plan);
    }
}

/// The operators hear of it, and the safety contact is asked: again, if an escalation has asked them before, unless they have
/// answered.
pub(super) fn come(draft: &mut Draft, world: &World, plan: &FrozenPlan) {
    // Whoever waits for the answer to a test sees that there was none; nobody else is told, and nobody else is woken.
    if TestPage::of(&draft.next.opening).is_some() {
        draft.end(&Actor::Reveille, ResolutionReason::Resolved);
        return;
    }
    let is_first = draft.order_once(Effect::TellOperators(OperatorNotice::NobodyAnswered));
    let contact = safety_contact(world, plan).filter(|_| !others_are_asked_now(draft));
    if is_first {
        draft.tell(TimelineKind::LastResort { contact: contact.cloned() });
    }
    if let Some(alias) = contact {
        ask(draft, world, alias);
    }
}

/// Whom the frozen plan names, as long as they can be paged. A configuration that has come since may have nobody of that name: then
/// it is whom that one names, for the last resort is the installation's, and somebody who is gone is nobody's.
fn safety_contact<'w>(world: &'w World, plan: &'w FrozenPlan) -> Option<&'w ContactAlias> {
    let frozen = plan.safety_contact.as_ref();
    let can_be_paged = |alias: &&ContactAlias| world.contacts.get(*alias).is_some_and(Contact::can_be_paged);
    frozen.filter(can_be_paged).or(world.safety_contact.as_ref()).or(frozen)
}

/// Whether the response plan asks somebody by this very step: they are its own last resort, and have their chance first.
fn others_are_asked_now(draft: &Draft) -> bool {
    let asks = |e: &Engagement| e.state == EngagementState::Engaging && !e.is_escalation();
    draft.next.engagements.iter().any(|e| e.parent.is_none() && e.began_at == draft.now && asks(e))
}

fn ask(draft: &mut Draft, world: &World, alias: &ContactAlias) {
    let now = draft.now;
    let known = draft.next.engagements.iter().rfind(|e| e.contact() == Some(alias));
    let Some((id, state, parent)) = known.map(|e| (e.id, e.state.clone(), e.parent)) else {
        engage::contact(draft, world, alias, Under::NOTHING);
        return;
    };
    match state {
        EngagementState::Acknowledged { .. } => {}
        // The response plan itself asks them, by their own engagement plan, and goes on with it.
        EngagementState::Engaging if parent.is_none() => {}
        EngagementState::Engaging | EngagementState::Stopped { .. } | EngagementState::Exhausted { .. } => {
            draft.engagement_mut(id).engaged.restart(now);
            draft.reopen(vec![id], AgainReason::NextRound);
        }
    }
}
