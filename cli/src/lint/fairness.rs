//! Whether the work of a schedule is divided as it seems: hand-offs in the middle of hours of work, people who count twice, and
//! people who get no rest between two shifts. All of these may be meant so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span as Length, Timestamp};
use reveille_domain::{ContactAlias, Coverage, Layers, Rotation, Shift};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::roster::Roster;
use super::scene::Scene;
use super::schedules::path;
use super::spans::{self, Span};

pub(super) const SPLIT_COVERAGE: Check =
    check!(Note, "split-coverage", "A hand-off in the middle of hours of work splits them");
pub(super) const OVERLAP: Check =
    check!(Note, "overlap", "The same person is on call twice in a schedule, so fewer are than it seems");
pub(super) const DOUBLE_DUTY: Check =
    check!(Note, "double-duty", "The same person is on call in two schedules at once");
pub(super) const BACK_TO_BACK: Check =
    check!(Note, "back-to-back", "Somebody's shift begins as another one of theirs ends");

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let rosters: Vec<&Roster<'_>> = scene.rosters().collect();
    for (number, roster) in rosters.iter().enumerate() {
        for (place, rotation) in roster.schedule.rotations().iter().enumerate() {
            split_coverage(scene, roster, (place, rotation), findings);
        }
        overlap(roster, findings);
        back_to_back(roster, findings);
        for other in &rosters[number + 1..] {
            double_duty(roster, other, findings);
        }
    }
}

/// Whether every hour of the week is covered: then a hand-off has to be in the middle of something.
fn is_around_the_clock(coverage: &Coverage) -> bool {
    const WEEK_S: i64 = 7 * 24 * 3_600;
    let seconds = |time: jiff::civil::Time| {
        i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
    };
    let length = |window: &reveille_domain::CoverageWindow| {
        let length = seconds(window.end) - seconds(window.start);
        if length <= 0 { length + WEEK_S / 7 } else { length }
    };
    coverage.windows().iter().map(length).sum::<i64>() >= WEEK_S
}

fn split_coverage(
    scene: &Scene<'_>,
    roster: &Roster<'_>,
    (place, rotation): (usize, &Rotation),
    findings: &mut Findings<'_>,
) {
    if rotation.rules().coverage.as_ref().is_none_or(is_around_the_clock) || rotation.rules().members.len() == 1 {
        return;
    }
    let just_before = |at: Timestamp| at.checked_sub(Length::new().seconds(1)).unwrap_or(at);
    let splits = |at: &Timestamp| {
        let (before, after) = (rotation.on_call(just_before(*at)), rotation.on_call(*at));
        !before.is_empty() && !after.is_empty() && before != after
    };
    let splitting: Vec<Timestamp> = rotation.handoffs(scene.from, scene.to).into_iter().filter(splits).collect();
    let Some(first) = splitting.first() else { return };
    let local = rotation.time_zone().to_datetime(*first);
    let message = format!(
        "rotation `{}` of `{}` hands over in the middle of its hours of work, {} within a year; first at {first}, \
         which is {} there: from one to the other within a window",
        rotation.rules().name,
        roster.schedule.alias(),
        spans::times(splitting.len()),
        local.strftime("%A %H:%M"),
    );
    let remedy = "let it hand over when a window begins or ends";
    let path = format!("{}/rotations/{place}", path(roster.schedule.alias()));
    findings.add(&SPLIT_COVERAGE, &path, message, remedy);
}

/// The times of shifts of the same person by two rotations at once.
fn overlap(roster: &Roster<'_>, findings: &mut Findings<'_>) {
    if roster.schedule.layers() != Layers::Both {
        return;
    }
    let mut twice: BTreeMap<&ContactAlias, Vec<Span>> = BTreeMap::new();
    let mut open: Vec<&Shift> = Vec::new();
    for shift in &roster.shifts {
        open.retain(|before| before.end > shift.start);
        for before in &open {
            for contact in before.contacts.iter().filter(|contact| shift.contacts.contains(contact)) {
                twice.entry(contact).or_default().push((shift.start, shift.end.min(before.end)));
            }
        }
        open.push(shift);
    }
    let first = twice.values().filter_map(|spans| spans.first()).min();
    let Some((start, end)) = first else { return };
    let (alias, who) = (roster.schedule.alias(), named(twice.keys().copied()));
    let message = format!(
        "by two rotations of `{alias}` at once {who} on call, {} within a year, first from {start} to {end}: whoever is on call \
         twice is asked once, and fewer people are on call than it seems",
        spans::times(twice.values().map(Vec::len).sum()),
    );
    findings.add(&OVERLAP, &path(alias), message, "change the order of the members of one of the rotations");
}

