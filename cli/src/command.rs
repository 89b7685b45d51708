//! The command line: what can be typed, and what each command does with it.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use jiff::Timestamp;

use crate::alarms::Alarms;
use crate::bench::Bench;
use crate::calendar::Calendar;
use crate::completions::Completions;
use crate::contacts::Contacts;
use crate::doctor::Doctor;
use crate::environment::Env;
use crate::explain::Explain;
use crate::lint::Lint;
use crate::local::Local;
use crate::man::Man;
use crate::overrides::Overrides;
use crate::redrive::Redrive;
use crate::scenario::Rehearsal;
use crate::send::SendEvent;
use crate::shifts::Shifts;
use crate::simulate::Simulate;
use crate::test_page::TestPageCommand;
use crate::verify::Verify;
use crate::who::Who;
use crate::{apply, demo, export, import, incidents, plan, schema, webhook_key};

/// Whatever a command fails with: `main` prints it with its causes and exits with 1.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// On-call and incident response for teams on AWS, in their own account.
#[derive(Debug, Parser)]
#[command(name = "reveille", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    play: PlayArguments,
}

#[derive(Debug, Args)]
struct PlayArguments {
    /// Print one JSON object a line instead of the live view
    #[arg(long)]
    json: bool,
    /// Play this configuration instead of examples/three-engineers.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Play this event instead of events/alarm-web-unhealthy.json
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// How many seconds pass in one
    #[arg(long, value_name = "N", default_value_t = 15.0, value_parser = speed)]
    speed: f64,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play the story of a page on the embedded stack (what `cargo run` does)
    Demo(PlayArguments),
    /// Keep the embedded stack up: front, inbox, AWS endpoint
    Local(Local),
    /// Send an event to the local stack's `ingest`
    Send(SendEvent),
    /// Show what would change in an installation, field by field
    Plan(plan::Plan),
    /// Load a configuration into an installation
    Apply(apply::Apply),
    /// Write an installation back as a configuration
    Export(export::Export),
    /// Print the JSON Schema of the configuration, for editors
    Schema(schema::Schema),
    /// List incidents: those that are open, unless something else is asked for
    Incidents(incidents::List),
    /// Show an incident: its timeline, its pages with receipts and reasons, its runbooks
    Show(incidents::Show),
    /// Open an incident by hand
    Start(incidents::Start),
    /// Answer an incident: you have it
    Ack(incidents::Ack),
    /// Close an incident
    Resolve(incidents::Resolve),
    /// Have an incident for a while, and be asked again if it is not over by then
    Snooze(incidents::Snooze),
    /// Start what comes next on the plan now, whether or not somebody has answered
    Escalate(incidents::Escalate),
    /// Ask somebody beside those who are asked
    Engage(incidents::Engage),
    /// Ask somebody instead of those who are asked, or who have it
    Reassign(incidents::Reassign),
    /// Write something on the timeline for the others
    Note(incidents::NoteText),
    /// Runbooks of an incident
    #[command(subcommand)]
    Runbook(incidents::Runbook),
    /// Prove that a channel reaches its owner: a code is sent there, and taken back
    Verify(Verify),
    /// Show how an event is read, without touching anything
    Explain(Explain),
    /// Move alarms here
    #[command(subcommand)]
    Alarms(Alarms),
    /// Say who would be paged when, on which channel, with which text, and which runbook would run
    Simulate(Simulate),
    /// Play a scenario in virtual time and hold it to what it expects
    Scenario(Rehearsal),
    /// Find what pages nobody
    Lint(Box<Lint>),
    /// Make a configuration of what another system has, and say what has no equivalent
    #[command(subcommand)]
    Import(import::Import),
    /// Say who is on call, or was
    Who(Who),
    /// List the shifts of a schedule, past and to come, and its gaps
    Shifts(Shifts),
    /// Export the shifts of a schedule as iCalendar
    Calendar(Calendar),
    /// Show everybody who can be paged, and how each of their channels stands
    #[command(visible_alias = "channels")]
    Contacts(Contacts),
    /// Change who is on call for a while, without an edit of the configuration
    #[command(subcommand)]
    Override(Overrides),
    /// Really page a contact, and wait for the answer: a test that opens no incident for anybody else
    TestPage(TestPageCommand),
    /// Walk through an installation and say what is to be mended
    Doctor(Doctor),
    /// Take what ended in a dead-letter queue back to where it is worked
    Redrive(Redrive),
    /// Print what a shell needs to complete these commands
    Completions(Completions),
    /// Print the manual, or write its pages into a folder
    Man(Man),
    /// Print the environment of a function against the local stack, KEY=VALUE a line
    Env(Env),
    /// Make a key for a webhook
    WebhookKey,
    /// Measure
    #[command(subcommand)]
    Bench(Bench),
}

