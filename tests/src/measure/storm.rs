//! A storm: the same alerts into `ingest` on the embedded stack and into Prometheus Alertmanager, one by one and in batches.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reveille_cli::environment::Addresses;
use reveille_cli::local_world::LocalWorld;
use reveille_domain::Incident;
use reveille_engine::Repeats;
use reveille_engine::key;
use reveille_engine::port::{Index, Query, Table};
use reveille_engine::record::{IncidentRecord, from_item};
use reveille_local::{Letter, LocalClock};
use serde::Serialize;
use serde_json::Value;

use super::MeasureError;
use super::alerts::{Alert, event, mixed, with_webhook};
use super::handler::{Posts, hand};
use super::ingest_worker::IngestWorker;
use super::process::{Process, own_processor_time};
use super::prometheus::Alertmanager;
use super::still_world::still_world;
use crate::THREE_ENGINEERS;

/// Keys of their own, by which is measured how long the first notification takes; the first of them warm up.
const FIRST_KEYS: usize = 31;
const WARM_UP: usize = 10;
/// A notification that takes longer is lost.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// What is sent.
#[derive(Clone, Debug)]
pub struct Storm {
    /// How many alerts.
    pub alerts: usize,
    /// Of how many keys.
    pub keys: usize,
    /// How many in one post; each is measured.
    pub batches: Vec<usize>,
    /// `ingest` without Lambda around it, as `cargo lambda build` makes it of `tests/worker`.
    pub worker: PathBuf,
    /// The program that it is measured against.
    pub alertmanager: PathBuf,
}

/// What one system made of one storm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weathered {
    /// Processor time of its own for each alert, in microseconds.
    pub processor_us: f64,
    /// The same without what carries requests to the table, on one that is in memory as the other's is; 0 where that is the same.
    pub in_memory_us: f64,
    /// The processor time of the embedded stack and of who sends, which stand in for DynamoDB; 0 where there is none.
    pub stack_us: f64,
    /// Alerts that were taken in a second, posts one after another.
    pub accepted_per_s: f64,
    /// From the post of an alert of a new key until somebody is told, the median, in milliseconds.
    pub first_told_ms: f64,
    /// The most memory that its process had, in megabytes.
    pub peak_mb: f64,
    /// Alerts of which nothing is there afterwards, and those that are there twice.
    pub lost: usize,
}

/// Both, in batches of one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Alerts in a post.
    pub batch: usize,
    /// Ours.
    pub ours: Weathered,
    /// Alertmanager's.
    pub alertmanager: Weathered,
}

/// Measures all sizes of batches, one after another.
pub fn storm(storm: &Storm) -> Result<Vec<Compared>, MeasureError> {
    let folder = std::env::temp_dir().join(format!("reveille-storm-{}", std::process::id()));
    let mut compared = Vec::new();
    for batch in &storm.batches {
        std::fs::create_dir_all(&folder)?;
        let both = || -> Result<Compared, MeasureError> {
            let alertmanager = theirs(storm, *batch, &folder)?;
            Ok(Compared { batch: *batch, ours: ours(storm, *batch)?, alertmanager })
        };
        let both = both();
        std::fs::remove_dir_all(&folder)?;
        compared.push(both?);
    }
    Ok(compared)
}

/// One of the figures.
type Figure = fn(&Weathered) -> f64;

/// Whether our own code, in memory like the other, needs no more processor time than that, and nothing is lost. What the AWS SDK
/// takes beside it is printed, and not held.
pub fn held(compared: &Compared) -> bool {
    compared.ours.lost == 0 && compared.ours.in_memory_us <= compared.alertmanager.processor_us
}

