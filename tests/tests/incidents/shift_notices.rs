//! Whoever begins a shift before long is told, once.

use reveille_tests::{Fault, World};

const CONFIGURATION: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+84312712567", verified: true } } }
  zeref:
    name: Zeref
    channels:
      sms: { type: sms, address: "+15550101", verified: true }
      phone: { type: voice, address: "+15550101", verified: true }
      mail: { type: email, address: zeref@example.com }
schedules:
  primary:
    rotations:
      - { name: daily, time_zone: America/New_York, start: 2026-11-21T23:30:00, every: { days: 1 }, members: [natsu, zeref] }
    notices: [{ before_minutes: 60 }]
response_plans:
  everything: { stages: [ { engage: [ { schedule: primary } ] } ] }
"#;

/// The seconds at which somebody was told, with the channel, the address and the text.
fn told(world: &World) -> Vec<(i64, &'static str, String, String)> {
    let dawn = reveille_tests::dawn();
    let told = |m: reveille_tests::SentMessage| (m.at.duration_since(dawn).as_secs(), m.channel, m.to, m.text);
    world.sent().into_iter().map(told).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_begins_a_shift_is_told_once_and_nobody_is_called_for_it() {
    let world = World::with(CONFIGURATION).await;
    // It is three o'clock in UTC; half past four is half past eleven in New York.
    world.pass(29 * 60).await;
    assert_eq!(told(&world), []);
    world.pass(3 * 3_600).await;
    let told = told(&world);
    let [(at, "sms", to, text)] = told.as_slice() else { panic!("one text message, not {told:?}") };
    assert!((1_800..=1_860).contains(at), "an hour before, within a tick: {at}");
    assert_eq!(to, "+15550101");
    assert_eq!(
        text,
        "You are on call in primary from Mon 23 Nov 04:30 UTC (Sun 23:30 EST), until Tue 24 Nov 04:30 UTC."
    );
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_fails_for_some_minutes_costs_nobody_their_notice() {
    let world = World::with(CONFIGURATION).await;
    world.pass(28 * 60).await;
    world.fail(Fault::Tick);
    world.pass(7 * 60).await;
    world.heal(Fault::Tick);
    world.pass(3_600).await;
    let at: Vec<i64> = told(&world).into_iter().map(|(at, ..)| at).collect();
    assert_eq!(at.len(), 1, "{at:?}");
    assert!((2_100..=2_160).contains(&at[0]), "as soon as the tick comes again: {at:?}");
}
