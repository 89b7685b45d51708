//! The same storm of alerts into `ingest` and into Prometheus Alertmanager.
//!
//! ```sh
//! cargo bench --profile nights --bench storm     # needs Debian's package prometheus-alertmanager
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use reveille_tests::measure::{Compared, MeasureError, Printing, Storm, build_as_deployed, held, storm, storm_table};

/// A storm of alerts, into `ingest` and into Prometheus Alertmanager
#[derive(Parser)]
#[command(name = "storm")]
struct Args {
    /// How many alerts
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    alerts: u32,
    /// Of how many keys
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// How many in one post; can be repeated
    #[arg(long = "batch", value_name = "N", default_values_t = [1, 64],
          value_parser = clap::value_parser!(u32).range(1..))]
    batches: Vec<u32>,
    /// Alertmanager, as the Debian package installs it
    #[arg(long, value_name = "PROGRAM", default_value = "prometheus-alertmanager")]
    alertmanager: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let printing = args.printing;
    printing.end(run(args))
}

fn run(args: Args) -> Result<bool, MeasureError> {
    let Args { alerts, keys, batches, alertmanager, printing } = args;
    let (alerts, keys) = (alerts as usize, keys as usize);
    let batches: Vec<usize> = batches.into_iter().map(|batch| batch as usize).collect();
    let worker = build_as_deployed("ingest-worker")?.join("ingest-worker/bootstrap");
    let compared: Vec<Compared> = storm(&Storm { alerts, keys, batches, worker, alertmanager })?;
    printing.print(&compared, || storm_table(&compared))?;
    Ok(compared.iter().all(held))
}
