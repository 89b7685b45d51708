//! What keys that nobody knows may cost. For each of them the settings are read again, because it may have been applied a moment
//! ago; whoever sends one after the other must not make the table read for each.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Looks within the span below. Whoever sets a sender up tries two or three keys, not twenty.
pub(crate) const LOOKS_MAX: usize = 20;

/// The span, in seconds.
pub(crate) const LOOKS_PER_S: i64 = 10;

/// The looks of late of this running copy of the function; each copy counts its own.
#[derive(Default)]
pub(crate) struct Strangers {
    looks: Mutex<VecDeque<Timestamp>>,
}

impl Strangers {
    /// Whether the settings may be read for one more key that is not known; counts it, if so.
    pub(crate) fn may_look(&self, now: Timestamp) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let span = SignedDuration::from_secs(LOOKS_PER_S);
        while looks.front().is_some_and(|look| now.duration_since(*look) >= span) {
            looks.pop_front();
        }
        let may = looks.len() < LOOKS_MAX;
        if may {
            looks.push_back(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_looks_are_taken_in_a_span_and_no_more() {
        let strangers = Strangers::default();
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let taken = (0..100).filter(|number| strangers.may_look(at(*number))).count();
        assert_eq!(taken, LOOKS_MAX);
        assert!(!strangers.may_look(at(9_999)));
        assert!(strangers.may_look(at(10_000)), "the first look is as old as the span");
        assert!(!strangers.may_look(at(10_000)), "and the second is not");
    }
}
