//! How long the command takes to read a whole team's configuration, to compare it, and to write it.

#[path = "../tests/commands/team.rs"]
mod team;

use divan::{Bencher, black_box};
use reveille_cli::configuration::parse;

fn main() {
    divan::main();
}

/// 50 contacts, 10 schedules, 30 response plans.
fn text() -> String {
    team::team(50, 10, 30)
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.bench(|| parse(black_box(&text), "team.yaml"));
}

#[divan::bench]
fn write(bencher: Bencher<'_, '_>) {
    let configuration = parse(&text(), "team.yaml").expect("a configuration");
    bencher.bench(|| black_box(&configuration).to_yaml());
}
