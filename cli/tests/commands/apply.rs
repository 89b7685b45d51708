//! Plan, apply and export against a table in memory: what differs is written and nothing else, in an order that can be cut off
//! anywhere, and what is stored comes back as it was applied.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_cli::apply::{ApplyError, apply, planned};
use reveille_cli::configuration::{Configuration, load, parse};
use reveille_cli::export::{ExportError, Exported, export};
use reveille_cli::plan::{Planned, Report};
use reveille_domain::{Change, ContactAlias, OverrideId, ScheduleAlias, ScheduleHistory, WantedOverride};
use reveille_engine::key;
use reveille_engine::port::{Condition, Item, Key, Page, Query, Table, TableError, TransactError, Write};
use reveille_engine::record::{ScheduleRecord, from_item, to_item};
use reveille_local::MemoryTable;
use serde_json::{Value, json};

use crate::team::team;

/// The table in memory, which counts what it is asked for and can stop answering.
#[derive(Default)]
struct Counted {
    table: MemoryTable,
    calls: Mutex<Calls>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Calls {
    reads: usize,
    writes: usize,
    /// Transactions after which it does not take another one.
    writes_max: Option<usize>,
}

impl Counted {
    fn calls(&self) -> Calls {
        *self.calls.lock().expect("it is there")
    }

    fn begin(&self, writes_max: Option<usize>) {
        *self.calls.lock().expect("it is there") = Calls { writes_max, ..Calls::default() };
    }

    fn read(&self) {
        self.calls.lock().expect("it is there").reads += 1;
    }

    fn write(&self) -> Result<(), TableError> {
        let mut calls = self.calls.lock().expect("it is there");
        if calls.writes_max.is_some_and(|most| calls.writes >= most) {
            return Err(TableError::Unavailable("cut off".into()));
        }
        calls.writes += 1;
        Ok(())
    }
}

#[async_trait]
impl Table for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.read();
        self.table.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        self.read();
        self.table.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.read();
        self.table.query(query).await
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        self.write()?;
        self.table.write(write).await
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        self.write()?;
        self.table.transact(writes).await
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is there")
}

fn noon() -> Timestamp {
    at("2026-11-23T12:00:00Z")
}

