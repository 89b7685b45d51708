//! When Lambda tries again what nobody waits for.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::time::Duration;

/// Lambda waits a minute before the second attempt and two before the third.
pub(crate) const RETRY_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// The longest that Lambda waits for concurrency before it looks again.
const THROTTLE_WAIT_MAX_S: u64 = 300;

/// How often it tries again after a failure; `MaximumRetryAttempts` of the template.
pub fn retries(function: &str) -> usize {
    match function {
        "respond" | "runbook" => 1,
        _ => 2,
    }
}

/// For how long it does; `MaximumEventAgeInSeconds` of the template.
pub fn age_max(function: &str) -> Duration {
    Duration::from_secs(match function {
        "respond" | "runbook" => 120,
        "acknowledge" => 600,
        "notify" => 3_600,
        _ => 21_600,
    })
}

/// How long it waits after so many throttles: a second after the first, then longer and longer.
pub(crate) fn throttle_wait(throttles: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(throttles).unwrap_or(u64::MAX).min(THROTTLE_WAIT_MAX_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_throttled_comes_again_after_a_second_and_then_ever_later() {
        let waits: Vec<u64> = [0, 1, 2, 8, 9, 63, 64, u32::MAX].map(|n| throttle_wait(n).as_secs()).to_vec();
        assert_eq!(waits, [1, 2, 4, 256, 300, 300, 300, 300]);
    }
}
