//! `expect`: what has to be so at an instant.

use super::answer;
use super::call::Call;
use super::in_force::InForce;
use super::limits::{INCIDENTS, TIMES};
use super::page::{self, ExpectedPages};
use super::vocabulary::LINE;
use crate::configuration::error::Code;
use crate::configuration::node::{Entry, Node, Value};
use crate::configuration::reader::{Fields, Reader};
use crate::screen::word;
use crate::timeline::Line;

/// What has to be so. What is `None` is not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Expectation {
    /// The pages that left since the step before that expected pages, exactly.
    pub(super) pages: Option<ExpectedPages>,
    /// The news that was told since the step before that expected news, exactly.
    pub(super) announced: Option<ExpectedPages>,
    /// Lines that the timelines have so far.
    pub(super) timeline: Vec<ExpectedLine>,
    /// How the incident stands.
    pub(super) state: Option<State>,
    /// How many incidents have been opened.
    pub(super) incidents: Option<u32>,
    /// The name of the signal whose incident is looked at; `None`: the newest for the state, all for the rest.
    pub(super) incident: Option<String>,
}

/// A line that a timeline has. What is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ExpectedLine {
    text: Option<String>,
    kind: Option<String>,
    contact: Option<String>,
    channel: Option<String>,
    outcome: Option<String>,
    /// How often; `None`: at least once.
    times: Option<u32>,
}

/// How an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Acknowledged,
    /// It is over.
    Resolved,
}

const STATES: [(&str, State); 8] = [
    ("open", State::Open),
    ("acknowledged", State::Acknowledged),
    ("resolved", State::Resolved),
    ("unacknowledged", State::Open),
    ("triggered", State::Open),
    ("acked", State::Acknowledged),
    ("closed", State::Resolved),
    ("recovered", State::Resolved),
];

/// `expect: { natsu: sms, bob: [sms, email] }`: contacts instead of parameters are the expected pages.
pub(super) fn with_pages(parameters: &Node, in_force: &InForce<'_>) -> Node {
    let Value::Mapping(entries) = &parameters.value else { return parameters.clone() };
    let is_page = |entry: &&Entry| entry.key.scalar().is_some_and(|key| in_force.is_contact(key));
    let (pages, mut others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_page);
    let key = Node { value: Value::Text("pages".to_owned()), ..parameters.clone() };
    let value = Node { value: Value::Mapping(pages.iter().copied().cloned().collect()), ..parameters.clone() };
    let pages_entry = Entry { key, value };
    if !pages.is_empty() {
        others.push(&pages_entry);
    }
    Node { value: Value::Mapping(others.into_iter().cloned().collect()), ..parameters.clone() }
}

/// Reads the parameters of `expect`.
pub(super) fn read(
    reader: &mut Reader,
    call: &Call,
    fields: &Fields<'_>,
    in_force: &InForce<'_>,
) -> Option<Expectation> {
    let incidents = match fields.get("incidents") {
        None => None,
        Some(node) => Some(reader.number(node, "`incidents`", INCIDENTS)?),
    };
    let state = match fields.get("state") {
        None => None,
        Some(node) => Some(reader.word(node, "`state`", &STATES)?),
    };
    let announced = match fields.get("announced") {
        None => None,
        Some(node) => Some(page::read(reader, node, in_force)?),
    };
    let timeline = match fields.get("timeline") {
        None => Vec::new(),
        Some(node) => lines(reader, node)?,
    };
    let pages = pages(reader, fields, in_force)?;
    let incident = answer::incident(reader, fields)?;
    let looks_at_nothing =
        pages.is_none() && announced.is_none() && timeline.is_empty() && state.is_none() && incidents.is_none();
    if looks_at_nothing {
        let message = "`expect` expects nothing in particular";
        reader.wrong(
            call.at,
            Code::Empty,
            message,
            "write `expect: []` where nobody is to be paged, or who is: `expect: [natsu/sms]`",
        );
        return None;
    }
    Some(Expectation { pages, announced, timeline, state, incidents, incident })
}

