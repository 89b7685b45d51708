//! How the SDK waits on the embedded stack: without chance, so that two plays of a scenario make the same calls in the same order.

use std::time::Duration;

use aws_sdk_dynamodb::config::{AsyncSleep, Sleep};

/// Stands for each wait that the SDK has drawn by lot.
const EVEN: Duration = Duration::from_secs(1);

/// Waits as long as it is told, but for what is not a whole number of milliseconds: before it asks again the SDK waits for a random
/// part of a second or two, and whoever asks side by side would come in another order each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvenSleep;

impl AsyncSleep for EvenSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        let is_drawn = !duration.subsec_nanos().is_multiple_of(1_000_000);
        Sleep::new(tokio::time::sleep(if is_drawn { EVEN } else { duration }))
    }
}
