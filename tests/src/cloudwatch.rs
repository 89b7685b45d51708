//! CloudWatch, as far as the template's alarms need it: metrics are read out of log lines, and an alarm is evaluated period by
//! period. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>

mod counted;
mod spending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

pub use counted::{counted, gone_off};
pub use spending::{Texts, spent};

/// Read once: it is long.
static TEMPLATE: LazyLock<Value> =
    LazyLock::new(|| serde_saphyr::from_str(include_str!("../../template.yaml")).expect("the template is YAML"));

/// The name of the stack, here as in the world in memory.
pub const STACK: &str = "reveille";

/// What a metric is known by: its name space, its name, and the values of its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricKey {
    /// `Reveille` for our own.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// By name.
    pub dimensions: BTreeMap<String, String>,
}

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Of which metric.
    pub key: MetricKey,
    /// In seconds since the epoch.
    pub at_s: i64,
    /// How much.
    pub value: f64,
}

/// What a missing period means to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// As bad as a bad one.
    Breaching,
    /// As good as a good one.
    NotBreaching,
    /// The alarm stays as it is.
    Ignored,
}

/// An alarm of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its logical id.
    pub id: String,
    /// Its name without that of the stack.
    pub name: String,
    /// What it says to whoever gets its mail.
    pub description: String,
    /// What it watches. Values of dimensions are as in the template: `!Ref Table` is `Table`.
    pub key: MetricKey,
    /// Where it tells that it has gone off, and that it is over.
    pub tells: (Vec<String>, Vec<String>),
    /// From here on a value is bad.
    pub threshold: f64,
    /// What a period without values means.
    pub missing: Missing,
    is_sum: bool,
    at_threshold: bool,
    period_s: i64,
    periods: i64,
    bad_periods: usize,
}

/// The template that is deployed. CloudFormation's tags are passed over: `!Ref Table` reads as `Table`.
pub fn template() -> &'static Value {
    &TEMPLATE
}

