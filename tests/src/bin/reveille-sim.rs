//! `reveille-sim`: plays nights, as many as are wanted, and leaves of one that breaks something a script that says what it takes.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use reveille_tests::simulation::{INCIDENTS_MIN, Mutant, Outage, Played, Script, play, shorten, tell};

/// A night asks for memory and gives it back a million times.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays nights in which things go wrong, in virtual time, and holds every step to the invariants.
#[derive(Parser)]
#[command(name = "reveille-sim")]
struct Args {
    /// How many nights, one for each seed.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    from: u64,
    /// Fail if fewer nights a minute than this were played.
    #[arg(long, value_name = "NIGHTS")]
    at_least: Option<u32>,
    /// Play no new night after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Threads; as many as there are processors by default.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Play one night and show every step.
    #[arg(long, value_name = "SEED", conflicts_with = "script")]
    show: Option<u64>,
    /// Let something not work for an hour in every night: this, or whatever chance wants.
    #[arg(long, value_name = "PART")]
    outage: Option<Option<Outage>>,
    /// Let so many alarms fire within a minute in every night.
    #[arg(long, value_name = "ALARMS", conflicts_with = "outage")]
    storm: Option<u32>,
    /// Let nothing happen but that storm.
    #[arg(long, requires = "storm")]
    alone: bool,
    /// Play the night of a file and show every step.
    #[arg(long, value_name = "FILE")]
    script: Option<std::path::PathBuf>,
    /// Leave a night that breaks something as long as it is.
    #[arg(long)]
    whole: bool,
    /// Go on after a night that breaks something, and name each of them.
    #[arg(long)]
    go_on: bool,
    /// Make this mistake on purpose. Needs the feature `mutants`; `list` names them.
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
}

/// What all threads know.
struct Tally {
    next: AtomicU64,
    /// Nights with so many incidents that they count.
    nights: AtomicU64,
    /// The others.
    short: AtomicU64,
    steps: AtomicU64,
    incidents: AtomicU64,
    messages: AtomicU64,
    /// The slowest first page of a storm that nothing else disturbs, in milliseconds.
    first_page_ms: AtomicI64,
    stop: AtomicBool,
    broken: Mutex<Option<u64>>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything held.
fn run(args: &Args) -> Result<bool, String> {
    let mutant = args.mutant.as_deref().map(mutant).transpose()?;
    choose(mutant);
    if let Some(path) = &args.script {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let script: Script = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(show(&script));
    }
    if let Some(seed) = args.show {
        return Ok(show(&args.script_of(seed, mutant)));
    }
    Ok(search(args, mutant))
}

impl Args {
    /// The night of a seed: where a mistake is made on purpose, one in which it may show.
    fn script_of(&self, seed: u64, mutant: Option<&Mutant>) -> Script {
        match (self.storm, self.outage) {
            (Some(alarms), _) if self.alone => Script::of_a_storm_alone(seed, alarms),
            (Some(alarms), _) => Script::with_a_storm(seed, alarms),
            (None, Some(of)) => Script::with_an_outage(seed, of),
            (None, None) => mutant.map_or_else(|| Script::of(seed), |mutant| mutant.night(seed)),
        }
    }
}

fn show(script: &Script) -> bool {
    let played = tell(script);
    print!("{script}");
    played.told.iter().for_each(|step| println!("{step}"));
    conclude(&played);
    played.violation.is_none()
}

fn conclude(played: &Played) {
    match &played.violation {
        Some(violation) => println!("{violation}"),
        None => println!("everything holds after {} steps", played.steps),
    }
}

fn search(args: &Args, mutant: Option<&'static Mutant>) -> bool {
    let began = Instant::now();
    let tally = Tally {
        next: AtomicU64::new(args.from),
        nights: AtomicU64::new(0),
        short: AtomicU64::new(0),
        steps: AtomicU64::new(0),
        incidents: AtomicU64::new(0),
        messages: AtomicU64::new(0),
        first_page_ms: AtomicI64::new(-1),
        stop: AtomicBool::new(false),
        broken: Mutex::new(None),
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..args.threads.unwrap_or(processors).max(1) {
            scope.spawn(|| play_some(args, mutant, &tally, began));
        }
    });
    let nights = tally.nights.load(Ordering::Relaxed);
    let short = tally.short.load(Ordering::Relaxed);
    let mean = |of: &AtomicU64| of.load(Ordering::Relaxed) as f64 / (nights + short).max(1) as f64;
    let took = began.elapsed().as_secs_f64();
    let a_minute = nights as f64 / took * 60.0;
    println!(
        "{nights} nights in {took:.1} s, {a_minute:.0} a minute: {:.0} steps, {:.1} incidents and {:.1} messages each",
        mean(&tally.steps),
        mean(&tally.incidents),
        mean(&tally.messages),
    );
    if short > 0 {
        println!(
            "not counted: {short} nights of fewer than {INCIDENTS_MIN} incidents, because a recovery overtook its firing"
        );
    }
    let first_page_ms = tally.first_page_ms.load(Ordering::Relaxed);
    if first_page_ms >= 0 {
        println!("the first page of a storm leaves after {:.1} s at most", first_page_ms as f64 / 1_000.0);
    }
    let broken = *tally.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(seed) = broken {
        report(args, mutant, seed);
    }
    let is_too_slow = args.at_least.is_some_and(|least| a_minute < f64::from(least));
    if is_too_slow {
        println!("that is too slow");
    }
    broken.is_none() && !is_too_slow
}

