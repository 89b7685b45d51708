//! Every bound of the domain, with its unit in the name and its reason beside it.

/// An order is one of a transaction's 100 actions. The rest are for the incident, its plan, event, dedupe and cause rows (5),
/// the 16 counters that a closing seals, and orders of ended engagements that are marked as stopped.
pub const ORDERS_PER_STEP_MAX: usize = 40;

/// Half of a step's orders, so that a stage's runbooks and its first pages leave together.
pub const RUNBOOKS_PER_STAGE_MAX: usize = 20;

/// Engagements live in the incident's own row of at most 400 KB; one takes about 400 bytes.
pub const ENGAGEMENTS_MAX: usize = 400;

/// A second is the finest time a plan can mean; a repetition faster than a minute only trains people to mute us.
pub const REPEAT_MINUTES_MIN: u32 = 1;

/// Seven days: longer than any incident should wait for its next stage, short enough to catch a slip of the keyboard.
pub const STAGE_MINUTES_MAX: u32 = 7 * 24 * 60;

/// AWS Incident Manager's `title` holds 200 characters, and a page shows less.
pub const TITLE_CHARACTERS_MAX: usize = 200;

/// AWS Incident Manager's `summary` holds 8,000 characters.
pub const SUMMARY_CHARACTERS_MAX: usize = 8_000;

/// AWS Incident Manager's `dedupeString` holds 1,000 characters.
pub const DEDUPE_CHARACTERS_MAX: usize = 1_000;

/// Minutes until a response plan that could not be found is looked for again: somebody is about to apply it.
pub const PLAN_MISSING_RETRY_MINUTES: i64 = 1;

/// A round of an escalation takes at least a minute, even if its stages are skipped or take no time: otherwise it never rests.
pub const ROUND_MINUTES_MIN: u32 = 1;

/// The longest minutes a round of an escalation may be repeated is unbounded; the engagements of one incident are not.
pub const ESCALATION_STAGES_MAX: usize = 50;

/// Response plans are read whole by a person at 03:00.
pub const RESPONSE_STAGES_MAX: usize = 50;

/// Escalation plans within escalation plans: deeper than this nobody can say at 03:00 who is asked next.
pub const PLAN_DEPTH_MAX: usize = 5;

/// A snooze of more than a day is a resolution that nobody dares to call one.
pub const SNOOZE_MINUTES_MAX: u32 = 24 * 60;

/// News of what somebody was paged about more than a week ago only wake them a second time (GoAlert keeps the same bound).
pub const NEWS_DAYS_MAX: i64 = 7;

/// Text of a timeline event, as in AWS Incident Manager.
pub const EVENT_CHARACTERS_MAX: usize = 12_000;

/// Cuts a text to so many characters and marks the cut.
pub fn clip(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{kept}…")
}
