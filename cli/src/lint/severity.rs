//! How bad a finding is.

use std::fmt;

/// How bad a finding is, from the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; may well be meant so.
    Note,
    /// Pages somebody, but late, less surely, or not whom it seems to.
    Warning,
    /// Pages nobody.
    Error,
}

impl Severity {
    /// Every severity, from the worst.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The name in messages and JSON; SARIF calls its levels the same.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
