//! What is printed: the plan of a dry run, and what became of each change.

use std::path::Path;

use jiff::Timestamp;
use reveille_domain::{ResponsePlanName, Signal};
use reveille_wire::read_event;
use serde_json::json;

use super::alarm::Actions;
use super::change::Change;
use super::response_plan::here;
use super::target::id_of;
use crate::columns::{harmless, one_line};
use crate::configuration::Configuration;
use crate::output;
use crate::world;

/// Everything that a run has found.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) changes: Vec<PlannedChange>,
    pub(super) impossible: Vec<Impossible>,
    /// Alarms that were rewired before, each with its plan.
    done_alarms: Vec<(String, String)>,
    pub(super) done_rules: usize,
}

/// A change, and what it means.
#[derive(Debug)]
pub(super) struct PlannedChange {
    pub(super) change: Change,
    /// The response plan, as Incident Manager calls it.
    plan: String,
    notes: Vec<String>,
}

/// What cannot be changed.
#[derive(Debug)]
pub(super) struct Impossible {
    subject: String,
    plan: String,
    why: String,
}

impl Planned {
    pub(super) fn change(&mut self, change: Change, plan: String, notes: Vec<String>) {
        self.changes.push(PlannedChange { change, plan, notes });
    }

    pub(super) fn impossible(&mut self, subject: String, plan: String, why: String) {
        self.impossible.push(Impossible { subject, plan, why });
    }

    pub(super) fn done(&mut self, alarm: String, plan: String) {
        self.done_alarms.push((alarm, plan));
    }

    /// Every alarm that is or will be wired here while its plan is known, with that plan.
    fn alarms(&self) -> impl Iterator<Item = (&str, &str)> {
        let changed = self.changes.iter().filter_map(|planned| match &planned.change {
            Change::Alarm { name, .. } => Some((name.as_str(), planned.plan.as_str())),
            Change::Rule { .. } => None,
        });
        changed.chain(self.done_alarms.iter().map(|(name, plan)| (name.as_str(), plan.as_str())))
    }

    /// The rules of a configuration that let the same plans answer.
    fn rules(&self) -> String {
        let rule = |(name, plan): (&str, &str)| {
            format!("  - {{ match: {{ source: cloudwatch, name: {} }}, response_plan: {} }}\n", json!(name), here(plan))
        };
        self.alarms().map(rule).collect()
    }
}

/// What a configuration would do otherwise than Incident Manager did.
pub(super) fn doubts(planned: &Planned, configuration: &Configuration) -> Vec<String> {
    let mut doubts = Vec::new();
    for (name, plan) in planned.alarms() {
        let (wanted, leads_to) = (here(plan), answers(name, configuration));
        if !configuration.response_plans.contains_key(&ResponsePlanName::new(wanted.clone())) {
            doubts.push(format!("alarm {name}: the configuration has no response plan {wanted}"));
        } else if leads_to.as_ref().is_some_and(|plan| plan.as_str() != wanted) {
            let leads_to = leads_to.map(|plan| plan.to_string()).unwrap_or_default();
            doubts
                .push(format!("alarm {name}: the rules of the configuration lead to {leads_to}, and not to {wanted}"));
        }
    }
    doubts
}

/// The plan that answers an alarm of this name.
fn answers(name: &str, configuration: &Configuration) -> Option<ResponsePlanName> {
    let now = Timestamp::UNIX_EPOCH;
    let signals: Vec<Signal> = read_event(&world::alarm(name, "ALARM", now), now);
    signals.first().map(|signal| configuration.routing.route(signal).plan)
}

/// What would be done.
pub(super) fn dry_run(planned: &Planned, doubts: &[String], as_json: bool) -> Result<String, serde_json::Error> {
    if as_json {
        return programs(planned, doubts);
    }
    let mut out = String::new();
    for PlannedChange { change, plan, notes } in &planned.changes {
        out += &format!("{}: response plan {}\n", change.subject(), here(plan));
        out += &lines(change);
        notes.iter().for_each(|note| out += &format!("    note: {note}\n"));
    }
    for Impossible { subject, plan, why } in &planned.impossible {
        out += &format!("{subject}: response plan {}\n    cannot be rewired: {why}\n", here(plan));
    }
    for doubt in doubts {
        out += &format!("{doubt}\n");
    }
    let done = planned.done_alarms.len() + planned.done_rules;
    if done > 0 {
        out += &format!("{done} page here already.\n");
    }
    let rules = planned.rules();
    if !rules.is_empty() {
        out += &format!("\nThe same plans answer with these rules, before all others:\n\nrules:\n{rules}");
    }
    let count = planned.changes.len();
    let end = match (count, planned.impossible.len() + done) {
        (0, 0) => "No alarm and no rule starts an incident of Incident Manager.\n".to_owned(),
        (0, _) => "There is nothing to change.\n".to_owned(),
        (count, _) => format!("\nNothing has been changed. --write rewires {count}, after a backup.\n"),
    };
    Ok(out + &end)
}

