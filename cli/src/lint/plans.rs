//! Checks of whole plans: whom they ask, one after another, at every time of the year.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{ContactAlias, Engage, EscalationPlan, Impact, PlanAlias, ResponsePlan, Rounds};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::scene::{Scene, target_of};
use super::spans::{self, Span};

pub(super) const SAME_PERSON: Check =
    check!(Warning, "same-person", "Every stage of a plan asks the same person, and nobody else");
pub(super) const NO_FALLBACK: Check =
    check!(Warning, "no-fallback", "If one person does not answer, nobody else is ever asked");
pub(super) const ENDS_UNANSWERED: Check = check!(
    Warning,
    "ends-unanswered",
    "If nobody answers, a response plan ends in silence: no escalation plan is part of it"
);
pub(super) const PAGES_NOBODY: Check = check!(Error, "pages-nobody", "An incident of a response plan pages nobody");
pub(super) const ONLY_SAFETY_CONTACT: Check =
    check!(Warning, "only-safety-contact", "An incident of a response plan pages nobody but the safety contact");
pub(super) const CONDITIONS_PAGE_NOBODY: Check = check!(
    Warning,
    "conditions-page-nobody",
    "The conditions of all stages leave incidents that page nobody of the plan"
);
pub(super) const RUNBOOKS_ONLY: Check = check!(Warning, "runbooks-only", "A response plan engages nobody at all");
pub(super) const ENDLESS_PLAN: Check =
    check!(Note, "endless-plan", "A plan that repeats forever never runs out, so that the last resort never comes");
pub(super) const UNUSED_ESCALATION_PLAN: Check =
    check!(Note, "unused-escalation-plan", "Nothing engages an escalation plan");

/// Checks that hold for a part of a configuration, too.
pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for plan in scene.configuration.escalation_plans.values() {
        same_person_in_escalation(scene, plan, findings);
        endless(plan, findings);
    }
    for plan in scene.configuration.response_plans.values() {
        if plan.stages.iter().all(|stage| stage.engage.is_empty()) {
            let message = format!(
                "response plan `{}` engages nobody: if its runbooks do not help, nobody hears of it",
                plan.name
            );
            let remedy = "add a stage that engages somebody; `after` gives the runbooks time";
            findings.add(&RUNBOOKS_ONLY, &response_path(plan), message, remedy);
            continue;
        }
        same_person_in_response(scene, plan, findings);
        if let Some(message) = without_fallback(scene, plan) {
            let remedy =
                "engage an escalation plan that asks others, too: when it has run out, the `safety_contact` is asked";
            findings.add(&NO_FALLBACK, &response_path(plan), message, remedy);
        }
        who_hears(scene, plan, findings);
    }
}

/// Checks that need the whole configuration.
pub(super) fn check_whole(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut used: BTreeSet<&PlanAlias> = BTreeSet::new();
    for plan in scene.configuration.response_plans.values() {
        ends_unanswered(scene, plan, findings);
        used.extend(scene.reached_by(plan).plans);
    }
    for alias in scene.configuration.escalation_plans.keys().filter(|alias| !used.contains(alias)) {
        let message = format!("no response plan leads to escalation plan `{alias}`");
        let remedy = format!("engage it with `{{ escalation_plan: {alias} }}`, or remove it");
        findings.add(&UNUSED_ESCALATION_PLAN, &plan_path(alias), message, remedy);
    }
}

fn plan_path(alias: &PlanAlias) -> String {
    format!("escalation_plans/{alias}")
}

fn response_path(plan: &ResponsePlan) -> String {
    format!("response_plans/{}", plan.name)
}

fn same_person_in_escalation(scene: &Scene<'_>, plan: &EscalationPlan, findings: &mut Findings<'_>) {
    let reached = scene.reached_by_plan(plan);
    let stages = |at| plan.stages.iter().map(|stage| scene.asked_by_stage(stage, Impact::Critical, at)).collect();
    let times = same_person(scene.situations(&reached), stages);
    report_same_person(&plan_path(&plan.alias), &format!("escalation plan `{}`", plan.alias), &times, findings);
}

fn same_person_in_response(scene: &Scene<'_>, plan: &ResponsePlan, findings: &mut Findings<'_>) {
    let reached = scene.reached_by(plan);
    let impact = plan.incident.impact.unwrap_or(Impact::Critical);
    let stages = |at| plan.stages.iter().map(|stage| scene.engaged_by(stage, impact, at)).collect();
    let times = same_person(scene.situations(&reached), stages);
    report_same_person(&response_path(plan), &format!("response plan `{}`", plan.name), &times, findings);
}

