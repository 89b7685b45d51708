//! Channels that come too late: after the plan has gone on to somebody else, or never, because each round begins anew.
//!
//! What happens: a contact's paging goes on until they answer or somebody else's answer ends it. The next stage of a plan does
//! not stop it. But a plan that asks them again, in a later round or a later stage, lets their steps begin again from the first,
//! so a step that waits longer than the plan lets pass between the two is not reached.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{
    ChannelId, Contact, ContactAlias, Engage, EscalationPlan, EscalationStage, ResponsePlan, Rounds, Schedule,
    TargetKind,
};

use super::catalogue::{Check, check};
use super::contacts::written_plans;
use super::finding::Findings;
use super::scene::Scene;

pub(super) const LATE_STEP: Check =
    check!(Warning, "late-step", "A step of an engagement plan comes after the plan has gone on to others");
pub(super) const UNREACHED_STEP: Check =
    check!(Error, "unreached-step", "A step of an engagement plan never comes, since each round begins anew");

/// A plan in which somebody is asked, and what it does next.
struct Asked {
    /// As messages call it.
    stage: String,
    /// Minutes after which others are asked; `None`: nobody else is.
    others_after: Option<u32>,
    /// The plan that asks them again and again, and the most minutes between two times, if it never ends.
    again: Option<(String, u32)>,
}

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let asked = everybody_asked(scene);
    for contact in scene.configuration.contacts.values() {
        let asked = asked.get(&contact.alias).map(Vec::as_slice).unwrap_or_default();
        for step in steps(contact) {
            // What is never reached is not late as well.
            if !unreached(contact, &step, asked, findings) {
                late(contact, &step, asked, findings);
            }
        }
    }
}

/// Everybody who is asked, and where; once for each plan, at its shortest stage.
fn everybody_asked<'c>(scene: &Scene<'c>) -> BTreeMap<&'c ContactAlias, Vec<Asked>> {
    let mut all: BTreeMap<&ContactAlias, Vec<Asked>> = BTreeMap::new();
    for plan in scene.configuration.escalation_plans.values() {
        for (alias, asked) in asked_by_escalation(scene, plan) {
            all.entry(alias).or_default().push(asked);
        }
    }
    for plan in scene.configuration.response_plans.values() {
        for (alias, asked) in asked_by_response(plan) {
            if let Some(contact) = scene.contact(alias) {
                all.entry(&contact.alias).or_default().push(asked);
            }
        }
    }
    all
}

/// Whom a stage asks itself: contacts, and whoever can be on call. Plans within it are looked at as themselves.
fn asked_itself<'c>(scene: &Scene<'c>, stage: &'c EscalationStage) -> BTreeSet<&'c ContactAlias> {
    let mut asked = BTreeSet::new();
    for target in &stage.targets {
        match &target.kind {
            TargetKind::Contact(alias) => drop(asked.insert(alias)),
            TargetKind::Schedule(alias) => {
                asked.extend(scene.configuration.schedules.get(alias).into_iter().flat_map(Schedule::contacts));
            }
            TargetKind::Plan(_) => {}
        }
    }
    asked
}

fn asked_by_escalation<'c>(scene: &Scene<'c>, plan: &'c EscalationPlan) -> Vec<(&'c ContactAlias, Asked)> {
    let stages: Vec<BTreeSet<&ContactAlias>> = plan.stages.iter().map(|stage| asked_itself(scene, stage)).collect();
    let everybody: BTreeSet<&ContactAlias> = stages.iter().flatten().copied().collect();
    let in_order = everybody.into_iter().filter_map(|alias| {
        let asks = |number: &usize| stages[*number].contains(alias);
        let numbers: Vec<usize> = (0..stages.len()).filter(asks).collect();
        let last = stages.len() - 1;
        let goes_on = |number: &usize| *number < last || plan.repeat != Rounds::Times(0);
        let shortest = numbers.iter().copied().filter(goes_on).min_by_key(|number| plan.stages[*number].minutes);
        let number = shortest.or(numbers.first().copied())?;
        let stage = format!("stage {} of escalation plan `{}`", number + 1, plan.alias);
        let others_after = shortest.map(|number| plan.stages[number].minutes);
        let again = endless_wait(plan, &numbers).map(|minutes| (format!("escalation plan `{}`", plan.alias), minutes));
        Some((alias, Asked { stage, others_after, again }))
    });
    in_order.collect()
}

