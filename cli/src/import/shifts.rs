//! Shifts of what was read, before anything has an alias: the ids of the source stand in for aliases.
//!
//! The domain computes them. What a source renders itself is held against that, so that a rotation which is understood
//! wrongly is found out now and not at the first hand-off.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use reveille_domain::{
    Change, ContactAlias, Coverage, CoverageError, Layers, RotationError, RotationName, RotationRules, ScheduleAlias,
    ScheduleError, ScheduleRules, TemporarySchedule, TemporaryShift,
};

use super::model::{Override, Rendered, RenderedShift, Rotation, Schedule, SourceId, Temporary};

/// Why a rotation or a schedule cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The time zone is not in the database.
    #[error("there is no time zone `{0}`")]
    TimeZone(String),
    /// The domain refuses the hours.
    #[error("{0}")]
    Coverage(CoverageError),
    /// The domain refuses the rotation.
    #[error("{0}")]
    Rotation(RotationError),
    /// The domain refuses the schedule.
    #[error("{0}")]
    Schedule(ScheduleError),
}

fn alias(id: &SourceId) -> ContactAlias {
    ContactAlias::new(id.as_str())
}

fn id(alias: &ContactAlias) -> SourceId {
    SourceId::new(alias.as_str())
}

/// The time zone of this IANA name.
pub(super) fn zone(name: &str) -> Result<TimeZone, Refused> {
    let zone = TimeZone::get(name).map_err(|_| Refused::TimeZone(name.to_owned()))?;
    if zone.iana_name().is_some() { Ok(zone) } else { Err(Refused::TimeZone(name.to_owned())) }
}

/// A rotation as the domain has it.
pub(super) fn rotation(rotation: &Rotation) -> Result<reveille_domain::Rotation, Refused> {
    let coverage = rotation.coverage.clone().map(Coverage::new).transpose().map_err(Refused::Coverage)?;
    let rules = RotationRules {
        name: RotationName::new(rotation.name.as_str()),
        time_zone: zone(&rotation.time_zone)?,
        start: rotation.start,
        every: rotation.every.clone(),
        members: rotation.members.iter().map(alias).collect(),
        on_call: rotation.on_call,
        coverage,
        days_off_burn_turns: rotation.days_off_burn_turns,
    };
    reveille_domain::Rotation::new(rules).map_err(Refused::Rotation)
}

/// A schedule as the domain has it. Names of rotations need not be unique yet.
pub(super) fn schedule(schedule: &Schedule) -> Result<reveille_domain::Schedule, Refused> {
    let numbered = |(number, one): (usize, &Rotation)| rotation(&Rotation { name: number.to_string(), ..one.clone() });
    let rotations: Result<Vec<_>, Refused> = schedule.rotations.iter().enumerate().map(numbered).collect();
    let shift =
        |shift: &RenderedShift| TemporaryShift { contact: alias(&shift.contact), start: shift.start, end: shift.end };
    let rules = ScheduleRules {
        alias: ScheduleAlias::new(schedule.id.as_str()),
        layers: schedule.layers,
        rotations: rotations?,
        overrides: schedule.overrides.iter().filter_map(change).collect(),
        swaps: Vec::new(),
        temporary: schedule
            .temporary
            .iter()
            .map(|span| TemporarySchedule {
                start: span.start,
                end: span.end,
                shifts: span.shifts.iter().map(shift).collect(),
            })
            .collect(),
        notices: Vec::new(),
    };
    reveille_domain::Schedule::new(rules).map_err(Refused::Schedule)
}

fn change(one: &Override) -> Option<reveille_domain::Override> {
    let change = match (&one.remove, &one.add) {
        (Some(remove), Some(add)) => Change::Replace { remove: alias(remove), add: alias(add) },
        (Some(remove), None) => Change::Remove(alias(remove)),
        (None, Some(add)) => Change::Add(alias(add)),
        (None, None) => return None,
    };
    Some(reveille_domain::Override { start: one.start, end: one.end, change })
}

/// Turns the members of a rotation so that the first shift which is worked is that of member `number % members`, where
/// `number` counts every shift since `start`, worked or not. Sources count so; ours gives the first worked shift to the
/// first member.
pub(super) fn count_from_start(one: &mut Rotation, first: usize) -> Result<(), Refused> {
    let mut turned = first;
    if one.coverage.is_some() && one.days_off_burn_turns {
        let built = rotation(one)?;
        let worked = schedule_of(one).and_then(|schedule| first_worked(&schedule, built.start()));
        if let Some(turn) = worked.and_then(|at| built.turn(at)) {
            turned += built.handoffs(built.start(), turn.start).len();
        }
    }
    let turned = turned * one.on_call % one.members.len().max(1);
    one.members.rotate_left(turned);
    Ok(())
}

fn schedule_of(one: &Rotation) -> Option<reveille_domain::Schedule> {
    let bare = Schedule {
        id: SourceId::new("one"),
        name: String::new(),
        layers: Layers::Both,
        rotations: vec![one.clone()],
        overrides: Vec::new(),
        temporary: Vec::new(),
        rendered: None,
    };
    schedule(&bare).ok()
}

/// Hours of work come every week, so the first lie within two.
fn first_worked(schedule: &reveille_domain::Schedule, start: Timestamp) -> Option<Timestamp> {
    schedule.shifts(start, days_later(start, 15)).first().map(|shift| shift.start)
}

/// So many days of 24 hours later.
pub(super) fn days_later(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(Span::new().hours(days * 24)).unwrap_or(Timestamp::MAX)
}

