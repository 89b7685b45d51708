//! A team as large as a team gets: what the bounds of calls and of time are held to.

use std::fmt::Write;

/// A configuration of so many contacts (each with an SMS and an e-mail channel), schedules and response plans. Every schedule
/// has an escalation plan, every response plan a rule.
pub(crate) fn team(contacts: usize, schedules: usize, response_plans: usize) -> String {
    let mut out =
        String::from("reveille: 1\ndefaults: { response_plan: plan-0, safety_contact: person-0 }\ncontacts:\n");
    for n in 0..contacts {
        line(&mut out, format_args!("  person-{n}:"));
        line(&mut out, format_args!("    name: Person {n}"));
        line(&mut out, format_args!("    channels:"));
        line(&mut out, format_args!("      sms: {{ type: sms, address: \"+1 415 300 {n:04}\", verified: true }}"));
        line(
            &mut out,
            format_args!("      mail: {{ type: email, address: person-{n}@devopsvn.tech, verified: false }}"),
        );
        line(&mut out, format_args!("    engagement:"));
        line(&mut out, format_args!("      - {{ channels: [sms] }}"));
        line(&mut out, format_args!("      - {{ after: 2, channels: [sms, mail], every: 3 }}"));
    }
    let person = |n: usize| format!("person-{}", n % contacts);
    out.push_str("schedules:\n");
    for n in 0..schedules {
        let members: Vec<String> = (0..5).map(|place| person(n * 5 + place)).collect();
        line(&mut out, format_args!("  schedule-{n}:"));
        line(&mut out, format_args!("    rotations:"));
        line(&mut out, format_args!("      - name: weekly"));
        line(&mut out, format_args!("        time_zone: Europe/Berlin"));
        line(&mut out, format_args!("        start: 2026-01-05T09:00:00"));
        line(&mut out, format_args!("        every: {{ weeks: 1 }}"));
        line(&mut out, format_args!("        members: [{}]", members.join(", ")));
        line(&mut out, format_args!("    notices: [{{ before_minutes: 60 }}]"));
    }
    out.push_str("escalation_plans:\n");
    for n in 0..schedules {
        line(&mut out, format_args!("  escalation-{n}:"));
        line(&mut out, format_args!("    stages:"));
        line(&mut out, format_args!("      - {{ minutes: 5, targets: [{{ schedule: schedule-{n} }}] }}"));
        line(&mut out, format_args!("      - {{ minutes: 10, targets: [{}, {}] }}", person(n), person(n + 1)));
        line(&mut out, format_args!("    repeat: 2"));
    }
    out.push_str("response_plans:\n");
    for n in 0..response_plans {
        line(&mut out, format_args!("  plan-{n}:"));
        line(
            &mut out,
            format_args!("    incident: {{ title: \"{{{{ title }}}}\", impact: 2, tags: {{ team: team-{n} }} }}"),
        );
        line(&mut out, format_args!("    stages:"));
        line(&mut out, format_args!("      - engage: [{{ escalation_plan: escalation-{} }}]", n % schedules));
        line(&mut out, format_args!("      - {{ after: 30, engage: [{}] }}", person(n)));
    }
    out.push_str("rules:\n");
    for n in 0..response_plans {
        line(&mut out, format_args!("  - {{ match: {{ name: \"service-{n}-*\" }}, response_plan: plan-{n} }}"));
    }
    out
}

fn line(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a text takes whatever is written to it");
    out.push('\n');
}
