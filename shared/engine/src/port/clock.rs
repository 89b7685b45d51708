//! Time and chance. Nobody but an implementation of this trait asks the operating system for either, so that a simulation that
//! has both in its hands has everything.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// A number that nothing else has: for waits that must not coincide, and for names that must be nobody else's.
    fn random(&self) -> u64 {
        RandomState::new().hash_one(())
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
