//! Holes and overlaps between rotations of different time zones that exist only while the zones' clocks differ by one number of
//! hours and not by another: nobody wrote them, and nobody sees them in the week in which the schedule is made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use reveille_domain::{CoverageWindow, Layers, Rotation, Schedule, Shift};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::roster::Roster;
use super::scene::Scene;
use super::schedules::path;
use super::spans::{self, Span};

pub(super) const DST_GAP: Check = check!(
    Error,
    "dst-gap",
    "Between two time zones nobody is on call, while one has changed its clock and the other has not"
);
pub(super) const DST_OVERLAP: Check = check!(
    Note,
    "dst-overlap",
    "Two time zones are on call at once, while one has changed its clock and the other has not"
);

/// Two zones that both change their clocks by an hour, in opposite directions, differ by two; one more for the unusual.
const HOLE_S_MAX: i64 = 3 * 3_600;

/// A hole, or an overlap, at the meeting of two rotations.
pub(super) struct Seam<'s> {
    pub(super) span: Span,
    /// The rotation whose hours end.
    ends: &'s Rotation,
    /// The rotation whose hours begin.
    begins: &'s Rotation,
    /// When the clock changed that made it, if it was not so from the start of what is looked at.
    since: Option<(Timestamp, String)>,
}

/// Which of these gaps lie between the hours of two rotations of different zones, and would not be there if the zones' clocks
/// stood as they do at another time of the year.
pub(super) fn holes<'s>(scene: &Scene<'_>, schedule: &'s Schedule, gaps: &[Span]) -> Vec<Seam<'s>> {
    let short = gaps.iter().filter(|gap| spans::seconds(&[**gap]) <= HOLE_S_MAX);
    let seam = |gap: &Span| {
        let pairs = pairs(schedule).filter(|(ends, begins)| ends_at(ends, gap.0) && begins_at(begins, gap.1));
        let mut made = pairs.filter_map(|(ends, begins)| by_clocks(scene, ends, begins, *gap, Seen::Hole));
        made.next()
    };
    short.filter_map(seam).collect()
}

/// What two rotations leave between them, or share.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Hole,
    Overlap,
}

/// Every two rotations of different zones.
fn pairs(schedule: &Schedule) -> impl Iterator<Item = (&Rotation, &Rotation)> {
    let all = schedule.rotations();
    let each = move |one| all.iter().map(move |other| (one, other));
    all.iter().flat_map(each).filter(|(one, other)| one.time_zone() != other.time_zone())
}

fn windows(rotation: &Rotation) -> &[CoverageWindow] {
    rotation.rules().coverage.as_ref().map(|coverage| coverage.windows()).unwrap_or_default()
}

/// Whether hours of work end at an instant.
fn ends_at(rotation: &Rotation, at: Timestamp) -> bool {
    let (day, time) = wall(rotation, at);
    windows(rotation).iter().any(|window| {
        let ends_on = if window.end <= window.start { window.day.next() } else { window.day };
        (ends_on, window.end) == (day, time)
    })
}

/// Whether hours of work begin at an instant.
fn begins_at(rotation: &Rotation, at: Timestamp) -> bool {
    let wall = wall(rotation, at);
    windows(rotation).iter().any(|window| (window.day, window.start) == wall)
}

fn wall(rotation: &Rotation, at: Timestamp) -> (Weekday, Time) {
    let local = rotation.time_zone().to_datetime(at);
    (local.weekday(), local.time())
}

/// The seam, if other offsets of the year would close it.
fn by_clocks<'s>(
    scene: &Scene<'_>,
    ends: &'s Rotation,
    begins: &'s Rotation,
    span: Span,
    seen: Seen,
) -> Option<Seam<'s>> {
    // Where one zone's day ends and the other's begins: how far east of the first the second stands decides.
    let apart = |at: Timestamp| offset_s(begins.time_zone(), at) - offset_s(ends.time_zone(), at);
    let (length, now) = (spans::seconds(&[span]), apart(span.0));
    let changes = changes(scene, [ends.time_zone(), begins.time_zone()]);
    let elsewhere = [scene.from].into_iter().chain(changes.iter().map(|(at, _)| *at)).map(apart);
    let closes = |other: i64| match seen {
        Seen::Hole => length + now - other <= 0,
        Seen::Overlap => length - now + other <= 0,
    };
    if !elsewhere.into_iter().any(closes) {
        return None;
    }
    let since = changes.into_iter().rfind(|(at, _)| *at <= span.0);
    Some(Seam { span, ends, begins, since })
}

fn offset_s(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds())
}

