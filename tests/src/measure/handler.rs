//! The handler of `ingest` on a table in memory: no request leaves, and so nothing of what carries one is counted.

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use reveille_cli::configuration;
use reveille_cli::world::World;
use serde::Serialize;

use super::MeasureError;
use super::alerts::{event, mixed, with_webhook};
use super::process::thread_time;
use crate::THREE_ENGINEERS;

/// Posts of which the time is taken together: taking it takes time as well.
const POSTS_AT_ONCE: usize = 500;

/// Alerts, as they are posted.
#[derive(Clone, Copy, Debug)]
pub struct Posts {
    /// How many alerts.
    pub alerts: usize,
    /// Of how many keys.
    pub keys: usize,
    /// How many in one post.
    pub batch: usize,
}

/// What the handler needs for an alert.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Handled {
    /// Alerts in a post.
    pub batch: usize,
    /// Processor time, in microseconds.
    pub processor_us: f64,
    /// What is exact; `None`: there is no valgrind to count it.
    pub counted: Option<Counted>,
}

/// What every run of the handler needs alike, for an alert.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// Instructions.
    pub instructions: f64,
    /// Allocations; one that grows in its place counts as well.
    pub allocations: f64,
    /// The bytes of these allocations.
    pub allocated_bytes: f64,
}

/// Hands the first so many of these alerts to the handler; how long it took.
pub fn hand(posts: Posts, alerts: usize) -> Result<Duration, MeasureError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let now = Timestamp::now();
    let world = World::starting(now);
    let configuration =
        configuration::parse(&with_webhook(THREE_ENGINEERS), "storm.yaml").map_err(|errors| errors.to_string())?;
    runtime.block_on(world.apply(&configuration))?;
    let mut spent = Duration::ZERO;
    let mut left = alerts.div_ceil(posts.batch);
    for some in mixed(posts.alerts, posts.keys, now).chunks(posts.batch * POSTS_AT_ONCE) {
        let events: Vec<String> = some.chunks(posts.batch).map(event).collect();
        let began = thread_time()?;
        for event in events.iter().take(left) {
            let answer = runtime.block_on(world.ingest(serde_json::from_str(event)?))?;
            if answer["statusCode"] != 202 {
                return Err(format!("a post is refused: {answer}").into());
            }
        }
        spent += thread_time()? - began;
        left = left.saturating_sub(events.len());
    }
    Ok(spent)
}

/// What the handler needs for each alert, in posts of these sizes.
pub fn handler(alerts: usize, keys: usize, batches: &[usize]) -> Result<Vec<Handled>, MeasureError> {
    let handled = |batch: &usize| {
        let posts = Posts { alerts, keys, batch: *batch };
        let processor_us = hand(posts, alerts)?.as_secs_f64() * 1e6 / alerts as f64;
        Ok(Handled { batch: *batch, processor_us, counted: counted(posts)? })
    };
    batches.iter().map(handled).collect()
}

/// The table, in Markdown.
pub fn table(handled: &[Handled]) -> String {
    let mut text = String::from(
        "| in a post | µs an alert | instructions an alert | allocations an alert | bytes of them |\n|---|---|---|---|---|\n",
    );
    for Handled { batch, processor_us, counted } in handled {
        let exact = counted.map_or("– | – | –".to_owned(), |counted| {
            let Counted { instructions, allocations, allocated_bytes } = counted;
            format!("{instructions:.0} | {allocations:.1} | {allocated_bytes:.0}")
        });
        text.push_str(&format!("| {batch} | {processor_us:.1} | {exact} |\n"));
    }
    text
}

/// Counted by valgrind: unlike time, nothing else on the machine changes it. What it takes to make the alerts is counted apart.
fn counted(posts: Posts) -> Result<Option<Counted>, MeasureError> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    let each = |all: u64, none: u64| all.saturating_sub(none) as f64 / posts.alerts as f64;
    let instructions = each(instructions(posts, posts.alerts)?, instructions(posts, 0)?);
    let (all, none) = (allocations(posts, posts.alerts)?, allocations(posts, 0)?);
    Ok(Some(Counted { instructions, allocations: each(all.0, none.0), allocated_bytes: each(all.1, none.1) }))
}

/// The instructions of a run of this program that hands over so many of the alerts.
fn instructions(posts: Posts, alerts: usize) -> Result<u64, MeasureError> {
    let said = said_of_a_run(&["--tool=callgrind", "--callgrind-out-file=/dev/null"], posts, alerts)?;
    let count = said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    Ok(count.ok_or_else(|| format!("callgrind counts nothing: {said}"))?.parse()?)
}

/// Its allocations, and their bytes.
fn allocations(posts: Posts, alerts: usize) -> Result<(u64, u64), MeasureError> {
    let said = said_of_a_run(&["--tool=dhat", "--dhat-out-file=/dev/null"], posts, alerts)?;
    let total =
        said.lines().find_map(|line| line.split_once("Total:")).and_then(|(_, total)| total.split_once(" bytes in "));
    let (bytes, blocks) = total.ok_or_else(|| format!("dhat counts nothing: {said}"))?;
    let number = |text: &str| text.trim().trim_end_matches(" blocks").replace(',', "").parse::<u64>();
    Ok((number(blocks)?, number(bytes)?))
}

/// What a tool of valgrind says at the end. Of a run that has failed it counts something as well, which is no measurement.
fn said_of_a_run(tool: &[&str], posts: Posts, alerts: usize) -> Result<String, MeasureError> {
    let valgrind = Command::new("valgrind")
        .args(tool)
        .arg(std::env::current_exe()?)
        .args(["--alerts", &posts.alerts.to_string(), "--keys", &posts.keys.to_string()])
        .args(["--batch", &posts.batch.to_string(), "--hand", &alerts.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&valgrind.stderr).into_owned();
    if !valgrind.status.success() {
        return Err(format!("{} under valgrind: {}: {said}", tool.join(" "), valgrind.status).into());
    }
    Ok(said)
}
