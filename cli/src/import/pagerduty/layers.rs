//! Schedules: a layer becomes a rotation, an override a temporary schedule.
//!
//! Turns are counted from `rotation_virtual_start` by the clock of the schedule's time zone, worked or not; `start` only
//! says from when on the layer counts. The API lists the upper layer first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reveille_domain::{Every, Layers};
use serde_json::Value;

use crate::import::export::{each, id, number, text};
use crate::import::hours::{DAYS, Hours, minute_of_day};
use crate::import::model::{Imported, RenderedShift, Rotation, Schedule, SourceId};
use crate::import::named::{self, Named};
use crate::import::note::Notes;
use crate::import::shifts::{self, Comparison};
use crate::import::spans;

pub(super) fn read(value: &Value, overrides: &BTreeMap<String, Vec<&Value>>, imported: &mut Imported) {
    let Some(Named { id: schedule_id, name, object }) = Named::of("schedule", value, &["name", "summary"]) else {
        return;
    };
    let now = imported.now;
    let notes = &mut imported.notes;
    if value.get("schedule_layers").is_none() {
        let todo = "fetch `schedules/ID` for each schedule: the list alone has no layers";
        notes.failed(&object, "schedule_layers", "left out: the answer has no layers", todo);
        return;
    }
    let Some((zone_name, zone)) = named::zone(value, "time_zone", &object, notes) else { return };
    let mut ended = 0;
    let mut rotations = Vec::new();
    for layer in each(value, "schedule_layers") {
        if instant(layer, "end").is_some_and(|end| end <= now) {
            ended += 1;
            continue;
        }
        rotations.extend(rotation(layer, zone_name, &zone, now, &object, notes));
    }
    if ended > 0 {
        notes.decided(&object, "schedule_layers", format!("layers that have ended were left out: {ended}"), "");
    }
    let own = value.get("overrides_subschedule").map_or(&[][..], |sub| each(sub, "rendered_schedule_entries"));
    let listed = overrides.get(&schedule_id).cloned().unwrap_or_else(|| own.iter().collect());
    let temporary = spans::replacing(listed.into_iter().filter_map(entry).collect(), now, &object, notes);
    let rendered = value.get("final_schedule").map_or(&[][..], |last| each(last, "rendered_schedule_entries"));
    let rendered = spans::rendered(rendered.iter().filter_map(entry).collect(), now);
    let id = SourceId::new(schedule_id);
    let mut schedule =
        Schedule { id, name, layers: Layers::Upper, rotations, overrides: Vec::new(), temporary, rendered };
    order(&mut schedule, &object, notes);
    imported.schedules.push(schedule);
}

/// If the source's own shifts say that the list begins with the lowest layer, it is turned around.
fn order(schedule: &mut Schedule, object: &str, notes: &mut Notes) {
    if schedule.rotations.len() > 1 && schedule.rendered.is_none() {
        let done = "the first layer of the list was taken for the upper one";
        notes.decided(
            object,
            "schedule_layers",
            done,
            "fetch the schedule with `since` and `until`, and it is compared",
        );
    }
    let same = |schedule: &Schedule| match (shifts::schedule(schedule), &schedule.rendered) {
        (Ok(ours), Some(rendered)) => matches!(shifts::compare(&ours, rendered), Comparison::Same { .. }),
        _ => false,
    };
    if schedule.rotations.len() < 2 || schedule.rendered.is_none() || same(schedule) {
        return;
    }
    schedule.rotations.reverse();
    if same(schedule) {
        let done =
            "the rendered shifts show that the last layer of the list is the upper one: the order was turned around";
        notes.decided(object, "schedule_layers", done, "");
    } else {
        schedule.rotations.reverse();
    }
}

