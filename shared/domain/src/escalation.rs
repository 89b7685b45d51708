//! Escalation plans: whom to ask next while nobody answers.

use std::collections::BTreeSet;

use crate::{ContactAlias, PlanAlias, ScheduleAlias, When};

/// Stages of people; the next begins when the time of the one before is over and no essential target has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationPlan {
    /// Unique in the installation.
    pub alias: PlanAlias,
    /// In order; at least one.
    pub stages: Vec<EscalationStage>,
    /// How often the whole plan is gone through again after the last stage.
    pub repeat: Rounds,
    /// Whether a stage asks one of its targets, the next in turn with each incident and each round, and not all of them.
    pub round_robin: bool,
}

/// How many more times a plan is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// So many times more; 0 goes through it once.
    Times(u32),
    /// Until somebody answers.
    Forever,
}

/// One stage of an escalation plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationStage {
    /// Minutes before the next stage begins, counted from when this one really began.
    pub minutes: u32,
    /// All engaged at once; with `round_robin`, one of them.
    pub targets: Vec<EscalationTarget>,
    /// What must hold when the stage is reached; otherwise it is skipped at once.
    pub when: When,
}

/// Whom a stage engages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationTarget {
    /// The person, schedule or plan.
    pub kind: TargetKind,
    /// Whether an acknowledgement by this target ends the escalation (AWS: `IsEssential`).
    pub essential: bool,
}

/// What a stage can engage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetKind {
    /// A contact, by their own engagement plan.
    Contact(ContactAlias),
    /// Whoever is on call when the stage starts.
    Schedule(ScheduleAlias),
    /// Another escalation plan, from its first stage.
    Plan(PlanAlias),
}

impl EscalationPlan {
    /// Every target of every stage.
    pub fn targets(&self) -> impl Iterator<Item = &TargetKind> {
        self.stages.iter().flat_map(|stage| &stage.targets).map(|target| &target.kind)
    }

    /// The plans that its stages name.
    pub fn plans(&self) -> BTreeSet<PlanAlias> {
        self.targets()
            .filter_map(|target| match target {
                TargetKind::Plan(alias) => Some(alias.clone()),
                TargetKind::Contact(_) | TargetKind::Schedule(_) => None,
            })
            .collect()
    }
}
