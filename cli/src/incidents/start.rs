//! `reveille start`: an incident that no monitoring has seen. It goes in where alarms do, with their dedupe keys and causes.

use std::collections::BTreeMap;

use clap::Args;
use reveille_domain::{Actor, Impact, IncidentId, ResponsePlanName, Signal, SignalState, Source, limits};
use reveille_engine::{EngineError, Intake, Raw, Received, Taken};
use reveille_wire::{key, one_line, paragraphs};
use serde::Serialize;
use serde_json::json;

use super::act::random;
use super::caller::Who;
use super::desk::Desk;
use crate::columns::harmless;
use crate::command::{Failure, usage_of};
use crate::installation::Installation;
use crate::installed::{self, Kind};
use crate::output;
use crate::progress;
use crate::unknown_name::UnknownName;

/// Longer than any ARN; as for what monitoring sends.
const RESOURCE_CHARACTERS_MAX: usize = 2_048;

/// Open an incident by hand
#[derive(Clone, Debug, Args)]
pub struct Start {
    /// The response plan that answers
    #[arg(long, value_name = "PLAN")]
    plan: String,
    /// One line for people
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// 1 (critical) to 5 (none); without it that of the plan
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    impact: Option<u8>,
    /// Longer text for people
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// What it is about: while an incident of the plan with this key is open, no other is opened. With an alarm's ARN, that alarm's
    /// repeats and its recovery count on the incident
    #[arg(long, value_name = "KEY")]
    dedupe: Option<String>,
    /// What is affected: an ARN or a name; again for another one
    #[arg(long = "resource", value_name = "ARN")]
    resources: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    installation: Installation,
}

/// What is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The response plan that answers.
    pub plan: String,
    /// One line for people.
    pub title: String,
    /// How bad it is; `None`: as the plan has it.
    pub impact: Option<Impact>,
    /// Longer text for people; may be empty.
    pub summary: String,
    /// What makes two commands speak about the same thing; `None`: nothing does.
    pub dedupe: Option<String>,
    /// What is affected.
    pub resources: Vec<String>,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Started {
    /// Whether an incident was opened; `false`: one was open.
    pub opened: bool,
    /// The incident.
    pub id: String,
    /// In a sentence.
    pub text: String,
}

impl Start {
    /// Opens it, and prints its id.
    pub async fn run(&self) -> Result<(), Failure> {
        let title = one_line(&self.title, self.title.len());
        if title.is_empty() || title.chars().count() > limits::TITLE_CHARACTERS_MAX {
            let message = format!("--title has 1 to {} characters", limits::TITLE_CHARACTERS_MAX);
            return Err(usage_of("start", message));
        }
        let reached = self.installation.find().await?;
        let desk = progress::with("asking who you are", Desk::open(&reached, &self.who)).await?;
        let opening = Opening {
            plan: self.plan.clone(),
            title,
            impact: self.impact.and_then(Impact::from_number),
            summary: self.summary.clone().unwrap_or_default(),
            dedupe: self.dedupe.clone(),
            resources: self.resources.clone(),
        };
        let started = progress::with("opening it", start(&desk, &opening)).await?;
        if self.json {
            output::line(serde_json::to_string(&started)?)?;
        } else {
            output::line(harmless(&started.text))?;
        }
        desk.say_unheard();
        Ok(())
    }
}

/// Opens an incident, or finds the one that is open for the same key.
pub async fn start(desk: &Desk, opening: &Opening) -> Result<Started, Failure> {
    let names = installed::names(desk.engine.table(), Kind::ResponsePlan).await?;
    if !names.contains(&opening.plan) {
        return Err(UnknownName::installed(Kind::ResponsePlan.word(), &opening.plan, names).into());
    }
    let signal = signal(desk, opening);
    let raw = json!({
        "command": "start",
        "by": desk.actor.to_string(),
        "plan": opening.plan,
        "title": opening.title,
        "impact": opening.impact.map(Impact::number),
        "summary": opening.summary,
        "dedupe": opening.dedupe,
        "resources": opening.resources,
    })
    .to_string();
    let received = Received {
        signal: &signal,
        raw: &Raw::of(&raw),
        scope: "",
        key_hash: None,
        named_in_url: None,
        is_synthetic: false,
    };
    let taken = Intake::new(desk.engine.clone()).take(&received).await.map_err(unsure)?;
    let said = |opened: bool, id: IncidentId, text: String| Started { opened, id: id.to_string(), text };
    let by = &desk.actor;
    match taken {
        // The same run of the command again: the network lost the answer to the first.
        Taken::Opened(id) | Taken::Duplicate(id) => {
            let text = format!("{by} opened {} ({}), by the plan {}.\n{id}", signal.title, id.short(), opening.plan);
            Ok(said(true, id, text))
        }
        Taken::Repeated(id) | Taken::Applied(id) => {
            let text =
                format!("An incident is open for this key: {}. This is counted on it as a repeat.\n{id}", id.short());
            Ok(said(false, id, text))
        }
        Taken::Nothing(why) => Err(format!("nothing was opened: {why}").into()),
        Taken::KeyWithdrawn => Err("nothing was opened: this command has no key of a webhook".into()),
    }
}

fn signal(desk: &Desk, opening: &Opening) -> Signal {
    let run = random();
    // Whoever pastes a title may paste what a terminal or a pager obeys: it is cleaned as what monitoring sends is.
    let title = one_line(&opening.title, limits::TITLE_CHARACTERS_MAX);
    let dedupe = opening.dedupe.as_ref().map_or_else(|| format!("manual {run}"), Clone::clone);
    let mut tags = BTreeMap::new();
    if desk.actor != Actor::Operator {
        tags.insert("started_by".to_owned(), desk.actor.to_string());
    }
    Signal {
        source: Source::Manual,
        state: SignalState::Firing,
        name: title.clone(),
        title,
        summary: paragraphs(&opening.summary, limits::SUMMARY_CHARACTERS_MAX),
        dedupe_key: key(&dedupe, limits::DEDUPE_CHARACTERS_MAX),
        part_of: None,
        cause: format!("command start {run}"),
        occurred_at: desk.engine.now(),
        impact: opening.impact,
        account: None,
        region: None,
        resources: opening.resources.iter().map(|resource| one_line(resource, RESOURCE_CHARACTERS_MAX)).collect(),
        dimensions: BTreeMap::new(),
        tags,
        response_plan: Some(ResponsePlanName::new(opening.plan.clone())),
    }
}

fn unsure(error: EngineError) -> Failure {
    format!(
        "it is not known whether the incident was opened: look with `reveille incidents`, or run the command again with --dedupe ({})",
        reveille_engine::Chain(&error)
    )
    .into()
}
