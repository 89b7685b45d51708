//! On-call schedules and their rotations, overrides and shifts.
//!
//! How days without any hours of work count is not documented, so it is not guessed: the shifts that the service lists for
//! the next weeks decide.

use std::collections::BTreeMap;

use aws_sdk_ssmcontacts::operation::get_rotation::GetRotationOutput;
use aws_sdk_ssmcontacts::types::{DayOfWeek, HandOffTime, RecurrenceSettings};
use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use reveille_domain::{CoverageWindow, Every, Layers};

use super::{ALLOW, IncidentManager, Names, pages, why};
use crate::import::hours::{DAY, DAYS, Hours, time};
use crate::import::model::{Imported, Override, Rendered, RenderedShift, Rotation, Schedule, SourceId};
use crate::import::note::Notes;
use crate::import::shifts::{self, Comparison};

/// How far shifts are compared, and how far overrides can be made ahead (six months).
const SHIFTS_DAYS: i64 = 56;
const OVERRIDES_DAYS: i64 = 184;

/// A rotation with what belongs to it.
#[derive(Clone)]
struct Read {
    rotation: Rotation,
    replacements: Vec<shifts::Replacement>,
    rendered: Option<Rendered>,
}

pub(super) async fn read(
    source: &IncidentManager,
    schedules: &[(String, SourceId)],
    names: &Names,
    imported: &mut Imported,
) {
    let mut rotations: BTreeMap<String, Option<Read>> = BTreeMap::new();
    for (arn, id) in schedules {
        let object = format!("schedule {id}");
        let contact = match source.contacts.get_contact().contact_id(arn).send().await {
            Ok(contact) => contact,
            Err(error) => {
                let done = format!("left out: ssm-contacts:GetContact failed: {}", why(&error));
                imported.notes.failed(&object, "Plan", done, ALLOW);
                continue;
            }
        };
        let mut parts = Vec::new();
        for rotation_arn in contact.plan().map_or(&[][..], |plan| plan.rotation_ids()) {
            if !rotations.contains_key(rotation_arn) {
                let read = one(source, rotation_arn, names, &object, imported.now, &mut imported.notes).await;
                rotations.insert(rotation_arn.clone(), read);
            }
            parts.extend(rotations.get(rotation_arn).cloned().flatten());
        }
        imported.schedules.push(schedule(id, parts));
    }
    unused(source, &rotations, &mut imported.notes).await;
}

fn schedule(id: &SourceId, parts: Vec<Read>) -> Schedule {
    let spans: Option<Vec<&Rendered>> = parts.iter().map(|part| part.rendered.as_ref()).collect();
    let rendered = spans.filter(|spans| !spans.is_empty()).map(|spans| Rendered {
        from: spans[0].from,
        to: spans[0].to,
        shifts: spans.iter().flat_map(|span| span.shifts.clone()).collect(),
    });
    let both: Vec<(&Rotation, &[shifts::Replacement])> =
        parts.iter().map(|part| (&part.rotation, part.replacements.as_slice())).collect();
    let (overrides, temporary) = shifts::of_rotations(&both);
    Schedule {
        id: id.clone(),
        name: id.to_string(),
        // Rotations of a schedule run beside each other: whoever any of them has is engaged.
        layers: Layers::Both,
        overrides,
        rotations: parts.into_iter().map(|part| part.rotation).collect(),
        temporary,
        rendered,
    }
}

async fn one(
    source: &IncidentManager,
    arn: &str,
    names: &Names,
    object: &str,
    now: Timestamp,
    notes: &mut Notes,
) -> Option<Read> {
    let read = match source.contacts.get_rotation().rotation_id(arn).send().await {
        Ok(read) => read,
        Err(error) => {
            let done = format!("rotation {arn} was left out: ssm-contacts:GetRotation failed: {}", why(&error));
            notes.failed(object, "RotationIds", done, ALLOW);
            return None;
        }
    };
    let field = format!("rotation {}", read.name());
    let mut rotation = rotation(&read, names, object, &field, notes)?;
    let asked = Asked { arn, object, field: &field };
    let rendered = rendered(source, &asked, names, now, notes).await;
    let replacements = overrides(source, &asked, names, now, notes).await;
    let apply = |rotation: &Rotation| -> Vec<Override> {
        replacements.iter().flat_map(|(start, end, by)| shifts::replaced(rotation, *start, *end, by)).collect()
    };
    if let Some(rendered) = &rendered {
        rotation = as_rendered(rotation, rendered, &apply, (object, &field), notes);
    }
    Some(Read { rotation, replacements, rendered })
}

