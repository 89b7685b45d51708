//! Channels through the whole chain: what each kind carries, what hangs, what is reported, and what goes out of use.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use reveille_domain::{ChannelId, ChannelKind, ContactAlias, IncidentId, TimelineKind};
use reveille_engine::port::Table;
use reveille_engine::record::{ChannelStateRecord, ContactRecord, from_item};
use reveille_engine::{channel_state, key};
use reveille_local::{Letter, LetterChannel, Service};
use reveille_tests::{Fault, Local, SentMessage, Trouble, World, alarm};
use serde_json::Value;
use sha2::{Digest, Sha256};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// One contact with every kind of channel.
const EVERYTHING: &str = r#"
reveille: 1
defaults: { response_plan: page }
contacts:
  natsu:
    name: Natsu
    channels:
      sms:   { type: sms, address: "+84312712567", verified: true }
      mail:  { type: email, address: natsu@devopsvn.tech, verified: true }
      phone: { type: voice, address: "+84312712567", verified: true }
      hook:  { type: webhook, address: "https://pager.devopsvn.tech/in?team=web", secret: 0123456789abcdef0123456789abcdef, verified: true }
      slack: { type: slack, address: "https://hooks.slack.com/services/T0/B0/x", verified: true }
      teams: { type: teams, address: "https://prod-1.logic.azure.com:443/workflows/a?sig=b", verified: true }
response_plans:
  page: { incident: { impact: 1 }, stages: [ { engage: [natsu] } ] }
"#;

/// One contact who is paged by SMS, and by mail after five minutes.
const TWO_STEPS: &str = r#"
reveille: 1
defaults: { response_plan: page }
contacts:
  natsu:
    name: Natsu
    channels:
      sms:  { type: sms, address: "+84312712567", verified: true }
      mail: { type: email, address: natsu@devopsvn.tech, verified: true }
    engagement: [ { after: 0, channels: [sms] }, { after: 5, channels: [mail] } ]
response_plans:
  page: { incident: { impact: 1 }, stages: [ { engage: [natsu] } ] }
"#;

async fn opened(world: &World, name: &str) -> IncidentId {
    let answer = world.ingest(alarm(name, "ALARM", world.seconds())).await;
    IncidentId::new(answer["taken"][0]["opened"].as_str().unwrap())
}

/// One more that is no part of a storm: what follows closely on a page would wait for others of its plan.
async fn another(world: &World, name: &str) -> IncidentId {
    world.pass(31).await;
    opened(world, name).await
}

/// Who has been reached since the last look: channel and address.
fn since(world: &World, seen: &mut usize) -> Vec<(&'static str, String)> {
    let sent = world.sent();
    let new = sent[*seen..].iter().map(|message| (message.channel, message.to.clone())).collect();
    *seen = sent.len();
    new
}

fn first(world: &World, channel: &str) -> SentMessage {
    world.sent().into_iter().find(|message| message.channel == channel).unwrap()
}

fn sms() -> (&'static str, String) {
    ("sms", "+84312712567".to_owned())
}

fn mail() -> (&'static str, String) {
    ("email", "natsu@devopsvn.tech".to_owned())
}

fn operators() -> (&'static str, String) {
    ("operators", "operators".to_owned())
}