fn read(text: &str) -> Configuration {
    parse(text, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

/// A small configuration with something of everything.
const TEAM: &str = r#"reveille: 1
defaults: { response_plan: all, safety_contact: bob }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+84 3127 12 567", verified: false }
      hook: { type: webhook, address: "https://pager.devopsvn.tech/in", secret: 0123456789abcdef0123456789abcdef }
    engagement: [ { channels: [sms] }, { after: 5, channels: [hook], every: 3, times: 4 } ]
  bob: { name: Bob, channels: { sms: { type: sms, address: "+1 415 300 0101", verified: true } } }
schedules:
  primary:
    rotations:
      - { name: weekly, time_zone: UTC, start: 2026-01-05T09:00:00, every: { weeks: 1 }, members: [natsu, bob] }
escalation_plans:
  a-outer: { stages: [ { minutes: 5, targets: [ { plan: b-inner } ] } ] }
  b-inner: { stages: [ { minutes: 5, targets: [ { schedule: primary }, { contact: bob, essential: false } ] } ] }
response_plans:
  all: { stages: [ { engage: [ { escalation_plan: a-outer } ] } ] }
rules:
  - { match: { name: "web-*" }, response_plan: all }
  - { match: { name: "db-*" }, response_plan: all }
webhooks:
  grafana: { keys: ["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"] }
"#;

async fn plan_of(table: &dyn Table, text: &str) -> Planned {
    planned(table, &read(text), noon()).await.expect("it is there")
}

/// The lines that `plan` prints for an edit of [`TEAM`].
async fn lines(from: &str, to: &str) -> String {
    assert!(TEAM.contains(from), "{from:?} must stand in the configuration");
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let planned = plan_of(&table, &TEAM.replace(from, to)).await;
    let report = Report::of(&planned);
    format!("{}{}", report.for_people(), report.would_change())
}

#[tokio::test]
async fn a_plan_says_what_changes_field_by_field() {
    let rows = [
        ("natsu", "natsu", "nothing would change; compared with revision 1"),
        (
            "address: \"+84 3127 12 567\", verified: false",
            "address: \"+84 3127 12 567\", verified: true",
            "~ contacts.natsu.channels.sms.verified: false -> true\n\n0 to add, 1 to change, 0 to remove; compared with revision 1",
        ),
        (
            "+84 3127 12 567",
            "+84 9999 99 999",
            "~ contacts.natsu.channels.sms.address: +84•••••567 -> +84•••••999\n\n0 to add, 1 to change, 0 to remove; \
             compared with revision 1",
        ),
        (
            "+84 3127 12 567",
            "+84 9999 99 567",
            "~ contacts.natsu.channels.sms.address: +84•••••567 -> +84•••••567 (changed)\n\n0 to add, 1 to change, 0 \
             to remove; compared with revision 1",
        ),
        (
            "secret: 0123456789abcdef0123456789abcdef",
            "secret: fedcba98765432100123456789abcdef",
            "~ contacts.natsu.channels.hook.secret: changed\n\n0 to add, 1 to change, 0 to remove; compared with revision 1",
        ),
        (
            ", secret: 0123456789abcdef0123456789abcdef",
            "",
            "- contacts.natsu.channels.hook.secret: a secret\n\n0 to add, 1 to change, 0 to remove; compared with revision 1",
        ),
        (
            "members: [natsu, bob]",
            "members: [bob, natsu, bob]",
            "~ schedules.primary.rotations[0].members: [natsu, bob] -> [bob, natsu, bob]\n\n0 to add, 1 to change, 0 to \
             remove; compared with revision 1",
        ),
        (
            "[ { plan: b-inner } ] } ] }",
            "[ { plan: b-inner } ] } ], repeat: 2 }",
            "~ escalation_plans.a-outer.repeat: 0 -> 2\n\n0 to add, 1 to change, 0 to remove; compared with revision 1",
        ),
        (
            "rules:\n",
            "rules:\n  - { match: { source: sns }, response_plan: all }\n",
            "+ rules[0].match.source: sns\n+ rules[0].response_plan: all\n\n1 to add, 0 to change, 0 to remove; compared with \
             revision 1",
        ),
        (
            "  - { match: { name: \"web-*\" }, response_plan: all }\n",
            "",
            "- rules[0].match.name: \"web-*\"\n- rules[0].response_plan: all\n\n0 to add, 0 to change, 1 to remove; compared \
             with revision 1",
        ),
        (
            "response_plan: all, safety_contact: bob",
            "response_plan: all",
            "- defaults.safety_contact: bob\n\n0 to add, 1 to change, 0 to remove; compared with revision 1",
        ),
        (
            "webhooks:\n",
            "webhooks:\n  other: { keys: [\"sha256:cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34\"] }\n",
            "+ webhooks.other.keys: [sha256:cb8379ac…]\n\n1 to add, 0 to change, 0 to remove; compared with revision 1",
        ),
    ];
    for (from, to, expected) in rows {
        assert_eq!(lines(from, to).await, expected, "{from:?} -> {to:?}");
    }
}

#[tokio::test]
async fn a_plan_shows_no_address_and_no_secret() {
    let table = MemoryTable::new();
    let first = plan_of(&table, TEAM).await;
    let people = Report::of(&first).for_people();
    let programs = serde_json::to_string(&Report::of(&first)).expect("it is there");
    for hidden in ["84312712567", "4153000101", "devopsvn.tech/in", "0123456789abcdef"] {
        assert!(!people.contains(hidden) && !programs.contains(hidden), "{hidden}:\n{people}\n{programs}");
        assert!(!format!("{first:?}").contains(hidden), "{first:?}");
    }
    assert!(people.contains("+ contacts.natsu.channels.sms.address: +84•••••567\n"), "{people}");
    assert_eq!((first.revision, first.counts().add), (0, 10), "{people}");
}

#[tokio::test]
async fn a_plan_for_programs_keeps_its_contract() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let planned = plan_of(&table, &TEAM.replace("verified: false", "verified: true")).await;
    let expected = json!({
        "revision": 1,
        "nothing_to_do": false,
        "unfinished": false,
        "counts": { "add": 0, "change": 1, "remove": 0 },
        "changes": [{
            "action": "change", "path": "contacts.natsu.channels.sms.verified", "before": false, "after": true,
        }],
        "unreadable": [],
        "rows": 2,
    });
    assert_eq!(serde_json::to_value(Report::of(&planned)).expect("it is there"), expected);
}

#[tokio::test]
async fn what_does_not_differ_is_not_written() {
    let table = Counted::default();
    let first = apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let before = table.table.rows();
    table.begin(None);
    let again = apply(&table, &read(TEAM), noon()).await.expect("it is there");
    assert_eq!((again.written, again.removed, again.revision), (0, 0, first.revision));
    assert_eq!(table.calls().writes, 0);
    assert_eq!(table.table.rows(), before);

    let edited = read(&TEAM.replace("name: Bob", "name: Robert"));
    let report = apply(&table, &edited, noon()).await.expect("it is there");
    assert_eq!((report.written, report.removed, report.revision), (2, 0, 2), "the contact and the settings");
    let after = table.table.rows();
    let changed: BTreeSet<&str> =
        after.iter().filter(|row| !before.contains(row)).map(|(key, _)| key.pk.as_str()).collect();
    assert_eq!(changed, BTreeSet::from(["CONTACT#bob", "SETTINGS"]));
}

#[tokio::test]
async fn a_whole_team_takes_few_calls() {
    let text = team(50, 10, 30);
    let edited = text.replace("name: Person 7\n", "name: Seven\n");
    let table = Counted::default();
    let configuration = read(&text);
    let mut said = Vec::new();
    for (what, configuration) in
        [("the first apply", &configuration), ("nothing to do", &configuration), ("one field", &read(&edited))]
    {
        table.begin(None);
        Planned::at_rest(&table, configuration, noon()).await.expect("it is there");
        let planning = table.calls();
        table.begin(None);
        apply(&table, configuration, noon()).await.expect("it is there");
        let rows = table.table.rows().len();
        let most = rows.div_ceil(25) + 3;
        let applying = table.calls();
        said.push((what, rows, planning, applying));
        assert!(planning.reads + planning.writes <= most, "{said:#?}");
        assert!(applying.reads + applying.writes <= most, "{said:#?}");
    }
    let [first, nothing, one] = said.as_slice() else { panic!("three") };
    assert!(first.1 > 200, "{said:#?}");
    let in_all = |calls: Calls| calls.reads + calls.writes;
    // docs/PERFORMANCE.md says so.
    assert_eq!((in_all(nothing.2), in_all(first.3), in_all(one.3), in_all(nothing.3)), (5, 8, 5, 4), "{said:#?}");
    assert_eq!((nothing.3.writes, one.3.writes), (0, 1), "{said:#?}");
    // The bound holds for the smallest configuration, too.
    let table = Counted::default();
    apply(&table, &load(&repository().join("examples/minimal.yaml")).expect("it is there"), noon())
        .await
        .expect("it is there");
    let calls = table.calls();
    assert!(calls.reads + calls.writes <= table.table.rows().len().div_ceil(25) + 3, "{calls:?}");
}

/// Rows of everything that runs, as they could stand in a table.
fn running() -> Vec<(Key, Item)> {
    let pks = [
        "INCIDENT#0555828f",
        "DEDUPE#all#0f",
        "DEDUPE##0f",
        "COUNT#0555828f#3",
        "CAUSE#0f",
        "TURN#a-outer",
        "AUTOMATION#x",
        "PAGER#natsu",
        "PAGED#natsu",
        "CHANNELS#natsu",
        "ORDER#verify",
    ];
    let row = |pk: &str| (Key::new(pk, "STATE"), Item::from_iter([("rev".to_owned(), json!(7))]));
    pks.map(row).to_vec()
}

#[tokio::test]
async fn what_runs_is_never_touched() {
    let table = MemoryTable::new();
    for (key, item) in running() {
        table.write(&Write::put(key, item, Condition::Always)).await.expect("it is there");
    }
    let of_running = || -> Vec<String> {
        let rows = table.rows_where(|key| running().iter().any(|(known, _)| known == key));
        rows.iter().map(|row| Value::from(row.clone()).to_string()).collect()
    };
    let before = of_running();
    assert_eq!(before.len(), running().len());
    let without_natsu = TEAM
        .replace("members: [natsu, bob]", "members: [bob]")
        .replace("  natsu:\n    name: Natsu\n", "  zeref:\n    name: Zeref\n");
    for text in [TEAM, without_natsu.as_str(), TEAM] {
        apply(&table, &read(text), noon()).await.expect("it is there");
        assert_eq!(of_running(), before);
    }
    // Not even if the index names it.
    let key = Key::new("SETTINGS", "INDEX");
    let mut index = table.get(&key).await.expect("it is there").expect("it is there");
    index["keys"].as_array_mut().expect("it is there").push(json!(["INCIDENT#0555828f", "STATE"]));
    table.write(&Write::put(key, index, Condition::Always)).await.expect("it is there");
    apply(&table, &read(&without_natsu), noon()).await.expect("it is there");
    assert_eq!(of_running(), before);
}

#[tokio::test]
async fn whoever_applies_on_an_older_revision_is_refused_and_writes_nothing() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let mine = plan_of(&table, &TEAM.replace("name: Bob", "name: Robert")).await;
    let theirs = plan_of(&table, &TEAM.replace("name: Natsu", "name: N.")).await;
    theirs.carry_out(&table).await.expect("it is there");
    let before = table.rows();
    assert!(matches!(mine.carry_out(&table).await, Err(ApplyError::Overtaken)));
    assert_eq!(table.rows(), before);

    let now = plan_of(&table, TEAM).await;
    assert_eq!(now.revision, 2);
    assert!(now.refuse_other(Some(2)).is_ok() && now.refuse_other(None).is_ok());
    let refused = now.refuse_other(Some(1)).expect_err("it is refused").to_string();
    assert!(refused.contains("at revision 2") && refused.contains("with revision 1"), "{refused}");
    let once_more = plan_of(&table, &TEAM.replace("name: Natsu", "name: N.")).await;
    assert!(once_more.refuse_other(Some(1)).is_ok(), "the same command once more overwrites nothing");
}

