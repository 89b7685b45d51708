//! Patience with the table: conflicts and throttling are tried again with jitter, within a bound.

use std::time::Duration;

use crate::port::{Clock, TableError, TransactError};

/// The longest wait before the first repetition; it doubles from there.
const FIRST_WAIT_MS: u64 = 25;

/// Waits before try number `tries` (the first repetition is 1): a random part of a span that doubles.
pub(crate) async fn wait(clock: &dyn Clock, tries: u32) {
    let span = FIRST_WAIT_MS << tries.min(6);
    clock.sleep(Duration::from_millis(1 + clock.random() % span)).await;
}

/// Whether a failed transaction may succeed as it is.
pub(crate) fn worth_repeating(error: &TransactError) -> bool {
    match error {
        TransactError::Refused(_) => false,
        // An unknown outcome is not repeated blindly: the caller loads and sees whether it was done.
        TransactError::Table(TableError::Conflict | TableError::Throttled) => true,
        TransactError::Table(TableError::Unavailable(_) | TableError::Refused(_) | TableError::Invalid(_)) => false,
    }
}
