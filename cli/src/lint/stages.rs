//! Checks of the stages of plans: those in which nobody can be asked, that never start, or whose answers count for nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_domain::{ContactAlias, Engage, EscalationPlan, Impact, PlanAlias, TargetKind, When};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::scene::{Reached, Scene, every_impact};
use super::spans::{self, Span};

pub(super) const EMPTY_STAGE: Check = check!(Error, "empty-stage", "A stage in which nobody can ever be asked");
pub(super) const EMPTY_AT_TIMES: Check =
    check!(Warning, "empty-at-times", "A stage in which at times nobody can be asked");
pub(super) const UNREACHABLE_STAGE: Check =
    check!(Error, "unreachable-stage", "A stage whose condition never holds, so that it never starts");
pub(super) const NON_ESSENTIAL_STAGE: Check =
    check!(Warning, "non-essential-stage", "A stage in which nobody's answer ends the plan");

/// Checks that hold for a part of a configuration, too.
pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for plan in scene.configuration.escalation_plans.values() {
        non_essential(plan, findings);
        for (number, stage) in plan.stages.iter().enumerate() {
            let asks = |impact, at| scene.asked_by_stage(stage, impact, at);
            let what = Stage {
                path: stage_path(&plan.alias, number),
                name: format!("stage {} of escalation plan `{}`", number + 1, plan.alias),
            };
            emptiness(scene, &what, &scene.reached_by_stage(stage), asks, &stage.when, findings);
        }
    }
    for plan in scene.configuration.response_plans.values() {
        for (number, stage) in plan.stages.iter().enumerate().filter(|(_, stage)| !stage.engage.is_empty()) {
            let asks = |impact, at| scene.engaged_by(stage, impact, at);
            let what = Stage {
                path: format!("response_plans/{}/stages/{number}", plan.name),
                name: format!("stage {} of response plan `{}`", number + 1, plan.name),
            };
            let reached = scene.reached_by_response(std::slice::from_ref(stage));
            // A plan that is empty at times says so itself.
            if stage.engage.iter().all(|engage| matches!(engage, Engage::EscalationPlan(_))) {
                continue;
            }
            emptiness(scene, &what, &reached, asks, &When::default(), findings);
        }
    }
}

/// Checks that need the whole configuration: what leads to a stage may stand in the part that could not be read.
pub(super) fn check_whole(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut impacts: BTreeMap<&PlanAlias, BTreeSet<Impact>> = BTreeMap::new();
    for plan in scene.configuration.response_plans.values() {
        let possible: BTreeSet<Impact> = match plan.incident.impact {
            Some(impact) => BTreeSet::from([impact]),
            None => every_impact().collect(),
        };
        for (number, stage) in plan.stages.iter().enumerate() {
            let reaching = that_pass(&possible, &stage.when);
            if reaching.is_empty() {
                let of = format!("response plan `{}`", plan.name);
                unreachable(&format!("response_plans/{}/stages/{number}", plan.name), number, &of, &possible, findings);
            }
            for engage in &stage.engage {
                if let Engage::EscalationPlan(alias) = engage {
                    spread(scene, &mut impacts, alias, &reaching);
                }
            }
        }
    }
    for plan in scene.configuration.escalation_plans.values() {
        let Some(possible) = impacts.get(&plan.alias).filter(|impacts| !impacts.is_empty()) else { continue };
        for (number, stage) in plan.stages.iter().enumerate() {
            if that_pass(possible, &stage.when).is_empty() {
                let of = format!("escalation plan `{}`", plan.alias);
                unreachable(&stage_path(&plan.alias, number), number, &of, possible, findings);
            }
        }
    }
}

/// A stage, for messages.
struct Stage {
    path: String,
    name: String,
}

fn stage_path(alias: &PlanAlias, number: usize) -> String {
    format!("escalation_plans/{alias}/stages/{number}")
}

