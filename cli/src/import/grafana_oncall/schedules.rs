//! Schedules: shifts by level. A higher level hides lower ones, and shifts of one level are on call together.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reveille_domain::Layers;
use serde_json::Value;

use super::recurrence::{self, instant, people};
use crate::import::export::{each, id, number, text};
use crate::import::model::{Imported, Override, RenderedShift, Rotation, Schedule, SourceId};
use crate::import::named::Named;
use crate::import::note::Notes;
use crate::import::{shifts, spans};

/// How far ahead shifts are looked at for whether they meet.
const MEET_DAYS: i64 = 120;

/// What is collected for a schedule.
#[derive(Default)]
struct Parts {
    rotations: Vec<(u32, Rotation)>,
    overrides: Vec<RenderedShift>,
    singles: Vec<(u32, RenderedShift)>,
}

pub(super) fn read(
    value: &Value,
    all: &[&Value],
    swaps: &[&Value],
    rendered: &BTreeMap<String, Vec<&Value>>,
    imported: &mut Imported,
) {
    let Some(Named { id: schedule_id, name, object }) = Named::of("schedule", value, &["name"]) else { return };
    let now = imported.now;
    let notes = &mut imported.notes;
    for calendar in ["ical_url_primary", "ical_url_overrides"] {
        if text(value, calendar).is_some() {
            let done = "the calendar was left out: schedules here are not read from calendars";
            notes.no_equivalent(&object, calendar, done, "write its shifts as rotations, or as `temporary:`");
        }
    }
    let zone_name = text(value, "time_zone").unwrap_or("UTC");
    let mut parts = Parts::default();
    for shift_id in each(value, "shifts").iter().filter_map(Value::as_str) {
        match all.iter().find(|shift| id(shift, "id").as_deref() == Some(shift_id)) {
            Some(shift) => part(shift, zone_name, now, &mut parts, &object, notes),
            None => {
                let done = format!("shift {shift_id} is not among the shifts");
                notes.failed(&object, "shifts", done, "fetch `on_call_shifts/` with all its pages");
            }
        }
    }
    let layers = layers(&mut parts.rotations, now, &object, notes);
    let mut overrides = swapped(swaps, &schedule_id, now);
    singles(&mut parts, &mut overrides, &object, notes);
    let zone = shifts::zone(zone_name).unwrap_or(TimeZone::UTC);
    let listed = rendered.get(&schedule_id).map_or(&[][..], Vec::as_slice);
    let final_shift = |shift: &&Value| {
        let contact = SourceId::new(text(shift, "user_pk")?);
        let (start, end) = (instant(shift, "shift_start", &zone)?, instant(shift, "shift_end", &zone)?);
        Some(RenderedShift { contact, start, end })
    };
    let id = SourceId::new(schedule_id);
    imported.schedules.push(Schedule {
        id,
        name,
        layers,
        rotations: parts.rotations.into_iter().map(|(_, rotation)| rotation).collect(),
        overrides,
        temporary: spans::together(parts.overrides, now),
        rendered: spans::rendered(listed.iter().filter_map(final_shift).collect(), now),
    });
}

