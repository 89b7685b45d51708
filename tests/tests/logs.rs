//! Nothing that the functions write to their logs tells whom they page, how to answer in somebody's name, or what an alarm says: in
//! the local world with its failures, and in every scenario, as text and as the JSON that goes to CloudWatch.
//!
//! One test, because what listens to every thread can be set once for a process only.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reveille_aws::{Clients, Environment};
use reveille_cli::configuration::hash_webhook_key;
use reveille_cli::environment::Addresses;
use reveille_cli::scenario;
use reveille_domain::{ChannelId, ContactAlias, OutboxId};
use reveille_engine::port::{Change, Condition, NoMetrics, Table, Write as TableWrite};
use reveille_engine::{Nudge, Work, key};
use reveille_local::names::SIGNING_KEY_SECRET;
use reveille_local::{Fault, FaultKind, LetterChannel, Service};
use reveille_tests::cloudwatch::synthetic_alarm;
use reveille_tests::logs;
use reveille_tests::{Local, alarm, batch_of, dawn, published, request};
use serde_json::{Value, json};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry, fmt};

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const WRONG_KEY: &str = "a-key-that-somebody-mistyped";
/// What somebody should not have put into an alarm.
const SECRET: &str = "hunter2-correct-horse";
const NATSU: &str = "+84312712567";
const MAIL: &str = "natsu@devopsvn.tech";
/// Somebody who is nobody here.
const STRANGER: &str = "+4915112345678";

/// Our own crates with everything that they say, and all others with what may be switched on when something is wrong.
const FILTER: &str = "debug,reveille=trace,reveille_aws=trace,reveille_cli=trace,reveille_domain=trace,reveille_engine=trace,\
                      reveille_local=trace,reveille_wire=trace,ingest=trace,respond=trace,escalate=trace,notify=trace,\
                      runbook=trace,acknowledge=trace,rotate=trace";

/// Everything that has been logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

/// As in every other test.
struct Overhears;

