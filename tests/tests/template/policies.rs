//! The managed policies for people allow what the commands do, and nothing beside it: the commands run on a table that writes down
//! which rows they ask for, and that is held against `template.yaml`.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use reveille_cli::incidents::{Act, Desk, Filter, Opening, act, find, list, shown, start};
use reveille_cli::installation::Parts;
use reveille_cli::installed::Applied;
use reveille_cli::overrides::{Wanted, make};
use reveille_cli::{apply, configuration};
use reveille_domain::{
    Actor, Change, ChannelId, ContactAlias, Engage, IncidentId, Input, PlanAlias, RunbookAction, ScheduleAlias,
    TestPage,
};
use reveille_engine::key;
use reveille_engine::port::{Action, Index};
use reveille_engine::test_page;
use reveille_engine::verification::{RANDOM_BYTES, send_code};
use reveille_tests::{HookedTable, MemoryTable, Request, dawn, nothing};
use serde_json::Value;

/// A configuration whose plans lead everywhere.
const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: all, safety_contact: natsu }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+84312712567", verified: true } } }
  bob: { name: Bob, channels: { sms: { type: sms, address: "+15550103", verified: true }, mail: { type: email, address: b@devopsvn.tech } } }
schedules:
  primary:
    rotations: [ { name: all, time_zone: UTC, start: 2026-01-01T00:00:00, every: { weeks: 1 }, members: [bob] } ]
escalation_plans:
  in-turn: { stages: [ { minutes: 5, targets: [ natsu, bob ] } ], round_robin: true }
response_plans:
  all: { stages: [ { engage: [natsu] }, { after: 5, engage: [bob] } ] }
"#;

/// What of a configuration holds no address, and can be read by whoever is asked who is on call.
const CONFIGURATION: [&str; 6] = ["SETTINGS", "CONTACT#*", "CHANNELS#*", "PLAN#*", "SCHEDULE#*", "RESPONSE#*"];

/// Kinds of rows, as in `dynamodb:LeadingKeys`.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    read: BTreeSet<String>,
    written: BTreeSet<String>,
    deleted: BTreeSet<String>,
    /// Indexes.
    listed: BTreeSet<&'static str>,
}

impl Asked {
    fn note(&mut self, request: Request<'_>) {
        match request {
            Request::Read(keys) => self.read.extend(keys.iter().map(|key| kind(&key.pk))),
            Request::Query(query) => match &query.index {
                Index::Table { pk, .. } => _ = self.read.insert(kind(pk)),
                Index::List { .. } => _ = self.listed.insert("list"),
                Index::Due { .. } => _ = self.listed.insert("due"),
            },
            Request::Write(writes) => {
                for write in writes {
                    match write.action {
                        Action::Put(_) | Action::Update(_) => _ = self.written.insert(kind(&write.key.pk)),
                        Action::Delete => _ = self.deleted.insert(kind(&write.key.pk)),
                        Action::Check => _ = self.read.insert(kind(&write.key.pk)),
                    }
                }
            }
        }
    }
}

/// `INCIDENT#…` is of the kind `INCIDENT#*`.
fn kind(pk: &str) -> String {
    pk.split_once('#').map_or_else(|| pk.to_owned(), |(kind, _)| format!("{kind}#*"))
}

/// A table that writes down what it is asked for.
fn recorded(table: &Arc<MemoryTable>) -> (Arc<HookedTable>, Arc<Mutex<Asked>>) {
    let asked = Arc::new(Mutex::new(Asked::default()));
    let notes = asked.clone();
    let hooked = HookedTable::new(table.clone(), move |request| {
        notes.lock().unwrap().note(request);
        nothing()
    });
    (hooked, asked)
}

