//! What each path costs with little in the table and with much.
//!
//! ```sh
//! cargo bench --profile nights --bench growth
//! ```

use std::process::ExitCode;

use clap::Parser;
use reveille_tests::measure::{Grown, MeasureError, Printing, Size, growth, growth_table};

/// What each path costs with little in the table and with much
#[derive(Parser)]
#[command(name = "growth")]
struct Args {
    /// How many incidents are open, where there are many; where there are few it is one
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2..))]
    incidents: u32,
    /// How many contacts there are, where there are many; where there are few they are ten
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(11..))]
    contacts: u32,
    /// So often every path is played
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(flatten)]
    printing: Printing,
}

fn main() -> ExitCode {
    let args = Args::parse();
    args.printing.end(run(&args))
}

fn run(args: &Args) -> Result<bool, MeasureError> {
    let Args { incidents, contacts, rounds, printing } = *args;
    let (incidents, contacts, rounds) = (incidents as usize, contacts as usize, rounds as usize);
    let little = Size { incidents: 1, contacts: 10 };
    let with_incidents = growth(little, Size { incidents, ..little }, rounds)?;
    printing.print(&with_incidents, || growth_table(&format!("1 and {incidents} open incidents"), &with_incidents))?;
    let with_contacts = growth(little, Size { contacts, ..little }, rounds)?;
    printing.print(&with_contacts, || growth_table(&format!("10 and {contacts} contacts"), &with_contacts))?;
    Ok(with_incidents.iter().chain(&with_contacts).all(Grown::holds))
}