#[tokio::test]
async fn whoever_goes_is_said_since_open_incidents_may_ask_for_them_still() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    assert_eq!(plan_of(&table, &TEAM.replace("name: Natsu", "name: N.")).await.farewell(), None);
    let said = plan_of(&table, &TEAM.replace("natsu", "zeref")).await.farewell().expect("natsu goes");
    assert!(
        said.starts_with("`natsu` goes: the plan of an incident that is open now may still ask for them"),
        "{said}"
    );
}

/// A large team whose apply takes several transactions, and what it becomes.
fn two_teams() -> (Configuration, Configuration) {
    let text = team(60, 10, 40);
    let other = team(55, 9, 35).replace("Person", "Somebody").replace("+1 415 300", "+1 415 301");
    (read(&text), read(&other))
}

#[tokio::test]
async fn of_two_who_apply_at_the_same_time_one_wins_wholly() {
    let (before, after) = two_teams();
    let transactions = {
        let table = Counted::default();
        apply(&table, &before, noon()).await.expect("it is there");
        table.begin(None);
        apply(&table, &after, noon()).await.expect("it is there");
        table.calls().writes
    };
    assert!(transactions > 2, "{transactions} transactions");
    // The second one comes at every moment of the first one.
    for moment in 1..transactions {
        let table = Counted::default();
        apply(&table, &before, noon()).await.expect("it is there");
        let first = planned(&table, &after, noon()).await.expect("it is there");
        table.begin(Some(moment));
        let cut_off = first.carry_out(&table).await;
        assert!(matches!(cut_off, Err(ApplyError::Table(_))), "{moment}");
        table.begin(None);
        apply(&table, &before, noon()).await.expect("it is there");
        // Whoever was faster goes on with what they had planned.
        assert!(matches!(first.carry_out(&table).await, Err(ApplyError::Overtaken)), "{moment}");
        let yaml = export(&table).await.unwrap_or_else(|error| panic!("{error}")).yaml;
        assert_eq!(read(&yaml), before, "{moment}");
    }
}

