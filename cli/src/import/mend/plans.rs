//! Escalation plans and response plans: whom they name is there, no stage is empty, no plan leads back to itself.

use std::collections::BTreeSet;

use reveille_domain::limits::{
    DEDUPE_CHARACTERS_MAX, ESCALATION_STAGES_MAX, PLAN_DEPTH_MAX, RESPONSE_STAGES_MAX, STAGE_MINUTES_MAX,
    SUMMARY_CHARACTERS_MAX, TITLE_CHARACTERS_MAX,
};

use super::{SHORTEN, one_line};
use crate::import::model::{EscalationPlan, Imported, ResponsePlan, ResponseStage, SourceId, Stage, Who, described};
use crate::import::note::Notes;

/// As AWS allows tags on one resource.
const TAGS_MAX: usize = 50;

/// Who can be named.
struct Known {
    contacts: BTreeSet<SourceId>,
    schedules: BTreeSet<SourceId>,
    plans: BTreeSet<SourceId>,
}

impl Known {
    fn of(imported: &Imported) -> Self {
        Self {
            contacts: imported.contacts.iter().map(|one| one.id.clone()).collect(),
            schedules: imported.schedules.iter().map(|one| one.id.clone()).collect(),
            plans: imported.escalation_plans.iter().map(|one| one.id.clone()).collect(),
        }
    }

    fn has(&self, who: &Who) -> bool {
        match who {
            Who::Contact(id) => self.contacts.contains(id),
            Who::Schedule(id) => self.schedules.contains(id),
            Who::Plan(id) => self.plans.contains(id),
        }
    }
}

/// A plan that is left out takes it away from the plans that name it, so this goes on until nothing changes.
pub(super) fn mend_escalation(imported: &mut Imported) {
    loop {
        let known = Known::of(imported);
        let before = imported.escalation_plans.len();
        let notes = &mut imported.notes;
        imported.escalation_plans.retain_mut(|plan| {
            let object = described("escalation plan", &plan.name, &plan.id);
            targets(plan, &object, &known, notes);
            stages(plan, &object, notes);
            if plan.stages.is_empty() {
                notes.no_equivalent(&object, "stages", "left out: it asks nobody", "take it out where it was engaged");
            }
            !plan.stages.is_empty()
        });
        let cut = cut_circle(imported);
        if imported.escalation_plans.len() == before && !cut {
            break;
        }
    }
}

fn targets(plan: &mut EscalationPlan, object: &str, known: &Known, notes: &mut Notes) {
    for (number, stage) in plan.stages.iter_mut().enumerate() {
        let field = format!("stage {}", number + 1);
        let mut seen: Vec<Who> = Vec::new();
        stage.targets.retain(|target| {
            if !known.has(&target.who) {
                let done = format!("{} is not there: it was left out of the stage", target.who.described());
                notes.no_equivalent(object, &field, done, "see what else is said about it, and engage somebody else");
                return false;
            }
            let fresh = !seen.contains(&target.who);
            if !fresh {
                notes.decided(object, &field, format!("{} stood twice and is asked once", target.who.described()), "");
            }
            seen.push(target.who.clone());
            fresh
        });
    }
}

/// A stage that asks nobody is time in which the one before goes on waiting.
fn stages(plan: &mut EscalationPlan, object: &str, notes: &mut Notes) {
    let mut kept: Vec<Stage> = Vec::new();
    for stage in std::mem::take(&mut plan.stages) {
        if stage.targets.is_empty() {
            match kept.last_mut() {
                Some(last) => last.minutes += stage.minutes,
                None if stage.minutes > 0 => {
                    let done = format!("the first {} minutes, in which nobody is asked, were left out", stage.minutes);
                    let todo = "write `after:` at the stage of the response plan that engages this plan";
                    notes.no_equivalent(object, "stage 1", done, todo);
                }
                None => {}
            }
            continue;
        }
        kept.push(stage);
    }
    for stage in &mut kept {
        if stage.minutes > STAGE_MINUTES_MAX {
            let done = format!("{} minutes were cut to {STAGE_MINUTES_MAX}", stage.minutes);
            notes.decided(object, "stages", done, SHORTEN);
            stage.minutes = STAGE_MINUTES_MAX;
        }
    }
    if kept.len() > ESCALATION_STAGES_MAX {
        notes.decided(object, "stages", format!("only the first {ESCALATION_STAGES_MAX} were kept"), SHORTEN);
        kept.truncate(ESCALATION_STAGES_MAX);
    }
    if plan.repeat > 0 && kept.iter().all(|stage| stage.minutes == 0) {
        notes.no_equivalent(object, "repeat", "is not repeated: its stages take no time", "give a stage a minute");
        plan.repeat = 0;
    }
    plan.stages = kept;
}

