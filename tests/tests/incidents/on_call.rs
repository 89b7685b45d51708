//! The example of a team around the world, from an alarm to the last one who is asked.

use reveille_local::LetterChannel;
use reveille_tests::{Local, World, alarm, dawn};

const ON_CALL: &str = include_str!("../../../examples/on-call.yaml");

const NATSU: &str = "+84312712567";
const IGNEEL: &str = "+15550102";
const BOB: &str = "+15550103";

/// Who has been reached when, in seconds, on which channel.
fn reached(world: &World, until_s: i64) -> Vec<(i64, &'static str, String)> {
    let at = |at: jiff::Timestamp| at.duration_since(dawn()).as_secs();
    let sent = world.sent().into_iter().filter(|message| at(message.at) < until_s);
    let mut reached: Vec<_> = sent.map(|message| (at(message.at), message.channel, message.to)).collect();
    reached.sort();
    reached
}

fn row(at: i64, channel: &'static str, to: &str) -> (i64, &'static str, String) {
    (at, channel, to.to_owned())
}

#[tokio::test(start_paused = true)]
async fn whoever_is_on_call_is_asked_and_called_until_somebody_else_is_asked() {
    // Monday, three in the morning in UTC: ten o'clock in Ho Chi Minh City, in Natsu's week.
    let world = World::with(ON_CALL).await;
    world.ingest(alarm("api-down", "ALARM", 0)).await;
    world.pass(601).await;
    let room = "https://hooks.example.com/services/team/incidents";
    assert_eq!(
        reached(&world, 601),
        [
            row(0, "email", "natsu@devopsvn.tech"),
            row(0, "slack", room),
            row(0, "sms", NATSU),
            row(120, "voice", NATSU),
            row(240, "voice", NATSU),
            row(360, "voice", NATSU),
            row(480, "voice", NATSU),
            // The second line is one of two, in turn; Natsu's phone rings on.
            row(600, "email", "igneel@example.com"),
            row(600, "sms", IGNEEL),
            row(600, "voice", NATSU),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_incident_asks_the_next_of_the_second_line() {
    let world = World::with(ON_CALL).await;
    for (name, second_line) in [("api-down", IGNEEL), ("shop-down", BOB), ("mail-down", IGNEEL)] {
        let began = world.now();
        world.ingest(alarm(name, "ALARM", world.seconds())).await;
        world.pass(660).await;
        let asked = world.sent().into_iter().filter(|message| message.at > began && message.channel == "sms");
        let asked: Vec<String> =
            asked.filter(|message| message.text.contains(name)).map(|message| message.to).collect();
        assert!(asked.contains(&second_line.to_owned()), "{name}: {asked:?}");
        let other = if second_line == IGNEEL { BOB } else { IGNEEL };
        assert!(!asked.contains(&other.to_owned()), "{name}: {asked:?}");
        world.ingest(alarm(name, "OK", world.seconds())).await;
        world.pass(3_600).await;
    }
}

#[tokio::test]
async fn the_same_through_the_aws_sdk_reaches_the_phone_the_mail_and_the_room() {
    let local = Local::with(ON_CALL).await;
    local.open(alarm("api-down", "ALARM", 0)).await;
    for (channel, to) in [
        (LetterChannel::Sms, NATSU),
        (LetterChannel::Email, "natsu@devopsvn.tech"),
        (LetterChannel::Slack, "https://hooks.example.com/services/team/incidents"),
    ] {
        local.letters(to, |letters| letters.iter().any(|letter| letter.channel == channel && letter.to == to)).await;
    }
}
