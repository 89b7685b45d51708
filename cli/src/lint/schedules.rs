//! Checks of schedules: times in which nobody is on call, and what is over or unused.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reveille_domain::{Engage, Schedule, ScheduleAlias, ScheduleRules, TargetKind};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::mentions::temporary_path;
use super::roster::Roster;
use super::scene::Scene;
use super::spans::{self, Span};
use super::zones;

pub(super) const GAP: Check = check!(Error, "gap", "Nobody is on call for some time within the next year");
pub(super) const UNCOVERED_HOURS: Check =
    check!(Note, "uncovered-hours", "A schedule has hours of work, and nobody outside of them");
pub(super) const PAST_OVERRIDE: Check =
    check!(Note, "past-override", "An override, a swap or a temporary schedule is over");
pub(super) const UNUSED_SCHEDULE: Check = check!(Note, "unused-schedule", "No plan asks who is on call in a schedule");

/// A usual week, for how much of one is not covered.
const WEEK_S: i64 = 7 * 24 * 3_600;

/// Checks that hold for a part of a configuration, too.
pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for roster in scene.rosters() {
        gaps(scene, roster, findings);
        zones::overlaps(scene, roster, findings);
        past(scene, roster.schedule, findings);
    }
}

/// Checks that need the whole configuration.
pub(super) fn check_whole(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let used = used(scene);
    for alias in scene.configuration.schedules.keys().filter(|alias| !used.contains(alias)) {
        let message = format!("no plan asks who is on call in `{alias}`");
        let remedy = format!("engage it with `{{ schedule: {alias} }}`, or remove it");
        findings.add(&UNUSED_SCHEDULE, &path(alias), message, remedy);
    }
}

pub(super) fn path(alias: &ScheduleAlias) -> String {
    format!("schedules/{alias}")
}

fn used<'c>(scene: &Scene<'c>) -> BTreeSet<&'c ScheduleAlias> {
    let configuration = scene.configuration;
    let engaged = configuration.response_plans.values().flat_map(|plan| &plan.stages).flat_map(|stage| &stage.engage);
    let by_responses = engaged.filter_map(|engage| match engage {
        Engage::Schedule(alias) => Some(alias),
        Engage::Contact(_) | Engage::EscalationPlan(_) => None,
    });
    let by_plans =
        configuration.escalation_plans.values().flat_map(|plan| plan.targets()).filter_map(|target| match target {
            TargetKind::Schedule(alias) => Some(alias),
            TargetKind::Contact(_) | TargetKind::Plan(_) => None,
        });
    by_responses.chain(by_plans).collect()
}

fn gaps(scene: &Scene<'_>, roster: &Roster<'_>, findings: &mut Findings<'_>) {
    let all = roster.gaps();
    if all.is_empty() {
        return;
    }
    let uncovered = outside_of_coverage(scene, roster.schedule);
    let holes = zones::holes(scene, roster.schedule, &spans::common(&all, &uncovered));
    zones::report(roster.schedule, &holes, findings);
    let holes: Vec<Span> = holes.into_iter().map(|hole| hole.span).collect();
    unintended(roster.schedule, &spans::without(&all, &uncovered), findings);
    intended(scene, roster.schedule, &spans::without(&spans::common(&all, &uncovered), &holes), findings);
}

/// The times that no rotation is written to cover: it has hours of work and has begun, and nothing overrides it.
fn outside_of_coverage(scene: &Scene<'_>, schedule: &Schedule) -> Vec<Span> {
    if schedule.rotations().iter().any(|rotation| rotation.rules().coverage.is_none()) {
        return Vec::new();
    }
    let rules = schedule.rules().clone();
    let plain = ScheduleRules { overrides: Vec::new(), swaps: Vec::new(), temporary: Vec::new(), ..rules };
    let Ok(plain) = Schedule::new(plain) else { return Vec::new() };
    let begun = schedule.rotations().iter().map(|rotation| rotation.start()).max().unwrap_or(scene.from);
    plain.gaps(scene.from.max(begun).min(scene.to), scene.to)
}

fn unintended(schedule: &Schedule, gaps: &[Span], findings: &mut Findings<'_>) {
    let Some((start, end)) = gaps.first() else { return };
    let alias = schedule.alias();
    let more = match gaps.len() {
        1 => String::new(),
        count => format!("; {count} gaps, {} in all, within a year", spans::length(spans::seconds(gaps))),
    };
    let length = spans::length(spans::seconds(&[(*start, *end)]));
    let why = why(schedule, *start);
    let message = format!("nobody is on call in `{alias}` from {start} to {end} ({length}){why}{more}");
    let remedy = "let a rotation, an override or a temporary schedule cover that time; \
                  a rotation below the others, around the clock, covers whatever is left";
    findings.add(&GAP, &path(alias), message, remedy);
}

/// What leaves a time open, where one thing does.
fn why(schedule: &Schedule, at: Timestamp) -> String {
    let rules = schedule.rules();
    if rules.temporary.iter().any(|one| (one.start..one.end).contains(&at)) {
        return ": a temporary schedule has no shift there".to_owned();
    }
    if rules.overrides.iter().any(|one| (one.start..one.end).contains(&at)) {
        return ": an override leaves out whoever would be".to_owned();
    }
    match rules.rotations.iter().find(|rotation| rotation.start() > at) {
        Some(rotation) => format!(": rotation `{}` has not begun", rotation.rules().name),
        None => String::new(),
    }
}

fn intended(scene: &Scene<'_>, schedule: &Schedule, gaps: &[Span], findings: &mut Findings<'_>) {
    let Some((start, end)) = gaps.first() else { return };
    let alias = schedule.alias();
    let looked_at = (scene.to.as_second() - scene.from.as_second()).max(1);
    let hours = (spans::seconds(gaps) as f64 / looked_at as f64 * WEEK_S as f64 / 3_600.0).round();
    let message = format!(
        "nobody is on call in `{alias}` outside of its hours of work, some {hours} of the 168 hours of a week; \
         first from {start} to {end}"
    );
    let remedy = "if that is meant so, let another stage or schedule follow it in every plan; \
                  else widen the coverage, or add a rotation below";
    findings.add(&UNCOVERED_HOURS, &path(alias), message, remedy);
}

fn past(scene: &Scene<'_>, schedule: &Schedule, findings: &mut Findings<'_>) {
    let (rules, below) = (schedule.rules(), path(schedule.alias()));
    let overrides =
        rules.overrides.iter().enumerate().map(|(n, one)| ("override", format!("{below}/overrides/{n}"), one.end));
    let swaps = rules.swaps.iter().enumerate().map(|(n, one)| ("swap", format!("{below}/swaps/{n}"), one.end));
    let temporary = rules.temporary.iter().map(|one| ("temporary schedule", temporary_path(schedule), one.end));
    for (kind, path, end) in overrides.chain(swaps).chain(temporary).filter(|(_, _, end)| *end <= scene.from) {
        let message = format!("this {kind} of `{}` has been over since {end}", schedule.alias());
        findings.add(&PAST_OVERRIDE, &path, message, "remove it: the history keeps who was on call");
    }
}