/// The table, in Markdown.
pub fn table(compared: &[Compared]) -> String {
    let mut text = String::from("| in a post | | `ingest` | Alertmanager | ratio |\n|---|---|---|---|---|\n");
    for one in compared {
        let rows: [(&str, Figure, usize); 5] = [
            ("processor time an alert, µs", |w| w.processor_us, 0),
            ("accepted a second", |w| w.accepted_per_s, 0),
            ("first notification, ms, median", |w| w.first_told_ms, 1),
            ("peak memory, MB", |w| w.peak_mb, 1),
            ("lost", |w| w.lost as f64, 0),
        ];
        for (what, value, digits) in rows {
            let (ours, theirs) = (value(&one.ours), value(&one.alertmanager));
            let ratio = if theirs > 0.0 { format!("{:.2}", ours / theirs) } else { "–".to_owned() };
            text.push_str(&format!("| {} | {what} | {ours:.digits$} | {theirs:.digits$} | {ratio} |\n", one.batch));
        }
        let (in_memory, theirs) = (one.ours.in_memory_us, one.alertmanager.processor_us);
        text.push_str(&format!(
            "| {batch} | own code in memory, µs an alert | {in_memory:.0} | {theirs:.0} | {:.2} |\n\
             | {batch} | embedded stack and sender, µs an alert | {:.0} | – | – |\n",
            in_memory / theirs,
            one.ours.stack_us,
            batch = one.batch,
        ));
    }
    text
}

/// What the posts of a storm took.
struct Spent {
    processor: Duration,
    elapsed: Duration,
}

fn theirs(storm: &Storm, batch: usize, folder: &std::path::Path) -> Result<Weathered, MeasureError> {
    let mut alertmanager = Alertmanager::start(&storm.alertmanager, folder)?;
    let mut told = Vec::new();
    for number in 0..FIRST_KEYS {
        let alert = Alert::alone(storm.keys + number, Timestamp::now());
        let began = Instant::now();
        alertmanager.post(&[alert])?;
        told.push(alertmanager.told(&alert.title())?.duration_since(began));
    }
    let alerts = mixed(storm.alerts, storm.keys, Timestamp::now());
    let before = alertmanager.process.processor_time()?;
    let began = Instant::now();
    for post in alerts.chunks(batch) {
        alertmanager.post(post)?;
    }
    let spent = Spent { elapsed: began.elapsed(), processor: alertmanager.process.processor_time()? - before };
    let (held, received) = alertmanager.held_and_received()?;
    let lost = (storm.alerts + FIRST_KEYS).saturating_sub(received).max((storm.keys + FIRST_KEYS).saturating_sub(held));
    weathered(storm, &spent, &alertmanager.process, told, lost)
}

fn ours(storm: &Storm, batch: usize) -> Result<Weathered, MeasureError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let told = runtime.block_on(first_told(storm))?;
    let world = runtime.block_on(world(THREE_ENGINEERS, false))?;
    let stack = Addresses { endpoint: world.stack.endpoint(), front: world.stack.front_url() };
    let mut worker = IngestWorker::start(&storm.worker, stack.environment("ingest").ok_or("ingest is gone")?)?;
    worker.invoke(&event(&[Alert::alone(storm.keys, Timestamp::now())]))?;
    let alerts = mixed(storm.alerts, storm.keys, Timestamp::now());
    let (own, before, began) = (own_processor_time()?, worker.process.processor_time()?, Instant::now());
    for post in alerts.chunks(batch) {
        worker.invoke(&event(post))?;
    }
    let spent = Spent { elapsed: began.elapsed(), processor: worker.process.processor_time()? - before };
    let stack = own_processor_time()? - own;
    let counted = runtime.block_on(counted(&world, storm))?;
    // One that is counted twice is as wrong as one that is missing.
    let lost = (storm.alerts + 1).abs_diff(counted);
    let weathered = weathered(storm, &spent, &worker.process, told, lost)?;
    let in_memory = hand(Posts { alerts: storm.alerts, keys: storm.keys, batch }, storm.alerts)?;
    Ok(Weathered { stack_us: each(stack, storm), in_memory_us: each(in_memory, storm), ..weathered })
}

