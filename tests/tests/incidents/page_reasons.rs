//! Every page has a reason that can be told from the timeline, whatever led to it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use reveille_cli::incidents::shown;
use reveille_cli::world::{Fault, Trouble};
use reveille_domain::{Actor, ChannelKind, ContactAlias, Engage, Input, ResponsePlanName, ScheduleAlias};
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Write};
use reveille_tests::{World, alarm, dawn};

/// A plan with a bit of everything.
const EVERYTHING: &str = r#"
reveille: 1
defaults: { response_plan: all, safety_contact: manager }
contacts:
  natsu:
    name: Natsu
    channels: { sms: { type: sms, address: "+84312712567", verified: true }, mail: { type: email, address: n@devopsvn.tech, verified: true } }
    engagement: [ { after: 0, channels: [sms], every: 4, times: 2 }, { after: 30, channels: [mail] } ]
  zeref: { name: Zeref, channels: { sms: { type: sms, address: "+15550101", verified: true } } }
  igneel: { name: Igneel, channels: { sms: { type: sms, address: "+15550102", verified: true } } }
  bob: { name: Bob, channels: { sms: { type: sms, address: "+15550103", verified: true } } }
  manager: { name: M, channels: { sms: { type: sms, address: "+15550104", verified: true } } }
schedules:
  primary:
    rotations: [ { name: all, time_zone: UTC, start: 2026-01-01T00:00:00, every: { weeks: 1 }, members: [natsu] } ]
escalation_plans:
  ladder:
    stages: [ { minutes: 5, targets: [ { schedule: primary }, { contact: zeref, essential: false } ] }, { minutes: 5, targets: [igneel] } ]
    repeat: 1
response_plans:
  all:
    stages: [ { engage: [ { escalation_plan: ladder } ] }, { after: 2, engage: [bob] } ]
"#;

/// Who has been paged for what, in the order in which it was decided.
async fn reasons(world: &World) -> Vec<(i64, String, String)> {
    let id = world.incident().opening.id;
    let pages = shown(world.engine(), &id).await.unwrap().unwrap().pages;
    pages.into_iter().map(|page| (page.at.duration_since(dawn()).as_secs(), page.contact, page.reason)).collect()
}

fn rows(expected: &[(i64, &str, &str)]) -> Vec<(i64, String, String)> {
    expected.iter().map(|(at, contact, why)| (*at, (*contact).to_owned(), (*why).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_is_told_the_way_to_them_each_time() {
    let world = World::with(EVERYTHING).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(1_260).await;
    assert_eq!(
        reasons(&world).await,
        rows(&[
            (0, "natsu", "on call in primary: stage 1 of ladder"),
            (0, "zeref", "stage 1 of ladder"),
            (120, "bob", "stage 2 of the response plan"),
            (240, "natsu", "natsu's engagement plan: page 2"),
            (300, "igneel", "stage 2 of ladder"),
            (600, "natsu", "on call in primary: stage 1 of ladder, round 2"),
            (600, "zeref", "stage 1 of ladder, round 2"),
            (840, "natsu", "natsu's engagement plan: page 4"),
            (900, "igneel", "stage 2 of ladder, round 2"),
            (1_200, "manager", "the last resort: nobody had answered"),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn what_people_do_is_a_reason() {
    let world = World::with(EVERYTHING).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(10).await;
    let id = world.incident().opening.id;
    let (engine, by) = (world.engine(), Actor::Caller("erza".to_owned()));
    let page = world.orders(&id).into_iter().find(|order| order.order.contact().is_some()).unwrap().id();
    let natsu = ContactAlias::new("natsu");
    let manager = Engage::Contact(ContactAlias::new("manager"));
    for input in
        [Input::Engage { by: by.clone(), target: manager }, Input::Snooze { contact: natsu.clone(), page, minutes: 1 }]
    {
        engine.apply(&id, &input, None).await.unwrap();
        engine.nudge(&id).await.unwrap();
    }
    world.pass(70).await;
    engine.apply(&id, &Input::Escalate { by: Actor::Contact(natsu) }, None).await.unwrap();
    world.pass(5).await;
    let to = Engage::Schedule(ScheduleAlias::new("primary"));
    engine.apply(&id, &Input::Reassign { by, to }, None).await.unwrap();
    world.pass(5).await;
    assert_eq!(
        reasons(&world).await,
        rows(&[
            (0, "natsu", "on call in primary: stage 1 of ladder"),
            (0, "zeref", "stage 1 of ladder"),
            (10, "manager", "added by erza"),
            (70, "natsu", "the snooze is over"),
            (80, "bob", "stage 2 of the response plan"),
            (85, "natsu", "on call in primary: given to them by erza"),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_fails_and_a_plan_that_is_missing_are_reasons() {
    let world = World::with(EVERYTHING).await;
    world.fail(Fault::channel(ChannelKind::Sms, Trouble::Refuses));
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(5).await;
    let natsus: Vec<_> = reasons(&world).await.into_iter().filter(|(_, contact, _)| contact == "natsu").collect();
    let second = "sms did not get through: what comes next goes at once";
    assert_eq!(natsus[..2], rows(&[(0, "natsu", "on call in primary: stage 1 of ladder"), (0, "natsu", second)]));

    let unplanned = World::with(EVERYTHING).await;
    let row = key::response_plan(&ResponsePlanName::new("all"));
    let gone = Write { key: row, action: Action::Delete, condition: Condition::Always };
    unplanned.engine().table().write(&gone).await.unwrap();
    unplanned.ingest(alarm("web", "ALARM", 0)).await;
    unplanned.pass(5).await;
    assert_eq!(reasons(&unplanned).await, rows(&[(0, "manager", "the safety contact: there was no response plan")]));
}
