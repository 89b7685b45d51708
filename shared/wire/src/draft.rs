//! A signal in the making. Readers fill in what they found; `finish` keeps every promise and bound of `Signal`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{Impact, ResponsePlanName, Signal, SignalState, Source, limits as domain};

use crate::via::Via;
use crate::{arn, digest, limits, line};

/// What a reader found so far. Empty text means "not said".
pub(crate) struct Draft {
    pub(crate) source: Source,
    pub(crate) state: SignalState,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) dedupe_key: String,
    pub(crate) part_of: Option<String>,
    pub(crate) cause: String,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) impact: Option<Impact>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) response_plan: Option<String>,
}

impl Draft {
    /// Says nothing yet but who speaks and in what state the thing is.
    pub(crate) fn new(source: Source, state: SignalState) -> Self {
        Self {
            source,
            state,
            name: String::new(),
            title: String::new(),
            summary: String::new(),
            dedupe_key: String::new(),
            part_of: None,
            cause: String::new(),
            occurred_at: None,
            impact: None,
            account: None,
            region: None,
            resources: Vec::new(),
            dimensions: BTreeMap::new(),
            tags: BTreeMap::new(),
            response_plan: None,
        }
    }

    /// The signal: lines are lines, nothing is too long, and what must not be empty is not.
    pub(crate) fn finish(self, via: Via<'_>) -> Signal {
        let name = line::into_one_line(self.name, domain::TITLE_CHARACTERS_MAX);
        let title = match line::into_one_line(self.title, domain::TITLE_CHARACTERS_MAX) {
            title if !title.is_empty() => title,
            _ if !name.is_empty() => name.clone(),
            _ => format!("An event from {} that does not say what it is", self.source.name()),
        };
        let dedupe_key = match line::key(&self.dedupe_key, domain::DEDUPE_CHARACTERS_MAX) {
            key if !key.is_empty() => key,
            _ => digest::of(&[self.source.name(), &title, &self.summary]),
        };
        let cause = match line::key(&self.cause, limits::CAUSE_CHARACTERS_MAX) {
            cause if !cause.is_empty() => cause,
            _ => line::key(&via.cause(&dedupe_key), limits::CAUSE_CHARACTERS_MAX),
        };
        Signal {
            source: self.source,
            state: bounded(self.state),
            name: if name.is_empty() { title.clone() } else { name },
            title,
            summary: line::paragraphs(&self.summary, domain::SUMMARY_CHARACTERS_MAX),
            dedupe_key,
            part_of: self.part_of.map(|whole| line::key(&whole, domain::DEDUPE_CHARACTERS_MAX)),
            cause,
            occurred_at: self.occurred_at.or(via.sent_at).unwrap_or(via.received_at),
            impact: self.impact,
            account: self.account.filter(|account| arn::is_account(account)),
            region: self.region.filter(|region| arn::is_region(region)),
            resources: resources(self.resources),
            dimensions: tags(self.dimensions),
            tags: tags(self.tags),
            response_plan: self.response_plan.as_deref().and_then(response_plan),
        }
    }
}

/// The reason for ignoring a signal may quote it.
fn bounded(state: SignalState) -> SignalState {
    match state {
        SignalState::Ignored(why) => SignalState::Ignored(line::one_line(&why, limits::REASON_CHARACTERS_MAX)),
        SignalState::Firing
        | SignalState::Recovered
        | SignalState::Acknowledged
        | SignalState::Removed
        | SignalState::Noted(_) => state,
    }
}

/// Every resource once, in the order in which they were named.
fn resources(named: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut bytes = 0;
    for resource in named {
        let resource = line::into_one_line(resource, limits::RESOURCE_CHARACTERS_MAX);
        if resource.is_empty() || kept.contains(&resource) {
            continue;
        }
        bytes += resource.len();
        if kept.len() == limits::RESOURCES_MAX || bytes > limits::RESOURCES_BYTES_MAX {
            break;
        }
        kept.push(resource);
    }
    kept
}

/// Labels as they are kept.
pub(crate) fn tags(found: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let line = |text: String| line::into_one_line(text, limits::TAG_CHARACTERS_MAX);
    let mut bytes = 0;
    let kept = found.into_iter().map(|(key, value)| (line(key), line(value))).filter(|(key, _)| !key.is_empty());
    kept.take(limits::TAGS_MAX)
        .take_while(|(key, value)| {
            bytes += key.len() + value.len();
            bytes <= limits::TAGS_BYTES_MAX
        })
        .collect()
}

/// A name of a plan as it is kept.
pub(crate) fn response_plan(name: &str) -> Option<ResponsePlanName> {
    let name = line::one_line(name, limits::TAG_CHARACTERS_MAX);
    (!name.is_empty()).then(|| ResponsePlanName::new(name))
}
