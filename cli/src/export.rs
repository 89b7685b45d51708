//! `reveille export`: an installation as a configuration, to be applied again or kept.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use reveille_domain::ScheduleAlias;
use reveille_engine::port::Table;

use crate::command::Failure;
use crate::configuration;
use crate::installation::Installation;
use crate::installed::{Installed, InstalledError, Stored};
use crate::{output, private_file, progress};

/// What `reveille export` takes.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    installation: Installation,
    /// Write it into this file, which only you may read, instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file if it is there
    #[arg(long, requires = "out")]
    force: bool,
}

/// Why an installation was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It could not be read.
    #[error(transparent)]
    Installed(#[from] InstalledError),
    /// Nobody has applied anything yet.
    #[error("nothing has been applied to this installation yet, so there is nothing to export")]
    Nothing,
    /// What is there is neither the old configuration nor the new one.
    #[error("an apply was cut off before its end: apply the configuration again, then export")]
    Unfinished,
    /// Rows cannot be read.
    #[error(
        "not everything that is stored can be read, and an export without it would remove it when it is applied: {}",
        .0.join("; ")
    )]
    Unreadable(Vec<String>),
    /// The export would not load again.
    #[error("what is stored does not make a configuration of this version; report this, with these lines:\n{0}")]
    NotAConfiguration(configuration::ConfigurationErrors),
}

/// An installation as a configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Exported {
    /// The YAML, with addresses and secrets in full.
    pub yaml: String,
    /// The revision that was exported.
    pub revision: u64,
    /// The schedules that operators have made overrides of, which stay beside the configuration.
    pub overridden: Vec<ScheduleAlias>,
}

/// The configuration of an installation. What operators have made at run time is no part of it: an apply keeps it.
pub async fn export(table: &dyn Table) -> Result<Exported, ExportError> {
    let installed = Installed::read_at_rest(table, &BTreeSet::new()).await?;
    if installed.settings().is_none() && installed.indexed().is_empty() {
        return Err(ExportError::Nothing);
    }
    if installed.is_unfinished() {
        return Err(ExportError::Unfinished);
    }
    let Stored { configuration, unreadable, overridden } = installed.stored();
    if !unreadable.is_empty() {
        return Err(ExportError::Unreadable(unreadable));
    }
    let yaml = configuration.to_yaml();
    // Better no file than one that cannot be applied when it is needed.
    configuration::parse(&yaml, "the export").map_err(ExportError::NotAConfiguration)?;
    Ok(Exported { yaml, revision: installed.revision(), overridden })
}

impl Export {
    /// Prints the configuration, or writes it into a file.
    pub async fn run(self) -> Result<(), Failure> {
        let table = self.installation.find().await?.table();
        let exporting = progress::with("reading the installation", export(table.as_ref()));
        let Exported { yaml, revision, overridden } = exporting.await?;
        let text = format!("{HEAD}{yaml}");
        match &self.out {
            Some(path) => {
                private_file::write(path, &text, self.force)?;
                output::aside(format_args!(
                    "revision {revision} is in {}, which only you can read: {WARNING}",
                    path.display()
                ));
            }
            None => {
                output::say_foreign(&text)?;
                if !std::io::stdout().is_terminal() {
                    output::aside(format_args!("revision {revision}: {WARNING}"));
                }
            }
        }
        for schedule in overridden {
            output::aside(format_args!(
                "the overrides that were made of {schedule} at run time are not in it, and stay: reveille override list"
            ));
        }
        Ok(())
    }
}

const HEAD: &str =
    "# Exported from an installation: telephone numbers, e-mail addresses, URLs and secrets stand here in full.\n";

const WARNING: &str = "it holds addresses and secrets in full";
