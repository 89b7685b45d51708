//! The tables of `docs/PERFORMANCE.md`.

use std::fmt::Write;

use super::night::Played;
use super::path::{Invocation, Path};

/// Every path with its requests and units, as the document shows it.
pub fn paths_table(played: &Played) -> String {
    let mut text = String::from(
        "| what happens | requests | waits | which | read units | write units | leaves |\n|---|---|---|---|---|---|---|\n",
    );
    let all = played.paths.iter().chain([&played.idle_minute, &played.synthetic]);
    for path in all.chain(played.incidents.iter().map(|incident| &incident.path)) {
        let _ = writeln!(text, "{}", row(path));
    }
    text
}

fn row(path: &Path) -> String {
    let units = path.units();
    let requests = path.calls().count();
    let waits: usize = path.invocations.iter().map(|invocation| invocation.waits().len()).sum();
    let index = if units.index > 0.0 { format!(" ({} of indexes)", units.index) } else { String::new() };
    let which = if path.invocations.len() > 4 { by_count(path) } else { by_invocation(path) };
    format!(
        "| {} | {requests} | {waits} | {which} | {} | {}{index} | {} |",
        path.name,
        units.read,
        units.write,
        leaves(path)
    )
}

/// Each invocation with its calls in their order; those that are waited for together stand together.
fn by_invocation(path: &Path) -> String {
    let one = |invocation: &Invocation| {
        let waits: Vec<String> = invocation.waits().iter().map(|wait| together(wait)).collect();
        format!("`{}`: {}", invocation.function, if waits.is_empty() { "none".to_owned() } else { waits.join(", ") })
    };
    path.invocations.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn together(wait: &[&super::Call]) -> String {
    let mut named: Vec<(String, usize)> = Vec::new();
    let mut names: Vec<&str> = wait.iter().map(|call| call.operation.as_str()).collect();
    names.sort_unstable();
    for name in names {
        match named.last_mut() {
            Some((last, count)) if last == name => *count += 1,
            Some(_) | None => named.push((name.to_owned(), 1)),
        }
    }
    let times = |(name, count): &(String, usize)| if *count == 1 { name.clone() } else { format!("{count} {name}") };
    named.iter().map(times).collect::<Vec<_>>().join(" + ")
}

/// What is too long to be told call by call: how many invocations of which function.
fn by_count(path: &Path) -> String {
    let functions = ["ingest", "respond", "notify", "acknowledge", "escalate", "runbook"];
    let count = |function: &str| path.invocations.iter().filter(|invocation| invocation.function == function).count();
    let counted = functions.iter().map(|function| (function, count(function))).filter(|(_, count)| *count > 0);
    let counted: Vec<String> = counted.map(|(function, count)| format!("{count} `{function}`")).collect();
    format!("{} invocations: {}", path.invocations.len(), counted.join(", "))
}

fn leaves(path: &Path) -> String {
    let messages = path.messages;
    let mut parts = Vec::new();
    if messages.sms > 0 {
        let plural = if messages.sms_parts == 1 { "" } else { "s" };
        parts.push(format!("{} SMS ({} part{plural})", messages.sms, messages.sms_parts));
    }
    if messages.emails > 0 {
        parts.push(format!("{} e-mail{}", messages.emails, if messages.emails == 1 { "" } else { "s" }));
    }
    parts.join(", ")
}

/// The cells of a Markdown table's rows, in the part of a document between two markers.
pub fn rows_of(document: &str, marker: &str) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(&format!("<!-- {marker} -->\n")).unwrap_or_else(|| panic!("no {marker}"));
    let (part, _) = rest.split_once(&format!("<!-- /{marker} -->")).unwrap_or_else(|| panic!("{marker} has no end"));
    let rows = part.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}
