//! The night that the costs are taken from: everything that happens to an incident, on a clock that stands while it happens.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use reveille_cli::scenario::Ground;
use reveille_cli::world::{batch_of, newest_code, newest_link, published, request};
use reveille_domain::IncidentId;
use reveille_engine::Work;
use reveille_local::Letter;
use serde_json::{Value, json};

use super::messages::Messages;
use super::nights::{KEY, Nights};
use super::path::{Invocation, Path};
use crate::cloudwatch::synthetic_alarm;
use crate::embedded::EmbeddedGround;

/// A CloudWatch alarm as it invokes a function, with everything that stands in a real one.
const ALARM: &str = include_str!("../../../events/alarm-web-unhealthy.json");
const NATSU: [&str; 2] = ["+15550111", "natsu@example.com"];
const ZEREF: [&str; 2] = ["+15550112", "zeref@example.com"];
/// Until a page is no part of the storm of the page before, and nothing of the incident before is on its way any more.
const QUIET_S: i64 = 360;
/// Until nothing of an incident that is over is on its way any more.
const FORGOTTEN_S: i64 = 1_200;
/// A deadline never falls on the tick of a minute: everything begins so long after one.
const AFTER_THE_TICK_S: i64 = 20;
/// Alerts of a post, and what they are about.
const POST: usize = 64;
const POSTED_ABOUT: usize = 8;

/// What was played.
pub struct Played {
    /// Each thing that happens, alone.
    pub paths: Vec<Path>,
    /// Whole incidents, with everything that they leave behind.
    pub incidents: Vec<Incident>,
    /// A minute in which nothing happens.
    pub idle_minute: Path,
    /// The installation pages itself.
    pub synthetic: Path,
    /// How many calls it takes to read the signing keys again, in all functions that know them.
    pub key_calls: usize,
}

impl Played {
    /// Everything: each thing that happens, and whole incidents.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let incidents = self.incidents.iter().map(|incident| &incident.path);
        self.paths.iter().chain([&self.idle_minute, &self.synthetic]).chain(incidents)
    }

    /// Takes over from another play of the same night what was faster in it: whatever else a machine does makes things slower.
    pub fn keep_the_fastest(&mut self, again: &Self) {
        let incidents = self.incidents.iter_mut().map(|incident| &mut incident.path);
        let paths = self.paths.iter_mut().chain([&mut self.idle_minute, &mut self.synthetic]).chain(incidents);
        for (path, again) in paths.zip(again.all()) {
            for (one, other) in path.invocations.iter_mut().zip(&again.invocations) {
                one.took = one.took.min(other.took);
                one.own = one.own.min(other.own);
            }
        }
    }
}

/// A whole incident.
pub struct Incident {
    /// What it was.
    pub path: Path,
    /// How many people were asked.
    pub asked: usize,
}

/// A metered world, and how much of it has been looked at.
struct Night {
    ground: Rc<EmbeddedGround>,
    /// What its names end in, so that no night continues what another has begun.
    suffix: String,
    invocations: usize,
    calls: usize,
    letters: usize,
}

/// Plays everything, each night in a world of its own.
pub async fn play() -> Played {
    play_in(&Nights::apart()).await
}

/// Plays everything where these nights are.
pub async fn play_in(nights: &Nights) -> Played {
    let mut paths = from_alarm_to_end(nights).await;
    paths.extend(by_webhook_and_sms(nights).await);
    paths.extend(on_one_channel(nights).await);
    paths.push(a_recovery(nights).await);
    paths.extend(what_comes_again(nights).await);
    paths.extend(pages_that_wait(nights).await);
    paths.extend(a_runbook(nights).await);
    let incidents = vec![
        Incident { path: a_whole_incident(nights, false).await, asked: 1 },
        Incident { path: a_whole_incident(nights, true).await, asked: 2 },
    ];
    let (synthetic, key_calls) = a_test_of_itself(nights).await;
    Played { paths, incidents, idle_minute: an_idle_minute(nights).await, synthetic, key_calls }
}

/// From an alarm to the end of its incident, with an escalation.
pub async fn an_incident() -> Vec<Path> {
    from_alarm_to_end(&Nights::apart()).await
}

impl Night {
    /// A world in which every function has run and every key is read, as in functions that are warm.
    async fn falls(nights: &Nights) -> Self {
        let (ground, suffix) = nights.next().await;
        let mut night = Self { ground, suffix, invocations: 0, calls: 0, letters: 0 };
        if nights.are_in_one() {
            night.pass(FORGOTTEN_S).await;
        }
        let second = night.ground.now().as_second().rem_euclid(60);
        night.pass((60 + AFTER_THE_TICK_S - second) % 60).await;
        for function in ["respond", "notify", "runbook"] {
            night.run(function, json!({ "tick": true })).await;
        }
        night.alarm("web-warm-up", "ALARM").await;
        night.pass(1).await;
        night.answer(&NATSU, "acknowledge").await;
        night.alarm("web-warm-up", "OK").await;
        night.pass(QUIET_S).await;
        night.skip();
        night
    }

