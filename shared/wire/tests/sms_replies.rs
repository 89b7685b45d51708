//! What people type to answer a page, and what it means.

use proptest::prelude::*;
use reveille_wire::{Reply, Which, read_inbound_sms, read_reply};
use serde_json::json;

fn codes(codes: &[&str]) -> Which {
    Which::Codes(codes.iter().map(|code| (*code).to_owned()).collect())
}

fn all_of(code: &str) -> Which {
    Which::AllOf(code.to_owned())
}

#[test]
fn replies_mean_what_their_writers_meant() {
    use Reply::{Acknowledge, Escalate, Help, Resolve, Snooze, Start, Stop, Unclear};
    use Which::{All, Only};
    let one = || codes(&["1234"]);
    let rows: Vec<(&str, Reply)> = vec![
        ("1234", Acknowledge(one())),
        ("ACK 1234", Acknowledge(one())),
        ("ack1234", Acknowledge(one())),
        ("1234 ack", Acknowledge(one())),
        ("1234a", Acknowledge(one())),
        ("Ack.", Acknowledge(Only)),
        ("ack", Acknowledge(Only)),
        ("a", Acknowledge(Only)),
        ("A", Acknowledge(Only)),
        (" \"Ack 1234!\" ", Acknowledge(one())),
        ("“ack” 1234", Acknowledge(one())),
        ("OK", Acknowledge(Only)),
        ("Acknowledged, thanks", Acknowledge(Only)),
        ("ack #1234 please", Acknowledge(one())),
        ("12 34", Acknowledge(one())),
        ("12-34", Acknowledge(one())),
        ("１２３４", Acknowledge(one())),
        ("ａｃｋ　１２３４", Acknowledge(one())),
        ("١٢٣٤", Acknowledge(one())),
        ("👍 1234", Acknowledge(one())),
        ("ack 1234 👍🏽\u{fe0f}", Acknowledge(one())),
        ("ack\u{200b} 1234\u{feff}", Acknowledge(one())),
        ("12345678", Acknowledge(codes(&["12345678"]))),
        ("ack 1234 5678", Acknowledge(codes(&["1234", "5678"]))),
        ("ack 1234, 5678", Acknowledge(codes(&["1234", "5678"]))),
        ("1a", Acknowledge(codes(&["1"]))),
        ("ack 12", Acknowledge(codes(&["12"]))),
        ("ack all", Acknowledge(All)),
        ("all", Acknowledge(All)),
        ("AckAll", Acknowledge(All)),
        ("aa", Acknowledge(All)),
        ("1234aa", Acknowledge(all_of("1234"))),
        ("1234 all", Acknowledge(all_of("1234"))),
        ("resolve 1234", Resolve(one())),
        ("r 1234", Resolve(one())),
        ("1234r", Resolve(one())),
        ("1234c", Resolve(one())),
        ("Resolved", Resolve(Only)),
        ("fixed it", Resolve(Only)),
        ("resolve all", Resolve(All)),
        ("escalate", Escalate(Only)),
        ("e 1234", Escalate(one())),
        ("snooze", Snooze(Only, None)),
        ("snooze 30", Snooze(Only, Some(30))),
        ("Snooze for 30 min", Snooze(Only, Some(30))),
        ("snooze 30m 1234", Snooze(one(), Some(30))),
        ("1234 snooze 2h", Snooze(one(), Some(120))),
        ("snooze 1234", Snooze(one(), None)),
        ("snooze 99999999999999999999h", Unclear),
        ("help", Help),
        ("HELP!", Help),
        ("stop", Stop),
        ("STOP ALL", Stop),
        ("unsubscribe", Stop),
        ("start", Start),
        ("UNSTOP", Start),
        // What others had written below, and what telephones put there.
        ("ack 1234\n\n> web-unhealthy-host\n> Or reply 5678", Acknowledge(one())),
        ("Ack\nOn Mon, Nov 23, 2026, Reveille wrote:\n1234", Acknowledge(Only)),
        ("ack\n1234", Acknowledge(one())),
        ("ack 1234\nSent from my telephone", Acknowledge(one())),
        ("\n\n  ack 1234", Acknowledge(one())),
        // Sentences are no answers, whatever they begin with.
        ("a mess, calling you", Unclear),
        ("I am driving and will see your message later", Unclear),
        ("do not ack 1234", Unclear),
        ("ack resolve 1234", Unclear),
        ("stop paging me about 1234", Unclear),
        ("stop 1234", Unclear),
        ("ack 30 min", Unclear),
        ("snooze 10 20 30", Unclear),
        ("Liked “web-unhealthy-host 1234”", Unclear),
        ("", Unclear),
        ("???", Unclear),
        ("👍", Unclear),
        ("> ack 1234", Unclear),
    ];
    for (typed, meaning) in rows {
        assert_eq!(read_reply(typed), meaning, "{typed:?}");
    }
}

#[test]
fn more_codes_than_an_answer_has_are_no_answer() {
    let codes: Vec<String> = (1000..1011).map(|code| code.to_string()).collect();
    assert_eq!(read_reply(&codes.join(" ")), Reply::Unclear);
    assert_eq!(read_reply(&codes[..10].join(" ")), Reply::Acknowledge(Which::Codes(codes[..10].to_vec())));
}

#[test]
fn an_sms_is_found_in_whatever_carries_it() {
    let sms = json!({ "originationNumber": "+14255550182", "destinationNumber": "+12125550101", "messageKeyword": "K",
        "messageBody": "ack 1234", "inboundMessageId": "cae173d2", "previousPublishedMessageId": "w" });
    let topic = json!({ "Type": "Notification", "MessageId": "m-1", "TopicArn": "t", "Message": sms.to_string() });
    let carriers = [
        sms.clone(),
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": topic }] }),
        json!({ "Records": [{ "eventSource": "aws:sqs", "messageId": "q-1", "body": topic.to_string() }] }),
        json!({ "Records": [{ "eventSource": "aws:sqs", "messageId": "q-1", "body": sms.to_string() }] }),
    ];
    for carrier in carriers {
        let read = read_inbound_sms(&carrier);
        assert_eq!(read.len(), 1, "{carrier}");
        assert_eq!(
            (&*read[0].from, &*read[0].body, &*read[0].id),
            ("+14255550182", "ack 1234", "cae173d2"),
            "{carrier}"
        );
        assert!(!format!("{read:?}").contains("+1425"), "a number reaches no log");
    }
    for none in [json!({}), json!({ "originationNumber": "VERIZON", "messageBody": "x", "inboundMessageId": "i" })] {
        assert_eq!(read_inbound_sms(&none), []);
    }
}

proptest! {
    #[test]
    fn no_reply_is_too_strange_to_be_read(typed in any::<String>()) {
        read_reply(&typed);
    }

    #[test]
    fn a_code_is_read_from_whatever_stands_around_it(
        code in "[1-9][0-9]{3,7}",
        before in "[ \"'“(#.,!👍]{0,6}",
        after in "[ \"'”).,!👍\n]{0,6}",
        verb in prop::sample::select(vec!["", "ack ", "ACK", "Ack: ", "a "]),
    ) {
        prop_assert_eq!(read_reply(&format!("{before}{verb}{code}{after}")), Reply::Acknowledge(codes(&[&code])));
    }
}
