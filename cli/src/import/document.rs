//! The configuration as a document: aliases in the place of the source's ids, and beside each thing what is said about it.

mod plans;
mod schedules;

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Channel, Contact, Imported, SourceId, Step, described};
use super::names::{Taken, slug};
use super::note::{Kind, Note};
use crate::yaml::{Map, Yaml, document};

/// Aliases of everything.
struct Aliases {
    contacts: BTreeMap<SourceId, String>,
    schedules: BTreeMap<SourceId, String>,
    plans: BTreeMap<SourceId, String>,
    /// By their place in the list: names of response plans can stand twice.
    response_plans: Vec<String>,
}

/// Comments are read beside code.
const COMMENT_CHARACTERS_MAX: usize = 110;

/// Writes the configuration. `wanted_default` is a response plan's name, of the source's or ours.
pub(super) fn write(imported: &mut Imported, wanted_default: Option<&str>, command: &str) -> String {
    let aliases = Aliases::of(imported);
    let default = default_plan(imported, &aliases, wanted_default);
    let mut contacts = Map::tall();
    for one in &imported.contacts {
        let alias = &aliases.contacts[&one.id];
        contacts = contacts.commented(&comments(imported, &one.described()), alias, contact(one));
    }
    let schedules = schedules::section(imported, &aliases);
    let escalation = plans::escalation_section(imported, &aliases);
    let response = plans::response_section(imported, &aliases);
    let webhooks = plans::webhooks_section(imported, &aliases);
    let defaults = comments(imported, "defaults");
    let root = Map::tall()
        .with("reveille", 1)
        .commented(&defaults, "defaults", Map::new().with("response_plan", default))
        .with("contacts", contacts)
        .maybe("schedules", (!schedules.is_empty()).then_some(schedules))
        .maybe("escalation_plans", (!escalation.is_empty()).then_some(escalation))
        .with("response_plans", response)
        .maybe("webhooks", (!webhooks.is_empty()).then_some(webhooks));
    document(&head(imported, command), &root)
}

impl Aliases {
    fn of(imported: &mut Imported) -> Self {
        // Contacts, schedules and escalation plans share one space of names, as under AWS.
        let mut taken = Taken::default();
        let mut numbered: Vec<(String, String)> = Vec::new();
        let mut name = |object: String, texts: &[&str], otherwise: &str| {
            let (alias, number) = taken.alias(texts, otherwise);
            if number {
                numbered.push((object, alias.clone()));
            }
            alias
        };
        let mut changed: Vec<(String, String)> = Vec::new();
        let mut contacts = BTreeMap::new();
        for one in &imported.contacts {
            let (own, login) = (one.alias.as_deref().unwrap_or(""), one.login.as_deref().unwrap_or(""));
            let texts = [own, &one.name, login, one.id.as_str()];
            let alias = name(one.described(), &texts, "contact");
            if !own.is_empty() && alias != own {
                changed.push((one.described(), alias.clone()));
            }
            contacts.insert(one.id.clone(), alias);
        }
        let mut schedules = BTreeMap::new();
        for one in &imported.schedules {
            let object = described("schedule", &one.name, &one.id);
            schedules.insert(one.id.clone(), name(object, &[&one.name, one.id.as_str()], "schedule"));
        }
        let mut plans = BTreeMap::new();
        for one in &imported.escalation_plans {
            let object = described("escalation plan", &one.name, &one.id);
            plans.insert(one.id.clone(), name(object, &[&one.name, one.id.as_str()], "plan"));
        }
        let mut taken = Taken::default();
        let mut response_plans = Vec::new();
        for one in &imported.response_plans {
            let (alias, number) = taken.alias(&[&one.name], "response-plan");
            if number {
                numbered.push((format!("response plan {}", one.name), alias.clone()));
            }
            response_plans.push(alias);
        }
        for (object, alias) in numbered {
            let done = format!("another one has the alias already: this one is `{alias}`");
            imported.notes.decided(&object, "alias", done, "");
        }
        for (object, alias) in changed {
            imported.notes.decided(&object, "alias", format!("cannot be kept as it is: this one is `{alias}`"), "");
        }
        Self { contacts, schedules, plans, response_plans }
    }

    /// The alias of a contact that was mended, so it is there.
    fn contact(&self, id: &SourceId) -> Yaml {
        Yaml::from(self.contacts.get(id).map_or(id.as_str(), String::as_str))
    }
}

