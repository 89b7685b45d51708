//! One-time schedules: the second of three things that drive a deadline.

use async_trait::async_trait;
use jiff::Timestamp;

/// A one-time schedule that wakes `escalate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Unique: made of the incident and its revision. The same name again is the same wake.
    pub name: String,
    /// When. The service has a precision of 60 seconds; the instant goes into the payload too.
    pub at: Timestamp,
    /// JSON text handed to `escalate`.
    pub payload: String,
}

/// What became of an order for a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeOutcome {
    /// It will fire.
    Scheduled,
    /// A schedule of this name is there already, which is as good.
    AlreadyThere,
    /// The instant is past; somebody else will see to what is due.
    AlreadyPast,
}

/// Why no schedule was made.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// Throttled or out of reach: the timer nudge and the tick still stand.
    #[error("the scheduler did not take the schedule")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request itself is wrong, or not allowed.
    #[error("the scheduler refused the schedule as such")]
    Invalid(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes one-time schedules.
#[async_trait]
pub trait Scheduler: Send + Sync {
    /// Makes a schedule; it is create-only and deletes itself after it has fired.
    async fn wake_at(&self, wake: &Wake) -> Result<WakeOutcome, SchedulerError>;
}
