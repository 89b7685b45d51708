//! Replies to messages of which nobody has written down that they have left: `notify` has died between the provider's answer and that.
//! Whoever types a code is understood; whoever types none is asked for it.

use reveille_domain::{ContactAlias, Incident, ResponsePlanName};
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Item, Key, Table, Write};
use reveille_engine::reply_code::ReplyCode;
use reveille_tests::{World, alarm};

use crate::replies::{IN_TURN, U, V};
use crate::storms::is_acknowledged;

/// The rows of what U has been told.
fn book(world: &World) -> Vec<(Key, Item)> {
    let of_u = key::paged_partition(&ContactAlias::new("u"));
    world.table.rows().into_iter().filter(|(key, _)| key.pk == of_u).collect()
}

async fn write(world: &World, key: Key, action: Action) {
    world.table.write(&Write { key, action, condition: Condition::Always }).await.expect("it is written");
}

/// U's book becomes what it was: what has been written into it since has died with whoever was to write it.
async fn set_back(world: &World, book_before: &[(Key, Item)]) {
    for (key, _) in book(world) {
        write(world, key, Action::Delete).await;
    }
    for (key, item) in book_before {
        let mut item = item.clone();
        item.retain(|name, _| !["pk", "sk"].contains(&name.as_str()));
        write(world, key.clone(), Action::Put(item)).await;
    }
}

/// What else knows of the message is gone, too: another one of the plan has left, or it left without being put down.
async fn forget_traffic(world: &World) {
    write(world, key::traffic(&ContactAlias::new("u")), Action::Delete).await;
}

async fn paged(names: &[&str]) -> World {
    let world = World::with(IN_TURN).await;
    for name in names {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(5).await;
    }
    world
}

async fn replied(world: &World, from: &str, body: &str) -> String {
    world.reply(from, body).await;
    world.pass(1).await;
    world.last_sms(from)
}

fn titles(world: &World, fits: impl Fn(&Incident) -> bool) -> Vec<String> {
    let mut titles: Vec<String> =
        world.incidents().into_iter().filter(fits).map(|incident| incident.opening.title).collect();
    titles.sort();
    titles
}

/// What has been lost beside the book.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    Nothing,
    Book,
    BookAndTraffic,
}

