//! Plays a script: lets time pass in the world in memory, does what the steps say, and looks at what they expect.
//!
//! What is due at an instant happens before the steps of that instant. Nothing here decides anything about an incident:
//! events go to `ingest`, answers to `acknowledge`, and everything else that happens is the functions' own doing.

mod behind;
mod looking;
mod news;
mod repetition;

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Actor, ChannelId, ContactAlias, Incident, IncidentId, Input};
use reveille_engine::Chain;
use serde_json::Value;

use super::answer::{self, Answer};
use super::script::{Deed, Origin, Step};
use super::signal::{Saying, Sending, Signal};
use super::vocabulary::Verb;
use super::{End, Ground, Scenario};
use crate::apply::ApplyError;
use crate::configuration::{Address, Configuration, Webhook, WebhookKeyHash, WebhookName, hash_webhook_key};
use crate::timeline::Line;
use crate::world::{self, Errand, FunctionFailed, World, newest_code, newest_link};

pub use behind::Behind;
use news::News;
use repetition::only_repeats;

/// The key that posts of scenarios bring.
const KEY: &str = "a-key-that-only-scenarios-have";
/// The webhook that posts come through unless the script names one of the configuration.
const WEBHOOK: &str = "scenario";

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
        player.world.pass_until(step.at).await;
        player.tell_news();
        player.act(step).await?;
        player.world.pass_until(player.world.now()).await;
        player.tell_news();
        player.held_up()?;
    }
    if let Some(End { at_latest, at_repetitions }) = scenario.end {
        let plans = &player.configuration.escalation_plans;
        let is_enough = |incident: &Incident| at_repetitions && only_repeats(incident, plans);
        player.pass_until_quiet(at_latest, &is_enough).await;
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

    /// Sends a signal. One that recovers under a name alone is the signal that was sent under it.
    async fn signal(&mut self, signal: &Signal, saying: Saying) -> Result<(), Undone> {
        let known = || self.signalled.iter().rev().find(|known| known.name == signal.name);
        let signal = match saying {
            Saying::Recovered if signal.is_bare() => {
                known().map_or_else(|| Signal::alarm(&signal.name), |known| known.signal.one_of(&known.name))
            }
            Saying::Recovered | Saying::Firing => signal.clone(),
        };
        let sendings = signal.sendings(saying, self.world.now()).ok_or_else(|| {
            let why = "nobody knows how this event says that it is over: send that event itself with `signal`";
            Undone::Impossible(format!("recover {}: {why}", signal.name))
        })?;
        for (name, sending) in sendings {
            let incidents = match sending {
                Sending::Invocation(event) => named_in(&self.world.ingest(event).await?),
                // A webhook is answered with how much was taken, not with which incidents.
                Sending::Post { through, plan, body } => {
                    let before = self.ids();
                    self.post(through.as_deref(), plan.as_deref(), &body).await?;
                    self.ids().difference(&before).cloned().collect()
                }
            };
            self.signalled.push(Signalled { name, signal: signal.clone(), incidents });
        }
        Ok(())
    }

    async fn post(&mut self, through: Option<&str>, plan: Option<&str>, body: &Value) -> Result<(), Undone> {
        self.posts += 1;
        let key = key_of(through.unwrap_or(WEBHOOK));
        let plan = plan.map(|plan| format!("?response_plan={plan}")).unwrap_or_default();
        // What is no JSON is posted as it is.
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let mut post = world::request("POST", &format!("/webhook/{key}{plan}"), &body);
        post["requestContext"]["requestId"] = format!("post-{}", self.posts).into();
        let answer = self.world.ingest(post).await?;
        match answer["statusCode"].as_u64() {
            Some(200..300) => Ok(()),
            Some(_) | None => Err(Undone::Impossible(format!("the webhook did not take it: {}", answer["body"]))),
        }
    }

    fn ids(&self) -> BTreeSet<IncidentId> {
        self.world.rows().incidents().into_iter().map(|incident| incident.opening.id).collect()
    }

    async fn answer(&mut self, answer: &Answer) -> Result<(), Undone> {
        match (&answer.deed, &answer.by) {
            (answer::Deed::Reply(text), _) => self.reply(answer, text).await,
            (answer::Deed::Open, _) => self.visit("GET", "", answer).await,
            (answer::Deed::Acknowledge, _) => self.visit("POST", "do=acknowledge", answer).await,
            (answer::Deed::Resolve, Some(_)) => self.visit("POST", "do=resolve", answer).await,
            (answer::Deed::Resolve, None) => self.order(answer, |by, _| Ok(Input::Resolve { by })).await,
            (answer::Deed::Escalate, _) => self.order(answer, |by, _| Ok(Input::Escalate { by })).await,
            (answer::Deed::Reassign(to), _) => {
                self.order(answer, |by, _| Ok(Input::Reassign { by, to: to.clone() })).await
            }
            (answer::Deed::Engage(target), _) => {
                self.order(answer, |by, _| Ok(Input::Engage { by, target: target.clone() })).await
            }
            (answer::Deed::Snooze(minutes), _) => self.order(answer, |_, id| self.snooze(answer, *minutes, id)).await,
        }
    }

    /// Somebody opens the newest link that they were sent.
    async fn visit(&self, method: &str, form: &str, answer: &Answer) -> Result<(), Undone> {
        let incident = self.named_incident(answer.incident.as_deref())?;
        let who = self.whoever(answer, incident.as_ref())?;
        let addresses = self.addresses(&who, answer.channel.as_deref());
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let about = incident.as_ref().map(|incident| incident.opening.id.short());
        let path = newest_link(&self.world.sent(), &addresses, about)
            .ok_or_else(|| Undone::Impossible(format!("{who} has been sent no link to open, so cannot answer")))?;
        let page = self.world.visit(method, &path, form).await?;
        match page["statusCode"].as_u64() {
            Some(200) => Ok(()),
            Some(_) | None => Err(Undone::Impossible(format!("{who} was shown an error: {}", page["statusCode"]))),
        }
    }

    /// Somebody sends a text message to the installation's number. `{code}` is the one that they were last asked for.
    async fn reply(&mut self, answer: &Answer, text: &str) -> Result<(), Undone> {
        let who = self.whoever(answer, None)?;
        let channel = answer.channel.as_deref().unwrap_or("sms");
        let address = self.addresses(&who, Some(channel)).into_iter().next();
        let address =
            address.ok_or_else(|| Undone::Impossible(format!("{who} has no number to send messages from")))?;
        let text = match newest_code(&self.world.sent(), &address) {
            Some(code) => text.replace("{code}", &code),
            None if text.contains("{code}") => {
                return Err(Undone::Impossible(format!("{who} has been sent no code to reply with")));
            }
            None => text.to_owned(),
        };
        self.replies += 1;
        let id = format!("reply-{}", self.replies);
        self.world.reply(&address, &text, &id).await?;
        Ok(())
    }

    /// A contact or an operator puts an input into an incident, past the pages.
    async fn order(
        &self,
        answer: &Answer,
        input: impl FnOnce(Actor, &IncidentId) -> Result<Input, Undone>,
    ) -> Result<(), Undone> {
        let incident = self.named_incident(answer.incident.as_deref())?.or_else(|| self.newest());
        let incident = incident.ok_or_else(|| Undone::Impossible("there is no incident yet".to_owned()))?;
        let id = &incident.opening.id;
        let by = answer.by.clone().map_or(Actor::Operator, Actor::Contact);
        let input = input(by, id)?;
        let engine = self.world.engine();
        engine.apply(id, &input, None).await.map_err(|error| Undone::Impossible(Chain(&error).to_string()))?;
        // What the step ordered stands in the outbox: without queues the tick finds it.
        drop(engine.nudge(id).await);
        Ok(())
    }

    /// Somebody answers their newest page for a while.
    fn snooze(&self, answer: &Answer, minutes: u32, id: &IncidentId) -> Result<Input, Undone> {
        let incident = self.world.rows().incidents().into_iter().find(|incident| incident.opening.id == *id);
        let contact = self.whoever(answer, incident.as_ref())?;
        let orders = self.world.rows().orders(id).into_iter();
        let theirs = orders.filter(|o| o.engagement().is_some() && o.order.contact().as_ref() == Some(&contact));
        let page = theirs.map(|order| order.id()).max();
        let page = page.ok_or_else(|| Undone::Impossible(format!("{contact} has not been paged, so cannot answer")))?;
        Ok(Input::Snooze { contact, page, minutes })
    }

    /// Who answers: the contact who is named, or whoever was paged last.
    fn whoever(&self, answer: &Answer, incident: Option<&Incident>) -> Result<ContactAlias, Undone> {
        if let Some(contact) = &answer.by {
            return Ok(contact.clone());
        }
        let mut pages = self.deliveries(incident.map(|incident| &incident.opening.id));
        pages.retain(|page| page.delivery.errand == Errand::Page);
        let newest = pages.into_iter().max_by_key(|page| page.delivery.at);
        newest
            .map(|page| page.delivery.contact)
            .ok_or_else(|| Undone::Impossible("nobody has been paged yet, so nobody can answer".to_owned()))
    }

    /// The configuration that knows a contact: the one in force, or the newest before it.
    fn knowing(&self, contact: &ContactAlias) -> &Configuration {
        let mut known = std::iter::once(&self.configuration).chain(self.former.iter().rev());
        known.find(|known| known.contacts.contains_key(contact)).unwrap_or(&self.configuration)
    }

    fn address(&self, contact: &ContactAlias, channel: &ChannelId) -> Option<&Address> {
        self.knowing(contact).addresses.get(contact)?.get(channel)
    }

    fn addresses(&self, contact: &ContactAlias, channel: Option<&str>) -> Vec<String> {
        let known = self.knowing(contact);
        let channels = known.contacts.get(contact).into_iter().flat_map(|contact| &contact.channels);
        let meant = channels.filter(|c| channel.is_none_or(|word| c.kind.name() == word || c.id.as_str() == word));
        let addresses = known.addresses.get(contact);
        meant.filter_map(|c| Some(addresses?.get(&c.id)?.expose().to_owned())).collect()
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

/// The incidents that an answer of `ingest` names.
fn named_in(answer: &Value) -> Vec<IncidentId> {
    let taken = answer["taken"].as_array().into_iter().flatten();
    let words = ["opened", "repeated", "applied", "duplicate"];
    taken.filter_map(|taken| words.into_iter().find_map(|word| taken[word].as_str())).map(IncidentId::new).collect()
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

/// The configuration with a door for the scenario's own posts: a webhook of its own, and a key to each of the others.
fn with_key(mut configuration: Configuration) -> Configuration {
    configuration
        .webhooks
        .entry(WebhookName::new(WEBHOOK))
        .or_insert(Webhook { keys: Vec::new(), response_plan: None });
    for (name, webhook) in &mut configuration.webhooks {
        webhook.keys.extend(WebhookKeyHash::parse(&hash_webhook_key(&key_of(name.as_str()))));
    }
    configuration
}

/// A key opens one webhook.
fn key_of(webhook: &str) -> String {
    format!("{KEY}-{webhook}")
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { at, place, reasons } = self;
        write!(f, "{:>8}  ✗ {place}", crate::screen::elapsed(*at))?;
        reasons.iter().try_for_each(|reason| write!(f, "\n            {reason}"))
    }
}
