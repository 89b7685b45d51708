//! Every bound of the domain, with its unit in the name and its reason beside it.

use crate::ChannelKind;

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

/// The longest minutes a round of an escalation may be repeated is unbounded; the engagements of one incident are not.
pub const ESCALATION_STAGES_MAX: usize = 50;

/// Response plans are read whole by a person at 03:00.
pub const RESPONSE_STAGES_MAX: usize = 50;

/// Text of a timeline event, as in AWS Incident Manager.
pub const EVENT_CHARACTERS_MAX: usize = 12_000;

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

/// Snoozing for longer than a day is not answering.
pub const SNOOZE_MINUTES_MAX: u32 = 24 * 60;

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
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{kept}…")
}
