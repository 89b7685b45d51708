//! The report: what was read, what has no equivalent, what was decided, and what is left to do.

use std::fmt::Write;

use serde::Serialize;

use super::model::Imported;
use super::note::{Kind, Note};

/// What a report says.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The source's name.
    pub source: String,
    /// How many of each thing were written.
    pub written: Counts,
    /// What is said, the worst first.
    pub notes: Vec<Note>,
}

/// How many of each thing were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// People.
    pub contacts: usize,
    /// Schedules.
    pub schedules: usize,
    /// Escalation plans.
    pub escalation_plans: usize,
    /// Response plans.
    pub response_plans: usize,
    /// Webhooks.
    pub webhooks: usize,
}

impl Report {
    /// What there is to say about what was read and mended.
    pub fn of(imported: &Imported) -> Self {
        Self {
            source: imported.source.to_owned(),
            written: Counts {
                contacts: imported.contacts.len(),
                schedules: imported.schedules.len(),
                escalation_plans: imported.escalation_plans.len(),
                response_plans: imported.response_plans.len(),
                webhooks: imported.webhooks.len(),
            },
            notes: imported.notes.sorted().into_iter().cloned().collect(),
        }
    }

    /// How many notes of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.notes.iter().filter(|note| note.kind == kind).count()
    }

    /// For people: the summary last, because a terminal shows the end.
    pub fn for_people(&self) -> String {
        let mut out = String::new();
        for note in &self.notes {
            let mut lines = vec![format!("{}: {}, {}", note.kind.name(), note.object, note.field)];
            lines.push(format!("  {}", note.done));
            if !note.todo.is_empty() {
                lines.push(format!("  -> {}", note.todo));
            }
            lines.iter().for_each(|line| push(&mut out, line));
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        let counts = self.written;
        push(
            &mut out,
            &format!(
                "{}: {}, {}, {}, {}, {}",
                self.source,
                many(counts.contacts, "contact"),
                many(counts.schedules, "schedule"),
                many(counts.escalation_plans, "escalation plan"),
                many(counts.response_plans, "response plan"),
                many(counts.webhooks, "webhook"),
            ),
        );
        let kinds = [Kind::Failed, Kind::Differs, Kind::Missing, Kind::NoEquivalent, Kind::Decided, Kind::Checked];
        let said = kinds.map(|kind| format!("{} {}", self.count(kind), kind.name()));
        push(&mut out, &format!("notes: {}", said.join(", ")));
        out
    }
}

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn push(out: &mut String, line: &str) {
    // What a source says may hold anything; a terminal takes no orders from it.
    let printable = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    // A text takes whatever is written to it.
    let _infallible = writeln!(out, "{}", printable.collect::<String>());
}
