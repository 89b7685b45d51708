//! What every path costs, as `docs/PERFORMANCE.md` shows it.

use std::collections::BTreeMap;

use reveille_cli::bench::Latencies;

use super::night::Played;
use super::path::{Call, Invocation, Path};
use super::table::{Table, rows_of};

/// Every path with its requests and units.
pub(super) fn paths_table(played: &Played) -> Table {
    let head = ["what happens", "requests", "waits", "which", "read units", "write units", "leaves"];
    let mut table = Table::new("paths", head);
    for path in played.all() {
        let units = path.units();
        let waits: usize = path.invocations.iter().map(|invocation| invocation.waits().len()).sum();
        let index = if units.index > 0.0 { format!(" ({} of indexes)", units.index) } else { String::new() };
        let which = if path.invocations.len() > 4 { by_count(path) } else { by_invocation(path) };
        table.row([
            path.name.to_owned(),
            path.calls().count().to_string(),
            waits.to_string(),
            which,
            units.read.to_string(),
            format!("{}{index}", units.write),
            leaves(path),
        ]);
    }
    table
}

/// How long the functions of every path are at it: their own work here, and what Lambda would send a bill for.
pub(super) fn times_table(played: &Played, latencies: &Latencies) -> Table {
    let head = ["what happens", "invocations", "own work here, ms", "billed by Lambda, ms (model)"];
    let mut table = Table::new("times", head).with_times([2, 3]);
    for path in played.all() {
        let own = path.own().as_secs_f64() * 1_000.0;
        let billed: f64 = path.invocations.iter().map(|invocation| invocation.billed_ms(latencies)).sum();
        let invocations = path.invocations.len().to_string();
        table.row([path.name.to_owned(), invocations, format!("{own:.2}"), format!("{billed:.0}")]);
    }
    table
}

/// What the document says that the guarantees need, beside what was played.
pub fn minimum_table(played: &Played, document: &str) -> Table {
    let mut table = Table::new("minimum", ["what happens", "its guarantees need", "ours", "why"]);
    let counted: BTreeMap<&str, usize> = played.all().map(|path| (path.name, path.calls().count())).collect();
    for mut row in rows_of(document, table.marker) {
        let count = row.first().and_then(|name| counted.get(name.as_str()));
        if let (Some(count), Some(ours)) = (count, row.get_mut(2)) {
            *ours = count.to_string();
        }
        table.rows.push(row);
    }
    table
}

/// Each invocation with its calls in their order; those that are waited for together stand together.
fn by_invocation(path: &Path) -> String {
    let one = |invocation: &Invocation| {
        let waits: Vec<String> = invocation.waits().iter().map(|wait| together(wait)).collect();
        format!("`{}`: {}", invocation.function, if waits.is_empty() { "none".to_owned() } else { waits.join(", ") })
    };
    path.invocations.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn together(wait: &[&Call]) -> String {
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

/// What leaves for people.
pub(super) fn leaves(path: &Path) -> String {
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
