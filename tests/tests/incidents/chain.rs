//! The whole chain on the embedded stack: alarms go in at one end, and what people get comes out at the other.
//!
//! Here everything is real but AWS itself: the SDK, HTTP, the functions, queues that deliver, schedules that fire.

use reveille_aws::Clients;
use reveille_cli::timeline::Kind;
use reveille_domain::{
    Actor, ChannelId, ContactAlias, Incident, IncidentId, ResolutionReason, RunbookRun, RunbookState, Status,
};
use reveille_engine::key;
use reveille_engine::port::{Change, Condition, Table, Write};
use reveille_local::{Letter, LetterChannel, LocalClock, Service};
use reveille_tests::{Local, THREE_ENGINEERS, alarm, dawn};
use serde_json::{Value, json};

const NATSU: &str = "+84312712567";
const BOB: &str = "+15550103";
const MANAGER: &str = "+15550104";

const WEB: &str = "web-unhealthy-host";

async fn sms(local: &Local, to: &str, begins: &str) -> Letter {
    local.arrives(LetterChannel::Sms, to, begins, 1).await
}

fn how_many(local: &Local, to: &str) -> usize {
    local.world.stack.inbox().letters().iter().filter(|letter| letter.to == to).count()
}

fn reason(incident: &Incident) -> Option<ResolutionReason> {
    match &incident.status {
        Status::Open => None,
        Status::Resolved(resolution) => Some(resolution.reason),
    }
}

#[tokio::test]
async fn an_alarm_pages_until_somebody_has_it_and_its_ok_tells_everybody() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    sms(&local, NATSU, WEB).await;
    local.arrives(LetterChannel::Email, "natsu@devopsvn.tech", WEB, 1).await;
    local.settled(&id).await;
    local.pass(300);
    sms(&local, BOB, WEB).await;
    local.settled(&id).await;

    let link = local.link(BOB);
    let before = local.world.incident(&id).await.unwrap();
    let shown = local.get(&link).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains(WEB) && shown.body.contains(">Acknowledge</button>"), "{}", shown.body);
    assert_eq!(local.world.incident(&id).await.unwrap(), before, "looking changes nothing");

    let done = local.press(&link, "do=acknowledge").await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("You have it."), "{}", done.body);
    let bob = Actor::Contact(ContactAlias::new("bob"));
    let acknowledged = local.incident_when(&id, |incident| incident.acknowledged.is_some()).await;
    assert_eq!(acknowledged.acknowledged.map(|first| first.by), Some(bob));
    let news = sms(&local, NATSU, "Answered: ").await;
    assert!(news.text.contains("acknowledged by bob"), "{}", news.text);

    // It is answered, but not over: the plan's third stage does not ask for an answer.
    local.settled(&id).await;
    local.pass(300);
    sms(&local, MANAGER, WEB).await;
    local.settled(&id).await;
    local.pass(10);
    local.invoke("ingest", alarm(WEB, "OK", 605)).await;
    for to in [NATSU, BOB, MANAGER] {
        sms(&local, to, "Over: ").await;
    }
    let over = local.incident_when(&id, |incident| !incident.is_open()).await;
    assert_eq!(reason(&over), Some(ResolutionReason::Recovered));
    assert!(local.get(&link).await.body.contains("It is over."));
}

#[tokio::test]
async fn on_a_clock_that_runs_no_stage_comes_early_and_none_is_left_out() {
    let local = Local::at_pace(LocalClock::scaled(dawn(), 60.0), THREE_ENGINEERS).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    let opened_at = local.incident().await.opened_at;
    for (to, after_s) in [(NATSU, 0), (BOB, 300), (MANAGER, 600)] {
        let letter = sms(&local, to, WEB).await;
        let at: jiff::Timestamp = letter.at.parse().unwrap();
        assert!(at.duration_since(opened_at).as_secs() >= after_s, "{to} at {at}");
    }
    let timeline = local.timeline(&id).await;
    let stages: Vec<u32> =
        timeline.iter().filter(|line| line.kind == Kind::Stage).filter_map(|line| line.stage).collect();
    assert_eq!(stages, [1, 2, 1, 3], "the second is also the first of Bob's plan");
}

