//! The alarms of the template: each watches what is really written, goes off when what it is for happens, and leads to a page that
//! says what to do. What this project cannot make happen is named, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use reveille_aws::Clients;
use reveille_cli::client;
use reveille_cli::world::inbound_sms;
use reveille_domain::ChannelKind;
use reveille_engine::Nudge;
use reveille_local::{Fault as LocalFault, FaultKind, Service, names};
use reveille_tests::cloudwatch::{Alarm, Datum, Missing, alarm, alarms, keys, read, synthetic_alarm};
use reveille_tests::{Fault, Function, Local, Trouble, World, alarm as cloudwatch_alarm, published};
use serde_json::{Value, json};

const OPERATING: &str = include_str!("../../../docs/OPERATING.md");

const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+15550111", verified: true }
      mail: { type: email, address: natsu@example.com, verified: true }
      hook: { type: webhook, address: "https://pager.example.com/", secret: "0123456789abcdef0123456789abcdef", verified: true }
response_plans:
  everything: { stages: [ { engage: [natsu], runbooks: [ { document: RunChecks } ] } ] }
"#;

/// How it is shown that an alarm goes off.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    /// What functions write in the world in memory, while something is broken.
    Measured,
    /// Messages that nobody takes from a queue of the embedded stack.
    Age(&'static str),
    /// Messages that a function fails on until its queue gives them up.
    Dead(&'static str, &'static str, &'static str),
    /// Invocations that nobody waits for fail to the end.
    Invocations,
    /// Invocations of this function that fail.
    Errors(&'static str),
    /// A request of a function that the table refuses for a moment.
    Throttled(&'static str),
    /// Not here, and why.
    ByAwsAlone(&'static str),
}

const CONCURRENCY: &str = "concurrency is the account's; no double counts it";
const BILL: &str = "what a message costs is on AWS's bill";

/// Every alarm.
const ALARMS: [(&str, Shown); 39] = [
    ("heartbeat", Shown::Measured),
    ("synthetic-page", Shown::Measured),
    ("synthetic-answer", Shown::Measured),
    ("page-latency", Shown::Measured),
    ("undelivered-pages", Shown::Measured),
    ("old-nudges", Shown::Age(names::NUDGE_QUEUE)),
    ("old-pages", Shown::Age(names::PAGE_QUEUE)),
    ("old-slow-pages", Shown::Age(names::SLOW_PAGE_QUEUE)),
    ("old-runbooks", Shown::Age(names::RUNBOOK_QUEUE)),
    ("old-events", Shown::Age(names::INGEST_FAILURE_QUEUE)),
    ("dead-nudges", Shown::Dead(names::NUDGE_QUEUE, names::NUDGE_DEAD_QUEUE, "respond")),
    ("dead-pages", Shown::Dead(names::PAGE_QUEUE, names::PAGE_DEAD_QUEUE, "notify")),
    ("dead-slow-pages", Shown::Dead(names::SLOW_PAGE_QUEUE, names::SLOW_PAGE_DEAD_QUEUE, "notify")),
    ("dead-runbooks", Shown::Dead(names::RUNBOOK_QUEUE, names::RUNBOOK_DEAD_QUEUE, "runbook")),
    ("dead-events", Shown::Dead(names::INGEST_FAILURE_QUEUE, names::INGEST_FAILURE_DEAD_QUEUE, "ingest")),
    ("dead-invocations", Shown::Invocations),
    (
        "dead-schedules",
        Shown::ByAwsAlone("only Scheduler itself puts a message there, when it cannot reach its target"),
    ),
    ("ingest-errors", Shown::Errors("ingest")),
    ("respond-errors", Shown::Errors("respond")),
    ("escalate-errors", Shown::Errors("escalate")),
    ("notify-errors", Shown::Errors("notify")),
    ("runbook-errors", Shown::Errors("runbook")),
    ("acknowledge-errors", Shown::Errors("acknowledge")),
    ("rotate-errors", Shown::Errors("rotate")),
    ("ingest-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("respond-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("escalate-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("notify-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("runbook-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("acknowledge-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("rotate-throttles", Shown::ByAwsAlone(CONCURRENCY)),
    ("table-reads-throttled", Shown::Throttled("BatchGetItem")),
    ("table-writes-throttled", Shown::Throttled("TransactWriteItems")),
    ("due-reads-throttled", Shown::Throttled("Query")),
    // One transaction writes the incident's row and its places in both indexes.
    ("due-writes-throttled", Shown::Throttled("TransactWriteItems")),
    ("list-writes-throttled", Shown::Throttled("TransactWriteItems")),
    ("sms-spend", Shown::ByAwsAlone(BILL)),
    ("messaging-spend", Shown::ByAwsAlone(BILL)),
    ("voice-spend", Shown::ByAwsAlone(BILL)),
];

/// Metrics of AWS's own with their dimensions, and the page that documents them.
const DOCUMENTED: [(&str, &str, &[&str], &str); 11] = [
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &["QueueName"],
        "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        &["QueueName"],
        "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    ("AWS/Lambda", "Errors", &["FunctionName"], "lambda/latest/dg/monitoring-metrics-types.html"),
    ("AWS/Lambda", "Throttles", &["FunctionName"], "lambda/latest/dg/monitoring-metrics-types.html"),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        &["TableName"],
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        &["TableName"],
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        &["GlobalSecondaryIndexName", "TableName"],
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        &["GlobalSecondaryIndexName", "TableName"],
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    ("AWS/SNS", "SMSMonthToDateSpentUSD", &[], "sns/latest/dg/sns-monitoring-using-cloudwatch.html"),
    ("AWS/SMSVoice", "TextMessageMonthlySpend", &[], "sms-voice/latest/userguide/monitoring-cloudwatch.html"),
    ("AWS/SMSVoice", "VoiceMessageMonthlySpend", &[], "sms-voice/latest/userguide/monitoring-cloudwatch.html"),
];

/// The alarms that are shown in one way, with what it takes.
fn shown<T>(by: impl Fn(Shown) -> Option<T>) -> Vec<(Alarm, T)> {
    ALARMS.iter().filter_map(|(name, shown)| Some((alarm(name), by(*shown)?))).collect()
}

#[test]
fn every_alarm_is_shown_to_go_off_or_it_is_said_why_not() {
    let in_template: BTreeSet<String> = alarms().into_iter().map(|alarm| alarm.name).collect();
    assert_eq!(in_template, ALARMS.iter().map(|(name, _)| (*name).to_owned()).collect());
    for (name, shown) in ALARMS {
        let ours = alarm(name).key.namespace == "Reveille";
        assert_eq!(ours, shown == Shown::Measured, "{name}: what we write ourselves is shown by what is written");
        assert!(!matches!(shown, Shown::ByAwsAlone("")), "{name}");
    }
}

#[test]
fn every_alarm_tells_the_operators_when_it_begins_and_when_it_is_over() {
    for alarm in alarms() {
        let operators = || vec!["OperatorsTopic".to_owned()];
        assert_eq!(alarm.tells, (operators(), operators()), "{}", alarm.name);
        let silence_is_bad = ["heartbeat", "synthetic-page", "synthetic-answer"].contains(&alarm.name.as_str());
        assert_eq!(alarm.missing == Missing::Breaching, silence_is_bad, "{}", alarm.name);
    }
}

#[test]
fn what_aws_writes_is_watched_as_it_is_documented() {
    for alarm in alarms().iter().filter(|alarm| alarm.key.namespace != "Reveille") {
        let dimensions: Vec<&str> = alarm.key.dimensions.keys().map(String::as_str).collect();
        let documented = DOCUMENTED.iter().find(|(namespace, name, of, _)| {
            (*namespace, *name, *of) == (alarm.key.namespace.as_str(), alarm.key.name.as_str(), dimensions.as_slice())
        });
        let (.., page) = documented.unwrap_or_else(|| panic!("{}: {:?} is not documented", alarm.name, alarm.key));
        assert!(page.ends_with(".html"), "below https://docs.aws.amazon.com/");
    }
}

/// The section of an anchor.
fn section(anchor: &str) -> Option<&'static str> {
    let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace('`', "").replace(' ', "-");
    let begins = OPERATING
        .match_indices("\n### ")
        .find(|(at, _)| heading(OPERATING[at + 1..].lines().next().unwrap_or_default()) == anchor)?;
    let rest = &OPERATING[begins.0 + 1..];
    Some(rest[4..].find("\n##").map_or(rest, |end| &rest[..end + 4]))
}

#[test]
fn every_alarm_leads_to_a_page_that_says_what_it_means_how_to_look_and_what_to_do() {
    let mut led_to = BTreeSet::new();
    for alarm in alarms() {
        let (_, anchor) = alarm
            .description
            .rsplit_once(" docs/OPERATING.md#")
            .unwrap_or_else(|| panic!("{} leads nowhere", alarm.name));
        let text = section(anchor).unwrap_or_else(|| panic!("{} leads to {anchor}, which is not there", alarm.name));
        for part in ["**Means.**", "**Look.**", "**Do.**"] {
            assert!(text.contains(part), "{anchor} has no {part}");
        }
        let named = text.contains(&format!("`{}`", alarm.name))
            || text.contains(&format!("`{anchor}`"))
            || anchor == alarm.name;
        let function = alarm.name.rsplit_once('-').is_some_and(|(_, what)| anchor == format!("function-{what}"));
        assert!(named || function, "{anchor} does not name {}", alarm.name);
        led_to.insert(anchor.to_owned());
    }
    let (_, about_alarms) = OPERATING.split_once("\n## Alarms").expect("a section about alarms");
    let about_alarms = about_alarms.split("\n## ").next().expect("its text");
    assert_eq!(about_alarms.matches("\n### ").count(), led_to.len(), "no page about an alarm that is not there");
}

// ── What functions write. ──

/// Half an hour in which all is well, and another in which something is broken: every five minutes an alarm and a synthetic one.
async fn nights_metrics(faults: &[Fault]) -> (World, Vec<Datum>) {
    let world = World::with(TEAM).await;
    for round in 0..12 {
        if round == 6 {
            faults.iter().for_each(|fault| world.fail(fault.clone()));
        }
        world.ingest(published(&synthetic_alarm(), world.now())).await;
        world.ingest(cloudwatch_alarm(&format!("web-{round}"), "ALARM", world.seconds())).await;
        // Somebody has it, so that nobody is asked about it in the next round.
        world.pass(240).await;
        for incident in world.incidents() {
            drop(world.engine().apply(&incident.opening.id, &resolve(), None).await);
        }
        world.pass(60).await;
    }
    let data = world.metrics().iter().flat_map(|line| read(line)).collect();
    (world, data)
}

fn resolve() -> reveille_domain::Input {
    reveille_domain::Input::Resolve { by: reveille_domain::Actor::Operator }
}

/// Which of our alarms have been off at any minute after the first half of an hour, which is as long as any of them looks back.
fn gone_off(world: &World, data: &[Datum]) -> BTreeSet<String> {
    let ours = shown(|shown| (shown == Shown::Measured).then_some(()));
    let end_s = world.now().as_second();
    let minutes = || (0..=30).map(|minute| end_s - 60 * minute);
    let off = ours.into_iter().filter(|(alarm, ())| {
        assert!(alarm.looks_back_s() <= 1_800, "{}", alarm.name);
        minutes().any(|at_s| alarm.is_off(data, at_s))
    });
    off.map(|(alarm, ())| alarm.name).collect()
}

#[tokio::test(start_paused = true)]
async fn an_alarm_goes_off_when_what_it_is_for_happens_and_at_nothing_else() {
    let refuses = Fault::channel(ChannelKind::Sms, Trouble::Refuses);
    let rows: [(&str, &[Fault], &[&str]); 6] = [
        ("nothing is wrong", &[], &[]),
        ("the tick stops", &[Fault::Tick], &["heartbeat"]),
        ("respond fails", &[Fault::Function(Function::Respond)], &["heartbeat", "synthetic-answer", "synthetic-page"]),
        ("notify fails", &[Fault::Function(Function::Notify)], &["heartbeat", "synthetic-answer", "synthetic-page"]),
        ("queues are held back", &[Fault::Queues], &["page-latency", "synthetic-answer", "synthetic-page"]),
        ("a provider refuses", &[refuses], &["undelivered-pages"]),
    ];
    for (what, faults, expected) in rows {
        let (world, data) = nights_metrics(faults).await;
        assert_eq!(gone_off(&world, &data), expected.iter().map(|name| (*name).to_owned()).collect(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn our_alarms_watch_exactly_what_the_functions_write() {
    let (_, data) = nights_metrics(&[Fault::channel(ChannelKind::Sms, Trouble::Refuses)]).await;
    let watched: BTreeSet<_> =
        shown(|shown| (shown == Shown::Measured).then_some(())).into_iter().map(|(alarm, ())| alarm.key).collect();
    assert_eq!(keys(&data), watched, "name space, name and dimensions, and none that nobody watches");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_for_a_minute_makes_a_page_late() {
    let world = World::with(TEAM).await;
    let faults =
        [ChannelKind::Sms, ChannelKind::Email, ChannelKind::Webhook].map(|kind| Fault::channel(kind, Trouble::Fails));
    faults.iter().for_each(|fault| world.fail(fault.clone()));
    world.ingest(cloudwatch_alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    faults.into_iter().for_each(|fault| world.heal(fault));
    world.pass(60).await;
    let data: Vec<Datum> = world.metrics().iter().flat_map(|line| read(line)).collect();
    let late =
        data.iter().filter(|datum| datum.key.name == "PageSeconds" && alarm("page-latency").is_crossed_by(datum.value));
    assert_eq!(late.count(), 2, "of both halves of the page: {data:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_waits_in_a_storm_is_not_late() {
    let world = World::with(TEAM).await;
    for number in 0..30 {
        world.ingest(cloudwatch_alarm(&format!("web-{number}"), "ALARM", number)).await;
        world.pass(1).await;
    }
    world.pass(900).await;
    let data: Vec<Datum> = world.metrics().iter().flat_map(|line| read(line)).collect();
    let latest =
        data.iter().filter(|datum| datum.key.name == "PageSeconds").map(|datum| datum.value).fold(0.0, f64::max);
    assert!(!alarm("page-latency").is_crossed_by(latest), "{latest}");
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_reports_as_lost_is_undelivered_once() {
    let world = World::with(TEAM).await;
    world.ingest(cloudwatch_alarm("web", "ALARM", 0)).await;
    world.pass(5).await;
    let sms = world.sent().into_iter().find(|message| message.channel == "sms").expect("an SMS");
    for _ in 0..2 {
        world.report(&sms, "TEXT_INVALID").await;
    }
    let data: Vec<Datum> = world.metrics().iter().flat_map(|line| read(line)).collect();
    let undelivered: Vec<f64> =
        data.iter().filter(|datum| datum.key.name == "UndeliveredPages").map(|datum| datum.value).collect();
    assert_eq!(undelivered, [1.0]);
}

// ── What AWS writes, as far as the embedded stack can do what it counts. ──

struct Bench {
    local: Local,
    sqs: aws_sdk_sqs::Client,
}

impl Bench {
    /// A stack in which no function runs by itself, with a message in each queue.
    async fn with_work_in_every_queue() -> Self {
        let local = Local::still(TEAM).await;
        let sqs = Clients::at(&local.world.stack.endpoint()).sqs();
        let bench = Self { local, sqs };
        let id = bench.local.open(cloudwatch_alarm("web", "ALARM", 0)).await;
        bench.local.deliver("respond", &Nudge::now(&id).message_in(0).body).await;
        let event = cloudwatch_alarm("other", "ALARM", 0).to_string();
        let queue = bench.local.world.stack.queue_url(names::INGEST_FAILURE_QUEUE);
        bench.sqs.send_message().queue_url(queue).message_body(event).send().await.expect("it is taken");
        bench
    }

    fn refuse_the_table(&self) {
        let kind = FaultKind::Refuse { code: "ValidationException".to_owned(), message: "no".to_owned() };
        self.local.world.stack.faults().inject(LocalFault {
            service: Service::DynamoDb,
            operation: None,
            kind,
            times: None,
        });
    }

    /// Lambda's poller takes what is in a queue to its function, which fails. Nobody deletes what has failed.
    async fn poll(&self, queue: &str, function: Option<&str>) {
        let url = self.local.world.stack.queue_url(queue);
        let received =
            self.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.expect("it answers");
        let records: Vec<Value> = received
            .messages()
            .iter()
            .filter_map(|message| {
                Some(json!({ "messageId": message.message_id()?, "body": message.body()?, "eventSource": "aws:sqs" }))
            })
            .collect();
        if let (Some(function), false) = (function, records.is_empty()) {
            let count = records.len();
            let answer = self.local.invoke(function, json!({ "Records": records })).await;
            assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(count), "{function}: {answer}");
        }
    }

    async fn visible(&self, queue: &str) -> f64 {
        let url = self.local.world.stack.queue_url(queue);
        let answer = self.sqs.get_queue_attributes().queue_url(url).send().await.expect("it answers");
        let count = answer
            .attributes()
            .and_then(|all| all.iter().find(|(name, _)| name.as_str() == "ApproximateNumberOfMessages"));
        count.and_then(|(_, count)| count.parse().ok()).expect("a count")
    }
}

#[tokio::test]
async fn a_queue_that_nobody_works_off_grows_older_than_its_alarm_allows() {
    let bench = Bench::with_work_in_every_queue().await;
    for (alarm, queue) in shown(|shown| if let Shown::Age(queue) = shown { Some(queue) } else { None }) {
        let stack = &bench.local.world.stack;
        let age_s = || stack.age_of_oldest_message(queue).expect("the queue is there") as f64;
        let to_go = alarm.threshold - age_s();
        if to_go > 0.0 {
            bench.local.pass(to_go as u64);
            assert!(!alarm.is_crossed_by(age_s()), "{}: not yet", alarm.name);
            bench.local.pass(1);
        }
        assert!(alarm.is_crossed_by(age_s()), "{}: {} s", alarm.name, age_s());
    }
}

#[tokio::test]
async fn what_a_function_fails_on_to_the_end_is_a_dead_letter() {
    let bench = Bench::with_work_in_every_queue().await;
    bench.refuse_the_table();
    let template = reveille_tests::cloudwatch::template();
    for (alarm, (queue, dead, function)) in
        shown(|shown| if let Shown::Dead(a, b, c) = shown { Some((a, b, c)) } else { None })
    {
        let watched = alarm.key.dimensions["QueueName"].trim_end_matches(".QueueName").to_owned();
        assert_eq!(template["Resources"][&watched]["Type"], "AWS::SQS::Queue", "{}", alarm.name);
        let source = watched.replace("DeadQueue", "Queue");
        let source = &template["Resources"][&source]["Properties"];
        let receives = source["RedrivePolicy"]["maxReceiveCount"].as_u64().expect("a number");
        let visibility_s = source["VisibilityTimeout"].as_u64().expect("a number");
        for receive in 0..receives {
            assert!(!alarm.is_crossed_by(bench.visible(dead).await), "{}: after {receive} receives", alarm.name);
            // The function is asked the first times; what it would say is the same for a day.
            bench.poll(queue, (receive < 10).then_some(function)).await;
            bench.local.pass(visibility_s);
        }
        bench.poll(queue, None).await;
        assert!(alarm.is_crossed_by(bench.visible(dead).await), "{}", alarm.name);
    }
}

#[tokio::test]
async fn an_invocation_that_fails_to_the_end_is_a_dead_letter() {
    let local = Local::with(TEAM).await;
    let sqs = Clients::at(&local.world.stack.endpoint()).sqs();
    let bench = Bench { local, sqs };
    bench.refuse_the_table();
    for (alarm, ()) in shown(|shown| (shown == Shown::Invocations).then_some(())) {
        assert!(!alarm.is_crossed_by(bench.visible(names::INVOCATION_DEAD_QUEUE).await));
        let endpoint = bench.local.world.stack.endpoint();
        let url = format!("{endpoint}/2015-03-31/functions/reveille-acknowledge/invocations");
        let answer = inbound_sms("+15550111", "ack", "1").to_string();
        let accepted = client::request_with("POST", &url, &[("x-amz-invocation-type", "Event")], answer).await;
        assert_eq!(accepted.expect("it answers").status, 202);
        // It is tried again after a minute and after two more, whenever that is.
        let is_given_up = || async {
            bench.local.pass(60);
            alarm.is_crossed_by(bench.visible(names::INVOCATION_DEAD_QUEUE).await).then_some(())
        };
        bench.local.until("it is given up", is_given_up).await;
        assert_eq!(bench.local.world.stack.calls().count(Service::Lambda, "acknowledge"), 3);
    }
}

#[tokio::test]
async fn a_function_that_fails_has_errors() {
    let bench = Bench::with_work_in_every_queue().await;
    bench.refuse_the_table();
    let nudge = Nudge::now(&reveille_domain::IncidentId::new("i"));
    let failing: BTreeMap<&str, Value> = BTreeMap::from([
        ("ingest", cloudwatch_alarm("third", "ALARM", 0)),
        ("respond", json!({ "tick": true })),
        ("escalate", serde_json::to_value(nudge).expect("a nudge")),
        ("notify", json!({ "tick": true })),
        ("runbook", json!({ "tick": true })),
        ("acknowledge", inbound_sms("+15550111", "ack", "1")),
        ("rotate", json!({ "Step": "noSuchStep", "SecretId": "s", "ClientRequestToken": "t" })),
    ]);
    for (alarm, function) in shown(|shown| if let Shown::Errors(function) = shown { Some(function) } else { None }) {
        assert_eq!(alarm.key.dimensions["FunctionName"].to_lowercase(), format!("{function}function"));
        let mut errors = 0.0;
        while !alarm.is_crossed_by(errors) {
            let answer = bench.local.world.invoke(function, failing[function].clone()).await;
            assert!(answer.is_err(), "{function}: {answer:?}");
            errors += 1.0;
        }
        assert!(errors <= 3.0, "{}: {errors}", alarm.name);
    }
}

#[tokio::test]
async fn what_the_table_refuses_for_a_moment_is_counted_and_does_no_harm() {
    let local = Local::still(TEAM).await;
    let operations: BTreeSet<&str> =
        shown(|shown| if let Shown::Throttled(operation) = shown { Some(operation) } else { None })
            .into_iter()
            .map(|(alarm, operation)| {
                assert!(alarm.is_crossed_by(1.0), "{}", alarm.name);
                operation
            })
            .collect();
    for operation in &operations {
        let kind = FaultKind::Throttle;
        let operation = Some((*operation).to_owned());
        local.world.stack.faults().inject(LocalFault { service: Service::DynamoDb, operation, kind, times: Some(1) });
    }
    local.world.stack.calls().clear();
    let opening = local.open(cloudwatch_alarm("web", "ALARM", 0));
    let tick = local.invoke("respond", json!({ "tick": true }));
    futures_util::future::join(opening, tick).await;
    for operation in operations {
        assert!(local.world.stack.calls().count(Service::DynamoDb, operation) >= 2, "{operation} is tried again");
    }
}
