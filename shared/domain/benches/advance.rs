//! What a decision costs: how long it takes, and what it allocates. Nothing of it touches anything outside of the process.
//!
//! ```sh
//! cargo bench -p reveille-domain --bench advance     # without `-p`, the mutants of the tests are built in
//! ```
//!
//! Instructions, which no other program on the machine disturbs, are counted by the bench `instructions`.

mod decisions;

use std::hint::black_box;

use decisions::{Case, cases, schedule, tenth_year};
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = cases())]
fn decision(bencher: Bencher<'_, '_>, case: &Case) {
    bencher.bench_local(|| black_box(case).decide());
}

#[divan::bench]
fn who_is_on_call(bencher: Bencher<'_, '_>) {
    let (schedule, (from, _)) = (schedule(), tenth_year());
    bencher.bench_local(|| schedule.on_call(black_box(from)));
}

#[divan::bench]
fn a_year_of_shifts(bencher: Bencher<'_, '_>) {
    let (schedule, (from, to)) = (schedule(), tenth_year());
    bencher.bench_local(|| schedule.shifts(black_box(from), black_box(to)));
}
