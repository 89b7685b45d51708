//! Text that is not YAML: where the slip nearly always is, and what was meant. A parser says where it gave up, which is often
//! lines behind the slip.

use super::error::{Code, Mistake};
use super::limits::{ALIAS_EVENTS_MAX, DEPTH_MAX};
use super::node::{self, Node, NotYaml, Place};

/// What the parser says where values are nested too deeply: in brackets, in lines, and in what an alias stands for.
const DEEP: [&str; 3] = ["recursion limit exceeded", "Depth", "depth"];

/// Parses the text of a file.
pub(super) fn parsed(text: &str, file: usize) -> Result<Node, Mistake> {
    node::tree(text, file).map_err(|not_yaml| mistake(text, file, &not_yaml))
}

fn mistake(text: &str, file: usize, not_yaml: &NotYaml) -> Mistake {
    if not_yaml.message.starts_with("alias ") && not_yaml.message.contains("exceeded") {
        let message =
            format!("aliases (`*name`) repeat more than {ALIAS_EVENTS_MAX} values of this file (ALIAS_EVENTS_MAX)");
        let remedy = "use fewer aliases of aliases: what they stand for is counted each time".to_owned();
        return Mistake { at: not_yaml.at.or(Some(Place::whole(file))), code: Code::OutOfRange, message, remedy };
    }
    if DEEP.iter().any(|sign| not_yaml.message.contains(sign)) {
        let message = format!("values stand more than {DEPTH_MAX} deep in each other (DEPTH_MAX)");
        let remedy = "close a bracket, or indent less: nothing of the language stands that deep".to_owned();
        return Mistake { at: not_yaml.at.or(Some(Place::whole(file))), code: Code::OutOfRange, message, remedy };
    }
    let slip = not_yaml.at.and_then(|at| slip(text, at));
    let (at, remedy) = match slip {
        Some((at, remedy)) => (Some(at), remedy),
        None => (not_yaml.at, "check quotes, brackets and the indentation of this line and the one above".to_owned()),
    };
    Mistake {
        at: at.or(Some(Place::whole(file))),
        code: Code::Syntax,
        message: format!("this is not YAML: {}", without_place(&not_yaml.message)),
        remedy,
    }
}

/// The place stands beside the message anyway, and is another one where the slip is found elsewhere.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(before, _)| before)
}

/// What nearly always was meant, and where it stands.
fn slip(text: &str, at: Place) -> Option<(Place, String)> {
    let lines: Vec<&str> = text.lines().collect();
    if let Some(tab) = tab_near(&lines, at) {
        return Some((tab, "indent with spaces: YAML does not allow tabs".to_owned()));
    }
    let line = lines.get(at.line - 1).copied().unwrap_or("");
    if line.contains(": *") || line.contains("[*") || line.contains(", *") {
        return Some((at, "put quotes around a text that begins with `*`: \"*-5xx\"".to_owned()));
    }
    if line.contains(": {{") || line.contains("[{{") || line.contains("[ {{") {
        return Some((at, "put quotes around a text that begins with a brace: \"{{ title }}\"".to_owned()));
    }
    unclosed_quote(&lines, at)
        .or_else(|| unclosed_bracket(&lines, at))
        .or_else(|| no_space(&lines, at))
        .or_else(|| between_columns(&lines, at))
}

/// A line that begins where nothing above it begins: it belongs neither to what stands above nor to what holds that.
fn between_columns(lines: &[&str], at: Place) -> Option<(Place, String)> {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_text = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let line = lines.get(at.line.checked_sub(1)?)?;
    let mut open: Vec<usize> = Vec::new();
    for line in lines.iter().take(at.line - 1).filter(is_text) {
        let mut column = indentation(line);
        open.retain(|known| *known < column);
        open.push(column);
        // The keys of an item begin behind its hyphen.
        while line[column..].starts_with("- ") {
            column += 2;
            open.push(column);
        }
    }
    let (column, above) = (indentation(line), open.iter().rev().min_by_key(|known| known.abs_diff(indentation(line)))?);
    if open.contains(&column) || column > *open.last()? {
        return None;
    }
    let stand = match column {
        0 => "no space stands".to_owned(),
        1 => "1 space stands".to_owned(),
        column => format!("{column} spaces stand"),
    };
    let remedy = format!("{stand} before this line, and {above} before what it belongs to: write as many here");
    Some((Place { column: column + 1, length: 1, ..at }, remedy))
}

/// A tab in the indentation stops the parser at the end of the line before: the mistake is where the tab is.
fn tab_near(lines: &[&str], at: Place) -> Option<Place> {
    let near = lines.iter().enumerate().skip(at.line.saturating_sub(1)).take(2);
    let mut tabs = near.filter_map(|(number, line)| {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        let column = line[..indentation].find('\t')? + 1;
        Some(Place { line: number + 1, column, length: 1, ..at })
    });
    tabs.next()
}

/// A quote that is not closed swallows everything until the next one. Where several lines have half a pair, texts of
/// several lines are meant, and nothing can be said.
fn unclosed_quote(lines: &[&str], at: Place) -> Option<(Place, String)> {
    let quotes = |line: &&str| line.replace("\\\"", "").matches('"').count();
    let mut halves = lines.iter().enumerate().take(at.line).filter(|(_, line)| quotes(line) % 2 == 1);
    let (number, line) = halves.next()?;
    if halves.next().is_some() {
        return None;
    }
    let column = line.chars().collect::<Vec<_>>().iter().rposition(|c| *c == '"')? + 1;
    let place = Place { line: number + 1, column, length: 1, ..at };
    Some((place, "close this quote, or open the one before it: every `\"` has a partner on its line".to_owned()))
}

/// A bracket that is not closed lets the next line begin inside of it.
fn unclosed_bracket(lines: &[&str], at: Place) -> Option<(Place, String)> {
    let before = lines.iter().enumerate().take(at.line).rev().filter(|(_, line)| !line.trim().is_empty()).take(2);
    before.into_iter().find_map(|(number, line)| {
        let column = open_at_the_end(line)? + 1;
        let bracket = line.chars().nth(column - 1)?;
        let partner = if bracket == '[' { ']' } else { '}' };
        let place = Place { line: number + 1, column, length: 1, ..at };
        Some((place, format!("close this `{bracket}` with `{partner}`")))
    })
}

/// The last bracket of a line that is not closed on it, outside of quotes.
fn open_at_the_end(line: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    for (place, character) in line.chars().enumerate() {
        match (quote, character) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '#') if place == 0 || line.chars().nth(place - 1) == Some(' ') => break,
            (None, '[' | '{') => open.push(place),
            (None, ']' | '}') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open.pop()
}

/// `name:Natsu` is a text to YAML, and not a key with its value.
fn no_space(lines: &[&str], at: Place) -> Option<(Place, String)> {
    let before = lines.iter().enumerate().take(at.line).rev().filter(|(_, line)| !line.trim().is_empty()).take(2);
    before.into_iter().find_map(|(number, line)| {
        let trimmed = line.trim_start_matches([' ', '-']);
        let (key, value) = trimmed.split_once(':')?;
        let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let sticks = value.chars().next().is_some_and(|c| !c.is_whitespace() && c != '/');
        if !is_word || !sticks {
            return None;
        }
        let column = line.chars().count() - trimmed.chars().count() + 1;
        let place = Place { line: number + 1, column, length: key.chars().count() + 1, ..at };
        Some((place, format!("put a space behind the colon: `{key}: …`")))
    })
}
