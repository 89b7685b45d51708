//! The night in short: what somebody wants to know who does not read the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::SignedDuration;
use reveille_domain::{Incident, Status};

use super::story::elapsed;
use crate::scenario::{Behind, Played, Told};
use crate::timeline::{Kind, Line};
use crate::world::Errand;

/// What the lines of a night add up to.
pub(super) struct Summary {
    /// When the first message left that asks somebody, and whom it asked.
    first_page: Option<(f64, BTreeSet<String>)>,
    /// How many messages have asked each contact, by kind of channel, in the order in which they were asked.
    asked: Vec<(String, BTreeMap<String, usize>)>,
    /// Who answered, and when.
    answers: Vec<(f64, String)>,
    runbooks: BTreeSet<String>,
    /// When the operators were told that nobody has answered.
    last_resort: Option<f64>,
    /// How many incidents there are, are over, and are open and acknowledged.
    incidents: (usize, usize, usize),
    is_quiet: bool,
    lasted: SignedDuration,
}

impl Summary {
    pub(super) fn of(told: &[Told], played: &Played) -> Self {
        let is_over = |incident: &&Incident| matches!(incident.status, Status::Resolved(_));
        let is_had = |incident: &&Incident| incident.is_open() && incident.acknowledged.is_some();
        let incidents = &played.incidents;
        let mut summary = Self {
            first_page: None,
            asked: Vec::new(),
            answers: Vec::new(),
            runbooks: BTreeSet::new(),
            last_resort: played.last_resort_at.map(|at| at.as_secs_f64()),
            incidents: (
                incidents.len(),
                incidents.iter().filter(is_over).count(),
                incidents.iter().filter(is_had).count(),
            ),
            is_quiet: played.is_quiet,
            lasted: played.lasted,
        };
        for told in told {
            if let Told::Line { line, behind, .. } = told {
                summary.hear(line, behind.as_ref());
            }
        }
        summary
    }

    fn hear(&mut self, line: &Line, behind: Option<&Behind>) {
        match (behind, &line.contact, &line.channel) {
            (Some(Behind::Message { errand: Errand::Page, .. }), Some(contact), Some(channel)) => {
                let (at, people) = self.first_page.get_or_insert_with(|| (line.at, BTreeSet::new()));
                if line.at <= *at {
                    people.insert(contact.clone());
                }
                let known = self.asked.iter().position(|(known, _)| known == contact);
                let place = known.unwrap_or_else(|| {
                    self.asked.push((contact.clone(), BTreeMap::new()));
                    self.asked.len() - 1
                });
                *self.asked[place].1.entry(channel.clone()).or_default() += 1;
            }
            (Some(Behind::Parameters(_)), _, _) => {
                let document = line.text.trim_start_matches("runbook ").trim_end_matches(" is to run");
                self.runbooks.insert(document.to_owned());
            }
            (Some(Behind::Message { .. }) | None, _, _) => {}
        }
        let answers = line.kind == Kind::Acknowledged || line.kind == Kind::Snoozed && line.outcome.is_none();
        if let (true, Some(contact)) = (answers, &line.contact) {
            self.answers.push((line.at, contact.clone()));
        }
    }

    fn at_the_end(&self) -> String {
        let going_on = if self.is_quiet {
            "nothing more happens".to_owned()
        } else {
            format!("it would go on like this after {}; --for looks further", elapsed(self.lasted.as_secs_f64()))
        };
        match self.incidents {
            (0, _, _) => "no incident has been opened".to_owned(),
            (all, over, _) if over == all => "resolved".to_owned(),
            (all, over, had) if had + over == all => format!("acknowledged, not resolved; {going_on}"),
            (_, _, _) => format!("open, and nobody has it; {going_on}"),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = match &self.first_page {
            None => "never: nobody is paged".to_owned(),
            Some((at, people)) => {
                format!("after {}, to {}", elapsed(*at), people.iter().cloned().collect::<Vec<_>>().join(", "))
            }
        };
        writeln!(f, "first page   {first}")?;
        let asked = self.asked.iter().map(|(contact, channels)| {
            let each: Vec<String> = channels.iter().map(|(channel, count)| times(channel, *count)).collect();
            format!("{contact} ({})", each.join(", "))
        });
        row(f, "paged", &asked.collect::<Vec<_>>(), "nobody")?;
        let answers = self.answers.iter().map(|(at, contact)| format!("{contact} after {}", elapsed(*at)));
        row(f, "answered", &answers.collect::<Vec<_>>(), "nobody")?;
        row(f, "runbooks", &self.runbooks.iter().cloned().collect::<Vec<_>>(), "none")?;
        match self.last_resort {
            None => writeln!(f, "last resort  no")?,
            Some(at) => writeln!(f, "last resort  after {}: the operators are told", elapsed(at))?,
        }
        writeln!(f, "at the end   {}", self.at_the_end())
    }
}

fn times(channel: &str, count: usize) -> String {
    if count == 1 { channel.to_owned() } else { format!("{count} × {channel}") }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, what: &[String], nothing: &str) -> fmt::Result {
    let all = if what.is_empty() { nothing.to_owned() } else { what.join(", ") };
    writeln!(f, "{name:<11}  {all}")
}
