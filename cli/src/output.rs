//! What commands print for whoever reads on: a program, or a person with a pager.
//!
//! Everything that goes to standard output goes through here: `println!` panics where the reader has gone.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a text as it is. A reader that has heard enough closes the pipe, and that is no failure.
pub fn say(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints a text and ends its line.
pub fn line(text: impl Display) -> io::Result<()> {
    say(format_args!("{text}\n"))
}
