//! `reveille runbook start`: a runbook that no plan starts by itself, or not again.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use reveille_domain::RunbookAction;

use super::act::Act;
use super::deeds::About;
use crate::command::Failure;
use crate::installation::Parts;
use crate::unknown_name::did_you_mean;

/// Runbooks of an incident
#[derive(Clone, Debug, Subcommand)]
pub enum Runbook {
    /// Start a runbook for an incident; `reveille show` says how it goes
    Start(Start),
}

/// What to start.
#[derive(Clone, Debug, Args)]
pub struct Start {
    #[command(flatten)]
    about: About,
    /// The SSM Automation document: one of the stack's own, or one whose name begins with the stack's parameter RunbookPrefix
    #[arg(value_name = "DOCUMENT")]
    document: String,
    /// A parameter; again for another one, or for another value of the same. `{{ … }}` is filled from the incident, as in plans
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

impl Runbook {
    /// Orders it; the function `runbook`, which alone may, starts it.
    pub async fn run(&self) -> Result<(), Failure> {
        let Runbook::Start(Start { about, document, parameters }) = self;
        let desk = about.desk().await?;
        allowed(&desk.parts, document)?;
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in parameters {
            all.entry(name.clone()).or_default().push(value.clone());
        }
        about.act(&desk, &Act::StartRunbook(RunbookAction { document: document.clone(), parameters: all })).await
    }
}

/// The role of the function `runbook` allows these names and no others: whoever types another one should not wait for its refusal.
pub(crate) fn allowed(parts: &Parts, document: &str) -> Result<(), Failure> {
    let Some(prefix) = &parts.runbook_prefix else { return Ok(()) };
    if document.starts_with(prefix.as_str()) || parts.runbooks.iter().any(|known| known == document) {
        return Ok(());
    }
    let meant = did_you_mean(document, parts.runbooks.iter().map(String::as_str));
    let meant = meant.map(|meant| format!("; {meant}")).unwrap_or_default();
    let own = parts.runbooks.join(", ");
    Err(format!(
        "`{document}` may not be started: runbooks are {own}, and those whose names begin with {prefix}{meant}"
    )
    .into())
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("NAME=VALUE, for example InstanceId=i-0123456789abcdef0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Addresses;

    #[test]
    fn only_names_that_the_function_may_start_are_ordered() {
        let parts = Parts::local(&Addresses::of_port_base(9070));
        for document in ["WebServerRestart", "RunChecks", "Reveille-drain-queue"] {
            assert!(allowed(&parts, document).is_ok(), "{document}");
        }
        let refused = allowed(&parts, "WebServerRestrat").unwrap_err().to_string();
        assert!(refused.contains("did you mean `WebServerRestart`?"), "{refused}");
        assert!(allowed(&parts, "AWS-RunShellScript").is_err());
        assert!(
            allowed(&Parts::of_table("t", "r"), "AWS-RunShellScript").is_ok(),
            "what is not known, the role decides"
        );
    }

    #[test]
    fn parameters_have_a_name_and_a_value() {
        assert_eq!(parameter("InstanceId=i-1=2"), Ok(("InstanceId".to_owned(), "i-1=2".to_owned())));
        assert_eq!(parameter("Reason="), Ok(("Reason".to_owned(), String::new())));
        assert!(parameter("=x").is_err() && parameter("x").is_err());
    }
}
