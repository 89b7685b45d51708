//! Plays a script: lets time pass in the world in memory, does what the steps say, and looks at what they expect.
//!
//! What is due at an instant happens before the steps of that instant. Nothing here decides anything about an incident:
//! events go to `ingest`, answers to `acknowledge`, and everything else that happens is the functions' own doing.

mod answering;
mod behind;
mod looking;
mod news;
mod repetition;
mod sending;

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Incident, IncidentId};

use super::script::{Deed, Origin, Step};
use super::signal::{Saying, Signal};
use super::vocabulary::Verb;
use super::{End, Ground, Scenario};
use crate::apply::ApplyError;
use crate::configuration::Configuration;
use crate::timeline::Line;
use crate::world::{FunctionFailed, World};

pub use behind::Behind;
use news::News;
use repetition::only_repeats;
use sending::with_key;

/// What is told while a scenario is played.
#[derive(Clone, Debug)]
pub enum Told {
    /// A line of a timeline. `at`: seconds since the script began.
    Line {
        /// The line.
        line: Line,
        /// Seconds since the script began.
        at: f64,
        /// What stands behind it; in nights only, which are played to show it.
        behind: Option<Behind>,
    },
    /// A step did something.
    Deed {
        /// Seconds since the script began.
        at: f64,
        /// What.
        text: String,
    },
    /// What a step expects is so.
    Holds {
        /// Seconds since the script began.
        at: f64,
        /// What.
        text: String,
    },
    /// It is not so, or a step could not be done.
    Broken(Broken),
}

/// A step that did not come out as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Seconds since the script began.
    pub at: f64,
    /// `FILE:LINE:COLUMN` of the step, or the option that it was typed as.
    pub place: String,
    /// What is wrong, a line each.
    pub reasons: Vec<String>,
}

/// What became of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// How many expectations were looked at.
    pub expectations: usize,
    /// The steps that did not come out as they are written.
    pub broken: Vec<Broken>,
    /// The incidents as they were at the end.
    pub incidents: Vec<Incident>,
    /// Whether nothing more would have happened by itself.
    pub is_quiet: bool,
    /// When the operators were told that nobody had answered, after the first signal; `None`: they were not.
    pub last_resort_at: Option<SignedDuration>,
    /// How long it was from the first signal to the end.
    pub lasted: SignedDuration,
}

/// Why a scenario could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A configuration could not be applied.
    #[error("the configuration could not be applied")]
    Apply(#[from] ApplyError),
    /// A function failed to which nothing had been done.
    #[error("{0}; nothing had been done to it, so this is a bug of Reveille")]
    Function(String),
}

/// Plays a scenario, on a runtime whose time is paused: a provider that hangs would be waited for otherwise. What is a night
/// goes on after its last step, until nothing more happens.
pub async fn play(scenario: &Scenario, tell: impl FnMut(Told)) -> Result<Played, PlayError> {
    play_on(&World::starting(scenario.begins), scenario, tell).await
}

/// Plays a scenario on any ground, whose clock shows when it begins.
pub async fn play_on(
    ground: &dyn Ground,
    scenario: &Scenario,
    mut tell: impl FnMut(Told),
) -> Result<Played, PlayError> {
    let mut player = Player::of(ground, scenario, &mut tell);
    player.apply(&scenario.configuration).await?;
    for step in &scenario.script {
        player.world.pass_until(step.at + player.world.delay()).await;
        player.tell_news();
        player.act(step).await?;
        player.world.pass_until(player.world.now()).await;
        player.tell_news();
        player.held_up()?;
    }
    if let Some(End { at_latest, at_repetitions }) = scenario.end {
        let plans = &player.configuration.escalation_plans;
        let is_enough = |incident: &Incident| at_repetitions && only_repeats(incident, plans);
        player.pass_until_quiet(at_latest + ground.delay(), &is_enough).await;
        player.tell_news();
        player.held_up()?;
    }
    Ok(player.ended())
}

struct Player<'p> {
    scenario: &'p Scenario,
    world: &'p dyn Ground,
    tell: &'p mut dyn FnMut(Told),
    /// The configuration in force.
    configuration: Configuration,
    /// Those that were in force before: whoever was paged under one may answer under the next.
    former: Vec<Configuration>,
    /// Everything that has been sent, in order, with the incidents that it is about.
    signalled: Vec<Signalled>,
    news: News,
    /// The receipts of deliveries that an expectation has looked at.
    looked_at: BTreeSet<(String, String)>,
    posts: usize,
    replies: usize,
    played: Played,
}

/// A signal that has been sent.
struct Signalled {
    /// Its name; of several at once, each has its own.
    name: String,
    signal: Signal,
    incidents: Vec<IncidentId>,
}

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Function(#[from] FunctionFailed),
    #[error("{0}")]
    Impossible(String),
}

impl<'p> Player<'p> {
    fn of(world: &'p dyn Ground, scenario: &'p Scenario, tell: &'p mut dyn FnMut(Told)) -> Self {
        let signals = |step: &&Step| matches!(step.deed, Deed::Signal(_));
        let signal_at = scenario.script.iter().find(signals).map_or(scenario.begins, |step| step.at);
        Self {
            world,
            tell,
            configuration: scenario.configuration.clone(),
            former: Vec::new(),
            signalled: Vec::new(),
            news: News::since(signal_at),
            looked_at: BTreeSet::new(),
            posts: 0,
            replies: 0,
            played: Played::default(),
            scenario,
        }
    }

