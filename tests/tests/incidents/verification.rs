//! Verifying a channel by a code, from the order to the first page that goes there, in virtual time.

use reveille_domain::{ChannelId, ContactAlias, TimelineKind};
use reveille_engine::verification::{RANDOM_BYTES, VerificationError, send_code, take_code};
use reveille_tests::{World, alarm};

const BOB: &str = "+15550113";

/// Bob's mail is vouched for, his telephone is not.
const ONE_TO_VERIFY: &str = r#"
reveille: 1
defaults: { response_plan: everything }
contacts:
  bob:
    name: Bob
    channels:
      sms: { type: sms, address: "+15550113" }
      mail: { type: email, address: bob@example.com, verified: true }
    engagement: [ { after: 0, channels: [sms, mail] } ]
response_plans:
  everything: { stages: [ { engage: [bob] } ] }
"#;

fn bob() -> ContactAlias {
    ContactAlias::new("bob")
}

fn sms() -> ChannelId {
    ChannelId::new("sms")
}

async fn send(world: &World, random: u8) -> Result<(), VerificationError> {
    send_code(world.engine(), &bob(), &sms(), [random; RANDOM_BYTES]).await
}

async fn take(world: &World, typed: &str) -> Result<(), VerificationError> {
    take_code(world.engine(), &bob(), &sms(), typed).await
}

/// Has a code sent and reads it on Bob's telephone.
async fn code(world: &World, random: u8) -> String {
    send(world, random).await.expect("a code is sent");
    world.pass(1).await;
    let text = world.last_sms(BOB);
    text.chars().take_while(char::is_ascii_digit).collect()
}

/// The channels that a new incident pages Bob on.
async fn paged_on(world: &World, name: &str) -> Vec<&'static str> {
    let before = world.sent().len();
    world.ingest(alarm(name, "ALARM", world.seconds())).await;
    world.pass(1).await;
    let mut channels: Vec<&str> = world.sent()[before..].iter().map(|message| message.channel).collect();
    channels.sort_unstable();
    channels
}

