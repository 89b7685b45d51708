//! How long a team's configuration takes: 50 contacts, 10 schedules with nights, weekends and overrides, 30 response plans.
//!
//! ```sh
//! cargo bench -p reveille --bench lint
//! ```
//!
//! It ends with 1 if the median is over the bound.

#[path = "../tests/commands/team.rs"]
mod team;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use divan::Bencher;
use jiff::Timestamp;
use reveille_cli::lint::{Severity, look_at_text};
use reveille_cli::paint::Paint;

/// Whoever saves a file does not wait for what comes sooner.
const MEDIAN_MAX: Duration = Duration::from_millis(200);

/// So many times for the median.
const TIMES: usize = 21;

fn main() -> ExitCode {
    divan::main();
    let (text, at) = (team::team(50, 10, 30), at());
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            divan::black_box(look_at_text(divan::black_box(&text), "team.yaml", at));
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times[TIMES / 2];
    println!("median of {TIMES}: {} ms; bound: {} ms", median.as_millis(), MEDIAN_MAX.as_millis());
    if median > MEDIAN_MAX { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn at() -> Timestamp {
    "2026-01-05T12:00:00Z".parse().expect("an instant")
}

#[divan::bench]
fn a_team_of_fifty(bencher: Bencher<'_, '_>) {
    let at = at();
    let text = team::team(50, 10, 30);
    let report = look_at_text(&text, "team.yaml", at);
    assert_eq!(report.count(Severity::Error), 0, "{}", report.text(Paint::Plain));
    bencher.bench(|| look_at_text(divan::black_box(&text), "team.yaml", at));
}
