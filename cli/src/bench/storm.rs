//! `reveille bench storm`: different alarms within a minute, in the local world on the real clock.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use reveille_domain::IncidentId;
use reveille_engine::key;
use reveille_engine::port::Table;
use reveille_local::{LetterChannel, LocalClock};
use serde::Serialize;

use super::{BenchError, LOST_AFTER, Percentiles, alarm, people};
use crate::apply::apply;
use crate::columns::Columns;
use crate::command::Failure;
use crate::configuration;
use crate::demo::account_with;
use crate::local_world::{LocalError, LocalWorld, Options};
use crate::output;

/// So many alarms are taken in at once. Lambda would begin more; SQLite does one thing after another whoever asks.
const AT_ONCE: usize = 32;
/// DynamoDB's limit for a batch of reads.
const BATCH_MAX: usize = 100;

/// How a storm went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stormed {
    /// How many alarms.
    pub alarms: usize,
    /// Within how many seconds they fire.
    pub within_s: u64,
    /// So many were accepted in each second, from the first to the last.
    pub accepted_a_second: f64,
    /// From the moment at which an alarm fires until it is accepted.
    #[serde(flatten)]
    pub accepted: Percentiles,
    /// From the first alarm until the first SMS is with the provider, in milliseconds.
    pub first_page_ms: f64,
    /// The most memory that the whole local world has had, in megabytes, where the system tells.
    pub peak_memory_mb: Option<f64>,
    /// Alarms that were accepted and have no incident.
    pub lost: usize,
}

impl Stormed {
    /// Prints it.
    pub(super) fn show(&self) -> Result<(), Failure> {
        output::line(format_args!("{} different alarms within {} s, for one person", self.alarms, self.within_s))?;
        let memory = self.peak_memory_mb.map_or_else(|| "not known here".to_owned(), |mb| format!("{mb:.1}"));
        // However fast it is: no more than are offered can be accepted.
        let offered = match self.within_s {
            0 => "all at once".to_owned(),
            seconds => format!("{:.1}", self.alarms as f64 / seconds as f64),
        };
        let rows = [
            ("offered a second", offered),
            ("accepted a second", format!("{:.1}", self.accepted_a_second)),
            ("from alarm to accepted, ms, p50", format!("{:.2}", self.accepted.p50_ms)),
            ("p99", format!("{:.2}", self.accepted.p99_ms)),
            ("p99.9", format!("{:.2}", self.accepted.p99_9_ms)),
            ("first page after the first alarm, ms", format!("{:.2}", self.first_page_ms)),
            ("peak memory, MB", memory),
            ("lost", self.lost.to_string()),
        ];
        let mut table = Columns::new(["what", "measured"]);
        for (what, measured) in rows {
            table.row([what.to_owned(), measured]);
        }
        output::say(table)?;
        Ok(())
    }
}

/// Lets so many alarms fire, evenly within so many seconds, and looks whether each has an incident. One that is not accepted ends it, when
/// all of them have been sent.
pub async fn storm(alarms: usize, within_s: u64) -> Result<Stormed, BenchError> {
    let account = account_with("i-0");
    let options = Options { clock: LocalClock::real(), data: None, port_base: None, account };
    let world = LocalWorld::start(options).await?;
    apply(world.table.as_ref(), &configuration::parse(&people(0..1), "bench.yaml")?, world.now()).await?;
    world.warm_up().await?;
    let began = Instant::now();
    let one = |number: usize| {
        let world = &world;
        // Far from overflow: a number of alarms and a number of seconds.
        let fires = began + Duration::from_secs(within_s).mul_f64(number as f64 / alarms as f64);
        async move {
            tokio::time::sleep_until(fires.into()).await;
            let answer = world.invoke("ingest", alarm(&format!("web-storm-{number}"))).await?;
            let id = answer["taken"][0]["opened"].as_str().map(|id| IncidentId::new(id.to_owned()));
            Ok::<_, BenchError>((fires.elapsed(), id))
        }
    };
    let first_page = async {
        let paged = |letters: &[reveille_local::Letter]| letters.iter().any(|of| of.channel == LetterChannel::Sms);
        let arrived = tokio::time::timeout(LOST_AFTER, world.stack.inbox().wait_until(paged)).await;
        arrived.map(|_| began.elapsed()).map_err(|_| BenchError::no_sms("any of them"))
    };
    let taken_in = async {
        let all: Vec<_> = stream::iter(0..alarms).map(one).buffer_unordered(AT_ONCE).collect().await;
        (all, began.elapsed())
    };
    let (first_page, (all, took)) = tokio::join!(first_page, taken_in);
    let all: Vec<(Duration, Option<IncidentId>)> = all.into_iter().collect::<Result<_, _>>()?;
    let ids: Vec<&IncidentId> = all.iter().filter_map(|(_, id)| id.as_ref()).collect();
    let rounded = |number: f64| (number * 100.0).round() / 100.0;
    Ok(Stormed {
        alarms,
        within_s,
        accepted_a_second: rounded(alarms as f64 / took.as_secs_f64()),
        accepted: Percentiles::of(&all.iter().map(|(took, _)| *took).collect::<Vec<_>>()),
        first_page_ms: rounded(first_page?.as_secs_f64() * 1_000.0),
        peak_memory_mb: peak_memory_mb(),
        lost: alarms - stored(&world, &ids).await?,
    })
}

/// How many of these incidents are in the table.
async fn stored(world: &LocalWorld, ids: &[&IncidentId]) -> Result<usize, BenchError> {
    let mut found = 0;
    for some in ids.chunks(BATCH_MAX) {
        let keys: Vec<_> = some.iter().map(|id| key::state(id)).collect();
        found += world.table.get_many(&keys).await.map_err(LocalError::from)?.len();
    }
    Ok(found)
}

/// The most memory that this process has had; Linux tells.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kb: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some((kb / 102.4).round() / 10.0)
}
