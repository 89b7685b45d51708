//! Schedules: each target of a schedule becomes a rotation with the hours of its rules, and all of them are on call.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reveille_domain::{CoverageWindow, Every, Layers};
use serde_json::Value;

use super::Destination;
use crate::import::export::{each, flag, id, number, text};
use crate::import::hours::{DAY, DAYS, Hours, minute_of_day};
use crate::import::model::{Imported, Override, RenderedShift, Rotation, Schedule, SourceId, Temporary};
use crate::import::named::{self, Named};
use crate::import::note::Notes;
use crate::import::{shifts, spans};

pub(super) fn read(value: &Value, rotations: &[&Value], overrides: &[&Value], imported: &mut Imported) {
    let Some(Named { id: schedule_id, name, object }) = Named::of("schedule", value, &["name"]) else { return };
    let now = imported.now;
    let notes = &mut imported.notes;
    let Some((zone_name, zone)) = named::zone(value, "timeZone", &object, notes) else { return };
    let mut parts = Vec::new();
    for target in each(value, "targets") {
        let hours = hours(target, &object, notes);
        let windows = hours.windows();
        if windows.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let leads_to = target.get("target").map(Destination::of);
        match leads_to {
            Some(Destination::User(user)) => parts.push(alone(&user, target, zone_name, &zone, windows, now)),
            Some(Destination::Rotation(rotation)) => {
                let found = rotations.iter().find(|one| id(one, "id").as_deref() == Some(rotation.as_str()));
                let Some(found) = found else {
                    let todo = "fetch `rotations`, and import again";
                    notes.failed(&object, "targets", format!("rotation {rotation} is not among the rotations"), todo);
                    continue;
                };
                parts.extend(turns(found, Some((zone_name, &zone)), windows, now, &object, notes));
            }
            other => notes.no_equivalent(&object, "targets", format!("a target was left out: {other:?}"), ""),
        }
    }
    let of_this = |one: &&&Value| one.get("target").and_then(|target| id(target, "id")).as_ref() == Some(&schedule_id);
    let overrides = overrides.iter().filter(of_this).filter_map(|one| change(one, now)).collect();
    let temporary = each(value, "temporarySchedules").iter().filter_map(|one| temporary(one, now)).collect();
    let rendered = spans::rendered(each(value, "shifts").iter().filter_map(shift).collect(), now);
    let id = SourceId::new(schedule_id);
    let layers = Layers::Both;
    imported.schedules.push(Schedule { id, name, layers, rotations: parts, overrides, temporary, rendered });
}

/// The hours that the rules of a target give it. A rule that ends when it starts is a whole day.
fn hours(target: &Value, object: &str, notes: &mut Notes) -> Hours {
    let mut hours = Hours::none();
    for rule in each(target, "rules") {
        let clock = |key: &str| text(rule, key).and_then(minute_of_day);
        let (Some(start), Some(end)) = (clock("start"), clock("end")) else {
            notes.failed(object, "rules", "a rule without start and end was left out", "fetch the schedule again");
            continue;
        };
        let minutes = (end + DAY - start) % DAY;
        for (place, active) in each(rule, "weekdayFilter").iter().enumerate() {
            if active.as_bool() == Some(true) {
                // The first of the seven is Sunday.
                hours.add(DAYS[(place + 6) % 7], start, if minutes == 0 { DAY } else { minutes });
            }
        }
    }
    hours
}

/// A user who has hours of their own: a rotation of one, from the day of the import on.
fn alone(
    user: &str,
    target: &Value,
    zone_name: &str,
    zone: &TimeZone,
    coverage: Option<Vec<CoverageWindow>>,
    now: Timestamp,
) -> Rotation {
    let name = target.get("target").and_then(|target| text(target, "name")).unwrap_or(user).to_owned();
    Rotation {
        name,
        time_zone: zone_name.to_owned(),
        start: zone.to_datetime(now).date().at(0, 0, 0, 0),
        every: Every::Weeks { count: 1, handoffs: Vec::new() },
        members: vec![SourceId::new(user)],
        on_call: 1,
        coverage,
        days_off_burn_turns: true,
    }
}

