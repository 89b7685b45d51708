//! How long a team's configuration takes: 50 contacts, 10 schedules with nights, weekends and overrides, 30 response plans.
//!
//! ```sh
//! cargo bench -p reveille --bench lint
//! ```

use divan::Bencher;
use jiff::Timestamp;
use reveille_cli::lint::look_at_text;

const CONTACTS: usize = 50;
const SCHEDULES: usize = 10;
const RESPONSE_PLANS: usize = 30;

fn main() {
    divan::main();
}

fn members(first: usize) -> String {
    let names = (first..first + 5).map(|number| format!("person-{}", number % CONTACTS));
    names.collect::<Vec<_>>().join(", ")
}

/// A team around the world: each schedule has a day in Europe, a day in America, and somebody for the rest.
fn team() -> String {
    let mut text = "reveille: 1\ndefaults: { response_plan: plan-0, safety_contact: person-0 }\ncontacts:\n".to_owned();
    for number in 0..CONTACTS {
        let channels = format!(
            "sms: {{ type: sms, address: \"+1 415 555 {number:04}\", verified: true }}, \
             mail: {{ type: email, address: person-{number}@example.com, verified: true }}, \
             phone: {{ type: voice, address: \"+1 415 555 {number:04}\", verified: true }}"
        );
        let engagement = "[{ after: 0, channels: [sms, mail] }, { after: 2, channels: [phone], every: 2 }]";
        text.push_str(&format!(
            "  person-{number}: {{ name: Person {number}, channels: {{ {channels} }}, engagement: {engagement} }}\n"
        ));
    }
    text += "schedules:\n";
    for number in 0..SCHEDULES {
        let (day, other) = (members(number * 5), members(number * 5 + 2));
        let week = "{ MON: [\"08:00-20:00\"], TUE: [\"08:00-20:00\"], WED: [\"08:00-20:00\"], THU: [\"08:00-20:00\"], \
                    FRI: [\"08:00-20:00\"] }";
        text.push_str(&format!(
            "  schedule-{number}:
    rotations:
      - {{ name: europe, time_zone: Europe/Berlin, start: 2026-01-05T08:00:00, every: {{ days: 1 }}, members: [{day}], coverage: {week} }}
      - {{ name: america, time_zone: America/New_York, start: 2026-01-05T08:00:00, every: {{ weeks: 1 }}, members: [{other}], coverage: {week} }}
      - {{ name: rest, time_zone: UTC, start: 2026-01-01T00:00:00, every: {{ weeks: 1 }}, members: [{day}] }}
    overrides:
      - {{ start: 2026-07-01T00:00:00Z, end: 2026-07-15T00:00:00Z, remove: person-{}, add: person-{} }}
",
            number * 5,
            (number * 5 + 7) % CONTACTS
        ));
    }
    text += "escalation_plans:\n";
    for number in 0..RESPONSE_PLANS {
        text.push_str(&format!(
            "  steps-{number}:
    stages:
      - {{ minutes: 5, targets: [{{ schedule: schedule-{} }}] }}
      - {{ minutes: 5, targets: [{{ schedule: schedule-{} }}] }}
      - {{ minutes: 10, targets: [person-{}, person-{}] }}
    repeat: 1
",
            number % SCHEDULES,
            (number + 3) % SCHEDULES,
            number % CONTACTS,
            (number + 20) % CONTACTS
        ));
    }
    text += "response_plans:\n";
    for number in 0..RESPONSE_PLANS {
        text.push_str(&format!(
            "  plan-{number}:
    stages:
      - runbooks: [{{ document: WebServerRestart, parameters: {{ InstanceId: \"{{{{ dimensions.InstanceId }}}}\" }} }}]
        engage: [{{ escalation_plan: steps-{number} }}]
      - {{ after: 20, when: {{ impact: [1, 2] }}, engage: [person-{}] }}
",
            (number + 30) % CONTACTS
        ));
    }
    text += "rules:\n";
    for number in 1..RESPONSE_PLANS {
        text.push_str(&format!(
            "  - {{ match: {{ source: cloudwatch, name: \"team-{number}-*\" }}, response_plan: plan-{number} }}\n"
        ));
    }
    text
}

#[divan::bench]
fn a_team_of_fifty(bencher: Bencher<'_, '_>) {
    let (text, at): (String, Timestamp) = (team(), "2026-01-05T12:00:00Z".parse().expect("an instant"));
    let report = look_at_text(&text, "team.yaml", at);
    assert_eq!(
        report.count(reveille_cli::lint::Severity::Error),
        0,
        "{}",
        report.text(reveille_cli::paint::Paint::Plain)
    );
    bencher.bench(|| look_at_text(divan::black_box(&text), "team.yaml", at));
}