fn weathered(
    storm: &Storm,
    spent: &Spent,
    process: &Process,
    mut told: Vec<Duration>,
    lost: usize,
) -> Result<Weathered, MeasureError> {
    let mut told = told.split_off(WARM_UP);
    told.sort();
    Ok(Weathered {
        processor_us: each(spent.processor, storm),
        in_memory_us: 0.0,
        stack_us: 0.0,
        accepted_per_s: storm.alerts as f64 / spent.elapsed.as_secs_f64(),
        first_told_ms: told[told.len() / 2].as_secs_f64() * 1e3,
        peak_mb: process.peak_memory()? as f64 / 1e6,
        lost,
    })
}

fn each(time: Duration, storm: &Storm) -> f64 {
    time.as_secs_f64() * 1e6 / storm.alerts as f64
}

/// A local world with a configuration and a webhook; `connected`: in which everything happens by itself.
async fn world(yaml: &str, connected: bool) -> Result<LocalWorld, MeasureError> {
    let world = still_world(LocalClock::real(), &with_webhook(yaml)).await?;
    if connected {
        world.connect(|functions| functions);
    }
    Ok(world)
}

/// A plan and a person for each of the first alerts: two of one plan within half a minute are one message.
fn people(alerts: &[Alert]) -> String {
    let mut sections = [String::from("contacts:\n"), String::from("response_plans:\n"), String::from("rules:\n")];
    for (number, alert) in alerts.iter().enumerate() {
        let sms = format!("sms: {{ type: sms, address: \"+1555{number:07}\", verified: true }}");
        sections[0].push_str(&format!("  p{number}: {{ name: P{number}, channels: {{ {sms} }} }}\n"));
        sections[1].push_str(&format!("  plan-{number}: {{ stages: [ {{ engage: [p{number}] }} ] }}\n"));
        let matching = format!("tags: {{ instance: \"{}\" }}", alert.instance());
        sections[2].push_str(&format!("  - {{ match: {{ {matching} }}, response_plan: plan-{number} }}\n"));
    }
    format!("reveille: 1\ndefaults: {{ response_plan: plan-0 }}\n{}", sections.concat())
}

/// From an alert of a new key until the provider of text messages has the page.
async fn first_told(storm: &Storm) -> Result<Vec<Duration>, MeasureError> {
    let alerts: Vec<Alert> =
        (0..FIRST_KEYS).map(|number| Alert::alone(storm.keys + number, Timestamp::now())).collect();
    let world = world(&people(&alerts), true).await?;
    world.warm_up().await?;
    let mut told = Vec::new();
    for alert in alerts {
        let event: Value = serde_json::from_str(&event(&[alert]))?;
        let began = Instant::now();
        world.invoke("ingest", event).await?;
        let is_its = |letter: &Letter| letter.text.contains(&alert.title());
        let paged = |letters: &[Letter]| letters.iter().any(is_its);
        tokio::time::timeout(LOST_AFTER, world.stack.inbox().wait_until(paged)).await?;
        told.push(began.elapsed());
    }
    Ok(told)
}

/// How many alerts stand in the table: each key has one incident, and the rest is counted on it.
async fn counted(world: &LocalWorld, storm: &Storm) -> Result<usize, MeasureError> {
    let mut incidents: Vec<Incident> = Vec::new();
    for list_pk in key::list_partitions(true) {
        let mut query = Query { index: Index::List { list_pk }, limit: 500, after: None };
        loop {
            let page = world.table.query(&query).await?;
            for row in &page.items {
                incidents.push(from_item::<IncidentRecord>(row)?.into());
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    let keys: std::collections::BTreeSet<&str> = incidents.iter().map(|one| one.opening.dedupe_key.as_str()).collect();
    if keys.len() != incidents.len() || keys.len() != storm.keys + 1 {
        return Err(
            format!("{} incidents of {} keys, and {} were sent", incidents.len(), keys.len(), storm.keys + 1).into()
        );
    }
    let mut counted = incidents.len();
    for incident in &incidents {
        let counters = world.table.get_many(&key::counts(&incident.opening.id)).await?;
        counted += usize::try_from(Repeats::from_counters(counters).total())?;
    }
    Ok(counted)
}