impl Arguments {
    /// Does what was typed.
    pub async fn run(self) -> Result<(), Failure> {
        match self.command.unwrap_or(Command::Demo(self.play)) {
            Command::Demo(play) => Ok(demo::play(&play.into()).await?),
            Command::Local(local) => local.run().await,
            Command::Send(send) => send.run().await,
            Command::Plan(plan) => plan.run().await,
            Command::Apply(apply) => apply.run().await,
            Command::Export(export) => export.run().await,
            Command::Schema(schema) => schema.run(),
            Command::Verify(verify) => verify.run().await,
            Command::Incidents(list) => list.run().await,
            Command::Show(show) => show.run().await,
            Command::Start(start) => start.run().await,
            Command::Ack(ack) => ack.run().await,
            Command::Resolve(resolve) => resolve.run().await,
            Command::Snooze(snooze) => snooze.run().await,
            Command::Escalate(escalate) => escalate.run().await,
            Command::Engage(engage) => engage.run().await,
            Command::Reassign(reassign) => reassign.run().await,
            Command::Note(note) => note.run().await,
            Command::Runbook(runbook) => runbook.run().await,
            Command::Explain(explain) => explain.run(),
            Command::Alarms(alarms) => alarms.run().await,
            Command::Simulate(simulate) => simulate.run().await,
            Command::Scenario(rehearsal) => rehearsal.run().await,
            Command::Lint(lint) => lint.run().await,
            Command::Import(import) => import.run().await,
            Command::Who(who) => who.run().await,
            Command::Shifts(shifts) => shifts.run().await,
            Command::Calendar(calendar) => calendar.run().await,
            Command::Contacts(contacts) => contacts.run().await,
            Command::Override(overrides) => overrides.run().await,
            Command::TestPage(test) => test.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Redrive(redrive) => redrive.run().await,
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
            Command::Env(env) => env.run(),
            Command::WebhookKey => webhook_key::print(),
            Command::Bench(bench) => bench.run().await,
        }
    }
}

impl From<PlayArguments> for demo::Play {
    fn from(arguments: PlayArguments) -> Self {
        let PlayArguments { json, config, event, speed } = arguments;
        Self { json, config, event, speed }
    }
}

/// A mistake in what was typed for a command, `ack` or `override add`: told in the same way, and with the same status, as by the
/// parser.
pub(crate) fn usage_of(command: &str, message: impl std::fmt::Display) -> Failure {
    let mut one = &mut Arguments::command();
    one.build();
    for word in command.split(' ') {
        one = one.find_subcommand_mut(word).expect("the command is there: it is running");
    }
    one.error(ErrorKind::ValueValidation, message).into()
}

/// Reads an instant. Nothing changes in the middle of a second, here or in a configuration.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let at: Timestamp = text.parse().map_err(|_| {
        "an instant of RFC 3339 with its offset, for example 2026-01-05T14:00:00Z or 2026-01-05T09:00:00-05:00"
            .to_owned()
    })?;
    if at.subsec_nanosecond() == 0 { Ok(at) } else { Err("an instant in whole seconds".to_owned()) }
}

/// Now, without the part of a second that nobody has typed: an answer with it would never look the same twice.
pub(crate) fn this_second() -> Timestamp {
    whole_second(Timestamp::now())
}

/// The second that an instant is in.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Reads a file, or standard input.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| format!("{} could not be read: {error}", path.display());
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(unreadable)?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (1.0..=120.0).contains(&speed) => Ok(speed),
        Ok(_) => Err("between 1 (real time) and 120".to_owned()),
        Err(_) => Err("a number, for example 15".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_parsed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_mistake_shows_the_usage_of_its_command() {
        for command in ["ack", "test-page", "override add", "alarms rewire"] {
            let told = usage_of(command, "no").to_string();
            assert!(told.contains(&format!("Usage: reveille {command} ")), "{told}");
        }
    }

    #[test]
    fn instants_are_typed_in_whole_seconds() {
        for (text, is_one) in [
            ("2026-01-05T14:00:00Z", true),
            ("2026-01-05T09:00:00-05:00", true),
            ("2026-01-05T14:00:00.5Z", false),
            ("2026-01-05T14:00:00", false),
            ("tomorrow", false),
        ] {
            assert_eq!(instant(text).is_ok(), is_one, "{text}");
        }
        assert_eq!(this_second().subsec_nanosecond(), 0);
    }
}
