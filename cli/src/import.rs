//! `reveille import`: makes a configuration of what another system has, and says what it could not.
//!
//! Each source translates into one model ([`model`]). What the model holds is mended until the configuration can hold it
//! ([`mend`]), its shifts are held against those that the source renders itself, and it is written as YAML with a comment
//! beside everything that was decided. Nothing is guessed silently.

pub mod aws;
mod document;
pub mod export;
mod finish;
pub mod goalert;
pub mod grafana_oncall;
mod hours;
mod mend;
pub mod model;
pub(crate) mod names;
pub mod note;
pub mod opsgenie;
pub mod pagerduty;
mod phone;
pub mod report;
mod shifts;
mod spans;
mod write;

use std::cell::RefCell;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::command::{Failure, this_second};
use crate::configuration;
use crate::{output, progress};
use export::Export;
pub use finish::{Finished, finish};
use model::Imported;
use note::Kind;

/// Where to import from.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// AWS Incident Manager, through its APIs, with your AWS credentials
    Aws {
        /// The profile of your AWS configuration
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// The Region of the replication set to read
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
        /// Where it goes
        #[command(flatten)]
        writing: Writing,
    },
    /// PagerDuty, from JSON of its REST API
    Pagerduty(FromFile),
    /// Opsgenie, from JSON of its REST API
    Opsgenie(FromFile),
    /// Grafana OnCall, from JSON of its REST API
    GrafanaOncall(FromFile),
    /// `GoAlert`, from JSON of its GraphQL API
    Goalert(FromFile),
}

/// What an import from a file takes.
#[derive(Debug, Args)]
pub struct FromFile {
    /// One JSON file with a list for each request, or a folder with a file for each
    #[arg(value_name = "FILE|DIR", required_unless_present = "requests")]
    path: Option<PathBuf>,
    /// Print the requests that make the folder, and do nothing else
    #[arg(long)]
    requests: bool,
    #[command(flatten)]
    writing: Writing,
}

/// Where the configuration and the report go.
#[derive(Debug, Args)]
pub struct Writing {
    /// Write the configuration into this file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
    /// Write the report into this file instead of standard error
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: Options,
}

/// What the file says where the source says nothing.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// The response plan for whatever no rule matches
    #[arg(long = "default", value_name = "PLAN")]
    pub default_plan: Option<String>,
    /// Write `verified: true` for every address: your word that they are their owners'
    #[arg(long)]
    pub trust_addresses: bool,
}

/// A source that is read from a file.
type Read = fn(&Export, Timestamp) -> Result<Imported, export::ExportError>;

impl Import {
    /// Imports.
    pub async fn run(self) -> Result<(), Failure> {
        let now = this_second();
        match self {
            Import::Aws { profile, region, writing } => {
                let clients = aws::Clients::from_environment(profile, region).await;
                let doing = RefCell::new("reading AWS Incident Manager".to_owned());
                let tell = |words: &str| words.clone_into(&mut doing.borrow_mut());
                let reading = aws::read(&clients, now, &tell);
                let imported = progress::with_live(|| doing.borrow().clone(), reading).await?;
                deliver(imported, &writing, "reveille import aws")
            }
            Import::Pagerduty(file) => from_file(&file, "pagerduty", pagerduty::REQUESTS, pagerduty::read, now),
            Import::Opsgenie(file) => from_file(&file, "opsgenie", opsgenie::REQUESTS, opsgenie::read, now),
            Import::GrafanaOncall(file) => {
                from_file(&file, "grafana-oncall", grafana_oncall::REQUESTS, grafana_oncall::read, now)
            }
            Import::Goalert(file) => from_file(&file, "goalert", goalert::REQUESTS, goalert::read, now),
        }
    }
}

fn from_file(
    file: &FromFile,
    command: &'static str,
    requests: &str,
    read: Read,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(path) = file.path.as_ref().filter(|_| !file.requests) else {
        output::say(requests)?;
        return Ok(());
    };
    let imported = read(&Export::load(path, command)?, now)?;
    deliver(imported, &file.writing, &format!("reveille import {command}"))
}

/// Writes the configuration and the report. What is incomplete is written, too, and the exit status says so.
fn deliver(imported: Imported, writing: &Writing, command: &str) -> Result<(), Failure> {
    if imported.contacts.is_empty() {
        for note in imported.notes.sorted() {
            output::aside(format_args!(
                "{}: {}, {}: {} {}",
                note.kind.name(),
                note.object,
                note.field,
                note.done,
                note.todo
            ));
        }
        return Err("nothing was written: the source has no people, and a configuration needs one to page".into());
    }
    let finished = finish(imported, &writing.options, command);
    let loads = configuration::parse(&finished.yaml, "the imported file");
    match &writing.out {
        Some(path) => write::file(path, &finished.yaml, writing.force)?,
        None => output::say_foreign(&finished.yaml)?,
    }
    let said = if writing.json {
        format!("{}\n", serde_json::to_string_pretty(&finished.report)?)
    } else {
        finished.report.for_people()
    };
    match &writing.report {
        Some(path) => write::file(path, &said, writing.force)?,
        None => output::aside(said.trim_end_matches('\n')),
    }
    loads.map_err(|mistakes| {
        format!("what was written does not load, which is a mistake of `reveille import`:\n{mistakes}")
    })?;
    let (failed, differs) = (finished.report.count(Kind::Failed), finished.report.count(Kind::Differs));
    match (failed, differs) {
        (0, 0) => Ok(()),
        (0, _) => {
            Err(format!("{differs} schedules do not have the shifts that their source renders; see the report").into())
        }
        _ => Err(format!("the configuration is incomplete: {failed} things could not be read; see the report").into()),
    }
}
