//! Schedules: rotations beside each other, with their time restrictions as hours; overrides; the timeline as proof.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use reveille_domain::{CoverageWindow, Every, Layers};
use serde_json::Value;

use crate::import::export::{each, flag, id, number, text};
use crate::import::hours::{DAY, DAYS, Hours};
use crate::import::model::{Imported, Override, RenderedShift, Rotation, Schedule, SourceId, Temporary};
use crate::import::named::{self, Named};
use crate::import::note::Notes;
use crate::import::{shifts, spans};

pub(super) fn read(
    value: &Value,
    overrides: &BTreeMap<String, Vec<&Value>>,
    timelines: &BTreeMap<String, Vec<&Value>>,
    imported: &mut Imported,
) {
    let Some(Named { id: schedule_id, name, object }) = Named::of("schedule", value, &["name"]) else { return };
    let now = imported.now;
    let notes = &mut imported.notes;
    if flag(value, "enabled") == Some(false) {
        let done = "left out: it is disabled, so nobody is on call by it";
        notes.decided(&object, "enabled", done, "");
        return;
    }
    let Some((zone_name, zone)) = named::zone(value, "timezone", &object, notes) else { return };
    let mut parts: Vec<(String, Rotation)> = Vec::new();
    for one in each(value, "rotations") {
        let rotation_id = id(one, "id").unwrap_or_default();
        parts.extend(rotation(one, zone_name, &zone, now, &object, notes).map(|rotation| (rotation_id, rotation)));
    }
    let listed = overrides.get(&schedule_id).map_or(&[][..], Vec::as_slice);
    let (changes, temporary) = overridden(listed, &parts, now, &object, notes);
    let timeline = timelines.get(&schedule_id).and_then(|timeline| timeline.first()).copied();
    let rendered = spans::rendered(timeline.map(periods).unwrap_or_default(), now);
    imported.schedules.push(Schedule {
        id: SourceId::new(schedule_id),
        name,
        layers: Layers::Both,
        rotations: parts.into_iter().map(|(_, rotation)| rotation).collect(),
        overrides: changes,
        temporary,
        rendered,
    });
}

fn rotation(
    value: &Value,
    zone_name: &str,
    zone: &TimeZone,
    now: Timestamp,
    object: &str,
    notes: &mut Notes,
) -> Option<Rotation> {
    let name = text(value, "name").or(text(value, "id")).unwrap_or("rotation").to_owned();
    let field = format!("rotation {name}");
    let end = instant(value, "endDate");
    if flag(value, "enabled") == Some(false) || end.is_some_and(|end| end <= now) {
        notes.decided(object, &field, "left out: it is disabled or has ended", "");
        return None;
    }
    let start = instant(value, "startDate")?;
    let count = number(value, "length").unwrap_or(1).max(1);
    let every = match text(value, "type") {
        Some("hourly") => Every::Hours(count),
        Some("weekly") => Every::Weeks { count, handoffs: Vec::new() },
        Some("daily") => Every::Days { count, handoffs: Vec::new() },
        other => {
            let done = format!("left out: rotations of type {other:?} are unknown");
            notes.no_equivalent(object, &field, done, "write this rotation by hand");
            return None;
        }
    };
    let members = members(value, object, &field, notes)?;
    let coverage = coverage(value, object, &field, notes);
    let mut one = Rotation {
        name,
        time_zone: zone_name.to_owned(),
        start: zone.to_datetime(start),
        every,
        members,
        on_call: 1,
        coverage,
        days_off_burn_turns: true,
    };
    if let Err(refused) = shifts::count_from_start(&mut one, 0) {
        notes.no_equivalent(object, &field, format!("left out: {refused}"), "write this rotation by hand");
        return None;
    }
    if let Some(end) = end {
        let done = format!("ends at {end}; a rotation here does not end");
        notes.no_equivalent(object, &field, done, "take it out of the file then");
    }
    Some(one)
}

/// Turns of nobody, of teams and of escalations cannot be taken by anybody here, and without them all others would move.
fn members(value: &Value, object: &str, field: &str, notes: &mut Notes) -> Option<Vec<SourceId>> {
    let mut members = Vec::new();
    for participant in each(value, "participants") {
        let kind = text(participant, "type").unwrap_or("");
        match (kind, super::user(participant)) {
            ("user", Some(user)) => members.push(SourceId::new(user)),
            _ => {
                let done = format!("left out: a turn belongs to `{kind}`, and turns here belong to people");
                let todo = "write this rotation by hand, with a person in that turn";
                notes.no_equivalent(object, field, done, todo);
                return None;
            }
        }
    }
    if members.is_empty() {
        notes.no_equivalent(object, field, "left out: it has no participants", "");
        return None;
    }
    Some(members)
}

