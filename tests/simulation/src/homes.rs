//! Configurations to play: five people, three response plans, two escalation plans and a schedule, made from a number. All of
//! them use the same names, so that one can be applied in the middle of another.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use reveille_cli::configuration::hash_webhook_key;
use reveille_cli::{apply, configuration};
use reveille_domain::{ContactAlias, ResponsePlan, ResponsePlanName, ScheduleAlias};
use reveille_local::MemoryTable;

use super::chance::Chance;

/// So many configurations there are.
pub(crate) const HOMES: u32 = 48;

/// Everybody there is.
pub(crate) const PEOPLE: [&str; 5] = ["natsu", "zeref", "igneel", "bob", "manager"];

/// The response plans, which alarms have in front of their names.
pub(crate) const PLANS: [&str; 3] = ["web", "queue", "disk"];

/// The names of the alarms that fire.
pub(crate) const ALARMS: [&str; 6] = ["web-1", "web-2", "queue-1", "queue-2", "disk-1", "disk-2"];

/// The one of them that is not CloudWatch's: its sender posts it, waits for the answer, and posts it again.
pub(crate) const POSTED: &str = "queue-2";

/// The webhook that it posts to.
pub(crate) const WEBHOOK: &str = "ours";

/// The key of that.
pub(crate) const WEBHOOK_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// One configuration, applied to a table that can be copied.
pub(crate) struct Home {
    pub(crate) configuration: configuration::Configuration,
    pub(crate) table: MemoryTable,
}

impl Home {
    /// The configuration of a number, made once.
    pub(crate) fn number(number: u32, at: Timestamp) -> Arc<Self> {
        static MADE: OnceLock<Mutex<BTreeMap<u32, Arc<Home>>>> = OnceLock::new();
        let made = MADE.get_or_init(Mutex::default);
        let number = number % HOMES;
        if let Some(home) = made.lock().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return home.clone();
        }
        let home = Arc::new(Self::make(number, at));
        made.lock().unwrap_or_else(PoisonError::into_inner).insert(number, home.clone());
        home
    }

    fn make(number: u32, at: Timestamp) -> Self {
        Self::of(&yaml(&mut Chance::of(u64::from(number))), at)
    }

    /// This configuration, applied to an empty table.
    pub(crate) fn of(yaml: &str, at: Timestamp) -> Self {
        let configuration = configuration::parse(yaml, "home.yaml").unwrap_or_else(|errors| panic!("{errors}\n{yaml}"));
        let table = MemoryTable::new();
        now_or_never(apply::apply(&table, &configuration, at)).expect("it applies to an empty table");
        Self { configuration, table }
    }

    /// Who is on call in this configuration.
    pub(crate) fn on_call(&self, schedule: &ScheduleAlias, at: Timestamp) -> Option<Vec<ContactAlias>> {
        Some(self.configuration.schedules.get(schedule)?.on_call(at))
    }

    /// The plan as this configuration has it.
    pub(crate) fn plan(&self, name: &ResponsePlanName) -> Option<&ResponsePlan> {
        self.configuration.response_plans.get(name)
    }
}

/// What the table in memory is asked for never waits.
pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("nothing waits here")
}

/// The telephone number of a person.
pub(crate) fn number_of(person: usize) -> String {
    format!("+1555010{person}")
}

fn yaml(chance: &mut Chance) -> String {
    let mut text = String::from("reveille: 1\ndefaults: { response_plan: disk, safety_contact: manager }\ncontacts:\n");
    for (place, person) in PEOPLE.iter().enumerate() {
        text += &contact(chance, person, place);
    }
    // Somebody else takes over in the middle of the night.
    let start = if chance.percent(50) {
        "2026-01-05T09:00:00, every: { weeks: 1 }"
    } else {
        "2026-11-22T04:09:00, every: { days: 1 }"
    };
    let _ = writeln!(
        text,
        "schedules:\n  primary:\n    rotations:\n      - {{ name: weekly, time_zone: Europe/Berlin, start: {start}, members: \
         [zeref, igneel], on_call: 1 }}"
    );
    text += "escalation_plans:\n";
    text += &escalation(chance, "first", &["natsu", "zeref", "igneel", "schedule"]);
    text += &escalation(chance, "second", &["bob", "schedule", "natsu", "first"]);
    text += "response_plans:\n";
    text += &response(chance, "web", &["natsu", "escalation second", "manager"]);
    text += &response(chance, "queue", &["escalation first", "bob", "manager"]);
    text += &response(chance, "disk", &["schedule primary", "escalation second", "manager"]);
    text += "rules:\n  - { match: { name: \"web-*\" }, response_plan: web }\n  - { match: { name: \"queue-*\" }, response_plan: queue }\n";
    let _ = writeln!(text, "webhooks:\n  {WEBHOOK}: {{ keys: [\"{}\"] }}", hash_webhook_key(WEBHOOK_KEY));
    text
}

