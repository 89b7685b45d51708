//! Escalation plans, response plans, and the two frozen together.

use std::collections::BTreeMap;

use reveille_domain::{
    ContactAlias, Engage, EscalationPlan, EscalationStage, EscalationTarget, FrozenPlan, Impact, IncidentTemplate,
    PlanAlias, ResponsePlan, ResponsePlanName, ResponseStage, Rounds, RunbookAction, ScheduleAlias, TargetKind, Unless,
};
use serde::{Deserialize, Serialize};

use super::when::WhenRecord;

/// An escalation plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationPlanRecord {
    alias: String,
    stages: Vec<EscalationStageRecord>,
    /// `None`: forever.
    repeat: Option<u32>,
    #[serde(default)]
    round_robin: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EscalationStageRecord {
    minutes: u32,
    targets: Vec<TargetRecord>,
    #[serde(default, skip_serializing_if = "WhenRecord::is_always")]
    when: WhenRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TargetRecord {
    #[serde(rename = "target")]
    kind: TargetKindRecord,
    essential: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TargetKindRecord {
    Contact(String),
    Schedule(String),
    Plan(String),
}

/// A response plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponsePlanRecord {
    name: String,
    incident: TemplateRecord,
    stages: Vec<ResponseStageRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repage_after_minutes: Option<u32>,
}

/// The incident template of a response plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TemplateRecord {
    title: String,
    summary: String,
    impact: Option<u8>,
    dedupe: String,
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ResponseStageRecord {
    after_minutes: u32,
    unless: UnlessRecord,
    #[serde(default, skip_serializing_if = "WhenRecord::is_always")]
    when: WhenRecord,
    runbooks: Vec<RunbookRecord>,
    engage: Vec<EngageRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UnlessRecord {
    Resolved,
    Acknowledged,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RunbookRecord {
    document: String,
    parameters: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngageRecord {
    Contact(String),
    EscalationPlan(String),
    Schedule(String),
}

/// A response plan with its escalation plans, as frozen into an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenPlanRecord {
    response: ResponsePlanRecord,
    escalations: Vec<EscalationPlanRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    safety_contact: Option<String>,
}

impl From<&EscalationPlan> for EscalationPlanRecord {
    fn from(plan: &EscalationPlan) -> Self {
        let target = |target: &EscalationTarget| {
            let kind = match &target.kind {
                TargetKind::Contact(alias) => TargetKindRecord::Contact(alias.to_string()),
                TargetKind::Schedule(alias) => TargetKindRecord::Schedule(alias.to_string()),
                TargetKind::Plan(alias) => TargetKindRecord::Plan(alias.to_string()),
            };
            TargetRecord { kind, essential: target.essential }
        };
        let stages = plan.stages.iter().map(|stage| EscalationStageRecord {
            minutes: stage.minutes,
            targets: stage.targets.iter().map(target).collect(),
            when: (&stage.when).into(),
        });
        let repeat = match plan.repeat {
            Rounds::Times(times) => Some(times),
            Rounds::Forever => None,
        };
        Self { alias: plan.alias.to_string(), stages: stages.collect(), repeat, round_robin: plan.round_robin }
    }
}

impl From<EscalationPlanRecord> for EscalationPlan {
    fn from(record: EscalationPlanRecord) -> Self {
        let target = |target: TargetRecord| {
            let kind = match target.kind {
                TargetKindRecord::Contact(alias) => TargetKind::Contact(ContactAlias::new(alias)),
                TargetKindRecord::Schedule(alias) => TargetKind::Schedule(ScheduleAlias::new(alias)),
                TargetKindRecord::Plan(alias) => TargetKind::Plan(PlanAlias::new(alias)),
            };
            EscalationTarget { kind, essential: target.essential }
        };
        let stages = record.stages.into_iter().map(|stage| EscalationStage {
            minutes: stage.minutes,
            targets: stage.targets.into_iter().map(target).collect(),
            when: stage.when.into(),
        });
        Self {
            alias: PlanAlias::new(record.alias),
            stages: stages.collect(),
            repeat: record.repeat.map_or(Rounds::Forever, Rounds::Times),
            round_robin: record.round_robin,
        }
    }
}

impl From<&ResponsePlan> for ResponsePlanRecord {
    fn from(plan: &ResponsePlan) -> Self {
        let runbook = |action: &RunbookAction| RunbookRecord {
            document: action.document.clone(),
            parameters: action.parameters.clone(),
        };
        let stages = plan.stages.iter().map(|stage| ResponseStageRecord {
            after_minutes: stage.after_minutes,
            unless: match stage.unless {
                Unless::Resolved => UnlessRecord::Resolved,
                Unless::Acknowledged => UnlessRecord::Acknowledged,
            },
            when: (&stage.when).into(),
            runbooks: stage.runbooks.iter().map(runbook).collect(),
            engage: stage.engage.iter().map(EngageRecord::from).collect(),
        });
        Self {
            name: plan.name.to_string(),
            incident: (&plan.incident).into(),
            stages: stages.collect(),
            repage_after_minutes: plan.repage_after_minutes,
        }
    }
}

impl From<ResponsePlanRecord> for ResponsePlan {
    fn from(record: ResponsePlanRecord) -> Self {
        let runbook =
            |runbook: RunbookRecord| RunbookAction { document: runbook.document, parameters: runbook.parameters };
        let stages = record.stages.into_iter().map(|stage| ResponseStage {
            after_minutes: stage.after_minutes,
            unless: match stage.unless {
                UnlessRecord::Resolved => Unless::Resolved,
                UnlessRecord::Acknowledged => Unless::Acknowledged,
            },
            when: stage.when.into(),
            runbooks: stage.runbooks.into_iter().map(runbook).collect(),
            engage: stage.engage.into_iter().map(Engage::from).collect(),
        });
        Self {
            name: ResponsePlanName::new(record.name),
            incident: record.incident.into(),
            stages: stages.collect(),
            repage_after_minutes: record.repage_after_minutes,
        }
    }
}

impl From<&Engage> for EngageRecord {
    fn from(engage: &Engage) -> Self {
        match engage {
            Engage::Contact(alias) => EngageRecord::Contact(alias.to_string()),
            Engage::EscalationPlan(alias) => EngageRecord::EscalationPlan(alias.to_string()),
            Engage::Schedule(alias) => EngageRecord::Schedule(alias.to_string()),
        }
    }
}

impl From<EngageRecord> for Engage {
    fn from(record: EngageRecord) -> Self {
        match record {
            EngageRecord::Contact(alias) => Engage::Contact(ContactAlias::new(alias)),
            EngageRecord::EscalationPlan(alias) => Engage::EscalationPlan(PlanAlias::new(alias)),
            EngageRecord::Schedule(alias) => Engage::Schedule(ScheduleAlias::new(alias)),
        }
    }
}

impl From<&IncidentTemplate> for TemplateRecord {
    fn from(template: &IncidentTemplate) -> Self {
        Self {
            title: template.title.clone(),
            summary: template.summary.clone(),
            impact: template.impact.map(Impact::number),
            dedupe: template.dedupe.clone(),
            tags: template.tags.clone(),
        }
    }
}

impl From<TemplateRecord> for IncidentTemplate {
    fn from(record: TemplateRecord) -> Self {
        Self {
            title: record.title,
            summary: record.summary,
            impact: record.impact.and_then(Impact::from_number),
            dedupe: record.dedupe,
            tags: record.tags,
        }
    }
}

impl From<&FrozenPlan> for FrozenPlanRecord {
    fn from(plan: &FrozenPlan) -> Self {
        Self {
            response: (&plan.response).into(),
            escalations: plan.escalations.values().map(EscalationPlanRecord::from).collect(),
            safety_contact: plan.safety_contact.as_ref().map(ContactAlias::to_string),
        }
    }
}

impl From<FrozenPlanRecord> for FrozenPlan {
    fn from(record: FrozenPlanRecord) -> Self {
        let escalations = record.escalations.into_iter().map(EscalationPlan::from);
        Self {
            response: record.response.into(),
            escalations: escalations.map(|plan| (plan.alias.clone(), plan)).collect(),
            safety_contact: record.safety_contact.map(ContactAlias::new),
        }
    }
}