/// What is taken out and put in.
fn lines(change: &Change) -> String {
    let mut out = String::new();
    match change {
        Change::Alarm { before, after, .. } => {
            for ((state, was), (_, will)) in Actions::of(before).by_state().into_iter().zip(after.by_state()) {
                let gone = was.iter().filter(|arn| !will.contains(arn)).map(|arn| ('-', arn));
                let new = will.iter().filter(|arn| !was.contains(arn)).map(|arn| ('+', arn));
                gone.chain(new).for_each(|(sign, arn)| out += &format!("    {state:<17} {sign} {arn}\n"));
            }
        }
        Change::Rule { before, after, .. } => {
            let gone = before.iter().filter(|target| !after.contains(target)).map(|target| ('-', target));
            let new = after.iter().filter(|target| !before.contains(target)).map(|target| ('+', target));
            for (sign, target) in gone.chain(new) {
                let arn = target["Arn"].as_str().unwrap_or_default();
                out += &format!(
                    "    target {:<10} {sign} {arn}
",
                    id_of(target)
                );
            }
        }
    }
    out
}

fn programs(planned: &Planned, doubts: &[String]) -> Result<String, serde_json::Error> {
    let changes = planned.changes.iter().map(|PlannedChange { change, plan, notes }| {
        let mut object = match change {
            Change::Alarm { kind, name, before, after } => {
                json!({ "alarm": name, "kind": kind, "before": Actions::of(before), "after": after })
            }
            Change::Rule { name, bus, before, after } => {
                json!({ "rule": name, "bus": bus, "before": before, "after": after })
            }
        };
        object["response_plan"] = json!(here(plan));
        object["notes"] = json!(notes);
        object
    });
    let impossible = planned.impossible.iter();
    let impossible = impossible.map(
        |Impossible { subject, plan, why }| json!({ "subject": subject, "response_plan": here(plan), "why": why }),
    );
    let report = json!({
        "changes": changes.collect::<Vec<_>>(),
        "impossible": impossible.collect::<Vec<_>>(),
        "doubts": doubts,
        "done": planned.done_alarms.len() + planned.done_rules,
        "rules": planned.alarms().map(|(name, plan)| json!({ "name": name, "response_plan": here(plan) })).collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string(&report)? + "\n")
}

/// Where everything is kept as it was.
pub(super) fn backed_up(path: &Path, as_json: bool) -> String {
    if as_json {
        format!("{}\n", json!({ "backup": path.display().to_string() }))
    } else {
        format!("Everything that is changed is kept as it was in {}.\n\n", path.display())
    }
}

/// What whoever waits is told while a change is made.
pub(super) fn doing(change: &Change, done: usize, all: usize) -> String {
    format!("{} of {all}: {}", done + 1, one_line(&change.subject()))
}

/// Prints what became of one change.
pub(super) fn say_outcome(change: &Change, outcome: Result<&str, String>, as_json: bool) -> std::io::Result<()> {
    let text = self::outcome(change, outcome, as_json);
    output::say(if as_json { text } else { harmless(&text) })
}

/// What became of one change.
fn outcome(change: &Change, outcome: Result<&str, String>, as_json: bool) -> String {
    let subject = change.subject();
    match (outcome, as_json) {
        (Ok(done), false) => format!("{subject}: {done}\n"),
        (Err(why), false) => format!("{subject}: failed: {why}\n"),
        (Ok(done), true) => format!("{}\n", json!({ "subject": subject, "outcome": done })),
        (Err(why), true) => format!("{}\n", json!({ "subject": subject, "outcome": "failed", "why": why })),
    }
}

/// What to do now.
pub(super) fn written(planned: &Planned, failed: usize, path: &Path) -> String {
    let mut out = String::new();
    for Impossible { subject, why, .. } in &planned.impossible {
        out += &format!("{subject}: cannot be rewired: {why}\n");
    }
    let rules = planned.rules();
    if !rules.is_empty() {
        out += &format!("\nThe same plans answer with these rules, before all others:\n\nrules:\n{rules}");
    }
    if failed > 0 {
        out += &format!(
            "\n{failed} failed and are as they were, unless it says otherwise; the same command tries them again.\n"
        );
    }
    out + &format!("\nBack again: reveille alarms rewire --roll-back {} --write\n", path.display())
}
