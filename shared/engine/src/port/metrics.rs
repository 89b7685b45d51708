//! Numbers that alarms watch.

/// Takes a number.
pub trait Metrics: Send + Sync {
    /// One value of a metric in the name space `Reveille`, without dimensions.
    fn put(&self, name: &'static str, value: f64, unit: MetricUnit);
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
}
