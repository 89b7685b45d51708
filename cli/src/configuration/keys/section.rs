//! What is known of one kind of mapping: its keys, and what holds for several of them together.

use std::ops::Deref;

use super::kind::{Key, Rule};

/// The keys of one kind of mapping.
pub(crate) struct Section {
    /// As messages call it.
    pub(crate) name: &'static str,
    /// Keys that are read.
    pub(crate) keys: &'static [&'static str],
    /// Keys of the full format that this version does not do, and what to do instead. They are never ignored: a file
    /// that promises a page must not load if nobody will send it.
    pub(crate) later: &'static [(&'static str, &'static str)],
}

/// A section with everything that is known of its keys.
pub(crate) struct Part {
    pub(super) section: Section,
    /// In the order of the section's keys.
    pub(in super::super) described: &'static [Key],
    /// What holds for several keys together.
    pub(in super::super) rules: &'static [Rule],
}

impl Deref for Part {
    type Target = Section;

    fn deref(&self) -> &Section {
        &self.section
    }
}

impl Section {
    /// The keys that are read, for messages.
    pub(crate) fn listed(&self) -> String {
        listed_all(self.keys.iter().copied())
    }
}

/// Words for a message, one of which is wanted: `a`, `b` or `c`.
pub(crate) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    joined(words, "or")
}

/// Words for a message, all of them: `a`, `b` and `c`.
pub(crate) fn listed_all<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    joined(words, "and")
}

fn joined<'w>(words: impl IntoIterator<Item = &'w str>, conjunction: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} {conjunction} {last}", before.join(", ")),
    }
}