/// `pages`, `none: true`, or one page written beside the verb.
fn pages(reader: &mut Reader, fields: &Fields<'_>, in_force: &InForce<'_>) -> Option<Option<ExpectedPages>> {
    if let Some(node) = fields.get("none") {
        return match reader.flag(node, "`none`")? {
            true => Some(Some(ExpectedPages::These(Vec::new()))),
            false => Some(None),
        };
    }
    if let Some(node) = fields.get("pages") {
        return page::read(reader, node, in_force).map(Some);
    }
    let Some(contact) = fields.get("contact") else {
        return Some(None);
    };
    let contact = in_force.contact(reader, contact)?;
    let whom = contact.as_str();
    let text = match fields.get("channel").or_else(|| fields.get("via")) {
        None => whom.to_owned(),
        Some(node) => format!("{whom}/{}", reader.text(node, "`channel`")?),
    };
    let node = Node { at: fields.at, value: Value::Text(text), bytes: 0..0 };
    page::read(reader, &node, in_force).map(Some)
}

fn lines(reader: &mut Reader, node: &Node) -> Option<Vec<ExpectedLine>> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| line(reader, item)).collect(),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Mapping(_) => {
            Some(vec![line(reader, node)?])
        }
    }
}

fn line(reader: &mut Reader, node: &Node) -> Option<ExpectedLine> {
    if !matches!(node.value, Value::Mapping(_)) {
        let text = reader.text(node, "an expected line")?.to_owned();
        return Some(ExpectedLine { text: Some(text), ..ExpectedLine::default() });
    }
    let fields = reader.fields(node, "an expected line", &LINE)?;
    let mut text = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(node) => reader.text(node, &format!("`{key}`")).map(|text| Some(text.to_owned())),
    };
    let (words, kind, contact, channel, outcome) =
        (text("text")?, text("kind")?, text("contact")?, text("channel")?, text("outcome")?);
    let times = match fields.get("times") {
        None => None,
        Some(node) => Some(reader.number(node, "`times`", TIMES)?),
    };
    Some(ExpectedLine { text: words, kind, contact, channel, outcome, times })
}

impl State {
    /// The word in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Acknowledged => "acknowledged",
            State::Resolved => "resolved",
        }
    }
}

impl ExpectedLine {
    /// What is wrong with these lines; `None`: nothing.
    pub(super) fn mismatch(&self, lines: &[Line]) -> Option<String> {
        let found = lines.iter().filter(|line| self.fits(line)).count();
        let holds = match self.times {
            None => found > 0,
            Some(times) => usize::try_from(times) == Ok(found),
        };
        let expected = match self.times {
            None => "at least once".to_owned(),
            Some(1) => "once".to_owned(),
            Some(times) => format!("{times} times"),
        };
        (!holds).then(|| format!("timeline: expected {} {expected}; found it {found} times", self.words()))
    }

    /// A text is looked for in the words of a line, without regard to letter case; the rest has to be the same.
    fn fits(&self, line: &Line) -> bool {
        let same = |expected: &Option<String>, found: Option<&str>| {
            expected.as_deref().is_none_or(|expected| Some(expected) == found)
        };
        let said = line.text.to_lowercase();
        self.text.as_ref().is_none_or(|text| said.contains(&text.to_lowercase()) || text == word(line.kind))
            && same(&self.kind, Some(word(line.kind)))
            && same(&self.contact, line.contact.as_deref())
            && same(&self.channel, line.channel.as_deref())
            && same(&self.outcome, line.outcome.as_deref())
    }

    fn words(&self) -> String {
        let parts = [&self.kind, &self.contact, &self.channel, &self.outcome];
        let parts = parts.into_iter().flatten().cloned();
        let text = self.text.iter().map(|text| format!("\"{text}\""));
        parts.chain(text).collect::<Vec<_>>().join(" ")
    }
}
