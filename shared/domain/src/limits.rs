//! Every bound of the domain, with its unit in the name and its reason beside it.

use crate::ChannelKind;

/// An order is one of a transaction's 100 actions. The rest are for the incident, its plan, event, dedupe and cause rows (5),
/// the 16 counters that a closing seals, and orders of ended engagements that are marked as stopped.
pub const ORDERS_PER_STEP_MAX: usize = 40;

/// Half of a step's orders, so that a stage's runbooks and its first pages leave together.
pub const RUNBOOKS_PER_STAGE_MAX: usize = 20;

/// Engagements live in the incident's own row of at most 400 KB; one takes about 400 bytes.
pub const ENGAGEMENTS_MAX: usize = 400;

/// Plans count in minutes, and a repetition faster than that only trains people to mute us.
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

/// Nobody reads fifty stages, and whoever means more of them means `repeat`.
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

/// Five a week for a year, made by operators. What does not fit is forgotten, with who was on call until then.
pub const MADE_OVERRIDES_MAX: usize = 250;

/// Whoever is away for longer than a year is no longer on call, and a mistyped year is not either.
pub const MADE_OVERRIDE_DAYS_MAX: i64 = 366;

/// A sentence that says why.
pub const REASON_CHARACTERS_MAX: usize = 200;

/// A span for every week of a year.
pub const TEMPORARY_PER_SCHEDULE_MAX: usize = 53;

/// Hourly shifts for a week, as much as a table of holidays ever has.
pub const TEMPORARY_SHIFTS_MAX: usize = 200;

/// A week, a day, an hour and some minutes before are four; more than one beyond that are noise.
pub const NOTICES_PER_SCHEDULE_MAX: usize = 5;

/// A week: whoever is told earlier has forgotten it again.
pub const NOTICE_MINUTES_MAX: u32 = 7 * 24 * 60;

/// The longest shift is 100 months, which is 3,044 days; ten years are enough to see its end.
pub const NEXT_HANDOFF_DAYS_MAX: i64 = 3_660;

/// A change a week for a year. Whoever asks about longer ago reads the timelines, where everybody who was paged stands.
pub const SCHEDULE_VERSIONS_MAX: usize = 53;

/// Text of a timeline event, as in AWS Incident Manager.
pub const EVENT_CHARACTERS_MAX: usize = 12_000;

/// A note is read at night on a telephone; what is longer stands in a document, and the note says where.
pub const NOTE_CHARACTERS_MAX: usize = 2_000;

/// Runbooks of an incident beyond which nobody starts another by hand. Each takes about 150 bytes of the incident's row, which has
/// to keep room for those of the plan.
pub const RUNBOOKS_BY_HAND_MAX: usize = 200;

/// Seconds that pages of one response plan wait for each other, once the first has left: long enough for the alarms of one
/// outage to gather, short enough that nobody reads half of it as the whole.
pub const BUNDLE_WINDOW_S: i64 = 30;

/// Seconds that what waits gives a message of its plan to leave and to say what it has spoken for: a provider takes three at
/// most, and a commit less than one.
pub const BUNDLE_IN_FLIGHT_S: i64 = 5;

/// A response plan that has been silent for so many minutes is news again: its next page leaves at once, whatever the limits.
pub const PLAN_QUIET_MINUTES: i64 = 5;

/// The incidents that are remembered of one message, to see whether they have been answered: one read of twenty rows.
pub const BUNDLE_REMEMBERED_MAX: usize = 20;

/// Titles that a bundle shows: three fit beside the link into two SMS, and the rest is behind it.
pub const BUNDLE_TITLES_MAX: usize = 3;

/// The shorter span of the limits of a person, in minutes.
pub const SENDS_SHORT_MINUTES: i64 = 1;

/// The longer span of the limits of a person, in minutes.
pub const SENDS_LONG_MINUTES: i64 = 10;

/// Messages to one person within the shorter and the longer span, by kind of channel.
pub const fn sends_max(kind: ChannelKind) -> (usize, usize) {
    match kind {
        // A phone that buzzes more than every ten seconds is switched off; carriers filter numbers that send bursts, and SNS
        // stops at the month's spend limit without a word.
        ChannelKind::Sms => (6, 20),
        // Nobody is woken by the twentieth mail either, but a mailbox keeps them apart and they cost next to nothing.
        ChannelKind::Email => (20, 100),
        // A call takes a minute; while one is spoken the next meets a busy line.
        ChannelKind::Voice => (2, 8),
        // A channel is read by several, and what scrolls by is read by none; Slack takes one message a second.
        ChannelKind::Slack | ChannelKind::Teams => (20, 100),
        // Whoever wrote a server can make it bear this.
        ChannelKind::Webhook => (60, 300),
    }
}

/// Incidents that one reply or one button answers: each is a transaction of some ten milliseconds, and the function has seconds.
pub const ANSWERED_PER_REPLY_MAX: usize = 200;

/// Minutes of a snooze that names none.
pub const SNOOZE_MINUTES: u32 = 30;

/// Minutes in which a verification code can be typed: time to find the phone, none for somebody to find the code.
pub const VERIFICATION_MINUTES: i64 = 10;

/// Wrong codes before the code is void: five guesses at a million.
pub const VERIFICATION_ATTEMPTS_MAX: u32 = 5;

/// Codes sent to one channel within an hour: who has not got three will not get the fourth, and somebody may be using us to
/// annoy a stranger.
pub const VERIFICATION_SENDS_PER_HOUR_MAX: usize = 3;

/// Seconds between two codes to one channel: an SMS takes up to a minute.
pub const VERIFICATION_RESEND_S_MIN: i64 = 60;

/// Cuts a text to so many characters and marks the cut.
pub fn clip(text: &str, characters_max: usize) -> String {
    // Of few bytes there are no more characters.
    if text.len() <= characters_max || text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{kept}…")
}
