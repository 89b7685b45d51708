//! Time, waiting and chance. Nobody but an implementation of this trait asks the operating system or the runtime for any of
//! them, so that a simulation that has all three in its hands has everything.

use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::Timestamp;

/// A wait.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// A number that nothing else has: for waits that must not coincide, and for names that must be nobody else's.
    fn random(&self) -> u64 {
        RandomState::new().hash_one(())
    }

    /// Waits so long, from this call on.
    fn sleep(&self, wait: Duration) -> Waiting<'_> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// What comes of some work; `None`: nothing within this time, and it is dropped.
pub async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), clock.sleep(limit)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
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
