//! Answers: acknowledgements, resolutions, and pages that could not be delivered.

use std::collections::BTreeSet;

use super::{Ignored, draft::Draft};
use crate::{
    Actor, ChannelId, ContactAlias, Engaged, Engagement, EngagementId, EngagementState, Incident, News, OutboxId,
    ResolutionReason, StopReason, TimelineKind,
};

/// A contact answers. It answers every engagement of theirs in this incident: they know of it, whichever page they hold.
pub(super) fn acknowledge(draft: &mut Draft, contact: &ContactAlias, page: OutboxId) -> Result<(), Ignored> {
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
        .filter(|engagement| engagement.is_open())
        .flat_map(|engagement| with_essential_parents(&draft.next, engagement))
        .collect();
    if answered.is_empty() {
        return Err(Ignored::Settled);
    }
    let let_go: Vec<EngagementId> = draft
        .next
        .engagements
        .iter()
        .filter(|e| {
            e.is_open() && !answered.contains(&e.id) && e.parent.is_some_and(|parent| answered.contains(&parent))
        })
        .map(|e| e.id)
        .collect();
    let by = Actor::Contact(contact.clone());
    draft.answered(answered.into_iter().collect(), &by);
    draft.stop(let_go, StopReason::AnsweredByAnother);
    draft.announce(&by.clone(), &News::Acknowledged { by });
    Ok(())
}

/// The sending system says that somebody took it over: everything that asks has its answer.
pub(super) fn acknowledge_all(draft: &mut Draft, by: &Actor) -> Result<(), Ignored> {
    if draft.next.acknowledged.is_some() {
        return Err(Ignored::Settled);
    }
    draft.answered(draft.open_engagements(), by);
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

/// A page was refused for good: the step that the engagement would begin next, it begins now.
///
/// A step that has begun keeps to its minutes. Its repetition would go to the address that has just refused, be refused
/// again, and so on without end and without a pause.
pub(super) fn undelivered(draft: &mut Draft, page: OutboxId, channel: &ChannelId, reason: &str) -> Result<(), Ignored> {
    let now = draft.now;
    let paged_by = |e: &&mut Engagement| match &e.engaged {
        Engaged::Contact { latest_page, .. } => latest_page.is_some_and(|latest| latest == page),
        Engaged::Escalation { .. } => false,
    };
    let engagement = draft.next.engagements.iter_mut().find(paged_by).ok_or(Ignored::Unknown)?;
    let open = engagement.state == EngagementState::Engaging;
    let Engaged::Contact { contact, progress, .. } = &mut engagement.engaged else {
        return Err(Ignored::Unknown);
    };
    let contact = contact.clone();
    let to_begin = progress.iter_mut().filter(|step| step.pages == 0 && step.next_at.is_some());
    if open && let Some(next) = to_begin.min_by_key(|step| step.next_at) {
        next.next_at = Some(now);
    }
    draft.tell(TimelineKind::Undelivered { page, contact, channel: channel.clone(), reason: reason.to_owned() });
    Ok(())
}

/// An engagement and the escalations above it that its answer answers too.
fn with_essential_parents(incident: &Incident, engagement: &Engagement) -> Vec<EngagementId> {
    let mut answered = vec![engagement.id];
    let mut at = engagement;
    while let Some(parent) = at.parent.filter(|_| at.essential).and_then(|parent| incident.engagement(parent)) {
        if parent.is_open() {
            answered.push(parent.id);
        }
        at = parent;
    }
    answered
}
