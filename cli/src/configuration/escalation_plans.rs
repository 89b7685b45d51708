//! The `escalation_plans` section: whom to ask next while nobody answers.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::limits::{ESCALATION_STAGES_MAX, STAGE_MINUTES_MAX};
use reveille_domain::{EscalationPlan, EscalationStage, EscalationTarget, PlanAlias, Rounds, TargetKind};

use super::error::Code;
use super::limits::{ROUNDS_MAX, TARGETS_MAX};
use super::names::{Names, Position};
use super::node::{Entry, Node, Value};
use super::reader::{Fields, Reader};
use super::{keys, plan_paths, when};

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node, names: &Names<'_>) -> BTreeMap<PlanAlias, EscalationPlan> {
    let remedy = "write one plan under it: `one-after-another: { stages: [ { minutes: 5, targets: [natsu] } ] }`";
    let entries = reader.named(section, "`escalation_plans`", remedy).unwrap_or_default();
    let mut places = BTreeMap::new();
    let mut plans = BTreeMap::new();
    for (alias, entry) in entries {
        if let Some(plan) = plan(reader, alias, entry, names) {
            places.insert(plan.alias.clone(), entry.key.at);
            plans.insert(plan.alias.clone(), plan);
        }
    }
    plan_paths::check(reader, &plans, &places);
    plans
}