impl<S: Subscriber> Layer<S> for Overhears {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        logs::hear(event);
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Two logs of the same: as text, and as the functions' runtime writes it (`LogFormat: JSON`).
    fn listen() -> [Self; 2] {
        let both = [Self::default(), Self::default()];
        let [text, json] = both.clone();
        let text = fmt::layer().with_ansi(false).with_writer(move || text.clone());
        let json = fmt::layer().json().with_writer(move || json.clone());
        logs::listen_as(|| Registry::default().with(EnvFilter::new(FILTER)).with(text).with(json).with(Overhears));
        both
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// The path of a chat's URL is the permission to post there.
const PATH: &str = "services/T0/B0/zyxwvutsrqponmlkjihgfedcba";
/// What signs posts to a webhook.
const SIGNS: &str = "hmac-0123456789abcdef-0123456789abcdef";

/// Whoever knows where the heart is heard can keep a dead one beating.
const SWITCH: &str = "ping/2f6a9c1e-dead-mans-switch";

fn yaml() -> String {
    let hash = hash_webhook_key(KEY);
    format!(
        r#"
reveille: 1
defaults: {{ response_plan: all }}
contacts:
  natsu:
    name: Natsu
    channels:
      sms: {{ type: sms, address: "{NATSU}", verified: true }}
      mail: {{ type: email, address: "{MAIL}", verified: true }}
      phone: {{ type: voice, address: "{NATSU}", verified: true }}
      hook: {{ type: webhook, address: "https://pager.devopsvn.tech/{PATH}", secret: {SIGNS}, verified: true }}
      slack: {{ type: slack, address: "https://hooks.slack.com/{PATH}", verified: true }}
response_plans:
  all:
    incident: {{ summary: "{{{{ summary }}}}" }}
    stages:
      - runbooks:
          - {{ document: NoSuchDocument, parameters: {{ Text: "{{{{ title }}}}" }} }}
          - {{ document: WebServerRestart, parameters: {{ InstanceId: "{{{{ title }}}}" }} }}
        engage: [natsu]
webhooks: {{ ours: {{ keys: ["{hash}"] }} }}
"#
    )
}

/// An event that carries the secret wherever an event can carry text.
fn telling_event(id: &str) -> Value {
    json!({ "title": format!("down: {SECRET}"), "id": format!("{id} {SECRET}"), "description": format!("password={SECRET}"),
        "tags": { "token": SECRET }, "labels": { SECRET: "x" } })
}

#[tokio::test]
async fn inv_11_no_address_token_or_secret_reaches_a_log() {
    let logs = Log::listen();
    let local = Local::with(&yaml()).await;
    // Its mail comes back: a channel goes out of use, and that is logged too.
    local.world.stack.faults().decide_fate(MAIL, "Bounce");
    let mut hidden = vec![
        PATH.to_owned(),
        SIGNS.to_owned(),
        SECRET.to_owned(),
        NATSU.to_owned(),
        NATSU[1..].to_owned(),
        MAIL.to_owned(),
        KEY.to_owned(),
    ];
    hidden.extend([WRONG_KEY.to_owned(), STRANGER.to_owned(), STRANGER[1..].to_owned(), SWITCH.to_owned()]);
    let token = fine_day(&local).await;
    hidden.push(token.clone());
    answers(&local, &token).await;
    nobody_outside(&local).await;
    bad_day(&local).await;
    wrong_shapes(&local).await;
    damaged_rows(&local).await;
    hidden.extend(local.world.stack.inbox().letters().iter().filter_map(|letter| token_in(&letter.text)));
    hidden.push(signing_key(&local).await);
    drop(local);
    hidden.extend(scenarios().await);
    for log in logs {
        let text = log.text();
        for said in [
            "a message goes back to its queue",
            "a webhook was not taken in",
            "an event is left alone",
            "a channel is out of use",
            "an SNS subscription of a webhook waits to be confirmed",
            "a stored AddressRecord cannot be read",
            "nobody outside has heard the heart",
            "an SMS from a number of nobody here is left without an answer",
        ] {
            assert!(text.contains(said), "the failures of this test are in the log: {said}");
        }
        for secret in &hidden {
            let leaks: Vec<&str> = text.lines().filter(|line| line.contains(secret.as_str())).take(3).collect();
            assert!(leaks.is_empty(), "{secret} is in {leaks:#?}");
        }
    }
}

/// Plays every scenario on the functions' own handlers; answers with what all of their addresses and links have in common.
async fn scenarios() -> Vec<String> {
    // In scenarios time is virtual.
    tokio::time::pause();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let scenario = scenario::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        scenario::play(&scenario, |_| {}).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        played += 1;
    }
    assert!(played >= 30, "{played} scenarios");
    ["+1555", "1555010", "1555011", "@devopsvn.tech", "@example.com", "hooks.example.com", "front.test/a/"]
        .map(str::to_owned)
        .into()
}

fn token_in(text: &str) -> Option<String> {
    Some(text.split_once("/a/")?.1.split_whitespace().next()?.to_owned())
}

async fn signing_key(local: &Local) -> String {
    let secrets = reveille_aws::Clients::at(&local.world.stack.endpoint()).secrets_manager();
    let value = secrets.get_secret_value().secret_id(SIGNING_KEY_SECRET).send().await.expect("the secret is there");
    value.secret_string.expect("a text")
}

/// A page that arrives; answers with the token of its link.
async fn fine_day(local: &Local) -> String {
    let answer = local.post(&format!("/webhook/{KEY}?response_plan=all"), &telling_event("fine")).await;
    assert_eq!(answer.status, 202);
    let letter = local.arrives(LetterChannel::Sms, NATSU, "down", 1).await;
    local.settled(&local.incident().await.opening.id).await;
    token_in(&letter.text).expect("a link")
}

/// Links and keys, right and wrong, through the front.
async fn answers(local: &Local, token: &str) {
    for path in [format!("/a/{token}"), format!("/a/{}", &token[1..]), format!("/a/{token}x")] {
        local.get(&path).await;
        local.press(&path, "do=acknowledge").await;
    }
    local.post(&format!("/webhook/{WRONG_KEY}"), &telling_event("wrong")).await;
    local.request("POST", "/webhook", &[("x-reveille-key", WRONG_KEY)], SECRET.to_owned()).await;
    local.post("/v2/enqueue", &json!({ "routing_key": WRONG_KEY, "event_action": SECRET })).await;
    local.post("/v2/enqueue", &json!({ "routing_key": KEY, "event_action": SECRET })).await;
    local
        .post(
            &format!("/webhook/{KEY}"),
            &json!({ "action": SECRET, "data": { "issue": { "id": SECRET, "title": SECRET } },
        "installation": {}, "actor": {} }),
        )
        .await;
    for from in [NATSU, STRANGER] {
        for said in [SECRET, "ack all", "stop", "start"] {
            let sms = json!({ "originationNumber": from, "messageBody": said, "inboundMessageId": format!("{from} {said}").len() });
            let sms = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Type": "Notification", "MessageId": said.len().to_string(),
                "TopicArn": "arn:aws:sns:eu-west-1:1:replies", "Message": sms.to_string() } }] });
            local.invoke("acknowledge", sms).await;
        }
    }
    let confirm = json!({ "Type": "SubscriptionConfirmation", "TopicArn": format!("arn:aws:sns:eu-west-1:1:{SECRET}"),
        "Token": SECRET, "SubscribeURL": format!("https://x.test/{SECRET}"), "MessageId": "m", "Message": SECRET });
    local.invoke("ingest", confirm).await;
}

