//! Test pages: the whole way of a real page, for one person, and nothing for anybody else.

use std::time::Duration;

use reveille_cli::incidents::{Filter, find, list};
use reveille_cli::test_page::{Outcome, TestPageError, chosen, wait};
use reveille_domain::{ChannelId, ContactAlias, IncidentId, TestPage};
use reveille_engine::test_page;
use reveille_local::LetterChannel;
use reveille_tests::Local;
use reveille_tests::World;

const NATSU: &str = "+15550111";

const TEAM: &str = r#"
reveille: 1
defaults: { response_plan: everything, safety_contact: manager }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+15550111", verified: true }
      mail: { type: email, address: natsu@example.com, verified: true }
      old: { type: sms, address: "+15550119" }
    engagement: [ { after: 10, channels: [mail] } ]
  manager: { name: Manager, channels: { sms: { type: sms, address: "+15550113", verified: true } } }
response_plans:
  everything: { stages: [ { engage: [manager] } ] }
"#;

fn on(channels: &[&str]) -> TestPage {
    let channels = channels.iter().map(|id| ChannelId::new(*id)).collect();
    TestPage { contact: ContactAlias::new("natsu"), channels, minutes: 5 }
}

async fn opened(world: &World, test: &TestPage) -> IncidentId {
    let id = test_page::open(world.engine(), test, "a test").await.expect("it is opened");
    world.pass(2).await;
    id
}

async fn outcome(world: &World, test: &TestPage, id: &IncidentId) -> Outcome {
    wait(world.engine(), test, id, Duration::ZERO, |_| {}).await.expect("the table answers")
}

/// Channel and address of everything that has left.
fn sent(world: &World) -> Vec<(&'static str, String)> {
    let mut sent: Vec<_> = world.sent().into_iter().map(|message| (message.channel, message.to)).collect();
    sent.sort();
    sent
}

#[tokio::test(start_paused = true)]
async fn the_button_answers_it_and_nobody_else_ever_hears_of_it() {
    let world = World::with(TEAM).await;
    let test = on(&["sms", "mail"]);
    let id = opened(&world, &test).await;
    // Whoever reads the page types what it shows of the id; no list has it.
    assert!(world.last_sms(NATSU).contains(id.short()), "{}", world.last_sms(NATSU));
    assert_eq!(find(world.engine(), id.short()).await.expect("it is found"), id);
    let listed = list(world.engine(), &Filter { open: true, closed: true, ..Filter::default() }).await;
    assert_eq!(listed.expect("the table answers").incidents, []);
    let both = [("email", "natsu@example.com".to_owned()), ("sms", NATSU.to_owned())];
    assert_eq!(sent(&world), both, "on both at once, whatever the engagement plan says");
    assert!(world.last_sms(NATSU).starts_with("TEST PAGE: please acknowledge\n"), "{}", world.last_sms(NATSU));
    let path = world.link(NATSU).expect("a link");
    let page = world.visit("GET", &path, "").await.to_string();
    assert!(page.contains("This is a test") && !page.contains("Escalate now"), "{page}");
    assert!(world.incident().is_open(), "a GET answers nothing");
    let answered = world.visit("POST", &path, "do=acknowledge").await.to_string();
    assert!(answered.contains("It works."), "{answered}");
    let outcome = outcome(&world, &test, &id).await;
    assert!(outcome.answered && outcome.receipts.len() == 2, "{outcome:?}");
    world.pass(3_600).await;
    assert_eq!(sent(&world), both);
    assert_eq!(test_page::open(world.engine(), &test, "a test").await.ok(), None, "one cause makes one test");
}

#[tokio::test(start_paused = true)]
async fn a_reply_answers_it_too() {
    for reply in ["ack", "snooze 10"] {
        let world = World::with(TEAM).await;
        let test = on(&["sms"]);
        let id = opened(&world, &test).await;
        world.reply(NATSU, reply).await;
        world.pass(1).await;
        let text = world.last_sms(NATSU);
        assert!(text.starts_with("Your answer has arrived"), "{reply}: {text}");
        assert!(outcome(&world, &test, &id).await.answered, "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_answers_ends_by_itself_and_wakes_nobody() {
    let world = World::with(TEAM).await;
    let test = on(&["sms"]);
    let id = opened(&world, &test).await;
    world.reply(NATSU, "escalate").await;
    world.pass(3_600).await;
    assert!(!world.incident().is_open());
    let outcome = outcome(&world, &test, &id).await;
    assert!(!outcome.answered && outcome.answered_at.is_none(), "{outcome:?}");
    let others: Vec<_> = sent(&world).into_iter().filter(|(_, to)| to != NATSU).collect();
    assert_eq!(others, [], "neither the safety contact nor the operators");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_paged_is_named_before_anything_leaves() {
    let world = World::with(TEAM).await;
    let natsu = world.engine().contact(&ContactAlias::new("natsu")).await.expect("it answers").expect("it is there");
    let ids = |asked: &[&str]| chosen(&natsu, &asked.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    assert_eq!(ids(&[]).expect("two"), ["sms", "mail"].map(ChannelId::new));
    assert!(matches!(ids(&["old"]), Err(TestPageError::Unverified(..))));
    let missing = ids(&["fax"]).expect_err("there is none").to_string();
    assert_eq!(missing, "natsu has no channel `fax`; their channels are sms, mail, old");
}

#[tokio::test]
async fn on_the_embedded_stack_it_goes_the_whole_way() {
    let local = Local::with(TEAM).await;
    let engine = local.world.reached().engine_at(std::sync::Arc::new(local.world.stack.clock().clone()));
    let test = on(&["sms"]);
    let id = test_page::open(&engine, &test, "a test").await.expect("it is opened");
    local.arrives(LetterChannel::Sms, NATSU, "TEST PAGE", 1).await;
    local.press(&local.link(NATSU), "do=acknowledge").await;
    let outcome = wait(&engine, &test, &id, Duration::ZERO, |_| {}).await.expect("the table answers");
    assert!(outcome.answered, "{outcome:?}");
    assert!(local.incidents(true).await.is_empty() && local.incidents(false).await.is_empty(), "it is in no list");
}
