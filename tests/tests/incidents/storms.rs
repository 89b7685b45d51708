//! Storms: many incidents of one person at once, on the functions' own handlers in virtual time.

use reveille_domain::{ChannelKind, Incident};
use reveille_engine::Work;
use reveille_engine::key;
use reveille_engine::port::{Change, Condition, Table, Write};
use reveille_tests::{Fault, Trouble, World, alarm};
use serde_json::json;

const U: &str = "+15550111";
const V: &str = "+15550112";

/// Two people with a telephone each, and a response plan for each of two services that asks the first of them.
const TWO_SERVICES: &str = r#"
reveille: 1
defaults: { response_plan: service-1 }
contacts:
  u: { name: U, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  v: { name: V, channels: { sms: { type: sms, address: "+15550112", verified: true } } }
response_plans:
  service-1: { stages: [ { engage: [u] } ] }
  service-2: { stages: [ { engage: [u] } ] }
  both: { stages: [ { engage: [u, v] } ] }
  again: { stages: [ { engage: [ { escalation_plan: twice } ] } ] }
escalation_plans:
  twice: { stages: [ { minutes: 5, targets: [u] }, { minutes: 5, targets: [u] } ] }
rules:
  - { match: { name: "again-*" }, response_plan: again }
  - { match: { name: "two-*" }, response_plan: service-2 }
  - { match: { name: "both-*" }, response_plan: both }
"#;

async fn alarms(world: &World, service: &str, count: usize) {
    let at_s = world.seconds();
    for number in 0..count {
        world.ingest(alarm(&format!("{service}-{number}"), "ALARM", at_s)).await;
    }
}

/// The first lines of the SMS to a number, with their seconds.
fn messages(world: &World, to: &str) -> Vec<(i64, String)> {
    let began = reveille_tests::dawn();
    let theirs = world.sent().into_iter().filter(|message| message.to == to);
    theirs
        .map(|message| {
            let first_line = message.text.lines().next().unwrap_or_default().to_owned();
            (message.at.duration_since(began).as_secs(), first_line)
        })
        .collect()
}

/// What became of the orders of an incident, in the words of its timeline.
fn outcomes(world: &World, incident: &Incident) -> Vec<String> {
    world.receipts(&incident.opening.id).into_iter().map(|(_, _, outcome)| outcome).collect()
}

pub(crate) fn is_acknowledged(incident: &Incident) -> bool {
    incident.acknowledged.is_some()
}

/// Each hint leads to every order of its incident that waits. If each of those made another hint, there would soon be thousands.
#[tokio::test(start_paused = true)]
async fn a_page_that_waits_is_put_off_once_however_often_somebody_is_led_to_it() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 2).await;
    world.pass(1).await;
    let before = world.messages();
    for incident in world.incidents() {
        let id = &incident.opening.id;
        for order in world.orders(id) {
            for _ in 0..5 {
                world.wake_notify(&Work::new(id, order.id()).message().body).await;
            }
        }
    }
    assert_eq!(world.messages(), before, "no hint makes more of them");
    world.pass(60).await;
    assert_eq!(messages(&world, U).len(), 2, "the second alarm is told when its time has come");
}