/// Everything fails for a while, with the events that come meanwhile.
async fn bad_day(local: &Local) {
    // A page that follows closely on another one of its plan waits, and what waits meets no provider that fails.
    local.pass(60);
    let faults = local.world.stack.faults();
    faults.refuse_address(NATSU);
    for service in [
        Service::Ses,
        Service::EndUserMessaging,
        Service::Outgoing,
        Service::SecretsManager,
        Service::Ssm,
        Service::Scheduler,
    ] {
        faults.fail(service);
    }
    local.post(&format!("/webhook/{KEY}"), &telling_event("bad")).await;
    let ids = local.incidents(true).await;
    for id in &ids {
        local.settled(id).await;
    }
    local.pass(60);
    // What fails is tried again by the SDK, which takes its time; what is refused is not.
    for service in [Service::DynamoDb, Service::Sqs] {
        faults.fail(service);
        local.post(&format!("/webhook/{KEY}"), &telling_event("worse")).await;
        faults.heal(service);
    }
    let kind =
        FaultKind::Refuse { code: "ValidationException".to_owned(), message: "The request is not valid".to_owned() };
    faults.inject(Fault { service: Service::DynamoDb, operation: None, kind, times: None });
    drop(local.world.invoke("ingest", alarm(SECRET, "ALARM", 0)).await);
    for id in &ids {
        drop(
            local
                .world
                .invoke("notify", batch_of(&Work::new(id, OutboxId { revision: 2, number: 0 }).message().body))
                .await,
        );
        drop(local.world.invoke("respond", batch_of(&Nudge::now(id).message(dawn()).body)).await);
    }
    drop(local.world.invoke("notify", json!({ "tick": true })).await);
    faults.heal_all();
}

/// A synthetic incident, and a dead man's switch that cannot be reached, is no URL, or does not answer well.
async fn nobody_outside(local: &Local) {
    let stack = &local.world.stack;
    local.invoke("ingest", published(&synthetic_alarm(), local.world.now())).await;
    let addresses = Addresses { endpoint: stack.endpoint(), front: stack.front_url() };
    let environment =
        Environment::from_lookup(respond::REQUIRED, |name| addresses.value(name)).expect("it is complete");
    let environment = environment.with_optional(respond::OPTIONAL, |_| Some("heartbeat".to_owned()));
    stack.faults().fail(Service::Outgoing);
    for url in [
        format!("https://hc.devopsvn.tech/{SWITCH}"),
        format!("http://hc.devopsvn.tech/{SWITCH}"),
        format!("https:// {SWITCH}"),
    ] {
        stack.put_secret("heartbeat", url);
        let context =
            respond::Context::connect(&Clients::at(&stack.endpoint()), &environment, Arc::new(stack.clock().clone()));
        let context = context.with_metrics(Arc::new(NoMetrics));
        respond::handle(json!({ "tick": true }), &context).await.expect("the tick ends well");
    }
    stack.faults().heal_all();
}

/// Messages that are not what a function expects.
async fn wrong_shapes(local: &Local) {
    for event in [
        json!(SECRET),
        json!({ "incident": { "x": SECRET } }),
        json!({ "Step": SECRET, "SecretId": "s", "ClientRequestToken": "t" }),
    ] {
        for function in ["respond", "escalate", "notify", "runbook", "acknowledge", "rotate"] {
            drop(local.world.invoke(function, batch_of(&event.to_string())).await);
            let failed = local.world.invoke(function, event.clone()).await;
            let why = failed.expect_err("no function takes that").to_string();
            // The runtime logs what a function answers with.
            assert!(!why.contains(SECRET), "{function}: {why}");
        }
    }
    let path = format!("/a/{SECRET}");
    local.invoke("acknowledge", request("GET", &path, SECRET)).await;
}

/// Rows that somebody has edited by hand.
async fn damaged_rows(local: &Local) {
    let damaged: i64 = NATSU[1..].parse().expect("a number");
    let address = key::address(&ContactAlias::new("natsu"), &ChannelId::new("sms"));
    let write = TableWrite::update(address, vec![Change::Set("address", json!(damaged))], Condition::Always);
    local.world.table.write(&write).await.expect("the table takes it");
    local.post(&format!("/webhook/{KEY}"), &telling_event("damaged")).await;
    for id in local.incidents(true).await {
        for order in local.orders(&id).await {
            drop(local.world.invoke("notify", batch_of(&Work::new(&id, order.id()).message().body)).await);
        }
    }
    drop(local.world.invoke("notify", json!({ "tick": true })).await);
}
