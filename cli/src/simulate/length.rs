//! How long a night can be.

use jiff::SignedDuration;

use crate::duration;

/// A plan whose next stage comes later than this is not one for a night.
pub(super) const NIGHT_HOURS: i64 = 24;

/// Every minute is three ticks of real functions: a month of them takes some seconds.
const DAYS_MAX: i64 = 31;

/// Reads how far to look ahead.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    let length = duration::argument(text)?;
    if length > SignedDuration::from_hours(24 * DAYS_MAX) {
        return Err(format!("at most {DAYS_MAX}d"));
    }
    Ok(length)
}
