//! `reveille`: parses the command line, runs one command, and turns its outcome into an exit status.

use std::process::ExitCode;

use clap::Parser;
use reveille_cli::command::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
