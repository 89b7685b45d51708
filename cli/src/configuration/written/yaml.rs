//! A configuration as YAML, as people would write it: what is short stands on a line, what could be read as anything but a
//! text stands in quotes.

use std::fmt::Write;

use super::{Field, Written};

/// Columns of a line that holds a whole list or mapping.
const LINE_CHARACTERS_MAX: usize = 110;

/// A key longer than this cannot stand before its colon on one line: YAML allows 1,024 characters.
const KEY_CHARACTERS_MAX: usize = 1_000;

impl Written {
    /// The whole, as a YAML file without what holds by default.
    pub(crate) fn yaml(&self) -> String {
        let mut out = String::new();
        self.block(&mut out, 0);
        out
    }

    /// On one line, with what is hidden masked: for people.
    pub(crate) fn inline(&self) -> String {
        let mut out = String::new();
        self.flow(&mut out, false);
        out
    }

    fn block(&self, out: &mut String, indent: usize) {
        match self {
            Written::Mapping(_) if !self.is_empty() => {
                for field in self.shown_fields() {
                    let key = key(&field.key);
                    let margin = " ".repeat(indent);
                    if key.chars().count() > KEY_CHARACTERS_MAX {
                        out.push_str(&format!("{margin}? {key}\n{margin}:"));
                    } else {
                        out.push_str(&format!("{margin}{key}:"));
                    }
                    field.value.behind(out, indent + 2);
                }
            }
            Written::List(items) if !items.is_empty() => {
                for item in items {
                    out.push_str(&format!("{}-", " ".repeat(indent)));
                    item.behind_dash(out, indent + 2);
                }
            }
            Written::Text(_)
            | Written::Number(_)
            | Written::Flag(_)
            | Written::Hidden { .. }
            | Written::List(_)
            | Written::Mapping(_) => {
                self.flow(out, true);
                out.push('\n');
            }
        }
    }

    /// What stands behind a key.
    fn behind(&self, out: &mut String, indent: usize) {
        match self.on_a_line(indent) {
            Some(line) => out.push_str(&format!(" {line}\n")),
            None => {
                out.push('\n');
                self.block(out, indent);
            }
        }
    }

    /// What stands behind the dash of a list.
    fn behind_dash(&self, out: &mut String, indent: usize) {
        match self.on_a_line(indent) {
            Some(line) => out.push_str(&format!(" {line}\n")),
            None => {
                let mut block = String::new();
                self.block(&mut block, indent);
                // The first line of the block shares the line of the dash.
                out.push(' ');
                out.push_str(block.trim_start_matches(' '));
            }
        }
    }

    /// The whole on one line, where it is short and holds no more than lists of values.
    fn on_a_line(&self, indent: usize) -> Option<String> {
        let mut line = String::new();
        if self.depth() <= 2 || self.is_empty() {
            self.flow(&mut line, true);
        }
        let fits = !line.is_empty() && line.chars().count() + indent <= LINE_CHARACTERS_MAX;
        // What is no list and no mapping has no other form.
        (fits || self.is_scalar()).then_some(line)
    }

    fn depth(&self) -> usize {
        match self {
            Written::List(items) => 1 + items.iter().map(Written::depth).max().unwrap_or(0),
            Written::Mapping(_) => 1 + self.shown_fields().map(|field| field.value.depth()).max().unwrap_or(0),
            Written::Text(_) | Written::Number(_) | Written::Flag(_) | Written::Hidden { .. } => 0,
        }
    }

    fn shown_fields(&self) -> impl Iterator<Item = &Field> {
        let fields: &[Field] = match self {
            Written::Mapping(fields) => fields,
            Written::Text(_) | Written::Number(_) | Written::Flag(_) | Written::Hidden { .. } | Written::List(_) => &[],
        };
        fields.iter().filter(|field| !field.is_default)
    }

    fn flow(&self, out: &mut String, exactly: bool) {
        match self {
            Written::Text(text) => out.push_str(&scalar(text)),
            Written::Number(number) => out.push_str(&number.to_string()),
            Written::Flag(flag) => out.push_str(&flag.to_string()),
            Written::Hidden { exact, .. } if exactly => out.push_str(&scalar(exact)),
            Written::Hidden { shown, .. } => out.push_str(shown),
            Written::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { ", " });
                    item.flow(out, exactly);
                }
                out.push(']');
            }
            Written::Mapping(_) => {
                let mut separator = "{ ";
                for field in self.shown_fields() {
                    out.push_str(separator);
                    out.push_str(&format!("{}: ", key(&field.key)));
                    field.value.flow(out, exactly);
                    separator = ", ";
                }
                out.push_str(if separator == "{ " { "{}" } else { " }" });
            }
        }
    }
}

/// A key. Impacts are numbers, and where a name is wanted, a number is read as it is written.
fn key(text: &str) -> String {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if is_number { text.to_owned() } else { scalar(text) }
}

/// A text as YAML reads it back as the same text: plain where nothing else can be meant, otherwise in double quotes.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let fits = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./@".contains(c));
    let plain = begins && text.split(' ').all(fits);
    let lower = text.to_ascii_lowercase();
    if plain && !READ_OTHERWISE.contains(&lower.as_str()) { text.to_owned() } else { quoted(text) }
}

/// Words that one version of YAML or another does not take for a text.
const READ_OTHERWISE: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan"];

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // A text takes whatever is written to it.
                let _infallible =
                    if code <= 0xffff { write!(out, "\\u{code:04x}") } else { write!(out, "\\U{code:08x}") };
            }
        }
    }
    out.push('"');
    out
}

/// What YAML allows in a file as it is, without the characters that end lines or cannot be seen.
fn is_printable(c: char) -> bool {
    let unseen = ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'];
    !c.is_control() && !unseen.contains(&c)
}
