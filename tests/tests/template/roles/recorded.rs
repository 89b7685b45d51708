//! What each function asks AWS for, over the scenarios, and over some nights that only a real service needs: other senders, reports,
//! codes, shifts and a new key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use reveille_cli::incidents::{Filter, list};
use reveille_cli::scenario::{self, Ground};
use reveille_domain::{
    Actor, ChannelId, ChannelKind, ContactAlias, IncidentId, Input, ResponsePlanName, RunbookAction, TestPage,
};
use reveille_engine::port::{Action, Condition, Item, Write};
use reveille_engine::verification::{RANDOM_BYTES, send_code};
use reveille_engine::{key, test_page};
use reveille_local::names::SIGNING_KEY_SECRET;
use reveille_tests::cloudwatch::synthetic_alarm;
use reveille_tests::crash::{Course, on_all_processors, scenario_files};
use reveille_tests::embedded::{Carried, EmbeddedGround, Permission};
use reveille_tests::{Fault, Function, Trouble, alarm, contributor, dawn, deletion, published};
use serde_json::json;
use tokio::runtime::Runtime;

use super::policy::HEARTBEAT_SECRET;

/// What stands in the functions' environment besides the usual.
type Environment = &'static [(&'static str, &'static str)];

/// By function, each thing once.
pub(crate) type Recorded = BTreeMap<&'static str, BTreeSet<Permission>>;

/// Two people, of whom one has a channel that is not verified yet, a schedule that announces its shifts, and two plans.
const TEAM: &str = r#"
config:
  defaults: { response_plan: everything, safety_contact: zeref }
  contacts:
    natsu:
      name: Natsu
      channels:
        sms: { type: sms, address: "+1 555 0111", verified: true }
        phone: { type: voice, address: "+1 555 0111", verified: true }
        mail: { type: email, address: natsu@example.com, verified: true }
        second: { type: sms, address: "+1 555 0119" }
      engagement: [ { after: 0, channels: [sms, mail] }, { after: 1, channels: [phone] } ]
    zeref: { name: Zeref, channels: { sms: { type: sms, address: "+1 555 0112", verified: true } } }
  schedules:
    primary:
      rotations: [ { name: daily, time_zone: UTC, start: 2026-11-22T04:00:00, every: { days: 1 }, members: [natsu, zeref] } ]
      notices: [ { before_minutes: 30 } ]
  escalation_plans:
    later: { round_robin: true, stages: [ { minutes: 5, targets: [zeref, natsu] } ] }
    turns: { round_robin: true, stages: [ { minutes: 5, targets: [natsu, zeref] }, { minutes: 5, targets: [ { schedule: primary } ] } ] }
  response_plans:
    everything:
      stages:
        - { engage: [ { escalation_plan: turns } ], runbooks: [ { document: AddCapacity }, { document: Reveille-Ours } ] }
        - { after: 7, engage: [ { escalation_plan: later }, { schedule: primary } ] }
"#;

