//! Invariant 8: an incident goes by the plan that was in force when it began, and asks who is on call at that instant.

use jiff::{SignedDuration, Timestamp};
use reveille_cli::configuration::Configuration;
use reveille_domain::{TimelineEvent, TimelineKind};

use crate::crash::Ending;

/// What a decision goes by may have been read so long before it.
const READ_BEFORE: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn the_plan_is_that_of_its_beginning(_: &Ending, after: &Ending) -> Vec<String> {
    let differs = |(id, plan): (_, &reveille_domain::FrozenPlan)| {
        let began = after.events(id).find(|event| event.kind == TimelineKind::PlanBegun)?.at;
        let name = &plan.response.name;
        let is_one = after.in_force(began).any(|home| {
            let has = |(alias, escalation)| home.escalation_plans.get(alias) == Some(escalation);
            home.response_plans.get(name) == Some(&plan.response) && plan.escalations.iter().all(has)
        });
        (!is_one).then(|| format!("{} goes by a plan that was not in force when it began", id.short()))
    };
    after.plans.iter().filter_map(differs).collect()
}

pub(super) fn who_is_asked_was_on_call(_: &Ending, after: &Ending) -> Vec<String> {
    let stranger = |event: &TimelineEvent| {
        let TimelineKind::OnCall { schedule, contacts } = &event.kind else { return None };
        let is_theirs =
            |home: &Configuration| home.schedules.get(schedule).map(|s| s.on_call(event.at)).as_ref() == Some(contacts);
        let is_true = after.in_force(event.at).any(is_theirs);
        (!is_true)
            .then(|| format!("{contacts:?} are asked as on call in `{schedule}`, which they are not at {}", event.at))
    };
    after.incidents.keys().flat_map(|id| after.events(id)).filter_map(stranger).collect()
}

impl Ending {
    /// What was in force when something was decided, and what was a moment before.
    fn in_force(&self, at: Timestamp) -> impl Iterator<Item = &Configuration> {
        let is_over = move |place: usize| self.homes.get(place + 1).is_some_and(|(until, _)| *until < at - READ_BEFORE);
        let homes = self.homes.iter().enumerate().take_while(move |(_, (since, _))| *since <= at);
        homes.filter(move |(place, _)| !is_over(*place)).map(|(_, (_, home))| home)
    }
}
