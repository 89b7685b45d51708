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
/// Days, weeks or months of a rotation's period, as AWS Incident Manager's `RecurrenceMultiplier`.
pub const EVERY_MAX: u32 = 100;

/// Hours of a rotation's period: as many as 100 days have.
pub const EVERY_HOURS_MAX: u32 = 2_400;

/// Two hand-offs on each day of a week; a rotation that hands over more often says `hours`.
pub const HANDOFFS_PER_PERIOD_MAX: usize = 14;

/// AWS Incident Manager takes 30 contacts; more than 100 people have their turn so rarely that they forget how.
pub const MEMBERS_PER_ROTATION_MAX: usize = 100;

/// AWS Incident Manager takes 8 rotations; more than 20 layers nobody can see through.
pub const ROTATIONS_PER_SCHEDULE_MAX: usize = 20;

/// A window for every hour of a week.
pub const COVERAGE_WINDOWS_MAX: usize = 7 * 24;

/// Before 1970 there were no pagers. The table of a zone's clock reaches from the start over what is asked in practice.
pub const ROTATION_START_YEARS: std::ops::RangeInclusive<i16> = 1970..=2200;

/// Ten a week for a year. Past ones can be taken out of the configuration: the history keeps them.
pub const OVERRIDES_PER_SCHEDULE_MAX: usize = 500;

/// A span for every week of a year.
pub const TEMPORARY_PER_SCHEDULE_MAX: usize = 53;

/// Hourly shifts for a week, as much as a table of holidays ever has.
pub const TEMPORARY_SHIFTS_MAX: usize = 200;

/// A day before, an hour before, and at the hand-off are three; more are noise.
pub const NOTICES_PER_SCHEDULE_MAX: usize = 5;

/// A week: whoever is told earlier has forgotten it again.
pub const NOTICE_MINUTES_MAX: u32 = 7 * 24 * 60;

/// The longest shift is 100 months, which is 3,044 days; ten years are enough to see its end.
pub const NEXT_HANDOFF_DAYS_MAX: i64 = 3_660;

/// A change a week for a year. Whoever asks about longer ago reads the timelines, where everybody who was paged stands.
pub const SCHEDULE_VERSIONS_MAX: usize = 53;

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
