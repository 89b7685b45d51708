//! The words that monitoring systems have for how bad it is.

use reveille_domain::Impact;

/// The impact of a word like `critical`, `P2` or `warning`, in any letter case.
pub(crate) fn impact(word: &str) -> Option<Impact> {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" | "crit" | "fatal" | "page" | "emergency" | "disaster" | "p1" | "sev1" | "1" => {
            Some(Impact::Critical)
        }
        "high" | "error" | "err" | "major" | "p2" | "sev2" | "2" => Some(Impact::High),
        "warning" | "warn" | "medium" | "moderate" | "minor" | "p3" | "sev3" | "3" => Some(Impact::Medium),
        "info" | "informational" | "information" | "low" | "notice" | "debug" | "p4" | "sev4" | "4" => {
            Some(Impact::Low)
        }
        "p5" | "sev5" | "5" => Some(Impact::NoImpact),
        _ => None,
    }
}
