//! What people send to the two-way number, and the events that bring it.

use reveille_wire::{Reply, Which, read_inbound_sms, read_reply};
use serde_json::Value;

/// Codes of one reply, and characters of one of them: a reply is at most two SMS.
const CODES_MAX: usize = 10;
const CODE_CHARACTERS_MAX: usize = 306;

pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    reply(&text);
    let Ok(event) = serde_json::from_str::<Value>(&text) else { return };
    for sms in read_inbound_sms(&event) {
        assert!(sms.from.len() <= 16 && sms.from[1..].bytes().all(|byte| byte.is_ascii_digit()), "E.164");
        let shown = format!("{sms:?}");
        assert!(!shown.contains(&sms.from), "no number is shown by accident");
        reply(&sms.body);
    }
}

fn reply(text: &str) {
    let read = read_reply(text);
    for code in codes(&read) {
        assert!(!code.is_empty() && code.chars().count() <= CODE_CHARACTERS_MAX, "{code:?}");
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code:?}");
    }
    assert!(codes(&read).len() <= CODES_MAX, "{read:?}");
    if text.is_ascii() {
        assert_eq!(read_reply(&text.to_ascii_lowercase()), read_reply(&text.to_ascii_uppercase()), "{text:?}");
    }
    if let Some(written) = written(&read) {
        assert_eq!(read_reply(&written), read, "{text:?} means {written:?}");
    }
}

fn codes(reply: &Reply) -> &[String] {
    match reply {
        Reply::Acknowledge(which) | Reply::Resolve(which) | Reply::Snooze(which, _) | Reply::Escalate(which) => {
            match which {
                Which::Codes(codes) => codes,
                Which::AllOf(code) => std::slice::from_ref(code),
                Which::Only | Which::All => &[],
            }
        }
        Reply::Help | Reply::Stop | Reply::Start | Reply::Unclear => &[],
    }
}

/// The plainest words for a reply; what stands in two SMS and no more is not written.
fn written(reply: &Reply) -> Option<String> {
    let text = match reply {
        Reply::Acknowledge(which) => named("ack", which),
        Reply::Resolve(which) => named("resolve", which),
        Reply::Escalate(which) => named("escalate", which),
        Reply::Snooze(which, None) => named("snooze", which),
        // Four digits would be a code.
        Reply::Snooze(which, Some(minutes)) if *minutes >= 1_000 => {
            format!("{} {} h", named("snooze", which), minutes / 60)
        }
        Reply::Snooze(which, Some(minutes)) => format!("{} {minutes} min", named("snooze", which)),
        Reply::Help => "help".to_owned(),
        Reply::Stop => "stop".to_owned(),
        Reply::Start => "start".to_owned(),
        Reply::Unclear => return None,
    };
    (text.chars().count() <= CODE_CHARACTERS_MAX).then_some(text)
}

fn named(verb: &str, which: &Which) -> String {
    match which {
        Which::Only => verb.to_owned(),
        Which::All => format!("{verb} all"),
        Which::AllOf(code) => format!("{verb} all {code}"),
        // Two short numbers beside each other would be one code in two groups.
        Which::Codes(codes) => match codes.as_slice() {
            [one, other] => format!("{one} {verb} {other}"),
            codes => format!("{verb} {}", codes.join(" ")),
        },
    }
}