/// Case `storm-bundle` of other systems' test suites, but for the first page: nothing ever holds that up.
#[tokio::test(start_paused = true)]
async fn four_alarms_of_one_service_are_two_messages_and_one_reply_acknowledges_all() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 4).await;
    world.pass(29).await;
    assert_eq!(messages(&world, U).len(), 1, "the first leaves at once: {:?}", messages(&world, U));
    world.pass(31).await;
    let sent = messages(&world, U);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[1], (30, "4 unacknowledged incidents: service-1".to_owned()));
    let mut all: Vec<String> = world.incidents().iter().flat_map(|incident| outcomes(&world, incident)).collect();
    all.sort();
    assert_eq!(all, ["bundled", "bundled", "sent", "sent"]);

    world.reply(U, &format!("{}aa", world.code(U))).await;
    world.pass(300).await;
    assert!(world.incidents().iter().all(is_acknowledged));
    let sent = messages(&world, U);
    assert_eq!(sent[2..], [(60, "You have all 4:".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn the_code_of_a_bundle_or_the_button_of_its_page_acknowledges_all_of_it() {
    for by_page in [false, true] {
        let world = World::with(TWO_SERVICES).await;
        alarms(&world, "one", 3).await;
        alarms(&world, "two", 1).await;
        world.pass(40).await;
        if by_page {
            let path = world.link(U).expect("a link");
            let page = world.visit("GET", &path, "").await;
            let body = page["body"].as_str().expect("a page").to_owned();
            assert!(body.contains("Acknowledge all 3 of service-1"), "{body}");
            for title in ["one-0", "one-1", "one-2"] {
                assert!(body.contains(&format!(">{title}<")), "whoever acknowledges all of them sees which: {body}");
            }
            assert!(!body.contains("two-0"), "what waits of another plan is no business of this link: {body}");
            let at = |words: &str| body.find(words).expect("it is there");
            assert!(at("Acknowledge all 3") < at("Waiting for you too"), "a long list pushes no button off the screen");
            assert!(!world.incidents().iter().any(is_acknowledged), "a GET acknowledges nothing");
            let page = world.visit("POST", &path, "do=acknowledge-all").await;
            assert!(!page["body"].as_str().expect("a page").contains("Acknowledge"), "nothing is left: {page}");
        } else {
            world.reply(U, &world.code(U)).await;
        }
        let open: Vec<bool> = world.incidents().iter().map(is_acknowledged).collect();
        assert_eq!(open.iter().filter(|acknowledged| **acknowledged).count(), 3, "the other service is not meant");
    }
}

/// Whoever answers an older message means what it says, whatever has come since.
#[tokio::test(start_paused = true)]
async fn the_code_of_a_bundle_means_all_of_it_when_one_of_them_has_paged_alone_since() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "again", 3).await;
    world.pass(40).await;
    let bundle = world.code(U);
    for over in ["again-0", "again-1"] {
        world.ingest(alarm(over, "OK", world.seconds())).await;
    }
    world.pass(330).await;
    assert_ne!(world.code(U), bundle, "the second stage has paged for the one that is left: {:?}", messages(&world, U));
    world.reply(U, &bundle).await;
    let open: Vec<bool> = world.incidents().iter().filter(|one| one.is_open()).map(is_acknowledged).collect();
    assert_eq!(open, [true]);
}

/// A resolution cannot be taken back, and closes what somebody else may be working on.
#[tokio::test(start_paused = true)]
async fn no_code_resolves_or_escalates_more_than_the_incident_that_it_names() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 3).await;
    world.pass(40).await;
    let bundle = world.code(U);
    for words in [format!("R {bundle}"), format!("resolve all {bundle}"), format!("escalate {bundle}")] {
        world.reply(U, &words).await;
        world.pass(1).await;
        let answer = world.last_sms(U);
        assert!(answer.starts_with("3 open. Reply ") && answer.contains("and a code:\n"), "{words:?}: {answer}");
        assert!(world.incidents().iter().all(Incident::is_open), "{words:?}");
    }
    let listed = world.last_sms(U);
    let code = listed.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a code in the list");
    world.reply(U, &format!("R {code}")).await;
    world.pass(1).await;
    assert_eq!(world.incidents().iter().filter(|incident| incident.is_open()).count(), 2);
}

