//! The `rules` section: which response plan answers which signal.

use std::collections::BTreeMap;

use reveille_domain::{Match, Pattern, Rule, Source};

use super::error::Code;
use super::keys;
use super::names::Names;
use super::node::Node;
use super::reader::{Fields, Reader};

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node, names: &Names<'_>) -> Vec<Rule> {
    let items = reader.list(section, "`rules`").unwrap_or_default();
    items.iter().filter_map(|item| rule(reader, item, names)).collect()
}

fn rule(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Rule> {
    let fields = reader.fields(node, "the rule", &keys::RULE)?;
    let matching = match fields.get("match") {
        None => Some(Match::default()),
        Some(node) => matching(reader, node),
    };
    let response_plan = reader
        .required(&fields, "response_plan", "write `response_plan:` and the plan that answers")
        .and_then(|node| names.response_plan(reader, node, "`response_plan`"));
    Some(Rule { matching: matching?, response_plan: response_plan? })
}

fn matching(reader: &mut Reader, node: &Node) -> Option<Match> {
    let fields = reader.fields(node, "`match`", &keys::MATCH)?;
    let source = match fields.get("source") {
        None => Some(None),
        Some(node) if node.scalar() == Some("*") => Some(None),
        Some(node) => {
            let words = Source::ALL.map(|source| (source.name(), source));
            reader.word(node, "`source`", &words).map(Some)
        }
    };
    let name = pattern_of(reader, &fields, "name");
    let account = pattern_of(reader, &fields, "account");
    let region = pattern_of(reader, &fields, "region");
    let tags = match fields.get("tags") {
        None => Some(BTreeMap::new()),
        Some(node) => tags(reader, node),
    };
    Some(Match { source: source?, name: name?, account: account?, region: region?, tags: tags? })
}

fn pattern_of(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Option<Pattern>> {
    match fields.get(key) {
        None => Some(None),
        Some(node) => pattern(reader, node, &format!("`{key}`")).map(Some),
    }
}

fn pattern(reader: &mut Reader, node: &Node, what: &str) -> Option<Pattern> {
    let text = reader.text(node, what)?;
    if text.is_empty() {
        let message = format!("{what} matches nothing when it is empty");
        reader.wrong(node.at, Code::Empty, message, "leave it out, or write \"*\" for anything");
        return None;
    }
    Some(Pattern::new(text))
}

fn tags(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, Pattern>> {
    let entries = reader.named(node, "`tags`", "write names and patterns: `tags: { team: \"web*\" }`")?;
    let count = entries.len();
    let read: BTreeMap<String, Pattern> = entries
        .into_iter()
        .filter_map(|(key, entry)| Some((key.to_owned(), pattern(reader, &entry.value, "a tag")?)))
        .collect();
    (read.len() == count).then_some(read)
}
