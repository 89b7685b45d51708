//! What the importer says about what it did: what has no equivalent, what was decided, what is missing, what failed.
//!
//! A note never holds an address: reports end in tickets.

use serde::Serialize;

/// Why something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The source did not answer, or the file does not hold what it must: what is written is incomplete.
    Failed,
    /// Our shifts are not those that the source renders itself.
    Differs,
    /// Something that must be there is not, and a placeholder stands for it.
    Missing,
    /// Reveille has nothing like it.
    NoEquivalent,
    /// There were several ways, and this one was taken.
    Decided,
    /// Our answer was held against the source's own.
    Checked,
}

impl Kind {
    /// As the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Failed => "FAILED",
            Kind::Differs => "DIFFERS",
            Kind::Missing => "missing",
            Kind::NoEquivalent => "no equivalent",
            Kind::Decided => "decided",
            Kind::Checked => "checked",
        }
    }
}

/// One thing that is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Why.
    pub kind: Kind,
    /// What of the source it is about: `schedule Primary (PI7DH85)`.
    pub object: String,
    /// Which field of it.
    pub field: String,
    /// What was done.
    pub done: String,
    /// What is left to do; empty: nothing.
    pub todo: String,
}

/// All that is said.
#[derive(Clone, Debug, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Says something, once.
    pub fn say(&mut self, kind: Kind, about: (&str, &str), done: impl Into<String>, todo: impl Into<String>) {
        let note =
            Note { kind, object: about.0.to_owned(), field: about.1.to_owned(), done: done.into(), todo: todo.into() };
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// Reveille has nothing like it.
    pub fn no_equivalent(&mut self, object: &str, field: &str, done: impl Into<String>, todo: impl Into<String>) {
        self.say(Kind::NoEquivalent, (object, field), done, todo);
    }

    /// There were several ways.
    pub fn decided(&mut self, object: &str, field: &str, done: impl Into<String>, todo: impl Into<String>) {
        self.say(Kind::Decided, (object, field), done, todo);
    }

    /// A placeholder stands for it.
    pub fn missing(&mut self, object: &str, field: &str, done: impl Into<String>, todo: impl Into<String>) {
        self.say(Kind::Missing, (object, field), done, todo);
    }

    /// What is written is incomplete.
    pub fn failed(&mut self, object: &str, field: &str, done: impl Into<String>, todo: impl Into<String>) {
        self.say(Kind::Failed, (object, field), done, todo);
    }

    /// The worst first, otherwise in the order in which they were said.
    pub fn sorted(&self) -> Vec<&Note> {
        let mut notes: Vec<&Note> = self.0.iter().collect();
        notes.sort_by_key(|note| note.kind);
        notes
    }

    /// How many there are of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.0.iter().filter(|note| note.kind == kind).count()
    }
}
