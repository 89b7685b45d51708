//! The schedules that a command is asked about: of a configuration file, or of an installation with everything that was in
//! force before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use reveille_domain::{ContactAlias, ScheduleAlias, ScheduleHistory};

use crate::command::Failure;
use crate::configuration;
use crate::installation::Installation;
use crate::installed::Applied;
use crate::progress;
use crate::unknown_name::UnknownName;

/// Where a command reads schedules.
#[derive(Debug, Args)]
pub struct Whence {
    /// A configuration; see docs/CONFIGURATION.md. Without one, the installation: what is in force there, and what was
    #[arg(value_name = "CONFIG", conflicts_with = "local")]
    file: Option<PathBuf>,
    #[command(flatten)]
    installation: Installation,
}

/// Schedules, and the people in them.
#[derive(Clone, Debug)]
pub struct Schedules {
    schedules: BTreeMap<ScheduleAlias, ScheduleHistory>,
    /// What people are called.
    pub names: BTreeMap<ContactAlias, String>,
    /// Where they were read, for people.
    pub whence: String,
}

impl Whence {
    /// Reads the schedules, and what people are called.
    pub async fn read(&self) -> Result<Schedules, Failure> {
        match &self.file {
            Some(file) => Schedules::of_file(file),
            None => {
                let reading = async {
                    let reached = self.installation.find().await?;
                    let table = reached.table();
                    let applied = Applied::read(table.as_ref()).await?;
                    let (schedules, names) = (applied.schedules().await?, applied.names().await?);
                    Ok(Schedules { schedules, names, whence: "the installation".to_owned() })
                };
                progress::with("reading the schedules of the installation", reading).await
            }
        }
    }
}

impl Schedules {
    /// Those of a configuration file. Nothing was in force before.
    fn of_file(file: &Path) -> Result<Self, Failure> {
        let configuration = configuration::load(file)?;
        let history = |(alias, schedule)| (alias, ScheduleHistory::new(schedule));
        Ok(Self {
            schedules: configuration.schedules.into_iter().map(history).collect(),
            names: configuration.contacts.into_iter().map(|(alias, contact)| (alias, contact.name)).collect(),
            whence: file.display().to_string(),
        })
    }

    /// The schedule of this alias.
    pub fn schedule(&self, alias: &str) -> Result<&ScheduleHistory, UnknownName> {
        let found = self.schedules.get(&ScheduleAlias::new(alias));
        found.ok_or_else(|| self.missing("schedule", alias, self.schedules.keys().map(ScheduleAlias::as_str)))
    }

    /// The one of this alias, or all of them.
    pub fn asked(&self, alias: Option<&str>) -> Result<Vec<&ScheduleHistory>, UnknownName> {
        match alias {
            Some(alias) => Ok(vec![self.schedule(alias)?]),
            None => Ok(self.schedules.values().collect()),
        }
    }

    /// The contact of this alias.
    pub fn contact(&self, alias: &str) -> Result<&ContactAlias, UnknownName> {
        let found = self.names.get_key_value(&ContactAlias::new(alias)).map(|(alias, _)| alias);
        found.ok_or_else(|| self.missing("contact", alias, self.names.keys().map(ContactAlias::as_str)))
    }

    fn missing<'k>(&self, kind: &'static str, name: &str, known: impl Iterator<Item = &'k str>) -> UnknownName {
        UnknownName::of(kind, name, &self.whence, known)
    }
}