#[tokio::test]
async fn repeats_are_counted_and_page_nobody_again() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    sms(&local, NATSU, WEB).await;
    local.pass(60);
    for at_s in 1..=20 {
        let answer = local.invoke("ingest", alarm(WEB, "ALARM", at_s)).await;
        assert_eq!(answer["taken"][0]["repeated"], id.as_str());
    }
    // The same one again is no repeat.
    local.invoke("ingest", alarm(WEB, "ALARM", 20)).await;
    local.settled(&id).await;
    assert_eq!(local.repeats(&id).await, 20);
    let page = local.get(&local.link(NATSU)).await.body;
    assert!(page.contains("20 times, last at 2026-11-23 03:00:20 UTC"), "whoever opens the link sees it: {page}");
    assert_eq!(how_many(&local, NATSU), 1);
}

#[tokio::test]
async fn what_cloudwatch_says_of_an_open_alarm_stands_on_its_timeline() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    local.pass(120);
    let mut muted = alarm(WEB, "ALARM", 30);
    muted["alarmData"]["muteDetail"] = json!({ "mutedBy": "deployments" });
    for (event, outcome) in [(alarm(WEB, "INSUFFICIENT_DATA", 20), "insufficient_data"), (muted, "muted")] {
        let answer = local.invoke("ingest", event).await;
        assert_eq!(answer["taken"][0]["applied"], id.as_str(), "{outcome}");
        local.line_when(&id, |line| line.kind == Kind::Repeated && line.outcome.as_deref() == Some(outcome)).await;
    }
    assert!(local.incident().await.is_open());
    // About an alarm that nobody is told of they open nothing.
    for state in ["INSUFFICIENT_DATA", "OK"] {
        let answer = local.invoke("ingest", alarm("web-quiet", state, 40)).await;
        assert!(answer["taken"][0]["nothing"].is_string(), "{state}: {answer}");
    }
}

#[tokio::test]
async fn a_deleted_alarm_closes_its_incident_with_that_reason() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    sms(&local, NATSU, WEB).await;
    local.pass(30);
    let deleted = json!({
        "id": "f171d220", "detail-type": "CloudWatch Alarm Configuration Change", "source": "aws.cloudwatch",
        "account": "123456789012", "time": "2026-11-23T03:00:20Z", "region": "eu-west-1",
        "resources": [alarm(WEB, "ALARM", 0)["alarmArn"]],
        "detail": { "alarmName": WEB, "operation": "delete",
            "state": { "value": "ALARM", "timestamp": "2026-11-23T03:00:00.000+0000" } },
    });
    local.invoke("ingest", deleted).await;
    let over = local.incident_when(&id, |incident| !incident.is_open()).await;
    assert_eq!(reason(&over), Some(ResolutionReason::Removed));
    let news = sms(&local, NATSU, "Over: ").await;
    assert!(news.text.contains("its alarm was deleted"), "{}", news.text);
}

/// Natsu, who is paged while these runbooks run, and Bob so many minutes later.
fn two_people_and(runbooks: &[&str], minutes: u32) -> String {
    let runbooks: String = runbooks.iter().map(|runbook| format!("\n          - {{ {runbook} }}")).collect();
    format!(
        r#"
reveille: 1
defaults: {{ response_plan: all }}
contacts:
  natsu: {{ name: Natsu, channels: {{ sms: {{ type: sms, address: "{NATSU}", verified: true }} }} }}
  bob: {{ name: Bob, channels: {{ sms: {{ type: sms, address: "{BOB}", verified: true }} }} }}
response_plans:
  all:
    stages:
      - runbooks:{runbooks}
        engage: [natsu]
      - {{ after: {minutes}, engage: [bob] }}
"#
    )
}