fn problems(world: &World) -> Vec<String> {
    let events = world.incidents().into_iter().flat_map(|incident| world.timeline(&incident.opening.id));
    events
        .filter_map(|(_, event)| if let TimelineKind::Problem { text } = event.kind { Some(text) } else { None })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_paged_from_its_verification_on_and_before_the_timeline_says_why_not() {
    let world = World::with(ONE_TO_VERIFY).await;
    assert_eq!(paged_on(&world, "before").await, ["email"]);
    let why = "`bob` is not paged by sms, which is not verified: `reveille verify bob sms`";
    assert_eq!(problems(&world), [why]);
    world.pass(400).await;
    let code = code(&world, 7).await;
    assert_eq!(code.len(), 6);
    take(&world, &format!(" {code}\n")).await.expect("it is the code");
    assert_eq!(paged_on(&world, "after").await, ["email", "sms"]);
    assert_eq!(problems(&world).len(), 1);
    let again = take(&world, &code).await;
    assert!(matches!(again, Err(VerificationError::NoCode)), "a code is good for once: {again:?}");
    let again = send(&world, 8).await;
    assert!(matches!(again, Err(VerificationError::AlreadyVerified(..))), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_address_is_unverified_again() {
    let world = World::with(ONE_TO_VERIFY).await;
    let first = code(&world, 7).await;
    take(&world, &first).await.expect("it is the code");
    world.apply(&ONE_TO_VERIFY.replace(BOB, "+15550114")).await;
    assert_eq!(paged_on(&world, "after").await, ["email"]);
    world.apply(ONE_TO_VERIFY).await;
    world.pass(400).await;
    assert_eq!(paged_on(&world, "back").await, ["email", "sms"], "what was known of this address holds again");
}

#[tokio::test(start_paused = true)]
async fn a_code_for_one_address_does_not_verify_another() {
    let world = World::with(ONE_TO_VERIFY).await;
    let code = code(&world, 7).await;
    world.apply(&ONE_TO_VERIFY.replace(BOB, "+15550114")).await;
    let taken = take(&world, &code).await;
    assert!(matches!(taken, Err(VerificationError::OtherAddress)), "{taken:?}");
}

/// The order of the first code is kept for fourteen days; the second code is another order.
#[tokio::test(start_paused = true)]
async fn another_address_is_verified_soon_after_the_first_with_a_code_of_its_own() {
    let world = World::with(ONE_TO_VERIFY).await;
    let first = code(&world, 7).await;
    take(&world, &first).await.expect("it is the code");
    let moved = "+15550114";
    world.apply(&ONE_TO_VERIFY.replace(BOB, moved)).await;
    let soon = send(&world, 8).await;
    assert!(matches!(soon, Err(VerificationError::OnItsWay(_))), "a code that was taken counts too: {soon:?}");
    assert!(matches!(take(&world, &first).await, Err(VerificationError::NoCode)));
    world.pass(60).await;
    send(&world, 8).await.expect("a code is sent");
    world.pass(1).await;
    let second: String = world.last_sms(moved).chars().take_while(char::is_ascii_digit).collect();
    assert_ne!(first, second);
    take(&world, &second).await.expect("it is the code");
    assert_eq!(paged_on(&world, "after").await, ["email", "sms"]);
}

#[tokio::test(start_paused = true)]
async fn five_wrong_codes_void_the_right_one() {
    let world = World::with(ONE_TO_VERIFY).await;
    let code = code(&world, 7).await;
    for left in (1..5).rev() {
        let taken = take(&world, "000000").await;
        assert!(matches!(taken, Err(VerificationError::Wrong(n)) if n == left), "{taken:?}");
    }
    assert!(matches!(take(&world, "000000").await, Err(VerificationError::Spent)));
    assert!(matches!(take(&world, &code).await, Err(VerificationError::Spent)));
    assert_eq!(paged_on(&world, "after").await, ["email"]);
}

#[tokio::test(start_paused = true)]
async fn codes_expire_and_are_sent_a_minute_apart_and_three_an_hour() {
    let world = World::with(ONE_TO_VERIFY).await;
    let first = code(&world, 7).await;
    assert!(matches!(send(&world, 8).await, Err(VerificationError::OnItsWay(59))));
    world.pass(600).await;
    assert!(matches!(take(&world, &first).await, Err(VerificationError::Expired)));
    let second = code(&world, 8).await;
    assert_ne!(first, second);
    assert!(matches!(take(&world, &first).await, Err(VerificationError::Wrong(4))), "an older code is a wrong one");
    world.pass(60).await;
    let third = code(&world, 9).await;
    world.pass(60).await;
    assert!(matches!(send(&world, 10).await, Err(VerificationError::HourIsFull(_))));
    take(&world, &third).await.expect("the newest code still works");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_said_by_name() {
    let world = World::with(ONE_TO_VERIFY).await;
    let random = [1; RANDOM_BYTES];
    let error = send_code(world.engine(), &ContactAlias::new("bib"), &sms(), random).await.unwrap_err();
    assert!(error.to_string().contains("no contact `bib`"), "{error}");
    let error = send_code(world.engine(), &bob(), &ChannelId::new("fax"), random).await.unwrap_err();
    assert!(error.to_string().contains("no channel `fax`; their channels are sms, mail"), "{error}");
    assert!(matches!(take(&world, "123456").await, Err(VerificationError::NoCode)));
}

/// In clear a code stands in its order until that is sent, and nowhere else; nobody is told of an incident by it.
#[tokio::test(start_paused = true)]
async fn no_code_is_kept_once_it_is_sent() {
    let world = World::with(ONE_TO_VERIFY).await;
    let code = code(&world, 7).await;
    for (key, row) in world.table.rows() {
        assert!(!serde_json::to_string(&row).expect("JSON").contains(&code), "{key:?}");
    }
    assert!(world.incidents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_code_leaves_by_the_tick_where_no_queue_is_told() {
    let world = World::with(ONE_TO_VERIFY).await;
    world.fail(reveille_tests::Fault::Queues);
    send(&world, 7).await.expect("it is ordered all the same");
    world.pass(60).await;
    assert!(world.last_sms(BOB).contains("is the code for bob's sms"), "{}", world.last_sms(BOB));
}
