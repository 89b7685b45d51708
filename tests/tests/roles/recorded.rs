//! What each function asks AWS for, over every scenario and over some nights that only a real service needs: other senders,
//! reports, codes, shifts and a new key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::SignedDuration;
use reveille_cli::scenario::{self, Ground};
use reveille_domain::{ChannelId, ContactAlias};
use reveille_engine::verification::{RANDOM_BYTES, send_code};
use reveille_local::names::SIGNING_KEY_SECRET;
use reveille_tests::crash::{Course, on_all_processors, scenario_files};
use reveille_tests::dawn;
use reveille_tests::embedded::{Carried, EmbeddedGround, Permission};
use serde_json::json;

use crate::policy::HEARTBEAT_SECRET;

/// By function, each thing once.
pub(crate) type Recorded = BTreeMap<&'static str, BTreeSet<Permission>>;

/// Two people, of whom one has a channel that is not verified yet, a schedule that announces its shifts, and two plans.
const TEAM: &str = r#"
config:
  defaults: { response_plan: everything }
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
    turns: { round_robin: true, stages: [ { minutes: 5, targets: [natsu, zeref] }, { minutes: 5, targets: [ { schedule: primary } ] } ] }
  response_plans:
    everything: { stages: [ { engage: [ { escalation_plan: turns } ] } ] }
"#;

/// Nights as scripts, and what stands in the functions' environment.
const NIGHTS: [(&str, &[(&str, &str)]); 6] = [
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
    // Nobody answers, and the queues carry nothing: schedules and the tick do it all.
    ("script: [ { at: 0s, do: { fail: queues } }, { at: 0s, do: { signal: one } }, { at: 20m, do: wait } ]", &[]),
    // A number that is refused goes out of use; its owner is told on the others, and so are the operators.
    (
        "script: [ { at: 0s, do: { fail: natsu/sms, how: refused } }, { at: 0s, do: { signal: one } }, { at: 0s, do: { signal: one } }, \
     { at: 3m, do: { escalate: natsu } }, { at: 4m, do: { resolve: natsu } } ]",
        &[],
    ),
    // The hour before a shift.
    ("script: [ { at: 40m, do: wait } ]", &[]),
];

/// Plays everything and keeps what was asked for.
pub(crate) fn record() -> Recorded {
    let mut recorded = Recorded::new();
    for course in on_all_processors(&scenario_files(), |path| Course::of(path)) {
        // What is recorded is what the scenario is about only if it comes out as it is written.
        assert_eq!(course.played.broken, [], "{}", course.name());
        keep(&mut recorded, &course.carried);
    }
    let runtime = scenario::runtime().expect("a runtime");
    for (script, environment) in NIGHTS {
        keep(&mut recorded, &runtime.block_on(night(script, environment)));
    }
    keep(&mut recorded, &runtime.block_on(a_code()));
    keep(&mut recorded, &runtime.block_on(a_bounce()));
    keep(&mut recorded, &runtime.block_on(a_new_key()));
    keep(&mut recorded, &runtime.block_on(a_beat()));
    recorded
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

async fn night(script: &str, environment: &[(&'static str, &str)]) -> Vec<Carried> {
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
