//! The `response_plans` section: what happens when an incident opens, and what next if it is not over.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::limits::{
    DEDUPE_CHARACTERS_MAX, RESPONSE_STAGES_MAX, RUNBOOKS_PER_STAGE_MAX, STAGE_MINUTES_MAX, SUMMARY_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
};
use reveille_domain::{Engage, IncidentTemplate, ResponsePlan, ResponsePlanName, ResponseStage, RunbookAction, Unless};

use super::error::Code;
use super::limits::{DOCUMENT_CHARACTERS, TAGS_MAX, TARGETS_MAX};
use super::names::{Names, Position};
use super::node::{Entry, Node, Value};
use super::reader::{Fields, Reader};
use super::template;
use super::{impacts, keys, when};

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node, names: &Names<'_>) -> BTreeMap<ResponsePlanName, ResponsePlan> {
    let remedy = "write one plan under it: `everything-else: { stages: [ { engage: [natsu] } ] }`";
    reader
        .named(section, "`response_plans`", remedy)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, entry)| plan(reader, name, entry, names))
        .map(|plan| (plan.name.clone(), plan))
        .collect()
}

fn plan(reader: &mut Reader, name: &str, entry: &Entry, names: &Names<'_>) -> Option<ResponsePlan> {
    let named_well = reader.alias(name, entry.key.at, "a response plan");
    let what = format!("response plan `{name}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::RESPONSE_PLAN)?;
    fields.at = entry.key.at;
    let incident = match fields.get("incident") {
        None => Some(no_template()),
        Some(node) => incident(reader, node),
    };
    let stages = stages(reader, &fields, names);
    let repage_after = match fields.get("repage_after") {
        None => Some(None),
        Some(node) => reader.number(node, "`repage_after` (minutes)", 1..=STAGE_MINUTES_MAX).map(Some),
    };
    if let Some(node) = fields.get("tell") {
        tell(reader, node);
    }
    let plan = ResponsePlan {
        name: ResponsePlanName::new(name),
        incident: incident?,
        stages: stages?,
        repage_after_minutes: repage_after?,
    };
    named_well.then_some(plan)
}

/// An incident looks like its signal.
fn no_template() -> IncidentTemplate {
    IncidentTemplate {
        title: String::new(),
        summary: String::new(),
        impact: None,
        dedupe: String::new(),
        tags: BTreeMap::new(),
    }
}

fn incident(reader: &mut Reader, node: &Node) -> Option<IncidentTemplate> {
    let fields = reader.fields(node, "`incident`", &keys::INCIDENT)?;
    let mut text = |key: &str, characters_max: usize| match fields.get(key) {
        None => Some(String::new()),
        Some(node) => template::read(reader, node, &format!("`{key}`"), characters_max),
    };
    let title = text("title", TITLE_CHARACTERS_MAX);
    let summary = text("summary", SUMMARY_CHARACTERS_MAX);
    let dedupe = text("dedupe", DEDUPE_CHARACTERS_MAX);
    let impact = match fields.get("impact") {
        None => Some(None),
        Some(node) => impacts::read(reader, node).map(Some),
    };
    let tags = match fields.get("tags") {
        None => Some(BTreeMap::new()),
        Some(node) => tags(reader, node),
    };
    Some(IncidentTemplate { title: title?, summary: summary?, impact: impact?, dedupe: dedupe?, tags: tags? })
}

fn tags(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, String>> {
    let entries = reader.named(node, "`tags`", "write names and texts: `tags: { team: web }`")?;
    if entries.len() > TAGS_MAX {
        let message = format!("an incident cannot have more than {TAGS_MAX} tags (TAGS_MAX)");
        reader.wrong(node.at, Code::OutOfRange, message, "remove some");
    }
    let count = entries.len();
    let read: BTreeMap<String, String> =
        entries.into_iter().filter_map(|(key, entry)| Some((key.to_owned(), tag(reader, &entry.value)?))).collect();
    (read.len() == count).then_some(read)
}

/// Reads the text of a tag, which is not a template: the engine puts it on the incident as it is.
fn tag(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "a tag")?;
    if text.contains("{{") {
        let instead = "write a plain text; the event's own tags are on the incident anyway";
        reader.not_yet(node.at, "a template in a tag", instead);
        return None;
    }
    Some(text.to_owned())
}

fn stages(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<ResponseStage>> {
    const EXAMPLE: &str = "write at least one: `stages: [ { engage: [natsu] } ]`";
    let node = reader.required(fields, "stages", EXAMPLE)?;
    let items = reader.list(node, "`stages`")?;
    if items.is_empty() {
        let message = format!("{} engages nobody and runs nothing", fields.what);
        reader.wrong(node.at, Code::Empty, message, EXAMPLE);
        return None;
    }
    if items.len() > RESPONSE_STAGES_MAX {
        let message = format!("{} has more than {RESPONSE_STAGES_MAX} stages (RESPONSE_STAGES_MAX)", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, "engage an escalation plan that repeats");
        return None;
    }
    let read: Vec<ResponseStage> = items.iter().filter_map(|item| stage(reader, item, names)).collect();
    (read.len() == items.len()).then_some(read)
}

fn stage(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<ResponseStage> {
    let fields = reader.fields(node, "the stage", &keys::RESPONSE_STAGE)?;
    let after = match fields.get("after") {
        None => Some(0),
        Some(node) => reader.number(node, "`after` (minutes)", 0..=STAGE_MINUTES_MAX),
    };
    let unless = match fields.get("unless") {
        None => Some(Unless::Resolved),
        Some(node) => {
            let words = [("resolved", Unless::Resolved), ("acknowledged", Unless::Acknowledged)];
            reader.word(node, "`unless`", &words)
        }
    };
    let runbooks = match fields.get("runbooks") {
        None => Some(Vec::new()),
        Some(node) => runbooks(reader, node),
    };
    let engage = match fields.get("engage") {
        None => Some(Vec::new()),
        Some(node) => engage(reader, node, names),
    };
    let when = when::read(reader, &fields);
    let stage =
        ResponseStage { after_minutes: after?, unless: unless?, when: when?, runbooks: runbooks?, engage: engage? };
    if stage.runbooks.is_empty() && stage.engage.is_empty() {
        // What a key that nobody knows was meant to say may be all that is missing.
        if fields.has_unknown() {
            return None;
        }
        reader.wrong(
            node.at,
            Code::Empty,
            "the stage engages nobody and runs nothing",
            "add `engage: [ … ]` or `runbooks: [ … ]`, or remove the stage",
        );
        return None;
    }
    Some(stage)
}

fn engage(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Vec<Engage>> {
    let items = reader.few(node, "`engage`", (TARGETS_MAX, "TARGETS_MAX"), "divide them among several stages")?;
    let mut seen = BTreeSet::new();
    let mut read = Vec::new();
    for item in items {
        let Some(engage) = engaged(reader, item, names) else {
            continue;
        };
        if !seen.insert(engage.clone()) {
            let message = "the stage engages the same one twice";
            reader.wrong(item.at, Code::Duplicate, message, "name them once in a stage");
        }
        read.push(engage);
    }
    (read.len() == items.len()).then_some(read)
}

fn engaged(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Engage> {
    // A bare alias is a contact: the shortest form for what stands in most stages.
    if node.scalar().is_some() {
        return names.contact(reader, node, "an item of `engage`", Position::Engaged).map(Engage::Contact);
    }
    let mistakes_before = reader.mistakes.len();
    let fields = reader.fields(node, "the item of `engage`", &keys::ENGAGE)?;
    match (fields.get("contact"), fields.get("escalation_plan"), fields.get("schedule")) {
        (Some(node), None, None) => {
            names.contact(reader, node, "`contact`", Position::EngagedByKind).map(Engage::Contact)
        }
        (None, Some(node), None) => names
            .escalation_plan(reader, node, "`escalation_plan`", Position::EngagedByKind)
            .map(Engage::EscalationPlan),
        (None, None, Some(node)) => {
            names.schedule(reader, node, "`schedule`", Position::EngagedByKind).map(Engage::Schedule)
        }
        (None, None, None) if reader.mistakes.len() > mistakes_before => None,
        _ => {
            reader.wrong(
                node.at,
                Code::InvalidValue,
                "an item of `engage` names one contact, one escalation plan or one schedule",
                "write an alias, `{ contact: … }`, `{ escalation_plan: … }` or `{ schedule: … }`",
            );
            None
        }
    }
}

fn runbooks(reader: &mut Reader, node: &Node) -> Option<Vec<RunbookAction>> {
    let items = reader.few(
        node,
        "`runbooks`",
        (RUNBOOKS_PER_STAGE_MAX, "RUNBOOKS_PER_STAGE_MAX"),
        "divide them among several stages",
    )?;
    let read: Vec<RunbookAction> = items.iter().filter_map(|item| runbook(reader, item)).collect();
    (read.len() == items.len()).then_some(read)
}

fn runbook(reader: &mut Reader, node: &Node) -> Option<RunbookAction> {
    let fields = reader.fields(node, "the runbook", &keys::RUNBOOK)?;
    let document = reader
        .required(&fields, "document", "write `document:` and the name of an SSM Automation document")
        .and_then(|node| document(reader, node));
    let parameters = match fields.get("parameters") {
        None => Some(BTreeMap::new()),
        Some(node) => parameters(reader, node),
    };
    Some(RunbookAction { document: document?, parameters: parameters? })
}

fn document(reader: &mut Reader, node: &Node) -> Option<String> {
    let name = reader.text(node, "`document`")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    if !name.chars().all(fits) || !DOCUMENT_CHARACTERS.contains(&name.len()) {
        reader.wrong(
            node.at,
            Code::InvalidName,
            format!("`{name}` cannot be the name of an SSM document"),
            "use letters, digits, `_`, `-`, `.`, `:` and `/`, 3 to 128 of them",
        );
        return None;
    }
    Some(name.to_owned())
}

fn parameters(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, Vec<String>>> {
    let example = "write names and lists: `parameters: { InstanceId: [\"{{ dimensions.InstanceId }}\"] }`";
    let entries = reader.named(node, "`parameters`", example)?;
    let count = entries.len();
    let read: BTreeMap<String, Vec<String>> =
        entries.into_iter().filter_map(|(name, entry)| Some((name.to_owned(), values(reader, name, entry)?))).collect();
    (read.len() == count).then_some(read)
}

/// Reads the values of one parameter: a list, or one text for a list of one.
fn values(reader: &mut Reader, name: &str, entry: &Entry) -> Option<Vec<String>> {
    let what = format!("parameter `{name}`");
    let items = match &entry.value.value {
        Value::List(items) => items.as_slice(),
        Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Mapping(_) => {
            std::slice::from_ref(&entry.value)
        }
    };
    let read: Vec<String> =
        items.iter().filter_map(|item| template::read(reader, item, &what, SUMMARY_CHARACTERS_MAX)).collect();
    (read.len() == items.len()).then_some(read)
}

/// Chat rooms and topics cannot be told yet; an empty `tell` promises nothing.
fn tell(reader: &mut Reader, node: &Node) {
    let Some(fields) = reader.fields(node, "`tell`", &keys::TELL) else {
        return;
    };
    for key in keys::TELL.keys {
        let Some(node) = fields.get(key) else { continue };
        let Some(items) = reader.list(node, &format!("`{key}`")) else {
            continue;
        };
        if let Some(first) = items.first() {
            let what = format!("`{key}` of `tell`");
            reader.not_yet(
                first.at,
                &what,
                "take it out, and let a stage engage a contact with a channel for whoever is to hear of it",
            );
        }
    }
}
