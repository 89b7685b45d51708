//! `reveille-measure`: prints the tables of docs/PERFORMANCE.md that compare, and those that tell of growth.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reveille_tests::measure::{
    Compared, Grown, Handled, MeasureError, Posts, Size, Started, Starts, Storm, growth, growth_table, hand, handler,
    handler_table, held, starts, starts_table, storm, storm_table,
};
use serde::Serialize;

/// Measures what docs/PERFORMANCE.md says.
#[derive(Parser)]
#[command(name = "reveille-measure")]
struct Args {
    #[command(subcommand)]
    what: What,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Fail where a bound is not held that the document names.
    #[arg(long, global = true)]
    hold: bool,
}

#[derive(Subcommand)]
enum What {
    /// A storm of alerts, into `ingest` and into Prometheus Alertmanager.
    Storm {
        /// How many alerts.
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        alerts: usize,
        /// Of how many keys.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        keys: usize,
        /// How many in one post; can be repeated.
        #[arg(long = "batch", value_name = "N", default_values_t = [1, 64])]
        batches: Vec<usize>,
        /// `ingest` without Lambda around it, as `cargo lambda build` makes it of `tests/worker`.
        #[arg(long, value_name = "PROGRAM", default_value = "target/lambda/ingest-worker/bootstrap")]
        worker: PathBuf,
        /// Alertmanager, as the Debian package `prometheus-alertmanager` installs it.
        #[arg(long, value_name = "PROGRAM", default_value = "prometheus-alertmanager")]
        alertmanager: PathBuf,
    },
    /// The handler of `ingest` alone, on a table in memory.
    Handler {
        /// How many alerts.
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        alerts: usize,
        /// Of how many keys.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        keys: usize,
        /// How many in one post; can be repeated.
        #[arg(long = "batch", value_name = "N", default_values_t = [1, 64])]
        batches: Vec<usize>,
        /// Only hand it so many of the alerts: for whoever counts instructions, or looks where they go.
        #[arg(long, value_name = "N")]
        hand: Option<usize>,
    },
    /// The starts and sizes of the functions, beside bare ones.
    Starts {
        /// Where `cargo lambda build` has put them.
        #[arg(long, value_name = "FOLDER", default_value = "target/lambda")]
        functions: PathBuf,
        /// A Python that has boto3.
        #[arg(long, value_name = "PROGRAM")]
        python: Option<PathBuf>,
        /// The bare function in Python.
        #[arg(long, value_name = "FILE", default_value = "tests/bare/bare.py")]
        script: PathBuf,
        /// How often each is started.
        #[arg(long, value_name = "N", default_value_t = 20)]
        times: usize,
    },
    /// What each path costs with little in the table and with much.
    Growth {
        /// How many incidents are open, where there are many.
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        incidents: usize,
        /// How many contacts there are, where there are many.
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        contacts: usize,
        /// Of so many incidents the mean is taken.
        #[arg(long, value_name = "N", default_value_t = 50)]
        rounds: usize,
    },
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything holds that is to.
fn run(args: Args) -> Result<bool, MeasureError> {
    let Args { what, json, hold } = args;
    let holds = match what {
        What::Storm { alerts, keys, batches, worker, alertmanager } => {
            let compared: Vec<Compared> = storm(&Storm { alerts, keys, batches, worker, alertmanager })?;
            print(json, &compared, || storm_table(&compared))?;
            compared.iter().all(held)
        }
        What::Handler { alerts, keys, batches, hand: Some(handed) } => {
            for batch in batches {
                hand(Posts { alerts, keys, batch }, handed)?;
            }
            true
        }
        What::Handler { alerts, keys, batches, hand: None } => {
            let handled: Vec<Handled> = handler(alerts, keys, &batches)?;
            print(json, &handled, || handler_table(&handled))?;
            true
        }
        What::Starts { functions, python, script, times } => {
            let started: Vec<Started> = starts(&Starts { functions, python, script, times })?;
            print(json, &started, || starts_table(&started))?;
            started.iter().all(Started::holds)
        }
        What::Growth { incidents, contacts, rounds } => {
            let little = Size { incidents: 1, contacts: 10 };
            let with_incidents = growth(little, Size { incidents, ..little }, rounds)?;
            print(json, &with_incidents, || {
                growth_table(&format!("1 and {incidents} open incidents"), &with_incidents)
            })?;
            let with_contacts = growth(little, Size { contacts, ..little }, rounds)?;
            print(json, &with_contacts, || growth_table(&format!("10 and {contacts} contacts"), &with_contacts))?;
            with_incidents.iter().chain(&with_contacts).all(Grown::holds)
        }
    };
    Ok(holds || !hold)
}

fn print<T: Serialize>(json: bool, all: &[T], table: impl FnOnce() -> String) -> Result<(), MeasureError> {
    let text = if json { serde_json::to_string(all)? } else { table() };
    println!("{}", text.trim_end());
    Ok(())
}