/// The shifts of one rotation alone.
pub(super) fn of_rotation(
    one: &Rotation,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(Timestamp, Timestamp, Vec<SourceId>)> {
    let shifts = schedule_of(one).map(|schedule| schedule.shifts(from, to)).unwrap_or_default();
    shifts.into_iter().map(|shift| (shift.start, shift.end, shift.contacts.iter().map(id).collect())).collect()
}

/// Whether two rotations ever have somebody at the same time within so many days.
pub(super) fn overlap(one: &Rotation, other: &Rotation, from: Timestamp, days: i64) -> bool {
    let to = days_later(from, days);
    let others = of_rotation(other, from, to);
    of_rotation(one, from, to).iter().any(|(start, end, _)| others.iter().any(|(from, to, _)| start < to && from < end))
}

/// Changes that put these people in the place of whoever a rotation has on call, for a span: what it hands over in
/// between stays a border.
pub(super) fn replaced(one: &Rotation, from: Timestamp, to: Timestamp, by: &[SourceId]) -> Vec<Override> {
    let mut changes = Vec::new();
    for (start, end, on_call) in of_rotation(one, from, to) {
        let mut leaving = on_call.iter().filter(|who| !by.contains(who)).cloned();
        let mut coming = by.iter().filter(|who| !on_call.contains(who)).cloned();
        loop {
            let (remove, add) = (leaving.next(), coming.next());
            if remove.is_none() && add.is_none() {
                break;
            }
            changes.push(Override { start, end, remove, add });
        }
    }
    changes
}

/// A replacement of whoever a rotation has on call.
pub(super) type Replacement = (Timestamp, Timestamp, Vec<SourceId>);

/// Rotations with the replacements of each, as changes of the whole schedule. An override knows people and no rotations:
/// where somebody who is replaced in one rotation has a turn in another one at the same time, the span is written out.
pub(super) fn of_rotations(parts: &[(&Rotation, &[Replacement])]) -> (Vec<Override>, Vec<Temporary>) {
    let changes: Vec<Vec<Override>> = parts
        .iter()
        .map(|(one, by)| by.iter().flat_map(|(start, end, by)| replaced(one, *start, *end, by)).collect())
        .collect();
    let meets = |place: usize, change: &Override| {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != place);
        let Some(leaves) = &change.remove else { return false };
        others.into_iter().any(|(_, (other, _))| {
            of_rotation(other, change.start, change.end).iter().any(|(_, _, people)| people.contains(leaves))
        })
    };
    if !changes.iter().enumerate().any(|(place, of_one)| of_one.iter().any(|change| meets(place, change))) {
        return (changes.into_iter().flatten().collect(), Vec::new());
    }
    let mut spans: Vec<(Timestamp, Timestamp)> =
        parts.iter().flat_map(|(_, by)| by.iter().map(|(start, end, _)| (*start, *end))).collect();
    spans.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    let written = |(start, end): (Timestamp, Timestamp)| {
        let shifts = parts.iter().zip(&changes).flat_map(|((one, _), changes)| with_changes(one, changes, start, end));
        Temporary { start, end, shifts: shifts.collect() }
    };
    (Vec::new(), merged.into_iter().map(written).collect())
}

/// The shifts of one rotation with changes of its own.
fn with_changes(one: &Rotation, changes: &[Override], from: Timestamp, to: Timestamp) -> Vec<RenderedShift> {
    let alone = Schedule {
        id: SourceId::new("one"),
        name: String::new(),
        layers: Layers::Both,
        rotations: vec![one.clone()],
        overrides: changes.to_vec(),
        temporary: Vec::new(),
        rendered: None,
    };
    let shifts = schedule(&alone).map(|schedule| schedule.shifts(from, to)).unwrap_or_default();
    let each = |shift: &reveille_domain::Shift| -> Vec<RenderedShift> {
        let of = |who: &ContactAlias| RenderedShift { contact: id(who), start: shift.start, end: shift.end };
        shift.contacts.iter().map(of).collect()
    };
    shifts.iter().flat_map(each).collect()
}

/// What holding our shifts against the source's came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// At every instant of the window the same people are on call.
    Same {
        /// How many of the source's shifts were looked at.
        shifts: usize,
    },
    /// From this instant on they differ.
    Differs {
        /// The first such instant.
        at: Timestamp,
        /// Whom we have.
        ours: BTreeSet<SourceId>,
        /// Whom the source has.
        theirs: BTreeSet<SourceId>,
    },
}

/// Holds a schedule against what its source renders.
pub(super) fn compare(schedule: &reveille_domain::Schedule, rendered: &Rendered) -> Comparison {
    let (from, to) = (rendered.from, rendered.to);
    let mut edges: BTreeSet<Timestamp> = schedule.shifts(from, to).iter().flat_map(|s| [s.start, s.end]).collect();
    edges.extend(rendered.shifts.iter().flat_map(|shift| [shift.start, shift.end]));
    edges.insert(from);
    for at in edges.into_iter().filter(|at| (from..to).contains(at)) {
        let ours: BTreeSet<SourceId> = schedule.on_call(at).iter().map(id).collect();
        let holds = |shift: &&RenderedShift| (shift.start..shift.end).contains(&at);
        let theirs: BTreeSet<SourceId> =
            rendered.shifts.iter().filter(holds).map(|shift| shift.contact.clone()).collect();
        if ours != theirs {
            return Comparison::Differs { at, ours, theirs };
        }
    }
    Comparison::Same { shifts: rendered.shifts.len() }
}