#[tokio::test]
async fn runbooks_that_cannot_work_stand_on_the_timeline_and_the_plan_goes_on() {
    // Only the last one can work.
    let runbooks = [
        "document: NoSuchDocument, parameters: {}",
        "document: WebServerRestart, parameters: {}",
        "document: WebServerRestart, parameters: { InstanceId: \"{{ dimensions.NoSuchDimension }}\" }",
        "document: WebServerRestart, parameters: { InstanceId: \"i-00000000000000000\" }",
        "document: WebServerRestart, parameters: { InstanceId: \"{{ dimensions.InstanceId }}\" }",
    ];
    let local = Local::with(&two_people_and(&runbooks, 5)).await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    sms(&local, NATSU, WEB).await;
    local.settled(&id).await;
    for _ in 0..4 {
        local.pass(60);
        local.settled(&id).await;
    }
    for why in [
        "runbook NoSuchDocument failed: ",
        "runbook WebServerRestart failed: not started: the event has no value for {{ dimensions.NoSuchDimension }}",
        "runbook WebServerRestart failed: ",
    ] {
        local.line_when(&id, |line| line.kind == Kind::Runbook && line.text.starts_with(why)).await;
    }
    local.line_when(&id, |line| line.text == "runbook WebServerRestart succeeded").await;
    let ended = |incident: &Incident| {
        let ends = outcomes(incident);
        ends.len() == 5 && ends.iter().filter(|end| **end == "failed").count() == 4
    };
    local.incident_when(&id, ended).await;
    local.pass(60);
    sms(&local, BOB, WEB).await;
}

#[tokio::test]
async fn runbooks_that_are_stopped_or_run_out_of_time_stand_on_the_timeline_and_the_plan_goes_on() {
    // Somebody stops the one, and the other never comes to its end.
    let runbooks = [
        "document: WebServerRestart, parameters: { InstanceId: \"{{ dimensions.InstanceId }}\" }",
        "document: AddCapacity, parameters: { AutoScalingGroupName: \"web\" }",
    ];
    let local = Local::with(&two_people_and(&runbooks, 20)).await;
    local.world.runbooks.with_account(|account| {
        *account = account.clone().with_group("web", 2, 6);
        account.groups.get_mut("web").expect("it was added").launches_fail = true;
    });
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    sms(&local, NATSU, WEB).await;
    let execution = &local.until("the runbook starts", || execution_of(&local, &id, "WebServerRestart")).await;

    let ssm = Clients::at(&local.world.stack.endpoint()).ssm();
    let stop = || ssm.stop_automation_execution().automation_execution_id(execution).send();
    stop().await.expect("an operator may stop it");
    assert!(stop().await.is_err(), "once");
    local.pass(1);
    local.line_when(&id, |line| line.text == "runbook WebServerRestart cancelled").await;
    // The group waits a quarter of an hour for a server that never comes.
    for _ in 0..17 {
        local.settled(&id).await;
        local.pass(60);
    }
    local.line_when(&id, |line| line.text == "runbook AddCapacity timed out").await;
    local.incident_when(&id, |incident| outcomes(incident) == ["cancelled", "timed_out"]).await;
    assert_eq!(how_many(&local, BOB), 0);
    local.pass(180);
    sms(&local, BOB, WEB).await;
}

/// The execution of a runbook, once it is started.
async fn execution_of(local: &Local, id: &IncidentId, document: &str) -> Option<String> {
    let rows = local.world.timeline_rows(id).await.expect("the table answers");
    let receipts = rows.iter().filter_map(|row| row.get("receipts")?.as_array()).flatten();
    let mut started = receipts.filter(|receipt| receipt["channel"] == document && receipt["outcome"] == "started");
    started.next()?["text"].as_str().map(str::to_owned)
}

/// How the runbooks ended that did.
fn outcomes(incident: &Incident) -> Vec<&'static str> {
    let outcome = |run: &RunbookRun| match &run.state {
        RunbookState::Ended { outcome, .. } => Some(outcome.name()),
        RunbookState::Ordered => None,
    };
    incident.runbooks.iter().filter_map(outcome).collect()
}

/// An event that CloudWatch hands to Lambda and forgets.
async fn send_and_forget(local: &Local, event: &Value) {
    let url = format!("{}/2015-03-31/functions/ingest/invocations", local.world.stack.endpoint());
    let headers = [("x-amz-invocation-type", "Event")];
    let taken = reveille_cli::client::request_with("POST", &url, &headers, event.to_string())
        .await
        .expect("the endpoint answers");
    assert_eq!(taken.status, 202);
}

