//! What AWS's own metrics would say of a scenario on the embedded stack, as its doubles count it: an alarm of the template is evaluated on
//! that as CloudWatch would. No number here is AWS's own.

use std::collections::{BTreeMap, BTreeSet};

use reveille_cli::environment::TABLE;
use reveille_local::{Counted, Doubles, names};

use super::{Alarm, Datum, MetricKey, STACK, template};

/// Each queue of the template, and what it is called on the embedded stack: CloudFormation draws the names of those on AWS.
const QUEUES: [(&str, &str); 12] = [
    ("NudgeQueue", names::NUDGE_QUEUE),
    ("PageQueue", names::PAGE_QUEUE),
    ("SlowPageQueue", names::SLOW_PAGE_QUEUE),
    ("RunbookQueue", names::RUNBOOK_QUEUE),
    ("IngestFailureQueue", names::INGEST_FAILURE_QUEUE),
    ("NudgeDeadQueue", names::NUDGE_DEAD_QUEUE),
    ("PageDeadQueue", names::PAGE_DEAD_QUEUE),
    ("SlowPageDeadQueue", names::SLOW_PAGE_DEAD_QUEUE),
    ("RunbookDeadQueue", names::RUNBOOK_DEAD_QUEUE),
    ("IngestFailureDeadQueue", names::INGEST_FAILURE_DEAD_QUEUE),
    ("InvocationDeadQueue", names::INVOCATION_DEAD_QUEUE),
    ("ScheduleDeadQueue", names::SCHEDULE_DEAD_QUEUE),
];

/// Everything that the doubles of a world have counted.
pub fn counted(doubles: &Doubles) -> Vec<Datum> {
    doubles.counts().all().iter().map(Datum::of).collect()
}

impl Datum {
    fn of(counted: &Counted) -> Self {
        let dimensions = counted.dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let (namespace, name) = (counted.namespace.to_owned(), counted.name.to_owned());
        let key = MetricKey { namespace, name, dimensions };
        Self { key, at_s: counted.at.as_second(), value: counted.value }
    }
}

impl Alarm {
    /// The alarm as it would be on the embedded stack: with the names there of what the template makes.
    #[must_use]
    pub fn on_the_embedded_stack(mut self) -> Self {
        let own = |(name, value): (&String, &String)| (name.clone(), embedded(value));
        self.key.dimensions = self.key.dimensions.iter().map(own).collect::<BTreeMap<_, _>>();
        self
    }

    /// Whether it is in the state ALARM at any minute within these seconds since the epoch.
    pub fn goes_off(&self, data: &[Datum], within: std::ops::RangeInclusive<i64>) -> bool {
        let own: Vec<Datum> = data.iter().filter(|datum| datum.key == self.key).cloned().collect();
        within.step_by(60).any(|at_s| self.is_off(&own, at_s))
    }
}

/// The names of those that go off within these seconds since the epoch.
pub fn gone_off(alarms: &[Alarm], data: &[Datum], within: std::ops::RangeInclusive<i64>) -> BTreeSet<String> {
    let off = alarms.iter().filter(|alarm| alarm.goes_off(data, within.clone()));
    off.map(|alarm| alarm.name.clone()).collect()
}

/// What the value of a dimension is on the embedded stack.
fn embedded(value: &str) -> String {
    let resource = &template()["Resources"][value.split('.').next().unwrap_or_default()];
    match resource["Type"].as_str() {
        Some("AWS::DynamoDB::Table") => TABLE.to_owned(),
        Some("AWS::Serverless::Function") => {
            let name = resource["Properties"]["FunctionName"].as_str().expect("functions have names");
            name.replace("${AWS::StackName}", STACK)
        }
        Some("AWS::SQS::Queue") => {
            let name = QUEUES.iter().find(|(queue, _)| value == format!("{queue}.QueueName")).map(|(_, name)| *name);
            name.unwrap_or_else(|| panic!("nobody here knows {value}")).to_owned()
        }
        // The name of an index, say, is what it is.
        _ => value.to_owned(),
    }
}