/// The names that a stored configuration leads to without having them.
fn leads_nowhere(table: &MemoryTable) -> Vec<String> {
    let rows = table.rows();
    let is_there = |pk: String| rows.iter().any(|(key, _)| key.pk == pk);
    let mut missing = Vec::new();
    for (key, item) in &rows {
        let text = Value::from(item.clone());
        let mut names = Vec::new();
        match key.pk.split_once('#').map(|(kind, _)| kind).unwrap_or(&key.sk) {
            "META" => {
                names.push(format!("RESPONSE#{}", text["default_plan"].as_str().expect("it is there")));
                for rule in text["rules"].as_array().expect("it is there") {
                    names.push(format!("RESPONSE#{}", rule["response_plan"].as_str().expect("it is there")));
                }
            }
            "RESPONSE" => collect(&text["stages"], &mut names),
            "PLAN" => collect(&text["stages"], &mut names),
            "SCHEDULE" => {
                let newest = text["versions"].as_array().expect("it is there").last().expect("it is there");
                for member in newest["rotations"][0]["members"].as_array().expect("it is there") {
                    names.push(format!("CONTACT#{}", member.as_str().expect("it is there")));
                }
            }
            "CONTACT" => names.push(key.pk.replace("CONTACT", "ADDRESS")),
            _ => {}
        }
        missing.extend(names.into_iter().filter(|name| !is_there(name.clone())).map(|name| format!("{key:?}: {name}")));
    }
    missing
}

