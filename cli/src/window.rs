//! A span of time on the command line.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::command::{Failure, instant, usage};

/// Ten years: whoever asks for more has mistyped a year, and hourly shifts of a century are a million lines.
const WINDOW_DAYS_MAX: i64 = 3_660;

/// How far people look ahead when they do not say.
const WINDOW_DAYS: i64 = 14;

/// From when until when.
#[derive(Debug, Args)]
pub struct Window {
    /// The first instant, in RFC 3339: 2026-01-05T14:00:00Z; without it, now
    #[arg(long, value_name = "T", value_parser = instant)]
    from: Option<Timestamp>,
    /// The first instant after it; without it, two weeks later
    #[arg(long, value_name = "T", value_parser = instant)]
    to: Option<Timestamp>,
}

impl Window {
    /// The two instants, if they make a window.
    pub fn checked(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
        // The second is what people read: an answer with the fractions of this one would never look the same twice.
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let from = self.from.unwrap_or(now);
        let later = from.saturating_add(SignedDuration::from_hours(24 * WINDOW_DAYS)).unwrap_or(Timestamp::MAX);
        let to = self.to.unwrap_or(later);
        let days = from.duration_until(to).as_hours() / 24;
        if to <= from {
            return Err(usage(format!("--to {to} is not after --from {from}")));
        }
        if days > WINDOW_DAYS_MAX {
            return Err(usage(format!("the window has {days} days; the limit is {WINDOW_DAYS_MAX} (WINDOW_DAYS_MAX)")));
        }
        Ok((from, to))
    }
}
