//! `reveille calendar`: shifts as iCalendar (RFC 5545), for calendar programs.
//!
//! Instants are in UTC, never a rule and a time zone: programs disagree about what a rule means in an hour that does not
//! exist. Shifts are whole even where the window cuts them, so that the same shift has the same UID in every export.

use std::collections::BTreeMap;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use reveille_domain::{ContactAlias, ScheduleAlias, ScheduleHistory, Shift};
use reveille_engine::key;

use crate::command::Failure;
use crate::output;
use crate::schedules::Whence;
use crate::window::Window;

/// RFC 5545, 3.1: lines of at most 75 octets, without the line break.
const LINE_OCTETS_MAX: usize = 75;

/// How far before and after the window the ends of its shifts are looked for, in days. The longest shift has 3,044.
const AROUND_DAYS: [i64; 3] = [60, 600, 3_660];

/// What is asked.
#[derive(Debug, Args)]
pub struct Calendar {
    #[command(flatten)]
    whence: Whence,
    /// The schedule
    #[arg(long, value_name = "S")]
    schedule: String,
    #[command(flatten)]
    window: Window,
    /// Only the shifts of this contact
    #[arg(long, value_name = "C")]
    contact: Option<String>,
}

impl Calendar {
    /// Answers on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        let now = Timestamp::now();
        let (from, to) = self.window.checked(now, "calendar")?;
        let schedules = self.whence.read().await?;
        let export = Export {
            schedule: schedules.schedule(&self.schedule)?,
            names: &schedules.names,
            only: self.contact.as_deref().map(|alias| schedules.contact(alias)).transpose()?,
            from,
            to,
            now,
        };
        output::say(export.text())?;
        Ok(())
    }
}

/// What is exported.
pub struct Export<'c> {
    /// The schedule.
    pub schedule: &'c ScheduleHistory,
    /// What people are called.
    pub names: &'c BTreeMap<ContactAlias, String>,
    /// Only the shifts of this contact.
    pub only: Option<&'c ContactAlias>,
    /// Shifts that end after this instant…
    pub from: Timestamp,
    /// …and start before this one.
    pub to: Timestamp,
    /// When the export is made.
    pub now: Timestamp,
}

impl Export<'_> {
    /// The calendar, with the line breaks of the format.
    pub fn text(&self) -> String {
        let alias = self.alias();
        let mut out = String::new();
        for (name, value) in [
            ("BEGIN", "VCALENDAR".to_owned()),
            ("VERSION", "2.0".to_owned()),
            ("PRODID", "-//Reveille//On-call schedules//EN".to_owned()),
            ("CALSCALE", "GREGORIAN".to_owned()),
            ("X-WR-CALNAME", escaped(&format!("On call: {alias}"))),
        ] {
            line(&mut out, name, &value);
        }
        let shifts = self.whole_shifts();
        for shift in shifts.iter().filter(|shift| self.only.is_none_or(|only| shift.contacts.contains(only))) {
            self.event(&mut out, shift);
        }
        line(&mut out, "END", "VCALENDAR");
        out
    }

    fn event(&self, out: &mut String, shift: &Shift) {
        let names: Vec<&str> = shift.contacts.iter().map(|alias| self.name(alias)).collect();
        let by = match &shift.rotation {
            Some(rotation) => format!("Rotation {rotation}"),
            None => "Override".to_owned(),
        };
        for (name, value) in [
            ("BEGIN", "VEVENT".to_owned()),
            ("UID", self.uid(shift)),
            ("DTSTAMP", utc(self.now)),
            ("DTSTART", utc(shift.start)),
            ("DTEND", utc(shift.end)),
            ("SUMMARY", escaped(&format!("On call ({}): {}", self.alias(), names.join(", ")))),
            ("DESCRIPTION", escaped(&by)),
            // Being on call does not keep anybody from meetings.
            ("TRANSP", "TRANSPARENT".to_owned()),
            ("END", "VEVENT".to_owned()),
        ] {
            line(out, name, &value);
        }
    }

    fn name<'n>(&'n self, alias: &'n ContactAlias) -> &'n str {
        self.names.get(alias).map_or(alias.as_str(), String::as_str)
    }

    fn alias(&self) -> &ScheduleAlias {
        self.schedule.current().alias()
    }

    /// Depends on what the shift is, and on nothing of the export.
    fn uid(&self, shift: &Shift) -> String {
        let contacts: Vec<&str> = shift.contacts.iter().map(ContactAlias::as_str).collect();
        let rotation = shift.rotation.as_ref().map_or("", |name| name.as_str());
        let shift = format!("{}|{}|{rotation}|{}", self.alias(), shift.start, contacts.join("|"));
        format!("{}@reveille", key::hash(&shift))
    }

    /// The shifts of the window with their own starts and ends.
    fn whole_shifts(&self) -> Vec<Shift> {
        let mut shifts = Vec::new();
        for days in AROUND_DAYS {
            let around = Span::new().hours(24 * days);
            let from = self.from.checked_sub(around).unwrap_or(Timestamp::MIN);
            let to = self.to.checked_add(around).unwrap_or(Timestamp::MAX);
            shifts = self.schedule.shifts(from, to);
            shifts.retain(|shift| shift.start < self.to && shift.end > self.from);
            if shifts.iter().all(|shift| shift.start > from && shift.end < to) {
                break;
            }
        }
        shifts
    }
}

/// `20260105T140000Z`
fn utc(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545, 3.3.11: a text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // Other control characters cannot stand in a calendar.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a line, folded where it is too long; never inside of a character.
fn line(out: &mut String, name: &str, value: &str) {
    let mut octets = 0;
    for c in name.chars().chain([':']).chain(value.chars()) {
        if octets + c.len_utf8() > LINE_OCTETS_MAX {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_texts_are_escaped() {
        let mut out = String::new();
        line(&mut out, "SUMMARY", &escaped(&"Ré; veille, \\ é\n".repeat(20)));
        for folded in out.trim_end_matches("\r\n").split("\r\n") {
            assert!(folded.len() <= LINE_OCTETS_MAX, "{folded}");
        }
        let unfolded = out.replace("\r\n ", "");
        assert_eq!(unfolded.trim_end(), format!("SUMMARY:{}", "Ré\\; veille\\, \\\\ é\\n".repeat(20)));
    }
}
