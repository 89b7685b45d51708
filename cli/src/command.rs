//! The command line: what can be typed, and what each command does with it.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias};

use crate::alarms::Alarms;
use crate::calendar::Calendar;
use crate::completions::Completions;
use crate::contacts::Contacts;
use crate::doctor::Doctor;
use crate::environment::{Addresses, FUNCTIONS};
use crate::installation::{Installation, Ports};
use crate::lint::Lint;
use crate::man::Man;
use crate::output;
use crate::overrides::Overrides;
use crate::redrive::Redrive;
use crate::shifts::Shifts;
use crate::simulate::Simulate;
use crate::test_page::TestPageCommand;
use crate::verify::{self, Verify};
use crate::who::Who;
use crate::{
    apply, bench, client, configuration, demo, explain, export, import, incidents, local, plan, progress, scenario,
    schema, webhook_key,
};

/// Whatever a command fails with: `main` prints it with its causes and exits with 1.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// On-call and incident response for teams on AWS, in their own account.
#[derive(Debug, Parser)]
#[command(name = "reveille", version, about)]
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
    Local {
        /// Keep everything in this folder between two runs
        #[arg(long, value_name = "DIR", default_value = ".reveille")]
        data: PathBuf,
        #[command(flatten)]
        ports: Ports,
        /// Apply this configuration at the start
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Send an event to the local stack's `ingest`
    Send {
        /// A file with an event, as in events/; `-` reads standard input
        file: PathBuf,
        /// Send it as it is. Otherwise an alarm happens now: one of last year opens nothing
        #[arg(long)]
        as_is: bool,
        #[command(flatten)]
        ports: Ports,
    },
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
    Verify {
        /// The contact's alias
        contact: String,
        /// The channel's id, for example `sms`
        channel: String,
        /// The code that has arrived
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        #[command(flatten)]
        installation: Installation,
    },
    /// Show how an event is read, without touching anything
    Explain {
        /// A file with an event; `-` reads standard input
        event: PathBuf,
        /// Also show which response plan of this configuration answers
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Move alarms here
    #[command(subcommand)]
    Alarms(Alarms),
    /// Say who would be paged when, on which channel, with which text, and which runbook would run
    Simulate(Simulate),
    /// Play a scenario in virtual time and hold it to what it expects
    Scenario {
        /// A scenario; see docs/SCENARIOS.md
        file: PathBuf,
        /// Print the timeline, one JSON object a line, instead of a transcript
        #[arg(long)]
        json: bool,
    },
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
    Env {
        /// The function's name
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(FUNCTIONS.map(|(name, _)| name)))]
        function: String,
        #[command(flatten)]
        ports: Ports,
    },
    /// Make a key for a webhook
    WebhookKey,
    /// Measure
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// From the receipt of an alarm until the SMS provider is asked to send, in the local world
    Latency {
        /// How many alarms
        #[arg(long, value_name = "N", default_value_t = 200)]
        alarms: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Arguments {
    /// Does what was typed.
    pub async fn run(self) -> Result<(), Failure> {
        match self.command.unwrap_or(Command::Demo(self.play)) {
            Command::Demo(play) => Ok(demo::play(&play.into()).await?),
            Command::Local { data, ports, config } => {
                log_to_stderr();
                Ok(local::stay(local::Stay { data, port_base: ports.port_base, config }).await?)
            }
            Command::Send { file, as_is, ports } => send(&file, as_is, &ports).await,
            Command::Plan(plan) => plan.run().await,
            Command::Apply(apply) => apply.run().await,
            Command::Export(export) => export.run().await,
            Command::Schema(schema) => schema.run(),
            Command::Verify { contact, channel, code, installation } => {
                let asked = Verify { contact: ContactAlias::new(contact), channel: ChannelId::new(channel), code };
                verify::verify(&installation.find().await?.engine(), &asked).await
            }
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
            Command::Explain { event, config, json } => explain_file(&event, config.as_deref(), json),
            Command::Alarms(alarms) => alarms.run().await,
            Command::Simulate(simulate) => simulate.run().await,
            Command::Scenario { file, json } => play_scenario(&file, json).await,
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
            Command::Env { function, ports } => print_environment(&function, &ports),
            Command::WebhookKey => print_webhook_key(),
            Command::Bench(Bench::Latency { alarms, json }) => measure_latency(alarms, json).await,
        }
    }
}

impl From<PlayArguments> for demo::Play {
    fn from(arguments: PlayArguments) -> Self {
        let PlayArguments { json, config, event, speed } = arguments;
        Self { json, config, event, speed }
    }
}

async fn send(file: &Path, as_is: bool, ports: &Ports) -> Result<(), Failure> {
    let event = event_in(file, read(file)?)?;
    // An alarm of last year would be older than the end of its last incident, and open none: it happens now.
    let event = if as_is { event } else { demo::happening_now(&event, Timestamp::now()) };
    let endpoint = Addresses::of_port_base(ports.port_base).endpoint;
    let url = format!("{endpoint}/2015-03-31/functions/ingest/invocations");
    let sending = client::request("POST", &url, event.to_string());
    let answer = progress::with("waiting for ingest", sending).await?;
    if answer.status >= 300 {
        return Err(format!("ingest did not take the event ({}): {}", answer.status, answer.body).into());
    }
    output::say_foreign(&format!("{}\n", answer.body))?;
    Ok(())
}

/// The event in a file. What is not JSON is an event all the same, which ingest keeps as text; but nobody sends a configuration.
fn event_in(file: &Path, text: String) -> Result<serde_json::Value, Failure> {
    if let Ok(event) = serde_json::from_str(&text) {
        return Ok(event);
    }
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let is_configuration =
        text.lines().any(|line| line.starts_with("reveille:") || line.starts_with("response_plans:"));
    if is_yaml || is_configuration {
        let shown = file.display();
        return Err(format!(
            "{shown} is YAML and no event, so nothing was sent. A configuration is loaded with `reveille apply {shown} --local`, a \
             scenario is played with `reveille scenario {shown}`; events/ has events to send"
        )
        .into());
    }
    Ok(serde_json::Value::String(text))
}

fn explain_file(event: &Path, config: Option<&Path>, json: bool) -> Result<(), Failure> {
    let configuration = config.map(configuration::load).transpose()?;
    let explanations = explain::explain(&read(event)?, configuration.as_ref(), Timestamp::now());
    if json {
        output::line(serde_json::to_string(&explanations)?)?;
        return Ok(());
    }
    for explanation in &explanations {
        output::line(format_args!("{}\n", crate::columns::harmless(&explanation.to_string())))?;
    }
    Ok(())
}

async fn play_scenario(file: &Path, json: bool) -> Result<(), Failure> {
    let scenario = scenario::load(file)?;
    if !json && !scenario.description.is_empty() {
        output::line(format_args!("{}\n", crate::columns::harmless(&scenario.description)))?;
    }
    // A scenario has a time of its own, so it is played on a runtime of its own.
    let played = tokio::task::spawn_blocking(move || {
        let runtime = scenario::runtime()?;
        let mut written = Ok(());
        let played = runtime.block_on(scenario::play(&scenario, |told| {
            if written.is_ok() {
                written = progress::above(|| scenario::tell(&mut std::io::stdout().lock(), json, &told));
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
        (broken, _) => Err(format!("{broken} steps did not come out as they are written").into()),
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

fn print_environment(function: &str, ports: &Ports) -> Result<(), Failure> {
    let environment = Addresses::of_port_base(ports.port_base).environment(function);
    for (name, value) in environment.ok_or_else(|| format!("there is no function `{function}`"))? {
        output::line(format_args!("{name}={value}"))?;
    }
    Ok(())
}

fn print_webhook_key() -> Result<(), Failure> {
    let made = webhook_key::make()?;
    output::line(format_args!("key for the sender, shown only now:\n  {}", made.key))?;
    output::line("\nfor the configuration, with a name of your choice:\n")?;
    output::line(format_args!("webhooks:\n  my-sender: {{ keys: [\"{}\"] }}", made.hash))?;
    Ok(())
}

async fn measure_latency(alarms: usize, json: bool) -> Result<(), Failure> {
    let latency = progress::with("measuring", bench::latency(alarms)).await?;
    if json {
        output::line(serde_json::to_string(&latency)?)?;
    } else {
        output::line(format_args!(
            "{} alarms, from receipt to Publish: p50 {} ms, p99 {} ms",
            latency.alarms, latency.p50_ms, latency.p99_ms
        ))?;
    }
    Ok(())
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

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dynoxide=error"));
    // Without a subscriber there is no log; with two, the first stays.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_parsed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_sent_is_an_event() {
        let rows = [
            ("alarm.json", "{\"a\": 1}", Ok(serde_json::json!({ "a": 1 }))),
            // Whatever a monitoring system says is an event.
            ("mail.txt", "the shop is down", Ok(serde_json::json!("the shop is down"))),
            ("-", "reveille is down", Ok(serde_json::json!("reveille is down"))),
            ("team.yaml", "name: x", Err("reveille apply team.yaml --local")),
            ("night.yml", "script: []", Err("reveille scenario night.yml")),
            ("-", "reveille: 1\ncontacts: {}", Err("is YAML and no event")),
        ];
        for (file, text, expected) in rows {
            let read = event_in(Path::new(file), text.to_owned()).map_err(|refused| refused.to_string());
            match (read, expected) {
                (Ok(event), Ok(expected)) => assert_eq!(event, expected, "{file}"),
                (Err(refused), Err(part)) => assert!(refused.contains(part), "{file}: {refused}"),
                (read, _) => panic!("{file}: {read:?}"),
            }
        }
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