/// Times in which at least two stages ask somebody, and all of them the same one.
struct SamePerson {
    who: BTreeSet<ContactAlias>,
    spans: Vec<Span>,
    /// Whether it is so at all times that were looked at.
    always: bool,
}

fn same_person<'s>(
    situations: Vec<super::situation::Situation>,
    stages: impl Fn(Timestamp) -> Vec<BTreeSet<&'s ContactAlias>>,
) -> SamePerson {
    let mut same = SamePerson { who: BTreeSet::new(), spans: Vec::new(), always: true };
    for situation in situations {
        let asked: Vec<BTreeSet<&ContactAlias>> =
            stages(situation.first()).into_iter().filter(|stage| !stage.is_empty()).collect();
        let everybody: BTreeSet<&ContactAlias> = asked.iter().flatten().copied().collect();
        if asked.len() < 2 || everybody.len() != 1 {
            same.always = false;
            continue;
        }
        same.who.extend(everybody.into_iter().cloned());
        same.spans.extend(situation.spans);
    }
    same.spans.sort_unstable();
    same
}

fn report_same_person(path: &str, plan: &str, same: &SamePerson, findings: &mut Findings<'_>) {
    let Some((start, end)) = same.spans.first() else { return };
    let who: Vec<String> = same.who.iter().map(|alias| format!("`{alias}`")).collect();
    let message = if same.always {
        format!("every stage of {plan} asks {}, and nobody else: if they do not answer, nobody does", who.join(" or "))
    } else {
        format!(
            "every stage of {plan} asks the same person at times ({}), {} within a year, first from {start} to {end}: \
             if they do not answer, nobody does",
            who.join(", "),
            spans::length(spans::seconds(&same.spans)),
        )
    };
    findings.add(&SAME_PERSON, path, message, "let one of the stages ask somebody else");
}

/// A plan with one stage that asks one person, and whose end brings no last resort: that comes when an escalation has run out.
fn without_fallback(scene: &Scene<'_>, plan: &ResponsePlan) -> Option<String> {
    let engaging: Vec<_> = plan.stages.iter().filter(|stage| !stage.engage.is_empty()).collect();
    let [stage] = engaging.as_slice() else { return None };
    let [engage] = stage.engage.as_slice() else { return None };
    let who = match engage {
        Engage::Contact(alias) => format!("`{alias}`"),
        Engage::Schedule(alias) => format!("whoever is on call in `{alias}`"),
        Engage::EscalationPlan(alias) => {
            let inner = scene.plan(alias)?;
            let one = inner.stages.len() == 1 && inner.stages.iter().all(|stage| stage.targets.len() == 1);
            if scene.configuration.safety_contact.is_some() || !one {
                return None;
            }
            format!("whom escalation plan `{alias}` asks")
        }
    };
    let target = target_of(engage);
    let one_at_most = |at| scene.asked_by(&target, plan.incident.impact.unwrap_or(Impact::Critical), at).len() <= 1;
    if !scene.situations(&scene.reached_by(plan)).iter().all(|situation| one_at_most(situation.first())) {
        return None;
    }
    Some(format!("response plan `{}` asks {who}, and if there is no answer, never anybody else", plan.name))
}

/// People are asked, and after the last of them nothing comes: only an escalation plan runs out. Whoever asks one person alone has
/// been told already.
fn ends_unanswered(scene: &Scene<'_>, plan: &ResponsePlan, findings: &mut Findings<'_>) {
    let asks_people = plan.stages.iter().any(|stage| !stage.engage.is_empty());
    if !asks_people || !scene.reached_by(plan).plans.is_empty() || without_fallback(scene, plan).is_some() {
        return;
    }
    let message = format!(
        "response plan `{}` engages people, but no escalation plan: if none of them answers, nothing more happens after its last \
         stage, and neither the safety contact nor the operators hear of it",
        plan.name
    );
    let remedy = "engage them through an escalation plan: it can repeat, and when it has run out the `safety_contact` is asked and the \
                  operators are told";
    findings.add(&ENDS_UNANSWERED, &response_path(plan), message, remedy);
}

fn endless(plan: &EscalationPlan, findings: &mut Findings<'_>) {
    if plan.repeat != Rounds::Forever {
        return;
    }
    let message = format!(
        "escalation plan `{}` repeats forever: it never runs out, so the operators get no notice and the safety contact is not asked",
        plan.alias
    );
    let remedy = "repeat it a number of times, if somebody else should hear of what nobody answers";
    findings.add(&ENDLESS_PLAN, &format!("{}/repeat", plan_path(&plan.alias)), message, remedy);
}