/// What the commands about incidents ask for, all of them.
async fn of_incidents(table: &Arc<MemoryTable>) -> Asked {
    let (hooked, asked) = recorded(table);
    let actor = Actor::Contact(ContactAlias::new("natsu"));
    let desk = Desk::on(hooked.engine(dawn()), Parts::of_table("reveille", "eu-west-1"), actor);
    let opening = Opening {
        plan: "all".to_owned(),
        title: "Slow".to_owned(),
        dedupe: Some("k".to_owned()),
        ..Opening::default()
    };
    let id = IncidentId::new(start(&desk, &opening).await.unwrap().id);
    start(&desk, &opening).await.unwrap();
    // Its plan begins in `respond`, with rights of its own.
    let (respond, _) = recorded(table);
    respond.engine(dawn()).apply(&id, &Input::Begin, None).await.unwrap();
    let natsu = ContactAlias::new("natsu");
    let runbook = RunbookAction { document: "RunChecks".to_owned(), parameters: Default::default() };
    for deed in [
        Act::Engage(Engage::Schedule(ScheduleAlias::new("primary"))),
        Act::Engage(Engage::EscalationPlan(PlanAlias::new("in-turn"))),
        Act::Acknowledge(natsu.clone()),
        Act::Snooze(natsu.clone(), 5),
        Act::Note("seen".to_owned()),
        Act::StartRunbook(runbook),
        Act::Escalate,
        Act::Reassign(Engage::Contact(natsu)),
        Act::Resolve,
    ] {
        assert!(act(&desk, &id, &deed, None).await.unwrap().changed, "{deed:?}");
    }
    assert_eq!(find(&desk.engine, id.short()).await.unwrap(), id);
    shown(&desk.engine, &id).await.unwrap().unwrap();
    let both = Filter { open: true, closed: true, ..Filter::default() };
    assert_eq!(list(&desk.engine, &both).await.unwrap().incidents.len(), 1);
    asked.lock().unwrap().clone()
}

