//! How YAML stands in a file: what is short stands on one line, everything else in a block, and a comment stands above what it is
//! about.

use super::scalar::{is_printable, scalar};
use super::{Entry, Map, Yaml};

/// Longer lines are read badly beside a diff.
const LINE_CHARACTERS_MAX: usize = 110;

/// Lists of values, or values by name, within a list or a mapping: more than that is not seen at a glance.
const LINE_DEPTH_MAX: usize = 2;

/// A key longer than this cannot stand before its colon on one line: YAML allows 1,024 characters.
const KEY_CHARACTERS_MAX: usize = 1_000;

/// A document: comments at the head, then the mapping in blocks.
pub(crate) fn document(head: &[String], root: &Map) -> String {
    let mut out = String::new();
    comment_lines(&mut out, head, 0);
    block_map(&mut out, root, 0);
    out
}

/// The entries of a mapping, each on lines of its own.
fn block_map(out: &mut String, map: &Map, indent: usize) {
    for entry in &map.entries {
        comment_lines(out, &entry.comments, indent);
        pad(out, indent);
        let mut taken = entry.key.chars().count();
        if taken > KEY_CHARACTERS_MAX {
            push_line(out, &format!("? {}", entry.key));
            pad(out, indent);
            taken = 0;
        } else {
            out.push_str(&entry.key);
        }
        out.push(':');
        value_behind(out, &entry.value, indent + 2, LINE_CHARACTERS_MAX.saturating_sub(indent + taken + 2));
    }
}

/// What stands behind `key:`.
fn value_behind(out: &mut String, value: &Yaml, indent: usize, room: usize) {
    match (line(value, room), value) {
        (Some(line), _) => push_line(out, &format!(" {line}")),
        (None, Yaml::Map(map)) => {
            out.push('\n');
            block_map(out, map, indent);
        }
        (None, Yaml::List(items)) => {
            out.push('\n');
            block_list(out, items, indent);
        }
        (None, Yaml::Text(text) | Yaml::Plain(text)) => push_line(out, &format!(" {text}")),
    }
}

fn block_list(out: &mut String, items: &[Yaml], indent: usize) {
    for item in items {
        let room = LINE_CHARACTERS_MAX.saturating_sub(indent + 2);
        match (line(item, room), item) {
            (Some(line), _) => {
                pad(out, indent);
                push_line(out, &format!("- {line}"));
            }
            (None, Yaml::Map(map)) => {
                let mut block = String::new();
                block_map(&mut block, map, indent + 2);
                let first_comments = map.entries.first().is_some_and(|first| !first.comments.is_empty());
                pad(out, indent);
                if first_comments {
                    // A comment cannot stand between a dash and its key.
                    out.push_str("-\n");
                    out.push_str(&block);
                } else {
                    out.push_str("- ");
                    out.push_str(block.trim_start_matches(' '));
                }
            }
            (None, Yaml::List(items)) => {
                pad(out, indent);
                out.push_str("-\n");
                block_list(out, items, indent + 2);
            }
            (None, Yaml::Text(text) | Yaml::Plain(text)) => {
                pad(out, indent);
                push_line(out, &format!("- {text}"));
            }
        }
    }
}

/// The value on one line, if it may stand there and fits. What has nothing in it has no other form.
fn line(value: &Yaml, room: usize) -> Option<String> {
    let has_a_block = match value {
        Yaml::Text(_) | Yaml::Plain(_) => false,
        Yaml::List(items) => !items.is_empty(),
        Yaml::Map(map) => !map.is_empty(),
    };
    if has_a_block && (value.depth() > LINE_DEPTH_MAX || value.is_tall()) {
        return None;
    }
    let line = flow(value);
    (!has_a_block || line.chars().count() <= room).then_some(line)
}

/// The whole on one line, however long, without comments.
pub(crate) fn flow(value: &Yaml) -> String {
    match value {
        Yaml::Text(text) => scalar(text),
        Yaml::Plain(plain) => plain.clone(),
        Yaml::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Yaml::Map(map) if map.is_empty() => "{}".to_owned(),
        Yaml::Map(map) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key, flow(&entry.value));
            format!("{{ {} }}", map.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn comment_lines(out: &mut String, comments: &[String], indent: usize) {
    for comment in comments {
        for part in comment.split('\n') {
            pad(out, indent);
            let part: String = part.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
            push_line(out, format!("# {part}").trim_end());
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
