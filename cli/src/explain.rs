//! `reveille explain`: how an event is read and where it goes, without touching anything.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use reveille_domain::{Impact, NoteReason, Route, RouteReason, Routing, Signal, SignalState, Source, Unmet};
use reveille_wire::{read_event, read_webhook};
use serde::Serialize;

use crate::columns::harmless;
use crate::command::Failure;
use crate::configuration::{self, Configuration};
use crate::{event_file, output};

/// What is explained.
#[derive(Debug, Args)]
pub struct Explain {
    /// A file with an event; `-` reads standard input
    event: PathBuf,
    /// Also show which response plan of this configuration answers
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One signal of an event, as `explain --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The kind of system that spoke.
    pub source: &'static str,
    /// `firing`, `recovered`, `acknowledged` or `ignored`.
    pub state: &'static str,
    /// Why it is ignored, or why it recovers in an unusual way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// One line for people.
    pub title: String,
    /// What makes two signals speak about the same thing.
    pub dedupe_key: String,
    /// 1 to 5; with a configuration, the impact that the incident gets.
    pub impact: Option<u8>,
    /// The AWS account.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// What is affected.
    pub resources: Vec<String>,
    /// The plan that answers; without a configuration, the one that the event names.
    pub response_plan: Option<String>,
    /// One-based place of the rule that decided; `None`: the event named the plan, or no rule matched.
    pub rule: Option<usize>,
    /// What decided which plan answers; with a configuration only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Every rule, and why it did or did not decide; with a configuration only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<RuleExplanation>>,
}

/// What one rule of a configuration says about a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleExplanation {
    /// One-based place in the configuration.
    pub rule: usize,
    /// The plan that it leads to.
    pub response_plan: String,
    /// Whether all of its conditions hold.
    pub holds: bool,
    /// Why it decided, or why it did not.
    pub why: String,
}

impl Explain {
    /// Explains it on standard output.
    pub fn run(self) -> Result<(), Failure> {
        let configuration = self.config.as_deref().map(configuration::load).transpose()?;
        let explanations = explain(&event_file::text(&self.event)?, configuration.as_ref(), Timestamp::now());
        if self.json {
            output::line(serde_json::to_string(&explanations)?)?;
            return Ok(());
        }
        for explanation in &explanations {
            output::line(format_args!("{}\n", harmless(&explanation.to_string())))?;
        }
        Ok(())
    }
}

/// Reads the text of an event and explains each of its signals.
pub fn explain(text: &str, configuration: Option<&Configuration>, now: Timestamp) -> Vec<Explanation> {
    read(text, now).iter().map(|signal| explanation(signal, configuration)).collect()
}

/// What a signal says and which plan answers it, in one line.
pub(crate) fn explained(signal: &Signal, configuration: &Configuration) -> String {
    let explanation = explanation(signal, Some(configuration));
    let Explanation { title, state, why, response_plan, decided_by, .. } = explanation;
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    match signal.state {
        SignalState::Firing => {
            format!("{title}, answered by {} ({})", response_plan.unwrap_or_default(), decided_by.unwrap_or_default())
        }
        SignalState::Recovered
        | SignalState::Acknowledged
        | SignalState::Removed
        | SignalState::Noted(_)
        | SignalState::Ignored(_) => format!("{title}, {state}{why}"),
    }
}

/// What AWS would never invoke a function with comes over HTTP, where a bare `"status": "resolved"` means what it says.
fn read(text: &str, now: Timestamp) -> Vec<Signal> {
    let as_webhook = || read_webhook(text, "explain", now);
    let Ok(event) = serde_json::from_str(text) else { return as_webhook() };
    let signals = read_event(&event, now);
    let is_known = |signal: &Signal| signal.source != Source::Unknown;
    if signals.iter().all(is_known) { signals } else { as_webhook() }
}

fn explanation(signal: &Signal, configuration: Option<&Configuration>) -> Explanation {
    let (state, why) = state(&signal.state);
    let route = configuration.map(|configuration| configuration.routing.route(signal));
    let template = configuration.zip(route.as_ref()).and_then(|(c, route)| c.routing.templates.get(&route.plan));
    let impact = match template {
        Some(template) => template.impact.or(signal.impact).or(Some(Impact::Medium)),
        None => signal.impact,
    };
    let rule = route.as_ref().and_then(|route| match route.reason {
        RouteReason::Rule(place) => Some(place + 1),
        RouteReason::Named | RouteReason::Default => None,
    });
    let routed = configuration.map(|configuration| &configuration.routing).zip(route.as_ref());
    let decided_by = routed.map(|(routing, route)| decided_by(signal, routing, route));
    let rules = routed.map(|(routing, route)| rules(signal, routing, route));
    let plan = route.map(|route| route.plan).or_else(|| signal.response_plan.clone());
    Explanation {
        source: signal.source.name(),
        state,
        why,
        title: signal.title.clone(),
        dedupe_key: signal.dedupe_key.clone(),
        impact: impact.map(Impact::number),
        account: signal.account.clone(),
        region: signal.region.clone(),
        resources: signal.resources.clone(),
        response_plan: plan.map(|plan| plan.to_string()),
        rule,
        decided_by,
        rules,
    }
}

/// What decided, in words.
fn decided_by(signal: &Signal, routing: &Routing, route: &Route) -> String {
    let stranger = signal.response_plan.as_ref().filter(|named| !routing.templates.contains_key(*named));
    let stranger = stranger.map(|named| format!("; the event names `{named}`, which is not there")).unwrap_or_default();
    match route.reason {
        RouteReason::Named => "the event names the plan itself, which goes before every rule".to_owned(),
        RouteReason::Rule(place) => format!("rule {}: {}{stranger}", place + 1, routing.rules[place].matching),
        RouteReason::Default if routing.rules.is_empty() => {
            format!("there are no rules: the default answers{stranger}")
        }
        RouteReason::Default => format!("no rule matches: the default answers{stranger}"),
    }
}

fn rules(signal: &Signal, routing: &Routing, route: &Route) -> Vec<RuleExplanation> {
    let numbered = routing.rules.iter().enumerate();
    let explained = numbered.map(|(place, rule)| {
        let unmet = rule.matching.unmet(signal);
        let why = match route.reason {
            _ if !unmet.is_empty() => unmet.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; "),
            RouteReason::Rule(decided) if decided == place => format!("decides: {}", rule.matching),
            RouteReason::Rule(decided) => format!("matches too, and rule {} comes before it", decided + 1),
            RouteReason::Named | RouteReason::Default => "matches, and the event names its plan itself".to_owned(),
        };
        RuleExplanation { rule: place + 1, response_plan: rule.response_plan.to_string(), holds: unmet.is_empty(), why }
    });
    explained.collect()
}

fn state(state: &SignalState) -> (&'static str, Option<String>) {
    match state {
        SignalState::Firing => ("firing", None),
        SignalState::Recovered => ("recovered", None),
        SignalState::Acknowledged => ("acknowledged", None),
        SignalState::Removed => {
            ("recovered", Some("the alarm was deleted: its incident closes with that reason".to_owned()))
        }
        SignalState::Noted(reason) => ("ignored", Some(note(*reason).to_owned())),
        SignalState::Ignored(why) => ("ignored", Some(why.clone())),
    }
}

fn note(reason: NoteReason) -> &'static str {
    match reason {
        NoteReason::InsufficientData => "the alarm has no data: recorded on an open incident, opens none",
        NoteReason::Muted => "the alarm is muted: recorded on an open incident, opens none",
        NoteReason::Suppressed => "the alarm's actions are suppressed: recorded on an open incident, opens none",
        NoteReason::Reconfigured => "the alarm was created or changed: recorded on an open incident, opens none",
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let plan = match (&self.response_plan, self.rule) {
            (Some(plan), Some(rule)) => format!("{plan} (rule {rule})"),
            (Some(plan), None) => plan.clone(),
            (None, _) => "- (give --config FILE to see which plan answers)".to_owned(),
        };
        writeln!(f, "{}  {}", self.state.to_uppercase(), self.title)?;
        if let Some(why) = &self.why {
            writeln!(f, "  why            {why}")?;
        }
        writeln!(f, "  source         {}", self.source)?;
        writeln!(f, "  dedupe key     {}", self.dedupe_key)?;
        writeln!(f, "  impact         {}", self.impact.map_or_else(|| "-".to_owned(), |impact| impact.to_string()))?;
        writeln!(f, "  account        {}", or_none(&self.account))?;
        writeln!(f, "  region         {}", or_none(&self.region))?;
        for (place, resource) in self.resources.iter().enumerate() {
            writeln!(f, "  {}{resource}", if place == 0 { "resources      " } else { "               " })?;
        }
        write!(f, "  response plan  {plan}")?;
        if let Some(decided_by) = &self.decided_by {
            write!(f, "\n  decided by     {decided_by}")?;
        }
        let others = self.rules.iter().flatten().filter(|rule| Some(rule.rule) != self.rule);
        for (place, RuleExplanation { rule, response_plan, why, .. }) in others.enumerate() {
            let label = if place == 0 { "other rules" } else { "" };
            write!(f, "\n  {label:<13}  rule {rule} ({response_plan}): {why}")?;
        }
        Ok(())
    }
}
