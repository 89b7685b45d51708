//! Alarms on what AWS writes: something is broken on the embedded stack, the doubles count what AWS would, and CloudWatch's rules say which
//! alarms that sets off. No number is AWS's own: see `shared/local/src/counted.rs` for what a double counts, and by which page.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reveille_cli::configuration;
use reveille_cli::scenario::{self, Ground};
use reveille_cli::world::inbound_sms;
use reveille_local::{Access, Counted, Fault, FaultKind, Service, Throughput, names};
use reveille_tests::cloudwatch::{Alarm, Datum, Texts, alarms, counted, gone_off, spent};
use reveille_tests::cost::Prices;
use reveille_tests::crash::on_all_processors;
use reveille_tests::embedded::EmbeddedGround;
use reveille_tests::{alarm as cloudwatch_alarm, dawn};
use serde_json::json;

use super::NATSU;

/// A runbook runs, and nobody answers: the second and the third stage are due.
const PLAN: &str = "
response_plans:
  everything:
    stages:
      - { engage: [natsu], runbooks: [ { document: RunChecks } ] }
      - { after: 10, engage: [natsu] }
      - { after: 20, engage: [natsu] }
";

/// What is broken.
#[derive(Clone, Copy, Debug)]
enum Broken {
    Nothing,
    /// Others of the account use all of Lambda's concurrency.
    Concurrency,
    /// A function dies in each of its invocations.
    Function(&'static str),
    /// Messages are not taken to their functions.
    Delivery,
    /// The same, and `ingest` dies: what it failed on waits as well.
    DeliveryAndIngest,
    /// Scheduler may not invoke.
    Scheduler,
    /// The table, or an index, has no throughput left.
    Throughput(Option<&'static str>, Access),
}

/// What is broken, for how many minutes, and which alarms that sets off.
type Row = (Broken, i64, &'static [&'static str]);

const ROWS: [Row; 17] = [
    (Broken::Nothing, 30, &[]),
    (
        Broken::Concurrency,
        6,
        &[
            "acknowledge-throttles",
            "dead-invocations",
            "escalate-throttles",
            "ingest-throttles",
            "notify-throttles",
            "respond-throttles",
            "rotate-throttles",
            "runbook-throttles",
        ],
    ),
    (Broken::Function("ingest"), 1_500, &["dead-events", "ingest-errors"]),
    (Broken::Function("respond"), 40, &["dead-invocations", "dead-nudges", "respond-errors"]),
    (Broken::Function("escalate"), 6, &["dead-invocations", "escalate-errors"]),
    (Broken::Function("notify"), 40, &["dead-invocations", "dead-pages", "dead-slow-pages", "notify-errors"]),
    (Broken::Function("runbook"), 40, &["dead-invocations", "dead-runbooks", "runbook-errors"]),
    (Broken::Function("acknowledge"), 6, &["acknowledge-errors", "dead-invocations"]),
    (Broken::Function("rotate"), 6, &["dead-invocations", "rotate-errors"]),
    (Broken::Delivery, 40, &["old-nudges", "old-pages", "old-runbooks", "old-slow-pages"]),
    (Broken::DeliveryAndIngest, 40, &["ingest-errors", "old-events", "old-nudges", "old-pages", "old-slow-pages"]),
    (Broken::Scheduler, 15, &["dead-schedules"]),
    (Broken::Throughput(None, Access::Reads), 1, &["table-reads-throttled"]),
    (Broken::Throughput(None, Access::Writes), 1, &["table-writes-throttled"]),
    (Broken::Throughput(Some("due"), Access::Reads), 1, &["due-reads-throttled"]),
    (Broken::Throughput(Some("due"), Access::Writes), 1, &["due-writes-throttled"]),
    (Broken::Throughput(Some("list"), Access::Writes), 1, &["list-writes-throttled"]),
];

/// What an account that pages too much sets off, by who sends the text messages.
const SPENDING: [(&str, Texts, &str); 3] = [
    ("texts through SNS", Texts::Sns, "sms-spend"),
    ("texts through End User Messaging", Texts::EndUserMessaging, "messaging-spend"),
    ("calls", Texts::Sns, "voice-spend"),
];

impl Broken {
    fn breaks(self, ground: &EmbeddedGround) {
        let faults = ground.doubles().faults();
        let inject = |service, operation: Option<&str>, kind| {
            let operation = operation.map(str::to_owned);
            faults.inject(Fault { service, operation, kind, times: None });
        };
        match self {
            Self::Nothing => {}
            Self::Concurrency => inject(Service::Lambda, None, FaultKind::Throttle),
            Self::Function(name) => inject(Service::Lambda, Some(name), FaultKind::Fail),
            Self::Delivery => inject(Service::Sqs, Some("Deliver"), FaultKind::Fail),
            Self::DeliveryAndIngest => {
                inject(Service::Sqs, Some("Deliver"), FaultKind::Fail);
                inject(Service::Lambda, Some("ingest"), FaultKind::Fail);
            }
            Self::Scheduler => inject(Service::Scheduler, Some("Fire"), FaultKind::Fail),
            Self::Throughput(index, access) => {
                // Only ticks read an index of what is due, and these have nothing to find.
                if (index, access) == (Some("due"), Access::Reads) {
                    ground.play_idle_ticks();
                }
                faults.use_up(Throughput { index, access });
            }
        }
    }
}

/// The alarms on what AWS writes, as they would be on the embedded stack.
fn of_aws() -> Vec<Alarm> {
    let alarms = alarms().into_iter().filter(|alarm| alarm.key.namespace != "Reveille");
    alarms.map(Alarm::on_the_embedded_stack).collect()
}

/// The names of all that are set off somewhere here.
pub(super) fn set_off() -> BTreeSet<&'static str> {
    let spending = SPENDING.iter().map(|(.., alarm)| *alarm);
    ROWS.iter().flat_map(|(.., alarms)| alarms.iter().copied()).chain(spending).collect()
}

