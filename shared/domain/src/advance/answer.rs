//! Answers: acknowledgements, snoozes and resolutions.

use std::collections::BTreeSet;

use super::{Ignored, draft::Draft};
use crate::{
    Actor, Again, AgainReason, ContactAlias, Engagement, EngagementId, EngagementState, Incident, News, OutboxId,
    ResolutionReason, StopReason, World, limits,
};

/// A contact answers. It answers every engagement of theirs in this incident: they know of it, whichever page they hold.
pub(super) fn acknowledge(
    draft: &mut Draft,
    world: &World,
    contact: &ContactAlias,
    page: OutboxId,
) -> Result<(), Ignored> {
    let again = reminder(draft, world);
    answer(draft, contact, page, again, Engagement::is_answerable)?;
    let by = Actor::Contact(contact.clone());
    draft.announce(&by.clone(), &News::Acknowledged { by });
    Ok(())
}

/// A contact answers for a while. Whoever has it already may snooze it, too.
pub(super) fn snooze(draft: &mut Draft, contact: &ContactAlias, page: OutboxId, minutes: u32) -> Result<(), Ignored> {
    let until = draft.in_minutes(minutes.clamp(1, limits::SNOOZE_MINUTES_MAX));
    let is_theirs = |engagement: &Engagement| !matches!(engagement.state, EngagementState::Stopped { .. });
    answer(draft, contact, page, Some(Again { at: until, why: AgainReason::Snoozed }), is_theirs)?;
    let by = Actor::Contact(contact.clone());
    draft.announce(&by.clone(), &News::Snoozed { by, until });
    Ok(())
}

/// The sending system says that somebody took it over: everything that asks has its answer, also what began to ask after
/// somebody else had answered.
pub(super) fn acknowledge_all(draft: &mut Draft, world: &World, by: &Actor) -> Result<(), Ignored> {
    let asking = draft.open_engagements();
    if draft.next.acknowledged.is_some() && asking.is_empty() {
        return Err(Ignored::Settled);
    }
    let again = reminder(draft, world);
    draft.answered(asking, by, again);
    draft.announce(by, &News::Acknowledged { by: by.clone() });
    Ok(())
}

/// Somebody says that it is over.
pub(super) fn resolve(draft: &mut Draft, by: &Actor) -> Result<(), Ignored> {
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    draft.resolve(by.clone(), ResolutionReason::Resolved);
    Ok(())
}

/// When the plan wants those who have it to be asked whether it is over.
fn reminder(draft: &Draft, world: &World) -> Option<Again> {
    let minutes = world.plan.as_ref()?.response.repage_after_minutes?;
    Some(Again { at: draft.in_minutes(minutes), why: AgainReason::NotResolved })
}

fn answer(
    draft: &mut Draft,
    contact: &ContactAlias,
    page: OutboxId,
    again: Option<Again>,
    answerable: impl Fn(&Engagement) -> bool,
) -> Result<(), Ignored> {
    if page.revision >= draft.next.revision {
        return Err(Ignored::Unknown);
    }
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    let mut theirs = draft.next.engagements.iter().filter(|e| e.contact() == Some(contact)).peekable();
    if theirs.peek().is_none() {
        return Err(Ignored::Unknown);
    }
    let answered: BTreeSet<EngagementId> = theirs
        .filter(|engagement| answerable(engagement))
        .flat_map(|engagement| with_essential_parents(&draft.next, engagement, &answerable))
        .collect();
    if answered.is_empty() {
        return Err(Ignored::Settled);
    }
    let let_go = still_asking_below(&draft.next, &answered);
    draft.answered(answered.into_iter().collect(), &Actor::Contact(contact.clone()), again);
    draft.stop(let_go, StopReason::AnsweredByAnother);
    Ok(())
}

/// An engagement and the escalations above it that its answer answers too.
fn with_essential_parents(
    incident: &Incident,
    engagement: &Engagement,
    answerable: impl Fn(&Engagement) -> bool,
) -> Vec<EngagementId> {
    let mut answered = vec![engagement.id];
    let mut at = engagement;
    while let Some(parent) = at.parent.filter(|_| at.essential).and_then(|parent| incident.engagement(parent)) {
        if answerable(parent) {
            answered.push(parent.id);
        }
        at = parent;
    }
    answered
}

/// What an answered escalation has asked, and what that has asked in turn. Parents begin before their children, so one pass finds all.
fn still_asking_below(incident: &Incident, answered: &BTreeSet<EngagementId>) -> Vec<EngagementId> {
    let mut over = answered.clone();
    let mut let_go = Vec::new();
    for engagement in &incident.engagements {
        let is_below = engagement.parent.is_some_and(|parent| over.contains(&parent));
        if is_below && !answered.contains(&engagement.id) && engagement.is_open() {
            over.insert(engagement.id);
            let_go.push(engagement.id);
        }
    }
    let_go
}
