//! `doctor` and `redrive` on the embedded stack: what they see of an installation, and that no message is ever lost.

use std::sync::atomic::AtomicUsize;

use reveille_cli::client;
use reveille_cli::dead_letters::{DeadLetterQueue, Messages};
use reveille_cli::doctor::{Check, State, examine, for_people};
use reveille_cli::paint::Paint;
use reveille_cli::redrive::{How, RedriveError, Redriven, redrive};
use reveille_domain::IncidentId;
use reveille_engine::Nudge;
use reveille_local::{Fault, FaultKind, Service};
use reveille_tests::Local;
use reveille_tests::cloudwatch::synthetic_alarm;
use serde_json::{Value, json};

const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: everything, safety_contact: natsu }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+15550111", verified: true }, mail: { type: email, address: natsu@example.com } } }
schedules:
  primary: { rotations: [ { name: always, time_zone: UTC, start: 2026-01-01T00:00:00, every: { weeks: 1 }, members: [natsu] } ] }
response_plans:
  everything: { stages: [ { engage: [ { schedule: primary } ] } ] }
"#;

const ALL: How = How { dry_run: false, most: usize::MAX, discard: false };

/// A stack in which no function runs: what lies in a queue stays there.
struct Desk {
    local: Local,
}

impl Desk {
    async fn with(yaml: &str) -> Self {
        Self { local: Local::still(yaml).await }
    }

    async fn put(&self, queue: DeadLetterQueue, body: &str) {
        let reached = self.local.world.reached();
        let url = queue.url(&reached.parts).expect("it is there").clone();
        Messages::of(&reached).send_text(&url, body).await.expect("it is taken");
    }

    /// Messages in the dead-letter queue, and in the queue that they came from.
    async fn counts(&self, queue: DeadLetterQueue) -> (u64, u64) {
        let reached = self.local.world.reached();
        let messages = Messages::of(&reached);
        let dead = messages.depth(queue.url(&reached.parts).expect("it is there")).await.expect("it answers");
        let source =
            queue.source(&reached.parts).flatten().or(reached.parts.queues.nudges.as_ref()).expect("it is there");
        let source = messages.depth(source).await.expect("it answers");
        (dead.waiting, source.waiting)
    }

    async fn redrive(&self, queue: DeadLetterQueue, how: How) -> Result<Redriven, RedriveError> {
        redrive(&self.local.world.reached(), queue, how, &AtomicUsize::new(0)).await
    }

    fn refuse_once(&self, operation: &str) {
        let kind = FaultKind::Refuse { code: "AccessDenied".to_owned(), message: "no".to_owned() };
        let operation = Some(operation.to_owned());
        self.local.world.stack.faults().inject(Fault { service: Service::Sqs, operation, kind, times: Some(1) });
    }

    async fn checks(&self) -> Vec<Check> {
        examine(&self.local.world.reached(), self.local.world.now()).await.checks
    }
}

fn nudge(number: usize) -> String {
    Nudge::now(&IncidentId::new(format!("incident-{number}"))).message_in(0).body
}

#[tokio::test]
async fn what_ended_in_a_dead_letter_queue_goes_back_whatever_breaks_in_between() {
    const NUDGES: DeadLetterQueue = DeadLetterQueue::Nudges;
    let desk = Desk::with(TEAM).await;
    for number in 0..23 {
        desk.put(NUDGES, &nudge(number)).await;
    }
    let dry = desk.redrive(NUDGES, How { dry_run: true, ..ALL }).await.expect("it looks");
    assert_eq!((dry.moved, dry.left, dry.messages.len()), (23, 23, 23));
    assert_eq!(dry.messages[0].what, "incident incident-0 to be looked at");
    assert_eq!(desk.counts(NUDGES).await, (23, 0), "a dry run moves nothing");

    let some = desk.redrive(NUDGES, How { most: 5, ..ALL }).await.expect("they are moved");
    assert_eq!((some.moved, desk.counts(NUDGES).await), (5, (18, 5)));

    desk.refuse_once("SendMessage");
    let stopped = desk.redrive(NUDGES, ALL).await.expect_err("the queue refuses one");
    assert!(matches!(stopped, RedriveError::Stopped { done: 0, .. }), "{stopped:?}");
    assert_eq!(desk.counts(NUDGES).await, (18, 5), "what was not sent on is where it was, and can be received at once");

    desk.refuse_once("DeleteMessage");
    desk.redrive(NUDGES, ALL).await.expect_err("it cannot be removed");
    assert_eq!(desk.counts(NUDGES).await, (18, 6), "there twice, and never not at all");

    let rest = desk.redrive(NUDGES, ALL).await.expect("nothing is in the way");
    assert_eq!((rest.moved, rest.left, desk.counts(NUDGES).await), (18, 0, (0, 24)));
}

