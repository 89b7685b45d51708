//! What somebody does about an incident, and what it came to, in a sentence.

use reveille_domain::{
    Actor, ContactAlias, Engage, Engaged, EngagementState, Ignored, Incident, IncidentId, Input, OutboxId,
    RunbookAction, Status, hex, limits,
};
use reveille_engine::{Applied, Chain, EngineError};
use reveille_wire::paragraphs;
use serde::Serialize;

use super::desk::Desk;
use super::span;
use super::summary::Summary;
use crate::columns::harmless;

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// "I have it."
    Acknowledge(ContactAlias),
    /// "I have it; ask me again in so many minutes."
    Snooze(ContactAlias, u32),
    /// "It is over."
    Resolve,
    /// "Ask the next one now."
    Escalate,
    /// "Ask them, too."
    Engage(Engage),
    /// "Ask them instead."
    Reassign(Engage),
    /// "The others should know."
    Note(String),
    /// "Run this."
    StartRunbook(RunbookAction),
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The verb.
    pub action: &'static str,
    /// Whether this command changed anything: `false` where it was so before.
    pub changed: bool,
    /// In a sentence.
    pub text: String,
    /// The incident as it is now.
    pub incident: Summary,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Nothing was changed; the sentence says why, and what to do.
    #[error("{0}")]
    Refused(String),
    /// It is gone.
    #[error("there is no incident `{0}` any more")]
    Gone(IncidentId),
    /// The table could not be used: whether it was done is not known.
    #[error("it is not known whether it was done: run the same command again{}", once(.1))]
    Engine(#[source] EngineError, bool),
}

/// Does it. The cause makes it count once, however often the network loses the answer; with `once` also however often the command is run.
pub async fn act(desk: &Desk, id: &IncidentId, act: &Act, once: Option<&str>) -> Result<Outcome, ActError> {
    let failed = |error: EngineError| ActError::Engine(error, act.adds_up() && once.is_none());
    let before = desk.engine.incident(id).await.map_err(failed)?.ok_or_else(|| ActError::Gone(id.clone()))?;
    let input = act.input(&desk.actor, &before);
    let cause = match once {
        Some(key) => format!("command {} {id} once {key}", act.verb()),
        None => format!("command {} {id} {}", act.verb(), random()),
    };
    let (changed, incident, text) = match desk.engine.apply(id, &input, Some(&cause)).await.map_err(failed)? {
        Applied::Committed(now) => {
            // Whoever has to act on it is woken; what is not heard is said by the desk.
            drop(desk.engine.nudge(id).await);
            let text = act.done(desk, &now);
            (true, *now, text)
        }
        Applied::Ignored(why, now) => {
            let text = act.unchanged(why, &now)?;
            (false, *now, text)
        }
        Applied::Duplicate => {
            let now = desk.engine.incident(id).await.map_err(failed)?.ok_or_else(|| ActError::Gone(id.clone()))?;
            let text = match once {
                Some(key) => format!("That has been done before, about {}: --once {key}.", named(&now)),
                None => act.done(desk, &now),
            };
            (once.is_none(), now, text)
        }
        Applied::Unknown => return Err(ActError::Gone(id.clone())),
    };
    Ok(Outcome { action: act.verb(), changed, text, incident: Summary::of(&incident, 0) })
}

