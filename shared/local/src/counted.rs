//! What the services would tell CloudWatch of what happens here, with the names, units and dimensions that AWS documents for them. The
//! doubles count it: no number is AWS's own, and what a double does not do, it does not count.
//!
//! - Lambda: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
//! - DynamoDB: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>
//! - SQS: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::lock::lock;
use crate::queue::LocalQueue;
use crate::throughput::{Access, Throttled};

/// A local stack can run for weeks; only tests look at this, and they are short.
const COUNTED_MAX: usize = 100_000;

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// When.
    pub at: Timestamp,
    /// The service's.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Names and values.
    pub dimensions: Vec<(&'static str, String)>,
    /// As CloudWatch spells it.
    pub unit: &'static str,
    /// How much.
    pub value: f64,
}

/// The newest values, oldest first.
#[derive(Debug, Default)]
pub struct Counts {
    counted: Mutex<VecDeque<Counted>>,
}

impl Counts {
    /// All that are remembered.
    pub fn all(&self) -> Vec<Counted> {
        lock(&self.counted).iter().cloned().collect()
    }

    /// A function has failed, or died.
    pub(crate) fn error(&self, at: Timestamp, function: &str) {
        self.of_function(at, "Errors", function);
    }

    /// A function was not invoked, since no concurrency was left for it.
    pub(crate) fn throttle(&self, at: Timestamp, function: &str) {
        self.of_function(at, "Throttles", function);
    }

    fn of_function(&self, at: Timestamp, name: &'static str, function: &str) {
        let dimensions = vec![("FunctionName", format!("reveille-{function}"))];
        self.record(Counted { at, namespace: "AWS/Lambda", name, dimensions, unit: "Count", value: 1.0 });
    }

    /// How a queue stands. SQS looks once a minute, and says nothing of a queue that nobody uses.
    pub(crate) fn queue(&self, at: Timestamp, queue: &LocalQueue) {
        let Some(age_s) = queue.age_of_oldest_s(at) else { return };
        let values = [
            ("ApproximateAgeOfOldestMessage", "Seconds", age_s as f64),
            ("ApproximateNumberOfMessagesVisible", "Count", queue.depth().visible as f64),
        ];
        for (name, unit, value) in values {
            let dimensions = vec![("QueueName", queue.name.to_owned())];
            self.record(Counted { at, namespace: "AWS/SQS", name, dimensions, unit, value });
        }
    }

    /// A request to the table was refused. Each access to a row that was refused is an event of its own, of the table or of an index.
    pub(crate) fn throttled(&self, at: Timestamp, throttled: &Throttled) {
        let table = || ("TableName", throttled.table.clone());
        let record = |name, dimensions, value| {
            self.record(Counted { at, namespace: "AWS/DynamoDB", name, dimensions, unit: "Count", value });
        };
        for (throughput, events) in &throttled.events {
            let name = match throughput.access {
                Access::Reads => "ReadThrottleEvents",
                Access::Writes => "WriteThrottleEvents",
            };
            let index = throughput.index.map(|index| ("GlobalSecondaryIndexName", index.to_owned()));
            record(name, std::iter::once(table()).chain(index).collect(), *events as f64);
        }
        record("ThrottledRequests", vec![table(), ("Operation", throttled.operation.clone())], 1.0);
    }

    fn record(&self, one: Counted) {
        let mut counted = lock(&self.counted);
        if counted.len() == COUNTED_MAX {
            counted.pop_front();
        }
        counted.push_back(one);
    }
}
