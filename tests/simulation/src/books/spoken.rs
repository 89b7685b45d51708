//! What messages have really said to whom, and what the table holds people to have been told. A message about several incidents names
//! them or, where there is room for few, says how many more there are: those are behind its link.

use std::collections::{BTreeSet, HashSet};

use reveille_domain::{Incident, OutboxId};
use reveille_engine::port::{Envelope, Form, Item, Key};
use reveille_engine::{OrderPlace, key};
use serde_json::Value;

use super::{Books, Commit, Dossier, Sending};
use crate::script::Ms;

/// What a provider has taken for somebody.
#[derive(Clone)]
pub(crate) struct Spoke {
    pub(crate) contact: String,
    pub(crate) channel: String,
    /// The incident whose page it is.
    incident: String,
    /// What the receipts of others call the message.
    pub(crate) name: String,
    said: Said,
    /// What it is said to have been about and has not named: it has counted them.
    counted: BTreeSet<String>,
}

/// The words of a message, as they are read or heard.
#[derive(Clone)]
struct Said {
    /// What is read, line by line.
    lines: HashSet<String>,
    /// What is heard: words with a space on each side.
    heard: Option<String>,
    /// The plan whose incidents it is about, if they are several.
    plan: Option<String>,
    /// How many it speaks of without a name.
    unnamed: usize,
}

/// What somebody has been told of an incident, as the table has it.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    told_at: Option<String>,
    /// Since when it says so.
    pub(crate) since: Ms,
    covered: Vec<OutboxId>,
}

/// A commit by which somebody has been told of an incident.
pub(crate) struct Told {
    pub(crate) contact: String,
    pub(crate) incident: String,
    /// The orders for which a message has spoken, and on which channels each was to leave.
    pub(crate) covered: Vec<Covered>,
}

/// An order for which a message has spoken.
pub(crate) struct Covered {
    pub(crate) order: OutboxId,
    /// What it calls the message.
    pub(crate) by: String,
    pub(crate) channels: Vec<String>,
}

impl Spoke {
    /// Whether it is the message's own incident, or one that it names.
    fn is_named(&self, incident: &str, title: &str) -> bool {
        self.incident == incident || self.said.names(title)
    }

    /// Whether the message was about an incident.
    pub(crate) fn is_about(&self, incident: &Incident) -> bool {
        let opening = &incident.opening;
        self.is_named(&opening.id.to_string(), &opening.title)
            || self.counted.contains(opening.id.as_str()) && self.counted.len() <= self.said.unnamed
    }
}

impl Said {
    fn of(envelope: &Envelope) -> Self {
        let (lines, heard) = match &envelope.form {
            Form::Speech { .. } => (HashSet::new(), Some(words(&envelope.text))),
            Form::Json { body } => (lines(&said_in(body)), None),
            Form::Text | Form::Mail { .. } => (lines(&envelope.text), None),
        };
        let first = || words(envelope.text.lines().next().unwrap_or_default());
        let several = several(&heard.clone().unwrap_or_else(first));
        let unnamed = match &envelope.form {
            Form::Text => lines.iter().find_map(|line| more(line)).unwrap_or(0),
            Form::Speech { .. } => several.as_ref().map_or(0, |(count, _)| count - 1),
            Form::Mail { .. } | Form::Json { .. } => 0,
        };
        Self { lines, heard, plan: several.map(|(_, plan)| plan), unnamed }
    }

    fn names(&self, title: &str) -> bool {
        // A text message clips a long one.
        let is_clipped =
            |line: &String| line.strip_suffix("...").is_some_and(|start| !start.is_empty() && title.starts_with(start));
        self.lines.contains(title)
            || self.lines.iter().any(is_clipped)
            || self.heard.as_ref().is_some_and(|heard| heard.contains(&words(title)))
    }
}

/// The lines of a text.
fn lines(text: &str) -> HashSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// What a server that is posted to reads.
fn said_in(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let part = |name: &str| body["incident"][name].as_str().unwrap_or_default().to_owned();
    format!("{}\n{}", part("title"), part("summary"))
}

