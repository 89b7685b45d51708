//! How long a night can be.

use jiff::SignedDuration;

use crate::scenario::duration_of;

/// A plan whose next stage comes later than this is not one for a night.
pub(super) const NIGHT_HOURS: i64 = 24;

/// Every minute is three ticks of real functions: a month of them takes some seconds.
const DAYS_MAX: i64 = 31;

/// Reads how far to look ahead.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    let length = duration_of(text).ok_or("a time, for example 2h, 90m or 1h30m")?;
    if length.is_zero() || length > SignedDuration::from_hours(24 * DAYS_MAX) {
        return Err(format!("more than nothing, and at most {DAYS_MAX}d"));
    }
    Ok(length)
}
