//! A team as large as a team gets: what the bounds of calls and of time are held to.

use std::fmt::Write;

/// The working days of a rotation that has no nights.
const WEEK: &str = "{ MON: [\"08:00-20:00\"], TUE: [\"08:00-20:00\"], WED: [\"08:00-20:00\"], THU: [\"08:00-20:00\"], \
                    FRI: [\"08:00-20:00\"] }";

/// A configuration of so many contacts (each with an SMS, an e-mail and a voice channel), schedules (a day in Europe, a day in
/// America, somebody for the rest, and an override) and response plans. Every response plan has an escalation plan and a rule.
pub(crate) fn team(contacts: usize, schedules: usize, response_plans: usize) -> String {
    let mut out =
        String::from("reveille: 1\ndefaults: { response_plan: plan-0, safety_contact: person-0 }\ncontacts:\n");
    for n in 0..contacts {
        contact(&mut out, n);
    }
    let person = |n: usize| format!("person-{}", n % contacts);
    out.push_str("schedules:\n");
    for n in 0..schedules {
        schedule(&mut out, n, person);
    }
    out.push_str("escalation_plans:\n");
    for n in 0..response_plans {
        line(&mut out, format_args!("  escalation-{n}:"));
        line(&mut out, format_args!("    stages:"));
        line(&mut out, format_args!("      - {{ minutes: 5, targets: [{{ schedule: schedule-{} }}] }}", n % schedules));
        let second = (n + 3) % schedules;
        line(&mut out, format_args!("      - {{ minutes: 5, targets: [{{ schedule: schedule-{second} }}] }}"));
        line(&mut out, format_args!("      - {{ minutes: 10, targets: [{}, {}] }}", person(n), person(n + 20)));
        line(&mut out, format_args!("    repeat: 2"));
    }
    out.push_str("response_plans:\n");
    for n in 0..response_plans {
        response_plan(&mut out, n, &person(n + 30));
    }
    out.push_str("rules:\n");
    for n in 0..response_plans {
        line(&mut out, format_args!("  - {{ match: {{ name: \"service-{n}-*\" }}, response_plan: plan-{n} }}"));
    }
    out
}

fn contact(out: &mut String, n: usize) {
    line(out, format_args!("  person-{n}:"));
    line(out, format_args!("    name: Person {n}"));
    line(out, format_args!("    channels:"));
    line(out, format_args!("      sms: {{ type: sms, address: \"+1 415 300 {n:04}\", verified: true }}"));
    line(out, format_args!("      mail: {{ type: email, address: person-{n}@devopsvn.tech, verified: false }}"));
    line(out, format_args!("      phone: {{ type: voice, address: \"+1 415 300 {n:04}\", verified: true }}"));
    line(out, format_args!("    engagement:"));
    line(out, format_args!("      - {{ channels: [sms] }}"));
    line(out, format_args!("      - {{ after: 2, channels: [phone, mail], every: 3 }}"));
}

fn schedule(out: &mut String, n: usize, person: impl Fn(usize) -> String) {
    let members = |first: usize| (first..first + 5).map(&person).collect::<Vec<_>>().join(", ");
    let (day, other) = (members(n * 5), members(n * 5 + 2));
    line(out, format_args!("  schedule-{n}:"));
    line(out, format_args!("    rotations:"));
    for (name, zone, start, every, members, coverage) in [
        ("europe", "Europe/Berlin", "2026-01-05T08:00:00", "days", &day, format!(", coverage: {WEEK}")),
        ("america", "America/New_York", "2026-01-05T08:00:00", "weeks", &other, format!(", coverage: {WEEK}")),
        ("rest", "UTC", "2026-01-01T00:00:00", "weeks", &day, String::new()),
    ] {
        let when = format!("time_zone: {zone}, start: {start}, every: {{ {every}: 1 }}");
        line(out, format_args!("      - {{ name: {name}, {when}, members: [{members}]{coverage} }}"));
    }
    line(out, format_args!("    overrides:"));
    let swap = format!("remove: {}, add: {}", person(n * 5), person(n * 5 + 7));
    line(out, format_args!("      - {{ start: 2026-07-01T00:00:00Z, end: 2026-07-15T00:00:00Z, {swap} }}"));
    line(out, format_args!("    notices: [{{ before_minutes: 60 }}]"));
}

fn response_plan(out: &mut String, n: usize, last: &str) {
    let tags = format!("tags: {{ team: team-{n} }}");
    line(out, format_args!("  plan-{n}:"));
    line(out, format_args!("    incident: {{ title: \"{{{{ title }}}}\", impact: 2, {tags} }}"));
    line(out, format_args!("    stages:"));
    let runbook = "{ document: WebServerRestart, parameters: { InstanceId: \"{{ dimensions.InstanceId }}\" } }";
    line(out, format_args!("      - runbooks: [{runbook}]"));
    line(out, format_args!("        engage: [{{ escalation_plan: escalation-{n} }}]"));
    line(out, format_args!("      - {{ after: 30, when: {{ impact: [1, 2] }}, engage: [{last}] }}"));
}

fn line(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a text takes whatever is written to it");
    out.push('\n');
}
