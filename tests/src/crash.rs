//! Every crash point: a scenario is played once undisturbed on the embedded stack, and then once for each place at which a function
//! can die: before each of its calls, and after it was answered. AWS's redelivery has to make good what that leaves behind.
//!
//! Two points of one invocation between which nothing has changed leave the same world behind: what a dead function had read
//! is gone with it. Of such points one is played.

mod checks;
mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use reveille_cli::scenario::{self, Ground, Played, Scenario};

use crate::embedded::{Carried, EmbeddedGround, Point, Side};

pub use ending::Ending;

/// What goes on after the last step is waited for, but not longer than this.
const TAIL_MINUTES: i64 = 30;

/// Whoever died at the very end has so long to be made good.
const RECOVERY_MINUTES: i64 = 5;

/// Does something with each of these, on every processor; what comes of it stands in the same order.
pub fn on_all_processors<T: Sync, U: Send>(all: &[T], each: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((place, one)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|p| Some((p, all.get(p)?))) {
            let outcome = each(one);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(place, outcome);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Every scenario file, by name.
pub fn scenario_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files
}

/// A scenario, undisturbed.
pub struct Course {
    name: String,
    scenario: Scenario,
    ending: Ending,
    /// What became of its expectations.
    pub played: Played,
    /// The functions' calls.
    pub carried: Vec<Carried>,
}

/// Something that a death broke.
#[derive(Clone, Debug)]
pub struct Finding {
    scenario: String,
    place: String,
    /// What does not hold.
    pub broken: Vec<String>,
}

/// A runtime on which time passes when nothing else is left to do.
fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without anything of the operating system").block_on(future)
}

async fn play(scenario: &Scenario, ground: &EmbeddedGround) -> Result<Played, String> {
    scenario::play_on(ground, scenario, |_| {}).await.map_err(|error| error.to_string())
}

impl Course {
    /// Plays a scenario file undisturbed.
    pub fn of(path: &Path) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scenario = scenario::load(path).unwrap_or_else(|errors| panic!("{errors}"));
        let (played, ending, carried) = on_paused_time(async {
            let ground = EmbeddedGround::new(scenario.begins(), None);
            let played = play(&scenario, &ground).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            for _ in 0..TAIL_MINUTES {
                ground.pass(SignedDuration::from_mins(1)).await;
                if ground.rows().is_quiet() {
                    break;
                }
            }
            (played, Ending::of(&ground), ground.wire().carried())
        });
        Self { name, scenario, ending, played, carried }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What does not hold in another play of the same scenario that nobody has died in.
    pub fn broken_in(&self, other: &Self) -> Vec<String> {
        checks::broken(&self.ending, &other.ending)
    }

    /// How many places there are at which a function can die.
    pub fn points(&self) -> usize {
        2 * self.carried.len()
    }

    /// One place for each world that a death can leave behind, in their order.
    pub fn worlds(&self) -> Vec<Point> {
        let mut seen = BTreeSet::new();
        let sides = |(number, carried): (usize, &Carried)| {
            let (left, answered) = carried.changes;
            [((number, Side::Before), carried.invocation, left), ((number, Side::After), carried.invocation, answered)]
        };
        let points = self.carried.iter().enumerate().flat_map(sides);
        points
            .filter(|(_, invocation, changes)| seen.insert((*invocation, *changes)))
            .map(|(point, ..)| point)
            .collect()
    }

    /// Where another play has left this one before its point; `None`: nowhere. What comes of a death can be held against the
    /// undisturbed play only if it is the same death.
    fn parts_at(&self, (point, _): Point, others: &[Carried]) -> Option<String> {
        let name = |carried: &Carried| format!("{}'s {}", carried.function, carried.asked.operation);
        let calls = self.carried.iter().map(Some).zip(others.iter().map(Some).chain(std::iter::repeat(None)));
        let names =
            calls.map(|(one, other)| (one.map_or_else(String::new, name), other.map_or_else(String::new, name)));
        let mut parting = names.take(point + 1).enumerate().filter(|(_, (one, other))| one != other);
        parting.next().map(|(number, (one, other))| format!("two plays part at call {number}: {one}, {other}"))
    }

    /// Plays it with a function dying at this point; `None`: all is well.
    pub fn with_death(&self, point: Point) -> Option<Finding> {
        let broken = on_paused_time(async {
            let ground = EmbeddedGround::new(self.scenario.begins(), Some(point));
            if let Err(error) = play(&self.scenario, &ground).await {
                return vec![error];
            }
            let end = self.ending.at.max(ground.now()) + SignedDuration::from_mins(RECOVERY_MINUTES);
            ground.pass_until(end).await;
            if let Some(parts) = self.parts_at(point, &ground.wire().carried()) {
                return vec![parts];
            }
            checks::broken(&self.ending, &Ending::of(&ground))
        });
        let (number, side) = point;
        let carried = &self.carried[number];
        let place = format!("{} dies {side} {} (call {number})", carried.function, carried.asked.operation);
        (!broken.is_empty()).then(|| Finding { scenario: self.name.clone(), place, broken })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Before => "before",
            Side::After => "after",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scenario, self.place)?;
        self.broken.iter().try_for_each(|broken| write!(f, "\n  {broken}"))
    }
}
