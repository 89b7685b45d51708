//! Every check by its code. `docs/lint/` has a page for each, and a test holds the three together.

use super::severity::Severity;
use super::{contacts, delays, fairness, live, plans, routes, runbooks, schedules, stages, zones};
use crate::configuration::Code;

/// Something that lint looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable, so that tools can filter by it; the name of its page in the documents.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Its page in the documents: what it means, an example, and what to do.
    pub page: &'static str,
}

/// A check with its page.
macro_rules! check {
    ($severity:ident, $code:literal, $summary:literal) => {
        $crate::lint::catalogue::Check {
            code: $code,
            severity: $crate::lint::severity::Severity::$severity,
            summary: $summary,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lint/", $code, ".md")),
        }
    };
}
pub(super) use check;

/// Checks of the configuration itself.
const OFFLINE: [Check; 42] = [
    contacts::NO_VERIFIED_CHANNEL,
    contacts::UNVERIFIED_CHANNEL,
    contacts::ENGAGEMENT_UNVERIFIED,
    contacts::EMAIL_ONLY,
    contacts::SHARED_ADDRESS,
    contacts::UNUSED_CONTACT,
    contacts::NO_SAFETY_CONTACT,
    contacts::SAFETY_CONTACT_UNREACHABLE,
    contacts::UNREACHABLE_STAND_IN,
    delays::LATE_STEP,
    delays::UNREACHED_STEP,
    schedules::GAP,
    schedules::UNCOVERED_HOURS,
    schedules::PAST_OVERRIDE,
    schedules::UNUSED_SCHEDULE,
    zones::DST_GAP,
    zones::DST_OVERLAP,
    fairness::SPLIT_COVERAGE,
    fairness::OVERLAP,
    fairness::DOUBLE_DUTY,
    fairness::BACK_TO_BACK,
    stages::EMPTY_STAGE,
    stages::EMPTY_AT_TIMES,
    stages::UNREACHABLE_STAGE,
    stages::NON_ESSENTIAL_STAGE,
    plans::SAME_PERSON,
    plans::NO_FALLBACK,
    plans::ENDS_UNANSWERED,
    plans::PAGES_NOBODY,
    plans::ONLY_SAFETY_CONTACT,
    plans::CONDITIONS_PAGE_NOBODY,
    plans::RUNBOOKS_ONLY,
    plans::ENDLESS_PLAN,
    plans::UNUSED_ESCALATION_PLAN,
    routes::UNROUTED_PLAN,
    routes::SHADOWED_RULE,
    runbooks::UNKNOWN_RUNBOOK,
    runbooks::RUNBOOK_NOT_ALLOWED,
    runbooks::UNKNOWN_PARAMETER,
    runbooks::MISSING_PARAMETER,
    runbooks::PARAMETER_TYPE,
    runbooks::PARAMETER_VALUE,
];

/// Every check, in the order of the documents: mistakes of the language, the configuration, the account.
pub fn checks() -> impl Iterator<Item = Check> {
    Code::ALL.into_iter().map(of_mistake).chain(OFFLINE).chain(live::CHECKS)
}

/// The check that the reader of the configuration makes.
pub(super) fn of_mistake(code: Code) -> Check {
    match code {
        Code::UnreadableFile => check!(Error, "unreadable-file", "A file cannot be read"),
        Code::Syntax => check!(Error, "syntax", "A file is not YAML"),
        Code::Version => {
            check!(Error, "version", "A file does not say that it is written in this version of the language")
        }
        Code::UnknownKey => check!(Error, "unknown-key", "The language has no such key"),
        Code::MissingKey => check!(Error, "missing-key", "A key that must be there is not"),
        Code::Duplicate => check!(Error, "duplicate", "The same thing stands twice"),
        Code::WrongType => check!(Error, "wrong-type", "A list stands where a text is wanted, or the like"),
        Code::OutOfRange => check!(Error, "out-of-range", "A number, a text or a list is outside of its limits"),
        Code::InvalidName => check!(Error, "invalid-name", "An alias or a name cannot be one"),
        Code::InvalidAddress => {
            check!(Error, "invalid-address", "A telephone number, an e-mail address or a URL cannot be one")
        }
        Code::InvalidValue => check!(Error, "invalid-value", "A value is none of those that are allowed"),
        Code::UnknownReference => {
            check!(Error, "unknown-reference", "Something is named that is not in the configuration")
        }
        Code::Cycle => check!(Error, "cycle", "An escalation plan leads back to itself"),
        Code::Empty => check!(Error, "empty", "A plan, a stage or a section does nothing"),
        Code::InvalidTemplate => check!(Error, "invalid-template", "A `{{ … }}` that no event can fill"),
        Code::NotSupportedYet => check!(Error, "not-supported-yet", "This version does not do what is written"),
    }
}
