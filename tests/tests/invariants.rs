//! The invariants of docs/ARCHITECTURE.md, one named test each (`inv_NN_…`), on the functions' own handlers in virtual time.

use reveille_domain::{Actor, ChannelKind, Input, Replayed, RunbookAction, Status, TimelineEvent, TimelineKind};
use reveille_engine::Work;
use reveille_engine::outbox;
use reveille_tests::{Fault, Function, Trouble, World, alarm};
use serde_json::{Value, json};

const THREE_ENGINEERS: &str = include_str!("../../examples/three-engineers.yaml");

const NATSU: &str = "+84312712567";
const ZEREF: &str = "+15550101";
const IGNEEL: &str = "+15550102";
const BOB: &str = "+15550103";
const MANAGER: &str = "+15550104";

async fn world() -> World {
    World::with(THREE_ENGINEERS).await
}

/// The provider of text messages does this instead of sending.
fn sms_fault(trouble: Trouble) -> Fault {
    Fault::channel(ChannelKind::Sms, trouble)
}

/// The seconds at which each number got its first text message.
fn sms(world: &World) -> Vec<(i64, String)> {
    world.pages().into_iter().filter(|(_, channel, _)| *channel == "sms").map(|(at, _, to)| (at, to)).collect()
}

fn text(numbers: &[(i64, &str)]) -> Vec<(i64, String)> {
    numbers.iter().map(|(at, to)| (*at, (*to).to_owned())).collect()
}

/// Every event replays to the state, and revisions have no gaps: held at the end of every scenario here.
fn replays(world: &World) {
    for incident in world.incidents() {
        let timeline = world.timeline(&incident.opening.id);
        let revisions: Vec<u64> = timeline.iter().map(|(revision, _)| *revision).collect();
        let mut distinct = revisions.clone();
        distinct.dedup();
        assert_eq!(distinct, (1..=incident.revision).collect::<Vec<_>>(), "gap-free revisions");
        let events: Vec<&TimelineEvent> = timeline.iter().map(|(_, event)| event).collect();
        assert_eq!(Replayed::from_timeline(events), Replayed::from_incident(&incident));
    }
}

#[tokio::test(start_paused = true)]
async fn inv_01_an_accepted_event_is_never_lost() {
    let world = world().await;
    // What nobody can parse opens an incident on the default plan, with its raw text.
    world.ingest(json!("the printer is on fire")).await;
    let incident = world.incident();
    assert_eq!(incident.opening.response_plan.as_str(), "everything-else");
    let raw = world.table.rows().into_iter().find(|(key, _)| key.sk == "RAW#0").expect("the raw text is kept").1;
    assert!(raw["text"].as_str().is_some_and(|text| text.contains("the printer is on fire")));
    // What failed comes back through the function's own failure queue, wrapped as Lambda wraps it, and pages once.
    let failed = json!({ "version": "1.0", "requestContext": { "condition": "RetriesExhausted" },
        "requestPayload": alarm("web-down", "ALARM", 0) });
    let batch = json!({ "Records": [{ "messageId": "f", "eventSource": "aws:sqs", "body": failed.to_string() }] });
    assert_eq!(world.ingest(batch.clone()).await, json!({ "batchItemFailures": [] }));
    assert_eq!(world.ingest(batch).await, json!({ "batchItemFailures": [] }));
    assert_eq!(world.incidents().len(), 2);
    world.pass(5).await;
    assert_eq!(sms(&world), text(&[(0, NATSU), (0, NATSU)]));
    replays(&world);
}

/// The story of the three engineers, with this fault: who is paged when.
async fn story(fault: Option<Fault>) -> Vec<(i64, String)> {
    let world = world().await;
    if let Some(fault) = fault {
        world.fail(fault);
    }
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(20 * 60).await;
    replays(&world);
    sms(&world)
}

