//! Escalation plans and response plans, as they would be written.

use reveille_domain::{
    Engage, EscalationPlan, EscalationStage, EscalationTarget, Hours, Impact, IncidentTemplate, ResponsePlan,
    ResponseStage, Rounds, RunbookAction, TargetKind, Unless, When,
};

use super::schedules::{clock, end_clock, weekday};
use super::{Fields, Written};

pub(super) fn escalation_plan(plan: &EscalationPlan) -> Written {
    let repeat = match plan.repeat {
        Rounds::Times(times) => Written::Number(times),
        Rounds::Forever => "forever".into(),
    };
    Fields::default()
        .with("stages", Written::List(plan.stages.iter().map(escalation_stage).collect()))
        .or("repeat", repeat, 0_u32)
        .or("round_robin", plan.round_robin, false)
        .written()
}

fn escalation_stage(stage: &EscalationStage) -> Written {
    Fields::default()
        .with("minutes", stage.minutes)
        .with("targets", Written::List(stage.targets.iter().map(target).collect()))
        .unless_empty("when", when(&stage.when))
        .written()
}

fn target(target: &EscalationTarget) -> Written {
    let (key, alias) = match &target.kind {
        // What an alias alone stands for.
        TargetKind::Contact(alias) if target.essential => return alias.as_str().into(),
        TargetKind::Contact(alias) => ("contact", alias.as_str()),
        TargetKind::Schedule(alias) => ("schedule", alias.as_str()),
        TargetKind::Plan(alias) => ("plan", alias.as_str()),
    };
    Fields::default().with(key, alias).or("essential", target.essential, true).written()
}

pub(super) fn response_plan(plan: &ResponsePlan) -> Written {
    Fields::default()
        .unless_empty("incident", incident(&plan.incident))
        .with("stages", Written::List(plan.stages.iter().map(response_stage).collect()))
        .maybe("repage_after", plan.repage_after_minutes)
        .written()
}

fn incident(template: &IncidentTemplate) -> Written {
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    let tags = template.tags.iter().map(|(name, text)| (name, Written::Text(text.clone())));
    Fields::default()
        .maybe("title", text(&template.title))
        .maybe("impact", template.impact.map(Impact::number))
        .maybe("summary", text(&template.summary))
        .maybe("dedupe", text(&template.dedupe))
        .unless_empty("tags", Written::names(tags))
        .written()
}

fn response_stage(stage: &ResponseStage) -> Written {
    let unless = match stage.unless {
        Unless::Resolved => "resolved",
        Unless::Acknowledged => "acknowledged",
    };
    Fields::default()
        .or("after", stage.after_minutes, 0_u32)
        .or("unless", unless, "resolved")
        .unless_empty("when", when(&stage.when))
        .unless_empty("runbooks", Written::List(stage.runbooks.iter().map(runbook).collect()))
        .unless_empty("engage", Written::List(stage.engage.iter().map(engage).collect()))
        .written()
}

fn runbook(runbook: &RunbookAction) -> Written {
    let parameters = runbook.parameters.iter().map(|(name, values)| (name, Written::list(values.iter().cloned())));
    Fields::default()
        .with("document", runbook.document.as_str())
        .unless_empty("parameters", Written::names(parameters))
        .written()
}

fn engage(engage: &Engage) -> Written {
    match engage {
        Engage::Contact(alias) => alias.as_str().into(),
        Engage::EscalationPlan(alias) => Fields::default().with("escalation_plan", alias.as_str()).written(),
        Engage::Schedule(alias) => Fields::default().with("schedule", alias.as_str()).written(),
    }
}

fn when(when: &When) -> Written {
    let impacts = Written::list(when.impacts.iter().map(|impact| impact.number()));
    let fields = Fields::default().unless_empty("impact", impacts);
    match &when.hours {
        Some(hours) => of_hours(fields, hours).written(),
        None => fields.written(),
    }
}

fn of_hours(fields: Fields, hours: &Hours) -> Fields {
    let time = hours.time.map(|(from, to)| format!("{}-{}", clock(from), end_clock(to)));
    fields
        .unless_empty("weekdays", Written::list(hours.weekdays.iter().map(|day| weekday(day.0))))
        .maybe("time", time)
        .with("time_zone", hours.time_zone.iana_name().unwrap_or("Etc/Unknown"))
}
