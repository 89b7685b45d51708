//! The handler of `ingest` alone, on a table in memory.
//!
//! ```sh
//! cargo bench --profile nights --bench handler     # instructions and allocations are counted by Debian's package valgrind
//! ```

use std::process::ExitCode;

use clap::Parser;
use reveille_tests::measure::{Handled, MeasureError, Posts, Printing, hand, handler, handler_table};

/// The handler of `ingest` alone, on a table in memory
///
/// The document names no bound of it: with `--hold` it ends as it does without.
#[derive(Parser)]
#[command(name = "handler")]
struct Args {
    /// How many alerts
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    alerts: u32,
    /// Of how many keys
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// How many in one post; can be repeated
    #[arg(long = "batch", value_name = "N", default_values_t = [1, 64],
          value_parser = clap::value_parser!(u32).range(1..))]
    batches: Vec<u32>,
    /// Only hand it so many of the alerts: for whoever counts, or looks where instructions and allocations go
    #[arg(long, value_name = "N")]
    hand: Option<usize>,
    #[command(flatten)]
    printing: Printing,
}

fn main() -> ExitCode {
    let args = Args::parse();
    args.printing.end(run(&args))
}

fn run(args: &Args) -> Result<bool, MeasureError> {
    let Args { alerts, keys, ref batches, hand: only, printing } = *args;
    let (alerts, keys) = (alerts as usize, keys as usize);
    let batches: Vec<usize> = batches.iter().map(|batch| *batch as usize).collect();
    if let Some(handed) = only {
        for batch in batches {
            hand(Posts { alerts, keys, batch }, handed)?;
        }
        return Ok(true);
    }
    let handled: Vec<Handled> = handler(alerts, keys, &batches)?;
    printing.print(&handled, || handler_table(&handled))?;
    Ok(true)
}
