//! The doubles, driven as in AWS: by the real SDK through the adapters. The clock stands still but for what a test
//! moves it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use reveille_aws::{
    ChatWebhook, Clients, DynamoTable, EndUserMessagingSms, EndUserMessagingVoice, EventBridgeScheduler,
    SecretsManagerKeys, SesEmail, SmsSender, SnsSms, SqsQueue, SsmAutomation, WakeTarget, Webhook,
};
use reveille_domain::{Attribution, ChannelId, ContactAlias, Disabled, IncidentId, OutboxId, RunbookOutcome};
use reveille_engine::port::{
    Automation, AutomationError, AutomationStatus, Clock, Condition, Envelope, Form, Key, Message, Provider, Queue,
    QueueName, Scheduler, Secret, SendError, SigningKeySource, Table, TableError, Wake, WakeOutcome, Write,
};
use reveille_local::{
    Fault, FaultKind, Functions, LetterChannel, LocalClock, Runbooks, Service, Stack, StackOptions, names,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

type Answer = Result<Value, String>;

/// Functions that hand on what they are invoked with and answer as the test wants.
struct Recorder<F> {
    events: mpsc::UnboundedSender<(String, Value)>,
    answer: F,
}

#[async_trait]
impl<F: Fn(&str, &Value) -> Answer + Send + Sync> Functions for Recorder<F> {
    async fn invoke(&self, function: &str, event: Value) -> Answer {
        let answer = (self.answer)(function, &event);
        self.events.send((function.to_owned(), event)).unwrap();
        answer
    }
}

type Events = mpsc::UnboundedReceiver<(String, Value)>;

fn connect(stack: &Stack, answer: impl Fn(&str, &Value) -> Answer + Send + Sync + 'static) -> Events {
    let (events, received) = mpsc::unbounded_channel();
    assert!(stack.connect(Arc::new(Recorder { events, answer })));
    received
}

/// The next event that is not a tick.
async fn next(events: &mut Events) -> (String, Value) {
    loop {
        let (function, event) = events.recv().await.unwrap();
        if event != json!({ "tick": true }) {
            return (function, event);
        }
    }
}

fn start_of_test() -> Timestamp {
    "2026-12-31T23:58:00Z".parse().unwrap()
}

fn options() -> StackOptions {
    StackOptions { clock: LocalClock::standing(start_of_test()), ..StackOptions::default() }
}

async fn stack() -> (Stack, Clients) {
    let stack = Stack::start(options()).await.unwrap();
    let clients = Clients::at(&stack.endpoint());
    (stack, clients)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn queue(stack: &Stack, clients: &Clients) -> SqsQueue {
    SqsQueue::new(clients.sqs(), [(QueueName::Nudges, stack.queue_url(names::NUDGE_QUEUE))])
}

fn message(body: &str, delay_s: u32) -> Message {
    let body = body.to_owned();
    Message { body, delay_s }
}

fn bodies(event: &Value) -> Vec<&str> {
    event["Records"].as_array().unwrap().iter().map(|record| record["body"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_reaches_its_function_at_once_and_a_delayed_one_when_its_time_has_come() {
    let (stack, clients) = stack().await;
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    let queue = queue(&stack, &clients);
    queue.send(QueueName::Nudges, &[message("now", 0), message("later", 900)]).await.unwrap();
    let (function, event) = next(&mut events).await;
    assert_eq!((function.as_str(), bodies(&event)), ("respond", vec!["now"]));
    let counted =
        clients.sqs().get_queue_attributes().queue_url(stack.queue_url(names::NUDGE_QUEUE)).send().await.unwrap();
    let counted = counted.attributes.unwrap();
    let delayed = counted.iter().find(|(name, _)| name.as_str() == "ApproximateNumberOfMessagesDelayed");
    assert_eq!(delayed.map(|(_, count)| count.as_str()), Some("1"));
    stack.clock().advance(seconds(900));
    assert_eq!(bodies(&next(&mut events).await.1), ["later"]);
}

#[tokio::test]
async fn many_messages_are_sent_in_tens_and_a_function_that_is_not_named_has_no_queue() {
    let (stack, clients) = stack().await;
    let queue = queue(&stack, &clients);
    let messages: Vec<Message> = (0..25).map(|number| message(&number.to_string(), 0)).collect();
    queue.send(QueueName::Nudges, &messages).await.unwrap();
    assert_eq!(stack.calls().count(Service::Sqs, "SendMessageBatch"), 3);
    queue.send(QueueName::Nudges, &messages[..1]).await.unwrap();
    assert_eq!(stack.calls().count(Service::Sqs, "SendMessage"), 1);
    assert!(queue.send(QueueName::Pages, &messages).await.is_err());

    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    let mut received = 0;
    while received < 26 {
        received += bodies(&next(&mut events).await.1).len();
    }
}

#[tokio::test]
async fn only_the_reported_items_of_a_batch_come_again() {
    let (stack, clients) = stack().await;
    let queue = queue(&stack, &clients);
    queue.send(QueueName::Nudges, &[message("good", 0), message("bad", 0)]).await.unwrap();
    let mut events = connect(&stack, |_, event| {
        let records = event["Records"].as_array().cloned().unwrap_or_default();
        let bad = records.iter().filter(|record| record["body"] == "bad");
        let failures: Vec<Value> = bad.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
        Ok(json!({ "batchItemFailures": failures }))
    });
    assert_eq!(bodies(&next(&mut events).await.1), ["good", "bad"]);
    stack.clock().advance(seconds(180));
    let (_, event) = next(&mut events).await;
    assert_eq!(bodies(&event), ["bad"]);
    assert_eq!(event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
}

#[tokio::test]
async fn a_message_that_always_fails_ends_in_the_dead_letter_queue() {
    let (stack, clients) = stack().await;
    queue(&stack, &clients).send(QueueName::Nudges, &[message("poison", 0)]).await.unwrap();
    let mut events = connect(&stack, |_, _| Err("boom".to_owned()));
    for _ in 0..10 {
        assert_eq!(bodies(&next(&mut events).await.1), ["poison"]);
        stack.clock().advance(seconds(180));
    }
    let dead = clients.sqs().receive_message().queue_url(stack.queue_url("reveille-nudges-dead"));
    let received = dead.wait_time_seconds(20).send().await.unwrap();
    assert_eq!(received.messages()[0].body(), Some("poison"));
}

fn scheduler(clients: &Clients, function: &str) -> EventBridgeScheduler {
    let target = WakeTarget {
        group: names::SCHEDULE_GROUP.to_owned(),
        function_arn: names::function_arn(function),
        role_arn: "arn:aws:iam::000000000000:role/reveille-scheduler".to_owned(),
        dead_letter_arn: names::queue_arn("reveille-schedules-dead"),
    };
    EventBridgeScheduler::new(clients.scheduler(), target)
}

fn wake(name: &str, at: &str) -> Wake {
    Wake {
        name: name.to_owned(),
        at: at.parse().unwrap(),
        payload: json!({ "at": "<aws.scheduler.scheduled-time>" }).to_string(),
    }
}

#[tokio::test]
async fn a_wake_fires_once_at_its_instant() {
    let (stack, clients) = stack().await;
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    let scheduler = scheduler(&clients, "escalate");
    let wake = wake("incident-1", "2027-01-01T00:00:00Z");
    assert_eq!(scheduler.wake_at(&wake).await.unwrap(), WakeOutcome::Scheduled);
    assert_eq!(scheduler.wake_at(&wake).await.unwrap(), WakeOutcome::AlreadyThere);
    stack.clock().advance(seconds(120));
    let (function, event) = next(&mut events).await;
    assert_eq!((function.as_str(), event), ("escalate", json!({ "at": "2027-01-01T00:00:00Z" })));
    assert_eq!(scheduler.wake_at(&wake).await.unwrap(), WakeOutcome::AlreadyPast);
}

#[tokio::test]
async fn an_event_that_ingest_fails_on_three_times_comes_back_from_its_failure_queue() {
    let (stack, clients) = stack().await;
    let mut events = connect(&stack, |_, event| match event.get("Records") {
        Some(_) => Ok(Value::Null),
        None => Err("boom".to_owned()),
    });
    let scheduler = scheduler(&clients, "ingest");
    scheduler.wake_at(&wake("event", "2026-12-31T23:58:01Z")).await.unwrap();
    stack.clock().advance(seconds(1));
    for _ in 0..3 {
        assert_eq!(next(&mut events).await.1, json!({ "at": "2026-12-31T23:58:01Z" }));
        // The wait before the next attempt begins after this one has failed, so time must pass more than once.
        let clock = stack.clock().clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                clock.advance(seconds(10));
                tokio::task::yield_now().await;
            }
        });
    }
    let (function, event) = next(&mut events).await;
    let record: Value = serde_json::from_str(bodies(&event)[0]).unwrap();
    assert_eq!(function, "ingest");
    assert_eq!(record["requestPayload"], json!({ "at": "2026-12-31T23:58:01Z" }));
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
}

#[tokio::test]
async fn every_minute_ticks_for_each_function_that_has_overdue_rows() {
    let (stack, _) = stack().await;
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    // The pumps have to be asleep before the minute comes; the first invocation after it proves that they were.
    let clock = stack.clock().clone();
    tokio::spawn(async move {
        for _ in 0..3 {
            tokio::task::yield_now().await;
            clock.advance(seconds(60));
        }
    });
    let mut ticked = Vec::new();
    while ticked.len() < 3 {
        let (function, event) = events.recv().await.unwrap();
        assert_eq!(event, json!({ "tick": true }));
        if !ticked.contains(&function) {
            ticked.push(function);
        }
    }
    ticked.sort();
    assert_eq!(ticked, ["notify", "respond", "runbook"]);
}

fn envelope(address: &str) -> Envelope {
    Envelope {
        address: address.to_owned(),
        subject: "Disk full".to_owned(),
        text: "Disk full. Answer: http://127.0.0.1:9070/a/token".to_owned(),
        form: Form::Mail { html: "<p>Disk full</p>".to_owned() },
        secret: None,
        attribution: None,
    }
}

#[tokio::test]
async fn what_providers_take_stands_in_the_inbox() {
    let (stack, clients) = stack().await;
    let sms = SnsSms::new(clients.sns(), SmsSender::default());
    let email = SesEmail::new(clients.ses(), "reveille@devopsvn.tech");
    let sent = sms.send(&envelope("+84312712567")).await.unwrap();
    email.send(&envelope("natsu@devopsvn.tech")).await.unwrap();
    let letters = stack.inbox().letters();
    assert_eq!(letters.len(), 2);
    assert_eq!((letters[0].channel, letters[0].to.as_str()), (LetterChannel::Sms, "+84312712567"));
    assert_eq!(letters[0].text, "Disk full. Answer: http://127.0.0.1:9070/a/token");
    assert_eq!(letters[0].at, "2026-12-31T23:58:00Z");
    assert_eq!(Some(&letters[0].message_id), sent.message_id.as_ref());
    assert_eq!((letters[1].channel, letters[1].to.as_str()), (LetterChannel::Email, "natsu@devopsvn.tech"));
    assert_eq!(letters[1].subject.as_deref(), Some("Disk full"));
    assert_eq!(letters[1].html.as_deref(), Some("<p>Disk full</p>"));
}

fn attribution() -> Attribution {
    Attribution {
        incident: IncidentId::new("4f1c9a3e-0000-5000-8000-000000000000"),
        page: OutboxId { revision: 2, number: 0 },
        contact: ContactAlias::new("natsu"),
        channel: ChannelId::new("sms"),
        address_mark: "09af".to_owned(),
    }
}

/// What `notify` is told of a message, as the event that it is invoked with.
async fn told(events: &mut Events) -> Value {
    let (function, event) = next(events).await;
    assert_eq!(function, "notify");
    serde_json::from_str(event["Records"][0]["Sns"]["Message"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn end_user_messaging_takes_messages_and_calls_and_reports_of_them() {
    let (stack, clients) = stack().await;
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    let (set, number) = (Some("reveille".to_owned()), Some("+15550100".to_owned()));
    let sms = EndUserMessagingSms::new(clients.end_user_messaging(), set.clone(), None);
    let voice = EndUserMessagingVoice::new(clients.end_user_messaging(), set.clone(), number);
    let page = Envelope { attribution: Some(attribution()), ..envelope("+84312712567") };

    let sent = sms.send(&page).await.unwrap();
    let report = told(&mut events).await;
    assert_eq!(
        (&report["eventType"], report["messageId"].as_str()),
        (&"TEXT_DELIVERED".into(), sent.message_id.as_deref())
    );
    assert_eq!(report["context"]["order"], "2-0", "the page is told without a table of messages");

    let ssml = "<speak>Disk <break time=\"1ms\"/>full</speak>".to_owned();
    voice.send(&Envelope { form: Form::Speech { ssml: ssml.clone() }, ..page.clone() }).await.unwrap();
    assert_eq!(told(&mut events).await["eventType"], "VOICE_ANSWERED");
    let letters = stack.inbox().letters();
    assert_eq!((letters[1].channel, letters[1].text.as_str()), (LetterChannel::Voice, "Disk\nfull"));
    assert_eq!(letters[1].ssml.as_ref(), Some(&ssml));

    let silent = EndUserMessagingVoice::new(clients.end_user_messaging(), set, None);
    assert!(matches!(silent.send(&page).await, Err(SendError::Refused(why)) if why.contains("VoiceOrigination")));

    stack.faults().refuse_address("+84312712567");
    for provider in [&sms as &dyn Provider, &voice] {
        let Err(SendError::Unusable(Disabled::OptedOut, text)) = provider.send(&page).await else {
            panic!("who has answered STOP gets no more");
        };
        assert!(!text.contains("84312712567"), "{text}");
    }
}

#[tokio::test]
async fn a_post_beside_a_local_stack_stays_on_this_machine() {
    let (stack, clients) = stack().await;
    let hook = Webhook::new(clients.https(), Arc::new(stack.clock().clone()));
    let page = Envelope {
        form: Form::Json { body: "{\"version\":1}".to_owned() },
        secret: Some(Secret::new("a secret of thirty-two characters")),
        attribution: Some(attribution()),
        ..envelope("https://pager.devopsvn.tech/in?team=web")
    };
    let first = hook.send(&page).await.unwrap();
    assert_eq!(hook.send(&page).await.unwrap(), first, "another attempt at the same page has its id");
    let letter = stack.inbox().letters().remove(0);
    assert_eq!(letter.to, "https://pager.devopsvn.tech/in?team=web");
    assert_eq!(letter.headers["reveille-timestamp"], "1798761480");
    // printf '%s' '1798761480.{"version":1}' | openssl dgst -sha256 -hmac 'a secret of thirty-two characters'
    let signature = "v1=b88a3eb996eee08e9f739a5c937d5fa2783f431fa5b6b51b5212d887b2184c87";
    assert_eq!((letter.channel, letter.headers["reveille-signature"].as_str()), (LetterChannel::Webhook, signature));

    let slack = ChatWebhook::new(clients.https());
    for (status, refused) in [("500", false), ("429", false), ("301", true), ("404", true)] {
        stack.faults().decide_fate("https://hooks.slack.com/services/x", status);
        let answer = slack.send(&envelope("https://hooks.slack.com/services/x")).await;
        let expected = if refused {
            matches!(answer, Err(SendError::Refused(_)))
        } else {
            matches!(answer, Err(SendError::Failed(_)))
        };
        assert!(expected, "{status}: {answer:?}");
    }
    let plain = slack.send(&envelope("http://hooks.slack.com/services/x")).await;
    assert!(
        matches!(plain, Err(SendError::Refused(_))),
        "not even here does an address without encryption lead anywhere"
    );
}

#[tokio::test]
async fn a_refused_address_is_an_answer_without_the_address_and_a_broken_provider_is_none() {
    let (stack, clients) = stack().await;
    let sms = SnsSms::new(clients.sns(), SmsSender::default());
    let email = SesEmail::new(clients.ses(), "reveille@devopsvn.tech");
    let faults = stack.faults();
    for (provider, service, address) in
        [(&sms as &dyn Provider, Service::Sns, "+84312712567"), (&email, Service::Ses, "natsu@devopsvn.tech")]
    {
        faults.refuse_address(address);
        let Err(SendError::Refused(text)) = provider.send(&envelope(address)).await else {
            panic!("the address was not refused");
        };
        assert!(!text.contains("84312712567") && !text.contains("natsu"), "{text}");
        faults.accept_address(address);

        stack.calls().clear();
        for kind in [FaultKind::Fail, FaultKind::Throttle] {
            let (operation, times) = (None, Some(1));
            faults.inject(Fault { service, operation, kind, times });
            assert!(matches!(provider.send(&envelope(address)).await, Err(SendError::Failed(_))));
        }
        assert_eq!(stack.calls().all().len(), 2, "a send is tried once");
        provider.send(&envelope(address)).await.unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_hangs_answers_nobody_until_it_is_healed() {
    let (stack, clients) = stack().await;
    let (service, operation, kind, times) = (Service::Sns, None, FaultKind::Hang, None);
    stack.faults().inject(Fault { service, operation, kind, times });
    let sms = SnsSms::new(clients.sns(), SmsSender::default());
    let sending = tokio::spawn(async move { sms.send(&envelope("+84312712567")).await });
    while stack.calls().count(Service::Sns, "Publish") == 0 {
        tokio::task::yield_now().await;
    }
    stack.faults().heal(Service::Sns);
    assert!(matches!(sending.await.unwrap(), Err(SendError::Failed(_))));
    assert!(stack.inbox().letters().is_empty());
}

#[tokio::test]
async fn the_table_is_reached_through_the_endpoint_and_its_faults_show() {
    let (stack, clients) = stack().await;
    let table = DynamoTable::new(clients.dynamodb(), "reveille");
    let write = Write::put(Key::new("A", "1"), [("n".to_owned(), json!(1))].into_iter().collect(), Condition::Always);
    table.write(&write).await.unwrap();
    let fault =
        |kind| Fault { service: Service::DynamoDb, operation: Some("GetItem".to_owned()), kind, times: Some(1) };
    stack.faults().inject(fault(FaultKind::Fail));
    let row = table.get(&Key::new("A", "1")).await.unwrap();
    assert_eq!(row.unwrap()["n"], json!(1));
    assert_eq!(stack.calls().count(Service::DynamoDb, "GetItem"), 2, "the SDK has tried again");
    let (code, message) = ("ValidationException".to_owned(), "no".to_owned());
    stack.faults().inject(fault(FaultKind::Refuse { code, message }));
    assert!(matches!(table.get(&Key::new("A", "1")).await, Err(TableError::Invalid(_))));
}

/// Numbers, addresses and keys stand in it.
#[tokio::test]
async fn a_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("reveille-doubles-mode-{}", std::process::id()));
    let stack = Stack::start(StackOptions { data: Some(folder.clone()), ..options() }).await.unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    drop(stack);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_data_folder_belongs_to_one_stack_at_a_time() {
    let folder = std::env::temp_dir().join(format!("reveille-doubles-lock-{}", std::process::id()));
    let start = || Stack::start(StackOptions { data: Some(folder.clone()), ..options() });
    let first = start().await.unwrap();
    let Err(refused) = start().await else { panic!("two stacks on one folder") };
    let said = refused.to_string();
    assert!(said.contains(&folder.display().to_string()) && said.contains("--data"), "{said}");
    drop(first);
    assert!(start().await.is_ok(), "the folder is free again");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// One document; its execution fails when the test says so.
#[derive(Default)]
struct OneRunbook {
    ended: Mutex<bool>,
    told: Mutex<bool>,
}

impl Runbooks for OneRunbook {
    fn start(
        &self,
        document: &str,
        parameters: BTreeMap<String, Vec<String>>,
        token: &str,
        _: Timestamp,
    ) -> Result<String, (String, String)> {
        if document != "Restart" {
            let code = "AutomationDefinitionNotFoundException".to_owned();
            return Err((code, "no such document".to_owned()));
        }
        assert_eq!(parameters["InstanceId"], ["i-1"]);
        Ok(format!("execution-{token}"))
    }

    fn status(&self, id: &str, _: Timestamp) -> Option<(String, Option<String>)> {
        let ended = *self.ended.lock().unwrap();
        let status = if ended { ("Failed", Some("step 2")) } else { ("InProgress", None) };
        id.starts_with("execution-").then(|| (status.0.to_owned(), status.1.map(str::to_owned)))
    }

    fn stop(&self, id: &str, _: Timestamp) -> Result<(), (String, String)> {
        panic!("nobody stops {id}")
    }

    fn ended_since(&self, _: Timestamp) -> Vec<(String, String)> {
        let mut told = self.told.lock().unwrap();
        if *told || !*self.ended.lock().unwrap() {
            return Vec::new();
        }
        *told = true;
        vec![("execution-1".to_owned(), "Failed".to_owned())]
    }
}

#[tokio::test]
async fn a_runbook_starts_is_followed_and_its_end_is_told_of() {
    let runbooks = Arc::new(OneRunbook::default());
    let options = StackOptions { runbooks: Arc::clone(&runbooks) as Arc<dyn Runbooks>, ..options() };
    let stack = Stack::start(options).await.unwrap();
    let automation = SsmAutomation::new(Clients::at(&stack.endpoint()).ssm());
    let parameters = BTreeMap::from([("InstanceId".to_owned(), vec!["i-1".to_owned()])]);
    let token = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let id = automation.start("Restart", &parameters, token).await.unwrap();
    assert_eq!(id.as_str(), format!("execution-{token}"));
    assert_eq!(automation.status(&id).await.unwrap(), AutomationStatus::Running);
    let unknown = automation.start("Nothing", &parameters, token).await;
    assert!(matches!(unknown, Err(AutomationError::Refused(_))));

    *runbooks.ended.lock().unwrap() = true;
    let failed = AutomationStatus::Ended(RunbookOutcome::Failed("step 2".to_owned()));
    assert_eq!(automation.status(&id).await.unwrap(), failed);
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    let (function, event) = next(&mut events).await;
    assert_eq!(function, "runbook");
    assert_eq!(event["source"], "aws.ssm");
    assert_eq!(event["detail"]["ExecutionId"], "execution-1");
    assert_eq!(event["detail"]["Status"], "Failed");
}

#[tokio::test]
async fn the_key_before_still_verifies_after_a_rotation() {
    let (stack, clients) = stack().await;
    let keys = SecretsManagerKeys::new(clients.secrets_manager(), names::SIGNING_KEY_SECRET);
    let before = keys.read().await.unwrap();
    assert!(before.previous.is_none());
    let put = clients.secrets_manager().put_secret_value().secret_id(names::SIGNING_KEY_SECRET);
    put.secret_string("x".repeat(40)).send().await.unwrap();
    let after = keys.read().await.unwrap();
    assert_eq!(after.current.bytes(), "x".repeat(40).as_bytes());
    assert_eq!(after.previous.unwrap().bytes(), before.current.bytes());
    drop(stack);
}

/// The status and the body of an answer.
async fn http(request: Request<Body>) -> (u16, String) {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_front_makes_events_of_requests_and_responses_of_answers() {
    let (stack, _) = stack().await;
    let mut events = connect(&stack, |function, _| match function {
        "acknowledge" => {
            Ok(json!({ "statusCode": 202, "headers": { "x-y": "z" }, "body": "aGk=", "isBase64Encoded": true }))
        }
        _ => Err("boom".to_owned()),
    });
    let url = stack.front_url();
    let form =
        Request::post(format!("{url}/a/t-1?x=1&x=2")).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(http(form.body("a=b".into()).unwrap()).await, (202, "hi".to_owned()));
    let (function, event) = next(&mut events).await;
    assert_eq!(function, "acknowledge");
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["pathParameters"], json!({ "token": "t-1" }));
    assert_eq!(event["rawPath"], "/a/t-1");
    assert_eq!(event["rawQueryString"], "x=1&x=2");
    assert_eq!(event["queryStringParameters"], json!({ "x": "1,2" }));
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("YT1i"), &json!(true)));

    let webhook = Request::post(format!("{url}/webhook/grafana")).header("content-type", "application/json");
    let (status, _) = http(webhook.body("{}".into()).unwrap()).await;
    assert_eq!(status, 500);
    let (function, event) = next(&mut events).await;
    assert_eq!((function.as_str(), &event["body"]), ("ingest", &json!("{}")));
}

#[tokio::test]
async fn lambda_is_invoked_over_the_endpoint() {
    let (stack, _) = stack().await;
    let mut events = connect(&stack, |_, event| match event["fail"].as_bool() {
        Some(true) => Err("boom".to_owned()),
        _ => Ok(json!({ "seen": event })),
    });
    let url = format!("{}/2015-03-31/functions/reveille-ingest/invocations", stack.endpoint());
    let (status, body) = http(Request::post(&url).body("{\"a\":1}".into()).unwrap()).await;
    assert_eq!((status, body.as_str()), (200, "{\"seen\":{\"a\":1}}"));
    let later = Request::post(&url).header("x-amz-invocation-type", "Event");
    assert_eq!(http(later.body("{\"b\":2}".into()).unwrap()).await.0, 202);
    assert_eq!(next(&mut events).await, ("ingest".to_owned(), json!({ "a": 1 })));
    assert_eq!(next(&mut events).await, ("ingest".to_owned(), json!({ "b": 2 })));
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("a-restart");
    drop(std::fs::remove_dir_all(&folder));
    let options = || StackOptions { data: Some(folder.clone()), ..options() };
    let stack = Stack::start(options()).await.unwrap();
    let clients = Clients::at(&stack.endpoint());
    let table = DynamoTable::new(clients.dynamodb(), "reveille");
    table.write(&Write::put(Key::new("A", "1"), Default::default(), Condition::Absent)).await.unwrap();
    queue(&stack, &clients).send(QueueName::Nudges, &[message("kept", 0)]).await.unwrap();
    let wake = wake("kept", "2027-01-01T00:00:00Z");
    scheduler(&clients, "escalate").wake_at(&wake).await.unwrap();
    SnsSms::new(clients.sns(), SmsSender::default()).send(&envelope("+84312712567")).await.unwrap();
    let keys = |clients: &Clients| SecretsManagerKeys::new(clients.secrets_manager(), names::SIGNING_KEY_SECRET);
    let key = keys(&clients).read().await.unwrap().current;
    drop(stack);

    let stack = Stack::start(options()).await.unwrap();
    let clients = Clients::at(&stack.endpoint());
    let table = DynamoTable::new(clients.dynamodb(), "reveille");
    assert!(table.get(&Key::new("A", "1")).await.unwrap().is_some());
    assert_eq!(stack.inbox().letters().len(), 1);
    assert_eq!(keys(&clients).read().await.unwrap().current.bytes(), key.bytes());
    assert_eq!(scheduler(&clients, "escalate").wake_at(&wake).await.unwrap(), WakeOutcome::AlreadyThere);
    let mut events = connect(&stack, |_, _| Ok(Value::Null));
    assert_eq!(bodies(&next(&mut events).await.1), ["kept"]);
}

#[tokio::test]
async fn a_clock_that_runs_faster_wakes_its_sleepers_sooner() {
    let clock = LocalClock::scaled(start_of_test(), 1_000_000.0);
    let wake = start_of_test() + seconds(3600);
    clock.sleep_until(wake).await;
    assert!(clock.now() >= wake);
}