/// Nights as scripts, and what stands in the functions' environment.
const NIGHTS: [(&str, Environment); 10] = [
    // From a number, from a pool, from a sender id; each answers with a report.
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 3m, do: wait } ]",
        &[("REVEILLE_SMS_SENDER", "end-user-messaging"), ("REVEILLE_SMS_ORIGINATION", "+15550199")],
    ),
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 1m, do: wait } ]",
        &[("REVEILLE_SMS_SENDER", "end-user-messaging"), ("REVEILLE_SMS_ORIGINATION", "pool-0123456789abcdef")],
    ),
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 1m, do: wait } ]",
        &[("REVEILLE_SMS_SENDER", "end-user-messaging"), ("REVEILLE_SMS_ORIGINATION", "REVEILLE")],
    ),
    // Calls from a pool.
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 3m, do: wait } ]",
        &[("REVEILLE_VOICE_ORIGINATION", "pool-0123456789abcdef")],
    ),
    // Nobody answers, and the queues carry nothing: schedules and the tick do it all.
    ("script: [ { at: 0s, do: { fail: queues } }, { at: 0s, do: { signal: one } }, { at: 7m, do: wait } ]", &[]),
    // A number that is refused goes out of use; its owner is told on the others, and so are the operators.
    (
        "script: [ { at: 0s, do: { fail: natsu/sms, how: refused } }, { at: 0s, do: { signal: one } }, { at: 0s, do: { signal: one } }, \
     { at: 3m, do: { escalate: natsu } }, { at: 4m, do: { resolve: natsu } } ]",
        &[],
    ),
    // `respond` does not work when the second stage is due: its schedule is there.
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 6m30s, do: { fail: respond } }, { at: 7m30s, do: { heal: respond } }, \
     { at: 8m, do: wait } ]",
        &[],
    ),
    // Whoever is paged wants the next stage now, and the one after it: that one begins a plan that takes its people in turn.
    (
        "script: [ { at: 0s, do: { signal: one } }, { at: 1m, do: { reply: \"escalate {code}\", from: natsu } }, \
     { at: 2m, do: { reply: \"escalate {code}\", from: natsu } }, { at: 3m, do: { reply: \"escalate {code}\", from: natsu } }, \
     { at: 4m, do: { resolve: natsu } } ]",
        &[],
    ),
    // Over a webhook.
    (
        "script: [ { at: 0s, do: { signal: { name: till, plan: everything, title: The till is on fire } } }, { at: 1m, do: wait } ]",
        &[],
    ),
    // The hour before a shift.
    ("script: [ { at: 40m, do: wait } ]", &[]),
];

/// A storm of thousands of requests, all alike, which takes as long as all other scenarios. It has been recorded once: it asks for nothing
/// that the others do not.
const LEFT_OUT: [&str; 1] = ["storm-first-alert-wins"];

/// Something that is played.
enum Play {
    Scenario(PathBuf),
    Night(&'static str, Environment),
    Own(fn(&Runtime) -> Vec<Carried>),
}

/// What no script can say.
const OWN: [fn(&Runtime) -> Vec<Carried>; 11] = [
    |runtime| runtime.block_on(an_alarm_of_many_series()),
    |runtime| runtime.block_on(an_event_that_failed()),
    |runtime| runtime.block_on(a_missing_plan()),
    |runtime| runtime.block_on(a_test_that_nobody_answers(true)),
    |runtime| runtime.block_on(a_test_that_nobody_answers(false)),
    |runtime| runtime.block_on(a_safety_contact_who_is_gone()),
    |runtime| runtime.block_on(a_code()),
    |runtime| runtime.block_on(a_bounce()),
    |runtime| runtime.block_on(a_new_key()),
    |runtime| runtime.block_on(a_beat()),
    |runtime| runtime.block_on(a_test_of_itself()),
];

fn scenarios() -> impl Iterator<Item = PathBuf> {
    let is_left_out = |file: &PathBuf| LEFT_OUT.iter().any(|name| file.file_stem().is_some_and(|stem| stem == *name));
    scenario_files().into_iter().filter(move |file| !is_left_out(file))
}

/// Plays everything and keeps what was asked for.
pub(crate) fn record() -> Recorded {
    let own = OWN.into_iter().map(Play::Own);
    let nights = NIGHTS.into_iter().map(|(script, environment)| Play::Night(script, environment));
    let all: Vec<Play> = own.chain(nights).chain(scenarios().map(Play::Scenario)).collect();
    let mut recorded = Recorded::new();
    for carried in on_all_processors(&all, Play::carried) {
        keep(&mut recorded, &carried);
    }
    recorded
}

impl Play {
    fn carried(&self) -> Vec<Carried> {
        let runtime = scenario::runtime().expect("a runtime");
        match self {
            Self::Night(script, environment) => runtime.block_on(night(script, environment)),
            Self::Own(play) => play(&runtime),
            Self::Scenario(file) => {
                let course = Course::of(file);
                // What is recorded is what the scenario is about only if it comes out as it is written.
                assert_eq!(course.played.broken, [], "{}", course.name());
                course.carried
            }
        }
    }
}

fn keep(recorded: &mut Recorded, carried: &[Carried]) {
    for carried in carried {
        recorded.entry(carried.function).or_default().extend(carried.asked.permissions.iter().map(kind_of));
    }
}

/// Which incident it is about does not matter to a role, and of how many rows: `INCIDENT#1…` and `INCIDENT#2…` are one kind.
fn kind_of(permission: &Permission) -> Permission {
    let kind = |pk: &String| pk.split_once('#').map_or_else(|| pk.clone(), |(kind, _)| format!("{kind}#any"));
    let mut kinds = permission.clone();
    kinds.leading_keys = permission.leading_keys.iter().map(kind).collect();
    for about in ["schedule/reveille/", "automation-execution/"] {
        if let Some((before, _)) = kinds.resource.clone().split_once(about) {
            kinds.resource = format!("{before}{about}any");
        }
    }
    kinds
}

async fn played(script: &str, ground: &EmbeddedGround) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parsed = scenario::parse(&format!("{TEAM}{script}\n"), "night.yaml", folder);
    let parsed = parsed.unwrap_or_else(|errors| panic!("{errors}"));
    let played = scenario::play_on(ground, &parsed, |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(played.broken, [], "{script}");
}

async fn night(script: &str, environment: Environment) -> Vec<Carried> {
    let ground = EmbeddedGround::with(dawn(), None, environment);
    played(script, &ground).await;
    ground.wire().carried()
}

/// An operator has a code sent; its owner sends a wrong one, and then it.
async fn a_code() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1m, do: wait } ]", &ground).await;
    let (natsu, second) = (ContactAlias::new("natsu"), ChannelId::new("second"));
    send_code(ground.engine(), &natsu, &second, [7; RANDOM_BYTES]).await.expect("a code is sent");
    ground.pass(SignedDuration::from_mins(1)).await;
    let sent = ground.sent();
    let text = &sent.last().expect("a message").text;
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    for (id, said) in [("first", "000000"), ("second", &code)] {
        ground.reply("+15550119", said, id).await.expect("it is taken");
    }
    ground.pass(SignedDuration::from_mins(1)).await;
    ground.wire().carried()
}

