//! Plans that ask one after the other: each incident asks the next, whoever dies and however often something comes.

use reveille_domain::PlanAlias;
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Write};
use reveille_tests::{World, alarm};

const NATSU: &str = "+15550111";
const ZEREF: &str = "+15550112";
const IGNEEL: &str = "+15550113";

const IN_TURN: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  zeref: { name: Zeref, channels: { sms: { type: sms, address: "+15550112", verified: true } } }
  igneel: { name: Igneel, channels: { sms: { type: sms, address: "+15550113", verified: true } } }
escalation_plans:
  turns: { round_robin: true, stages: [ { minutes: 30, targets: [natsu, zeref, igneel] } ] }
response_plans:
  everything: { stages: [ { engage: [ { escalation_plan: turns } ] } ] }
"#;

/// What happens between an alarm and the next.
#[derive(Clone, Copy)]
enum Between {
    /// The first comes so many times more.
    Again(usize),
    /// Whoever began the plan died before the turn was passed on, and its nudge comes again.
    Death,
}

/// Who is asked by two alarms.
async fn asked(between: Between) -> Vec<String> {
    let world = World::with(IN_TURN).await;
    let first = alarm("web", "ALARM", 0);
    world.ingest(first.clone()).await;
    world.pass(1).await;
    let times = match between {
        Between::Again(times) => times,
        Between::Death => {
            let key = key::turn(&PlanAlias::new("turns"));
            let undone = Write { key, action: Action::Delete, condition: Condition::Present };
            world.engine().table().write(&undone).await.expect("it was passed on");
            1
        }
    };
    for _ in 0..times {
        world.ingest(first.clone()).await;
        world.pass(1).await;
    }
    world.ingest(alarm("shop", "ALARM", world.seconds())).await;
    world.pass(60).await;
    world.pages().into_iter().map(|(_, _, to)| to).collect()
}

#[tokio::test(start_paused = true)]
async fn each_incident_asks_the_next() {
    let rows = [
        ("nothing happens", Between::Again(0)),
        ("the first alarm comes again", Between::Again(1)),
        ("it comes five times more", Between::Again(5)),
        ("the one who asked died", Between::Death),
    ];
    for (what, between) in rows {
        assert_eq!(asked(between).await, [NATSU, ZEREF], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_last_comes_the_first() {
    let world = World::with(IN_TURN).await;
    for name in ["web", "shop", "mail", "search"] {
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(120).await;
    }
    let asked: Vec<String> = world.pages().into_iter().map(|(_, _, to)| to).collect();
    assert_eq!(asked, [NATSU, ZEREF, IGNEEL, NATSU]);
}
