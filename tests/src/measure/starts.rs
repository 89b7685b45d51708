//! Starts and sizes of the functions, each beside a bare program with the same clients, and all beside a bare one with the DynamoDB
//! client alone, in Rust and in Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reveille_cli::environment::Addresses;
use reveille_cli::local_world::LocalWorld;
use reveille_cli::world::{batch_of, path_of_link, request};
use reveille_domain::IncidentId;
use reveille_engine::{Nudge, Work};
use reveille_local::LocalClock;
use reveille_local::names::SIGNING_KEY_SECRET;
use serde::Serialize;
use serde_json::{Value, json};

use super::MeasureError;
use super::printing::repository;
use super::runtime_api::{Start, start};
use super::still_world::still_world;
use crate::{THREE_ENGINEERS, alarm};

/// A function may take so many times as long to start as the bare one with the DynamoDB client.
const STARTS_WITHIN: f64 = 1.5;
/// A function may be so many times as large as a bare one with the same clients.
const SIZE_WITHIN: f64 = 1.15;

/// Each function, with the bare program that has its clients.
const FUNCTIONS: [(&str, &str); 7] = [
    ("ingest", "bare-ingest"),
    ("respond", "bare-respond"),
    ("escalate", "bare-ingest"),
    ("notify", "bare-notify"),
    ("runbook", "bare-runbook"),
    ("acknowledge", "bare-acknowledge"),
    ("rotate", "bare-rotate"),
];
/// What all starts are held against.
const BARE: &str = "bare-dynamodb";
const PYTHON: &str = "Python, boto3";
/// The program in Python.
const SCRIPT: &str = "tests/bare/bare.py";

/// The names of the functions.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// What is measured.
#[derive(Clone, Debug)]
pub struct Starts {
    /// Where `cargo lambda build` has put the programs, each as `NAME/bootstrap`.
    pub functions: PathBuf,
    /// A Python that has boto3; `None`: it is left out.
    pub python: Option<PathBuf>,
    /// How often each is started.
    pub times: usize,
}

/// What one program is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Started {
    /// Its name.
    pub name: String,
    /// From its start until it asks for work, the median, in milliseconds.
    pub start_ms: f64,
    /// The same, as a multiple of the bare function's with the DynamoDB client.
    pub times_bare: f64,
    /// The first event, the median, in milliseconds.
    pub first_event_ms: f64,
    /// The most memory by then, the median, in megabytes.
    pub peak_mb: f64,
    /// The program, in megabytes; `None`: it is a script.
    pub size_mb: Option<f64>,
    /// Deflated, as it is deployed.
    pub deflated_mb: Option<f64>,
    /// Deflated, as a multiple of the bare program's with the same clients; `None`: it is a bare one itself.
    pub times_same_clients: Option<f64>,
}

impl Started {
    /// Whether it starts fast enough and is small enough.
    pub fn holds(&self) -> bool {
        self.times_same_clients.is_none_or(|size| self.times_bare <= STARTS_WITHIN && size <= SIZE_WITHIN)
    }
}

/// Starts the programs in turn, so that whatever else the machine does meets all alike, and then the one in Python.
pub fn starts(starts: &Starts) -> Result<Vec<Started>, MeasureError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let scene = runtime.block_on(Scene::new())?;
    let mut bare: Vec<&str> = FUNCTIONS.iter().map(|(_, bare)| *bare).chain([BARE]).collect();
    bare.sort_unstable();
    bare.dedup();
    let programs: Vec<&str> = function_names().chain(bare).chain(starts.python.as_ref().map(|_| PYTHON)).collect();
    let mut measured: Vec<(&str, Vec<Start>)> = programs.iter().map(|name| (*name, Vec::new())).collect();
    // Whatever starts after Python finds the processor's caches full of it: it has rounds of its own.
    let native = measured.iter().filter(|(name, _)| *name != PYTHON).count();
    let (native, python) = measured.split_at_mut(native);
    for together in [native, python] {
        // The first round reads the programs from the disk, and does not count.
        for round in 0..=starts.times {
            for (name, all) in &mut *together {
                let event = runtime.block_on(scene.event(name, round))?;
                let one =
                    start(&mut scene.command(name, starts), &event).map_err(|error| format!("{name}: {error}"))?;
                if round > 0 {
                    all.push(one);
                }
            }
        }
    }
    let sizes = |name: &str| if name == PYTHON { Ok(None) } else { size(&program(starts, name)).map(Some) };
    let bare_start =
        measured.iter().find(|(name, _)| *name == BARE).map_or(0.0, |(_, all)| median_ms(all, |s| s.until_ready));
    measured.iter().map(|(name, all)| started(name, all, bare_start, sizes)).collect()
}

fn started(
    name: &str,
    all: &[Start],
    bare_start: f64,
    sizes: impl Fn(&str) -> Result<Option<Size>, MeasureError>,
) -> Result<Started, MeasureError> {
    let size = sizes(name)?;
    let same_clients =
        FUNCTIONS.iter().find(|(function, _)| *function == name).map(|(_, bare)| sizes(bare)).transpose()?;
    let start_ms = median_ms(all, |start| start.until_ready);
    let mut peaks: Vec<u64> = all.iter().map(|start| start.peak_bytes).collect();
    peaks.sort_unstable();
    Ok(Started {
        name: name.to_owned(),
        start_ms,
        times_bare: start_ms / bare_start,
        first_event_ms: median_ms(all, |start| start.first_event),
        peak_mb: peaks[peaks.len() / 2] as f64 / 1e6,
        size_mb: size.map(|size| size.whole_mb),
        deflated_mb: size.map(|size| size.deflated_mb),
        times_same_clients: size.zip(same_clients.flatten()).map(|(own, bare)| own.deflated_mb / bare.deflated_mb),
    })
}

