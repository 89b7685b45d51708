//! `reveille`: parses the command line, runs one command, and turns its outcome into an exit status.

use std::process::ExitCode;

use clap::Parser;
use reveille_cli::columns::harmless;
use reveille_cli::command::Arguments;
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
                eprintln!("{}", harmless(&Chain(failure.as_ref()).to_string()));
                ExitCode::FAILURE
            }
        },
    }
}