/// The reading of a rotation whose shifts are those that the service lists; the first reading if none has them.
fn as_rendered(
    rotation: Rotation,
    rendered: &Rendered,
    overrides: &dyn Fn(&Rotation) -> Vec<Override>,
    about: (&str, &str),
    notes: &mut Notes,
) -> Rotation {
    let burning = Rotation { days_off_burn_turns: true, ..rotation.clone() };
    let mut counted = burning.clone();
    let readings = match shifts::count_from_start(&mut counted, 0) {
        Ok(()) if rotation.coverage.is_some() => vec![rotation.clone(), burning, counted],
        _ => vec![rotation.clone()],
    };
    let is_same = |reading: &Rotation| {
        let alone = Schedule {
            id: SourceId::new("one"),
            name: String::new(),
            layers: Layers::Both,
            rotations: vec![reading.clone()],
            overrides: overrides(reading),
            temporary: Vec::new(),
            rendered: None,
        };
        shifts::schedule(&alone).is_ok_and(|ours| matches!(shifts::compare(&ours, rendered), Comparison::Same { .. }))
    };
    let Some(found) = readings.iter().find(|reading| is_same(reading)) else { return rotation };
    if found.days_off_burn_turns != rotation.days_off_burn_turns {
        let done = "the listed shifts show that days without hours of work use turns: `days_off_burn_turns: true`";
        notes.decided(about.0, about.1, done, "");
    }
    found.clone()
}

fn rotation(read: &GetRotationOutput, names: &Names, object: &str, field: &str, notes: &mut Notes) -> Option<Rotation> {
    let zone = match shifts::zone(read.time_zone_id()) {
        Ok(zone) => zone,
        Err(refused) => {
            notes.no_equivalent(object, field, format!("left out: {refused}"), "write this rotation by hand");
            return None;
        }
    };
    let recurrence = read.recurrence()?;
    let Some(every) = every(recurrence) else {
        notes.no_equivalent(object, field, "left out: it has no hand-offs", "write this rotation by hand");
        return None;
    };
    let start = Timestamp::from_second(read.start_time().secs()).ok()?;
    let members: Vec<SourceId> = read.contact_ids().iter().map(|arn| names.id(arn)).collect();
    Some(Rotation {
        name: read.name().to_owned(),
        time_zone: read.time_zone_id().to_owned(),
        start: zone.to_datetime(start),
        every,
        on_call: usize::try_from(recurrence.number_of_on_calls()).unwrap_or(1).max(1),
        members,
        coverage: coverage(recurrence, object, field, notes),
        days_off_burn_turns: false,
    })
}

fn every(recurrence: &RecurrenceSettings) -> Option<Every> {
    let count = u32::try_from(recurrence.recurrence_multiplier()).unwrap_or(1).max(1);
    let weekly: Vec<(Weekday, Time)> = recurrence
        .weekly_settings()
        .iter()
        .filter_map(|one| Some((weekday(one.day_of_week())?, time(minute(one.hand_off_time()?)))))
        .collect();
    if !weekly.is_empty() {
        return Some(Every::Weeks { count, handoffs: weekly });
    }
    let monthly: Vec<(u8, Time)> = recurrence
        .monthly_settings()
        .iter()
        .filter_map(|one| Some((u8::try_from(one.day_of_month()).ok()?, time(minute(one.hand_off_time()?)))))
        .collect();
    if !monthly.is_empty() {
        return Some(Every::Months { count, handoffs: monthly });
    }
    let daily: Vec<Time> = recurrence.daily_settings().iter().map(|one| time(minute(one))).collect();
    (!daily.is_empty()).then_some(Every::Days { count, handoffs: daily })
}

