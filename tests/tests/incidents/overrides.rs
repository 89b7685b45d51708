//! Overrides made at run time, from the command to the phone that rings: on the functions' own handlers, in virtual time.

use jiff::SignedDuration;
use reveille_cli::apply::{self, ApplyError};
use reveille_cli::configuration;
use reveille_cli::installed::Applied;
use reveille_cli::overrides::{News, OverrideError, Wanted, for_people, lines, make, tell, withdraw};
use reveille_domain::{Change, ContactAlias, Made, ScheduleAlias, Withdrawn};
use reveille_tests::{World, alarm, dawn};

const NATSU: &str = "+15550111";
const BOB: &str = "+15550112";

const ONE_SCHEDULE: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+15550111", verified: true }
      phone: { type: voice, address: "+15550111", verified: true }
    engagement: [ { after: 0, channels: [sms] } ]
  bob:
    name: Bob
    channels: { sms: { type: sms, address: "+15550112", verified: true }, mail: { type: email, address: bob@example.com } }
  zeref: { name: Zeref, channels: { sms: { type: sms, address: "+15550113", verified: true } } }
schedules:
  primary:
    rotations:
      - { name: always, time_zone: UTC, start: 2026-01-01T00:00:00, every: { weeks: 1 }, members: [natsu] }
response_plans:
  everything: { stages: [ { engage: [ { schedule: primary } ] } ] }
"#;

fn wanted(from_h: i64, to_h: i64, remove: &str, add: &str) -> Wanted {
    let hour = |hours: i64| dawn() + SignedDuration::from_hours(hours);
    let change = Change::Replace { remove: ContactAlias::new(remove), add: ContactAlias::new(add) };
    Wanted {
        schedule: ScheduleAlias::new("primary"),
        start: hour(from_h),
        end: hour(to_h),
        changes: vec![change],
        reason: "a fever".to_owned(),
    }
}

/// Whom a new incident pages, by their numbers.
async fn paged(world: &World, name: &str) -> Vec<String> {
    // After a while in which the plan was silent, a page waits for no other.
    world.pass(400).await;
    let before = world.pages().len();
    world.ingest(alarm(name, "ALARM", world.seconds())).await;
    world.pass(2).await;
    world.pages().split_off(before).into_iter().map(|(_, _, to)| to).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_in_is_paged_from_now_on_and_the_other_one_again_afterwards() {
    let world = World::with(ONE_SCHEDULE).await;
    assert_eq!(paged(&world, "before").await, [NATSU]);
    let (made, ..) = make(world.engine(), &wanted(0, 2, "natsu", "bob")).await.expect("it is made");
    assert!(matches!(made, Made::Now(_)), "{made:?}");
    assert_eq!(paged(&world, "during").await, [BOB]);
    world.apply(&ONE_SCHEDULE.replace("name: Zeref", "name: Zeref the Black")).await;
    assert_eq!(paged(&world, "after an edit of the configuration").await, [BOB]);
    world.pass(2 * 3_600).await;
    assert_eq!(paged(&world, "afterwards").await, [NATSU]);

    let table = world.engine().table();
    let schedules = Applied::read(table).await.expect("it is there").schedules().await.expect("it can be read");
    let history = &schedules[&ScheduleAlias::new("primary")];
    let on_call = |minutes: i64| history.on_call(dawn() + SignedDuration::from_mins(minutes)).expect("it is kept");
    assert_eq!([on_call(-60), on_call(60), on_call(121)].concat(), ["natsu", "bob", "natsu"].map(ContactAlias::new));
}

#[tokio::test(start_paused = true)]
async fn both_are_told_and_nobody_is_called_for_it() {
    let world = World::with(ONE_SCHEDULE).await;
    let wanted = wanted(1, 9, "natsu", "bob");
    let (made, _, after) = make(world.engine(), &wanted).await.expect("it is made");
    let Made::Now(made) = made else { panic!("{made:?}") };
    for _ in 0..2 {
        let told = tell(world.engine(), after.current(), &made, News::Made).await.expect("they are told");
        assert_eq!(told, ["bob", "natsu"]);
    }
    world.pass(1).await;
    let sent: Vec<(&str, String)> = world.sent().into_iter().map(|message| (message.channel, message.to)).collect();
    assert_eq!(sent.len(), 2, "each once, however often the command is repeated: {sent:?}");
    assert!(sent.iter().all(|(channel, _)| *channel == "sms"), "{sent:?}");
    assert_eq!(
        world.last_sms(BOB),
        "You are on call whenever natsu would be. That is for primary, from Mon 2026-11-23 04:00 +00:00 until Mon \
         2026-11-23 12:00 +00:00. Reason: a fever"
    );
    assert!(world.last_sms(NATSU).starts_with("Whenever you would be on call, bob is."), "{}", world.last_sms(NATSU));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_taken_back_is_gone_and_the_same_again_makes_no_second_one() {
    let world = World::with(ONE_SCHEDULE).await;
    let engine = world.engine();
    let (made, ..) = make(engine, &wanted(1, 9, "natsu", "bob")).await.expect("it is made");
    let Made::Now(made) = made else { panic!("{made:?}") };
    let (again, ..) = make(engine, &wanted(1, 9, "natsu", "bob")).await.expect("it is there");
    assert_eq!(again, Made::Before(made.clone()));
    let schedules = || async {
        Applied::read(engine.table()).await.expect("it is there").schedules().await.expect("it can be read")
    };
    let listed = for_people(&lines(schedules().await.values(), world.now(), false));
    assert!(
        listed.contains(made.id.as_str()) && listed.contains("bob instead of natsu") && listed.contains("ahead"),
        "{listed}"
    );
    let (schedule, withdrawn) = withdraw(engine, made.id.as_str()).await.expect("it is there");
    assert_eq!((schedule.alias().as_str(), withdrawn), ("primary", Withdrawn::Gone(made.clone())));
    assert!(lines(schedules().await.values(), world.now(), true).is_empty());
    let missing = withdraw(engine, made.id.as_str()).await;
    assert!(matches!(missing, Err(OverrideError::NoOverride(_))), "{missing:?}");
    world.pass(2 * 3_600).await;
    assert_eq!(paged(&world, "after that").await, [NATSU]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_without_whoever_stands_in_is_not_applied() {
    let world = World::with(ONE_SCHEDULE).await;
    let (made, ..) = make(world.engine(), &wanted(0, 2, "natsu", "zeref")).await.expect("it is made");
    let Made::Now(made) = made else { panic!("{made:?}") };
    let without = ONE_SCHEDULE.lines().filter(|line| !line.contains("zeref")).collect::<Vec<_>>().join("\n");
    let without = configuration::parse(&without, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    let table = world.engine().table();
    let refused = apply::apply(table, &without, world.now()).await.expect_err("they would page nobody");
    assert!(matches!(&refused, ApplyError::StandsIn { id, .. } if *id == made.id), "{refused}");
    assert!(refused.to_string().contains(&format!("reveille override remove {}", made.id)), "{refused}");
    withdraw(world.engine(), made.id.as_str()).await.expect("it is there");
    apply::apply(table, &without, world.now() + SignedDuration::from_secs(1))
        .await
        .expect("nothing is in its way any more");
}