fn default_plan(imported: &mut Imported, aliases: &Aliases, wanted: Option<&str>) -> String {
    let names = imported.response_plans.iter().zip(&aliases.response_plans);
    let is_wanted = |(plan, alias): &(&super::model::ResponsePlan, &String)| {
        wanted.is_some_and(|wanted| {
            plan.name == wanted || alias.as_str() == wanted || slug(wanted).as_ref() == Some(alias)
        })
    };
    if let Some((_, alias)) = names.clone().find(is_wanted) {
        return alias.clone();
    }
    let first = aliases.response_plans.first().cloned().unwrap_or_default();
    if let Some(wanted) = wanted {
        let done = format!("there is no response plan `{wanted}`: `{first}` was taken");
        imported.notes.missing("defaults", "response_plan", done, "choose one with `--default NAME`");
    } else if aliases.response_plans.len() > 1 {
        let done = format!("the source has no such thing: the first plan, `{first}`, answers whatever no rule matches");
        imported.notes.decided("defaults", "response_plan", done, "choose another one with `--default NAME`");
    }
    first
}

fn head(imported: &Imported, command: &str) -> Vec<String> {
    let mut head = vec![
        format!("Imported from {} on {} by `{command}`.", imported.source, imported.now.strftime("%Y-%m-%d")),
        "It holds addresses of people: keep it as private as they are.".to_owned(),
    ];
    let failed = imported.notes.count(Kind::Failed);
    if failed > 0 {
        head.push(format!("INCOMPLETE: {failed} things could not be read. The report says which."));
    }
    let general = comments(imported, imported.source);
    if !general.is_empty() {
        head.push(String::new());
        head.extend(general);
    }
    head.push(String::new());
    head
}

/// What is said about something, as comments.
fn comments(imported: &Imported, object: &str) -> Vec<String> {
    let about = |note: &&&Note| note.object == object;
    imported.notes.sorted().iter().filter(about).flat_map(|note| wrapped(&sentence(note))).collect()
}

fn sentence(note: &Note) -> String {
    let mark = if note.todo.is_empty() { "" } else { "CHECK: " };
    let todo = if note.todo.is_empty() { String::new() } else { format!(" -> {}", note.todo) };
    format!("{mark}{} ({}): {}{todo}", note.kind.name(), note.field, note.done)
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < COMMENT_CHARACTERS_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn contact(one: &Contact) -> Map {
    let ids = channel_ids(&one.channels);
    let mut channels = Map::tall();
    for channel in &one.channels {
        let value = Map::new()
            .with("type", channel.kind.name())
            .with("address", channel.address.as_deref().unwrap_or(""))
            .with("verified", channel.verified);
        let mut comments: Vec<String> =
            channel.label.iter().filter(|label| !label.trim().is_empty()).cloned().collect();
        if channel.placeholder {
            comments.push("CHECK: the address is a placeholder".to_owned());
        }
        channels = channels.commented(&comments, &ids[&channel.id], value);
    }
    let by_impact = one
        .engagement_by_impact
        .iter()
        .fold(Map::tall(), |map, (impact, plan)| map.with(&impact.to_string(), steps(plan, &ids)));
    Map::tall()
        .with("name", one.name.as_str())
        .with("channels", channels)
        .maybe("engagement", (!one.engagement.is_empty()).then(|| steps(&one.engagement, &ids)))
        .maybe("engagement_by_impact", (!by_impact.is_empty()).then_some(by_impact))
}

/// `sms`, `sms-2`, `email`: what a channel is says more than what the source calls it.
fn channel_ids(channels: &[Channel]) -> BTreeMap<SourceId, String> {
    let mut taken = Taken::default();
    let mut ids = BTreeMap::new();
    for channel in channels {
        let wanted = if channel.placeholder && channel.id.as_str() == "todo" { "todo" } else { channel.kind.name() };
        ids.entry(channel.id.clone()).or_insert_with(|| taken.alias(&[wanted], "channel").0);
    }
    ids
}

fn steps(steps: &[Step], ids: &BTreeMap<SourceId, String>) -> Vec<Yaml> {
    let step = |step: &Step| {
        let named: BTreeSet<&String> = step.channels.iter().filter_map(|id| ids.get(id)).collect();
        let channels: Vec<Yaml> = named.into_iter().map(|id| Yaml::from(id.as_str())).collect();
        Yaml::from(Map::new().with("after", step.after).with("channels", channels))
    };
    steps.iter().map(step).collect()
}