#[tokio::test(start_paused = true)]
async fn a_code_means_the_same_as_if_the_message_had_been_settled() {
    for words in ["{code}", "ack {code}", "snooze {code} 45", "resolve {code}", "escalate {code}", "ack all {code}"] {
        let mut outcomes = Vec::new();
        for lost in [Lost::Nothing, Lost::Book, Lost::BookAndTraffic] {
            let world = paged(&["web"]).await;
            let body = words.replace("{code}", &world.code(U));
            if lost != Lost::Nothing {
                set_back(&world, &[]).await;
            }
            if lost == Lost::BookAndTraffic {
                forget_traffic(&world).await;
            }
            let answer = replied(&world, U, &body).await;
            let Incident { status, acknowledged, engagements, .. } = world.incident();
            outcomes.push((lost, answer, (status, acknowledged, engagements)));
        }
        let (_, answer, became) = &outcomes[0];
        assert!(!answer.starts_with("No incident"), "{words}: {answer}");
        for (lost, other, too) in &outcomes[1..] {
            assert_eq!((other, too), (answer, became), "{words} with {lost:?} lost");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_code_whoever_may_not_have_heard_of_it_is_asked_for_one() {
    for words in ["ack", "ack all", "snooze", "snooze all 30", "resolve", "escalate"] {
        let world = paged(&["web"]).await;
        let code = world.code(U);
        set_back(&world, &[]).await;
        let before = world.incident();
        let answer = replied(&world, U, words).await;
        let verb = words.split(' ').next().unwrap_or_default().to_uppercase();
        assert_eq!(answer, format!("1 open. Reply {verb} and a code:\n{code} web"), "{words}");
        assert_eq!(world.incident(), before, "{words}");
        let answer = replied(&world, U, &code).await;
        assert!(answer.starts_with("You have it: web."), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_book_is_not_taken_for_what_does_not() {
    let world = World::with(IN_TURN).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    let before = book(&world);
    world.ingest(alarm("db", "ALARM", world.seconds())).await;
    world.pass(60).await;
    let code = world.code(U);
    set_back(&world, &before).await;
    let answer = replied(&world, U, "ack").await;
    assert!(answer.starts_with("2 open. Reply ACK and a code:\n"), "{answer}");
    assert!(answer.contains(" web\n") && answer.ends_with(" db"), "{answer}");
    assert!(titles(&world, is_acknowledged).is_empty());
    let answer = replied(&world, U, "ack all").await;
    assert!(answer.starts_with("You have it: web."), "{answer}");
    let answer = replied(&world, U, &format!("ack {code}")).await;
    assert!(answer.starts_with("You have"), "{answer}");
    assert_eq!(titles(&world, is_acknowledged), ["db", "web"]);
}

#[tokio::test(start_paused = true)]
async fn the_code_of_a_message_about_several_means_those_that_it_was_about() {
    for count in [3, 25] {
        let world = World::with(IN_TURN).await;
        for number in 0..count {
            world.ingest(alarm(&format!("first-{number}"), "ALARM", 0)).await;
        }
        world.pass(25).await;
        let before = book(&world);
        world.pass(6).await;
        let text = world.last_sms(U);
        assert!(text.contains(" for all"), "{text}");
        let code = world.code(U);
        set_back(&world, &before).await;
        world.ingest(alarm("later", "ALARM", world.seconds())).await;
        world.pass(1).await;
        let answer = replied(&world, U, &code).await;
        assert!(answer.starts_with(&format!("You have all {count}:")), "{answer}");
        assert_eq!(titles(&world, |incident| !is_acknowledged(incident)), ["later"], "nobody has heard of that one");
    }
}

/// The code of a plan is the same on each of its messages: who has it from the first has not proved that the second has come.
#[tokio::test(start_paused = true)]
async fn a_plans_code_that_was_out_before_means_nothing_that_only_a_later_message_was_about() {
    let world = paged(&["web", "db"]).await;
    world.pass(60).await;
    world.ingest(alarm("mail", "ALARM", world.seconds())).await;
    world.pass(60).await;
    let before = book(&world);
    let messages = world.sent().len();
    world.ingest(alarm("disk", "ALARM", world.seconds())).await;
    world.pass(60).await;
    assert!(world.sent().len() > messages, "the later message has left");
    set_back(&world, &before).await;
    let code = ReplyCode::of_plan(&ContactAlias::new("u"), &ResponsePlanName::new("everything"));
    replied(&world, U, code.shown()).await;
    let acknowledged = titles(&world, is_acknowledged);
    assert!(!acknowledged.is_empty() && !acknowledged.contains(&"disk".to_owned()), "{acknowledged:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_over_by_then_is_said_to_be() {
    let world = paged(&["web"]).await;
    let code = world.code(U);
    set_back(&world, &[]).await;
    world.ingest(alarm("web", "OK", 5)).await;
    world.pass(1).await;
    let answer = replied(&world, U, &code).await;
    assert!(answer.starts_with("It is over: web, by "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn nobody_reaches_an_incident_for_which_they_were_not_paged() {
    let world = paged(&["web"]).await;
    let (mine, id) = (world.code(U), world.incident().opening.id);
    set_back(&world, &[]).await;
    let theirs = ReplyCode::of_incident(&ContactAlias::new("v"), &id).shown().to_owned();
    for (from, code) in [(V, &mine), (V, &theirs), (U, &theirs)] {
        let answer = replied(&world, from, &format!("ack {code}")).await;
        assert!(answer.starts_with(&format!("No incident of yours has the code {code}")), "{answer}");
    }
    assert!(titles(&world, is_acknowledged).is_empty());
}