/// Finds out when a stage that starts asks nobody.
fn emptiness<'s>(
    scene: &Scene<'_>,
    stage: &Stage,
    reached: &Reached<'_>,
    asks: impl Fn(Impact, Timestamp) -> BTreeSet<&'s ContactAlias>,
    when: &When,
    findings: &mut Findings<'_>,
) {
    let impacts: Vec<Impact> = if reached.asks_impact { every_impact().collect() } else { vec![Impact::Medium] };
    let (mut empty, mut asked): (Vec<Span>, bool) = (Vec::new(), false);
    for situation in scene.situations(reached) {
        let at = situation.first();
        let starting: Vec<Impact> = impacts.iter().copied().filter(|impact| when.holds(*impact, at)).collect();
        if starting.is_empty() {
            continue;
        }
        // A stage that has somebody for some impacts has conditions within it, which are meant.
        if starting.iter().all(|impact| asks(*impact, at).is_empty()) {
            empty.extend(situation.spans);
        } else {
            asked = true;
        }
    }
    empty.sort_unstable();
    let Some((start, end)) = empty.first() else { return };
    if asked {
        let message = format!(
            "in {} nobody can be asked at times, {} within a year, first from {start} to {end}: the next stage begins at once then",
            stage.name,
            spans::length(spans::seconds(&empty)),
        );
        let remedy = "add somebody to the stage who can always be asked, or let the schedule cover that time";
        findings.add(&EMPTY_AT_TIMES, &stage.path, message, remedy);
    } else {
        let message = format!("in {} nobody can ever be asked: it pages nobody and takes no time", stage.name);
        let remedy = "name somebody who has a verified channel or is on call, or remove the stage";
        findings.add(&EMPTY_STAGE, &stage.path, message, remedy);
    }
}

fn non_essential(plan: &EscalationPlan, findings: &mut Findings<'_>) {
    for (number, stage) in plan.stages.iter().enumerate() {
        if stage.targets.iter().any(|target| target.essential) {
            continue;
        }
        let message = format!(
            "no target of stage {} of escalation plan `{}` is essential: whoever answers there, the plan goes on to the next",
            number + 1,
            plan.alias
        );
        let remedy = "leave out `essential: false` for one of them, or put them beside somebody who is essential";
        findings.add(&NON_ESSENTIAL_STAGE, &stage_path(&plan.alias, number), message, remedy);
    }
}

fn that_pass(impacts: &BTreeSet<Impact>, when: &When) -> BTreeSet<Impact> {
    impacts.iter().copied().filter(|impact| when.impacts.is_empty() || when.impacts.contains(impact)).collect()
}

/// Notes with which impacts a plan is reached, and the plans within it.
fn spread<'c>(
    scene: &Scene<'c>,
    all: &mut BTreeMap<&'c PlanAlias, BTreeSet<Impact>>,
    alias: &PlanAlias,
    impacts: &BTreeSet<Impact>,
) {
    let Some(plan) = scene.plan(alias) else { return };
    let known = all.entry(&plan.alias).or_default();
    let before = known.len();
    known.extend(impacts);
    if known.len() == before {
        return;
    }
    for stage in &plan.stages {
        let passing = that_pass(impacts, &stage.when);
        for target in &stage.targets {
            if let TargetKind::Plan(alias) = &target.kind {
                spread(scene, all, alias, &passing);
            }
        }
    }
}

fn unreachable(path: &str, number: usize, of: &str, possible: &BTreeSet<Impact>, findings: &mut Findings<'_>) {
    let possible: Vec<String> = possible.iter().map(|impact| impact.number().to_string()).collect();
    let message = format!(
        "stage {} of {of} never starts: only incidents of impact {} come to it, and its condition asks for others",
        number + 1,
        possible.join(", ")
    );
    let remedy = "change `impact` of its `when`, or of the `incident` of the response plan, or remove the stage";
    findings.add(&UNREACHABLE_STAGE, path, message, remedy);
}
