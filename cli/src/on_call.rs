//! Who is on call and who was, as people read it and as programs do. `reveille who` and `reveille shifts` print it.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use reveille_domain::{ContactAlias, Schedule, ScheduleHistory, Shift};
use serde::Serialize;

use crate::columns::Columns;

/// Who is on call, as `who --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnCall {
    /// The instant that was asked about.
    pub at: Timestamp,
    /// Everybody on call, for each schedule. `null`: what was in force then has been forgotten.
    pub schedules: BTreeMap<String, Option<Vec<String>>>,
}

/// A shift, as `shifts --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShiftLine {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Who is on call.
    pub contacts: Vec<String>,
    /// The rotation; none in an override.
    pub rotation: Option<String>,
    /// Whether it is an override's or a temporary schedule's.
    pub overridden: bool,
}

/// Who is on call in these schedules.
pub fn who<'s>(schedules: impl IntoIterator<Item = &'s ScheduleHistory>, at: Timestamp) -> OnCall {
    let on_call = |history: &ScheduleHistory| {
        (history.current().alias().to_string(), history.on_call(at).map(|contacts| texts(&contacts)))
    };
    OnCall { at, schedules: schedules.into_iter().map(on_call).collect() }
}

/// The shifts of a schedule.
pub fn shifts(schedule: &ScheduleHistory, from: Timestamp, to: Timestamp) -> Vec<ShiftLine> {
    let line = |shift: Shift| ShiftLine {
        start: shift.start,
        end: shift.end,
        contacts: texts(&shift.contacts),
        rotation: shift.rotation.map(|name| name.to_string()),
        overridden: shift.overridden,
    };
    schedule.shifts(from, to).into_iter().map(line).collect()
}

/// Who is on call in these schedules, for people: by the clock of each schedule, with the next hand-off.
pub fn who_for_people<'s>(schedules: impl IntoIterator<Item = &'s ScheduleHistory>, at: Timestamp) -> String {
    let mut out = format!("{at}\n");
    for history in schedules {
        let Some(schedule) = history.at(at) else {
            let zone = clock_of(history.current());
            let known =
                history.known_since().map(|since| format!(" before {}", wall(since, &zone))).unwrap_or_default();
            write_line(&mut out, format_args!("\n{}\n  who was on call{known} is not kept", history.current().alias()));
            continue;
        };
        let zone = clock_of(schedule);
        write_line(&mut out, format_args!(""));
        write_line(&mut out, format_args!("{}  ({})", schedule.alias(), name(&zone)));
        write_line(
            &mut out,
            format_args!("  on call  {}", people(&schedule.on_call(at), "nobody: pages to this schedule reach nobody")),
        );
        write_line(&mut out, format_args!("  now      {}", wall(at, &zone)));
        match history.next_handoff(at) {
            Some(next) => {
                let then = history.on_call(next).unwrap_or_default();
                write_line(&mut out, format_args!("  until    {}", wall(next, &zone)));
                write_line(&mut out, format_args!("  then     {}", people(&then, "nobody")));
            }
            None => write_line(&mut out, format_args!("  until    further notice: no other hand-off for years")),
        }
    }
    out
}

/// The shifts of a schedule and the gaps between them, for people: a table by the clock of its first rotation.
pub fn shifts_for_people(schedule: &ScheduleHistory, from: Timestamp, to: Timestamp) -> String {
    let zone = clock_of(schedule.current());
    let known = schedule.known_since().filter(|since| *since > from);
    let gaps = schedule.gaps(known.map_or(from, |since| since.min(to)), to);
    let by = |shift: &Shift| match &shift.rotation {
        Some(rotation) => rotation.to_string(),
        None => "override".to_owned(),
    };
    let mut rows: Vec<(Timestamp, [String; 4])> = schedule
        .shifts(from, to)
        .iter()
        .map(|shift| {
            let who = people(&shift.contacts, "nobody");
            (shift.start, [wall(shift.start, &zone), wall(shift.end, &zone), who, by(shift)])
        })
        .collect();
    rows.extend(
        gaps.iter().map(|(start, end)| {
            (*start, [wall(*start, &zone), wall(*end, &zone), "nobody".to_owned(), "GAP".to_owned()])
        }),
    );
    rows.sort_by_key(|(start, _)| *start);
    let mut columns = Columns::new(["from", "until", "on call", "by"]);
    for (_, row) in rows {
        columns.row(row);
    }
    let mut out = format!("{}  ({})\n\n{columns}", schedule.current().alias(), name(&zone));
    let open: i64 = gaps.iter().map(|(start, end)| start.duration_until(*end).as_mins()).sum();
    if !gaps.is_empty() {
        let times = if gaps.len() == 1 { "1 gap".to_owned() } else { format!("{} gaps", gaps.len()) };
        let (hours, minutes) = (open / 60, open % 60);
        write_line(&mut out, format_args!("\n{times}: nobody is on call for {hours} h {minutes:02} min in all"));
    }
    if let Some(since) = known {
        write_line(&mut out, format_args!("\nwho was on call before {} is not kept", wall(since, &zone)));
    }
    out
}

/// The clock by which everything of a schedule is shown: that of its first rotation. Whoever compares two answers must not have to
/// count hours.
pub(crate) fn clock_of(schedule: &Schedule) -> TimeZone {
    schedule.rotations().first().map_or(TimeZone::UTC, |rotation| rotation.time_zone().clone())
}

fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// `Mon 2026-01-05 09:00 -05:00`
pub(crate) fn wall(at: Timestamp, zone: &TimeZone) -> String {
    ZonedDateTime::new(at, zone.clone()).strftime("%a %Y-%m-%d %H:%M %:z").to_string()
}

fn people(contacts: &[ContactAlias], nobody: &str) -> String {
    if contacts.is_empty() { nobody.to_owned() } else { texts(contacts).join(", ") }
}

fn texts(contacts: &[ContactAlias]) -> Vec<String> {
    contacts.iter().map(ContactAlias::to_string).collect()
}

fn write_line(out: &mut String, line: std::fmt::Arguments<'_>) {
    // A text takes whatever is written to it.
    let _infallible = out.write_fmt(line);
    out.push('\n');
}
