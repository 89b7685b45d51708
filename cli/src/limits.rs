//! Bounds of the commands that have no part of their own for them.

/// Messages of a dead-letter queue that are named one by one: more of them nobody reads.
pub(crate) const TOLD_MAX: usize = 50;

/// Reads of an installation until nobody has applied anything in between: an operator applies once in minutes, and whoever
/// cannot read between two of them looks at a loop.
pub(crate) const READS_MAX: usize = 3;

/// Hours that `simulate` looks ahead, unless `--for` says otherwise: a plan whose next stage comes later is not one for a
/// night.
pub(crate) const NIGHT_HOURS: i64 = 24;

/// Days that `simulate` looks ahead at most. Every minute is three ticks of real functions: a month of them takes some seconds.
pub(crate) const NIGHT_DAYS_MAX: i64 = 31;

/// Seconds that a test page is waited for after its time: it ends by itself, with a nudge or with the tick.
pub(crate) const GRACE_S: i64 = 75;

/// US dollars a month that text messages and calls should be allowed: what one bad night costs, some hundred messages at up to
/// twenty cents. New accounts have one dollar.
pub(crate) const ENOUGH_USD: u64 = 20;

/// The share of a day's mails beyond which an outage could use up the rest.
pub(crate) const QUOTA_SHARE_MAX: f64 = 0.8;

/// Days of shifts that are shown or exported: whoever asks for more than ten years has mistyped one, and hourly shifts of a
/// century are a million lines.
pub(crate) const WINDOW_DAYS_MAX: i64 = 3_660;

/// Seconds after which the last tick is too old: it beats every minute, and CloudWatch shows a beat some minutes later.
pub(crate) const TICK_AGE_S_MAX: i64 = 300;
