//! What a scenario looks like while it is played: a transcript for people, or the lines of the timeline for programs.

use std::io::{self, Write};

use super::player::Told;
use crate::columns::harmless;
use crate::screen::{elapsed, word};

/// Writes one thing that happened. Programs get the lines of the timeline and nothing else.
pub fn tell(out: &mut dyn Write, json: bool, told: &Told) -> io::Result<()> {
    match told {
        Told::Line { line, .. } if json => writeln!(out, "{}", serde_json::to_string(line).map_err(io::Error::other)?),
        Told::Line { line, at, .. } => {
            writeln!(out, "{:>8}    {:<13} {}", elapsed(*at), word(line.kind), harmless(&line.text))
        }
        Told::Deed { .. } | Told::Holds { .. } | Told::Broken(_) if json => Ok(()),
        Told::Deed { at, text } => writeln!(out, "{:>8}  · {}", elapsed(*at), harmless(text)),
        Told::Holds { at, text } => writeln!(out, "{:>8}  ✓ {}", elapsed(*at), harmless(text)),
        Told::Broken(broken) => writeln!(out, "{}", harmless(&broken.to_string())),
    }
}
