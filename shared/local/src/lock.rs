//! Locks of the doubles' states.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock. The doubles' states are whole after every statement, so a panic elsewhere does not spoil them.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