    async fn run(&self, function: &str, event: Value) -> Value {
        let answer = self.ground.run(function, event).await.expect("nobody dies");
        answer.unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    async fn alarm(&self, name: &str, state: &str) -> Value {
        let event = self.alarm_event(name, state);
        self.ground.ingest(event).await.expect("it is taken")
    }

    fn alarm_event(&self, name: &str, state: &str) -> Value {
        alarm(&format!("{name}{}", self.suffix), state, self.ground.now())
    }

    async fn pass(&self, seconds: i64) {
        self.ground.pass(SignedDuration::from_secs(seconds)).await;
        assert_eq!(self.ground.failures(), Vec::<String>::new());
    }

    fn link(&self, who: &[&str]) -> String {
        newest_link(&self.ground.sent(), who, None).expect("they have been sent a link")
    }

    /// A post of alerts about these things, each a second later than the one before.
    async fn post(&self, about: &[usize]) {
        let now = self.ground.now();
        let alert = |(second, number): (i64, &usize)| {
            let name = format!("DiskFull-{number}{}", self.suffix);
            json!({ "status": "firing", "labels": { "alertname": name }, "annotations": {}, "fingerprint": name,
                "startsAt": (now + SignedDuration::from_secs(second)).to_string() })
        };
        let alerts: Vec<Value> = (0..).zip(about).map(alert).collect();
        let body = json!({ "version": "4", "receiver": "r", "groupLabels": {}, "status": "firing", "alerts": alerts });
        let mut post = request("POST", &format!("/webhook/{KEY}"), "");
        post["body"] = body.to_string().into();
        self.run("ingest", post).await;
    }

    /// Somebody opens the page and presses a button.
    async fn answer(&self, who: &[&str], button: &str) {
        let link = self.link(who);
        self.ground.visit("GET", &link, "").await.expect("it is shown");
        self.ground.visit("POST", &link, &format!("do={button}")).await.expect("it is taken");
        self.pass(1).await;
    }

    /// What has happened since it was looked at last is looked at no more.
    fn skip(&mut self) {
        drop(self.since());
    }

    /// What has happened since it was looked at last: the invocations, and the letters. Each call belongs to one of them.
    fn since(&mut self) -> (Vec<Invocation>, Vec<Letter>) {
        let (invoked, carried) = (self.ground.wire().invoked(), self.ground.wire().carried());
        let new = &carried[self.calls..];
        let invocations: Vec<Invocation> =
            invoked[self.invocations..].iter().map(|one| Invocation::of(one, new)).collect();
        let theirs: usize = invocations.iter().map(|invocation| invocation.calls.len()).sum();
        assert_eq!(theirs, new.len(), "a call belongs to two invocations, or to none: {invocations:#?}");
        self.calls = carried.len();
        let mut letters = self.ground.letters();
        let new = letters.split_off(self.letters);
        self.invocations = invoked.len();
        self.letters += new.len();
        (invocations, new)
    }

    /// The same as one path.
    fn path(&mut self, name: &'static str) -> Path {
        let (invocations, letters) = self.since();
        assert!(!invocations.is_empty(), "{name}: nothing has happened");
        Path { name, invocations, messages: Messages::of(&letters) }
    }

    /// The same as one path for each of these functions, which are all that ran.
    fn paths(&mut self, names: &[(&str, &'static str)]) -> Vec<Path> {
        let (invocations, letters) = self.since();
        let of = |(function, name): &(&str, &'static str)| {
            let own: Vec<Invocation> =
                invocations.iter().filter(|invocation| invocation.function == *function).cloned().collect();
            assert!(!own.is_empty(), "{name}: {function} has not run");
            let messages = if *function == "notify" { Messages::of(&letters) } else { Messages::default() };
            Path { name, invocations: own, messages }
        };
        let paths: Vec<Path> = names.iter().map(of).collect();
        let ran: usize = paths.iter().map(|path| path.invocations.len()).sum();
        assert_eq!(ran, invocations.len(), "{names:?} are not all that ran: {invocations:#?}");
        paths
    }
}

async fn from_alarm_to_end(nights: &Nights) -> Vec<Path> {
    let mut night = Night::falls(nights).await;
    night.alarm("web-unhealthy-host", "ALARM").await;
    let mut paths = vec![night.path("a new alarm, until it is stored")];
    night.pass(1).await;
    paths.extend(night.paths(&[
        ("respond", "its plan begins: one contact is asked, the deadline is armed"),
        ("notify", "a page by SMS and e-mail"),
    ]));
    night.pass(30).await;
    night.alarm("web-unhealthy-host", "ALARM").await;
    paths.push(night.path("a repeat of the alarm"));
    night.pass(269).await;
    let escalation = [("respond", "an escalation: the deadline comes, the next contact is asked"), ("notify", "")];
    // Its page is one as above, but that the signing key is read again.
    paths.extend(night.paths(&escalation).into_iter().take(1));
    night.pass(60).await;
    paths.push(night.path("the schedule of that deadline, which finds it done"));
    let link = night.link(&ZEREF);
    // The keys are read again.
    night.ground.visit("GET", &link, "").await.expect("it is shown");
    night.skip();
    night.ground.visit("GET", &link, "").await.expect("it is shown");
    paths.push(night.path("the acknowledge page is opened"));
    night.ground.visit("POST", &link, "do=acknowledge").await.expect("it is taken");
    paths.push(night.path("an acknowledgement"));
    night.pass(1).await;
    paths.extend(night.paths(&[
        ("respond", "what the acknowledgement orders is handed on"),
        ("notify", "whoever was asked before is told of it, by SMS and e-mail"),
    ]));
    night.ground.visit("POST", &link, "do=resolve").await.expect("it is taken");
    paths.push(night.path("a resolution by the button"));
    night.pass(1).await;
    paths.extend(night.paths(&[
        ("respond", "what the resolution orders is handed on"),
        ("notify", "whoever was asked before is told that it is over, by SMS and e-mail"),
    ]));
    paths
}

/// Another way in, and answers by SMS.
async fn by_webhook_and_sms(nights: &Nights) -> Vec<Path> {
    let mut night = Night::falls(nights).await;
    let mut post = request("POST", &format!("/webhook/{KEY}"), "");
    post["body"] =
        json!({ "title": format!("the till is on fire{}", night.suffix), "severity": "critical" }).to_string().into();
    night.run("ingest", post).await;
    let mut paths = vec![night.path("a new alarm by webhook, until it is stored")];
    night.pass(1).await;
    night.skip();
    let code = newest_code(&night.ground.sent(), NATSU[0]).expect("the page says what to reply");
    night
        .ground
        .reply(NATSU[0], &format!("ACK {code}"), &format!("the-first-reply{}", night.suffix))
        .await
        .expect("it is taken");
    paths.push(night.path("an acknowledgement by SMS"));
    night.pass(1).await;
    paths.extend(night.paths(&[
        ("notify", "the SMS that answers it"),
        ("respond", "what an acknowledgement leaves to be handed on: nothing"),
    ]));
    night
        .ground
        .reply(NATSU[0], &format!("RESOLVE {code}"), &format!("the-second-reply{}", night.suffix))
        .await
        .expect("it is taken");
    paths.push(night.path("a resolution by SMS"));
    paths
}

/// Pages of people who have one channel.
async fn on_one_channel(nights: &Nights) -> Vec<Path> {
    let mut paths = Vec::new();
    for (name, of) in [("by-sms-only", "a page by SMS"), ("by-mail-only", "a page by e-mail")] {
        let mut night = Night::falls(nights).await;
        night.alarm(name, "ALARM").await;
        night.skip();
        night.pass(1).await;
        let mut own = night.paths(&[("respond", ""), ("notify", of)]);
        paths.extend(own.pop());
    }
    paths
}

async fn a_recovery(nights: &Nights) -> Path {
    let mut night = Night::falls(nights).await;
    night.alarm("web-unhealthy-host", "ALARM").await;
    night.pass(30).await;
    night.skip();
    night.alarm("web-unhealthy-host", "OK").await;
    night.path("a recovery: the alarm is over, and so is its incident")
}

/// What has been said before, what was done before, and what says nothing.
async fn what_comes_again(nights: &Nights) -> Vec<Path> {
    let mut night = Night::falls(nights).await;
    let event = night.alarm_event("web-unhealthy-host", "ALARM");
    let answer = night.run("ingest", event.clone()).await;
    let id = IncidentId::new(answer["taken"][0]["opened"].as_str().expect("it is opened"));
    night.skip();
    night.run("ingest", event).await;
    let mut paths = vec![night.path("an alarm that is delivered again")];
    night.pass(1).await;
    let orders = night.ground.rows().orders(&id);
    let page = orders.iter().find(|order| order.engagement().is_some()).expect("a page is ordered");
    night.skip();
    night.run("notify", batch_of(&Work::of(&id, page).message().body)).await;
    paths.push(night.path("a page that somebody else has sent"));
    night.run("ingest", backup_is_fine(night.ground.now())).await;
    paths.push(night.path("an event that says that nothing is wrong"));
    let first: Vec<usize> = (0..POSTED_ABOUT).collect();
    night.post(&first).await;
    // Their pages leave, or wait; nothing of it is looked at.
    night.pass(FORGOTTEN_S).await;
    night.skip();
    let again: Vec<usize> = (0..POST).map(|number| number % POSTED_ABOUT).collect();
    night.post(&again).await;
    paths.push(night.path("a post of 64 alerts about 8 open incidents"));
    paths
}

/// Three alarms of one plan within half a minute: the first page leaves, the others wait. Then two: the second waits, and its message speaks
/// for the first, which nobody has answered. With three, chance would decide which of the two that wait it is.
async fn pages_that_wait(nights: &Nights) -> Vec<Path> {
    let mut night = Night::falls(nights).await;
    night.alarm("web-one", "ALARM").await;
    night.pass(1).await;
    night.alarm("web-two", "ALARM").await;
    night.alarm("web-three", "ALARM").await;
    night.skip();
    night.pass(1).await;
    let mut paths = night.paths(&[("respond", ""), ("notify", "two pages that wait for others of their plan")]);
    paths.remove(0);
    let mut night = Night::falls(nights).await;
    night.alarm("web-one", "ALARM").await;
    night.pass(1).await;
    night.alarm("web-two", "ALARM").await;
    night.pass(1).await;
    night.skip();
    night.pass(90).await;
    paths.extend(night.paths(&[
        ("respond", "a page that has waited is handed on"),
        ("notify", "the message that then speaks for two, by SMS and e-mail"),
    ]));
    paths
}

/// A runbook that a plan begins with, and its end.
async fn a_runbook(nights: &Nights) -> Vec<Path> {
    let mut night = Night::falls(nights).await;
    night.alarm("by-runbook-only", "ALARM").await;
    night.skip();
    night.pass(1).await;
    let mut paths = night.paths(&[("respond", ""), ("notify", ""), ("runbook", "a runbook is started")]);
    paths.drain(..2);
    night.pass(60).await;
    paths.extend(night.paths(&[
        ("runbook", "a runbook ends: the tick asks how far it is, and the event comes second"),
        ("respond", "what the end of a runbook leaves to be handed on: nothing"),
    ]));
    paths
}

/// Everything that an incident costs, with what it leaves behind.
async fn a_whole_incident(nights: &Nights, escalates: bool) -> Path {
    let mut night = Night::falls(nights).await;
    night.alarm("web-unhealthy-host", "ALARM").await;
    night.pass(60).await;
    let who = if escalates { &ZEREF } else { &NATSU };
    if escalates {
        night.pass(300).await;
    }
    night.answer(who, "acknowledge").await;
    night.pass(300).await;
    night.alarm("web-unhealthy-host", "OK").await;
    night.pass(FORGOTTEN_S).await;
    night.path(if escalates {
        "an incident that the second of two people answers"
    } else {
        "an incident that the first answers"
    })
}

async fn an_idle_minute(nights: &Nights) -> Path {
    let mut night = Night::falls(nights).await;
    night.pass(FORGOTTEN_S).await;
    night.skip();
    for function in ["respond", "notify", "runbook"] {
        night.run(function, json!({ "tick": true })).await;
    }
    night.path("a minute in which nothing happens")
}

/// The installation pages itself, as it does time and again; and how many of its calls read the signing keys, which are not as old each
/// time as they are here.
async fn a_test_of_itself(nights: &Nights) -> (Path, usize) {
    let mut night = Night::falls(nights).await;
    for _ in 0..2 {
        night.skip();
        let event = published(&synthetic_alarm(), night.ground.now());
        night.run("ingest", event).await;
        night.pass(FORGOTTEN_S).await;
    }
    let mut path = night.path("the installation pages itself");
    let all = path.calls().count();
    for invocation in &mut path.invocations {
        invocation.calls.retain(|call| call.operation != "GetSecretValue");
    }
    let key_calls = all - path.calls().count();
    assert!(key_calls > 0, "after twenty minutes the keys are old");
    (path, key_calls)
}

/// A backup that has been made.
fn backup_is_fine(at: Timestamp) -> Value {
    json!({ "source": "aws.backup", "detail-type": "Backup Job State Change", "id": "b", "time": at.to_string(),
        "account": "123456789012", "region": "us-east-1", "resources": [],
        "detail": { "state": "COMPLETED", "backupJobId": "j" } })
}

/// An alarm of this name that has changed its state now.
fn alarm(name: &str, state: &str, at: Timestamp) -> Value {
    let at = at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
    let mut event: Value = serde_json::from_str(ALARM).expect("an event");
    event["alarmArn"] = format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}").into();
    event["time"] = at.clone().into();
    event["alarmData"]["alarmName"] = name.into();
    event["alarmData"]["state"]["value"] = state.into();
    event["alarmData"]["state"]["timestamp"] = at.into();
    event
}