fn plan(reader: &mut Reader, alias: &str, entry: &Entry, names: &Names<'_>) -> Option<EscalationPlan> {
    let named_well = reader.alias(alias, entry.key.at, "an escalation plan");
    if names.is_contact(alias) {
        reader.wrong(
            entry.key.at,
            Code::Duplicate,
            format!("`{alias}` is the alias of a contact already"),
            format!("give the plan another alias, for example `{alias}-first`"),
        );
    }
    let what = format!("escalation plan `{alias}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::ESCALATION_PLAN)?;
    fields.at = entry.key.at;
    let stages = stages(reader, &fields, names);
    let repeat = repeat(reader, &fields);
    let round_robin = match fields.get("round_robin") {
        None => Some(false),
        Some(node) => reader.flag(node, "`round_robin`"),
    };
    let plan =
        EscalationPlan { alias: PlanAlias::new(alias), stages: stages?, repeat: repeat?, round_robin: round_robin? };
    comes_to_rest(reader, &fields, &plan);
    named_well.then_some(plan)
}

/// A plan that repeats in no time at all, or that nobody can stop, would page without end.
fn comes_to_rest(reader: &mut Reader, fields: &Fields<'_>, plan: &EscalationPlan) {
    let Some(node) = fields.get("repeat").filter(|_| plan.repeat != Rounds::Times(0)) else {
        return;
    };
    let mut targets = plan.stages.iter().flat_map(|stage| &stage.targets);
    if plan.stages.iter().all(|stage| stage.minutes == 0) {
        reader.wrong(
            node.at,
            Code::OutOfRange,
            "a plan whose stages take no time cannot be repeated",
            "give at least one stage `minutes: 1` or more",
        );
    } else if plan.repeat == Rounds::Forever && !targets.any(|target| target.essential) {
        reader.wrong(
            node.at,
            Code::InvalidValue,
            "a plan without an essential target that repeats forever cannot be stopped by an acknowledgement",
            "take `essential: false` off a target, or write a number behind `repeat:`",
        );
    }
}

fn repeat(reader: &mut Reader, fields: &Fields<'_>) -> Option<Rounds> {
    let Some(node) = fields.get("repeat") else {
        return Some(Rounds::Times(0));
    };
    match &node.value {
        Value::Text(_) => reader.word(node, "`repeat`", &[("forever", Rounds::Forever)]),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::List(_) | Value::Mapping(_) => {
            reader.number(node, "`repeat`", 0..=ROUNDS_MAX).map(Rounds::Times)
        }
    }
}

fn stages(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<EscalationStage>> {
    const EXAMPLE: &str = "write at least one: `stages: [ { minutes: 5, targets: [natsu] } ]`";
    let node = reader.required(fields, "stages", EXAMPLE)?;
    let items = reader.list(node, "`stages`")?;
    if items.is_empty() {
        reader.wrong(node.at, Code::Empty, format!("{} has no stages", fields.what), EXAMPLE);
        return None;
    }
    if items.len() > ESCALATION_STAGES_MAX {
        let message = format!("{} has more than {ESCALATION_STAGES_MAX} stages (ESCALATION_STAGES_MAX)", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, "use `repeat`, or fewer stages");
        return None;
    }
    let read: Vec<EscalationStage> = items.iter().filter_map(|item| stage(reader, item, names)).collect();
    (read.len() == items.len()).then_some(read)
}

fn stage(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<EscalationStage> {
    const WAIT: &str = "write `minutes:` and how long to wait for an answer before the next stage";
    let fields = reader.fields(node, "the stage", &keys::ESCALATION_STAGE)?;
    let minutes = reader
        .required(&fields, "minutes", WAIT)
        .and_then(|node| reader.number(node, "`minutes`", 0..=STAGE_MINUTES_MAX));
    let targets = reader
        .required(&fields, "targets", "name whom to engage: `targets: [natsu]`")
        .and_then(|node| targets(reader, node, names));
    let when = when::read(reader, &fields);
    Some(EscalationStage { minutes: minutes?, targets: targets?, when: when? })
}

fn targets(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Vec<EscalationTarget>> {
    let items = reader.few(node, "`targets`", (TARGETS_MAX, "TARGETS_MAX"), "divide them among several stages")?;
    if items.is_empty() {
        reader.wrong(
            node.at,
            Code::Empty,
            "a stage without targets would page nobody",
            "name whom to engage, or remove the stage",
        );
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut read = Vec::new();
    for item in items {
        let Some(target) = target(reader, item, names) else {
            continue;
        };
        if !seen.insert(target.kind.clone()) {
            let alias = match &target.kind {
                TargetKind::Contact(alias) => alias.as_str(),
                TargetKind::Schedule(alias) => alias.as_str(),
                TargetKind::Plan(alias) => alias.as_str(),
            };
            let message = format!("`{alias}` stands twice in the same stage");
            reader.wrong(item.at, Code::Duplicate, message, "name them once in a stage");
        }
        read.push(target);
    }
    (read.len() == items.len()).then_some(read)
}

fn target(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<EscalationTarget> {
    // A bare alias is a contact, and essential: what people mean nearly always.
    if node.scalar().is_some() {
        let alias = names.contact(reader, node, "a target", Position::Target)?;
        return Some(EscalationTarget { kind: TargetKind::Contact(alias), essential: true });
    }
    let mistakes_before = reader.mistakes.len();
    let fields = reader.fields(node, "the target", &keys::TARGET)?;
    let essential = match fields.get("essential") {
        None => Some(true),
        Some(node) => reader.flag(node, "`essential`"),
    };
    let kind = match (fields.get("contact"), fields.get("schedule"), fields.get("plan")) {
        (Some(node), None, None) => {
            names.contact(reader, node, "`contact`", Position::TargetByKind).map(TargetKind::Contact)
        }
        (None, Some(node), None) => {
            names.schedule(reader, node, "`schedule`", Position::TargetByKind).map(TargetKind::Schedule)
        }
        (None, None, Some(node)) => {
            names.escalation_plan(reader, node, "`plan`", Position::TargetByKind).map(TargetKind::Plan)
        }
        (None, None, None) if reader.mistakes.len() > mistakes_before => None,
        _ => {
            reader.wrong(
                node.at,
                Code::InvalidValue,
                "a target names one contact, one schedule or one plan",
                "write an alias, `{ contact: … }`, `{ schedule: … }` or `{ plan: … }`",
            );
            None
        }
    };
    Some(EscalationTarget { kind: kind?, essential: essential? })
}