fn rotation(
    layer: &Value,
    zone_name: &str,
    zone: &TimeZone,
    now: Timestamp,
    object: &str,
    notes: &mut Notes,
) -> Option<Rotation> {
    let name = text(layer, "name").or(text(layer, "id")).unwrap_or("layer").to_owned();
    let field = format!("layer {name}");
    let user = |user: &Value| id(user.get("user").unwrap_or(user), "id").map(SourceId::new);
    let members: Vec<SourceId> = each(layer, "users").iter().filter_map(user).collect();
    if members.is_empty() {
        notes.no_equivalent(object, &field, "left out: it has no users", "");
        return None;
    }
    let (Some(virtual_start), Some(seconds)) =
        (instant(layer, "rotation_virtual_start"), number(layer, "rotation_turn_length_seconds"))
    else {
        notes.failed(
            object,
            &field,
            "left out: the answer does not say when it hands over",
            "fetch the schedule again",
        );
        return None;
    };
    let Some(every) = every(seconds) else {
        let done =
            format!("left out: shifts of {seconds} seconds are neither hours nor days nor weeks that Reveille has");
        notes.no_equivalent(object, &field, done, "write this rotation by hand");
        return None;
    };
    let start = instant(layer, "start").unwrap_or(virtual_start);
    let wall = |at: Timestamp| zone.to_datetime(at);
    let (begin, turns) = turn_at(wall(virtual_start), wall(start), i64::from(seconds))?;
    let mut one = Rotation {
        name,
        time_zone: zone_name.to_owned(),
        start: begin,
        every,
        members,
        on_call: 1,
        coverage: coverage(layer, object, &field, notes),
        days_off_burn_turns: true,
    };
    let first = turns.rem_euclid(one.members.len() as i64) as usize;
    if let Err(refused) = shifts::count_from_start(&mut one, first) {
        notes.no_equivalent(object, &field, format!("left out: {refused}"), "write this rotation by hand");
        return None;
    }
    if start > now && begin < wall(start) {
        let done = format!(
            "the layer begins at {start}, in the middle of a shift: here that shift has its member from {begin} on"
        );
        notes.decided(object, &field, done, "");
    }
    if let Some(end) = instant(layer, "end") {
        let done = format!("the layer ends at {end}; a rotation here does not end");
        notes.no_equivalent(object, &field, done, "take it out of the file then");
    }
    Some(one)
}

fn every(seconds: u32) -> Option<Every> {
    const HOUR: u32 = 3_600;
    const DAY: u32 = 24 * HOUR;
    const WEEK: u32 = 7 * DAY;
    match seconds {
        0 => None,
        _ if seconds.is_multiple_of(WEEK) => Some(Every::Weeks { count: seconds / WEEK, handoffs: Vec::new() }),
        _ if seconds.is_multiple_of(DAY) => Some(Every::Days { count: seconds / DAY, handoffs: Vec::new() }),
        _ if seconds.is_multiple_of(HOUR) => Some(Every::Hours(seconds / HOUR)),
        _ => None,
    }
}

/// The beginning of the turn in which a wall-clock time lies, and how many turns were before it since the first one.
pub(super) fn turn_at(first: DateTime, at: DateTime, seconds: i64) -> Option<(DateTime, i64)> {
    let passed = first.duration_until(at).as_secs();
    let turns = passed.div_euclid(seconds);
    let begin = first.checked_add(jiff::Span::new().try_seconds(turns * seconds).ok()?).ok()?;
    Some((begin, turns))
}

/// The restrictions as hours of the week.
fn coverage(
    layer: &Value,
    object: &str,
    field: &str,
    notes: &mut Notes,
) -> Option<Vec<reveille_domain::CoverageWindow>> {
    let restrictions = each(layer, "restrictions");
    if restrictions.is_empty() {
        return None;
    }
    let mut hours = Hours::none();
    for restriction in restrictions {
        let start = text(restriction, "start_time_of_day").and_then(minute_of_day);
        let seconds = number(restriction, "duration_seconds");
        let (Some(start), Some(seconds)) = (start, seconds.filter(|seconds| seconds % 60 == 0)) else {
            let done = "a restriction that is not in whole minutes was left out: nobody is on call by it";
            notes.no_equivalent(object, field, done, "write `coverage:` by hand");
            continue;
        };
        match number(restriction, "start_day_of_week") {
            Some(day @ 1..=7) if text(restriction, "type") == Some("weekly_restriction") => {
                hours.add(DAYS[day as usize - 1], start, seconds / 60);
            }
            _ => DAYS.into_iter().for_each(|day| hours.add(day, start, seconds / 60)),
        }
    }
    hours.windows()
}

fn entry(entry: &Value) -> Option<RenderedShift> {
    let contact = SourceId::new(id(entry.get("user")?, "id")?);
    Some(RenderedShift { contact, start: instant(entry, "start")?, end: instant(entry, "end")? })
}

fn instant(value: &Value, key: &str) -> Option<Timestamp> {
    text(value, key)?.parse().ok()
}
