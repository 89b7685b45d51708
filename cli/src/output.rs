//! What commands print for whoever reads on: a program, or a person with a pager.

use std::io::{ErrorKind, Write};

use crate::command::Failure;

/// Prints a text as it is. A reader that has heard enough closes the pipe, and that is no failure.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
