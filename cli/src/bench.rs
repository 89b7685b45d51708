//! `reveille bench latency`: from the receipt of an alarm until the SMS provider is asked to send, in the local world.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clap::Subcommand;
use jiff::Timestamp;
use reveille_local::LocalClock;
use serde::Serialize;
use serde_json::{Value, json};

use crate::apply::apply;
use crate::command::Failure;
use crate::configuration;
use crate::demo::{DemoError, account_with};
use crate::local_world::{LocalWorld, Options};
use crate::{output, progress};

/// Alarms before the measurement: connections are open and the settings are read, as in a function that is warm.
const WARM_UP: usize = 20;
/// A page that takes longer than this is lost.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// From the receipt of an alarm until the SMS provider is asked to send, in the local world
    Latency {
        /// How many alarms
        #[arg(long, value_name = "N", default_value_t = 200)]
        alarms: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Bench {
    /// Measures, and prints what was measured.
    pub async fn run(self) -> Result<(), Failure> {
        let Bench::Latency { alarms, json } = self;
        let latency = progress::with("measuring", latency(alarms)).await?;
        if json {
            output::line(serde_json::to_string(&latency)?)?;
        } else {
            output::line(format_args!(
                "{} alarms, from receipt to Publish: p50 {} ms, p99 {} ms",
                latency.alarms, latency.p50_ms, latency.p99_ms
            ))?;
        }
        Ok(())
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// How many alarms.
    pub alarms: usize,
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile, in milliseconds.
    pub p99_ms: f64,
}

/// Sends distinct alarms one after another, each when the page of the one before has left.
pub async fn latency(alarms: usize) -> Result<Latency, DemoError> {
    let clock = LocalClock::real();
    let account = account_with("i-0");
    let world = LocalWorld::start(Options { clock, data: None, port_base: None, account }).await?;
    let configuration = configuration::parse(&people(WARM_UP + alarms), "bench.yaml")?;
    apply(world.table.as_ref(), &configuration, world.now()).await?;
    let mut measured: HashMap<usize, Duration> = HashMap::new();
    for number in 0..WARM_UP + alarms {
        let took = one(&world, number).await?;
        if number >= WARM_UP {
            measured.insert(number, took);
        }
    }
    let mut sorted: Vec<Duration> = measured.into_values().collect();
    sorted.sort();
    Ok(Latency { alarms, p50_ms: percentile(&sorted, 50), p99_ms: percentile(&sorted, 99) })
}

/// Somebody with a response plan of their own for each alarm: two alarms for one person within a minute are a storm, and the second
/// is meant to wait.
fn people(count: usize) -> String {
    let mut sections = [String::from("contacts:\n"), String::from("response_plans:\n"), String::from("rules:\n")];
    for number in 0..count {
        sections[0].push_str(&format!(
            "  p{number}: {{ name: P{number}, channels: {{ sms: {{ type: sms, address: \"+1555{number:07}\", verified: true }}, \
             mail: {{ type: email, address: p{number}@example.com, verified: true }} }} }}\n"
        ));
        sections[1].push_str(&format!("  plan-{number}: {{ stages: [ {{ runbooks: [ {{ document: WebServerRestart, parameters: {{ InstanceId: [i-0] }} }} ], \
             engage: [p{number}] }} ] }}\n"));
        sections[2]
            .push_str(&format!("  - {{ match: {{ name: \"web-bench-{number}\" }}, response_plan: plan-{number} }}\n"));
    }
    format!("reveille: 1\ndefaults: {{ response_plan: plan-0 }}\n{}", sections.concat())
}

/// One alarm: the time from its receipt by the handler until the double has the SMS.
async fn one(world: &LocalWorld, number: usize) -> Result<Duration, DemoError> {
    let title = format!("web-bench-{number}");
    let began = Instant::now();
    world.invoke("ingest", alarm(&title)).await?;
    let paged = |letters: &[reveille_local::Letter]| {
        letters.iter().rev().any(|letter| {
            letter.channel == reveille_local::LetterChannel::Sms && letter.text.starts_with(&format!("{title}\n"))
        })
    };
    let arrived = tokio::time::timeout(LOST_AFTER, world.stack.inbox().wait_until(paged)).await;
    arrived.map_err(|_| DemoError::NothingOpened(format!("no SMS for {title}")))?;
    Ok(began.elapsed())
}

/// The nearest rank: the smallest value that so many per cent are not above.
fn percentile(sorted: &[Duration], per_cent: usize) -> f64 {
    let rank = (sorted.len() * per_cent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |took| (took.as_secs_f64() * 1e5).round() / 100.0)
}

fn alarm(name: &str) -> Value {
    let at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"),
        "accountId": "123456789012",
        "time": at,
        "region": "us-east-1",
        "alarmData": {
            "alarmName": name,
            "state": { "value": "ALARM", "reason": "Threshold Crossed", "timestamp": at },
            "configuration": { "metrics": [{ "id": "m1", "returnData": true, "metricStat": {
                "metric": { "namespace": "AWS/EC2", "name": "CPUUtilization", "dimensions": { "InstanceId": "i-0" } },
                "period": 60, "stat": "Average" } }] },
        },
    })
}