fn part(shift: &Value, schedule_zone: &str, now: Timestamp, parts: &mut Parts, object: &str, notes: &mut Notes) {
    let zone_name = text(shift, "time_zone").unwrap_or(schedule_zone);
    let zone = shifts::zone(zone_name).unwrap_or(TimeZone::UTC);
    let field = format!("shift {}", text(shift, "name").or(text(shift, "id")).unwrap_or("?"));
    let level = number(shift, "level").unwrap_or(0);
    let until = instant(shift, "until", &zone);
    if until.is_some_and(|until| until <= now) {
        notes.decided(object, &field, "left out: it has ended", "");
        return;
    }
    let kind = text(shift, "type").unwrap_or("");
    if kind == "single_event" || kind == "override" {
        let start = instant(shift, "rotation_start", &zone).or(instant(shift, "start", &zone));
        let seconds = i64::from(number(shift, "duration").unwrap_or(0));
        let Some(start) = start else { return };
        let Ok(end) = start.checked_add(jiff::Span::new().seconds(seconds)) else { return };
        for contact in people(shift) {
            let one = RenderedShift { contact, start, end };
            if end <= now {
                continue;
            }
            if kind == "override" { parts.overrides.push(one) } else { parts.singles.push((level, one)) }
        }
        return;
    }
    match recurrence::rotation(shift, zone_name) {
        Ok(rotation) => {
            let begins = instant(shift, "rotation_start", &zone).or(instant(shift, "start", &zone));
            if let Some(begins) = begins.filter(|begins| *begins > now) {
                let done = format!("begins at {begins}; here it begins at {} ({zone_name})", rotation.start);
                notes.decided(object, &field, done, "");
            }
            if let Some(until) = until {
                let done = format!("ends at {until}; a rotation here does not end");
                notes.no_equivalent(object, &field, done, "take it out of the file then");
            }
            parts.rotations.push((level, rotation));
        }
        Err(reason) => {
            let todo = "write this rotation by hand: nobody is on call by it";
            notes.no_equivalent(object, &field, format!("left out: {reason}"), todo);
        }
    }
}

/// What several rotations mean. Levels that never meet need no order; where a level has several at a time and meets
/// another one, nothing here says both.
fn layers(rotations: &mut [(u32, Rotation)], now: Timestamp, object: &str, notes: &mut Notes) -> Layers {
    rotations.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let (mut across, mut within) = (false, false);
    for (place, (level, one)) in rotations.iter().enumerate() {
        for (other_level, other) in &rotations[place + 1..] {
            // Only who is on call from now on counts, also of a rotation that begins later.
            if shifts::overlap(one, other, now, MEET_DAYS) {
                if level == other_level { within = true } else { across = true }
            }
        }
    }
    match (across, within) {
        (false, _) => Layers::Both,
        (true, false) => Layers::Upper,
        (true, true) => {
            let done =
                "several shifts of one level meet, and a higher level hides lower ones: here the first of them decides";
            let todo = "make two schedules of it, and engage both";
            notes.no_equivalent(object, "level", done, todo);
            Layers::Upper
        }
    }
}

/// Events that come once: above every rotation they replace it, beside all of them they come in addition.
fn singles(parts: &mut Parts, overrides: &mut Vec<Override>, object: &str, notes: &mut Notes) {
    let (lowest, highest) =
        (parts.rotations.iter().map(|(level, _)| *level).min(), parts.rotations.iter().map(|(level, _)| *level).max());
    for (level, one) in std::mem::take(&mut parts.singles) {
        if highest.is_some_and(|highest| level > highest) {
            parts.overrides.push(one);
        } else if lowest == Some(level) && highest == Some(level) {
            overrides.push(Override { start: one.start, end: one.end, remove: None, add: Some(one.contact) });
        } else {
            let done = format!(
                "the single event from {} until {} was left out: its level stands between those of rotations",
                one.start, one.end
            );
            notes.no_equivalent(object, "single_event", done, "write it under `temporary:`");
        }
    }
}

/// Swaps that somebody has taken.
fn swapped(swaps: &[&Value], schedule: &str, now: Timestamp) -> Vec<Override> {
    let one = |swap: &&Value| {
        if text(swap, "schedule") != Some(schedule) {
            return None;
        }
        let (remove, add) = (text(swap, "beneficiary")?, text(swap, "benefactor")?);
        let (start, end) = (instant(swap, "swap_start", &TimeZone::UTC)?, instant(swap, "swap_end", &TimeZone::UTC)?);
        let (remove, add) = (Some(SourceId::new(remove)), Some(SourceId::new(add)));
        (end > now).then_some(Override { start, end, remove, add })
    };
    swaps.iter().filter_map(one).collect()
}