fn median_ms(all: &[Start], of: impl Fn(&Start) -> Duration) -> f64 {
    let mut times: Vec<Duration> = all.iter().map(of).collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The table, in Markdown.
pub fn table(all: &[Started]) -> String {
    let mut text = String::from(
        "| program | start, ms | times the bare one's | first event, ms | peak memory, MB | size, MB | deflated, MB | times its bare one's |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let or_dash = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    for one in all {
        text.push_str(&format!(
            "| {} | {:.1} | {:.2} | {:.1} | {:.1} | {} | {} | {} |\n",
            one.name,
            one.start_ms,
            one.times_bare,
            one.first_event_ms,
            one.peak_mb,
            or_dash(one.size_mb),
            or_dash(one.deflated_mb),
            or_dash(one.times_same_clients)
        ));
    }
    text
}

fn program(starts: &Starts, name: &str) -> PathBuf {
    starts.functions.join(name).join("bootstrap")
}

/// How large a program is, in megabytes.
#[derive(Clone, Copy, Debug)]
struct Size {
    whole_mb: f64,
    deflated_mb: f64,
}

/// Its size as it is, and as a ZIP holds it: `gzip` deflates as `sam package` does.
fn size(program: &Path) -> Result<Size, MeasureError> {
    let whole = std::fs::metadata(program)?.len();
    let deflated = Command::new("gzip").arg("--stdout").arg("--no-name").arg(program).output()?;
    if !deflated.status.success() {
        return Err(format!("{} could not be deflated", program.display()).into());
    }
    Ok(Size { whole_mb: whole as f64 / 1e6, deflated_mb: deflated.stdout.len() as f64 / 1e6 })
}

/// A local world in which nothing happens by itself, and the events of what happens there.
struct Scene {
    world: LocalWorld,
    stack: Addresses,
    /// An acknowledge link that somebody has been sent.
    link: String,
}

impl Scene {
    async fn new() -> Result<Self, MeasureError> {
        let world = still_world(LocalClock::real(), THREE_ENGINEERS).await?;
        let stack = Addresses { endpoint: world.stack.endpoint(), front: world.stack.front_url() };
        let mut scene = Self { world, stack, link: String::new() };
        let page = scene.order("first", true).await?;
        scene.world.invoke("notify", page).await?;
        let letters = scene.world.stack.inbox().letters();
        let link = letters.iter().find_map(|letter| path_of_link(&letter.text));
        scene.link = link.ok_or("nobody was sent a link")?.to_owned();
        Ok(scene)
    }

    /// What a program is started as.
    fn command(&self, name: &str, starts: &Starts) -> Command {
        let mut command = match (name, &starts.python) {
            (PYTHON, Some(python)) => {
                let mut command = Command::new(python);
                command.arg(repository().join(SCRIPT));
                command
            }
            _ => Command::new(program(starts, name)),
        };
        let environment = self.stack.environment(name).or_else(|| self.stack.environment("ingest"));
        command.env_clear().envs(environment.unwrap_or_default());
        command
    }

    /// An event that is news to the program.
    async fn event(&self, name: &str, round: usize) -> Result<String, MeasureError> {
        let title = format!("{name}-{round}");
        let event = match name {
            "ingest" => alarm(&title, "ALARM", 0),
            "respond" => batch_of(&Nudge::now(&self.open(&title).await?).message(self.world.now()).body),
            "escalate" => {
                let nudge = Nudge::timer(&self.open(&title).await?, 1, self.world.now());
                serde_json::from_str(&nudge.message(self.world.now()).body)?
            }
            "notify" => self.order(&title, true).await?,
            "runbook" => self.order(&title, false).await?,
            "acknowledge" => request("GET", &self.link, ""),
            "rotate" => json!({ "SecretId": SIGNING_KEY_SECRET, "Step": "createSecret",
                "ClientRequestToken": format!("00000000-0000-4000-8000-{round:012}") }),
            _ => json!({ "operation": "GetItem" }),
        };
        Ok(event.to_string())
    }

    async fn open(&self, title: &str) -> Result<IncidentId, MeasureError> {
        let answer = self.world.invoke("ingest", alarm(title, "ALARM", 0)).await?;
        Ok(IncidentId::new(answer["taken"][0]["opened"].as_str().ok_or("nothing was opened")?))
    }

    /// The message with which somebody is told to do an order of a new incident: to page, or to start a runbook.
    async fn order(&self, title: &str, pages: bool) -> Result<Value, MeasureError> {
        // The rule of the example that has a runbook and a page.
        let id = self.open(&format!("web-{title}")).await?;
        let nudge = Nudge::now(&id).message(self.world.now());
        self.world.invoke("respond", batch_of(&nudge.body)).await?;
        let orders = self.world.orders(&id).await?;
        let order = orders.iter().find(|order| order.engagement().is_some() == pages);
        let order = order.ok_or("the plan orders nothing of this kind")?;
        Ok(batch_of(&Work::of(&id, order).message().body))
    }
}