/// Every contact, schedule and plan that stages name.
fn collect(value: &Value, names: &mut Vec<String>) {
    let kinds = [("contact", "CONTACT"), ("schedule", "SCHEDULE"), ("plan", "PLAN"), ("escalation_plan", "PLAN")];
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (kinds.iter().find(|(word, _)| word == key), value.as_str()) {
                    (Some((_, kind)), Some(alias)) => names.push(format!("{kind}#{alias}")),
                    _ => collect(value, names),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn an_apply_can_be_cut_off_anywhere_and_is_brought_to_its_end_by_the_next() {
    let (before, after) = two_teams();
    for moment in 0.. {
        let table = Counted::default();
        apply(&table, &before, noon()).await.expect("it is there");
        assert_eq!(leads_nowhere(&table.table), Vec::<String>::new());
        table.begin(Some(moment));
        let outcome = apply(&table, &after, noon()).await;
        assert_eq!(leads_nowhere(&table.table), Vec::<String>::new(), "after {moment} transactions");
        let is_done = outcome.is_ok();
        table.begin(None);
        if !is_done && moment > 0 {
            assert!(matches!(export(&table).await, Err(ExportError::Unfinished)), "{moment}");
            assert!(planned(&table, &after, noon()).await.expect("it is there").is_unfinished);
        }
        apply(&table, &after, noon()).await.expect("it is there");
        let yaml = export(&table).await.unwrap_or_else(|error| panic!("{error}")).yaml;
        assert_eq!(read(&yaml), after, "{moment}");
        let clean = Counted::default();
        apply(&clean, &after, noon()).await.expect("it is there");
        let keys = |table: &Counted| table.table.rows().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(&table), keys(&clean), "nothing is left over: {moment}");
        if is_done {
            assert!(moment > 2);
            break;
        }
    }
}

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[tokio::test]
async fn examples_come_back_as_they_were_applied() {
    let mut texts = vec![TEAM.to_owned(), team(50, 10, 30)];
    for entry in std::fs::read_dir(repository().join("examples")).expect("it is there") {
        let path = entry.expect("it is there").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            texts.push(std::fs::read_to_string(path).expect("it is there"));
        }
    }
    for text in texts {
        comes_back(&read(&text)).await;
    }
}

/// Applies a configuration, exports it, and holds the export to be the same.
async fn comes_back(configuration: &Configuration) {
    let table = MemoryTable::new();
    apply(&table, configuration, noon()).await.expect("it is there");
    let Exported { yaml, revision, .. } = export(&table).await.unwrap_or_else(|error| panic!("{error}"));
    let exported = read(&yaml);
    assert_eq!(&exported, configuration, "{yaml}");
    let planned = planned(&table, &exported, noon()).await.expect("it is there");
    assert!(planned.is_nothing() && planned.differences.is_empty(), "{yaml}");
    assert_eq!(revision, 1);
}

#[tokio::test]
async fn an_export_is_readable_and_complete() {
    let table = MemoryTable::new();
    assert!(matches!(export(&table).await, Err(ExportError::Nothing)));
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let yaml = export(&table).await.unwrap_or_else(|error| panic!("{error}")).yaml;
    let expected = r#"reveille: 1
defaults: { response_plan: all, safety_contact: bob }
contacts:
  bob:
    name: Bob
    channels: { sms: { type: sms, address: "+14153000101", verified: true } }
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+84312712567", verified: false }
      hook:
        type: webhook
        address: "https://pager.devopsvn.tech/in"
        secret: "0123456789abcdef0123456789abcdef"
        verified: false
    engagement:
      - { channels: [sms] }
      - { after: 5, channels: [hook], every: 3, times: 4 }
"#;
    assert!(yaml.starts_with(expected), "{yaml}");
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_said_and_mended_and_never_exported_away() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let key = Key::new("PLAN#b-inner", "META");
    table
        .write(&Write::put(key, Item::from_iter([("alias".to_owned(), json!(1))]), Condition::Always))
        .await
        .expect("it is there");
    let refused = export(&table).await.map(|_| ()).expect_err("it is refused").to_string();
    assert!(refused.contains("escalation plan `b-inner`"), "{refused}");
    let planned = plan_of(&table, TEAM).await;
    let said = Report::of(&planned).for_people();
    assert!(said.contains("! cannot be read, and is written anew: escalation plan `b-inner`"), "{said}");
    planned.carry_out(&table).await.expect("it is there");
    assert_eq!(read(&export(&table).await.unwrap_or_else(|error| panic!("{error}")).yaml), read(TEAM));
}

