//! `cargo run`: the story of a page, told by the table.
//!
//! Nothing is scripted but the alarm and the POST of whoever answers. Everything that is printed is a row of the timeline,
//! read back from the table that the functions write to.

pub(crate) mod event;
mod variant;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use reveille_domain::Incident;
use reveille_local::LocalClock;
use reveille_local::automation::Account;
use serde_json::Value;

use crate::apply::{ApplyError, apply};
use crate::called::called;
use crate::client::ClientError;
use crate::configuration::{self, Configuration, ConfigurationErrors};
use crate::local_world::{LocalError, LocalWorld, Options};
use crate::screen::Screen;
use crate::timeline::Line;

use crate::output;
use variant::Variant;

/// The configuration that the demo plays unless another one is named.
pub const CONFIGURATION: &str = include_str!("../../examples/three-engineers.yaml");
/// The alarm that it plays unless another event is named.
const EVENT: &str = include_str!("../../events/alarm-web-unhealthy.json");

/// Where to go from here.
fn farewell() -> String {
    let called = called();
    format!(
        "\
Everything above was read back from the incidents' timelines.
To look around at real speed, with an inbox at http://127.0.0.1:9070/inbox:

  {called} local
  {called} send events/alarm-web-unhealthy.json

To play your own configuration:

  {called} demo --config FILE"
    )
}

/// How the demo is played.
#[derive(Clone, Debug)]
pub struct Play {
    /// One object a line instead of a screen.
    pub json: bool,
    /// Another configuration.
    pub config: Option<PathBuf>,
    /// Another event.
    pub event: Option<PathBuf>,
    /// How many seconds pass in one.
    pub speed: f64,
}

/// Why the demo could not be played.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The configuration has mistakes.
    #[error(transparent)]
    Configuration(#[from] ConfigurationErrors),
    /// It could not be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The local world failed.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The page behind a link did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The event could not be read.
    #[error("{path} could not be read")]
    Event {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The event opens no incident, so there is nothing to show.
    #[error("the event opened no incident ({0}); `reveille explain` says how it is read")]
    NothingOpened(String),
    /// The story did not end.
    #[error("the story did not end within {0} minutes of its own time")]
    Endless(i64),
    /// Somebody has seen enough.
    #[error("stopped before the end of the story")]
    Stopped,
    /// The terminal could not be written.
    #[error("the terminal could not be written")]
    Terminal(#[from] std::io::Error),
}

/// What the story is told to.
pub(crate) enum Audience {
    /// A program.
    Json,
    /// A terminal.
    Screen(Box<Screen>),
    /// A file, or a terminal that cannot move its cursor.
    Plain,
}

/// Plays both variants.
pub async fn play(options: &Play) -> Result<(), DemoError> {
    let configuration = match &options.config {
        Some(path) => configuration::load(path)?,
        None => configuration::parse(CONFIGURATION, "examples/three-engineers.yaml")?,
    };
    let event = event::load(options.event.as_deref())?;
    for variant in [Variant::NobodyAnswers, Variant::TheFirstAnswers] {
        let mut audience = Audience::new(options.json, variant.title(), &configuration)?;
        let told = tokio::select! {
            told = tell(options, &configuration, &event, variant, &mut audience) => told,
            // Whoever has seen enough gets the terminal back as it was.
            _ = tokio::signal::ctrl_c() => Err(DemoError::Stopped),
        };
        audience.leave()?;
        told?;
    }
    if !options.json {
        output::line(farewell())?;
    }
    Ok(())
}

/// One variant, in a world of its own.
async fn tell(
    options: &Play,
    configuration: &Configuration,
    event: &Value,
    variant: Variant,
    audience: &mut Audience,
) -> Result<(), DemoError> {
    let clock = LocalClock::scaled(Timestamp::now(), options.speed);
    let account = event::account_of(event);
    let world = LocalWorld::start(Options { clock, data: None, port_base: None, account }).await?;
    variant.prepare(&world, event);
    apply(world.table.as_ref(), configuration, world.now()).await?;
    // What is cold takes a quarter of a second, which is a quarter of a minute of the story.
    world.warm_up().await?;
    variant::tell(&world, configuration, event, variant, audience).await
}

impl Audience {
    fn new(json: bool, title: &str, configuration: &Configuration) -> std::io::Result<Self> {
        if json {
            return Ok(Audience::Json);
        }
        if std::io::stdout().is_terminal() {
            // A terminal that does not say where its cursor is (over a serial line, in a recording) takes lines all the same.
            match Screen::open(title, configuration) {
                Ok(screen) => return Ok(Audience::Screen(Box::new(screen))),
                Err(error) => tracing::debug!(%error, "the terminal has no live view"),
            }
        }
        output::line(format_args!("{title}\n"))?;
        Ok(Audience::Plain)
    }

    /// New lines of the timeline.
    pub(crate) fn hear(&mut self, lines: &[Line]) -> Result<(), DemoError> {
        for line in lines {
            match self {
                Audience::Json => {
                    let object = serde_json::to_string(line).map_err(std::io::Error::other)?;
                    // A reader that has heard enough closes the pipe: that is no failure of the story.
                    match writeln!(std::io::stdout().lock(), "{object}") {
                        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
                        written => written?,
                    }
                }
                Audience::Screen(screen) => screen.line(line)?,
                Audience::Plain => output::line(plain(line))?,
            }
        }
        Ok(())
    }

    /// The state as it is now.
    pub(crate) fn see(&mut self, incident: &Incident, now: Timestamp) -> Result<(), DemoError> {
        if let Audience::Screen(screen) = self {
            screen.draw(incident, now)?;
        }
        Ok(())
    }

    fn leave(self) -> Result<(), DemoError> {
        match self {
            Audience::Screen(screen) => Ok(screen.close()?),
            Audience::Plain => Ok(output::line("")?),
            Audience::Json => Ok(()),
        }
    }
}

fn plain(line: &Line) -> String {
    format!(
        "{:>8}  {:<13} {}",
        crate::screen::elapsed(line.at),
        crate::screen::word(line.kind),
        crate::columns::harmless(&line.text)
    )
}

/// The same alarm, happening at this instant, whatever carries it; events of other kinds stay as they are.
pub fn happening_now(event: &Value, now: Timestamp) -> Value {
    event::at(event, now)
}

/// An account in which the instance of an alarm runs a web server.
pub(crate) fn account_with(instance: &str) -> Account {
    Account::default().with_web_server(instance, "nginx")
}
