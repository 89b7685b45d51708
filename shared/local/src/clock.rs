//! The local world's time: the real one, a faster one, or one that stands still until a test moves it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reveille_engine::port::Clock;
use tokio::sync::watch;

/// Sleeps are cut into pieces no longer than this: the real clock can be set while somebody sleeps.
const NAP_MAX: Duration = Duration::from_secs(60);

/// A clock that everything in the local world shares. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct LocalClock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pace: Pace,
    /// What [`LocalClock::advance`] has added.
    shift: watch::Sender<SignedDuration>,
}

#[derive(Debug)]
enum Pace {
    Real,
    Scaled { base: Timestamp, started: Instant, speed: f64 },
}

impl LocalClock {
    /// The operating system's time.
    pub fn real() -> Self {
        Self::of(Pace::Real)
    }

    /// A clock that starts at `base` and runs `speed` times as fast as the real one.
    pub fn scaled(base: Timestamp, speed: f64) -> Self {
        let started = Instant::now();
        Self::of(Pace::Scaled { base, started, speed })
    }

    /// A clock that stands at `base` and moves only with [`LocalClock::advance`].
    pub fn standing(base: Timestamp) -> Self {
        Self::scaled(base, 0.0)
    }

    /// Moves the clock forward and wakes whoever was sleeping until then.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.inner.shift.send_modify(|shift| *shift = shift.saturating_add(by));
    }

    /// Real seconds that pass in one second of this clock, upside down: its speed.
    pub fn speed(&self) -> f64 {
        match self.inner.pace {
            Pace::Real => 1.0,
            Pace::Scaled { speed, .. } => speed,
        }
    }

    /// Sleeps until this clock shows `at`.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut shifts = self.inner.shift.subscribe();
        loop {
            shifts.borrow_and_update();
            let missing = at.duration_since(self.now());
            if missing <= SignedDuration::ZERO {
                return;
            }
            tokio::select! {
                () = nap(missing, self.speed()) => {}
                // The sender lives as long as this clock, so an error cannot come.
                _ = shifts.changed() => {}
            }
        }
    }

    /// Sleeps for so much of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(later(self.now(), duration)).await;
    }

    fn of(pace: Pace) -> Self {
        let shift = watch::Sender::new(SignedDuration::ZERO);
        let inner = Arc::new(Inner { pace, shift });
        Self { inner }
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Timestamp {
        let unshifted = match self.inner.pace {
            Pace::Real => Timestamp::now(),
            Pace::Scaled { base, started, speed } => {
                let elapsed = started.elapsed().as_secs_f64() * speed;
                later(base, Duration::try_from_secs_f64(elapsed).unwrap_or(Duration::MAX))
            }
        };
        let shift = *self.inner.shift.borrow();
        unshifted.checked_add(shift).unwrap_or(Timestamp::MAX)
    }
}

async fn nap(missing: SignedDuration, speed: f64) {
    let real = missing.as_secs_f64() / speed;
    if real.is_infinite() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::try_from_secs_f64(real).unwrap_or(NAP_MAX).min(NAP_MAX)).await;
}

/// The end of time is as late as it gets.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