fn play_some(args: &Args, mutant: Option<&'static Mutant>, tally: &Tally, began: Instant) {
    choose(mutant);
    let last = args.from.saturating_add(args.seeds);
    while !tally.stop.load(Ordering::Relaxed) {
        let seed = tally.next.fetch_add(1, Ordering::Relaxed);
        let is_over = args.seconds.is_some_and(|seconds| began.elapsed() >= Duration::from_secs(seconds));
        if seed >= last || is_over {
            return;
        }
        let played = play(&args.script_of(seed, mutant));
        let counts = played.counts();
        tally.nights.fetch_add(u64::from(counts), Ordering::Relaxed);
        tally.short.fetch_add(u64::from(!counts), Ordering::Relaxed);
        tally.steps.fetch_add(played.steps, Ordering::Relaxed);
        tally.incidents.fetch_add(u64::try_from(played.incidents).unwrap_or(0), Ordering::Relaxed);
        tally.messages.fetch_add(u64::try_from(played.messages).unwrap_or(0), Ordering::Relaxed);
        tally.first_page_ms.fetch_max(played.first_page_ms.unwrap_or(-1), Ordering::Relaxed);
        let Some(violation) = &played.violation else { continue };
        let mut broken = tally.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *broken = Some(broken.map_or(seed, |known| known.min(seed)));
        if args.go_on {
            println!("seed {seed}: {violation}");
        } else {
            tally.stop.store(true, Ordering::Relaxed);
            return;
        }
    }
}

fn report(args: &Args, mutant: Option<&'static Mutant>, seed: u64) {
    choose(mutant);
    let script = args.script_of(seed, mutant);
    println!("\nseed {seed} breaks something:");
    conclude(&play(&script));
    if !args.whole {
        let (short, played) = shorten(&script);
        println!("\n{short}");
        conclude(&played);
    }
}

#[cfg(feature = "mutants")]
fn mutant(name: &str) -> Result<&'static Mutant, String> {
    use reveille_tests::simulation::MUTANTS;
    let names = || MUTANTS.iter().map(|mutant| format!("{:<26} {}\n", mutant.name, mutant.mistake)).collect::<String>();
    let found = MUTANTS.iter().find(|mutant| mutant.name == name);
    found.ok_or_else(|| format!("the mutants are\n{}", names()))
}

#[cfg(not(feature = "mutants"))]
fn mutant(_: &str) -> Result<&'static Mutant, String> {
    Err("this build has no mutants: build it with `--features mutants`".to_owned())
}

#[cfg(feature = "mutants")]
fn choose(mutant: Option<&'static Mutant>) {
    reveille_domain::choose_mutant(mutant.map(|mutant| mutant.name));
}

#[cfg(not(feature = "mutants"))]
fn choose(_: Option<&'static Mutant>) {}
