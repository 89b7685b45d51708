//! Months: one in which nothing happens, and those of teams.

use std::collections::BTreeSet;

use reveille_cli::bench::Latencies;
use reveille_engine::KeyRing;
use serde_json::Value;

use super::bill::Bill;
use super::night::Played;
use super::prices::{Other, Prices};
use crate::cloudwatch::{alarms, template};

/// As AWS counts them: a month has 730 hours. Written down on 26 November 2026; where AWS says so is not known.
const MINUTES: f64 = 730.0 * 60.0;
/// Lambda asks each queue by five long polls of 20 seconds at once, also if nothing ever comes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>, written down on 26 November 2026; the day on
/// which that page was read is not known.
const POLLS_A_MINUTE: f64 = 5.0 * 3.0;
/// What Lambda writes down of an invocation where logs are JSON, in the shapes that it says it has, with times and ids as long as they are:
/// <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>, written down on 26 November 2026; the day on
/// which that page was read is not known. The second is written at a level that the template does not ask for; it stands for what the function writes itself, a line of metrics at most.
const LOGGED: [&str; 3] = [
    r#"{"time":"2026-11-26T00:00:15.064Z","type":"platform.start","record":{"requestId":"6d68ca91-49c9-448d-89b8-7ca3e6dc66aa","version":"$LATEST"}}"#,
    r#"{"time":"2026-11-26T00:00:15.264Z","type":"platform.runtimeDone","record":{"requestId":"6d68ca91-49c9-448d-89b8-7ca3e6dc66aa","status":"success","spans":[{"name":"responseLatency","start":"2026-11-26T00:00:15.064Z","durationMs":23.021},{"name":"responseDuration","start":"2026-11-26T00:00:15.087Z","durationMs":20.012}],"metrics":{"durationMs":200.123,"producedBytes":150}}}"#,
    r#"{"time":"2026-11-26T00:00:15.264Z","type":"platform.report","record":{"requestId":"6d68ca91-49c9-448d-89b8-7ca3e6dc66aa","metrics":{"durationMs":220.123,"billedDurationMs":221,"memorySizeMB":256,"maxMemoryUsedMB":100},"status":"success"}}"#,
];
/// The signing keys are read again when somebody asks for them after so long, and the installation's test of itself does.
const KEYS_READ_MINUTES: f64 = KeyRing::REFRESH_MINUTES as f64;

/// A month, and what it consists of.
pub struct Month {
    /// All of it.
    pub bill: Bill,
    /// Its parts, by what they are for.
    pub parts: Vec<(String, Bill)>,
}

impl Month {
    fn of(parts: Vec<(String, Bill)>) -> Self {
        let bill = parts.iter().fold(Bill::default(), |bill, (_, part)| bill.with(part));
        Self { bill, parts }
    }
}

/// A team, and how often it is woken.
#[derive(Clone, Copy, Debug)]
pub struct Team {
    /// How many people can be paged.
    pub people: f64,
    /// How many response plans they have.
    pub plans: f64,
    /// How many incidents page somebody in a month.
    pub incidents: f64,
}

impl Team {
    /// A team of so many people: two response plans and 20 incidents a month for each five of them.
    pub fn of(people: u32) -> Self {
        let fives = f64::from(people) / 5.0;
        Self { people: f64::from(people), plans: 2.0 * fives, incidents: 20.0 * fives }
    }
}

/// How many of the template's resources of a type there are by default; `is_meant` chooses among them.
fn resources(of: &str, is_meant: impl Fn(&Value) -> bool) -> usize {
    let all = template()["Resources"].as_object().into_iter().flatten().map(|(_, resource)| resource);
    all.filter(|resource| resource["Type"] == of && exists(resource) && is_meant(resource)).count()
}

/// Whether a resource is made where every parameter has its default. Conditions that hold by default are named here; the template
/// says of each what it depends on.
fn exists(resource: &Value) -> bool {
    let on_by_default = ["TestsItself", "WarnsOfSnsSpending", "TakesAlarmDeletions"];
    resource["Condition"].as_str().is_none_or(|condition| on_by_default.contains(&condition))
}

