//! What was read, in words that every source shares: the nouns of the configuration, still under the ids of the source.
//!
//! A source translates into this and says in notes what it could not. It chooses no aliases and writes no YAML.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use reveille_domain::{ChannelKind, CoverageWindow, Every, Layers};

use super::note::Notes;

/// What the source calls something: opaque, and unique among things of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(String);

impl SourceId {
    /// Takes the text as it is.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that a source has.
#[derive(Debug)]
pub struct Imported {
    /// The source's name, for people: `PagerDuty`.
    pub source: &'static str,
    /// When it was read; shifts before it are of no use.
    pub now: Timestamp,
    /// People.
    pub contacts: Vec<Contact>,
    /// Who is on call when.
    pub schedules: Vec<Schedule>,
    /// Whom to ask next.
    pub escalation_plans: Vec<EscalationPlan>,
    /// What happens when an incident opens.
    pub response_plans: Vec<ResponsePlan>,
    /// Senders whose key is known.
    pub webhooks: Vec<Webhook>,
    /// What has no equivalent, and what was decided.
    pub notes: Notes,
}

impl Imported {
    /// Nothing yet.
    pub fn of(source: &'static str, now: Timestamp) -> Self {
        Self {
            source,
            now,
            contacts: Vec::new(),
            schedules: Vec::new(),
            escalation_plans: Vec::new(),
            response_plans: Vec::new(),
            webhooks: Vec::new(),
            notes: Notes::default(),
        }
    }
}

/// A person.
#[derive(Clone, Debug)]
pub struct Contact {
    /// As the source names them.
    pub id: SourceId,
    /// What people call them.
    pub name: String,
    /// What the source itself has as an alias, which people know already.
    pub alias: Option<String>,
    /// What an alias can be made of where the name has no letters for one.
    pub login: Option<String>,
    /// In the source's order.
    pub channels: Vec<Channel>,
    /// Empty: every channel at once.
    pub engagement: Vec<Step>,
    /// Other steps for these impacts.
    pub engagement_by_impact: Vec<(u8, Vec<Step>)>,
}

/// A way to reach somebody.
#[derive(Clone, Debug)]
pub struct Channel {
    /// As the source names it.
    pub id: SourceId,
    /// How it is reached.
    pub kind: ChannelKind,
    /// As the source has it; `None`: the source hides it.
    pub address: Option<String>,
    /// Whether the source says that the address is theirs.
    pub verified: bool,
    /// What its owner calls it.
    pub label: Option<String>,
    /// Whether the address is a placeholder that somebody has to replace.
    pub placeholder: bool,
}

impl Channel {
    /// A channel of which nobody says that it has been verified.
    pub fn new(id: impl Into<String>, kind: ChannelKind, address: Option<String>) -> Self {
        Self { id: SourceId::new(id), kind, address, verified: false, label: None, placeholder: false }
    }
}

impl Contact {
    /// A contact without channels.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: SourceId::new(id),
            name: name.into(),
            alias: None,
            login: None,
            channels: Vec::new(),
            engagement: Vec::new(),
            engagement_by_impact: Vec::new(),
        }
    }

    /// As notes call them.
    pub(super) fn described(&self) -> String {
        described("contact", &self.name, &self.id)
    }
}

/// As notes call something: its kind, its name, and its id where that says more.
pub(super) fn described(kind: &str, name: &str, id: &SourceId) -> String {
    if name == id.as_str() { format!("{kind} {name}") } else { format!("{kind} {name} ({id})") }
}

/// A step of an engagement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Minutes since the engagement began.
    pub after: u32,
    /// Used at once.
    pub channels: Vec<SourceId>,
}

/// Who is on call when.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// As the source names it.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// What several rotations at the same time mean.
    pub layers: Layers,
    /// From the upper to the lower.
    pub rotations: Vec<Rotation>,
    /// Changes for a span.
    pub overrides: Vec<Override>,
    /// Spans that are replaced as a whole.
    pub temporary: Vec<Temporary>,
    /// The shifts as the source itself computes them, to hold ours against.
    pub rendered: Option<Rendered>,
}

/// Members who take turns.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// What people call it.
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    /// Wall clock of the first hand-off.
    pub start: DateTime,
    /// When it hands over.
    pub every: Every,
    /// In the order of their turns.
    pub members: Vec<SourceId>,
    /// How many at once.
    pub on_call: usize,
    /// `None`: around the clock.
    pub coverage: Option<Vec<CoverageWindow>>,
    /// Whether shifts without hours of work use a turn.
    pub days_off_burn_turns: bool,
}

/// A change of who is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Who is not on call.
    pub remove: Option<SourceId>,
    /// Who is.
    pub add: Option<SourceId>,
}

/// A span that is replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Temporary {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Who is on call in it.
    pub shifts: Vec<RenderedShift>,
}

/// The shifts of a window, as the source computes them.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The first instant that is known.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// In any order; where several hold at an instant, all of them are on call.
    pub shifts: Vec<RenderedShift>,
}

/// Somebody, from an instant until another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedShift {
    /// Who.
    pub contact: SourceId,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// Whom to ask next while nobody answers.
#[derive(Clone, Debug)]
pub struct EscalationPlan {
    /// As the source names it.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// In order.
    pub stages: Vec<Stage>,
    /// Rounds after the first.
    pub repeat: u32,
    /// Whether a stage asks one of its targets in turn.
    pub round_robin: bool,
}

/// A stage of an escalation plan.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How long it waits for an answer.
    pub minutes: u32,
    /// Asked all at once.
    pub targets: Vec<Target>,
}

/// Whom a stage asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Who.
    pub who: Who,
    /// Whether their acknowledgement ends the escalation.
    pub essential: bool,
}

/// Who can be engaged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A person.
    Contact(SourceId),
    /// Whoever is on call.
    Schedule(SourceId),
    /// An escalation plan.
    Plan(SourceId),
}

impl Who {
    /// As messages call it.
    pub(super) fn described(&self) -> String {
        match self {
            Who::Contact(id) => format!("contact {id}"),
            Who::Schedule(id) => format!("schedule {id}"),
            Who::Plan(id) => format!("escalation plan {id}"),
        }
    }
}

/// What happens when an incident opens.
#[derive(Clone, Debug, Default)]
pub struct ResponsePlan {
    /// What people call it, and what its name is made of.
    pub name: String,
    /// Text of the incident's title.
    pub title: Option<String>,
    /// 1 to 5.
    pub impact: Option<u8>,
    /// Longer text.
    pub summary: Option<String>,
    /// What makes two events belong together.
    pub dedupe: Option<String>,
    /// Put on the incident.
    pub tags: BTreeMap<String, String>,
    /// Minutes after an acknowledgement until whoever has it is paged again.
    pub repage_after: Option<u32>,
    /// In order.
    pub stages: Vec<ResponseStage>,
}

/// A stage of a response plan.
#[derive(Clone, Debug, Default)]
pub struct ResponseStage {
    /// Minutes since the stage before.
    pub after: u32,
    /// Whether an acknowledgement keeps it from starting.
    pub unless_acknowledged: bool,
    /// Started.
    pub runbooks: Vec<Runbook>,
    /// Engaged at once.
    pub engage: Vec<Who>,
}

/// An SSM Automation document.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// Its name.
    pub document: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// A sender of events whose key is known.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// What its name is made of.
    pub name: String,
    /// `sha256:…`.
    pub key_hash: String,
    /// The name of the response plan that answers.
    pub response_plan: String,
}
