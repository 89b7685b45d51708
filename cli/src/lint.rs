//! `reveille lint`: finds what pages nobody, before the night in which it matters.
//!
//! It looks at a configuration as it would be applied, over the year that follows an instant, and has something to say about
//! each place that would let an incident go unheard. With `--live` it asks the account, too. What the reader of the
//! configuration refuses comes out in the same forms. Each kind of finding has a file here and a page in `docs/lint/`.

mod catalogue;
mod contacts;
mod delays;
mod documents;
mod fairness;
mod finding;
mod live;
mod mentions;
mod plans;
mod report;
mod roster;
mod routes;
mod runbooks;
mod sarif;
mod scene;
mod schedules;
mod severity;
mod situation;
mod spans;
mod stages;
mod zones;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use reveille_aws::AwsReadiness;

use crate::command::{Failure, instant, this_second};
use crate::configuration::{Configuration, Places, Reading, Sources, reading};
use crate::installation::Installation;

pub use catalogue::{Check, checks};
pub use documents::Documents;
pub use finding::Finding;
pub use live::Account;
pub use report::Report;
pub use severity::Severity;

use crate::paint::Paint;
use crate::unknown_name::did_you_mean;
use crate::{output, progress};
use finding::Findings;
use scene::Scene;

/// A year, and a day for leap years.
const AHEAD_DAYS: i64 = 366;

/// Find what pages nobody.
#[derive(Debug, Args)]
pub struct Lint {
    /// A configuration, a file or a folder; see docs/CONFIGURATION.md
    #[arg(required_unless_present = "explain")]
    path: Option<PathBuf>,
    /// Print a JSON list
    #[arg(long, conflicts_with_all = ["sarif", "format"])]
    json: bool,
    /// Print SARIF 2.1.0, for code hosts
    #[arg(long, conflicts_with = "format")]
    sarif: bool,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The first instant of the year that is looked at, in RFC 3339; without it, now
    #[arg(long, value_name = "T", value_parser = instant)]
    at: Option<Timestamp>,
    /// Fail on these, too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Leave out what a check finds; may be repeated
    #[arg(long, value_name = "CODE", value_parser = known_code)]
    allow: Vec<String>,
    /// What the names of runbooks of your own begin with: the stack's parameter RunbookPrefix
    #[arg(long, value_name = "PREFIX")]
    runbook_prefix: Option<String>,
    /// Where code hosts find the pages of docs/lint: a URL
    #[arg(long, value_name = "URL", env = "REVEILLE_DOCS_URL")]
    docs_url: Option<String>,
    /// Print the page of a check, and look at nothing
    #[arg(long, value_name = "CODE", value_parser = known_code)]
    explain: Option<String>,
    /// Ask the account of the installation, too: sandboxes, spend limits, opt-outs, runbooks, permissions
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As a compiler says it
    Text,
    /// A list
    Json,
    /// SARIF 2.1.0
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
    /// Warnings and notes
    Notes,
}

/// How to look at a configuration.
pub struct Options<'a> {
    /// The first instant of the year that is looked at.
    pub at: Timestamp,
    /// The documents that response plans may start.
    pub documents: Documents,
    /// The account to ask; `None`: the file alone is looked at.
    pub account: Option<Account<'a>>,
}

impl Lint {
    /// Looks at a configuration and prints what it finds. Findings that count are a failure.
    pub async fn run(self) -> Result<(), Failure> {
        if let Some(code) = &self.explain {
            let page = checks().find(|check| check.code == code).map(|check| check.page);
            output::say(page.unwrap_or_default())?;
            return Ok(());
        }
        let report = progress::with(self.patience(), self.look()).await?.without(&self.allow);
        let format = match (self.json, self.sarif) {
            (true, _) => Format::Json,
            (_, true) => Format::Sarif,
            (false, false) => self.format.unwrap_or(Format::Text),
        };
        match format {
            Format::Json => output::line(report.json()?)?,
            Format::Sarif => output::line(report.sarif(self.docs_url.as_deref()))?,
            Format::Text => output::say(report.text(Paint::of_stdout()))?,
        }
        let fails = match self.deny {
            None => Severity::Error,
            Some(Deny::Warnings) => Severity::Warning,
            Some(Deny::Notes) => Severity::Note,
        };
        if report.count(fails) > 0 {
            return Err(report.summary().into());
        }
        if format == Format::Text {
            output::line(report.summary())?;
        }
        Ok(())
    }

