//! The alarms of the template: each watches what is really written, goes off when what it is for happens, and leads to a page that
//! says what to do. What functions write is watched in the world in memory, what AWS writes in `of_aws`.

mod of_aws;

use std::collections::BTreeSet;

use reveille_domain::ChannelKind;
use reveille_tests::cloudwatch::{Alarm, Datum, Missing, alarm, alarms, keys, read, synthetic_alarm};
use reveille_tests::{Fault, Function, Trouble, World, alarm as cloudwatch_alarm, published};

const OPERATING: &str = include_str!("../../../docs/OPERATING.md");

/// One person, with a channel of each kind that fails by itself.
const NATSU: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+15550111", verified: true }
      mail: { type: email, address: natsu@example.com, verified: true }
      hook: { type: webhook, address: "https://pager.example.com/", secret: "0123456789abcdef0123456789abcdef", verified: true }
"#;

const PLAN: &str = "
response_plans:
  everything: { stages: [ { engage: [natsu], runbooks: [ { document: RunChecks } ] } ] }
";

/// A half of an hour in which this is broken, and which of our alarms that sets off.
type Row = (&'static str, &'static [Fault], &'static [&'static str]);

const REFUSES: Fault = Fault::Channel { kind: ChannelKind::Sms, address: None, trouble: Trouble::Refuses };

const ROWS: [Row; 6] = [
    ("nothing is wrong", &[], &[]),
    ("the tick stops", &[Fault::Tick], &["heartbeat"]),
    ("respond fails", &[Fault::Function(Function::Respond)], &["heartbeat", "synthetic-answer", "synthetic-page"]),
    ("notify fails", &[Fault::Function(Function::Notify)], &["heartbeat", "synthetic-answer", "synthetic-page"]),
    ("queues are held back", &[Fault::Queues], &["page-latency", "synthetic-answer", "synthetic-page"]),
    ("a provider refuses", &[REFUSES], &["undelivered-pages"]),
];

/// Metrics of AWS's own with their dimensions and their unit, and the page that documents them.
const DOCUMENTED: [(&str, &str, &[&str], &str, &str); 12] = [
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &["QueueName"],
        "Count",
        "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        &["QueueName"],
        "Seconds",
        "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    ("AWS/Lambda", "Errors", &["FunctionName"], "Count", "lambda/latest/dg/monitoring-metrics-types.html"),
    ("AWS/Lambda", "Throttles", &["FunctionName"], "Count", "lambda/latest/dg/monitoring-metrics-types.html"),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        &["TableName"],
        "Count",
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        &["TableName"],
        "Count",
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        &["GlobalSecondaryIndexName", "TableName"],
        "Count",
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        &["GlobalSecondaryIndexName", "TableName"],
        "Count",
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    ("AWS/SNS", "SMSMonthToDateSpentUSD", &[], "US dollars", "sns/latest/dg/sns-monitoring-using-cloudwatch.html"),
    (
        "AWS/SMSVoice",
        "TextMessageMonthlySpend",
        &[],
        "US dollars",
        "sms-voice/latest/userguide/monitoring-cloudwatch.html",
    ),
    (
        "AWS/SMSVoice",
        "VoiceMessageMonthlySpend",
        &[],
        "US dollars",
        "sms-voice/latest/userguide/monitoring-cloudwatch.html",
    ),
    (
        "AWS/DynamoDB",
        "ThrottledRequests",
        &["Operation", "TableName"],
        "Count",
        "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
];

/// The alarms on what functions write.
fn ours() -> Vec<Alarm> {
    alarms().into_iter().filter(|alarm| alarm.key.namespace == "Reveille").collect()
}

#[test]
fn every_alarm_is_set_off_by_something_here() {
    let in_template: BTreeSet<String> = alarms().into_iter().map(|alarm| alarm.name).collect();
    let set_off = ROWS.iter().flat_map(|(.., alarms)| alarms.iter().copied()).chain(of_aws::set_off());
    assert_eq!(in_template, set_off.map(str::to_owned).collect());
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
        let documented = DOCUMENTED.iter().find(|(namespace, name, of, ..)| {
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
    let world = World::with(&[NATSU, PLAN].concat()).await;
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
    let end_s = world.now().as_second();
    let minutes = || (0..=30).map(|minute| end_s - 60 * minute);
    let off = ours().into_iter().filter(|alarm| {
        assert!(alarm.looks_back_s() <= 1_800, "{}", alarm.name);
        minutes().any(|at_s| alarm.is_off(data, at_s))
    });
    off.map(|alarm| alarm.name).collect()
}

#[tokio::test(start_paused = true)]
async fn an_alarm_goes_off_when_what_it_is_for_happens_and_at_nothing_else() {
    for (what, faults, expected) in ROWS {
        let (world, data) = nights_metrics(faults).await;
        assert_eq!(gone_off(&world, &data), expected.iter().map(|name| (*name).to_owned()).collect(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn our_alarms_watch_exactly_what_the_functions_write() {
    let (_, data) = nights_metrics(&[REFUSES]).await;
    let watched: BTreeSet<_> = ours().into_iter().map(|alarm| alarm.key).collect();
    assert_eq!(keys(&data), watched, "name space, name and dimensions, and none that nobody watches");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_for_a_minute_makes_a_page_late() {
    let world = World::with(&[NATSU, PLAN].concat()).await;
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
    let world = World::with(&[NATSU, PLAN].concat()).await;
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
    let world = World::with(&[NATSU, PLAN].concat()).await;
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
