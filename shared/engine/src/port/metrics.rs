//! Numbers that alarms watch.

/// Takes a number.
pub trait Metrics: Send + Sync {
    /// One value of a metric.
    fn put(&self, metric: Metric, value: f64);
}

/// What is measured. Each alarm of the template on one of these has a scenario that crosses its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// The age of the oldest row that is due: the beat of the heart.
    OldestOverdueSeconds,
    /// From the order of a page, or from the end of what it had to wait for, until a provider has taken it.
    PageSeconds,
    /// A page that will not arrive on one of its channels.
    UndeliveredPages,
    /// From a synthetic alarm until its page was taken.
    SyntheticPageSeconds,
    /// From a synthetic alarm until the acknowledgement of its page was stored.
    SyntheticAnswerSeconds,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
}

/// Takes numbers where nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMetrics;

impl Metric {
    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Metric::OldestOverdueSeconds => "OldestOverdueSeconds",
            Metric::PageSeconds => "PageSeconds",
            Metric::UndeliveredPages => "UndeliveredPages",
            Metric::SyntheticPageSeconds => "SyntheticPageSeconds",
            Metric::SyntheticAnswerSeconds => "SyntheticAnswerSeconds",
        }
    }

    /// What it counts.
    pub fn unit(self) -> MetricUnit {
        match self {
            Metric::OldestOverdueSeconds
            | Metric::PageSeconds
            | Metric::SyntheticPageSeconds
            | Metric::SyntheticAnswerSeconds => MetricUnit::Seconds,
            Metric::UndeliveredPages => MetricUnit::Count,
        }
    }
}

impl Metrics for NoMetrics {
    fn put(&self, _: Metric, _: f64) {}
}