#[tokio::test]
async fn an_alarm_during_an_outage_of_the_table_comes_back_and_pages_once() {
    let local = Local::at_pace(LocalClock::scaled(dawn(), 60.0), THREE_ENGINEERS).await;
    local.world.stack.faults().fail(Service::DynamoDb);
    send_and_forget(&local, &alarm(WEB, "ALARM", 0)).await;
    // Lambda tries three times; then the event waits in the failure queue, from which ingest tries once more.
    let tries = || local.world.stack.calls().count(Service::Lambda, "ingest");
    local.until("four tries", || async { (tries() >= 4).then_some(()) }).await;
    local.world.stack.faults().heal(Service::DynamoDb);
    sms(&local, NATSU, WEB).await;
    let incident = local.incident().await;
    assert_eq!(incident.opening.title, WEB);
    assert_eq!(local.repeats(&incident.opening.id).await, 0);
}

#[tokio::test]
async fn a_page_whose_signing_key_is_out_of_reach_leaves_without_a_link() {
    let local = Local::with(THREE_ENGINEERS).await;
    local.world.stack.faults().fail(Service::SecretsManager);
    local.open(alarm(WEB, "ALARM", 0)).await;
    let page = sms(&local, NATSU, WEB).await;
    assert!(page.text.ends_with(" to acknowledge.") && !page.text.contains("http"), "{}", page.text);
}

#[tokio::test]
async fn an_address_that_cannot_be_read_keeps_no_other_channel_back() {
    let local = Local::with(THREE_ENGINEERS).await;
    let address = key::address(&ContactAlias::new("natsu"), &ChannelId::new("sms"));
    let damage = Write::update(address, vec![Change::Set("address", json!(84312712567_i64))], Condition::Always);
    local.world.table.write(&damage).await.unwrap();
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    local.arrives(LetterChannel::Email, "natsu@devopsvn.tech", WEB, 1).await;
    let line = local.line_when(&id, |line| line.kind == Kind::Receipt && line.channel.as_deref() == Some("sms")).await;
    assert_eq!(line.text, "natsu by sms: refused: there is no address for this channel: apply the configuration again");
}

#[tokio::test]
async fn a_data_folder_keeps_deadlines_letters_and_links_between_two_runs() {
    let folder = std::env::temp_dir().join(format!("reveille-chain-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    let (id, link) = {
        let first = Local::resumed(folder.clone(), dawn()).await;
        first.apply(THREE_ENGINEERS).await;
        let id = first.open(alarm(WEB, "ALARM", 0)).await;
        sms(&first, NATSU, WEB).await;
        first.settled(&id).await;
        (id, first.link(NATSU))
    };
    let at = dawn() + jiff::SignedDuration::from_secs(120);
    let second = Local::resumed(folder.clone(), at).await;
    assert_eq!(second.world.incident(&id).await.unwrap().map(|incident| incident.is_open()), Some(true));
    assert_eq!(second.get(&link).await.status, 200, "the signing key is kept");
    assert_eq!(how_many(&second, BOB), 0, "Bob's stage is not due yet");
    second.pass(180);
    sms(&second, BOB, WEB).await;
    second.settled(&id).await;
    assert_eq!(how_many(&second, NATSU), 1, "Natsu was paged by the run before");
    drop(second);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn an_alarm_before_any_configuration_waits_for_its_plan() {
    let local = Local::at_pace(LocalClock::standing(dawn()), "").await;
    let id = local.open(alarm(WEB, "ALARM", 0)).await;
    let raw = local.world.table.get(&key::raw(&id)).await.unwrap();
    assert!(raw.is_some_and(|raw| raw["text"].as_str().is_some_and(|text| text.contains(WEB))));
    local.line_when(&id, |line| line.kind == Kind::Error).await;
    local.apply(&THREE_ENGINEERS.replace("everything-else", "default")).await;
    local.pass(60);
    sms(&local, NATSU, WEB).await;
    assert_eq!(local.incident().await.opening.id, id);
}
