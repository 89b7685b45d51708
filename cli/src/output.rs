//! What commands print for whoever reads on: a program, or a person with a pager.
//!
//! Everything that goes to standard output or standard error goes through here: `println!` and `eprintln!` panic where the
//! reader has gone, and pass on whatever a terminal would obey.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::columns::harmless;

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

/// Prints what came from outside: a program gets it to the byte, a terminal so that it obeys nothing of it.
pub fn say_foreign(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() { say(harmless(text)) } else { say(text) }
}

/// Says something beside the result, on a line of standard error. Whoever has closed it misses it, and nothing else happens.
pub fn aside(text: impl Display) {
    let line = format!("{}\n", harmless(&text.to_string()));
    let _unheard = io::stderr().lock().write_all(line.as_bytes());
}