/// What becomes of an incident that nobody answers.
struct Course {
    somebody: bool,
    /// Whether a stage wanted somebody and found nobody.
    in_vain: bool,
}

/// Follows a response plan from the instant at which an incident opens, as the domain does. If it asks nobody, the last resort comes.
fn course(scene: &Scene<'_>, plan: &ResponsePlan, impact: Impact, opened_at: Timestamp) -> Course {
    let mut course = Course { somebody: false, in_vain: false };
    let mut at = opened_at;
    let mut before_in_vain = false;
    for stage in &plan.stages {
        // After a stage that found nobody the next one begins at once.
        let wait = if before_in_vain { 0 } else { i64::from(stage.after_minutes) };
        at = at.saturating_add(SignedDuration::from_mins(wait)).unwrap_or(Timestamp::MAX);
        before_in_vain = false;
        if !stage.when.holds(impact, at) {
            continue;
        }
        if !scene.engaged_by(stage, impact, at).is_empty() {
            course.somebody = true;
            return course;
        }
        before_in_vain = !stage.engage.is_empty();
        course.in_vain |= before_in_vain;
    }
    course
}

/// Times in which incidents of some impacts end the same way.
#[derive(Default)]
struct Times {
    impacts: BTreeSet<u8>,
    spans: BTreeSet<Span>,
}

impl Times {
    fn add(&mut self, impact: Impact, spans: &[Span]) {
        self.impacts.insert(impact.number());
        self.spans.extend(spans);
    }

    /// "an incident of impact 1 or 2 that opens between … and …", and how much of a year that is.
    fn described(&self, asks_impact: bool, scene: &Scene<'_>) -> Option<(String, String)> {
        let (start, end) = *self.spans.first()?;
        let spans: Vec<Span> = self.spans.iter().copied().collect();
        let numbers: Vec<String> = self.impacts.iter().map(u8::to_string).collect();
        let which = if asks_impact { format!(" of impact {}", numbers.join(" or ")) } else { String::new() };
        if spans::seconds(&spans) >= spans::seconds(&[(scene.from, scene.to)]) {
            return Some((which, String::new()));
        }
        let (count, total) = (spans::times(spans.len()), spans::length(spans::seconds(&spans)));
        Some((which, format!(" that opens from {start} until {end}; {count} within a year, {total} in all")))
    }
}

fn who_hears(scene: &Scene<'_>, plan: &ResponsePlan, findings: &mut Findings<'_>) {
    let reached = scene.reached_by(plan);
    let caught = scene.configuration.safety_contact.as_ref().is_some_and(|alias| scene.can_be_paged(alias));
    let (mut nobody, mut only_safety, mut conditions) = (Times::default(), Times::default(), Times::default());
    for situation in scene.situations(&reached) {
        for impact in scene.impacts(plan, &reached) {
            let course = course(scene, plan, impact, situation.first());
            let times = match (course.somebody, course.in_vain, caught) {
                (true, _, _) => continue,
                (false, true, true) => &mut only_safety,
                (false, true, false) => &mut nobody,
                (false, false, _) => &mut conditions,
            };
            times.add(impact, &situation.spans);
        }
    }
    let path = response_path(plan);
    let fixed = plan.incident.impact.is_some();
    let described = |times: &Times| times.described(reached.asks_impact && !fixed, scene);
    if let Some((which, when)) = described(&nobody) {
        let message = format!("nobody is paged for an incident{which} of response plan `{}`{when}", plan.name);
        let remedy =
            "let somebody who can always be asked stand in a last stage, or name a `safety_contact` who can be paged";
        findings.add(&PAGES_NOBODY, &path, message, remedy);
    }
    if let Some((which, when)) = described(&only_safety) {
        let message = format!(
            "nobody but the safety contact is paged for an incident{which} of response plan `{}`{when}",
            plan.name
        );
        findings.add(&ONLY_SAFETY_CONTACT, &path, message, "let a further stage ask somebody who can always be asked");
    }
    if let Some((which, when)) = described(&conditions) {
        let whom = if caught { "nobody but the safety contact is paged" } else { "nobody is paged" };
        let message =
            format!("no condition of response plan `{}` holds for an incident{which}{when}: {whom}", plan.name);
        let remedy = "add a stage without `when`, for whoever is to hear of it instead";
        findings.add(&CONDITIONS_PAGE_NOBODY, &path, message, remedy);
    }
}