/// Queues that a function is fed from.
fn polled_queues() -> usize {
    let functions = template()["Resources"].as_object().into_iter().flatten().map(|(_, resource)| resource);
    let events = functions.filter_map(|resource| resource["Properties"]["Events"].as_object());
    events.flat_map(|events| events.values()).filter(|event| event["Type"] == "SQS").count()
}

/// What an installation costs in a month in which nobody is paged.
pub fn idle_month(played: &Played, latencies: &Latencies) -> Month {
    let minutes = template()["Parameters"]["SyntheticMinutes"]["Default"].as_f64().expect("a number");
    let ticks = Bill::of(&played.idle_minute, latencies, "sms_parts_us").times(MINUTES);
    let mut tests = Bill::of(&played.synthetic, latencies, "sms_parts_us");
    // The schedule publishes to a topic.
    tests.add("schedules", 1.0);
    tests.add("topic_messages", 1.0);
    let tests = tests.times(MINUTES / minutes);
    let queues = polled_queues();
    let mut polls = Bill::default();
    polls.add("queue_requests", queues as f64 * POLLS_A_MINUTE * MINUTES);
    let watching = resources("AWS::CloudWatch::Alarm", |_| true);
    let own: BTreeSet<String> =
        alarms().into_iter().filter(|alarm| alarm.key.namespace == "Reveille").map(|alarm| alarm.key.name).collect();
    let mut watch = Bill::default();
    watch.add("alarms", watching as f64);
    watch.add("metrics", own.len() as f64);
    let mut keys = Bill::default();
    keys.add("secrets", resources("AWS::SecretsManager::Secret", |_| true) as f64);
    keys.add("secret_calls", played.key_calls as f64 * MINUTES / KEYS_READ_MINUTES);
    let invocations = ticks.quantity("lambda_requests") + tests.quantity("lambda_requests");
    let logged_bytes: usize = LOGGED.iter().map(|line| line.len()).sum();
    let mut logs = Bill::default();
    logs.add("log_gigabytes", invocations * logged_bytes as f64 / 1e9);
    Month::of(vec![
        (format!("{watching} alarms that watch Reveille, and their {} metrics", own.len()), watch),
        (format!("Lambda asks the {queues} queues, {POLLS_A_MINUTE} times a minute each"), polls),
        (format!("the installation pages itself, every {minutes} minutes"), tests),
        ("the ticks of every minute".to_owned(), ticks),
        (format!("the signing key, read again every {KEYS_READ_MINUTES} minutes"), keys),
        ("what Lambda writes down of all this".to_owned(), logs),
    ])
}

/// What incidents add to it: of four, the first person who is asked answers three.
pub fn month_of(team: Team, played: &Played, latencies: &Latencies, sms: &'static str) -> Month {
    let idle = idle_month(played, latencies).bill;
    let [first, second] = played.incidents.as_slice() else { panic!("two incidents are played") };
    let bill = |path, share: f64| Bill::of(path, latencies, sms).times(team.incidents * share);
    let incidents = bill(&first.path, 0.75).with(&bill(&second.path, 0.25));
    Month::of(vec![("nothing happens".to_owned(), idle), ("incidents".to_owned(), incidents)])
}

/// What others take for the same month, in the order of the price list; `None`: they do not take so many people.
pub fn others(team: Team, month: &Month, prices: &Prices, sms: &'static str) -> Vec<Option<f64>> {
    let parts = month.bill.quantity(sms);
    let usd = |other: &Other| {
        let included = other.sms_included_per_plan.map_or(f64::INFINITY, |each| each * team.plans);
        let messages = prices.of(sms).times((parts - included).max(0.0));
        let fits = other.people_max.is_none_or(|most| team.people <= most);
        fits.then_some(other.per_person * team.people + other.per_plan * team.plans + messages)
    };
    prices.others.iter().map(usd).collect()
}
