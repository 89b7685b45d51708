//! The handler of `ingest` alone, on a table in memory.
//!
//! ```sh
//! cargo bench --profile nights --bench handler     # instructions and allocations are counted by Debian's package valgrind
//! ```

use std::process::ExitCode;

use clap::Parser;
use reveille_tests::measure::{Handled, MeasureError, Posts, Printing, hand, handler, handler_table};

/// The handler of `ingest` alone, on a table in memory
#[derive(Parser)]
#[command(name = "handler")]
struct Args {
    /// How many alerts
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    alerts: usize,
    /// Of how many keys
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    keys: usize,
    /// How many in one post; can be repeated
    #[arg(long = "batch", value_name = "N", default_values_t = [1, 64])]
    batches: Vec<usize>,
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
    if let Some(handed) = only {
        for batch in batches {
            hand(Posts { alerts, keys, batch: *batch }, handed)?;
        }
        return Ok(true);
    }
    let handled: Vec<Handled> = handler(alerts, keys, batches)?;
    printing.print(&handled, || handler_table(&handled))?;
    Ok(true)
}
