//! `reveille bench latency`: from the receipt of an alarm until the SMS provider is asked to send, in the local world. And
//! `reveille bench storm`.

mod error;
mod latencies;
mod model;
mod percentiles;
mod storm;
mod trace;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Subcommand;
use jiff::Timestamp;
use reveille_local::LocalClock;
use serde::Serialize;
use serde_json::{Value, json};

use crate::apply::apply;
use crate::columns::Columns;
use crate::command::Failure;
use crate::configuration;
use crate::demo::account_with;
use crate::local_world::{LocalWorld, Options};
use crate::{output, progress};
pub use error::BenchError;
pub use latencies::{Latencies, Latency, MEMORY_MB, on_its_share_ms};
pub use model::{Model, OnAws};
pub use percentiles::Percentiles;
pub use storm::{Stormed, storm};
pub use trace::{HOPS, Hop};
use trace::{Trace, Way};

/// Alarms before the measurement: connections are open and the settings are read, as in a function that is warm.
const WARM_UP: usize = 20;
/// Contacts, response plans and rules that are in force at a time, as a larger team has them: every alarm and every page reads some of it.
const PLANS: usize = 30;
/// The targets of docs/PERFORMANCE.md, from the receipt of an alarm until the provider is asked.
const MEDIAN_WITHIN_MS: f64 = 100.0;
const P99_WITHIN_MS: f64 = 250.0;
/// What a build that is not optimised says first: the model would multiply its slowness.
const UNOPTIMISED: &str = "This build is not optimised: `cargo run --profile nights -- bench latency` prints the numbers of docs/PERFORMANCE.md.";
/// A page that takes longer than this is lost.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// From the receipt of an alarm until the SMS provider is asked to send, in the local world
    ///
    /// Each piece of the way is measured, and beside it stands what it takes on AWS by published latencies: that is a model, and no
    /// measurement. What nobody has confirmed is named.
    Latency {
        /// How many alarms
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        alarms: u32,
        /// End with 1 where the median or the 99th percentile is over its target: 100 and 250 ms
        #[arg(long)]
        hold: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Many different alarms in a short time, in the local world on the real clock
    ///
    /// Prints how many were accepted in each second, how long each took, when the first page left, the memory of the whole local world,
    /// and how many have no incident. All of them are for one person, who is told of many at once.
    Storm {
        /// How many alarms
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
        alarms: u32,
        /// Within how many seconds they fire; 0: all at once
        #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
        within: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Bench {
    /// Measures, and prints what was measured.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Bench::Latency { alarms, hold, json } => {
                let latency = progress::with("measuring", latency(alarms as usize)).await?;
                if json {
                    output::line(serde_json::to_string(&latency)?)?;
                } else {
                    show(&latency)?;
                }
                if hold { is_held(latency.whole) } else { Ok(()) }
            }
            Bench::Storm { alarms, within, json } => {
                let stormed = progress::with("measuring", storm(alarms as usize, within)).await?;
                if json {
                    output::line(serde_json::to_string(&stormed)?)?
                } else {
                    stormed.show()?
                }
                if stormed.lost > 0 { Err(format!("{} alarms have no incident", stormed.lost).into()) } else { Ok(()) }
            }
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// How many alarms.
    pub alarms: usize,
    /// From the receipt of an alarm until the provider is asked.
    #[serde(flatten)]
    pub whole: Percentiles,
    /// Each piece of the way.
    pub hops: Vec<Piece>,
    /// The same on AWS, computed.
    pub on_aws: Model,
}

/// One piece of the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// What has happened at its end.
    pub until: &'static str,
    /// How long it took.
    #[serde(flatten)]
    pub took: Percentiles,
    /// The same without what the doubles of AWS took in it.
    pub own: Percentiles,
}

/// Whether the targets are held.
fn is_held(whole: Percentiles) -> Result<(), Failure> {
    if whole.p50_ms <= MEDIAN_WITHIN_MS && whole.p99_ms <= P99_WITHIN_MS {
        return Ok(());
    }
    let (p50, p99) = (whole.p50_ms, whole.p99_ms);
    let is = format!("the median is {p50:.2} ms and the 99th percentile {p99:.2} ms");
    Err(format!("{is}; the targets are {MEDIAN_WITHIN_MS} and {P99_WITHIN_MS} ms").into())
}

fn show(latency: &Measured) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        output::line(UNOPTIMISED)?;
    }
    output::line(format_args!("{} alarms, from receipt to Publish, in milliseconds", latency.alarms))?;
    let ms = |of: f64| format!("{of:.2}");
    let mut table =
        Columns::new(["until", "p50", "p99", "p99.9", "of that ours, p50", "on AWS (model), p50", "p99", "p99.9"]);
    for (piece, (_, model)) in latency.hops.iter().zip(&latency.on_aws.hops) {
        let (took, own) = (piece.took, piece.own);
        table.row([
            piece.until.to_owned(),
            ms(took.p50_ms),
            ms(took.p99_ms),
            ms(took.p99_9_ms),
            ms(own.p50_ms),
            ms(model.p50_ms),
            ms(model.p99_ms),
            ms(model.p99_9_ms),
        ]);
    }
    let (whole, model) = (latency.whole, latency.on_aws.whole);
    table.row([
        "in all".to_owned(),
        ms(whole.p50_ms),
        ms(whole.p99_ms),
        ms(whole.p99_9_ms),
        String::new(),
        ms(model.p50_ms),
        ms(model.p99_ms),
        ms(model.p99_9_ms),
    ]);
    output::say(table)?;
    output::line(format_args!(
        "The model is computed from the latencies of docs/latencies.yaml ({}) with warm functions of {MEMORY_MB} MB. Not confirmed by \
         a measurement: {}.",
        latency.on_aws.latencies_as_of,
        latency.on_aws.unconfirmed.join(", ")
    ))?;
    Ok(())
}