/// "`natsu` is", "`natsu` and `zeref` are".
fn named<'a>(contacts: impl Iterator<Item = &'a ContactAlias>) -> String {
    let names: Vec<String> = contacts.map(|contact| format!("`{contact}`")).collect();
    match names.as_slice() {
        [one] => format!("{one} is"),
        [before @ .., last] => format!("{} and {last} are", before.join(", ")),
        [] => String::new(),
    }
}

fn double_duty(one: &Roster<'_>, other: &Roster<'_>, findings: &mut Findings<'_>) {
    let members: BTreeSet<&ContactAlias> = one.schedule.contacts();
    let shared: Vec<&ContactAlias> = other.schedule.contacts().into_iter().filter(|c| members.contains(c)).collect();
    let mut twice: BTreeMap<&ContactAlias, Vec<Span>> = BTreeMap::new();
    for contact in shared {
        let both = spans::common(&on_call(one, contact), &on_call(other, contact));
        if !both.is_empty() {
            twice.insert(contact, both);
        }
    }
    let first = twice.values().filter_map(|spans| spans.first()).min();
    let Some((start, end)) = first else { return };
    let (alias, second, who) = (one.schedule.alias(), other.schedule.alias(), named(twice.keys().copied()));
    let message = format!(
        "{who} on call in `{alias}` and in `{second}` at once, {} within a year; first from {start} to {end}",
        spans::length(twice.values().map(|spans| spans::seconds(spans)).sum()),
    );
    let remedy = "if they may have to answer for both at the same time, let somebody else have one of them";
    findings.add(&DOUBLE_DUTY, &path(second), message, remedy);
}

fn on_call(roster: &Roster<'_>, contact: &ContactAlias) -> Vec<Span> {
    let theirs = roster.stretches.iter().filter(|stretch| stretch.contacts.contains(contact));
    theirs.map(|stretch| (stretch.start, stretch.end)).collect()
}

fn back_to_back(roster: &Roster<'_>, findings: &mut Findings<'_>) {
    let mut beginning: BTreeMap<Timestamp, Vec<&Shift>> = BTreeMap::new();
    for shift in &roster.shifts {
        beginning.entry(shift.start).or_default().push(shift);
    }
    let mut seams: BTreeMap<&ContactAlias, Vec<(&Shift, &Shift)>> = BTreeMap::new();
    for shift in &roster.shifts {
        for next in beginning.get(&shift.end).into_iter().flatten() {
            for contact in shift.contacts.iter().filter(|contact| next.contacts.contains(contact)) {
                seams.entry(contact).or_default().push((shift, next));
            }
        }
    }
    let first = seams.values().filter_map(|seams| seams.first()).min_by_key(|(first, _)| first.end);
    let Some((first, second)) = first else { return };
    let (alias, who) = (roster.schedule.alias(), named(seams.keys().copied()));
    let message = format!(
        "{who} on call in `{alias}` without a break between two shifts, {} within a year: first {} from {} to {}, then {} until {}",
        spans::times(seams.values().map(Vec::len).sum()),
        by(first),
        first.start,
        first.end,
        by(second),
        second.end,
    );
    let remedy = "let somebody else have one of the two, if that is too long";
    findings.add(&BACK_TO_BACK, &path(alias), message, remedy);
}

/// What puts people on call in a shift.
fn by(shift: &Shift) -> String {
    match &shift.rotation {
        Some(rotation) => format!("by rotation `{rotation}`"),
        None => "by an override".to_owned(),
    }
}