impl Act {
    fn verb(&self) -> &'static str {
        match self {
            Act::Acknowledge(_) => "acknowledge",
            Act::Snooze(..) => "snooze",
            Act::Resolve => "resolve",
            Act::Escalate => "escalate",
            Act::Engage(_) => "engage",
            Act::Reassign(_) => "reassign",
            Act::Note(_) => "note",
            Act::StartRunbook(_) => "start_runbook",
        }
    }

    /// Whether doing it twice does more than doing it once.
    fn adds_up(&self) -> bool {
        match self {
            Act::Escalate | Act::Reassign(_) | Act::Note(_) | Act::StartRunbook(_) => true,
            Act::Acknowledge(_) | Act::Snooze(..) | Act::Resolve | Act::Engage(_) => false,
        }
    }

    fn input(&self, actor: &Actor, incident: &Incident) -> Input {
        let by = actor.clone();
        match self.clone() {
            Act::Acknowledge(contact) => {
                let page = newest_page(incident, &contact);
                Input::Acknowledge { contact, page }
            }
            Act::Snooze(contact, minutes) => {
                let page = newest_page(incident, &contact);
                Input::Snooze { contact, page, minutes }
            }
            Act::Resolve => Input::Resolve { by },
            Act::Escalate => Input::Escalate { by },
            Act::Engage(target) => Input::Engage { by, target },
            Act::Reassign(to) => Input::Reassign { by, to },
            Act::Note(text) => Input::Note { by, text: paragraphs(&text, limits::NOTE_CHARACTERS_MAX) },
            Act::StartRunbook(runbook) => Input::StartRunbook { by, runbook },
        }
    }

    /// What has happened, for whoever did it.
    fn done(&self, desk: &Desk, incident: &Incident) -> String {
        let (actor, what) = (&desk.actor, named(incident));
        let told = told(desk, incident);
        let paged = paged_now(incident);
        match self {
            Act::Acknowledge(contact) => format!("{contact} acknowledged {what}{told}."),
            Act::Snooze(contact, minutes) => {
                format!("{contact} has {what}, and is asked again in {minutes} min if it is not over{told}.")
            }
            Act::Resolve => format!("{actor} resolved {what}{told}."),
            Act::Escalate if paged.is_empty() => {
                format!(
                    "{actor} escalated {what}: nobody further is left to ask at this moment; `reveille show` says what comes next."
                )
            }
            Act::Escalate => format!("{actor} escalated {what}: {} now.", are_paged(&paged)),
            Act::Engage(target) => format!("{actor} has {target} asked about {what}, too: {} now.", are_paged(&paged)),
            Act::Reassign(to) => format!("{actor} gave {what} to {to}: {} now{told}.", are_paged(&paged)),
            Act::Note(_) => format!("{actor} noted it on {what}."),
            Act::StartRunbook(runbook) => match incident.runbooks.last().map(|run| &run.state) {
                Some(reveille_domain::RunbookState::Ended {
                    outcome: reveille_domain::RunbookOutcome::Failed(why),
                    ..
                }) => format!("{} was ordered for {what} and could not be started: {why}.", runbook.document),
                Some(_) | None => format!("{actor} has {} run for {what}.", runbook.document),
            },
        }
    }

    /// Why nothing was changed: that it was so before, or that it cannot be.
    fn unchanged(&self, why: Ignored, incident: &Incident) -> Result<String, ActError> {
        let what = named(incident);
        let refused = |text: String| Err(ActError::Refused(text));
        if let Status::Resolved(resolution) = &incident.status {
            let over = format!(
                "{what} is over: {} by {} at {}",
                resolution.reason.name(),
                resolution.by,
                span::instant(resolution.at)
            );
            return match self {
                Act::Acknowledge(_) | Act::Snooze(..) | Act::Resolve => Ok(format!("{over}.")),
                Act::Escalate | Act::Engage(_) | Act::Reassign(_) | Act::Note(_) | Act::StartRunbook(_) => {
                    refused(format!("{over}; a new one is opened with `reveille start`"))
                }
            };
        }
        match (why, self) {
            (Ignored::Unknown, Act::Acknowledge(contact) | Act::Snooze(contact, _)) => {
                refused(not_asked(incident, contact))
            }
            (Ignored::Settled, Act::Acknowledge(contact) | Act::Snooze(contact, _)) => Ok(has_it(incident, contact)),
            (Ignored::Settled, Act::Engage(target)) => Ok(format!("{target} is asked about {what} already.")),
            (Ignored::NobodyToAsk, Act::Engage(target) | Act::Reassign(target)) => refused(format!(
                "nobody can be asked by that: {} has nobody who is on call and has a verified channel; nothing was changed",
                target
            )),
            (Ignored::NotDue, _) => refused(format!(
                "the plan of {what} has not begun yet; it does within a minute: run the command again then"
            )),
            (Ignored::Unknown, _) => refused(format!(
                "there is no response plan `{}`: apply a configuration that has it; until then only the safety contact is asked",
                incident.opening.response_plan
            )),
            (Ignored::Empty, _) => refused("there is nothing in it".to_owned()),
            (Ignored::TooMany, _) => refused(format!(
                "{what} has had {} runbooks, which is all that it can hold: start the document yourself",
                incident.runbooks.len()
            )),
            (
                Ignored::AlreadyOpen | Ignored::Settled | Ignored::Stale | Ignored::Irrelevant | Ignored::NobodyToAsk,
                _,
            ) => refused(format!("{what} is as it was: there is nothing to do")),
        }
    }
}