/// A rotation with the hours that a schedule gives it; `schedule` is the schedule's time zone, by which these hours go.
pub(super) fn turns(
    value: &Value,
    schedule: Option<(&str, &TimeZone)>,
    coverage: Option<Vec<CoverageWindow>>,
    now: Timestamp,
    object: &str,
    notes: &mut Notes,
) -> Option<Rotation> {
    let name = text(value, "name").or(text(value, "id")).unwrap_or("rotation").to_owned();
    let field = format!("rotation {name}");
    let members: Vec<SourceId> = each(value, "userIDs").iter().filter_map(Value::as_str).map(SourceId::new).collect();
    if members.is_empty() {
        notes.no_equivalent(object, &field, "left out: it has no members", "");
        return None;
    }
    let own_name = text(value, "timeZone").unwrap_or("UTC");
    let own = shifts::zone(own_name).inspect_err(|refused| {
        notes.no_equivalent(object, &field, format!("left out: {refused}"), "write this rotation by hand");
    });
    let own = own.ok()?;
    let every = every(value)?;
    let (begin, first) = turn_now(value, &own, &every, members.len(), now, (object, &field), notes)?;
    let mut one = Rotation {
        name,
        time_zone: own_name.to_owned(),
        start: begin,
        every,
        members,
        on_call: 1,
        coverage,
        days_off_burn_turns: true,
    };
    keep_on_the_month_day(&mut one, value, &own);
    if let Some((zone_name, zone)) = schedule.filter(|(name, _)| *name != own_name && one.coverage.is_some()) {
        let instant = own.to_ambiguous_timestamp(begin).compatible().ok()?;
        one.start = zone.to_datetime(instant);
        zone_name.clone_into(&mut one.time_zone);
        if matches!(one.every, Every::Months { .. }) {
            one.every = Every::Months { count: number(value, "shiftLength").unwrap_or(1), handoffs: Vec::new() };
        }
        let done = format!(
            "hands over by the clock of {own_name} and works by that of {zone_name}: here both go by {zone_name}"
        );
        notes.no_equivalent(
            object,
            &field,
            done,
            "after a change of the clock hand-offs are an hour off where the zones differ",
        );
    }
    if matches!(one.every, Every::Hours(hours) if 24 % hours != 0) {
        let done =
            "shifts of hours that do not divide a day are real hours here; GoAlert keeps them on the clock of the wall";
        notes.no_equivalent(object, &field, done, "after a change of the clock hand-offs are an hour off");
    }
    if let Err(refused) = shifts::count_from_start(&mut one, first) {
        notes.no_equivalent(object, &field, format!("left out: {refused}"), "write this rotation by hand");
        return None;
    }
    Some(one)
}

fn every(value: &Value) -> Option<Every> {
    let count = number(value, "shiftLength").unwrap_or(1).max(1);
    Some(match text(value, "type")? {
        "hourly" => Every::Hours(count),
        "daily" => Every::Days { count, handoffs: Vec::new() },
        "weekly" => Every::Weeks { count, handoffs: Vec::new() },
        "monthly" => Every::Months { count, handoffs: Vec::new() },
        _ => return None,
    })
}

/// A rotation of months that begins on a 31st stays there, though the turn of now may have begun on a 28th.
fn keep_on_the_month_day(one: &mut Rotation, value: &Value, own: &TimeZone) {
    if let Every::Months { handoffs, .. } = &mut one.every
        && let Some(start) = text(value, "start").and_then(|start| start.parse::<Timestamp>().ok())
    {
        let wall = own.to_datetime(start);
        *handoffs = vec![(wall.day().unsigned_abs(), to_minute(wall).time())];
    }
}

/// The wall-clock time at which the turn of now began, and whose it is. The next hand-off says so; without it, it is
/// counted from the start.
fn turn_now(
    value: &Value,
    own: &TimeZone,
    every: &Every,
    members: usize,
    now: Timestamp,
    about: (&str, &str),
    notes: &mut Notes,
) -> Option<(DateTime, usize)> {
    let active = number(value, "activeUserIndex").map(|index| index as usize % members);
    let next = each(value, "nextHandoffTimes").first().and_then(Value::as_str);
    if let (Some(next), Some(active)) = (next.and_then(|at| at.parse::<Timestamp>().ok()), active) {
        return Some((to_minute(own.to_datetime(next)).checked_sub(period(every)).ok()?, active));
    }
    let start = to_minute(own.to_datetime(text(value, "start")?.parse().ok()?));
    let wall = own.to_datetime(now);
    let (mut begin, mut turns) = (start, 0usize);
    loop {
        let after = start.checked_add(period(every).checked_mul(i64::try_from(turns).ok()? + 1).ok()?).ok()?;
        if after > wall {
            break;
        }
        (begin, turns) = (after, turns + 1);
    }
    let done = "the answer has no `nextHandoffTimes`: whose turn it is was taken from `activeUserIndex` and `start`";
    notes.decided(about.0, about.1, done, "fetch it, or compare with `reveille who`");
    Some((begin, active.unwrap_or(turns % members)))
}

fn period(every: &Every) -> jiff::Span {
    let span = jiff::Span::new();
    match every {
        Every::Hours(count) => span.hours(i64::from(*count)),
        Every::Days { count, .. } => span.days(i64::from(*count)),
        Every::Weeks { count, .. } => span.weeks(i64::from(*count)),
        Every::Months { count, .. } => span.months(i64::from(*count)),
    }
}

/// `GoAlert` hands over at whole minutes.
fn to_minute(at: DateTime) -> DateTime {
    at.date().at(at.hour(), at.minute(), 0, 0)
}

fn change(value: &Value, now: Timestamp) -> Option<Override> {
    let user = |key: &str| text(value, key).map(SourceId::new);
    let (remove, add) = (user("removeUserID"), user("addUserID"));
    let one = Override { start: instant(value, "start")?, end: instant(value, "end")?, remove, add };
    (one.end > now).then_some(one)
}

fn temporary(value: &Value, now: Timestamp) -> Option<Temporary> {
    let shifts = each(value, "shifts").iter().filter_map(shift).collect();
    let span = Temporary { start: instant(value, "start")?, end: instant(value, "end")?, shifts };
    (span.end > now).then_some(span)
}

fn shift(value: &Value) -> Option<RenderedShift> {
    let contact = SourceId::new(text(value, "userID")?);
    let one = RenderedShift { contact, start: instant(value, "start")?, end: instant(value, "end")? };
    (flag(value, "truncated").is_some() || one.start < one.end).then_some(one)
}

fn instant(value: &Value, key: &str) -> Option<Timestamp> {
    let at: Timestamp = text(value, key)?.parse().ok()?;
    Timestamp::from_second(at.as_second()).ok()
}