/// A text as words, with a space on each side of each.
fn words(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    format!(" {} ", spaced.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// How many incidents of which plan a text begins with, if it is about several.
fn several(words: &str) -> Option<(usize, String)> {
    let (before, after) = words.split_once(" unacknowledged incidents ")?;
    let count = before.split_whitespace().last()?.parse().ok()?;
    Some((count, after.split_whitespace().next()?.to_owned()))
}

/// How many more a line says there are.
fn more(line: &str) -> Option<usize> {
    line.strip_prefix("and ")?.strip_suffix(" more")?.parse().ok()
}

impl Books {
    /// A provider has taken these words.
    pub(super) fn note_words(&mut self, run: usize, sending: &Sending, envelope: &Envelope) {
        let (Some(order), Some(dossier)) = (self.order_of(sending), self.dossiers.get(&sending.incident)) else {
            return;
        };
        let name = format!("the message of page {} of {}", order.record.id(), dossier.incident.opening.id.short());
        let (contact, channel) = (sending.contact.clone(), sending.channel.clone());
        let incident = sending.incident.clone();
        let spoke = Spoke { contact, channel, incident, name, said: Said::of(envelope), counted: BTreeSet::new() };
        self.spoken.entry(run).or_default().push(spoke);
    }

    /// What an invocation has said to somebody.
    pub(crate) fn said_by<'a>(&'a self, run: usize, contact: &'a str) -> impl Iterator<Item = &'a Spoke> + Clone {
        let all = self.spoken.get(&run).into_iter().flatten();
        all.filter(move |spoke| spoke.contact == contact)
    }

    /// The table holds somebody to have been told of an incident.
    pub(super) fn note_told(&mut self, commit: &mut Commit, key: &Key, row: &Item) {
        let Some(contact) = key.pk.strip_prefix("PAGED#") else { return };
        let told_at = row.get("told_at").and_then(Value::as_str).map(str::to_owned);
        let covered: Vec<(OutboxId, &str)> =
            row.get("covered").and_then(Value::as_array).into_iter().flatten().filter_map(covered).collect();
        let before = self.heard.entry(key.clone()).or_default();
        let is_news = before.told_at != told_at;
        let new = covered.iter().filter(|(order, _)| !before.covered.contains(order));
        let new: Vec<(OutboxId, String)> = new.map(|(order, by)| (*order, (*by).to_owned())).collect();
        before.covered = covered.into_iter().map(|(order, _)| order).collect();
        if !is_news && new.is_empty() {
            return;
        }
        before.told_at = told_at;
        before.since = self.now;
        let (contact, incident) = (contact.to_owned(), key.sk.clone());
        self.count_unnamed(commit.run, &contact, &incident);
        let covered = new.into_iter().map(|(order, by)| self.covered(&incident, order, by)).collect();
        commit.told.push(Told { contact, incident, covered });
    }

    /// Whoever is not named is one of those that a message about several of the plan has counted.
    fn count_unnamed(&mut self, run: usize, contact: &str, incident: &str) {
        let Some(opening) = self.dossiers.get(incident).map(|dossier| &dossier.incident.opening) else { return };
        let spoken = self.spoken.get_mut(&run).into_iter().flatten().filter(|spoke| spoke.contact == contact);
        for spoke in spoken.filter(|spoke| !spoke.is_named(incident, &opening.title)) {
            if spoke.said.plan.as_deref() == Some(opening.response_plan.as_str()) {
                spoke.counted.insert(incident.to_owned());
            }
        }
    }

    fn covered(&mut self, incident: &str, order: OutboxId, by: String) -> Covered {
        let key = key::outbox(&OrderPlace::from(&reveille_domain::IncidentId::new(incident)), order);
        let channels = self.orders.get(&key).map(|order| order.left()).unwrap_or_default();
        self.covered.insert(key);
        Covered { order, by, channels }
    }

    /// The other incidents of which somebody has been told, whose plan is this one, and which have asked for their answer since
    /// before a time: whoever looks at the page of one of them sees those.
    pub(crate) fn waiting_for<'a>(
        &'a self,
        contact: &'a str,
        incident: &'a Dossier,
        since: Ms,
    ) -> impl Iterator<Item = &'a Dossier> {
        let pk = format!("PAGED#{contact}");
        let rows = self.heard.range(Key::new(pk.clone(), "")..).take_while(move |(key, _)| key.pk == pk);
        let told = rows.filter(move |(_, heard)| heard.told_at.is_some() && heard.since < since);
        told.filter_map(|(key, _)| self.dossiers.get(&key.sk)).filter(move |other| {
            let (opening, its) = (&other.incident.opening, &incident.incident.opening);
            let is_other = opening.id != its.id && opening.response_plan == its.response_plan;
            is_other && other.changed_at < since && other.incident.asks(&reveille_domain::ContactAlias::new(contact))
        })
    }
}

/// An order that stands in a row as spoken for, and by which message.
fn covered(entry: &Value) -> Option<(OutboxId, &str)> {
    let number = |place: usize| entry["order"][place].as_u64();
    let number_of = u32::try_from(number(1)?).ok()?;
    Some((OutboxId { revision: number(0)?, number: number_of }, entry["by"].as_str()?))
}
