//! Escalation plans: whom to ask next while nobody answers.

use crate::{ContactAlias, PlanAlias};

/// Stages of people; the next begins when the time of the one before is over and no essential target has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationPlan {
    /// Unique in the installation.
    pub alias: PlanAlias,
    /// In order; at least one.
    pub stages: Vec<EscalationStage>,
    /// How often the whole plan is gone through again after the last stage.
    pub repeat: Rounds,
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
    /// All engaged at once.
    pub targets: Vec<EscalationTarget>,
}

/// Whom a stage engages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationTarget {
    /// The person or plan.
    pub kind: TargetKind,
    /// Whether an acknowledgement by this target ends the escalation (AWS: `IsEssential`).
    pub essential: bool,
}

/// What a stage can engage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A contact.
    Contact(ContactAlias),
}

impl EscalationPlan {
    /// Every contact the plan can engage.
    pub fn contacts(&self) -> impl Iterator<Item = &ContactAlias> {
        self.stages.iter().flat_map(|stage| &stage.targets).map(|target| match &target.kind {
            TargetKind::Contact(alias) => alias,
        })
    }
}