/// The instants at which either zone changes its clock, each with the zone's name, in order.
fn changes(scene: &Scene<'_>, zones: [&TimeZone; 2]) -> Vec<(Timestamp, String)> {
    let mut changes = Vec::new();
    for zone in zones {
        let within = zone.following(scene.from).take_while(|change| change.timestamp() < scene.to);
        changes.extend(within.map(|change| (change.timestamp(), name(zone))));
    }
    changes.sort();
    changes
}

fn name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("its zone").to_owned()
}

/// An instant as the clocks of a rotation show it.
fn local(rotation: &Rotation, at: Timestamp) -> String {
    let zone = rotation.time_zone();
    format!("{} in {}", zone.to_datetime(at).strftime("%H:%M"), name(zone))
}

/// Reports holes, those of the same two rotations together.
pub(super) fn report(schedule: &Schedule, holes: &[Seam<'_>], findings: &mut Findings<'_>) {
    for (first, often) in together(holes) {
        let alias = schedule.alias();
        let message = format!("nobody is on call in `{alias}` {often}: rotation {}", meeting(first, Seen::Hole));
        let remedy = format!(
            "let `{}` work an hour longer, or put a rotation below that covers what is left",
            first.ends.rules().name
        );
        findings.add(&DST_GAP, &rotation_path(schedule, first.ends), message, remedy);
    }
}

/// How two rotations meet: by the clock of each, what comes first and what comes later.
fn meeting(seam: &Seam<'_>, seen: Seen) -> String {
    let ((one, does), (other, then)) = match seen {
        Seen::Hole => ((seam.ends, "ends"), (seam.begins, "begins")),
        Seen::Overlap => ((seam.begins, "begins"), (seam.ends, "ends")),
    };
    let (start, end) = seam.span;
    format!(
        "`{}` {does} at {start}, which is {}, and `{}` {then} {} later, at {end}, which is {}",
        one.rules().name,
        local(one, start),
        other.rules().name,
        spans::length(spans::seconds(&[seam.span])),
        local(other, end),
    )
}

fn how_often(seams: &[&Seam<'_>]) -> String {
    let spans: Vec<Span> = seams.iter().map(|seam| seam.span).collect();
    let count = spans::times(spans.len());
    let total = spans::length(spans::seconds(&spans));
    let since = seams.first().and_then(|seam| seam.since.as_ref());
    let since = since.map_or_else(String::new, |(at, zone)| format!(", after the clock of {zone} changes at {at}"));
    format!("{count} within a year, {total} in all{since}")
}

/// For each two rotations their first seam, and how often there is one.
fn together<'a, 's>(seams: &'a [Seam<'s>]) -> Vec<(&'a Seam<'s>, String)> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Seam<'s>>> = BTreeMap::new();
    for seam in seams {
        let names = (seam.ends.rules().name.as_str(), seam.begins.rules().name.as_str());
        groups.entry(names).or_default().push(seam);
    }
    groups.values().filter_map(|seams| Some((*seams.first()?, how_often(seams)))).collect()
}

fn rotation_path(schedule: &Schedule, rotation: &Rotation) -> String {
    let place = schedule.rotations().iter().position(|one| one.rules().name == rotation.rules().name);
    format!("{}/rotations/{}", path(schedule.alias()), place.unwrap_or_default())
}

/// Times in which two rotations of a schedule in which all count are on call, and only because of their clocks. Where the upper
/// rotation decides, it hides them.
pub(super) fn overlaps(scene: &Scene<'_>, roster: &Roster<'_>, findings: &mut Findings<'_>) {
    let schedule = roster.schedule;
    if schedule.layers() != Layers::Both {
        return;
    }
    let mut seams = Vec::new();
    for (ends, begins) in pairs(schedule) {
        let of = |rotation: &Rotation| -> Vec<&Shift> {
            let name = &rotation.rules().name;
            roster.shifts.iter().filter(|shift| shift.rotation.as_ref() == Some(name)).collect()
        };
        let beginning = of(begins);
        for ending in of(ends).into_iter().filter(|shift| ends_at(ends, shift.end)) {
            let meets = |shift: &&&Shift| {
                let span = (shift.start, ending.end);
                shift.start < ending.end && spans::seconds(&[span]) <= HOLE_S_MAX && begins_at(begins, shift.start)
            };
            let met = beginning.iter().find(meets);
            seams
                .extend(met.and_then(|shift| by_clocks(scene, ends, begins, (shift.start, ending.end), Seen::Overlap)));
        }
    }
    for (first, often) in together(&seams) {
        let alias = schedule.alias();
        let message =
            format!("two rotations of `{alias}` are on call at once {often}: {}", meeting(first, Seen::Overlap));
        let remedy = "if one of them is enough, write `layers: upper`";
        findings.add(&DST_OVERLAP, &rotation_path(schedule, first.ends), message, remedy);
    }
}
