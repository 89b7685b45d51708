//! Why nothing could be measured.

use crate::apply::ApplyError;
use crate::configuration::ConfigurationErrors;
use crate::local_world::LocalError;

use super::LOST_AFTER;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The configuration of the bench has mistakes.
    #[error(transparent)]
    Configuration(#[from] ConfigurationErrors),
    /// It could not be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The local world failed.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A page never came to the provider.
    #[error("no SMS about {about} has left within {seconds} s; `reveille demo` shows where pages stop")]
    NoSms {
        /// Which alarm.
        about: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The model waits for a call that the list does not have.
    #[error(
        "docs/latencies.yaml has no `{0}`, which the model waits for; add it with its source and its day, and build again"
    )]
    NoLatency(&'static str),
}

impl BenchError {
    /// No SMS about this has left in time.
    pub(super) fn no_sms(about: &str) -> Self {
        Self::NoSms { about: about.to_owned(), seconds: LOST_AFTER.as_secs() }
    }
}