#[tokio::test(start_paused = true)]
async fn inv_02_every_stage_starts_on_time_whatever_one_thing_fails() {
    let expected = text(&[(0, NATSU), (300, BOB), (600, MANAGER)]);
    assert_eq!(story(None).await, expected);
    for fault in [Fault::Schedules, Fault::Tick, Fault::Function(Function::Escalate)] {
        assert_eq!(story(Some(fault.clone())).await, expected, "without {fault:?} nothing changes");
    }
    // A stage that begins late moves the next one, which counts from when it really began.
    let late = story(Some(Fault::Queues)).await;
    within_three_minutes("without queues", &late, [0, late[0].0 + 300, late[1].0 + 300]);
    let late = story_with_outages_of(Function::Respond).await;
    within_three_minutes("respond", &late, [0, late[0].0 + 300, late[1].0 + 300]);
    // Without `notify` the stages begin on time, and only their pages are late.
    let late = story_with_outages_of(Function::Notify).await;
    within_three_minutes("notify", &late, [0, 300, 600]);
}

/// The same story while a function fails for most of each two minutes, whenever something is due and longer.
async fn story_with_outages_of(function: Function) -> Vec<(i64, String)> {
    let world = world().await;
    for minutes in 0..10 {
        world.fail(Fault::Function(function));
        if minutes == 0 {
            world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
        }
        world.pass(100).await;
        world.heal(Fault::Function(function));
        world.pass(20).await;
    }
    replays(&world);
    sms(&world)
}

