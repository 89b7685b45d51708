//! `reveille man`: the manual pages, made of the same words as `--help`.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use crate::command::{Arguments, Failure};
use crate::output;

/// Where the pages go.
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page for each command into this folder; without it, the page of `reveille` itself is printed
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    /// Writes the pages.
    pub fn run(self) -> Result<(), Failure> {
        let Some(dir) = self.dir else {
            let mut page = Vec::new();
            Page::new(Arguments::command()).render(&mut page)?;
            return Ok(output::say(String::from_utf8(page)?)?);
        };
        let written = write(&dir).map_err(|error| format!("{} cannot be written to: {error}", dir.display()))?;
        output::line(format_args!(
            "{written} pages in {}: man -l {}",
            dir.display(),
            dir.join("reveille.1").display()
        ))?;
        Ok(())
    }
}

/// Writes a page for each command; answers with how many.
fn write(dir: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Arguments::command(), dir)?;
    let pages = std::fs::read_dir(dir)?.flatten();
    Ok(pages.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "1")).count())
}
