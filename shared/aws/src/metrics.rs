//! Metrics as log lines: CloudWatch makes numbers of lines in its embedded format, without a call and without permissions.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::sync::Arc;

use reveille_engine::port::{Clock, Metric, MetricUnit, Metrics};
use serde_json::{Value, json};

/// The name space of every metric of ours.
const NAMESPACE: &str = "Reveille";
/// By what the metrics of two installations are told apart, also where accounts are watched together.
const DIMENSION: &str = "Installation";

/// Takes a line.
type Output = Arc<dyn Fn(String) + Send + Sync>;

/// Writes metrics to standard output, where Lambda's log is.
#[derive(Clone)]
pub struct EmbeddedMetrics {
    installation: String,
    clock: Arc<dyn Clock>,
    output: Output,
}

impl EmbeddedMetrics {
    /// Of the installation with this name, at the time of this clock.
    pub fn new(installation: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { installation: installation.into(), clock, output: Arc::new(|line| println!("{line}")) }
    }

    /// The same with its lines going elsewhere.
    #[must_use]
    pub fn writing_to(self, output: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self { output: Arc::new(output), ..self }
    }

    fn line(&self, metric: Metric, value: f64) -> Value {
        let unit = match metric.unit() {
            MetricUnit::Seconds => "Seconds",
            MetricUnit::Count => "Count",
        };
        let name = metric.name();
        let metrics = json!([{
            "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": [{ "Name": name, "Unit": unit }],
        }]);
        let at_ms = self.clock.now().as_millisecond();
        let mut line = json!({ "_aws": { "Timestamp": at_ms, "CloudWatchMetrics": metrics } });
        line[DIMENSION] = json!(self.installation);
        line[name] = json!(value);
        line
    }
}

impl Metrics for EmbeddedMetrics {
    fn put(&self, metric: Metric, value: f64) {
        (self.output)(self.line(metric, value).to_string());
    }
}
