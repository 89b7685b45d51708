//! Checks `{{ … }}` when the file is read: at 03:00 a runbook with a misspelt parameter is found out too late.

use super::error::Code;
use super::node::{Node, Place};
use super::reader::Reader;
use crate::unknown_name::did_you_mean;

/// Names that do not depend on the event. Which of them an event has a value for is known only when it comes.
const PLAIN: [&str; 7] = ["title", "name", "summary", "source", "account", "region", "dedupe_key"];

/// Beginnings of names whose rest is the event's.
const PREFIXES: [&str; 3] = ["dimensions.", "tags.", "resources."];

const REMEDY: &str = "the names are title, name, summary, source, account, region, dedupe_key, dimensions.NAME, \
                      tags.NAME and resources.0";

/// Reads a text with placeholders, of at most so many characters.
pub(super) fn read(reader: &mut Reader, node: &Node, what: &str, characters_max: usize) -> Option<String> {
    let text = reader.text(node, what)?;
    if text.chars().count() > characters_max {
        reader.wrong(
            node.at,
            Code::OutOfRange,
            format!("{what} has {} characters; the limit is {characters_max}", text.chars().count()),
            "shorten it",
        );
        return None;
    }
    let mut rest = text;
    let mut valid = true;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            let message = format!("a `{{{{` in {what} has no `}}}}`");
            reader.wrong(place_of(node, text, rest), Code::InvalidTemplate, message, "close it with `}}`");
            return None;
        };
        valid &= known(reader, place_of(node, text, rest), name.trim());
        rest = tail;
    }
    valid.then(|| text.to_owned())
}

fn known(reader: &mut Reader, at: Place, name: &str) -> bool {
    let numbered = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit());
    let open = PREFIXES.into_iter().any(|prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| match prefix {
            "resources." => numbered(rest),
            _ => !rest.is_empty() && !rest.contains(['{', '}']),
        })
    });
    if open || PLAIN.contains(&name) {
        return true;
    }
    // `dimension.InstanceId` is compared with `dimensions.InstanceId`: what stands behind the dot is the event's.
    let rest = name.split_once('.').map_or("NAME", |(_, rest)| rest);
    let prefixed = PREFIXES.into_iter().map(|prefix| format!("{prefix}{rest}"));
    let candidates: Vec<String> =
        PLAIN.into_iter().map(str::to_owned).chain(prefixed).filter(|candidate| candidate != name).collect();
    if let Some(prefix) = PREFIXES.into_iter().find(|prefix| prefix.strip_suffix('.') == Some(name)) {
        let example = match prefix {
            "dimensions." => "dimensions.InstanceId",
            "resources." => "resources.0",
            _ => "tags.team",
        };
        let message = format!("`{name}` are several values, and one has to be named");
        reader.wrong(at, Code::InvalidTemplate, message, format!("say which one behind a dot: `{{{{ {example} }}}}`"));
        return false;
    }
    let remedy = did_you_mean(name, candidates.iter().map(String::as_str)).unwrap_or_else(|| REMEDY.to_owned());
    let message = format!("no event has a value called `{name}`");
    reader.wrong(at, Code::InvalidTemplate, message, remedy);
    false
}

/// The place of the next `{{` of `rest`, which is the end of `text`, where the text stands in the file as it is.
fn place_of(node: &Node, text: &str, rest: &str) -> Place {
    // Escapes, folding and block scalars move characters; there the whole value is pointed at.
    let quotes = match node.bytes.len().checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return node.at,
    };
    if text.contains(['\n', '\r']) {
        return node.at;
    }
    let consumed = text.len() - rest.len() + rest.find("{{").unwrap_or(0);
    let before = text.get(..consumed).map_or(0, |before| before.chars().count());
    let length =
        text.get(consumed..).and_then(|from| from.find("}}").map(|end| from[..end + 2].chars().count())).unwrap_or(2);
    Place { column: node.at.column + quotes + before, length, ..node.at }
}