/// Sends distinct alarms one after another, each when the page of the one before has left.
pub async fn latency(alarms: usize) -> Result<Measured, BenchError> {
    let clock = LocalClock::real();
    let account = account_with("i-0");
    let world = LocalWorld::start_still(Options { clock, data: None, port_base: None, account }).await?;
    let trace = Trace::of(&world.stack);
    world.connect(|functions| trace.around(functions));
    let mut ways: Vec<Way> = Vec::with_capacity(alarms);
    for number in 0..WARM_UP + alarms {
        if number % PLANS == 0 {
            let configuration = configuration::parse(&people(number..number + PLANS), "bench.yaml")?;
            apply(world.table.as_ref(), &configuration, world.now()).await?;
        }
        let way = one(&world, &trace, number).await?;
        ways.extend(Some(way).filter(|_| number >= WARM_UP));
    }
    let whole: Vec<Duration> = ways.iter().map(|way| way.took.iter().sum()).collect();
    let pieces = |of: fn(&Way) -> &Vec<Duration>, place: usize| -> Vec<Duration> {
        ways.iter().filter_map(|way| of(way).get(place).copied()).collect()
    };
    let piece = |(place, hop): (usize, &Hop)| Piece {
        until: hop.name,
        took: Percentiles::of(&pieces(|way| &way.took, place)),
        own: Percentiles::of(&pieces(|way| &way.own, place)),
    };
    let hops: Vec<Piece> = HOPS.iter().enumerate().map(piece).collect();
    let own: Vec<Duration> = hops.iter().map(|hop| Duration::from_secs_f64(hop.own.p50_ms / 1_000.0)).collect();
    Ok(Measured { alarms, whole: Percentiles::of(&whole), hops, on_aws: model::model(&own)? })
}

/// Somebody with a response plan of their own for each alarm: two alarms for one person within a minute are a storm, and the second
/// is meant to wait.
fn people(numbers: Range<usize>) -> String {
    let first = numbers.start;
    let mut sections = [String::from("contacts:\n"), String::from("response_plans:\n"), String::from("rules:\n")];
    for number in numbers {
        sections[0].push_str(&format!(
            "  p{number}: {{ name: P{number}, channels: {{ sms: {{ type: sms, address: \"+1555{number:07}\", verified: true }}, \
             mail: {{ type: email, address: p{number}@example.com, verified: true }} }} }}\n"
        ));
        sections[1].push_str(&format!("  plan-{number}: {{ stages: [ {{ runbooks: [ {{ document: WebServerRestart, parameters: {{ InstanceId: [i-0] }} }} ], \
             engage: [p{number}] }} ] }}\n"));
        sections[2]
            .push_str(&format!("  - {{ match: {{ name: \"web-bench-{number}\" }}, response_plan: plan-{number} }}\n"));
    }
    format!("reveille: 1\ndefaults: {{ response_plan: plan-{first} }}\n{}", sections.concat())
}

/// One alarm: its way from its receipt by the handler until the double is asked for the SMS.
async fn one(world: &LocalWorld, trace: &Arc<Trace>, number: usize) -> Result<Way, BenchError> {
    let title = format!("web-bench-{number}");
    let began = Instant::now();
    let answer = world.invoke("ingest", alarm(&title)).await?;
    let paged = |letters: &[reveille_local::Letter]| {
        letters.iter().rev().any(|letter| {
            letter.channel == reveille_local::LetterChannel::Sms && letter.text.starts_with(&format!("{title}\n"))
        })
    };
    let arrived = tokio::time::timeout(LOST_AFTER, world.stack.inbox().wait_until(paged)).await;
    let lost = || BenchError::no_sms(&title);
    arrived.map_err(|_| lost())?;
    // The letter is there a moment before its request has been answered.
    let id = answer["taken"][0]["opened"].as_str().ok_or_else(lost)?;
    let seen = async {
        loop {
            if let Some(way) = trace.way(began, id, &title) {
                trace.forget();
                return way;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LOST_AFTER, seen).await.map_err(|_| lost())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_held_up_to_its_last_millisecond() {
        let took = |p50_ms, p99_ms| Percentiles { p50_ms, p99_ms, p99_9_ms: 9_000.0 };
        assert!(is_held(took(100.0, 250.0)).is_ok());
        assert!(is_held(took(100.01, 250.0)).is_err());
        assert!(is_held(took(100.0, 250.01)).is_err());
    }
}