#[tokio::test]
async fn an_installation_of_an_older_version_is_taken_over() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let key = Key::new("SETTINGS", "INDEX");
    let mut index = table.get(&key).await.expect("it is there").expect("it is there");
    index.retain(|attribute, _| attribute == "keys");
    table.write(&Write::put(key.clone(), index, Condition::Always)).await.expect("it is there");
    // A contact from before there were marks.
    let contact = Key::new("CONTACT#bob", "META");
    let mut row = table.get(&contact).await.expect("it is there").expect("it is there");
    row["channels"][0].as_object_mut().expect("it is there").remove("mark");
    table.write(&Write::put(contact, row, Condition::Always)).await.expect("it is there");
    let planned = plan_of(&table, TEAM).await;
    assert_eq!(planned.revision, 1);
    assert!(Report::of(&planned).for_people().contains("no field changes; 2 rows are stored anew"));
    planned.carry_out(&table).await.expect("it is there");
    assert!(plan_of(&table, TEAM).await.is_nothing());
}

#[tokio::test]
async fn what_no_row_can_hold_is_refused_before_anything_is_written() {
    let table = MemoryTable::new();
    let summary = "x".repeat(8_000);
    let many: String = (0..60)
        .map(|n| format!("  p{n}: {{ incident: {{ summary: {summary} }}, stages: [ {{ engage: [bob] }} ] }}\n"))
        .collect();
    let text = TEAM.replace("response_plans:\n", &format!("response_plans:\n{many}"));
    let refused = apply(&table, &read(&text), noon()).await.expect_err("it is refused").to_string();
    assert!(refused.contains("the limit is 350000 (ROW_BYTES_MAX)") && refused.contains("shorten"), "{refused}");
    assert!(table.rows().is_empty());
}

#[tokio::test]
async fn what_operators_have_made_stays_and_is_not_exported() {
    let table = MemoryTable::new();
    apply(&table, &read(TEAM), noon()).await.expect("it is there");
    let key = key::schedule(&ScheduleAlias::new("primary"));
    let row = async || table.get(&key).await.expect("it answers").expect("it is there");
    let history = |row: &Item| -> ScheduleHistory {
        from_item::<ScheduleRecord>(row).expect("a schedule").try_into().expect("a history")
    };
    let mut made = history(&row().await);
    let (start, end) = (at("2026-11-24T00:00:00Z"), at("2026-11-25T00:00:00Z"));
    let change = Change::Replace { remove: ContactAlias::new("natsu"), add: ContactAlias::new("bob") };
    let wanted =
        WantedOverride { id: OverrideId::new("o1"), start, end, changes: vec![change], reason: "a concert".to_owned() };
    made.make_override(wanted, noon()).expect("it can be made");
    let record = ScheduleRecord::fitting(made.clone(), 2).expect("it fits");
    table.write(&Write::put(key.clone(), to_item(&record), Condition::Always)).await.expect("it is taken");

    // It is no difference to the configuration, and an edit of the schedule keeps it.
    assert!(plan_of(&table, TEAM).await.is_nothing());
    let exported = export(&table).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(exported.overridden, [ScheduleAlias::new("primary")]);
    assert_eq!(read(&exported.yaml), read(TEAM));
    let edited = read(&TEAM.replace("members: [natsu, bob]", "members: [bob, natsu]"));
    apply(&table, &edited, at("2026-11-23T13:00:00Z")).await.expect("it is there");
    let after = history(&row().await);
    assert_eq!(after.made(), made.made());
    assert_eq!(after.versions().len(), 2);
}
