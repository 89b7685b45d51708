//! Metrics as log lines: CloudWatch makes numbers of lines in its embedded format, without a call and without permissions.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use reveille_engine::port::{MetricUnit, Metrics};
use serde_json::{Value, json};

/// The name space of every metric of ours.
const NAMESPACE: &str = "Reveille";

/// Writes metrics to standard output, where Lambda's log is.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedMetrics;

impl Metrics for EmbeddedMetrics {
    fn put(&self, name: &'static str, value: f64, unit: MetricUnit) {
        println!("{}", line(name, value, unit, jiff::Timestamp::now().as_millisecond()));
    }
}

fn line(name: &str, value: f64, unit: MetricUnit, at_ms: i64) -> Value {
    let unit = match unit {
        MetricUnit::Seconds => "Seconds",
        MetricUnit::Count => "Count",
    };
    let metrics = json!([{ "Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": [{ "Name": name, "Unit": unit }] }]);
    let mut line = json!({ "_aws": { "Timestamp": at_ms, "CloudWatchMetrics": metrics } });
    line[name] = json!(value);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_metric_and_carries_its_value() {
        let line = line("OldestOverdueSeconds", 3.0, MetricUnit::Seconds, 1_000);
        assert_eq!(line["OldestOverdueSeconds"], 3.0);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "OldestOverdueSeconds");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Reveille");
    }
}
