//! Findings, and how checks make them.

use super::catalogue::{Check, of_mistake};
use super::severity::Severity;
use crate::configuration::{Mistake, Place, Places};

/// One thing that a check has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check says it.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands; `None`: the configuration as a whole is meant.
    pub place: Option<Place>,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Collects what checks find, and looks up where it stands.
pub(super) struct Findings<'p> {
    places: &'p Places,
    found: Vec<Finding>,
}

impl<'p> Findings<'p> {
    pub(super) fn at(places: &'p Places) -> Self {
        Self { places, found: Vec::new() }
    }

    /// Notes a finding about what has this path in the tree.
    pub(super) fn add(&mut self, check: &Check, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.found.push(Finding {
            code: check.code,
            severity: check.severity,
            place: self.places.nearest(path),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Takes in what the reader of the configuration refuses.
    pub(super) fn mistake(&mut self, mistake: Mistake) {
        let check = of_mistake(mistake.code);
        let Mistake { at, message, remedy, .. } = mistake;
        self.found.push(Finding { code: check.code, severity: check.severity, place: at, message, remedy });
    }

    pub(super) fn into_found(self) -> Vec<Finding> {
        self.found
    }
}
