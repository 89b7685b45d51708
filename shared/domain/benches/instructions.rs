//! How many instructions a decision takes, counted by callgrind: unlike time, nothing else on the machine changes it.
//!
//! ```sh
//! cargo bench -p reveille-domain --bench instructions     # without `-p`, the mutants of the tests are built in
//! ```
//!
//! It runs itself under `valgrind` (Debian's package of that name), each case a few times more than another time; the difference is
//! the case's own.

mod decisions;

use std::hint::black_box;
use std::process::Command;

use decisions::{cases, schedule, tenth_year};

/// How often a case runs, and how much more often the second time.
const FEW: u64 = 10;
const MORE: u64 = 200;

const ON_CALL: &str = "who is on call, ten years on";
const SHIFTS: &str = "a year of weekly shifts";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, name, times] if !name.starts_with("--") => run(name, times.parse().expect("a number")),
        _ => measure(),
    }
}

fn names() -> Vec<String> {
    let decisions = cases().into_iter().map(|case| case.to_string());
    decisions.chain([ON_CALL, SHIFTS].map(str::to_owned)).collect()
}

fn run(name: &str, times: u64) {
    let (schedule, (from, to)) = (schedule(), tenth_year());
    let case = cases().into_iter().find(|case| case.to_string() == name);
    for _ in 0..times {
        match (&case, name) {
            (Some(case), _) => drop(black_box(case.decide())),
            (None, ON_CALL) => drop(black_box(schedule.on_call(black_box(from)))),
            (None, _) => drop(black_box(schedule.shifts(black_box(from), black_box(to)))),
        }
    }
}

fn measure() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("no valgrind: install it (apt-get install valgrind), and instructions are counted");
        return;
    }
    println!("| what | instructions |\n|---|---|");
    for name in names() {
        let more = counted(&name, FEW + MORE).saturating_sub(counted(&name, FEW));
        println!("| {name} | {} |", more / MORE);
    }
}

/// The instructions of a run of this program.
fn counted(name: &str, times: u64) -> u64 {
    let own = std::env::current_exe().expect("this program");
    let valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args([name, &times.to_string()])
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&valgrind.stderr).into_owned();
    assert!(valgrind.status.success(), "{name} under callgrind: {}: {said}", valgrind.status);
    let count = said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("callgrind counts: {said}"))
}