/// Takes one plan out of another that it leads back to, or that would stand too deep. `false`: there is none.
fn cut_circle(imported: &mut Imported) -> bool {
    for index in 0..imported.escalation_plans.len() {
        let first = imported.escalation_plans[index].id.clone();
        let Some((outer, inner)) = too_deep(&imported.escalation_plans, &mut vec![first]) else { continue };
        let Some(plan) = imported.escalation_plans.iter_mut().find(|plan| plan.id == outer) else { continue };
        let object = described("escalation plan", &plan.name, &plan.id);
        for stage in &mut plan.stages {
            stage.targets.retain(|target| target.who != Who::Plan(inner.clone()));
        }
        let done = format!(
            "escalation plan {inner} was left out of it: it leads back to itself, or more than {PLAN_DEPTH_MAX} deep"
        );
        imported.notes.no_equivalent(&object, "targets", done, "name the people of the inner plan instead");
        return true;
    }
    false
}

/// The plan at the end of a path and the one that must not follow it.
fn too_deep(plans: &[EscalationPlan], path: &mut Vec<SourceId>) -> Option<(SourceId, SourceId)> {
    let last = path.last()?.clone();
    let plan = plans.iter().find(|plan| plan.id == last)?;
    for target in plan.stages.iter().flat_map(|stage| &stage.targets) {
        let Who::Plan(next) = &target.who else { continue };
        if path.contains(next) || path.len() >= PLAN_DEPTH_MAX {
            return Some((last, next.clone()));
        }
        path.push(next.clone());
        let found = too_deep(plans, path);
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

pub(super) fn mend_response(imported: &mut Imported) {
    let known = Known::of(imported);
    let notes = &mut imported.notes;
    imported.response_plans.retain_mut(|plan| {
        let object = format!("response plan {}", plan.name);
        incident(plan, &object, notes);
        for stage in &mut plan.stages {
            engaged(stage, &object, &known, notes);
        }
        plan.stages.retain(|stage| !stage.engage.is_empty() || !stage.runbooks.is_empty());
        plan.stages.truncate(RESPONSE_STAGES_MAX);
        if plan.stages.is_empty() {
            let done = "left out: it engages nobody and runs nothing, which Reveille refuses";
            notes.no_equivalent(&object, "stages", done, "write whom it should engage");
        }
        !plan.stages.is_empty()
    });
    if imported.response_plans.is_empty() {
        everything(imported);
    }
}

fn engaged(stage: &mut ResponseStage, object: &str, known: &Known, notes: &mut Notes) {
    let mut seen: Vec<Who> = Vec::new();
    stage.engage.retain(|who| {
        if !known.has(who) {
            let done = format!("{} is not there: it is not engaged", who.described());
            notes.no_equivalent(object, "engage", done, "see what else is said about it, and engage somebody else");
            return false;
        }
        let fresh = !seen.contains(who);
        seen.push(who.clone());
        fresh
    });
}

fn incident(plan: &mut ResponsePlan, object: &str, notes: &mut Notes) {
    let mut texts = [
        ("title", &mut plan.title, TITLE_CHARACTERS_MAX),
        ("summary", &mut plan.summary, SUMMARY_CHARACTERS_MAX),
        ("dedupe", &mut plan.dedupe, DEDUPE_CHARACTERS_MAX),
    ];
    for (field, text, characters_max) in &mut texts {
        let Some(written) = text.as_mut().filter(|text| !text.is_empty()) else {
            **text = None;
            continue;
        };
        if written.contains("{{") {
            *written = written.replace("{{", "{ {");
            notes.decided(object, field, "`{{` begins a template here: a space was put into it", "");
        }
        if written.chars().count() > *characters_max {
            *written = written.chars().take(*characters_max).collect();
            notes.decided(object, field, format!("cut to {characters_max} characters"), "");
        }
    }
    if let Some(title) = &mut plan.title {
        *title = one_line(title, TITLE_CHARACTERS_MAX);
    }
    let count = plan.tags.len();
    plan.tags.retain(|name, text| !text.contains("{{") && !name.is_empty());
    while plan.tags.len() > TAGS_MAX {
        plan.tags.pop_last();
    }
    if plan.tags.len() < count {
        notes.decided(object, "tags", format!("{} of {count} tags were kept", plan.tags.len()), "");
    }
}

/// Without any response plan nothing could be opened: one is made of the first thing that pages somebody.
fn everything(imported: &mut Imported) {
    let plan = imported.escalation_plans.first().map(|plan| Who::Plan(plan.id.clone()));
    let schedule = || imported.schedules.first().map(|schedule| Who::Schedule(schedule.id.clone()));
    let contact = || imported.contacts.first().map(|contact| Who::Contact(contact.id.clone()));
    let Some(who) = plan.or_else(schedule).or_else(contact) else { return };
    let done = format!("the source has none, so one was made: it engages {}", who.described());
    imported.notes.missing(
        "response plan everything",
        "stages",
        done,
        "write what should happen when an incident opens",
    );
    let stages = vec![ResponseStage { engage: vec![who], ..ResponseStage::default() }];
    imported.response_plans.push(ResponsePlan { name: "everything".to_owned(), stages, ..ResponsePlan::default() });
}
