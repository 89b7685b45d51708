//! Replies by SMS, from the words to what is done and what is answered, on the functions' own handlers in virtual time.

use reveille_domain::{Incident, Status};
use reveille_tests::{World, alarm};

pub(crate) const U: &str = "+15550111";
pub(crate) const V: &str = "+15550112";
const STRANGER: &str = "+15550199";

const TWO_PEOPLE: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  u: { name: U, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  v: { name: V, channels: { sms: { type: sms, address: "+15550112", verified: true } } }
response_plans:
  everything: { stages: [ { engage: [u, v] } ] }
"#;

/// A world in which both people have been paged about these, each alone.
async fn paged(names: &[&str]) -> World {
    let world = World::with(TWO_PEOPLE).await;
    for name in names {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(400).await;
    }
    world
}

fn incident(world: &World, title: &str) -> Incident {
    world.incidents().into_iter().find(|incident| incident.opening.title == title).expect("it is there")
}

/// How many SMS a number has got.
fn count(world: &World, to: &str) -> usize {
    world.sent().iter().filter(|message| message.to == to).count()
}

async fn replied(world: &World, from: &str, body: &str) -> String {
    let before = count(world, from);
    world.reply(from, body).await;
    world.pass(1).await;
    assert_eq!(count(world, from), before + 1, "{body:?} is answered, and once");
    world.last_sms(from)
}

#[tokio::test(start_paused = true)]
async fn a_bare_ack_acknowledges_the_only_incident_and_says_so() {
    let world = paged(&["web"]).await;
    assert!(world.last_sms(U).contains("eply"), "the page says how: {}", world.last_sms(U));
    let answer = replied(&world, U, "Ack.").await;
    assert!(answer.starts_with("You have it: web."), "{answer}");
    assert!(world.incident().acknowledged.is_some());
    let answer = replied(&world, U, "ack").await;
    assert_eq!(answer, "Nothing waits for your acknowledgement.");
    // V is still asked: both were engaged on their own.
    let answer = replied(&world, V, "a").await;
    assert!(answer.starts_with("You have it too: web. u was first, at 03:06 UTC."), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn with_two_open_a_bare_ack_is_asked_which_one_and_the_code_does_it() {
    let world = paged(&["web", "db"]).await;
    let code = world.code(U);
    let answer = replied(&world, U, "ack").await;
    assert!(answer.starts_with("2 open. Reply ACK and a code or ALL:\n"), "{answer}");
    assert!(answer.contains(&format!("{code} db")), "{answer}");
    assert!(!world.incidents().iter().any(|incident| incident.acknowledged.is_some()));
    let answer = replied(&world, U, &format!("ACK {code}")).await;
    assert!(answer.starts_with("You have it: db."), "{answer}");
    assert!(incident(&world, "web").acknowledged.is_none());
    let answer = replied(&world, U, &code).await;
    assert!(answer.starts_with("You have it already: db."), "{answer}");
    let answer = replied(&world, U, "0000").await;
    assert!(answer.starts_with("No incident of yours has the code 0000. 1 open."), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn ack_all_takes_everything_and_resolve_all_is_asked_again() {
    let world = paged(&["web", "db"]).await;
    let answer = replied(&world, U, "resolve all").await;
    assert!(answer.starts_with("2 open. Reply RESOLVE and a code:"), "{answer}");
    let answer = replied(&world, U, "ack all").await;
    assert!(answer.starts_with("You have all 2:\nweb\ndb"), "{answer}");
    assert!(world.incidents().iter().all(|incident| incident.acknowledged.is_some() && incident.is_open()));
}

#[tokio::test(start_paused = true)]
async fn a_resolution_ends_it_and_tells_the_others() {
    let world = paged(&["web"]).await;
    let code = world.code(U);
    let answer = replied(&world, U, &format!("r {code}")).await;
    assert!(answer.starts_with("Resolved: web."), "{answer}");
    assert!(matches!(world.incident().status, Status::Resolved(_)));
    assert!(world.last_sms(V).starts_with("Over: web"), "{}", world.last_sms(V));
    let answer = replied(&world, V, "resolve").await;
    assert_eq!(answer, "Nothing is open that you were paged about.");
    let answer = replied(&world, U, &format!("ack {code}")).await;
    assert!(answer.starts_with("Resolved: web."), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_sms_that_is_delivered_twice_is_done_and_answered_once() {
    let world = paged(&["web", "db"]).await;
    let before = count(&world, U);
    for _ in 0..3 {
        world.reply_of(U, "ack all", "the same").await;
        world.pass(1).await;
    }
    assert_eq!(count(&world, U), before + 1);
    for incident in world.incidents() {
        let timeline = format!("{:?}", world.timeline(&incident.opening.id));
        assert_eq!(timeline.matches("kind: Acknowledged {").count(), 1, "{timeline}");
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_are_never_answered_and_change_nothing() {
    let world = paged(&["web"]).await;
    let (rows, sent) = (world.table.rows(), world.sent().len());
    for words in ["ack", "ack all", "resolve", "help", "stop", "1234"] {
        world.reply(STRANGER, words).await;
    }
    assert_eq!(world.table.rows(), rows);
    world.pass(60).await;
    assert_eq!(world.sent().len(), sent);
}

#[tokio::test(start_paused = true)]
async fn one_persons_code_is_nobody_elses() {
    let world = paged(&["web"]).await;
    let code = world.code(U);
    let answer = replied(&world, V, &code).await;
    assert!(answer.starts_with(&format!("No incident of yours has the code {code}.")), "{answer}");
    assert!(world.incident().acknowledged.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_telephone_that_answers_by_itself_is_told_once_what_can_be_written() {
    let world = paged(&["web"]).await;
    let before = count(&world, U);
    for number in 0..20 {
        world.reply(U, &format!("I am driving and will look at it later ({number})")).await;
        world.pass(5).await;
    }
    assert_eq!(count(&world, U), before + 1);
    assert!(world.last_sms(U).starts_with("That was not understood, and nothing was done."), "{}", world.last_sms(U));
    world.pass(600).await;
    assert!(replied(&world, U, "help").await.starts_with("Reply with the code of a page"));
}

#[tokio::test(start_paused = true)]
async fn nobody_acknowledges_what_still_waits_to_be_told() {
    let world = World::with(TWO_PEOPLE).await;
    for name in ["web", "db"] {
        world.ingest(alarm(name, "ALARM", 0)).await;
    }
    world.pass(5).await;
    let told = world.last_sms(U).lines().next().unwrap_or_default().to_owned();
    let answer = replied(&world, U, "ack all").await;
    assert!(answer.starts_with(&format!("You have it: {told}.")), "{answer}");
    let acknowledged = world.incidents().iter().filter(|incident| incident.acknowledged.is_some()).count();
    assert_eq!(acknowledged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_says_stop_is_not_paged_until_it_says_start() {
    let both = TWO_PEOPLE.replace(
        "u: { name: U, channels: { sms: { type: sms, address: \"+15550111\", verified: true } } }",
        "u: { name: U, channels: { sms: { type: sms, address: \"+15550111\", verified: true }, \
         mail: { type: email, address: u@example.com, verified: true } } }",
    );
    let world = World::with(&both).await;
    let answer = replied(&world, U, "STOP").await;
    assert!(answer.starts_with("You will get no more SMS from Reveille"), "{answer}");
    let told =
        |to: &str, what: &str| world.sent().iter().filter(|sent| sent.to == to && sent.text.contains(what)).count();
    assert_eq!(told("u@example.com", "its number has answered STOP"), 1, "whoever has not sent it hears of it");
    assert_eq!(told("operators", "u has answered STOP on sms"), 1);
    replied(&world, U, "STOP").await;
    assert_eq!(told("operators", "u has answered STOP on sms"), 1, "once is enough");
    let before = count(&world, U);
    world.ingest(alarm("web", "ALARM", world.seconds())).await;
    world.pass(400).await;
    assert_eq!(count(&world, U), before);
    assert!(count(&world, "u@example.com") > 0, "the other channel is paged");
    let timeline = format!("{:?}", world.timeline(&world.incident().opening.id));
    assert!(timeline.contains("`u` is not paged on `sms`: its owner has answered STOP"), "{timeline}");
    assert_eq!(replied(&world, U, "start").await, "Pages come by SMS again.");
    world.ingest(alarm("db", "ALARM", world.seconds())).await;
    world.pass(1).await;
    assert!(world.last_sms(U).starts_with("db"), "{}", world.last_sms(U));
}

/// Two people who are asked one after the other.
pub(crate) const IN_TURN: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  u: { name: U, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  v: { name: V, channels: { sms: { type: sms, address: "+15550112", verified: true } } }
escalation_plans:
  in-turn: { stages: [ { minutes: 30, targets: [u] }, { minutes: 30, targets: [v] } ] }
response_plans:
  everything: { stages: [ { engage: [ { escalation_plan: in-turn } ] } ] }
"#;

#[tokio::test(start_paused = true)]
async fn a_snooze_is_an_answer_for_a_while() {
    let world = World::with(IN_TURN).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    let answer = replied(&world, U, "snooze 45").await;
    assert!(answer.starts_with("Snoozed: web. You are asked again at 03:46 UTC"), "{answer}");
    let before = count(&world, U);
    world.pass(44 * 60).await;
    assert_eq!((count(&world, U), count(&world, V)), (before, 0), "nobody is asked while it sleeps");
    world.pass(61).await;
    assert_eq!(count(&world, U), before + 1);
    assert!(world.last_sms(U).starts_with("web"), "{}", world.last_sms(U));
}

#[tokio::test(start_paused = true)]
async fn a_snooze_over_the_limit_does_nothing_and_the_answer_names_the_limit() {
    let world = World::with(IN_TURN).await;
    for name in ["web", "db"] {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(60).await;
    }
    let rows = |world: &World| world.incidents().iter().map(|incident| incident.revision).collect::<Vec<_>>();
    let (before, code) = (rows(&world), world.code(U));
    for words in ["snooze all 48h", "snooze all 25h", "snooze all 0"] {
        let answer = replied(&world, U, words).await;
        assert!(answer.starts_with("Nothing was snoozed: a snooze lasts 1 min to 24 h."), "{answer}");
        assert_eq!(rows(&world), before, "{words}");
    }
    let answer = replied(&world, U, &format!("snooze {code} 24h")).await;
    assert!(answer.contains("You are asked again at 03:02 UTC on 24 Nov, unless it is over."), "{answer}");
    let answer = replied(&world, U, "snooze all 23h").await;
    assert!(answer.starts_with("2 of 2 snoozed for 1380 min:\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn escalate_asks_the_next_at_once_and_says_when_nobody_is_left() {
    let world = World::with(IN_TURN).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    let answer = replied(&world, U, "escalate").await;
    assert!(answer.starts_with("The next on the plan are asked now: web."), "{answer}");
    assert!(world.last_sms(V).starts_with("web"), "{}", world.last_sms(V));
}

#[tokio::test(start_paused = true)]
async fn the_page_behind_a_link_snoozes_and_escalates_too() {
    let world = World::with(IN_TURN).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    let path = world.link(U).expect("a link");
    let page = world.visit("POST", &path, "do=escalate").await;
    assert!(page["body"].as_str().expect("a page").contains("Handed on."), "{page}");
    world.pass(1).await;
    assert_eq!(count(&world, V), 1);
    let page = world.visit("POST", &path, "do=snooze").await;
    assert!(page["body"].as_str().expect("a page").contains("You are asked again in 30 minutes"), "{page}");
}

/// What a browser sends when the button is pressed on this page.
fn form(page: &serde_json::Value, button: &str) -> String {
    let body = page["body"].as_str().expect("a page");
    let (_, rest) = body.split_once("name=\"seen\" value=\"").expect("the page says what it shows");
    let (seen, _) = rest.split_once('"').expect("the end of a value");
    format!("seen={seen}&do={button}")
}

#[tokio::test(start_paused = true)]
async fn escalate_pressed_twice_on_one_page_starts_one_stage() {
    const W: &str = "+15550113";
    let three = IN_TURN
        .replace("escalation_plans:", "  w: { name: W, channels: { sms: { type: sms, address: \"+15550113\", verified: true } } }\nescalation_plans:")
        .replace("{ minutes: 30, targets: [v] }", "{ minutes: 30, targets: [v] }, { minutes: 30, targets: [w] }");
    let world = World::with(&three).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    let path = world.link(U).expect("a link");
    let page = world.visit("GET", &path, "").await;
    let form_of_first = form(&page, "escalate");
    let mut answered = page;
    for _ in 0..2 {
        answered = world.visit("POST", &path, &form_of_first).await;
        assert!(answered["body"].as_str().expect("a page").contains("Handed on."), "{answered}");
        world.pass(1).await;
    }
    assert_eq!((count(&world, V), count(&world, W)), (1, 0));
    world.visit("POST", &path, &form(&answered, "escalate")).await;
    world.pass(1).await;
    assert_eq!(count(&world, W), 1, "on the page that shows the second stage, the button starts the third");
}

/// Everything that a number gets within a second of its reply: the answer, and, for whoever shares it, news.
async fn hears(world: &World, from: &str, body: &str) -> Vec<String> {
    let before = world.sent().len();
    world.reply(from, body).await;
    world.pass(1).await;
    world.sent()[before..].iter().filter(|message| message.to == from).map(|message| message.text.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_reply_from_a_telephone_that_two_people_share_answers_for_both() {
    for words in ["ack", "ack all"] {
        let world = World::with(&TWO_PEOPLE.replace(V, U)).await;
        world.ingest(alarm("web", "ALARM", 0)).await;
        world.pass(60).await;
        let heard = hears(&world, U, words).await;
        assert!(heard.iter().any(|text| text.starts_with("You have it: web.")), "{heard:?}");
        let before = count(&world, U);
        world.pass(3_600).await;
        assert_eq!(count(&world, U), before, "after {words:?} neither of them is paged on: {}", world.last_sms(U));
    }
}

#[tokio::test(start_paused = true)]
async fn a_telephone_that_two_people_share_is_told_whose_code_is_which() {
    let world = World::with(&TWO_PEOPLE.replace(V, U)).await;
    for name in ["web", "db"] {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(400).await;
    }
    let answer = replied(&world, U, "ack").await;
    assert!(answer.starts_with("2 open. Reply ACK and a code or ALL:\n"), "{answer}");
    assert!(answer.contains(" web (u)\n") && answer.contains(" db (v)"), "{answer}");
    let heard = hears(&world, U, "ack all").await;
    assert!(heard.iter().any(|text| text.starts_with("You have all 2:\nweb\ndb")), "{heard:?}");
}