/// Hours of the week. An end that is not after its start is on the next day; the same time is a whole day.
fn coverage(
    recurrence: &RecurrenceSettings,
    object: &str,
    field: &str,
    notes: &mut Notes,
) -> Option<Vec<CoverageWindow>> {
    let coverages = recurrence.shift_coverages()?;
    let mut hours = Hours::none();
    let mut any = false;
    for (day, times) in coverages {
        let Some(day) = weekday(day) else { continue };
        for times in times {
            let (Some(start), Some(end)) = (times.start().map(minute), times.end().map(minute)) else { continue };
            any = true;
            let minutes = (end + DAY - start) % DAY;
            if minutes == 0 {
                let done = "a coverage that ends when it starts was taken for a whole day";
                notes.decided(object, field, done, "");
            }
            hours.add(day, start, if minutes == 0 { DAY } else { minutes });
        }
    }
    // An empty map is how clients write that nothing is restricted.
    if any { hours.windows() } else { None }
}

/// A rotation that is asked about, and what the report calls it.
struct Asked<'a> {
    arn: &'a str,
    object: &'a str,
    field: &'a str,
}

async fn rendered(
    source: &IncidentManager,
    asked: &Asked<'_>,
    names: &Names,
    now: Timestamp,
    notes: &mut Notes,
) -> Option<Rendered> {
    let to = shifts::days_later(now, SHIFTS_DAYS);
    let request = source.contacts.list_rotation_shifts().rotation_id(asked.arn);
    let mut listed = request.start_time(aws(now)).end_time(aws(to)).into_paginator().send();
    let (pages, failed) = pages(async || listed.next().await).await;
    if let Some(why) = failed {
        let done = format!("its shifts could not be compared: ssm-contacts:ListRotationShifts failed: {why}");
        notes.decided(asked.object, asked.field, done, "compare them with `reveille shifts`");
        return None;
    }
    let shifts = pages.iter().flat_map(|page| page.rotation_shifts()).flat_map(|shift| {
        let (start, end) = (second(shift.start_time()), second(shift.end_time()));
        shift.contact_ids().iter().map(move |arn| RenderedShift { contact: names.id(arn), start, end })
    });
    Some(Rendered { from: now, to, shifts: shifts.collect() })
}

async fn overrides(
    source: &IncidentManager,
    asked: &Asked<'_>,
    names: &Names,
    now: Timestamp,
    notes: &mut Notes,
) -> Vec<shifts::Replacement> {
    let to = shifts::days_later(now, OVERRIDES_DAYS);
    let request = source.contacts.list_rotation_overrides().rotation_id(asked.arn);
    let mut listed = request.start_time(aws(now)).end_time(aws(to)).into_paginator().send();
    let (pages, failed) = pages(async || listed.next().await).await;
    if let Some(why) = failed {
        let done = format!("overrides are missing: ssm-contacts:ListRotationOverrides failed: {why}");
        notes.failed(asked.object, asked.field, done, ALLOW);
    }
    let replacements = pages.iter().flat_map(|page| page.rotation_overrides()).map(|one| {
        let by = one.new_contact_ids().iter().map(|arn| names.id(arn)).collect();
        (second(one.start_time()), second(one.end_time()), by)
    });
    replacements.collect()
}

/// Says which rotations stand in no schedule.
async fn unused(source: &IncidentManager, used: &BTreeMap<String, Option<Read>>, notes: &mut Notes) {
    let mut listed = source.contacts.list_rotations().into_paginator().send();
    let (pages, failed) = pages(async || listed.next().await).await;
    let all = pages.iter().flat_map(|page| page.rotations());
    for one in all.filter(|one| !used.contains_key(one.rotation_arn())) {
        notes.decided(&format!("rotation {}", one.name()), "schedules", "left out: it stands in no schedule", "");
    }
    if let Some(why) = failed {
        let done =
            format!("whether any rotation stands in no schedule is unknown: ssm-contacts:ListRotations failed: {why}");
        notes.decided("rotations", "schedules", done, "");
    }
}

fn aws(at: Timestamp) -> aws_smithy_types::DateTime {
    aws_smithy_types::DateTime::from_secs(at.as_second())
}

fn second(at: &aws_smithy_types::DateTime) -> Timestamp {
    Timestamp::from_second(at.secs()).unwrap_or(Timestamp::MAX)
}

fn minute(time: &HandOffTime) -> u32 {
    u32::try_from(time.hour_of_day() * 60 + time.minute_of_hour()).unwrap_or(0)
}

fn weekday(day: &DayOfWeek) -> Option<Weekday> {
    let place = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"].iter().position(|name| *name == day.as_str())?;
    Some(DAYS[place])
}