fn contact(chance: &mut Chance, person: &str, place: usize) -> String {
    let number = number_of(place);
    let mut text = format!(
        "  {person}:\n    name: {person}\n    channels:\n      sms: {{ type: sms, address: \"{number}\", verified: true }}\n      \
         mail: {{ type: email, address: {person}@example.com, verified: true }}\n      phone: {{ type: voice, address: \
         \"{number}\", verified: true }}\n"
    );
    let hook = chance.percent(25);
    if hook {
        let _ = writeln!(
            text,
            "      hook: {{ type: webhook, address: \"https://hooks.example.com/{person}\", verified: true }}"
        );
    }
    // Some have one way only, and nothing beside it that could get through.
    let first = if hook { "sms, hook" } else { chance.of_these(&["sms", "sms, mail"]) };
    let (gap, every) = (chance.between(1, 3), chance.between(3, 6));
    match chance.place(4) {
        0 => {}
        1 => {
            let _ = writeln!(text, "    engagement: [ {{ after: 0, channels: [{first}] }} ]");
        }
        2 => {
            let times = chance.of_these(&["2", "3", "until_acknowledged"]);
            let _ = writeln!(
                text,
                "    engagement: [ {{ after: 0, channels: [{first}] }}, {{ after: {gap}, channels: [phone], every: {every}, times: {times} }} ]"
            );
        }
        _ => {
            let _ = writeln!(
                text,
                "    engagement: [ {{ after: 0, channels: [mail] }}, {{ after: {gap}, channels: [sms] }}, {{ after: {}, channels: [phone] }} ]",
                gap + every
            );
        }
    }
    text
}

fn escalation(chance: &mut Chance, name: &str, targets: &[&str]) -> String {
    let mut text = format!("  {name}:\n    stages:\n");
    let stages = 2 + chance.place(2);
    for stage in 0..stages {
        let mut chosen = vec![target(chance, targets[stage % targets.len()])];
        let other = targets[(stage + 1 + chance.place(targets.len() - 1)) % targets.len()];
        if chance.percent(40) && other != targets[stage % targets.len()] {
            chosen.push(target(chance, other));
        }
        let _ = writeln!(text, "      - {{ minutes: {}, targets: [{}] }}", chance.between(1, 5), chosen.join(", "));
    }
    let _ = writeln!(text, "    repeat: {}", chance.of_these(&["0", "0", "1", "2"]));
    if chance.percent(15) {
        text += "    round_robin: true\n";
    }
    text
}

fn target(chance: &mut Chance, name: &str) -> String {
    let essential = !chance.percent(20);
    match name {
        "schedule" => format!("{{ schedule: primary, essential: {essential} }}"),
        "first" => format!("{{ plan: first, essential: {essential} }}"),
        contact => format!("{{ contact: {contact}, essential: {essential} }}"),
    }
}

fn response(chance: &mut Chance, name: &str, engage: &[&str]) -> String {
    let mut text =
        format!("  {name}:\n    incident: {{ title: \"{{{{ title }}}}\", impact: {} }}\n", chance.between(1, 3));
    if chance.percent(20) {
        let _ = writeln!(text, "    repage_after: {}", chance.between(3, 8));
    }
    text += "    stages:\n";
    let stages = 2 + chance.place(2);
    for (stage, who) in engage.iter().take(stages).enumerate() {
        let who = match who.split_once(' ') {
            Some(("escalation", plan)) => format!("{{ escalation_plan: {plan} }}"),
            Some((_, schedule)) => format!("{{ schedule: {schedule} }}"),
            None => (*who).to_owned(),
        };
        let runbook = if stage == 0 && chance.percent(45) {
            "runbooks: [ { document: Restart, parameters: { Why: [\"{{ title }}\"] } } ], "
        } else {
            ""
        };
        let unless = chance.of_these(&["resolved", "resolved", "acknowledged"]);
        if stage == 0 {
            let _ = writeln!(text, "      - {{ {runbook}engage: [{who}] }}");
        } else {
            let _ = writeln!(
                text,
                "      - {{ after: {}, unless: {unless}, {runbook}engage: [{who}] }}",
                chance.between(1, 6)
            );
        }
    }
    text
}