/// The title and the id, as every sentence names an incident.
pub(crate) fn named(incident: &Incident) -> String {
    format!("{} ({})", incident.opening.title, incident.opening.id.short())
}

/// The newest page of a contact. Who is asked and has not been paged yet answers without one.
fn newest_page(incident: &Incident, contact: &ContactAlias) -> OutboxId {
    let pages = incident.engagements.iter().filter_map(|engagement| match &engagement.engaged {
        Engaged::Contact { contact: asked, latest_page, .. } if asked == contact => latest_page.map(|(page, _)| page),
        Engaged::Contact { .. } | Engaged::Escalation { .. } => None,
    });
    pages.max().unwrap_or(OutboxId { revision: 0, number: 0 })
}

/// Whom the newest revision pages.
fn paged_now(incident: &Incident) -> Vec<String> {
    let mut paged: Vec<String> = Vec::new();
    for engagement in &incident.engagements {
        if let Engaged::Contact { contact, latest_page: Some((page, _)), .. } = &engagement.engaged
            && page.revision == incident.revision
            && !paged.contains(&contact.to_string())
        {
            paged.push(contact.to_string());
        }
    }
    paged
}

fn are_paged(paged: &[String]) -> String {
    match paged {
        [] => "nobody is paged".to_owned(),
        [one] => format!("{one} is paged"),
        several => format!("{} are paged", several.join(", ")),
    }
}

/// How many others hear of it: everybody who had been paged, but not whoever did it.
fn told(desk: &Desk, incident: &Incident) -> String {
    let recipients = incident.recipients(desk.engine.now());
    let paged_now = paged_now(incident);
    let hears = |contact: &&ContactAlias| {
        desk.actor != Actor::Contact((*contact).clone()) && !paged_now.contains(&contact.to_string())
    };
    let others = recipients.keys().filter(hears).count();
    match others {
        0 => String::new(),
        1 => "; 1 other is told".to_owned(),
        others => format!("; {others} others are told"),
    }
}

fn not_asked(incident: &Incident, contact: &ContactAlias) -> String {
    let mut asked: Vec<&str> =
        incident.engagements.iter().filter_map(|e| e.contact()).map(ContactAlias::as_str).collect();
    asked.sort_unstable();
    asked.dedup();
    let id = incident.opening.id.short();
    let others = match asked.as_slice() {
        [] => "nobody has been".to_owned(),
        [one] => format!("{one} has been"),
        several => format!("{} have been", several.join(", ")),
    };
    format!(
        "{contact} has not been asked about {} ({others}): `reveille engage {id} --contact {contact}` asks them, \
         `reveille reassign {id} --contact {contact}` gives it to them",
        named(incident)
    )
}

fn has_it(incident: &Incident, contact: &ContactAlias) -> String {
    let theirs = incident.engagements.iter().rev().find(|engagement| engagement.contact() == Some(contact));
    match theirs.map(|engagement| &engagement.state) {
        Some(EngagementState::Stopped { at, .. }) => {
            let first =
                incident.acknowledged.as_ref().map(|first| format!(": {} has it", first.by)).unwrap_or_default();
            format!("{contact} is not asked about {} any more, since {}{first}.", named(incident), span::instant(*at))
        }
        Some(EngagementState::Acknowledged { at, by, .. }) => {
            format!("{by} acknowledged {} before, at {}.", named(incident), span::instant(*at))
        }
        Some(EngagementState::Engaging | EngagementState::Exhausted { .. }) | None => {
            format!("{} is as it was.", named(incident))
        }
    }
}

fn once(adds_up: &bool) -> &'static str {
    if *adds_up { ", after a look at `reveille show`: what was done is not done twice if you look first" } else { "" }
}

/// A name for this run of the command that no other has.
pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex(&bytes),
        // Without randomness the instant tells runs apart.
        Err(_) => jiff::Timestamp::now().as_nanosecond().to_string(),
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&harmless(&self.text))
    }
}

impl ActError {
    /// The error with everything that caused it.
    pub fn chain(&self) -> String {
        Chain(self).to_string()
    }
}
