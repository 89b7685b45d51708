//! What becomes of pages while a provider does not work for an hour, and when it is back.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use reveille_domain::{ChannelKind, IncidentId};
use reveille_tests::{Fault, Trouble, World, alarm};

/// One contact who has nothing but a telephone.
fn with_a_telephone(engagement: &str) -> String {
    format!(
        r#"
reveille: 1
defaults: {{ response_plan: page }}
contacts:
  natsu:
    name: Natsu
    channels:
      sms: {{ type: sms, address: "+84312712567", verified: true }}
      phone: {{ type: voice, address: "+84312712567", verified: true }}
    engagement: [ {engagement} ]
response_plans:
  page: {{ incident: {{ impact: 1 }}, stages: [ {{ engage: [natsu] }} ] }}
"#
    )
}

/// An incident for which neither an SMS nor a call could leave for so many seconds, from its opening on, and now both can.
async fn after_an_outage_of(seconds: i64, engagement: &str) -> (World, IncidentId) {
    let world = World::with(&with_a_telephone(engagement)).await;
    let outage = [ChannelKind::Sms, ChannelKind::Voice].map(|kind| Fault::channel(kind, Trouble::Fails));
    outage.iter().for_each(|fault| world.fail(fault.clone()));
    let answer = world.ingest(alarm("web", "ALARM", world.seconds())).await;
    let id = IncidentId::new(answer["taken"][0]["opened"].as_str().unwrap());
    world.pass(seconds).await;
    assert!(world.sent().is_empty(), "nothing can leave");
    outage.into_iter().for_each(|fault| world.heal(fault));
    (world, id)
}

/// When messages were taken on a channel, in seconds.
fn taken_by(world: &World, channel: &str) -> Vec<i64> {
    let began = reveille_tests::dawn();
    let sent = world.sent().into_iter().filter(|message| message.channel == channel);
    sent.map(|message| message.at.duration_since(began).as_secs()).collect()
}

/// How many pages the alarm on undelivered ones has been told of.
fn undelivered(world: &World) -> usize {
    world.metrics().iter().filter(|line| line.contains("\"UndeliveredPages\":")).count()
}

#[tokio::test(start_paused = true)]
async fn a_page_outlasts_an_hour_without_its_provider() {
    let (world, id) = after_an_outage_of(3_600, "{ after: 0, channels: [sms] }").await;
    world.pass(600).await;
    assert_eq!(taken_by(&world, "sms").len(), 1);
    let outcomes: Vec<String> = world.receipts(&id).into_iter().map(|(_, _, outcome)| outcome).collect();
    assert!(outcomes.contains(&"sent".to_owned()) && !outcomes.contains(&"given_up".to_owned()), "{outcomes:?}");
}

/// A page each two minutes has failed for an hour. Each has given way to the next, and what is left is said once.
#[tokio::test(start_paused = true)]
async fn thirty_pages_that_have_failed_become_one() {
    let every = "{ after: 0, channels: [sms], every: 2, times: until_acknowledged }";
    let (world, id) = after_an_outage_of(3_610, every).await;
    let waiting = world.orders(&id).iter().filter(|order| !order.settled).count();
    assert!(waiting <= 3, "{waiting} pages are still tried");
    let outcomes: Vec<String> = world.receipts(&id).into_iter().map(|(_, _, outcome)| outcome).collect();
    assert!(outcomes.iter().filter(|outcome| *outcome == "bundled").count() >= 20, "{outcomes:?}");
    world.pass(600).await;
    let at = taken_by(&world, "sms");
    assert!(!at.is_empty() && at.is_sorted_by(|before, after| after - before >= 60), "{at:?}");
}

/// SMS and calls take turns, and neither gets through: when both are back, each is made once and not for all that have failed.
#[tokio::test(start_paused = true)]
async fn pages_that_take_turns_on_two_channels_become_one_on_each() {
    let turns = "{ after: 0, channels: [sms], every: 4, times: until_acknowledged }, \
                 { after: 2, channels: [phone], every: 4, times: until_acknowledged }";
    let (world, _) = after_an_outage_of(3_610, turns).await;
    world.pass(600).await;
    for channel in ["sms", "voice"] {
        let at = taken_by(&world, channel);
        assert!(!at.is_empty() && at.is_sorted_by(|before, after| after - before >= 60), "{channel}: {at:?}");
    }
}

/// Each page gives way to the next before its last attempt: that must not hide from the operators that none gets through.
#[tokio::test(start_paused = true)]
async fn pages_that_give_way_after_they_have_failed_are_counted_as_undelivered() {
    let (world, _) =
        after_an_outage_of(1_200, "{ after: 0, channels: [sms], every: 5, times: until_acknowledged }").await;
    let told = undelivered(&world);
    assert!((1..=4).contains(&told), "one for each page that has given way: {told}");
    world.pass(1_200).await;
    let since = undelivered(&world) - told;
    assert!(since <= 1, "the last that failed gives way to one that leaves, and what leaves is not counted: {since}");
}