    /// Does one step. What cannot be done is a finding, and the script goes on.
    async fn act(&mut self, step: &Step) -> Result<(), PlayError> {
        let mut done = self.attempt(step).await?;
        // Nobody answers a page that has not come.
        while matches!((&done, &step.deed), (Err(Undone::Impossible(_)), Deed::Answer(_))) && self.world.waits().await {
            done = self.attempt(step).await?;
        }
        match done {
            Ok(()) => {
                if let Some(text) = words(&step.deed) {
                    let at = self.seconds();
                    (self.tell)(Told::Deed { at, text });
                }
            }
            Err(Undone::Function(failed)) => return Err(PlayError::Function(failed.to_string())),
            Err(Undone::Impossible(why)) => self.broken(step, vec![why]),
        }
        Ok(())
    }

    async fn attempt(&mut self, step: &Step) -> Result<Result<(), Undone>, PlayError> {
        Ok(match &step.deed {
            Deed::Signal(signal) => self.signal(signal, Saying::Firing).await,
            Deed::Recover(signal) => self.signal(signal, Saying::Recovered).await,
            Deed::Answer(answer) => self.answer(answer).await,
            Deed::Fail(faults) => {
                faults.iter().for_each(|fault| self.world.fail(fault));
                Ok(())
            }
            Deed::Heal(faults) if faults.is_empty() => {
                self.world.heal_all();
                Ok(())
            }
            Deed::Heal(faults) => {
                faults.iter().for_each(|fault| self.world.heal(fault));
                Ok(())
            }
            Deed::Apply(configuration) => {
                self.apply(configuration).await?;
                Ok(())
            }
            Deed::Expect(expectation) => {
                self.look(step, expectation);
                Ok(())
            }
            Deed::Wait => Ok(()),
        })
    }

    async fn apply(&mut self, configuration: &Configuration) -> Result<(), PlayError> {
        let before = std::mem::replace(&mut self.configuration, with_key(configuration.clone()));
        self.former.push(before);
        Ok(self.world.apply(&self.configuration).await?)
    }

    /// The incident of a signal; `None`: none is named.
    fn named_incident(&self, name: Option<&str>) -> Result<Option<Incident>, Undone> {
        let Some(name) = name else { return Ok(None) };
        let named = self.signalled.iter().rev().filter(|signalled| signalled.name == name);
        let id = named.flat_map(|signalled| signalled.incidents.iter().rev()).next();
        let incident = id.and_then(|id| self.world.rows().incidents().into_iter().find(|i| i.opening.id == *id));
        incident.map(Some).ok_or_else(|| Undone::Impossible(format!("no incident has been opened by `{name}`")))
    }

    /// The newest incident that is open, or the newest of all.
    fn newest(&self) -> Option<Incident> {
        let incidents = self.world.rows().incidents();
        let order = |id: &IncidentId| self.signalled.iter().rposition(|signalled| signalled.incidents.contains(id));
        incidents.into_iter().max_by_key(|i| (i.is_open(), i.opened_at, order(&i.opening.id)))
    }

    /// What has become of it.
    fn ended(self) -> Played {
        let last_resort = self.world.rows().last_resort_at();
        Played {
            incidents: self.world.rows().incidents(),
            is_quiet: self.world.rows().is_quiet(),
            last_resort_at: last_resort.map(|at| at.duration_since(self.news.signal_at)),
            lasted: self.world.now().duration_since(self.news.signal_at),
            ..self.played
        }
    }

    /// Lets time pass until nothing more happens by itself, or what does of an incident is enough; but not beyond an instant.
    async fn pass_until_quiet(&self, at_latest: Timestamp, is_enough: &dyn Fn(&Incident) -> bool) {
        // What is begun at this instant has to be there before anybody looks.
        self.world.pass_until(self.world.now()).await;
        while self.world.now() < at_latest && !self.world.rows().is_quiet_but_for(is_enough) {
            self.world.pass_until(at_latest.min(self.world.now() + SignedDuration::from_mins(1))).await;
        }
    }

    /// A function to which nothing has been done must not have failed.
    fn held_up(&self) -> Result<(), PlayError> {
        self.world.failures().into_iter().next().map_or(Ok(()), |failure| Err(PlayError::Function(failure)))
    }

    fn broken(&mut self, step: &Step, reasons: Vec<String>) {
        let place = match &step.origin {
            Origin::File(place) => format!("{}:{}:{}", self.scenario.file, place.line, place.column),
            Origin::Option(option) => option.clone(),
        };
        let broken = Broken { at: self.seconds(), place, reasons };
        self.played.broken.push(broken.clone());
        (self.tell)(Told::Broken(broken));
    }

    /// Seconds since the script began.
    fn seconds(&self) -> f64 {
        since(self.world.now(), self.scenario.begins)
    }
}

fn since(at: Timestamp, from: Timestamp) -> f64 {
    at.duration_since(from).as_secs_f64()
}

/// What a transcript says of a step that did something.
fn words(deed: &Deed) -> Option<String> {
    match deed {
        Deed::Signal(signal) => Some(signal.words(Verb::Signal)),
        Deed::Recover(signal) => Some(signal.words(Verb::Recover)),
        Deed::Answer(answer) => Some(answer.words()),
        Deed::Fail(faults) => Some(format!("out of order: {}", super::page::listed(faults))),
        Deed::Heal(faults) if faults.is_empty() => Some("everything works again".to_owned()),
        Deed::Heal(faults) => Some(format!("works again: {}", super::page::listed(faults))),
        Deed::Apply(_) => Some("another configuration is applied".to_owned()),
        Deed::Expect(_) | Deed::Wait => None,
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { at, place, reasons } = self;
        write!(f, "{:>8}  ✗ {place}", crate::screen::elapsed(*at))?;
        reasons.iter().try_for_each(|reason| write!(f, "\n            {reason}"))
    }
}
