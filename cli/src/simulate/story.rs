//! The night as it is printed: a story for people, or one object a line for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};

use super::route::Route;
use super::summary::Summary;
use crate::scenario::{Behind, Broken, Played, Told};
use crate::screen::word;
use crate::timeline::{Kind, Line};

/// What has been played.
pub(super) struct Story {
    pub(super) begins: Timestamp,
    pub(super) told: Vec<Told>,
    pub(super) played: Played,
}

/// Where the text of a line begins.
const INDENT: usize = 25;

impl Story {
    /// The lines of the timelines, with the texts and parameters in them; what could not be done is an error among them.
    pub(super) fn for_programs(&self, out: &mut dyn Write) -> io::Result<()> {
        for told in &self.told {
            let line = match told {
                Told::Line { line, behind, .. } => with_behind(line, behind.as_ref()),
                Told::Broken(broken) => self.not_done(broken),
                Told::Deed { .. } | Told::Holds { .. } => continue,
            };
            writeln!(out, "{}", serde_json::to_string(&line).map_err(io::Error::other)?)?;
        }
        Ok(())
    }

    /// What a woken engineer wants to know, in the order in which it happens, and in short at the end.
    pub(super) fn for_people(&self, out: &mut dyn Write, route: &Route) -> io::Result<()> {
        for line in &route.words {
            writeln!(out, "{line}")?;
        }
        let at = self.begins.strftime("%A, %Y-%m-%d %H:%M:%S UTC");
        writeln!(out, "{at}\n")?;
        let mut shown =
            Shown { several: self.played.incidents.len() > 1, newest: BTreeMap::new(), first: BTreeMap::new() };
        for told in &self.told {
            match told {
                Told::Line { line, behind, .. } => shown.line(out, line, behind.as_ref())?,
                Told::Deed { at, text } => writeln!(out, "{:>9}  · {text}", after(*at))?,
                Told::Broken(broken) => {
                    let reasons = broken.reasons.join("; ");
                    writeln!(out, "{:>9}  ✗ {}: {reasons}", after(broken.at), broken.place)?;
                }
                Told::Holds { .. } => {}
            }
        }
        write!(out, "\n{}", Summary::of(&self.told, &self.played))
    }

    fn not_done(&self, broken: &Broken) -> Line {
        let newest = self.played.incidents.iter().max_by_key(|incident| incident.opened_at);
        Line {
            at: broken.at,
            kind: Kind::Error,
            incident: newest.map(|incident| incident.opening.id.to_string()).unwrap_or_default(),
            contact: None,
            channel: None,
            stage: None,
            outcome: Some("not_done".to_owned()),
            text: format!("{}: {}", broken.place, broken.reasons.join("; ")),
        }
    }
}

/// What has been shown of several incidents, and to whom.
struct Shown<'s> {
    several: bool,
    /// The newest text of each contact's channels, without what is new in every message.
    newest: BTreeMap<(&'s str, Option<&'s str>), String>,
    /// To whom each text went first.
    first: BTreeMap<String, &'s str>,
}

impl<'s> Shown<'s> {
    fn line(&mut self, out: &mut dyn Write, line: &'s Line, behind: Option<&Behind>) -> io::Result<()> {
        // Every provider takes everything, unless one has been told to fail: that is no news.
        if line.kind == Kind::Receipt && line.outcome.as_deref() == Some("sent") && behind.is_none() {
            return Ok(());
        }
        let of = if self.several { format!(" [{}]", short(&line.incident)) } else { String::new() };
        let to = match behind {
            Some(Behind::Message { to, .. }) => format!(", {to}"),
            Some(Behind::Parameters(_)) | None => String::new(),
        };
        writeln!(out, "{:>9}  {:<13} {}{to}{of}", after(line.at), word(line.kind), line.text)?;
        match behind {
            None => Ok(()),
            Some(Behind::Parameters(parameters)) => parameters
                .iter()
                .try_for_each(|(name, values)| writeln!(out, "{:INDENT$}│ {name}: {}", "", values.join(", "))),
            Some(Behind::Message { subject, text, .. }) => self.message(out, line, subject.as_deref(), text),
        }
    }

    fn message(&mut self, out: &mut dyn Write, line: &'s Line, subject: Option<&str>, text: &str) -> io::Result<()> {
        let text = without_token(text);
        let contact = line.contact.as_deref().unwrap_or_default();
        if self.newest.insert((contact, line.channel.as_deref()), text.clone()).is_some_and(|before| before == text) {
            return writeln!(out, "{:INDENT$}│ (the same text as before)", "");
        }
        let first = *self.first.entry(text.clone()).or_insert(contact);
        if first != contact {
            return writeln!(out, "{:INDENT$}│ (the same text as to {first})", "");
        }
        let subject = subject.map(|subject| format!("Subject: {subject}\n"));
        let whole = format!("{}{}", subject.unwrap_or_default(), text.trim_end());
        whole.lines().try_for_each(|line| writeln!(out, "{:INDENT$}{}", "", format!("│ {line}").trim_end()))
    }
}

/// A line for programs says all of it.
fn with_behind(line: &Line, behind: Option<&Behind>) -> Line {
    let text = match behind {
        None => return line.clone(),
        Some(Behind::Message { subject: None, text, .. }) => format!("{}: {text}", line.text),
        Some(Behind::Message { subject: Some(subject), text, .. }) => format!("{}: {subject}\n\n{text}", line.text),
        Some(Behind::Parameters(parameters)) if parameters.is_empty() => return line.clone(),
        Some(Behind::Parameters(parameters)) => {
            let each = parameters.iter().map(|(name, values)| format!("{name}: {}", values.join(", ")));
            format!("{} with {}", line.text, each.collect::<Vec<_>>().join("; "))
        }
    };
    Line { text, ..line.clone() }
}

/// What is behind a link is new in every message, and nobody can follow the links of a night that has not been.
fn without_token(text: &str) -> String {
    const PATH: &str = "/a/";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(PATH) {
        out.push_str(before);
        out.push_str(PATH);
        out.push('…');
        rest = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.');
    }
    out.push_str(rest);
    out
}

/// When it is, counted from the signal: `+7:00`.
fn after(seconds: f64) -> String {
    format!("+{}", elapsed(seconds))
}

/// Minutes and seconds, and hours where there are any: `7:00`, `1:05:00`.
pub(super) fn elapsed(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a night has some days at most")]
    let duration = SignedDuration::from_secs(seconds.max(0.0).round() as i64);
    let (hours, minutes, seconds) = (duration.as_hours(), duration.as_mins() % 60, duration.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

fn short(incident: &str) -> &str {
    incident.get(..8).unwrap_or(incident)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_until_they_are_hours() {
        for (seconds, expected) in
            [(0.0, "+0:00"), (59.9, "+1:00"), (420.0, "+7:00"), (3_900.0, "+1:05:00"), (90_061.0, "+25:01:01")]
        {
            assert_eq!(after(seconds), expected);
        }
    }

    #[test]
    fn tokens_are_left_out_of_links_and_of_nothing_else() {
        for (text, expected) in [
            ("open https://front.test/a/AcV-_1.x", "open https://front.test/a/…"),
            ("at https://front.test/a/Ac, or /a/b.\nEnd", "at https://front.test/a/…, or /a/…\nEnd"),
            ("no link", "no link"),
        ] {
            assert_eq!(without_token(text), expected);
        }
    }
}