fn coverage(value: &Value, object: &str, field: &str, notes: &mut Notes) -> Option<Vec<CoverageWindow>> {
    let restriction = value.get("timeRestriction").filter(|restriction| !restriction.is_null())?;
    let mut hours = Hours::none();
    let clock =
        |one: &Value, hour: &str, minute: &str| Some(number(one, hour)? * 60 + number(one, minute).unwrap_or(0));
    match text(restriction, "type") {
        Some("time-of-day") => {
            let one = restriction.get("restriction").unwrap_or(restriction);
            let (start, end) = (clock(one, "startHour", "startMin")?, clock(one, "endHour", "endMin")?);
            let minutes = (end + DAY - start) % DAY;
            DAYS.into_iter().for_each(|day| hours.add(day, start, if minutes == 0 { DAY } else { minutes }));
        }
        Some("weekday-and-time-of-day") => {
            for one in each(restriction, "restrictions") {
                let start = weekday(one, "startDay").zip(clock(one, "startHour", "startMin"));
                let end = weekday(one, "endDay").zip(clock(one, "endHour", "endMin"));
                let Some((start, end)) = start.zip(end) else {
                    let done = "a time restriction that does not say its days and hours was left out";
                    notes.no_equivalent(object, field, done, "write `coverage:` by hand");
                    continue;
                };
                hours.add_until(start, end);
            }
        }
        other => {
            let done =
                format!("a time restriction of type {other:?} was left out: the rotation is on call around the clock");
            notes.no_equivalent(object, field, done, "write `coverage:` by hand");
            return None;
        }
    }
    hours.windows()
}

fn weekday(value: &Value, key: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = text(value, key)?.to_ascii_lowercase();
    NAMES.iter().position(|known| *known == name).map(|place| DAYS[place])
}

/// An override of all rotations stands for everything else; one of some rotations changes what those have.
fn overridden(
    listed: &[&Value],
    parts: &[(String, Rotation)],
    now: Timestamp,
    object: &str,
    notes: &mut Notes,
) -> (Vec<Override>, Vec<Temporary>) {
    let mut whole = Vec::new();
    let mut by_rotation: Vec<Vec<shifts::Replacement>> = vec![Vec::new(); parts.len()];
    for one in listed {
        let (Some(start), Some(end)) = (instant(one, "startDate"), instant(one, "endDate")) else { continue };
        if end <= now {
            continue;
        }
        let recipient = one.get("user");
        let is_user = recipient.is_some_and(|who| text(who, "type").is_none_or(|kind| kind == "user"));
        let who = recipient.and_then(super::user).filter(|_| is_user).map(SourceId::new);
        let named: Vec<String> = each(one, "rotations").iter().filter_map(|rotation| id(rotation, "id")).collect();
        if recipient.is_some() && who.is_none() && recipient.and_then(|who| text(who, "type")) != Some("none") {
            let done = format!("an override from {start} until {end} by a team or an escalation was left out");
            notes.no_equivalent(object, "overrides", done, "write it by hand, with a person");
            continue;
        }
        match who {
            Some(contact) if named.is_empty() || named.len() == parts.len() => {
                whole.push(RenderedShift { contact, start, end });
            }
            who => {
                let by: Vec<SourceId> = who.into_iter().collect();
                for ((id, _), replacements) in parts.iter().zip(&mut by_rotation) {
                    if named.is_empty() || named.contains(id) {
                        replacements.push((start, end, by.clone()));
                    }
                }
            }
        }
    }
    let both: Vec<(&Rotation, &[shifts::Replacement])> =
        parts.iter().zip(&by_rotation).map(|((_, rotation), by)| (rotation, by.as_slice())).collect();
    let (changes, written) = shifts::of_rotations(&both);
    (changes, spans::around(spans::replacing(whole, now, object, notes), written))
}

/// The periods of the final timeline.
fn periods(timeline: &Value) -> Vec<RenderedShift> {
    let rotations = timeline.get("finalTimeline").map_or(&[][..], |last| each(last, "rotations"));
    let period = |period: &Value| {
        let recipient = period.get("recipient")?;
        let contact = SourceId::new(super::user(recipient)?);
        Some(RenderedShift { contact, start: instant(period, "startDate")?, end: instant(period, "endDate")? })
    };
    rotations.iter().flat_map(|rotation| each(rotation, "periods")).filter_map(period).collect()
}

fn instant(value: &Value, key: &str) -> Option<Timestamp> {
    let at: Timestamp = text(value, key)?.parse().ok()?;
    Timestamp::from_second(at.as_second()).ok()
}
