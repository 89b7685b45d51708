//! What the benches have in common: how they print, and how they end.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::MeasureError;

/// Arguments of every bench that compares.
#[derive(Args, Clone, Copy, Debug)]
pub struct Printing {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// End with 1 where a bound is not held that the document names.
    #[arg(long)]
    hold: bool,
    /// What `cargo bench` says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Printing {
    /// Prints what was measured.
    pub fn print<T: Serialize>(self, all: &[T], table: impl FnOnce() -> String) -> Result<(), MeasureError> {
        let text = if self.json { serde_json::to_string(all)? } else { table() };
        println!("{}", text.trim_end());
        Ok(())
    }

    /// Ends as what was measured says: 1 where a bound is not held and somebody asks for it, 2 where nothing could be measured.
    pub fn end(self, holds: Result<bool, MeasureError>) -> ExitCode {
        match holds {
            Ok(holds) if holds || !self.hold => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        }
    }
}

/// The repository: cargo starts a bench in the folder of its package.
pub(super) fn repository() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
