//! `reveille explain`: how an event is read and where it goes, without touching anything.

use jiff::Timestamp;
use reveille_domain::{Impact, NoteReason, RouteReason, Signal, SignalState, Source};
use reveille_wire::{read_event, read_webhook};
use serde::Serialize;

use crate::configuration::Configuration;

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
}

/// Reads the text of an event and explains each of its signals.
pub fn explain(text: &str, configuration: Option<&Configuration>, now: Timestamp) -> Vec<Explanation> {
    read(text, now).iter().map(|signal| explanation(signal, configuration)).collect()
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
    }
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
        write!(f, "  response plan  {plan}")
    }
}
