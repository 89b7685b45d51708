//! How long AWS takes: `docs/latencies.yaml`, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

const LATENCIES: &str = include_str!("../../../docs/latencies.yaml");

/// A function's memory in the template, in megabytes; a test of the costs holds it to that.
pub const MEMORY_MB: f64 = 256.0;
/// From so many on, Lambda gives a function a whole processor; below, a share.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>, written down on 26 November 2026; the day on
/// which that page was read is not known.
const WHOLE_PROCESSOR_MB: f64 = 1_769.0;

/// Every latency, with the day on which they were put together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latencies {
    /// The day.
    pub as_of: String,
    calls: BTreeMap<String, Latency>,
    ways: BTreeMap<String, Latency>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The median.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// When it was measured, or written down.
    pub read: String,
    /// Whether it was measured.
    pub confirmed: bool,
    /// Where it says so.
    pub source: String,
}

impl Latencies {
    /// The list.
    pub fn read() -> Self {
        serde_saphyr::from_str(LATENCIES).expect("docs/latencies.yaml is a list of latencies")
    }

    /// Of a call, by its operation; `None`: it is not in the list.
    pub fn call(&self, operation: &str) -> Option<&Latency> {
        self.calls.get(operation)
    }

    /// All of them, by what they are of.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Latency)> {
        self.calls.iter().chain(&self.ways).map(|(name, latency)| (name.as_str(), latency))
    }

    /// From the call that sends it until the next function begins; `None`: it is not in the list.
    pub fn way(&self, name: &str) -> Option<&Latency> {
        self.ways.get(name)
    }
}

/// What a function's own work takes on the share of a processor that its memory brings, in milliseconds, if it takes so long on a
/// whole one.
pub fn on_its_share_ms(own: Duration) -> f64 {
    own.as_secs_f64() * 1_000.0 * WHOLE_PROCESSOR_MB / MEMORY_MB
}
