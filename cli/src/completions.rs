//! `reveille completions`: what a shell needs to complete our commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::command::{Arguments, Failure};
use crate::output;

/// Which shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell; without it, the one that $SHELL names
    #[arg(value_name = "SHELL")]
    shell: Option<Shell>,
}

impl Completions {
    /// Prints the script.
    pub fn run(self) -> Result<(), Failure> {
        let shell = self.shell.or_else(Shell::from_env).ok_or("$SHELL names no shell that is known: name one")?;
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "reveille", &mut script);
        output::say(String::from_utf8(script)?)?;
        Ok(())
    }
}
