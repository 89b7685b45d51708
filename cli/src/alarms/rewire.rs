//! `reveille alarms rewire`: finds what starts incidents of AWS Incident Manager, and lets it page here. A dry run, unless it is
//! told to write; then a backup comes first.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use reveille_aws::Clients;
use serde_json::Value;

use super::account::Account;
use super::alarm::{Actions, Rewiring};
use super::backup::{Backup, VERSION};
use super::change::Change;
use super::report::{self, Planned};
use super::roll_back;
use super::target::{Retargeting, retargeted};
use crate::columns::harmless;
use crate::command::{Failure, usage_of};
use crate::configuration;
use crate::installation::{Installation, Parts};
use crate::{output, progress};

/// What `reveille alarms rewire` takes.
#[derive(Debug, Args)]
pub struct Rewire {
    #[command(flatten)]
    installation: Installation,
    /// Change it. Without this everything is shown and nothing is changed
    #[arg(long)]
    write: bool,
    /// Only alarms and rules whose names begin so
    #[arg(long, value_name = "PREFIX")]
    name_prefix: Option<String>,
    /// Page beside Incident Manager, and not instead: for a trial
    #[arg(long, conflicts_with = "roll_back")]
    keep: bool,
    /// The function `ingest` that is called; without it, the one of the installation
    #[arg(long, value_name = "ARN", value_parser = function, conflicts_with = "roll_back")]
    to: Option<String>,
    /// Compare with this configuration: does it have the plans, and do its rules lead to them?
    #[arg(long, value_name = "PATH", conflicts_with = "roll_back")]
    config: Option<PathBuf>,
    /// Where everything is kept as it was; must not be there yet. Without it, a name with the time in this folder
    #[arg(long, value_name = "FILE", conflicts_with = "roll_back")]
    backup: Option<PathBuf>,
    /// Give alarms and rules back the actions and targets that they had
    #[arg(long, value_name = "BACKUP")]
    roll_back: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with = "roll_back")]
    json: bool,
}

impl Rewire {
    /// Does it, or shows it.
    pub async fn run(self) -> Result<(), Failure> {
        if self.installation.is_local() {
            let message = "the local stack has neither alarms nor rules: leave out --local, and look at an account";
            return Err(usage_of("alarms rewire", message));
        }
        if let Some(backup) = &self.roll_back {
            let account = Account::of(&self.installation.clients().await?);
            return roll_back::run(&Backup::read(backup)?, &account, self.write).await;
        }
        let configuration = self.config.as_deref().map(configuration::load).transpose()?;
        let (clients, to) = self.destination().await?;
        let account = Account::of(&clients);
        if to.split(':').nth(3) != Some(account.region()) {
            let message =
                format!("--to {to} is not in {}: an alarm calls functions of its own region", account.region());
            return Err(usage_of("alarms rewire", message));
        }
        let planned = progress::with("reading alarms and rules", self.planned(&account, &to)).await?;
        let doubts = configuration.map(|configuration| report::doubts(&planned, &configuration)).unwrap_or_default();
        // Whoever gives the configuration to compare with wants no alarm to leave a plan that works for one that is not there.
        let writes = self.write && !planned.changes.is_empty() && doubts.is_empty();
        let failed = if writes {
            self.apply(&account, &planned).await?
        } else {
            let shown = report::dry_run(&planned, &doubts, self.json)?;
            output::say(if self.json { shown } else { harmless(&shown) })?;
            0
        };
        if self.write && !doubts.is_empty() {
            return Err("nothing was written: with this configuration some would page by another plan, or by none; they are told above, \
                        and go without --config"
                .into());
        }
        match failed + planned.impossible.len() + doubts.len() {
            0 => Ok(()),
            1 => Err("one thing needs you; it is told above".into()),
            many => Err(format!("{many} things need you; they are told above").into()),
        }
    }

    /// AWS, and the function that is to be called.
    async fn destination(&self) -> Result<(Clients, String), Failure> {
        if let Some(to) = &self.to {
            return Ok((self.installation.clients().await?, to.clone()));
        }
        let reached = self.installation.find().await?;
        let to = Parts::need(reached.parts.ingest_function.as_ref(), "the function `ingest` (name it with --to)")?
            .to_owned();
        Ok((reached.clients, to))
    }

    /// Everything that would be changed, and what cannot be.
    async fn planned(&self, account: &Account, to: &str) -> Result<Planned, Failure> {
        let mut planned = Planned::default();
        for (kind, alarm) in account.alarms(self.name_prefix.as_deref()).await? {
            let name = alarm["AlarmName"].as_str().unwrap_or_default().to_owned();
            match Actions::of(&alarm).rewired(to, self.keep) {
                Rewiring::None => {}
                Rewiring::Done { plan } => planned.done(name, plan),
                Rewiring::Impossible { plan, why } => planned.impossible(format!("alarm {name}"), plan, why),
                Rewiring::Change { actions, plan, mut notes } => {
                    if alarm["ActionsEnabled"] == Value::Bool(false) {
                        notes.push("its actions are disabled, and stay so: it will page nobody".to_owned());
                    }
                    planned.change(Change::Alarm { kind, name, before: alarm, after: actions }, plan, notes);
                }
            }
        }
        for rule in account.rules(self.name_prefix.as_deref()).await? {
            let subject = format!("rule {}/{}", rule.bus, rule.name);
            match retargeted(&rule.targets, to, self.keep) {
                Retargeting::None => {}
                Retargeting::Done { .. } => planned.done_rules += 1,
                Retargeting::Impossible { plan, why } => planned.impossible(subject, plan, why),
                Retargeting::Change { targets, plan, notes } => {
                    let change = Change::Rule { name: rule.name, bus: rule.bus, before: rule.targets, after: targets };
                    planned.change(change, plan, notes);
                }
            }
        }
        Ok(planned)
    }

    /// Writes the backup, then everything; answers with how many could not be written.
    async fn apply(&self, account: &Account, planned: &Planned) -> Result<usize, Failure> {
        let now = Timestamp::now();
        let path = self
            .backup
            .clone()
            .unwrap_or_else(|| now.strftime("reveille-rewire-%Y%m%dT%H%M%SZ.json").to_string().into());
        let changes: Vec<Change> = planned.changes.iter().map(|planned| planned.change.clone()).collect();
        let region = account.region().to_owned();
        Backup { version: VERSION, made_at: now, region, changes: changes.clone() }.write(&path)?;
        output::say(report::backed_up(&path, self.json))?;
        let mut failed = 0;
        for (done, change) in changes.iter().enumerate() {
            let outcome = progress::with(&report::doing(change, done, changes.len()), change.apply(account)).await;
            failed += usize::from(outcome.is_err());
            report::say_outcome(change, outcome.map(|_| "rewired"), self.json)?;
        }
        if !self.json {
            output::say(harmless(&report::written(planned, failed, &path)))?;
        }
        Ok(failed)
    }
}

/// Reads the ARN of a function.
fn function(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_function = parts.len() >= 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function";
    if is_function {
        Ok(text.to_owned())
    } else {
        Err("the ARN of a Lambda function: arn:aws:lambda:REGION:ACCOUNT:function:NAME".to_owned())
    }
}