/// A value with parameters at their defaults and mappings looked up.
fn resolved(template: &Value, value: &Value) -> Value {
    let parameter = |name: &str| template["Parameters"].get(name).map(|parameter| parameter["Default"].clone());
    match value {
        Value::Array(parts)
            if parts.len() == 3 && template["Mappings"].get(parts[0].as_str().unwrap_or_default()).is_some() =>
        {
            let row = parameter(parts[1].as_str().expect("a parameter")).expect("it has a default");
            let row = row.as_str().map_or_else(|| row.to_string(), str::to_owned);
            template["Mappings"][parts[0].as_str().expect("a mapping")][row][parts[2].as_str().expect("a column")]
                .clone()
        }
        Value::String(name) if name == "AWS::StackName" => STACK.into(),
        Value::String(name) => parameter(name).unwrap_or_else(|| value.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.clone(),
    }
}

/// Every alarm of the template.
pub fn alarms() -> Vec<Alarm> {
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let alarms = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    alarms.map(|(id, resource)| Alarm::read(template, id, &resource["Properties"])).collect()
}

/// The alarm of this name.
pub fn alarm(name: &str) -> Alarm {
    alarms().into_iter().find(|alarm| alarm.name == name).unwrap_or_else(|| panic!("there is no alarm {name}"))
}

/// The message that the template's schedule publishes each few minutes, with what CloudFormation fills in.
pub fn synthetic_alarm() -> String {
    let template = template();
    let input = template["Resources"]["SyntheticSchedule"]["Properties"]["Target"]["Input"]
        .as_str()
        .expect("an input")
        .to_owned();
    let filled = [
        ("AWS::StackName", STACK),
        ("AWS::AccountId", "123456789012"),
        ("AWS::Region", "eu-west-1"),
        ("AWS::Partition", "aws"),
    ];
    filled.iter().fold(input, |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// The values that a log line holds; none if it is no line of metrics.
pub fn read(line: &str) -> Vec<Datum> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut data = Vec::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        for set in directive["Dimensions"].as_array().expect("sets of dimensions") {
            let names = set.as_array().expect("a set of dimensions").iter().map(text);
            let dimensions: BTreeMap<String, String> = names.map(|name| (name.clone(), text(&line[&name]))).collect();
            for metric in directive["Metrics"].as_array().expect("metrics") {
                let (namespace, name) = (text(&directive["Namespace"]), text(&metric["Name"]));
                let value = line[&name].as_f64().expect("a number");
                let at_s = line["_aws"]["Timestamp"].as_i64().expect("milliseconds").div_euclid(1_000);
                data.push(Datum { key: MetricKey { namespace, name, dimensions: dimensions.clone() }, at_s, value });
            }
        }
    }
    data
}

impl Alarm {
    fn read(template: &Value, id: &str, properties: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{id}: {value}")).to_owned();
        let number = |name: &str| resolved(template, &properties[name]);
        let whole = |name: &str| number(name).as_i64().unwrap_or_else(|| panic!("{id} has no {name}"));
        let dimensions = properties["Dimensions"].as_array().into_iter().flatten();
        let dimensions = dimensions.map(|one| (text(&one["Name"]), text(&resolved(template, &one["Value"])))).collect();
        let topics = |value: &Value| value.as_array().into_iter().flatten().map(text).collect();
        let periods = whole("EvaluationPeriods");
        let bad_periods = properties["DatapointsToAlarm"].as_i64().unwrap_or(periods);
        Self {
            id: id.to_owned(),
            name: text(&properties["AlarmName"]).replace("${AWS::StackName}-", ""),
            description: text(&properties["AlarmDescription"]),
            key: MetricKey {
                namespace: text(&properties["Namespace"]),
                name: text(&properties["MetricName"]),
                dimensions,
            },
            tells: (topics(&properties["AlarmActions"]), topics(&properties["OKActions"])),
            threshold: number("Threshold").as_f64().expect("a threshold"),
            missing: match properties["TreatMissingData"].as_str() {
                Some("breaching") => Missing::Breaching,
                Some("notBreaching") => Missing::NotBreaching,
                Some("ignore") => Missing::Ignored,
                other => panic!("{id} treats what is missing as {other:?}"),
            },
            is_sum: match properties["Statistic"].as_str() {
                Some("Sum") => true,
                Some("Maximum") => false,
                other => panic!("{id} has the statistic {other:?}"),
            },
            at_threshold: match properties["ComparisonOperator"].as_str() {
                Some("GreaterThanOrEqualToThreshold") => true,
                Some("GreaterThanThreshold") => false,
                other => panic!("{id} compares by {other:?}"),
            },
            period_s: whole("Period"),
            periods,
            bad_periods: usize::try_from(bad_periods).expect("a count"),
        }
    }

    /// Whether a value alone is bad.
    pub fn is_crossed_by(&self, value: f64) -> bool {
        if self.at_threshold { value >= self.threshold } else { value > self.threshold }
    }

    /// Seconds that the alarm looks back.
    pub fn looks_back_s(&self) -> i64 {
        self.period_s * self.periods
    }

    /// Whether it is in the state ALARM at an instant, in seconds since the epoch, after these values.
    pub fn is_off(&self, data: &[Datum], at_s: i64) -> bool {
        let end_s = at_s.div_euclid(self.period_s) * self.period_s;
        if self.missing == Missing::Ignored {
            return self.stays_off(data, end_s);
        }
        let bad = (1..=self.periods).filter(|back| {
            let period = end_s - back * self.period_s..end_s - (back - 1) * self.period_s;
            self.is_bad(data, period).unwrap_or(self.missing == Missing::Breaching)
        });
        bad.count() >= self.bad_periods
    }

    /// Where what is missing is ignored, the state is that after the newest period that had a value; before the first, none is off.
    fn stays_off(&self, data: &[Datum], end_s: i64) -> bool {
        assert_eq!(self.periods, 1, "{}: only then one period decides", self.name);
        let before = data.iter().filter(|datum| datum.key == self.key && datum.at_s < end_s);
        let newest = before.map(|datum| datum.at_s.div_euclid(self.period_s) * self.period_s).max();
        newest.and_then(|begin_s| self.is_bad(data, begin_s..begin_s + self.period_s)).unwrap_or(false)
    }

    /// Whether a period is bad; `None`: it has no values.
    fn is_bad(&self, data: &[Datum], period: std::ops::Range<i64>) -> Option<bool> {
        let values = data.iter().filter(|datum| datum.key == self.key && period.contains(&datum.at_s));
        let values: Vec<f64> = values.map(|datum| datum.value).collect();
        let value = if self.is_sum { values.iter().sum() } else { values.iter().copied().fold(f64::MIN, f64::max) };
        (!values.is_empty()).then(|| self.is_crossed_by(value))
    }
}

/// The keys of these values.
pub fn keys(data: &[Datum]) -> BTreeSet<MetricKey> {
    data.iter().map(|datum| datum.key.clone()).collect()
}
