//! What a decision may look at, so that the engine reads that and nothing else.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    ContactAlias, Engage, Engaged, Engagement, EngagementState, FrozenPlan, Incident, Input, PlanAlias, Progress,
    ScheduleAlias, TargetKind,
};

/// Names of what a decision may look at. May hold more than it does look at, never less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Contacts. Whoever is on call in one of the schedules is needed too.
    pub contacts: BTreeSet<ContactAlias>,
    /// Schedules.
    pub schedules: BTreeSet<ScheduleAlias>,
    /// Round-robin plans that may begin.
    pub turns: BTreeSet<PlanAlias>,
    /// Whether the last resort may come. If the safety contact that the plan names can then not be paged, the one of the configuration
    /// in force is needed, too.
    pub last_resort: bool,
}

impl Needs {
    /// What a decision on this input may look at.
    pub fn of(incident: &Incident, plan: &FrozenPlan, input: &Input, now: Timestamp) -> Self {
        let mut needs = Self::default();
        match input {
            Input::Begin | Input::DeadlineReached { .. } => needs.of_what_is_due(incident, plan, now),
            // What comes next is decided there and then: any stage may start.
            Input::Escalate { .. } => needs.of_everything(incident, plan),
            // Whoever else is due is paged by the same step.
            Input::Engage { target, .. } | Input::Reassign { to: target, .. } => {
                needs.of_what_is_due(incident, plan, now);
                needs.of_engage(plan, target);
            }
            Input::Undelivered { contact, .. } => _ = needs.contacts.insert(contact.clone()),
            Input::Open(_)
            | Input::Signal { .. }
            | Input::Acknowledge { .. }
            | Input::Snooze { .. }
            | Input::Resolve { .. }
            | Input::Note { .. }
            | Input::StartRunbook { .. }
            | Input::RunbookEnded { .. } => {}
        }
        needs
    }

    fn of_what_is_due(&mut self, incident: &Incident, plan: &FrozenPlan, now: Timestamp) {
        let stage = match incident.progress {
            Progress::Waiting { .. } => Some(0),
            Progress::Begun { next } => next.filter(|(_, at)| *at <= now).map(|(stage, _)| stage),
        };
        // A stage in which nobody can be asked is followed by the next one at once.
        let starting = stage.map_or(&[][..], |stage| plan.response.stages.get(stage as usize..).unwrap_or_default());
        for engage in starting.iter().flat_map(|stage| &stage.engage) {
            self.of_engage(plan, engage);
        }
        for engagement in incident.engagements.iter().filter(|e| e.due().is_some_and(|at| at <= now)) {
            match &engagement.engaged {
                Engaged::Contact { contact, .. } => _ = self.contacts.insert(contact.clone()),
                Engaged::Escalation { plan: alias, .. } => self.of_plan(plan, alias),
            }
        }
        self.contacts.extend(plan.safety_contact.clone());
        self.last_resort |= may_run_out(incident, plan, now);
    }

    fn of_everything(&mut self, incident: &Incident, plan: &FrozenPlan) {
        for engage in plan.response.stages.iter().flat_map(|stage| &stage.engage) {
            self.of_engage(plan, engage);
        }
        for engagement in incident.engagements.iter().filter(|e| !matches!(e.state, EngagementState::Stopped { .. })) {
            match &engagement.engaged {
                Engaged::Contact { contact, .. } => _ = self.contacts.insert(contact.clone()),
                Engaged::Escalation { plan: alias, .. } => self.of_plan(plan, alias),
            }
        }
        self.contacts.extend(plan.safety_contact.clone());
        self.last_resort = true;
    }

    fn of_engage(&mut self, plan: &FrozenPlan, engage: &Engage) {
        match engage {
            Engage::Contact(alias) => _ = self.contacts.insert(alias.clone()),
            Engage::Schedule(alias) => _ = self.schedules.insert(alias.clone()),
            Engage::EscalationPlan(alias) => self.of_plan(plan, alias),
        }
    }

    fn of_plan(&mut self, plan: &FrozenPlan, alias: &PlanAlias) {
        for alias in plan.reachable_from(alias) {
            let Some(escalation) = plan.escalations.get(&alias) else { continue };
            for target in escalation.targets() {
                match target {
                    TargetKind::Contact(contact) => _ = self.contacts.insert(contact.clone()),
                    TargetKind::Schedule(schedule) => _ = self.schedules.insert(schedule.clone()),
                    TargetKind::Plan(_) => {}
                }
            }
            if escalation.round_robin {
                self.turns.insert(alias);
            }
        }
        self.contacts.extend(plan.safety_contact.clone());
    }
}

/// Whether what is due may leave nothing that is to come: no stage of the response plan is left after it, and a stage begins, an
/// escalation goes on or an answer is taken back. Pages of a contact, which are most of what is ever due, end nothing.
fn may_run_out(incident: &Incident, plan: &FrozenPlan, now: Timestamp) -> bool {
    let last = u32::try_from(plan.response.stages.len()).unwrap_or(u32::MAX).saturating_sub(1);
    let ends = |e: &&Engagement| e.is_escalation() || e.state != EngagementState::Engaging;
    match incident.progress {
        Progress::Waiting { .. } => true,
        Progress::Begun { next: Some((stage, at)) } => at <= now && stage >= last,
        Progress::Begun { next: None } => {
            incident.engagements.iter().filter(ends).any(|e| e.due().is_some_and(|at| at <= now))
        }
    }
}