async fn apply(ground: &EmbeddedGround, yaml: &str) {
    let configuration = configuration::parse(yaml, "team.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    ground.apply(&configuration).await.expect("it applies");
}

/// Everything that comes from outside, once: an alarm, a reply, and a step of a rotation.
fn comes(ground: &EmbeddedGround) {
    let at_s = ground.now().duration_since(dawn()).as_secs();
    ground.leave("ingest", cloudwatch_alarm("second", "ALARM", at_s));
    ground.leave("acknowledge", inbound_sms("+15550111", "ack", "a reply"));
    let step = json!({ "SecretId": names::SIGNING_KEY_SECRET, "ClientRequestToken": "t", "Step": "createSecret" });
    ground.leave("rotate", step);
}

/// Ten minutes in which all is well; then something is broken for so long; then ten minutes in which all is well again.
async fn night(broken: Broken, minutes: i64) -> EmbeddedGround {
    let ground = EmbeddedGround::new(dawn(), None);
    apply(&ground, &[NATSU, PLAN].concat()).await;
    ground.leave("ingest", cloudwatch_alarm("first", "ALARM", 0));
    // A stage is due just after it has broken, and a schedule fires.
    ground.pass(SignedDuration::from_secs(599)).await;
    broken.breaks(&ground);
    ground.pass(SignedDuration::from_secs(1)).await;
    comes(&ground);
    // Not at a full minute, at which ticks come.
    ground.pass(SignedDuration::from_secs(60 * minutes - 30)).await;
    ground.heal_all();
    ground.pass(SignedDuration::from_mins(10)).await;
    ground
}

fn played((broken, minutes, _): &Row) -> (Vec<Counted>, BTreeSet<String>) {
    let runtime = scenario::runtime().expect("a runtime");
    let ground = runtime.block_on(night(*broken, *minutes));
    let mut data = counted(ground.doubles());
    data.extend(spent(&ground.letters(), Texts::Sns, &Prices::read()));
    let within = dawn().as_second()..=ground.now().as_second();
    (ground.doubles().counts().all(), gone_off(&of_aws(), &data, within))
}

#[test]
fn what_is_broken_sets_off_the_alarms_that_are_for_it_and_no_others() {
    let played = on_all_processors(&ROWS, played);
    let mut wrong = Vec::new();
    for ((broken, minutes, expected), (_, off)) in ROWS.iter().zip(&played) {
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        if *off != expected {
            wrong.push(format!("{broken:?} for {minutes} minutes sets off {off:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What a double counts has the unit and the dimensions that AWS documents: an alarm that went off above has watched such.
    let all: Vec<&Counted> = played.iter().flat_map(|(counted, _)| counted).collect();
    for one in &all {
        let names: BTreeSet<&str> = one.dimensions.iter().map(|(name, _)| *name).collect();
        let documented = super::DOCUMENTED.iter().find(|(namespace, name, of, ..)| {
            (*namespace, *name) == (one.namespace, one.name) && of.iter().copied().collect::<BTreeSet<_>>() == names
        });
        let (.., unit, _) = documented.unwrap_or_else(|| panic!("{one:?} is not documented"));
        assert_eq!(*unit, one.unit, "{one:?}");
    }
}

/// Twelve people, each called or texted six times for one incident.
fn too_many(kind: &str, number: &str) -> String {
    let people: Vec<String> = (10..22).map(|person| format!("person-{person}")).collect();
    let engagement: Vec<String> = (0..6).map(|minute| format!("{{ after: {minute}, channels: [one] }}")).collect();
    let mut yaml = "reveille: 1\ndefaults: { response_plan: all }\ncontacts:\n".to_owned();
    for (person, place) in people.iter().zip(10..) {
        yaml += &format!(
            "  {person}:\n    name: {person}\n    channels: {{ one: {{ type: {kind}, address: \"{number}{place}\", verified: true }} }}\n"
        );
        yaml += &format!("    engagement: [ {} ]\n", engagement.join(", "));
    }
    yaml + &format!("response_plans:\n  all: {{ stages: [ {{ engage: [{}] }} ] }}\n", people.join(", "))
}

/// What an incident costs that nobody answers for so many minutes.
async fn bill(team: &str, texts: Texts, minutes: i64) -> (Vec<Datum>, i64) {
    let through: &[(&str, &str)] = match texts {
        Texts::Sns => &[],
        Texts::EndUserMessaging => {
            &[("REVEILLE_SMS_SENDER", "end-user-messaging"), ("REVEILLE_SMS_ORIGINATION", "+15550199")]
        }
    };
    let ground = EmbeddedGround::with(dawn(), None, through);
    apply(&ground, team).await;
    ground.leave("ingest", cloudwatch_alarm("web", "ALARM", 0));
    ground.pass(SignedDuration::from_mins(minutes)).await;
    // The service that the letters are charged to is the one that was asked.
    let asked: BTreeSet<String> = ground.wire().carried().into_iter().map(|carried| carried.asked.operation).collect();
    let other = if texts == Texts::Sns { "SendTextMessage" } else { "Publish" };
    assert!(!asked.contains(other), "{asked:?}");
    (spent(&ground.letters(), texts, &Prices::read()), ground.now().as_second() + 600)
}

#[test]
fn spending_sets_off_its_alarm_when_it_comes_near_the_limit_and_not_before() {
    let runtime = scenario::runtime().expect("a runtime");
    for (what, texts, alarm) in SPENDING {
        let team = if alarm == "voice-spend" { too_many("voice", "+155501") } else { too_many("sms", "+815550") };
        let (data, until) = runtime.block_on(bill(&team, texts, 10));
        let most = data.iter().map(|datum| datum.value).fold(0.0, f64::max);
        let off = gone_off(&of_aws(), &data, dawn().as_second()..=until);
        assert_eq!(off, BTreeSet::from([alarm.to_owned()]), "{what}: {most} US dollars");
        // Nothing is sent any more, nothing is told any more, and it stays on: the month goes on.
        let watching = of_aws().into_iter().find(|one| one.name == alarm).expect("it is there");
        assert!(watching.is_off(&data, until + 86_400), "{what}");
        // One page alone is far from it.
        let few: Vec<Datum> = data.into_iter().take(1).collect();
        assert_eq!(gone_off(&of_aws(), &few, dawn().as_second()..=until), BTreeSet::new(), "{what}");
    }
}