    /// What whoever waits is told.
    fn patience(&self) -> &'static str {
        if self.live { "asking the account" } else { "looking at the configuration" }
    }

    async fn look(&self) -> Result<Report, Failure> {
        let at = self.at.unwrap_or_else(this_second);
        let prefix = self.runbook_prefix.as_deref();
        let path = self.path.clone().unwrap_or_default();
        if !self.live {
            let documents = Documents::with_prefix(prefix.unwrap_or(documents::PREFIX));
            // It never yields, so it gets a thread of its own: otherwise nobody could say that it goes on.
            let looking = move || look_alone(&Sources::read(&path), at, documents);
            return Ok(tokio::task::spawn_blocking(looking).await?);
        }
        let sources = tokio::task::spawn_blocking(move || Sources::read(&path)).await?;
        let reached = self.installation.find().await?;
        let parts = &reached.parts;
        let prefix = prefix.or(parts.runbook_prefix.as_deref()).unwrap_or(documents::PREFIX);
        let (readiness, table) = (AwsReadiness::new(&reached.clients), reached.table());
        let account = Account {
            readiness: &readiness,
            table: table.as_ref(),
            email_from: parts.email_from.as_deref(),
            messages_by_end_user_messaging: parts.sms_sender.as_deref() == Some("end-user-messaging"),
        };
        let documents = Documents::with_prefix(prefix).owning(&parts.runbooks);
        Ok(look(&sources, Options { at, documents, account: Some(account) }).await)
    }
}

/// Looks at a configuration.
pub(crate) async fn look(sources: &Sources, options: Options<'_>) -> Report {
    let Reading { root, configuration, mistakes, secrets } = reading(sources);
    let places = root.as_ref().map(Places::of).unwrap_or_default();
    let mut findings = Findings::at(&places);
    let is_whole = mistakes.is_empty();
    for mistake in mistakes {
        findings.mistake(mistake);
    }
    if let Some(mut configuration) = configuration {
        let mut documents = options.documents;
        if let Some(account) = &options.account {
            live::look(account, &mut configuration, &mut documents, &mut findings).await;
        }
        check(&configuration, &documents, options.at, is_whole, &mut findings);
    }
    Report::new(findings.into_found(), sources.named_texts(), secrets)
}

/// Looks at the text of a configuration.
pub async fn look_at(text: &str, file_name: &str, options: Options<'_>) -> Report {
    look(&Sources::text(file_name, text), options).await
}

/// Looks at the text of a configuration, without an account.
pub fn look_at_text(text: &str, file_name: &str, at: Timestamp) -> Report {
    look_alone(&Sources::text(file_name, text), at, Documents::default())
}

/// Looks at a configuration without an account: there is nothing to wait for.
fn look_alone(sources: &Sources, at: Timestamp, documents: Documents) -> Report {
    let options = Options { at, documents, account: None };
    FutureExt::now_or_never(look(sources, options)).expect("without an account nothing waits")
}

/// All checks of the configuration itself. A part of one, whose rest has mistakes, is spared those that the rest decides.
fn check(
    configuration: &Configuration,
    documents: &Documents,
    at: Timestamp,
    is_whole: bool,
    findings: &mut Findings<'_>,
) {
    let until = at.saturating_add(SignedDuration::from_hours(AHEAD_DAYS * 24)).unwrap_or(Timestamp::MAX);
    let scene = Scene::new(configuration, documents, at, until);
    contacts::check(&scene, findings);
    delays::check(&scene, findings);
    schedules::check(&scene, findings);
    fairness::check(&scene, findings);
    runbooks::check(&scene, findings);
    if is_whole {
        stages::check(&scene, findings);
        plans::check(&scene, findings);
        contacts::check_whole(&scene, findings);
        schedules::check_whole(&scene, findings);
        stages::check_whole(&scene, findings);
        plans::check_whole(&scene, findings);
        routes::check_whole(&scene, findings);
    }
}

/// The code of a check, for the command line.
fn known_code(text: &str) -> Result<String, String> {
    let codes: Vec<Check> = checks().collect();
    if codes.iter().any(|check| check.code == text) {
        return Ok(text.to_owned());
    }
    let suggestion = did_you_mean(text, codes.iter().map(|check| check.code));
    Err(suggestion.unwrap_or_else(|| "docs/lint/README.md lists all of them".to_owned()))
}