#[tokio::test]
async fn an_event_goes_back_with_what_stood_beside_it() {
    const EVENTS: DeadLetterQueue = DeadLetterQueue::IngestFailures;
    let desk = Desk::with(TEAM).await;
    let reached = desk.local.world.reached();
    let call = |operation: &'static str, body: Value| {
        let endpoint = desk.local.world.stack.endpoint();
        async move {
            let target = format!("AmazonSQS.{operation}");
            let headers = [
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", target.as_str()),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
                ),
            ];
            let answer = client::request_with("POST", &endpoint, &headers, body.to_string()).await.expect("it answers");
            serde_json::from_str::<Value>(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
        }
    };
    let attributes = json!({ "EventType": { "DataType": "String", "StringValue": "BACKUP_JOB" } });
    let dead = EVENTS.url(&reached.parts).expect("it is there");
    let body = r#"{"AlarmName":"web-5xx","NewStateValue":"ALARM"}"#;
    call("SendMessage", json!({ "QueueUrl": dead, "MessageBody": body, "MessageAttributes": attributes })).await;
    let dry = desk.redrive(EVENTS, How { dry_run: true, ..ALL }).await.expect("it looks");
    assert_eq!(dry.messages[0].what, "cloudwatch event: web-5xx");
    desk.redrive(EVENTS, ALL).await.expect("it is moved");
    let source = reached.parts.queues.ingest_failures.as_ref().expect("it is there");
    let received = call("ReceiveMessage", json!({ "QueueUrl": source })).await["Messages"][0].clone();
    assert_eq!((received["Body"].as_str(), &received["MessageAttributes"]), (Some(body), &attributes));
}

#[tokio::test]
async fn what_failed_in_functions_is_told_apart() {
    const DEAD: DeadLetterQueue = DeadLetterQueue::Invocations;
    let desk = Desk::with(TEAM).await;
    let failed = |function: &str, payload: Value| {
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:reveille-{function}");
        json!({ "requestContext": { "functionArn": arn }, "requestPayload": payload }).to_string()
    };
    let sms =
        json!({ "originationNumber": "+15550111", "messageBody": "ack 1234", "inboundMessageId": "m" }).to_string();
    let sns = json!({ "Type": "Notification", "MessageId": "m", "Message": sms });
    let letters = [
        (failed("respond", json!({ "tick": true })), "a tick, in reveille-respond", "removed"),
        (
            failed("escalate", serde_json::from_str(&nudge(7)).expect("a nudge")),
            "the deadline of incident incident-7",
            "looked at again",
        ),
        (
            failed("runbook", json!({ "detail-type": "EC2 Automation Execution Status-change Notification" })),
            "an Automation event",
            "removed",
        ),
        (
            failed("rotate", json!({ "SecretId": "s", "Step": "createSecret" })),
            "a rotation of the signing key",
            "stays",
        ),
        (synthetic_alarm(), "a synthetic alarm", "removed"),
        (sns.to_string(), "an SMS that somebody has sent", "stays"),
        ("no JSON".to_owned(), "cannot be read", "stays"),
    ];
    for (body, ..) in &letters {
        desk.put(DEAD, body).await;
    }
    let dry = desk.redrive(DEAD, How { dry_run: true, ..ALL }).await.expect("it looks");
    for ((_, what, course), told) in letters.iter().zip(&dry.messages) {
        assert!(told.what.contains(what) && told.course.contains(course), "{told:?}");
        assert!(!told.what.contains("15550111"), "{told:?}");
    }
    let done = desk.redrive(DEAD, ALL).await.expect("they are seen to");
    assert_eq!((done.moved, done.nudged, done.obsolete, done.discarded, done.left), (0, 1, 3, 0, 3));
    assert_eq!(desk.counts(DEAD).await, (3, 1), "the deadline has become a nudge");
    let rest = desk.redrive(DEAD, How { discard: true, ..ALL }).await.expect("they are removed");
    assert_eq!((rest.discarded, desk.counts(DEAD).await), (3, (0, 1)));
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let desk = Desk::with(TEAM).await;
    let state = |checks: &[Check], name: &str| {
        checks.iter().find(|check| check.check == name).unwrap_or_else(|| panic!("{name}: {checks:#?}")).state
    };
    let checks = desk.checks().await;
    let failed: Vec<&Check> = checks.iter().filter(|check| check.state == State::Failure).collect();
    assert_eq!(failed, Vec::<&Check>::new());
    for name in [
        "version",
        "table",
        "index due",
        "default plan",
        "safety contact",
        "contacts",
        "schedule primary",
        "signing key",
        "overdue for notify",
    ] {
        assert_eq!(state(&checks, name), State::Ok, "{name}");
    }
    assert_eq!(state(&checks, "channels"), State::Warning, "natsu's mail is not verified");

    desk.put(DeadLetterQueue::IngestFailures, r#"{"AlarmName":"call +15550111","NewStateValue":"ALARM"}"#).await;
    desk.local.open(json!({ "AlarmName": "web", "NewStateValue": "ALARM" })).await;
    desk.local.pass(600);
    desk.local.apply(&TEAM.replace("\"+15550111\", verified: true", "\"+15550112\"")).await;
    let findings = examine(&desk.local.world.reached(), desk.local.world.now()).await;
    for name in ["dead ingest-failures", "overdue for respond", "contacts", "safety contact", "schedule primary"] {
        assert_eq!(state(&findings.checks, name), State::Failure, "{name}");
    }
    let shown = for_people(&findings, Paint::Plain);
    assert!(shown.contains("something for 10 min") && shown.contains("reveille redrive ingest-failures"), "{shown}");
    let json = serde_json::to_string(&findings).expect("JSON");
    assert!(!shown.contains("15550111") && !json.contains("15550111"), "no address is shown: {shown}");
    assert_eq!(findings.failures, 5, "{shown}");
    assert_eq!(desk.counts(DeadLetterQueue::IngestFailures).await, (1, 0), "looking leaves it where it is");
}

#[tokio::test]
async fn the_doctor_of_an_empty_installation_says_that_nothing_has_been_applied() {
    let checks = Desk::with("").await.checks().await;
    let check = checks.iter().find(|check| check.check == "configuration").expect("it is looked at");
    assert_eq!((check.state, check.remedy.as_deref()), (State::Failure, Some("reveille apply FILE")));
}
