//! How long a night can be.

use jiff::SignedDuration;

use crate::limits::NIGHT_DAYS_MAX;
use crate::scenario::duration_of;

/// Reads how far to look ahead.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    let length = duration_of(text).ok_or("a time, for example 2h, 90m or 1h30m")?;
    if length.is_zero() || length > SignedDuration::from_hours(24 * NIGHT_DAYS_MAX) {
        return Err(format!("more than nothing, and at most {NIGHT_DAYS_MAX}d"));
    }
    Ok(length)
}
