//! Escalation plans, response plans and webhooks as they stand in the document.

use super::{Aliases, comments};
use crate::import::model::{EscalationPlan, Imported, ResponsePlan, ResponseStage, Runbook, Target, Who, described};
use crate::import::names::Taken;
use crate::yaml::{Map, Yaml};

/// The section `escalation_plans`.
pub(super) fn escalation_section(imported: &Imported, aliases: &Aliases) -> Map {
    imported.escalation_plans.iter().fold(Map::tall(), |map, one| {
        let object = described("escalation plan", &one.name, &one.id);
        map.commented(&comments(imported, &object), &aliases.plans[&one.id], escalation_plan(one, aliases))
    })
}

fn escalation_plan(one: &EscalationPlan, aliases: &Aliases) -> Map {
    let stage = |stage: &crate::import::model::Stage| {
        let targets: Vec<Yaml> = stage.targets.iter().map(|one| target(one, aliases)).collect();
        Yaml::from(Map::new().with("minutes", stage.minutes).with("targets", targets))
    };
    let stages: Vec<Yaml> = one.stages.iter().map(stage).collect();
    Map::tall()
        .with("stages", stages)
        .maybe("repeat", (one.repeat > 0).then_some(one.repeat))
        .maybe("round_robin", one.round_robin.then_some(true))
}

fn target(one: &Target, aliases: &Aliases) -> Yaml {
    let map = match &one.who {
        Who::Contact(id) if one.essential => return aliases.contact(id),
        Who::Contact(id) => Map::new().with("contact", aliases.contact(id)),
        Who::Schedule(id) => Map::new().with("schedule", aliases.schedules[id].as_str()),
        Who::Plan(id) => Map::new().with("plan", aliases.plans[id].as_str()),
    };
    map.maybe("essential", (!one.essential).then_some(false)).into()
}

/// The section `response_plans`.
pub(super) fn response_section(imported: &Imported, aliases: &Aliases) -> Map {
    imported.response_plans.iter().zip(&aliases.response_plans).fold(Map::tall(), |map, (one, alias)| {
        let object = format!("response plan {}", one.name);
        map.commented(&comments(imported, &object), alias, response_plan(one, aliases))
    })
}

fn response_plan(one: &ResponsePlan, aliases: &Aliases) -> Map {
    let tags = one.tags.iter().fold(Map::new(), |map, (name, text)| map.with(name, text.as_str()));
    let incident = Map::new()
        .maybe("title", one.title.as_deref())
        .maybe("impact", one.impact.map(u32::from))
        .maybe("summary", one.summary.as_deref())
        .maybe("dedupe", one.dedupe.as_deref())
        .maybe("tags", (!tags.is_empty()).then_some(tags));
    let stages: Vec<Yaml> = one.stages.iter().map(|one| stage(one, aliases)).collect();
    Map::tall()
        .maybe("incident", (!incident.is_empty()).then_some(incident))
        .with("stages", stages)
        .maybe("repage_after", one.repage_after)
}

fn stage(one: &ResponseStage, aliases: &Aliases) -> Yaml {
    let runbooks: Vec<Yaml> = one.runbooks.iter().map(runbook).collect();
    let engaged = |who: &Who| match who {
        Who::Contact(id) => aliases.contact(id),
        Who::Schedule(id) => Map::new().with("schedule", aliases.schedules[id].as_str()).into(),
        Who::Plan(id) => Map::new().with("escalation_plan", aliases.plans[id].as_str()).into(),
    };
    let engage: Vec<Yaml> = one.engage.iter().map(engaged).collect();
    Map::new()
        .maybe("after", (one.after > 0).then_some(one.after))
        .maybe("unless", one.unless_acknowledged.then_some("acknowledged"))
        .maybe("runbooks", (!runbooks.is_empty()).then_some(runbooks))
        .maybe("engage", (!engage.is_empty()).then_some(engage))
        .into()
}

fn runbook(one: &Runbook) -> Yaml {
    let values = |texts: &[String]| texts.iter().map(|text| Yaml::from(text.as_str())).collect::<Vec<Yaml>>();
    let parameters = one.parameters.iter().fold(Map::new(), |map, (name, texts)| map.with(name, values(texts)));
    Map::new()
        .with("document", one.document.as_str())
        .maybe("parameters", (!parameters.is_empty()).then_some(parameters))
        .into()
}

/// The section `webhooks`.
pub(super) fn webhooks_section(imported: &Imported, aliases: &Aliases) -> Map {
    let mut taken = Taken::default();
    let mut section = Map::tall();
    for one in &imported.webhooks {
        let mut names = imported.response_plans.iter().zip(&aliases.response_plans);
        let plan = names.find(|(plan, _)| plan.name == one.response_plan).map(|(_, alias)| alias.as_str());
        let value = Map::tall().with("keys", vec![Yaml::from(one.key_hash.as_str())]).maybe("response_plan", plan);
        let (alias, _) = taken.alias(&[&one.name], "webhook");
        section = section.commented(&comments(imported, &format!("webhook {}", one.name)), &alias, value);
    }
    section
}
