//! `reveille scenario`: a file played as it is written, told line by line, and held to what it expects.

use std::path::PathBuf;

use clap::Args;

use super::{load, play, runtime, tell};
use crate::columns::harmless;
use crate::command::Failure;
use crate::{output, progress};

/// What is played.
#[derive(Debug, Args)]
pub struct Rehearsal {
    /// A scenario; see docs/SCENARIOS.md
    file: PathBuf,
    /// Print the timeline, one JSON object a line, instead of a transcript
    #[arg(long)]
    json: bool,
}

impl Rehearsal {
    /// Plays it. What does not come out as it is written is a failure.
    pub async fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let scenario = load(&self.file)?;
        if !json && !scenario.description.is_empty() {
            output::line(format_args!("{}\n", harmless(&scenario.description)))?;
        }
        // A scenario has a time of its own, so it is played on a runtime of its own.
        let played = tokio::task::spawn_blocking(move || {
            let runtime = runtime()?;
            let mut written = Ok(());
            let played = runtime.block_on(play(&scenario, |told| {
                if written.is_ok() {
                    written = progress::above(|| tell(&mut std::io::stdout().lock(), json, &told));
                }
            }));
            match written {
                // A reader that has heard enough closes the pipe.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::from(error)),
                Ok(()) | Err(_) => Ok(played?),
            }
        });
        let played = progress::with("playing", played).await??;
        if json {
            played.broken.iter().for_each(output::aside);
        }
        match (played.broken.len(), played.expectations) {
            (0, expectations) if json || expectations == 0 => Ok(()),
            (0, expectations) => {
                output::line(format_args!("\n{expectations} expectations hold"))?;
                Ok(())
            }
            (1, _) => Err("one step did not come out as it is written".into()),
            (broken, _) => Err(format!("{broken} steps did not come out as they are written").into()),
        }
    }
}
