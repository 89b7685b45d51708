//! Which contacts a decision may look at, so that the engine reads those and no others.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{ContactAlias, Engage, Engaged, FrozenPlan, Incident, PlanAlias, Progress};

/// The contacts that may be engaged or paged when this incident is driven at `now`. May name more than are needed, never fewer.
pub fn contacts_needed(incident: &Incident, plan: &FrozenPlan, now: Timestamp) -> BTreeSet<ContactAlias> {
    let mut needed = BTreeSet::new();
    let stage = match incident.progress {
        Progress::Waiting { .. } => Some(0),
        Progress::Begun { next } => next.filter(|(_, at)| *at <= now).map(|(stage, _)| stage),
    };
    let starting = stage.and_then(|stage| plan.response.stages.get(stage as usize));
    for engage in starting.iter().flat_map(|stage| &stage.engage) {
        match engage {
            Engage::Contact(alias) => _ = needed.insert(alias.clone()),
            Engage::EscalationPlan(alias) => needed.extend(of_escalation(plan, alias)),
        }
    }
    for engagement in incident.engagements.iter().filter(|e| e.due().is_some_and(|at| at <= now)) {
        match &engagement.engaged {
            Engaged::Contact { contact, .. } => _ = needed.insert(contact.clone()),
            Engaged::Escalation { plan: alias, .. } => needed.extend(of_escalation(plan, alias)),
        }
    }
    needed
}

fn of_escalation(plan: &FrozenPlan, alias: &PlanAlias) -> BTreeSet<ContactAlias> {
    plan.escalations.get(alias).map(|escalation| escalation.contacts().cloned().collect()).unwrap_or_default()
}
