//! Texts with a grammar of their own, each in the places of a valid configuration that take one: times, spans, zones, addresses,
//! patterns, templates. One line of the input is one text.

use super::configuration::reads_back;
use crate::subject::configuration::parse;

/// Where a text stands; `@` is the text in quotes, `=` the text as it is.
const PLACES: [&str; 22] = [
    "contacts: { a: { name: @, channels: { s: { type: sms, address: '+15550101' } } } }",
    "contacts: { a: { name: A, channels: { s: { type: sms, address: @ } } } }",
    "contacts: { a: { name: A, channels: { s: { type: email, address: @ } } } }",
    "contacts: { a: { name: A, channels: { s: { type: slack, address: @ } } } }",
    "contacts: { a: { name: A, channels: { s: { type: webhook, address: 'https://a.test', secret: @ } } } }",
    "contacts: { a: { name: A, channels: { s: { type: sms, address: '+15550101' } }, engagement: [{ after: =, channels: [s] }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: @, start: 2026-01-05T09:00:00, every: { weeks: 1 } }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: UTC, start: @, every: { weeks: 1 } }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: Asia/Gaza, start: @, every: { hours: 7 } }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: UTC, start: 2026-01-05T09:00:00, every: { days: = } }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: UTC, start: 2026-01-05T09:00:00, every: = }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: Europe/Berlin, start: 2026-01-05T09:00:00, every: { weeks: 1 }, coverage: { MON: [@] } }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: UTC, start: 2026-01-05T09:00:00, every: { weeks: 1 } }], overrides: [{ start: @, end: 2027-01-01T00:00:00Z, members: [a] }] } }",
    "schedules: { s: { rotations: [{ name: r, members: [a], time_zone: UTC, start: 2026-01-05T09:00:00, every: { weeks: 1 } }], notices: [{ before_minutes: = }] } }",
    "escalation_plans: { e: { stages: [{ minutes: =, targets: [a] }] } }",
    "response_plans: { p: { stages: [{ after: =, engage: [a] }] } }",
    "response_plans: { p: { stages: [{ engage: [a], when: { time: @, time_zone: UTC } }] } }",
    "response_plans: { p: { incident: { title: @, dedupe: @ }, stages: [{ engage: [a] }] } }",
    "response_plans: { p: { stages: [{ engage: [a], runbooks: [{ document: @, parameters: { P: @ } }] }] } }",
    "rules: [{ match: { name: @ }, response_plan: p }]",
    "rules: [{ match: { tags: { k: @ } }, response_plan: p }]",
    "webhooks: { w: { keys: [@] } }",
];

/// What every configuration needs; a place that writes one of these sections takes its own.
const NEEDED: [(&str, &str); 3] = [
    ("defaults", "defaults: { response_plan: p }"),
    ("contacts", "contacts: { a: { name: A, channels: { s: { type: sms, address: '+15550101' } } } }"),
    ("response_plans", "response_plans: { p: { stages: [{ engage: [a] }] } }"),
];

pub(super) fn run(input: &[u8]) {
    let (place, text) = input.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(text);
    let place = PLACES[usize::from(*place) % PLACES.len()];
    let section = place.split(':').next().unwrap_or_default();
    let quoted = serde_json::Value::from(text.as_ref()).to_string();
    let as_it_is = text.lines().next().unwrap_or_default();
    let written = place.replace('@', &quoted);
    let written = if place.contains('=') { place.replace('=', as_it_is) } else { written };
    let needed = NEEDED.iter().filter(|(name, _)| *name != section).map(|(_, text)| *text);
    let lines: Vec<&str> = ["reveille: 1"].into_iter().chain(needed).chain([written.as_str()]).collect();
    if let Ok(configuration) = parse(&lines.join("\n"), "grammar.yaml") {
        reads_back(&configuration);
    }
}