/// Case `storm-first-alert-wins`.
#[tokio::test(start_paused = true)]
async fn the_first_page_of_another_service_overtakes_three_hundred() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 300).await;
    world.pass(60).await;
    alarms(&world, "two", 1).await;
    world.pass(1).await;
    let sent = messages(&world, U);
    assert_eq!(sent.last(), Some(&(60, "two-0".to_owned())), "{sent:?}");
    world.pass(180).await;
    let sent = messages(&world, U);
    assert!(sent.len() <= 5, "three hundred alarms are a handful of messages: {sent:?}");
    for incident in world.incidents() {
        let outcomes = outcomes(&world, &incident);
        assert!(outcomes.iter().all(|outcome| outcome == "sent" || outcome == "bundled"), "{outcomes:?}");
        assert!(!outcomes.is_empty(), "somebody has been told of every one of them");
        assert!(world.orders(&incident.opening.id).iter().all(|order| order.settled));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_over_or_answered_while_it_waits_is_not_sent() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 3).await;
    world.pass(10).await;
    world.ingest(alarm("one-1", "OK", 10)).await;
    world.ingest(alarm("one-2", "OK", 10)).await;
    world.pass(300).await;
    let sent = messages(&world, U);
    assert_eq!(sent, [(0, "one-0".to_owned())], "neither a page nor news of what nobody was told about");
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_what_has_been_acknowledged() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one-a", 1).await;
    world.pass(5).await;
    world.acknowledge(U).await;
    world.pass(1).await;
    alarms(&world, "one-b", 1).await;
    world.pass(1).await;
    assert_eq!(messages(&world, U), [(0, "one-a-0".to_owned()), (6, "one-b-0".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn one_persons_storm_is_not_anothers() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one", 4).await;
    world.pass(10).await;
    alarms(&world, "both", 1).await;
    world.pass(1).await;
    assert_eq!(messages(&world, V), [(10, "both-0".to_owned())]);
    assert_eq!(messages(&world, U).last(), Some(&(10, "both-0".to_owned())), "and another plan waits for none");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_loses_nothing_of_a_storm() {
    let world = World::with(TWO_SERVICES).await;
    let fails = Fault::channel(ChannelKind::Sms, Trouble::Fails);
    world.fail(fails.clone());
    alarms(&world, "one", 5).await;
    world.pass(100).await;
    assert_eq!(messages(&world, U), []);
    world.heal(fails);
    world.pass(600).await;
    for incident in world.incidents() {
        let outcomes = outcomes(&world, &incident);
        assert!(outcomes.iter().any(|outcome| outcome == "sent" || outcome == "bundled"), "{outcomes:?}");
        assert!(world.orders(&incident.opening.id).iter().all(|order| order.settled));
    }
}

#[tokio::test(start_paused = true)]
async fn without_queues_a_storm_is_told_by_the_tick() {
    let world = World::with(TWO_SERVICES).await;
    world.fail(Fault::Queues);
    alarms(&world, "one", 4).await;
    world.pass(240).await;
    let sent = messages(&world, U);
    assert!(
        sent.len() <= 3 && sent.iter().any(|(_, line)| line == "4 unacknowledged incidents: service-1"),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_a_message_that_was_refused() {
    let world = World::with(TWO_SERVICES).await;
    let refuses = Fault::channel(ChannelKind::Sms, Trouble::Refuses);
    world.fail(refuses.clone());
    alarms(&world, "one-a", 1).await;
    world.pass(5).await;
    world.heal(refuses);
    alarms(&world, "one-b", 1).await;
    world.pass(1).await;
    assert_eq!(messages(&world, U), [(5, "one-b-0".to_owned())]);
}

/// A row of another version, or one that somebody has edited by hand.
#[tokio::test(start_paused = true)]
async fn an_incident_that_cannot_be_read_keeps_neither_the_others_nor_the_answers_to_them() {
    let world = World::with(TWO_SERVICES).await;
    alarms(&world, "one-a", 2).await;
    world.pass(40).await;
    for incident in world.incidents() {
        let damage = vec![Change::Set("opened_at", json!(7))];
        let write = Write::update(key::state(&incident.opening.id), damage, Condition::Always);
        world.table.write(&write).await.expect("the table takes it");
    }
    let before = messages(&world, U).len();
    alarms(&world, "one-b", 2).await;
    world.pass(40).await;
    let sent = messages(&world, U);
    assert!(sent[before..].iter().any(|(_, line)| line.contains("one-b") || line.starts_with('2')), "{sent:?}");
    world.reply(U, "ack all").await;
    world.pass(1).await;
    assert!(world.last_sms(U).starts_with("You have all 2:\n"), "{}", world.last_sms(U));
}
