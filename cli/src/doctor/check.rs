//! What looking at one thing came to.

use serde::Serialize;

use crate::installation::{InstallationError, Parts};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: stays the same, for programs.
    pub check: String,
    /// How it stands.
    pub state: State,
    /// In words.
    pub says: String,
    /// One line for each thing that it is about, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What to do, if there is something to do.
    pub remedy: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should.
    Ok,
    /// It works, but somebody should look.
    Warning,
    /// Pages may be late, or reach nobody.
    Failure,
    /// It could not be looked at.
    Unknown,
}

impl State {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failure => "failure",
            State::Unknown => "unknown",
        }
    }
}

impl Check {
    /// As it should be.
    pub fn ok(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self { check: check.into(), state: State::Ok, says: says.into(), details: Vec::new(), remedy: None }
    }

    /// To be looked at.
    pub fn warning(check: impl Into<String>, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warning, remedy: Some(remedy.into()), ..Self::ok(check, says) }
    }

    /// To be mended.
    pub fn failure(check: impl Into<String>, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Failure, ..Self::warning(check, says, remedy) }
    }

    /// Nobody could look; the error says why and what to do.
    pub fn unknown(check: impl Into<String>, error: &InstallationError) -> Self {
        let why = reveille_engine::Chain(error).to_string();
        Self { state: State::Unknown, ..Self::ok(check, format!("could not be looked at: {why}")) }
    }

    /// Nobody could look, for this reason.
    pub fn unasked(check: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        Self { state: State::Unknown, ..Self::warning(check, format!("could not be looked at: {why}"), remedy) }
    }

    /// With a line for each thing that it is about.
    #[must_use]
    pub fn about(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details = details.into_iter().collect();
        self
    }
}

/// Whether the command and the installation are of one version.
pub(super) fn version(parts: &Parts) -> Vec<Check> {
    let check = match (&parts.version, parts.doubt()) {
        (_, Some(doubt)) => Check::warning("version", doubt, "deploy and use one version (docs/OPERATING.md, Upgrade)"),
        (Some(version), None) => Check::ok("version", format!("{version}, as this command")),
        (None, None) => Check::warning(
            "version",
            "the installation does not say which version it is, or only its table is known",
            "leave --table out; deploy the stack again if it has no parameter yet",
        ),
    };
    vec![check]
}