/// A mailbox that is not there is reported, and goes out of use.
async fn a_bounce() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    ground.doubles().faults().decide_fate("natsu@example.com", "Bounce");
    played("script: [ { at: 0s, do: { signal: one } }, { at: 2m, do: wait } ]", &ground).await;
    ground.wire().carried()
}

/// All is well, and a dead man's switch hears of it.
async fn a_beat() -> Vec<Carried> {
    let ground = EmbeddedGround::with(dawn(), None, &[("REVEILLE_HEARTBEAT_SECRET_ARN", HEARTBEAT_SECRET)]);
    ground.doubles().put_secret(HEARTBEAT_SECRET, "https://beats.example.com/ping".to_owned());
    ground.pass(SignedDuration::from_mins(1)).await;
    ground.wire().carried()
}

/// The response plan is gone when two alarms come, and there again when their deadlines are reached: the safety contact is asked
/// until then, has a runbook started, has one back from the alarm, and answers the other.
async fn a_missing_plan() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1s, do: wait } ]", &ground).await;
    let (table, key) = (ground.engine().table(), key::response_plan(&ResponsePlanName::new("everything")));
    let plan = table.get(&key).await.expect("the table answers").expect("it is there");
    let gone = Write { key: key.clone(), action: Action::Delete, condition: Condition::Always };
    table.write(&gone).await.expect("it is written");
    for (name, state, at_s) in [("one", "ALARM", 1), ("two", "ALARM", 2), ("one", "OK", 3)] {
        ground.ingest(alarm(name, state, at_s)).await.expect("it is taken");
        ground.pass(SignedDuration::from_secs(1)).await;
    }
    let open = list(ground.engine(), &Filter { open: true, ..Filter::default() }).await.expect("the table answers");
    let two = IncidentId::new(open.incidents.first().expect("one is open").id.clone());
    let runbook = RunbookAction { document: "RunChecks".to_owned(), parameters: BTreeMap::new() };
    let ordered = Input::StartRunbook { by: Actor::Contact(ContactAlias::new("zeref")), runbook };
    ground.engine().apply(&two, &ordered, None).await.expect("it is ordered");
    ground.engine().nudge(&two).await.expect("the queue takes it");
    ground.pass(SignedDuration::from_mins(1)).await;
    let item: Item = plan.into_iter().filter(|(name, _)| !["pk", "sk"].contains(&name.as_str())).collect();
    table.write(&Write::put(key, item, Condition::Absent)).await.expect("it is written");
    ground.fail(&Fault::Function(Function::Respond));
    ground.pass(SignedDuration::from_mins(16)).await;
    ground.heal_all();
    ground.reply("+15550112", "ack", "late").await.expect("it is taken");
    ground.pass(SignedDuration::from_mins(1)).await;
    ground.wire().carried()
}

