//! A span of time on the command line.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::command::{Failure, instant, usage_of, whole_second};
use crate::limits::WINDOW_DAYS_MAX;

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
    /// The two instants, if they make a window for this command.
    pub fn checked(&self, now: Timestamp, command: &str) -> Result<(Timestamp, Timestamp), Failure> {
        let from = self.from.unwrap_or(whole_second(now));
        let later = from.saturating_add(SignedDuration::from_hours(24 * WINDOW_DAYS)).unwrap_or(Timestamp::MAX);
        let to = self.to.unwrap_or(later);
        let days = from.duration_until(to).as_hours() / 24;
        if to <= from {
            return Err(usage_of(command, format!("--to {to} is not after --from {from}")));
        }
        if days > WINDOW_DAYS_MAX {
            let message = format!("the window has {days} days; the limit is {WINDOW_DAYS_MAX} (WINDOW_DAYS_MAX)");
            return Err(usage_of(command, message));
        }
        Ok((from, to))
    }
}
