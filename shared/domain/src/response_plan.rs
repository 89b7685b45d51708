//! Response plans: what happens when an incident opens, and what happens next if it is not over.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{ContactAlias, EscalationPlan, Impact, PlanAlias, ResponsePlanName, RunbookAction, ScheduleAlias, When};

/// Everything that is done about one kind of incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponsePlan {
    /// Unique in the installation.
    pub name: ResponsePlanName,
    /// What an incident of this plan looks like.
    pub incident: IncidentTemplate,
    /// In order; at least one.
    pub stages: Vec<ResponseStage>,
    /// Minutes after an acknowledgement at which whoever has it is asked again if it is not resolved; `None`: never.
    pub repage_after_minutes: Option<u32>,
}

/// Texts of an incident; `{{ … }}` is filled from the signal (see [`crate::render`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentTemplate {
    /// Empty: the signal's title.
    pub title: String,
    /// Empty: the signal's summary.
    pub summary: String,
    /// `None`: the signal's own severity, else [`Impact::Medium`].
    pub impact: Option<Impact>,
    /// Empty: the signal's dedupe key.
    pub dedupe: String,
    /// Put on the incident beside the signal's.
    pub tags: BTreeMap<String, String>,
}

/// One stage of a response plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseStage {
    /// Minutes since the stage before really began; for the first stage, since the incident opened.
    pub after_minutes: u32,
    /// What keeps the stage from starting.
    pub unless: Unless,
    /// What must hold when the stage is reached; otherwise it is skipped.
    pub when: When,
    /// Runbooks to start.
    pub runbooks: Vec<RunbookAction>,
    /// Whom to engage, all at once.
    pub engage: Vec<Engage>,
}

/// What keeps a response-plan stage from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unless {
    /// The incident is over. An acknowledged incident that is not fixed still goes on to the next stage.
    Resolved,
    /// Somebody has acknowledged it.
    Acknowledged,
}

/// Whom a response plan engages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engage {
    /// A contact, by their own engagement plan.
    Contact(ContactAlias),
    /// An escalation plan from its first stage.
    EscalationPlan(PlanAlias),
    /// Whoever is on call.
    Schedule(ScheduleAlias),
}

/// A response plan with the escalation plans it names, frozen into the incident when it begins.
///
/// Later edits of the configuration do not reach an incident that has begun; who is on call and how a contact wants to
/// be reached are read when a stage starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenPlan {
    /// The response plan.
    pub response: ResponsePlan,
    /// The escalation plans it names, and those that they name, by alias.
    pub escalations: BTreeMap<PlanAlias, EscalationPlan>,
    /// Who is asked when an escalation has run out.
    pub safety_contact: Option<ContactAlias>,
}

impl ResponsePlan {
    /// The aliases of the escalation plans that the stages name.
    pub fn escalation_plans(&self) -> BTreeSet<PlanAlias> {
        self.stages
            .iter()
            .flat_map(|stage| &stage.engage)
            .filter_map(|engage| match engage {
                Engage::EscalationPlan(alias) => Some(alias.clone()),
                Engage::Contact(_) | Engage::Schedule(_) => None,
            })
            .collect()
    }
}

impl FrozenPlan {
    /// A plan and all that its stages lead to.
    pub fn reachable_from(&self, alias: &PlanAlias) -> BTreeSet<PlanAlias> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![alias.clone()];
        while let Some(alias) = waiting.pop() {
            if let Some(plan) = self.escalations.get(&alias).filter(|_| !reached.contains(&alias)) {
                waiting.extend(plan.plans());
            }
            reached.insert(alias);
        }
        reached
    }
}

impl fmt::Display for Engage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engage::Contact(alias) => alias.fmt(f),
            Engage::EscalationPlan(alias) => write!(f, "the escalation plan {alias}"),
            Engage::Schedule(alias) => write!(f, "whoever is on call in {alias}"),
        }
    }
}