/// The most minutes between two times at which a plan without an end asks somebody who stands in these stages. Conditions and
/// turns would make it another number each time.
fn endless_wait(plan: &EscalationPlan, numbers: &[usize]) -> Option<u32> {
    let always = plan.stages.iter().all(|stage| stage.when.is_always());
    if plan.repeat != Rounds::Forever || plan.round_robin || !always {
        return None;
    }
    let start = |number: usize| plan.stages[..number].iter().map(|stage| stage.minutes).sum::<u32>();
    let round = start(plan.stages.len()).max(1);
    let starts: Vec<u32> = numbers.iter().map(|number| start(*number)).collect();
    let first = starts.first()?;
    let next = starts.iter().skip(1).copied().chain([first + round]);
    starts.iter().zip(next).map(|(from, to)| to - from).max()
}

fn asked_by_response(plan: &ResponsePlan) -> Vec<(&ContactAlias, Asked)> {
    let mut all = Vec::new();
    for (number, stage) in plan.stages.iter().enumerate() {
        let later = &plan.stages[number + 1..];
        let Some(next) = later.iter().position(|stage| !stage.engage.is_empty()) else { break };
        let others_after = Some(later[..=next].iter().map(|stage| stage.after_minutes).sum());
        for engage in &stage.engage {
            if let Engage::Contact(alias) = engage {
                let stage = format!("stage {} of response plan `{}`", number + 1, plan.name);
                all.push((alias, Asked { stage, others_after, again: None }));
            }
        }
    }
    all
}

/// Whether a step never comes by one of the plans.
fn unreached(contact: &Contact, step: &Step, asked: &[Asked], findings: &mut Findings<'_>) -> bool {
    let endless = asked.iter().filter_map(|asked| asked.again.as_ref());
    let Some((plan, wait)) = endless.min_by_key(|(_, wait)| *wait).filter(|(_, wait)| step.after_minutes >= *wait)
    else {
        return false;
    };
    let message = format!(
        "{} of `{}` would be paged {} minutes after they are asked, but {plan} asks them anew every {wait} minutes without \
         an end, and each time their steps begin from the first: unless a page before it fails, it never comes",
        step.channels, contact.alias, step.after_minutes
    );
    let remedy = format!("let the step begin before {wait} minutes, or lengthen the stages of the plan");
    findings.add(&UNREACHED_STEP, &step.path, message, remedy);
    true
}

fn late(contact: &Contact, step: &Step, asked: &[Asked], findings: &mut Findings<'_>) {
    let goes_on = asked.iter().filter_map(|asked| Some((asked.others_after?, &asked.stage)));
    let first = goes_on.min_by_key(|(after, _)| *after).filter(|(after, _)| step.after_minutes >= *after);
    let Some((after, stage)) = first else { return };
    let message = format!(
        "{} of `{}` is paged {} minutes after they are asked, but {stage} goes on after {after} minutes: others are asked before",
        step.channels, contact.alias, step.after_minutes
    );
    let remedy = format!("let the step begin before {after} minutes, or give the stage more time");
    findings.add(&LATE_STEP, &step.path, message, remedy);
}

/// A step of a contact's engagement plans.
struct Step {
    path: String,
    after_minutes: u32,
    /// As messages call them.
    channels: String,
}

/// The later steps by which a channel is paged for the first time: who has been reached on one does not wait for it.
fn steps(contact: &Contact) -> Vec<Step> {
    let mut steps = Vec::new();
    for (below, _, plan) in written_plans(contact) {
        let mut before = BTreeSet::new();
        for (number, step) in plan.steps.iter().enumerate() {
            let verified =
                |id: &ChannelId| contact.channels.iter().any(|channel| channel.id == *id && channel.verified);
            let new: Vec<String> = step
                .channels
                .iter()
                .filter(|id| verified(id) && before.insert((*id).clone()))
                .map(|id| format!("`{id}`"))
                .collect();
            // What is paged at once waits for nothing.
            if !new.is_empty() && step.after_minutes > 0 {
                steps.push(Step {
                    path: format!("contacts/{}/{below}/{number}", contact.alias),
                    after_minutes: step.after_minutes,
                    channels: new.join(", "),
                });
            }
        }
    }
    steps
}