/// Holds that all three are paged, each no sooner than due and at most three minutes later.
fn within_three_minutes(what: &str, pages: &[(i64, String)], due: [i64; 3]) {
    let people: Vec<&str> = pages.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(people, [NATSU, BOB, MANAGER], "{what}");
    for ((at, _), due) in pages.iter().zip(due) {
        assert!((due..=due + 180).contains(at), "{what}: due {due}, paged {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn inv_03_no_claim_succeeds_after_the_answer_that_stops_it() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.fail(sms_fault(Trouble::Fails));
    world.pass(1).await;
    let id = world.incident().opening.id;
    let waiting: Vec<_> = world.orders(&id).into_iter().filter(|order| order.engagement().is_some()).collect();
    assert!(waiting.iter().any(|order| !order.settled), "the SMS waits for its next attempt");
    world.heal(sms_fault(Trouble::Fails));
    // The e-mail has arrived; its link answers the page whose SMS still waits.
    world.acknowledge("natsu@devopsvn.tech").await;
    for order in &waiting {
        assert_eq!(outbox::claim(world.engine(), &id, order.id()).await.expect("the table answers"), None);
        world.wake_notify(&Work::new(&id, order.id()).message().body).await;
    }
    world.pass(120).await;
    assert_eq!(sms(&world), text(&[]));
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn inv_04_at_most_one_open_incident_for_a_key_whatever_comes_twice_or_late() {
    let fire = |at| alarm("web-unhealthy-host", "ALARM", at);
    let ok = |at| alarm("web-unhealthy-host", "OK", at);
    // Each row: what arrives in which order, how many incidents there are then, and how many of them are open.
    let rows: [(&str, Vec<Value>, usize, usize); 8] = [
        ("the same alarm twice", vec![fire(0), fire(0)], 1, 1),
        ("a repeat while open", vec![fire(0), fire(10)], 1, 1),
        ("fires, recovers", vec![fire(0), ok(5)], 1, 0),
        ("fires again after recovery", vec![fire(0), ok(5), fire(10)], 2, 1),
        ("the recovery comes first", vec![ok(5), fire(0)], 0, 0),
        ("an old alarm after the recovery", vec![fire(0), ok(5), fire(3)], 1, 0),
        ("a late recovery from before the second alarm", vec![fire(0), fire(10), ok(5)], 1, 1),
        ("redelivered after its recovery", vec![fire(0), ok(5), fire(0)], 1, 0),
    ];
    for (what, events, all, open) in rows {
        let world = world().await;
        world.pass(30).await;
        for event in events {
            world.ingest(event).await;
            world.pass(1).await;
        }
        let incidents = world.incidents();
        assert_eq!(incidents.len(), all, "{what}");
        assert_eq!(incidents.iter().filter(|incident| incident.is_open()).count(), open, "{what}");
        replays(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn inv_04_an_alarm_has_one_cause_whatever_the_transport() {
    let world = world().await;
    let direct = alarm("web-unhealthy-host", "ALARM", 0);
    let at = "2026-11-23T03:00:00.000+0000";
    let event = json!({ "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "id": "e",
        "account": "123456789012", "region": "eu-west-1", "time": "2026-11-23T03:00:00Z",
        "resources": [direct["alarmArn"]],
        "detail": { "alarmName": "web-unhealthy-host", "state": { "value": "ALARM", "timestamp": at } } });
    world.ingest(direct).await;
    world.ingest(event).await;
    world.pass(5).await;
    let id = world.incident().opening.id;
    let repeats = reveille_engine::Repeats::read(world.engine(), &id).await.expect("the table answers");
    assert_eq!(repeats.total(), 0, "the second transport brought nothing new");
    assert_eq!(sms(&world), text(&[(0, NATSU)]));
}

/// What a template makes of an event may be longer than a key is: what is cut off must not make two into one.
#[tokio::test(start_paused = true)]
async fn inv_04_texts_that_differ_only_behind_what_a_key_holds_are_incidents_of_their_own() {
    let long = "k".repeat(985);
    let world = World::with(&format!(
        r#"
reveille: 1
defaults: {{ response_plan: page }}
contacts: {{ natsu: {{ name: Natsu, channels: {{ sms: {{ type: sms, address: "{NATSU}", verified: true }} }} }} }}
response_plans: {{ page: {{ incident: {{ dedupe: "{long}{{{{ name }}}}" }}, stages: [ {{ engage: [natsu] }} ] }} }}
"#
    ))
    .await;
    for name in ["of-the-same-shop-one", "of-the-same-shop-two", "of-the-same-shop-two"] {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(1).await;
    }
    let keys: Vec<String> = world.incidents().into_iter().map(|incident| incident.opening.dedupe_key).collect();
    assert!(keys.len() == 2 && keys.iter().all(|key| key.chars().count() <= 1_000), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn inv_05_a_page_is_doubled_only_by_a_crash_between_send_and_settle_and_never_lost() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    let id = world.incident().opening.id;
    // Messages that come again and again make no second page.
    for order in world.orders(&id) {
        for _ in 0..3 {
            world.wake_notify(&Work::new(&id, order.id()).message().body).await;
        }
    }
    assert_eq!(sms(&world), text(&[(0, NATSU)]));
    // Hints that were lost: the tick finds the page, and sends it once.
    let second = World::with(THREE_ENGINEERS).await;
    second.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    second.fail(Fault::Queues);
    second.pass(60).await;
    second.heal(Fault::Queues);
    let id = second.incident().opening.id;
    assert_eq!(second.sent().len(), 2, "the tick has paged Natsu");
    for order in second.orders(&id) {
        assert!(order.settled || order.engagement().is_none());
    }
    let third = World::with(THREE_ENGINEERS).await;
    third.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    third.fail(sms_fault(Trouble::Hangs));
    third.pass(1).await;
    third.heal(sms_fault(Trouble::Hangs));
    third.pass(60).await;
    assert_eq!(sms(&third).len(), 1, "an attempt without an answer is made again");
}

/// A world in which the holder of Natsu's page has died: it has the lease, and whatever does not hang has been sent.
async fn holder_died(yaml: &str) -> World {
    let world = World::with(yaml).await;
    world.fail(Fault::Queues);
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    let id = world.incident().opening.id;
    world.engine().apply(&id, &Input::Begin, None).await.expect("its plan begins");
    world.fail(sms_fault(Trouble::Hangs));
    let page = world.orders(&id).into_iter().find(|order| order.engagement().is_some()).expect("Natsu's page");
    let message = Work::new(&id, page.id()).message().body;
    let holder = tokio::time::timeout(std::time::Duration::from_secs(1), world.wake_notify(&message));
    assert!(holder.await.is_err(), "it dies while the SMS provider does not answer");
    world.heal(sms_fault(Trouble::Hangs));
    world.heal(Fault::Queues);
    world
}

#[tokio::test(start_paused = true)]
async fn inv_05_a_holder_that_dies_loses_no_page_and_doubles_only_what_it_had_sent() {
    let count = |world: &World, channel: &str| world.pages().iter().filter(|(_, on, _)| *on == channel).count();
    // Dead after the send of the e-mail and before it could settle.
    let world = holder_died(THREE_ENGINEERS).await;
    assert_eq!((count(&world, "sms"), count(&world, "email")), (0, 1));
    world.pass(120).await;
    assert_eq!((count(&world, "sms"), count(&world, "email")), (1, 2), "{:?}", world.pages());
    replays(&world);
    // Dead after its claim, before anything had left.
    let mail = "      mail: { type: email, address: natsu@devopsvn.tech, verified: true }\n";
    assert!(THREE_ENGINEERS.contains(mail));
    let world = holder_died(&THREE_ENGINEERS.replace(mail, "")).await;
    assert_eq!(world.pages(), []);
    world.pass(120).await;
    assert_eq!(count(&world, "sms"), 1, "{:?}", world.pages());
    world.pass(120).await;
    assert_eq!(count(&world, "sms"), 1, "once");
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn inv_06_a_provider_that_hangs_or_refuses_delays_nobody_else() {
    for trouble in [Trouble::Hangs, Trouble::Refuses, Trouble::Fails] {
        let world = world().await;
        world.fail(sms_fault(trouble));
        world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
        world.pass(1).await;
        let mails = world.pages();
        assert_eq!(mails, [(0, "email", "natsu@devopsvn.tech".to_owned())], "{trouble:?}");
        world.pass(300).await;
        assert!(world.pages().contains(&(300, "email", "bob@example.com".to_owned())), "{trouble:?}: the plan goes on");
        replays(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn inv_07_the_timeline_replays_to_the_state_and_holds_every_attempt() {
    let world = world().await;
    world.fail(sms_fault(Trouble::Fails));
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    world.heal(sms_fault(Trouble::Fails));
    let id = world.incident().opening.id;
    let by = Actor::Caller("erza".to_owned());
    let checks = RunbookAction { document: "RunChecks".to_owned(), parameters: Default::default() };
    for by_hand in [
        Input::Note { by: by.clone(), text: "the provider is down".to_owned() },
        Input::StartRunbook { by, runbook: checks },
    ] {
        world.engine().apply(&id, &by_hand, None).await.expect("it is written down");
        replays(&world);
    }
    world.pass(600).await;
    world.acknowledge(BOB).await;
    world.ingest(alarm("web-unhealthy-host", "OK", 601)).await;
    world.pass(60).await;
    replays(&world);
    let id = world.incident().opening.id;
    let receipts = world.receipts(&id);
    let of = |outcome: &str| receipts.iter().filter(|(_, _, o)| o == outcome).count();
    assert_eq!(of("failed"), 1, "the first SMS: {receipts:#?}");
    // Natsu, Bob and the manager on two channels each; then the news for those who did not bring it.
    assert_eq!(of("sent"), world.sent().len(), "{receipts:#?}");
    assert!(matches!(world.incident().status, Status::Resolved(_)));
}

#[tokio::test(start_paused = true)]
async fn inv_08_a_plan_is_frozen_when_it_begins() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(60).await;
    // Five minutes become three, and Bob is called sooner: but not in an incident that has begun.
    world.apply(&THREE_ENGINEERS.replace("- after: 5", "- after: 3")).await;
    world.pass(600).await;
    assert_eq!(sms(&world), text(&[(0, NATSU), (300, BOB), (600, MANAGER)]));
    world.ingest(alarm("web-other", "ALARM", 700)).await;
    world.pass(600).await;
    assert_eq!(sms(&world)[3..], text(&[(660, NATSU), (840, BOB), (1020, MANAGER)]));
}

#[tokio::test(start_paused = true)]
async fn inv_09_a_late_wake_never_collapses_stages() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(60).await;
    for fault in [Fault::Queues, Fault::Schedules, Fault::Tick] {
        world.fail(fault);
    }
    world.pass(3_600).await;
    for fault in [Fault::Queues, Fault::Schedules, Fault::Tick] {
        world.heal(fault);
    }
    world.pass(1_200).await;
    let pages = sms(&world);
    assert_eq!(pages.len(), 3, "{pages:?}");
    assert_eq!(pages[2].0 - pages[1].0, 300, "the manager is called five minutes after Bob really was: {pages:?}");
}

#[tokio::test(start_paused = true)]
async fn inv_10_only_a_post_acknowledges() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    let path = world.link(NATSU).expect("Natsu has a link");
    for method in ["GET", "HEAD", "GET", "OPTIONS", "PUT"] {
        world.visit(method, &path, "do=acknowledge").await;
    }
    assert_eq!(world.incident().acknowledged, None, "scanners follow links");
    let answer = world.visit("POST", &path, "").await;
    assert_eq!(answer["statusCode"], 200);
    let first = world.incident().acknowledged.expect("a POST acknowledges");
    assert_eq!(first.by, Actor::Contact(reveille_domain::ContactAlias::new("natsu")));
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_works_twice_and_says_who_was_first() {
    let yaml = THREE_ENGINEERS
        .replace("{ source: cloudwatch, name: \"web-*\" }", "{ source: health }")
        .replace("{ source: cloudwatch, name: \"web-*-latency\" }", "{ source: cloudwatch, name: \"all-*\" }");
    let yaml = yaml
        .replace("- engage: [{ escalation_plan: one-after-another }]", "- engage: [{ escalation_plan: all-at-once }]");
    let world = World::with(&yaml).await;
    world.ingest(alarm("all-hosts", "ALARM", 0)).await;
    world.pass(1).await;
    assert_eq!(sms(&world), text(&[(0, ZEREF), (0, IGNEEL), (0, NATSU)]));
    let body = |answer: Value| answer["body"].as_str().expect("a page").to_owned();
    assert!(body(world.acknowledge(ZEREF).await).contains("You have it."));
    assert!(body(world.acknowledge(ZEREF).await).contains("Acknowledged by you."));
    assert!(body(world.acknowledge(IGNEEL).await).contains("Acknowledged by zeref."));
    world.pass(1).await;
    // The two others hear of it; Zeref, who did it, does not.
    let told: Vec<String> = world.sent().into_iter().filter(|m| m.text.starts_with("Answered")).map(|m| m.to).collect();
    assert_eq!(told, [IGNEEL.to_owned(), NATSU.to_owned()]);
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_ends_natsus_paging_and_bob_is_still_called() {
    let world = world().await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(120).await;
    world.acknowledge(NATSU).await;
    world.pass(1_000).await;
    assert_eq!(sms(&world), text(&[(0, NATSU), (300, BOB), (600, MANAGER)]));
    world.ingest(alarm("web-unhealthy-host", "OK", 1_100)).await;
    world.pass(1_000).await;
    let over: Vec<String> =
        world.sent().into_iter().filter(|m| m.channel == "sms" && m.text.starts_with("Over")).map(|m| m.to).collect();
    assert_eq!(over, [BOB.to_owned(), MANAGER.to_owned(), NATSU.to_owned()]);
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn escalation_goes_on_stage_by_stage_and_says_when_it_ran_out() {
    let world = world().await;
    world.ingest(alarm("web-api-latency", "ALARM", 0)).await;
    world.pass(3_600).await;
    // After the last stage the operators hear of it, and the safety contact is asked.
    assert_eq!(sms(&world), text(&[(0, NATSU), (300, ZEREF), (600, IGNEEL), (900, MANAGER)]));
    let notices: Vec<_> = world.sent().into_iter().filter(|message| message.channel == "operators").collect();
    let [notice] = notices.as_slice() else { panic!("one notice, not {notices:?}") };
    assert_eq!(notice.text, "Reveille: nobody answered: web-api-latency");
    let id = world.incident().opening.id;
    let timeline = world.timeline(&id);
    let exhausted = timeline.iter().any(|(_, event)| matches!(event.kind, TimelineKind::EscalationExhausted { .. }));
    assert!(exhausted);
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn an_incident_without_a_plan_pages_the_safety_contact_and_waits_for_its_plan() {
    let world = World::empty();
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(90).await;
    assert_eq!(sms(&world), text(&[]));
    world.apply(&THREE_ENGINEERS.replace("everything-else", "default")).await;
    world.pass(120).await;
    assert_eq!(sms(&world).len(), 1, "the plan is there now");
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_ten_hours_is_reached_on_the_second_by_nudges_alone() {
    // 900 seconds are the longest delay of a queue, which the world's queues hold every message to; Lambda would stop
    // a chain of 16 if the functions did not allow it.
    let world = World::with(&THREE_ENGINEERS.replacen("- after: 5", "- after: 600", 1)).await;
    for fault in [Fault::Schedules, Fault::Tick] {
        world.fail(fault);
    }
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(60).await;
    let before = world.messages();
    world.pass(36_000 - 61).await;
    assert_eq!(sms(&world), text(&[(0, NATSU)]));
    let hops = world.messages() - before;
    assert!((39..=42).contains(&hops), "one nudge in fifteen minutes, and no more: {hops}");
    world.pass(1).await;
    assert_eq!(sms(&world), text(&[(0, NATSU), (36_000, BOB)]));
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_refused_is_tried_no_faster_than_its_plan_says() {
    let engagement = "name: Natsu\n    engagement:\n      - { after: 0, channels: [sms], every: 1, times: until_acknowledged }\n      \
                      - { after: 5, channels: [mail] }";
    let world = World::with(&THREE_ENGINEERS.replace("name: Natsu\n", &format!("{engagement}\n"))).await;
    world.fail(sms_fault(Trouble::Refuses));
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    assert_eq!(world.pages(), [(0, "email", "natsu@devopsvn.tech".to_owned())], "the mail does not wait for its turn");
    world.pass(200).await;
    let id = world.incident().opening.id;
    let refused =
        world.receipts(&id).iter().filter(|(_, channel, outcome)| channel == "sms" && outcome == "refused").count();
    assert_eq!(refused, 4, "once a minute");
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn more_people_than_a_transaction_holds_are_all_paged_at_once() {
    let people: Vec<String> = (0..150).map(|number| format!("p{number}")).collect();
    let contact = |(number, name): (usize, &String)| {
        let address = 15_550_200_000_u64 + number as u64;
        format!(
            "  {name}: {{ name: P, channels: {{ sms: {{ type: sms, address: \"+{address}\", verified: true }} }} }}\n"
        )
    };
    let yaml = format!(
        "reveille: 1\ndefaults: {{ response_plan: all }}\ncontacts:\n{}response_plans: {{ all: {{ stages: [ {{ engage: [{}] }} ] }} }}\n",
        people.iter().enumerate().map(contact).collect::<String>(),
        people.join(", "),
    );
    let world = World::with(&yaml).await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    let paged = sms(&world);
    assert_eq!(paged.len(), 150);
    assert!(paged.iter().all(|(at, _)| *at == 0));
    assert_eq!(paged.iter().collect::<std::collections::BTreeSet<_>>().len(), 150, "each of them once");
    // All but the one who answers hear of it, and again all of them when it is over.
    world.acknowledge(&paged[0].1).await;
    world.pass(2).await;
    world.ingest(alarm("web-unhealthy-host", "OK", 2)).await;
    world.pass(2).await;
    let told = |word: &str| world.sent().iter().filter(|message| message.text.starts_with(word)).count();
    assert_eq!((told("Answered"), told("Over")), (149, 150));
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn inv_02_a_deadline_far_away_is_met_on_the_second_though_a_runbook_was_refused() {
    // The first stage's runbook does not exist: its end is a revision of its own, and the timer must outlive it.
    let yaml = THREE_ENGINEERS.replace("document: WebServerRestart", "document: NoSuchDocument").replacen(
        "- after: 5",
        "- after: 600",
        1,
    );
    let world = World::with(&yaml).await;
    for fault in [Fault::Schedules, Fault::Tick] {
        world.fail(fault);
    }
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    // Ten hours are more than forty hops of a message that a queue keeps for at most fifteen minutes.
    world.pass(11 * 3_600).await;
    assert_eq!(sms(&world), text(&[(0, NATSU), (36_000, BOB), (36_300, MANAGER)]));
    replays(&world);
}

#[tokio::test(start_paused = true)]
async fn an_escalation_that_repeats_for_ever_goes_on_with_as_many_engagements_as_targets() {
    let yaml = THREE_ENGINEERS.replacen(
        "      - { minutes: 5, targets: [igneel] }",
        "      - { minutes: 5, targets: [igneel] }\n    repeat: forever",
        1,
    );
    let world = World::with(&yaml).await;
    world.ingest(alarm("web-api-latency", "ALARM", 0)).await;
    world.pass(4 * 3_600 + 60).await;
    let pages = sms(&world);
    assert_eq!(pages.len(), 4 * 12 + 1, "a page each five minutes");
    assert_eq!(pages[3], (900, NATSU.to_owned()), "the second round begins with the first again");
    assert_eq!(world.incident().engagements.len(), 4, "the plan and its three people");
    world.acknowledge(ZEREF).await;
    world.pass(3_600).await;
    assert_eq!(sms(&world).len(), pages.len(), "an answer ends it");
    replays(&world);
}