/// What applying a configuration, applying a smaller one, verifying a channel, standing in, looking at contacts and a test page ask for.
async fn of_operators(table: &Arc<MemoryTable>) -> Asked {
    let (hooked, asked) = recorded(table);
    let smaller =
        TEAM.replace("  in-turn: { stages: [ { minutes: 5, targets: [ natsu, bob ] } ], round_robin: true }\n", "");
    let smaller = smaller.replace("escalation_plans:\n", "");
    // A team of its own: of the first one nothing is left.
    let other = "reveille: 1\ndefaults: { response_plan: one }\ncontacts: { eve: { name: Eve, channels: { sms: { type: sms, \
                 address: \"+15550177\", verified: true } } } }\nresponse_plans: { one: { stages: [ { engage: [eve] } ] } }\n";
    for yaml in [TEAM, &smaller, other, TEAM] {
        let configuration = configuration::parse(yaml, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        apply::apply(hooked.as_ref(), &configuration, dawn()).await.unwrap();
    }
    let (bob, mail) = (ContactAlias::new("bob"), ChannelId::new("mail"));
    let engine = hooked.engine(dawn());
    send_code(&engine, &bob, &mail, [7; RANDOM_BYTES]).await.unwrap();
    let wanted = Wanted {
        schedule: ScheduleAlias::new("primary"),
        start: dawn(),
        end: dawn() + SignedDuration::from_hours(2),
        changes: vec![Change::Add(ContactAlias::new("natsu"))],
        reason: String::new(),
    };
    make(&engine, &wanted).await.unwrap();
    Applied::read(hooked.as_ref()).await.unwrap().contacts().await.unwrap();
    let test = TestPage { contact: bob, channels: vec![ChannelId::new("sms")], minutes: 5 };
    let id = test_page::open(&engine, &test, "a test").await.unwrap();
    shown(&engine, &id).await.unwrap();
    asked.lock().unwrap().clone()
}

/// What a policy allows on the table and its indexes.
fn allowed(policy: &str) -> Asked {
    let template: Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    let statements =
        template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone();
    let texts = |value: &Value| -> Vec<String> {
        let one = value.as_str().into_iter();
        let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).map(str::to_owned).collect()
    };
    let mut allowed = Asked::default();
    for statement in &statements {
        let keys = texts(&statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
        for action in texts(&statement["Action"]) {
            match action.as_str() {
                "dynamodb:Query" if keys.is_empty() => {
                    let resources = texts(&statement["Resource"]);
                    allowed
                        .listed
                        .extend(["list", "due"].iter().filter(|i| resources.iter().any(|r| r.ends_with(**i))));
                }
                "dynamodb:GetItem" | "dynamodb:BatchGetItem" | "dynamodb:Query" | "dynamodb:ConditionCheckItem" => {
                    allowed.read.extend(keys.iter().cloned());
                }
                "dynamodb:PutItem" | "dynamodb:UpdateItem" => allowed.written.extend(keys.iter().cloned()),
                "dynamodb:DeleteItem" => allowed.deleted.extend(keys.iter().cloned()),
                // How the table is set up, and nothing that stands in it.
                other if other.starts_with("dynamodb:Describe") => {}
                other => assert!(!other.starts_with("dynamodb:"), "{policy} allows {other}"),
            }
        }
    }
    allowed
}

async fn team() -> Arc<MemoryTable> {
    let table = Arc::new(MemoryTable::new());
    let configuration = configuration::parse(TEAM, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    apply::apply(table.as_ref(), &configuration, dawn()).await.unwrap();
    table
}

#[tokio::test]
async fn responders_may_do_exactly_what_the_commands_about_incidents_do() {
    let asked = of_incidents(&team().await).await;
    let policy = allowed("ResponderPolicy");
    assert!(asked.read.is_subset(&policy.read), "{:?} is read", asked.read.difference(&policy.read));
    assert_eq!(asked.written, policy.written);
    assert_eq!((&asked.deleted, &policy.deleted), (&BTreeSet::new(), &BTreeSet::new()));
    assert_eq!(asked.listed, policy.listed);
    // A write reads what its condition speaks of; beside that, only a configuration without addresses.
    let configuration = CONFIGURATION.map(str::to_owned).into();
    let known: BTreeSet<String> = asked.read.union(&asked.written).cloned().collect();
    assert_eq!(policy.read, known.union(&configuration).cloned().collect());
    assert!(!policy.read.contains(&kind(&key::address(&ContactAlias::new("natsu"), &ChannelId::new("sms")).pk)));
}

#[tokio::test]
async fn operators_may_do_what_responders_may_and_apply_and_verify() {
    let asked = of_operators(&Arc::new(MemoryTable::new())).await;
    let (policy, responder) = (allowed("OperatorPolicy"), allowed("ResponderPolicy"));
    assert!(responder.read.is_subset(&policy.read) && responder.listed.is_subset(&policy.listed));
    assert!(asked.read.is_subset(&policy.read), "{:?} is read", asked.read.difference(&policy.read));
    let known: BTreeSet<String> =
        [&asked.read, &asked.written, &asked.deleted, &responder.read].into_iter().flatten().cloned().collect();
    assert_eq!(policy.read, known, "a write reads what its condition speaks of, and nothing else is read");
    assert_eq!(policy.written, asked.written.union(&responder.written).cloned().collect(), "and nothing else");
    // These two are not deleted: but a transaction that deletes others may write them, and IAM may look at all of its rows for each action.
    let beside = ["SETTINGS", "CHANNELS#*"].map(str::to_owned).into();
    assert_eq!(policy.deleted, asked.deleted.union(&beside).cloned().collect(), "what a configuration no longer has");
    // Of the two indexes, the doctor looks at what is due.
    assert_eq!(policy.listed, responder.listed.union(&["due"].into()).copied().collect());
    let incidents = ["INCIDENT#*", "DEDUPE#*", "CAUSE#*", "COUNT#*", "ORDER#*", "TURN#*"].map(str::to_owned).into();
    assert!(policy.deleted.is_disjoint(&incidents), "what has happened stays");
}
