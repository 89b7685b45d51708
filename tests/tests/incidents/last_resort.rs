//! Another configuration is applied while an incident is open, and whom its plan names is gone: the last resort reaches somebody all the
//! same.

use reveille_domain::{ContactAlias, TimelineKind};
use reveille_tests::{World, alarm};

const NATSU: &str = "+15550111";
const ZEREF: &str = "+15550112";
const OLD: &str = "+15550113";
const NEW: &str = "+15550114";

const BEFORE: &str = r#"
reveille: 1
defaults: { response_plan: everything, safety_contact: old }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  zeref: { name: Zeref, channels: { sms: { type: sms, address: "+15550112", verified: true } } }
  old: { name: Old, channels: { sms: { type: sms, address: "+15550113", verified: true } } }
escalation_plans:
  in-turn: { stages: [ { minutes: 5, targets: [natsu] }, { minutes: 5, targets: [zeref] } ] }
response_plans:
  everything: { stages: [ { engage: [ { escalation_plan: in-turn } ] } ] }
"#;

/// Everybody but Natsu has left, and somebody new is there.
const AFTER: &str = r#"
reveille: 1
defaults: { response_plan: everything, safety_contact: new }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+15550111", verified: true } } }
  new: { name: New, channels: { sms: { type: sms, address: "+15550114", verified: true } } }
response_plans:
  everything: { stages: [ { engage: [natsu] } ] }
"#;

/// What happens, the configurations before and after, and who is paged when.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [(i64, &'a str)]);

/// Who is paged when, if the configuration changes after a minute and nobody answers for half an hour.
async fn paged(before: &str, after: &str) -> Vec<(i64, String)> {
    let world = World::with(before).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    world.apply(after).await;
    world.pass(1_800).await;
    let notices = world.sent().iter().filter(|message| message.channel == "operators").count();
    assert_eq!(notices, 1, "the operators hear of it in any case");
    world.pages().into_iter().map(|(at, _, to)| (at, to)).collect()
}

fn pages(expected: &[(i64, &str)]) -> Vec<(i64, String)> {
    expected.iter().map(|(at, to)| (*at, (*to).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_when_all_else_has_run_out() {
    let none_before = BEFORE.replace(", safety_contact: old", "");
    let none_after = AFTER.replace(", safety_contact: new", "");
    let old_stays = BEFORE.replace("safety_contact: old", "safety_contact: zeref");
    let unverified =
        old_stays.replace("address: \"+15550113\", verified: true", "address: \"+15550113\", verified: false");
    let rows: [Row<'_>; 6] = [
        ("nothing changes", BEFORE, BEFORE, &[(0, NATSU), (300, ZEREF), (600, OLD)]),
        ("they have left, and the stage after", BEFORE, AFTER, &[(0, NATSU), (300, NEW)]),
        ("there was none", &none_before, AFTER, &[(0, NATSU), (300, NEW)]),
        ("there is none any more", BEFORE, &none_after, &[(0, NATSU)]),
        ("the frozen one is still there", BEFORE, &old_stays, &[(0, NATSU), (300, ZEREF), (600, OLD)]),
        ("the frozen one has no way left", BEFORE, &unverified, &[(0, NATSU), (300, ZEREF), (600, ZEREF)]),
    ];
    for (what, before, after, expected) in rows {
        assert_eq!(paged(before, after).await, pages(expected), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_the_next_one_gets_the_safety_contact_in_force() {
    let world = World::with(BEFORE).await;
    world.ingest(alarm("web", "ALARM", 0)).await;
    world.pass(60).await;
    world.apply(AFTER).await;
    world.reply(NATSU, "escalate").await;
    world.pass(1).await;
    assert!(world.last_sms(NEW).starts_with("web"), "{}", world.last_sms(NEW));
    let id = world.incident().opening.id;
    let named = TimelineKind::LastResort { contact: Some(ContactAlias::new("new")) };
    assert!(world.timeline(&id).iter().any(|(_, event)| event.kind == named));
    world.reply(NATSU, "escalate").await;
    world.pass(1).await;
    assert_eq!(world.pages().iter().filter(|(_, _, to)| to == NEW).count(), 1, "they are asked already");
}
