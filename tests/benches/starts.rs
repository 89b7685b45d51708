//! The starts and sizes of the functions, beside bare programs with the same clients.
//!
//! ```sh
//! cargo bench --profile nights --bench starts
//! ```

use std::process::ExitCode;

use clap::Parser;
use reveille_tests::measure::{
    MeasureError, Printing, Started, Starts, build_as_deployed, python_with_boto3, starts, starts_table,
};

/// The starts and sizes of the functions, beside bare ones
#[derive(Parser)]
#[command(name = "starts")]
struct Args {
    /// How often each is started
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// Leave out the bare function in Python
    #[arg(long)]
    no_python: bool,
    #[command(flatten)]
    printing: Printing,
}

fn main() -> ExitCode {
    let args = Args::parse();
    args.printing.end(run(&args))
}

fn run(args: &Args) -> Result<bool, MeasureError> {
    let functions = build_as_deployed("bare")?;
    let python = if args.no_python { None } else { Some(python_with_boto3()?) };
    let started: Vec<Started> = starts(&Starts { functions, python, times: args.times as usize })?;
    args.printing.print(&started, || starts_table(&started))?;
    Ok(started.iter().all(Started::holds))
}
