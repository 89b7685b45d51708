//! `reveille`: parses the command line, runs one command, and turns its outcome into an exit status.

use std::process::ExitCode;

use clap::Parser;
use reveille_cli::command::Arguments;
use reveille_cli::output;
use reveille_engine::Chain;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.run().await {
        Ok(()) => ExitCode::SUCCESS,
        // What was typed wrong is told in the same way, and with the same status, as by the parser.
        Err(failure) => match failure.downcast::<clap::Error>() {
            Ok(usage) => usage.exit(),
            Err(failure) => {
                output::aside(Chain(failure.as_ref()));
                ExitCode::FAILURE
            }
        },
    }
}
