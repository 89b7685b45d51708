//! Asking again those who have answered: a snooze is over, or what was acknowledged is not resolved in time.

use super::draft::Draft;
use super::escalation::stage_minutes;
use crate::{Again, AgainReason, Engaged, Engagement, EngagementId, EngagementState, FrozenPlan};

/// Asks again whoever is to be asked again by now. Contacts begin their plan anew; escalations wait for an answer as long as their
/// stage says, and then go on.
pub(super) fn remind(draft: &mut Draft, plan: Option<&FrozenPlan>) {
    for why in [AgainReason::Snoozed, AgainReason::NotResolved] {
        let due: Vec<EngagementId> =
            draft.next.engagements.iter().filter(|e| is_due(e, why, draft.now)).map(|e| e.id).collect();
        if due.is_empty() {
            continue;
        }
        for id in &due {
            ask_anew(draft, plan, *id);
        }
        draft.reopen(due, why);
    }
}

/// Begins a contact's plan anew; an escalation waits for an answer as long as its stage says.
pub(super) fn ask_anew(draft: &mut Draft, plan: Option<&FrozenPlan>, id: EngagementId) {
    let stage = match &draft.engagement_mut(id).engaged {
        Engaged::Contact { .. } => None,
        Engaged::Escalation { plan: alias, stage, .. } => plan.map(|plan| stage_minutes(plan, alias, *stage)),
    };
    let (now, ends) = (draft.now, draft.in_minutes(stage.unwrap_or_default()));
    let engaged = &mut draft.engagement_mut(id).engaged;
    match engaged {
        Engaged::Contact { .. } => engaged.restart(now),
        Engaged::Escalation { next_at, .. } => *next_at = Some(ends),
    }
}

fn is_due(engagement: &Engagement, why: AgainReason, now: jiff::Timestamp) -> bool {
    match &engagement.state {
        EngagementState::Acknowledged { again: Some(Again { at, why: reason }), .. } => *at <= now && *reason == why,
        EngagementState::Engaging
        | EngagementState::Acknowledged { again: None, .. }
        | EngagementState::Stopped { .. }
        | EngagementState::Exhausted { .. } => false,
    }
}