/// What the timeline says that somebody should know.
fn problems(world: &World, id: &IncidentId) -> Vec<String> {
    let events = world.timeline(id).into_iter();
    events
        .filter_map(|(_, event)| if let TimelineKind::Problem { text } = event.kind { Some(text) } else { None })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_of_failure_brings_the_next_channel_at_once_and_takes_a_dead_one_out_of_use() {
    let world = World::with(TWO_STEPS).await;
    let id = opened(&world, "web").await;
    let mut seen = 0;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [sms()]);

    let message = first(&world, "sms");
    world.report(&message, "TEXT_INVALID").await;
    world.pass(5).await;
    assert_eq!(
        since(&world, &mut seen),
        [mail(), operators(), mail()],
        "its owner, the operators, and the page itself"
    );
    let receipts = world.receipts(&id);
    let outcomes: Vec<&str> = receipts.iter().map(|(_, _, outcome)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["sent", "not_delivered", "sent"], "{receipts:?}");

    // The same report again changes nothing.
    world.report(&message, "TEXT_INVALID").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), []);
    assert_eq!(world.receipts(&id), receipts);

    // The next incident does not try the number at all, and says so.
    let next = another(&world, "api").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [mail()]);
    let said = problems(&world, &next);
    assert!(said[0].starts_with("`natsu` is not paged on `sms`: nothing there takes messages"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_brings_the_next_channel_and_takes_nothing_out_of_use() {
    let world = World::with(TWO_STEPS).await;
    opened(&world, "web").await;
    let mut seen = 0;
    world.pass(5).await;
    world.report(&first(&world, "sms"), "TEXT_CARRIER_UNREACHABLE").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [sms(), mail()]);
    another(&world, "api").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [sms()]);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_a_receipt_and_gates_nothing() {
    let world = World::with(TWO_STEPS).await;
    let id = opened(&world, "web").await;
    world.pass(5).await;
    world.report(&first(&world, "sms"), "TEXT_DELIVERED").await;
    world.pass(300).await;
    let outcomes: Vec<(String, String)> =
        world.receipts(&id).into_iter().map(|(_, channel, outcome)| (channel, outcome)).collect();
    let row = |channel: &str, outcome: &str| (channel.to_owned(), outcome.to_owned());
    assert_eq!(outcomes, [row("sms", "sent"), row("sms", "delivered"), row("mail", "sent")]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_in_use_again_once_its_address_changes_or_is_verified() {
    let world = World::with(TWO_STEPS).await;
    opened(&world, "web").await;
    world.pass(5).await;
    world.report(&first(&world, "sms"), "TEXT_BLOCKED").await;
    world.pass(5).await;

    let mut seen = world.sent().len();
    world.apply(&TWO_STEPS.replace("+84312712567", "+84312712568")).await;
    another(&world, "api").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [("sms", "+84312712568".to_owned())]);

    // The old number again: what is known of it still holds, until its owner proves that it works.
    world.apply(TWO_STEPS).await;
    another(&world, "db").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [mail()]);
    let (natsu, channel) = (ContactAlias::new("natsu"), ChannelId::new("sms"));
    let row = world.table.get(&key::contact(&natsu)).await.unwrap().unwrap();
    let contact: ContactRecord = from_item(&row).unwrap();
    let mark = contact.mark(&channel).unwrap().to_owned();
    let now = world.now();
    let verify = |state: &mut ChannelStateRecord| {
        state.verify(&channel, &mark, now);
        true
    };
    assert!(channel_state::change(world.engine(), &natsu, verify).await.unwrap());
    another(&world, "queue").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [sms()]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_noticed_when_the_provider_refuses_and_the_last_channel_is_paged_all_the_same() {
    let yaml = TWO_STEPS.replace("      mail: { type: email, address: natsu@devopsvn.tech, verified: true }\n", "");
    let world = World::with(&yaml.replace(", { after: 5, channels: [mail] }", "")).await;
    world.fail(Fault::channel(ChannelKind::Sms, Trouble::OptedOut));
    opened(&world, "web").await;
    let mut seen = 0;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [operators()]);
    world.heal(Fault::channel(ChannelKind::Sms, Trouble::OptedOut));
    let next = another(&world, "api").await;
    world.pass(5).await;
    assert_eq!(since(&world, &mut seen), [sms()], "a doubtful page beats none");
    let said = problems(&world, &next);
    assert!(said[0].starts_with("`natsu` has nothing better than `sms`, which may reach nobody"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_hangs_delays_no_other_channel_of_the_same_person() {
    let world = World::with(EVERYTHING).await;
    world.fail(Fault::channel(ChannelKind::Webhook, Trouble::Hangs));
    // Its SMS fails at first: another attempt must not wait for the webhook's lease either.
    world.fail(Fault::channel(ChannelKind::Sms, Trouble::Fails));
    let id = opened(&world, "web").await;
    world.pass(1).await;
    world.heal(Fault::channel(ChannelKind::Sms, Trouble::Fails));
    world.pass(5).await;
    let channels: Vec<(i64, &str)> = world
        .sent()
        .iter()
        .map(|message| (message.at.duration_since(reveille_tests::dawn()).as_secs(), message.channel))
        .collect();
    for wanted in [(0, "email"), (0, "voice"), (0, "slack"), (0, "teams"), (5, "sms")] {
        assert!(channels.contains(&wanted), "{wanted:?} in {channels:?}");
    }
    let orders = world.orders(&id);
    assert_eq!(orders.len(), 2, "a row for those who may hang and one for the others");
    assert_eq!(orders.iter().filter(|order| order.settled).count(), 1, "{orders:#?}");
}

#[tokio::test]
async fn every_kind_arrives_as_its_provider_would_bring_it() {
    let local = Local::with(EVERYTHING).await;
    let id = local.open(alarm("web-unhealthy-host", "ALARM", 0)).await;
    let channels = [
        LetterChannel::Sms,
        LetterChannel::Email,
        LetterChannel::Voice,
        LetterChannel::Webhook,
        LetterChannel::Slack,
        LetterChannel::Teams,
    ];
    let all = |letters: &[Letter]| channels.iter().all(|channel| letters.iter().any(|l| l.channel == *channel));
    let letters = local.letters("one of each kind", all).await;
    let one = |channel: LetterChannel| letters.iter().find(|letter| letter.channel == channel).unwrap();

    let call = one(LetterChannel::Voice);
    assert_eq!(call.text.matches("web unhealthy host").count(), 2, "{}", call.text);
    assert!(call.ssml.as_deref().unwrap().starts_with("<speak>"));

    let hook = one(LetterChannel::Webhook);
    assert_eq!(hook.to, "https://pager.devopsvn.tech/in?team=web");
    let signed = format!("{}.{}", hook.headers["reveille-timestamp"], hook.text);
    assert_eq!(hook.headers["reveille-signature"], format!("v1={}", hmac_sha256(SECRET, &signed)));
    let body: Value = serde_json::from_str(&hook.text).unwrap();
    assert_eq!((&body["kind"], &body["incident"]["id"]), (&"page".into(), &id.as_str().into()));
    let link = body["link"].as_str().unwrap();

    let slack: Value = serde_json::from_str(&one(LetterChannel::Slack).text).unwrap();
    assert_eq!(slack["blocks"][0]["type"], "header");
    let teams: Value = serde_json::from_str(&one(LetterChannel::Teams).text).unwrap();
    assert_eq!(teams["attachments"][0]["content"]["type"], "AdaptiveCard");

    // What was posted answers the page like any other link.
    let path = link.split_once("/a/").map(|(_, token)| format!("/a/{token}")).unwrap();
    assert_eq!(local.press(&path, "do=acknowledge").await.status, 200);
    local.incident_when(&id, |incident| incident.acknowledged.is_some()).await;
    local.invoke("ingest", alarm("web-unhealthy-host", "OK", 60)).await;
    let over = |letters: &[Letter]| letters.iter().filter(|letter| letter.text.contains("\"resolved\"")).count() == 1;
    let letters = local.letters("the webhook hears that it is over", over).await;
    assert_eq!(
        letters.iter().filter(|letter| letter.channel == LetterChannel::Voice).count(),
        1,
        "nobody is called for that"
    );

    // The call and the mail are reported of.
    local
        .line_when(&id, |line| line.channel.as_deref() == Some("voice") && line.outcome.as_deref() == Some("answered"))
        .await;
    local
        .line_when(&id, |line| line.channel.as_deref() == Some("email") && line.outcome.as_deref() == Some("delivered"))
        .await;
    let page = local.get("/inbox").await;
    assert!(page.body.contains("Microsoft Teams") && page.body.contains("As SSML"), "{}", page.body);
}

#[tokio::test]
async fn a_bounce_and_a_server_that_is_gone_take_their_channels_out_of_use() {
    let local = Local::with(EVERYTHING).await;
    local.world.stack.faults().decide_fate("natsu@devopsvn.tech", "Bounce");
    local.world.stack.faults().decide_fate("https://hooks.slack.com/services/T0/B0/x", "410");
    let id = local.open(alarm("web-unhealthy-host", "ALARM", 0)).await;
    let told = |letters: &[Letter]| {
        let notices = letters.iter().filter(|letter| letter.channel == LetterChannel::Operators);
        let subjects: Vec<&str> = notices.filter_map(|letter| letter.subject.as_deref()).collect();
        subjects.iter().any(|s| s.ends_with("on mail")) && subjects.iter().any(|s| s.ends_with("on slack"))
    };
    let letters = local.letters("the operators are told of both", told).await;
    let to_owner = |letter: &&Letter| letter.text.contains("no longer pages you on mail");
    let owner: Vec<LetterChannel> = letters.iter().filter(to_owner).map(|letter| letter.channel).collect();
    assert!(owner.contains(&LetterChannel::Sms) && !owner.contains(&LetterChannel::Voice), "{owner:?}");
    let refused = |line: &reveille_cli::timeline::Line| {
        line.channel.as_deref() == Some("slack") && line.outcome.as_deref() == Some("refused")
    };
    local.line_when(&id, refused).await;
    let leaks = letters.iter().filter(|letter| letter.channel == LetterChannel::Operators);
    assert!(leaks.into_iter().all(|letter| !letter.text.contains('@') && !letter.text.contains("https://")));
    assert!(local.world.stack.calls().count(Service::Outgoing, "hooks.slack.com") >= 1);
}

/// HMAC as RFC 2104 writes it, apart from the crate that signs.
fn hmac_sha256(key: &str, message: &str) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([pad(0x36).as_slice(), message.as_bytes()].concat());
    let outer = Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}
