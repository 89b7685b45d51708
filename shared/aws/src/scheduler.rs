//! One-time schedules on EventBridge Scheduler.

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use jiff::{Timestamp, Unit};
use reveille_engine::port::{Scheduler, SchedulerError, Wake, WakeOutcome};

/// A wake that could not be delivered for an hour has long been replaced by the tick.
const EVENT_AGE_MAX_S: i32 = 3600;
/// Attempts to reach the function, within that hour.
const ATTEMPTS_MAX: i32 = 10;

/// What every schedule of an installation shares.
#[derive(Clone, Debug)]
pub struct WakeTarget {
    /// The schedule group.
    pub group: String,
    /// ARN of the function `escalate`.
    pub function_arn: String,
    /// ARN of the role that Scheduler takes on to invoke it.
    pub role_arn: String,
    /// ARN of the queue for wakes that could not be delivered.
    pub dead_letter_arn: String,
}

/// Makes schedules that wake `escalate`.
#[derive(Clone, Debug)]
pub struct EventBridgeScheduler {
    client: Client,
    target: WakeTarget,
}

impl EventBridgeScheduler {
    /// Schedules for `target`.
    pub fn new(client: Client, target: WakeTarget) -> Self {
        Self { client, target }
    }

    fn schedule_target(&self, wake: &Wake) -> Result<Target, SchedulerError> {
        let retries =
            RetryPolicy::builder().maximum_event_age_in_seconds(EVENT_AGE_MAX_S).maximum_retry_attempts(ATTEMPTS_MAX);
        Target::builder()
            .arn(&self.target.function_arn)
            .role_arn(&self.target.role_arn)
            .input(&wake.payload)
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.target.dead_letter_arn).build())
            .retry_policy(retries.build())
            .build()
            .map_err(|error| SchedulerError::Invalid(error.into()))
    }
}

#[async_trait]
impl Scheduler for EventBridgeScheduler {
    async fn wake_at(&self, wake: &Wake) -> Result<WakeOutcome, SchedulerError> {
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let call = self
            .client
            .create_schedule()
            .name(&wake.name)
            .group_name(&self.target.group)
            .schedule_expression(at_expression(wake.at))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.map_err(|error| SchedulerError::Invalid(error.into()))?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(self.schedule_target(wake)?);
        match call.send().await {
            Ok(_) => Ok(WakeOutcome::Scheduled),
            Err(error) => outcome(error),
        }
    }
}

/// Whole seconds are all it takes; rounded up, so that a wake never comes before its deadline.
fn at_expression(at: Timestamp) -> String {
    let whole = at.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Ceil));
    whole.unwrap_or(at).strftime("at(%Y-%m-%dT%H:%M:%S)").to_string()
}

fn outcome(error: SdkError<CreateScheduleError>) -> Result<WakeOutcome, SchedulerError> {
    match error.as_service_error() {
        Some(CreateScheduleError::ConflictException(_)) => Ok(WakeOutcome::AlreadyThere),
        Some(CreateScheduleError::ValidationException(why)) if speaks_of_the_past(&why.message) => {
            Ok(WakeOutcome::AlreadyPast)
        }
        Some(CreateScheduleError::ValidationException(_) | CreateScheduleError::ResourceNotFoundException(_)) => {
            Err(SchedulerError::Invalid(error.into()))
        }
        _ if error.code() == Some("AccessDeniedException") => Err(SchedulerError::Invalid(error.into())),
        _ => Err(SchedulerError::Unavailable(error.into())),
    }
}

/// The service has one exception for every wrong input and documents no text for this one.
fn speaks_of_the_past(message: &str) -> bool {
    let message = message.to_lowercase();
    ["past", "future"].iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_rounded_up_to_a_whole_second() {
        let at = |text: &str| at_expression(text.parse().unwrap());
        assert_eq!(at("2026-12-31T23:59:58Z"), "at(2026-12-31T23:59:58)");
        assert_eq!(at("2026-12-31T23:59:59.001Z"), "at(2027-01-01T00:00:00)");
    }
}
