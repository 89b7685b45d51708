//! What changes, as people read it and as programs do.

use serde::Serialize;

use super::{Action, Counts, Difference, Planned};
use crate::columns::harmless;
use crate::paint::{Ink, Paint};

/// What changes in an installation.
#[derive(Clone, Debug, Serialize)]
pub struct Report<'p> {
    /// The revision that the configuration was compared with; 0: nothing has been applied yet.
    pub revision: u64,
    /// Whether there is nothing to do.
    pub nothing_to_do: bool,
    /// Whether an apply was cut off before.
    pub unfinished: bool,
    /// How many things come, change and go.
    pub counts: Counts,
    /// Every field that changes.
    pub changes: &'p [Difference],
    /// What cannot be read in the table.
    pub unreadable: &'p [String],
    /// Rows that are written or removed.
    pub rows: usize,
}

impl<'p> Report<'p> {
    /// What a plan says.
    pub fn of(planned: &'p Planned) -> Self {
        Self {
            revision: planned.revision,
            nothing_to_do: planned.is_nothing(),
            unfinished: planned.is_unfinished,
            counts: planned.counts(),
            changes: &planned.differences,
            unreadable: &planned.unreadable,
            rows: planned.rows,
        }
    }

    /// The fields, a line each, in plain text.
    pub fn for_people(&self) -> String {
        self.painted(Paint::Plain)
    }

    /// The same for where it is printed: green comes, yellow changes, red goes.
    pub(crate) fn painted(&self, paint: Paint) -> String {
        let mut out = String::new();
        for change in self.changes {
            let ink = match change.action {
                Action::Add => Ink::Good,
                Action::Change => Ink::Waiting,
                Action::Remove => Ink::Bad,
            };
            out.push_str(&format!("{}\n", paint.ink(ink, &harmless(&line(change)))));
        }
        let warn = |text: String| format!("{}\n", paint.ink(Ink::Bad, &harmless(&text)));
        for row in self.unreadable {
            out.push_str(&warn(format!("! cannot be read, and is written anew: {row}")));
        }
        if self.unfinished {
            out.push_str(&warn("! an apply was cut off before its end: this one finishes it".to_owned()));
        }
        if !self.nothing_to_do && out.is_empty() {
            let rows = if self.rows == 1 { "1 row is".to_owned() } else { format!("{} rows are", self.rows) };
            out.push_str(&format!("no field changes; {rows} stored anew in the form of this version\n"));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }

    /// The last line of `plan`.
    pub fn would_change(&self) -> String {
        if self.nothing_to_do {
            return format!("nothing would change; compared with revision {}", self.revision);
        }
        format!("{}; compared with revision {}", self.counted(), self.revision)
    }

    /// How many things have come, have changed and have gone.
    pub fn done(&self) -> String {
        let Counts { add, change, remove } = self.counts;
        format!("{add} added, {change} changed, {remove} removed")
    }

    /// How many things come, change and go.
    pub fn counted(&self) -> String {
        let Counts { add, change, remove } = self.counts;
        format!("{add} to add, {change} to change, {remove} to remove")
    }
}

fn line(change: &Difference) -> String {
    let Difference { action, path, before, after, .. } = change;
    let text = |value: &Option<super::Shown>| value.as_ref().map(super::Shown::inline).unwrap_or_default();
    let (before, after) = (text(before), text(after));
    match action {
        Action::Add => format!("+ {path}: {after}"),
        Action::Remove => format!("- {path}: {before}"),
        // Two secrets look the same, and so may two addresses of which only a part is shown.
        Action::Change if before == after && !after.contains('•') => format!("~ {path}: changed"),
        Action::Change if before == after => format!("~ {path}: {before} -> {after} (changed)"),
        Action::Change => format!("~ {path}: {before} -> {after}"),
    }
}
