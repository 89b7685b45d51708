//! How long a night can be.

use jiff::SignedDuration;

use crate::duration;
use crate::limits::NIGHT_DAYS_MAX;

/// Reads how far to look ahead.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    let length = duration::argument(text)?;
    if length > SignedDuration::from_hours(24 * NIGHT_DAYS_MAX) {
        return Err(format!("at most {NIGHT_DAYS_MAX}d"));
    }
    Ok(length)
}