/// Whom the plan names as the safety contact is gone when somebody wants the next one, who is the last.
async fn a_safety_contact_who_is_gone() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 0s, do: { signal: one } } ]", &ground).await;
    let (table, key) = (ground.engine().table(), key::contact(&ContactAlias::new("zeref")));
    let gone = Write { key, action: Action::Delete, condition: Condition::Always };
    table.write(&gone).await.expect("it is written");
    for number in 0..4 {
        ground.reply("+15550111", "escalate", &format!("the next one {number}")).await.expect("it is taken");
        ground.pass(SignedDuration::from_secs(1)).await;
    }
    ground.wire().carried()
}

/// The time of a test page is over before its message has left: whoever ends it stops the message. Where `respond` does not work, its
/// schedule does.
async fn a_test_that_nobody_answers(respond_works: bool) -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1m, do: wait } ]", &ground).await;
    let test = TestPage { contact: ContactAlias::new("natsu"), channels: vec![ChannelId::new("sms")], minutes: 5 };
    ground.fail(&Fault::channel(ChannelKind::Sms, Trouble::Fails));
    test_page::open(ground.engine(), &test, "a test").await.expect("it is opened");
    ground.pass(SignedDuration::from_mins(4)).await;
    if !respond_works {
        ground.fail(&Fault::Function(Function::Respond));
    }
    ground.pass(SignedDuration::from_mins(2)).await;
    ground.wire().carried()
}

/// An alarm of many series ends as a whole.
async fn an_alarm_of_many_series() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1s, do: wait } ]", &ground).await;
    let fired = ["orders", "users"].map(|series| contributor("tables-throttle", series, "ALARM", 1));
    for event in fired.into_iter().chain([deletion("tables-throttle", 2)]) {
        ground.ingest(event).await.expect("it is taken");
        ground.pass(SignedDuration::from_secs(1)).await;
    }
    ground.wire().carried()
}

/// What failed to the end comes back from the queue: an alarm, and what nobody can read.
async fn an_event_that_failed() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1m, do: wait } ]", &ground).await;
    let arrived = ground.now();
    let of = |id: &str, body: String| {
        let attributes =
            json!({ "SentTimestamp": arrived.as_millisecond().to_string(), "ApproximateReceiveCount": "1" });
        json!({ "messageId": id, "eventSource": "aws:sqs", "body": body, "attributes": attributes })
    };
    let records = [of("one", alarm("one", "ALARM", 60).to_string()), of("two", "{ cut o".to_owned())];
    let answer = ground.run("ingest", json!({ "Records": records })).await.expect("nobody dies");
    assert_eq!(answer, Ok(json!({ "batchItemFailures": [] })));
    ground.pass(SignedDuration::from_mins(1)).await;
    ground.wire().carried()
}

/// The installation pages itself, and its reader answers.
async fn a_test_of_itself() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    played("script: [ { at: 1m, do: wait } ]", &ground).await;
    ground.ingest(published(&synthetic_alarm(), ground.now())).await.expect("it is taken");
    ground.pass(SignedDuration::from_mins(2)).await;
    ground.wire().carried()
}

/// Secrets Manager has the key rotated; it asks for each step twice, as it may.
async fn a_new_key() -> Vec<Carried> {
    let ground = EmbeddedGround::new(dawn(), None);
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        let event = json!({ "SecretId": SIGNING_KEY_SECRET, "ClientRequestToken": "a-token", "Step": step });
        for _ in 0..2 {
            let answer = ground.run("rotate", event.clone()).await.expect("nobody dies");
            answer.unwrap_or_else(|error| panic!("{step}: {error}"));
        }
    }
    ground.wire().carried()
}
