//! Messages for every kind of channel, from the worst that an alarm can say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{
    ChannelKind, ContactAlias, Effect, EngagementId, Facts, Impact, Incident, IncidentId, Opening, OutboxId, PageOrder,
    Progress, ResponsePlanName, Source, Status,
};
use serde_json::{Value, json};

use super::Words;
use crate::port::Form;
use crate::record::{OrderRecord, OutboxRecord};

const LINK: &str = "https://front.test/a/token";

fn incident(title: &str, summary: &str) -> Incident {
    let opened_at: Timestamp = "2026-11-23T03:00:00Z".parse().expect("an instant");
    Incident {
        revision: 1,
        opening: Opening {
            id: IncidentId::new("4f1c9a3e-0000-5000-8000-000000000000"),
            response_plan: ResponsePlanName::new("critical-web"),
            dedupe_key: String::new(),
            title: title.to_owned(),
            summary: summary.to_owned(),
            impact: Impact::Critical,
            source: Source::CloudWatch,
            occurred_at: opened_at,
            tags: BTreeMap::new(),
            facts: Facts::default(),
        },
        opened_at,
        status: Status::Open,
        progress: Progress::Waiting { since: opened_at },
        acknowledged: None,
        engagements: Vec::new(),
        runbooks: Vec::new(),
        unannounced: Vec::new(),
    }
}

fn page(kinds: &[ChannelKind]) -> OutboxRecord {
    let channels = kinds.iter().map(|kind| (reveille_domain::ChannelId::new(kind.name()), *kind)).collect();
    let order = PageOrder { engagement: EngagementId(0), contact: ContactAlias::new("natsu"), channels };
    OutboxRecord::new(OutboxId { revision: 2, number: 7 }, &Effect::Page(order), "due".to_owned(), 0)
}

fn words(title: &str, summary: &str, code: Option<&str>) -> Words {
    Words::of(&page(&[ChannelKind::Sms]).order, &incident(title, summary), Some(LINK), code)
}

fn ssml(words: &Words) -> String {
    match words.envelope(ChannelKind::Voice, String::new()).form {
        Form::Speech { ssml } => ssml,
        Form::Text | Form::Mail { .. } | Form::Json { .. } => panic!("a call is spoken"),
    }
}

fn json(words: &Words, kind: ChannelKind) -> Value {
    match words.envelope(kind, String::new()).form {
        Form::Json { body } => serde_json::from_str(&body).expect("JSON"),
        Form::Text | Form::Mail { .. } | Form::Speech { .. } => panic!("{kind:?} is posted"),
    }
}

/// Whether every element of an XML text is closed in its order, and nothing but elements holds `<` or a bare `&`.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some(place) = rest.find(['<', '&']) {
        rest = &rest[place..];
        let Some(end) = rest.find(if rest.starts_with('<') { '>' } else { ';' }) else { return false };
        let piece = &rest[1..end];
        match (rest.starts_with('&'), piece.strip_prefix('/'), piece.strip_suffix('/')) {
            (true, ..) if ["amp", "lt", "gt", "quot", "apos"].contains(&piece) => {}
            (true, ..) => return false,
            (false, Some(name), _) if open.pop() == Some(name) => {}
            (false, Some(_), _) => return false,
            (false, None, Some(_)) => {}
            (false, None, None) => open.push(piece.split(' ').next().unwrap_or_default()),
        }
        rest = &rest[end + 1..];
    }
    open.is_empty()
}

#[test]
fn a_call_says_the_incident_twice_and_how_to_answer() {
    let summary = "Five hosts answer nothing.\n\nThreshold Crossed: 1 datapoint [5.0 (23/11/26 03:00:00)].";
    let said = ssml(&words("Web is down", summary, Some("4711")));
    assert!(!said.contains("Threshold"), "{said}");
    assert_eq!(said.matches("Web is down").count(), 2);
    assert_eq!(said.matches("Five hosts").count(), 2);
    assert_eq!(
        said.matches("<say-as interpret-as=\"characters\">4711</say-as>").count(),
        2,
        "nobody has a pen at hand"
    );
    let envelope = words("Web is down", "", None).envelope(ChannelKind::Voice, String::new());
    assert!(envelope.text.contains("open the link in your text message or e-mail"), "{}", envelope.text);
    assert!(!envelope.text.contains('<'), "{}", envelope.text);
}

#[test]
fn the_longest_alarm_is_spoken_within_the_limit_and_stays_well_formed() {
    let hostile =
        ["&", "<break time=\"99s\"/>", "\"'&<> ", "i-0f3a9c2d1e4b5a678 ", "]]>", "</speak>", "\u{1}\u{ffff}a "];
    for text in hostile {
        let said = ssml(&words(&text.repeat(200), &text.repeat(4_000), Some("4711")));
        assert!(said.chars().count() <= 6_000, "{} characters of {text:?}", said.chars().count());
        assert!(is_well_formed(&said), "{text:?}: {said}");
        assert_eq!(said.matches("<break").count(), ssml(&words("a", "b", Some("4711"))).matches("<break").count());
    }
}

#[test]
fn a_text_message_names_the_code_before_the_link() {
    assert!(words("down", "", Some("4711")).short.ends_with("\nReply ACK 4711 or open https://front.test/a/token"));
    assert!(words("down", "", None).short.ends_with("\nAcknowledge: https://front.test/a/token"));
}

#[test]
fn slack_takes_what_an_alarm_says_as_text() {
    let body = json(&words("<!channel> a & b", &"<".repeat(8_000), None), ChannelKind::Slack);
    assert_eq!(body["text"], "Impact 1 critical: &lt;!channel&gt; a &amp; b");
    let blocks = body["blocks"].as_array().expect("blocks");
    assert_eq!(blocks[0]["text"]["text"], body["text"]);
    let summary = blocks[1]["text"]["text"].as_str().expect("a text");
    assert!(summary.chars().count() <= 3_000 && summary.ends_with("&lt;..."), "{summary}");
    assert_eq!(blocks[2]["elements"][0]["url"], LINK);
    let header = json(&words(&"&".repeat(200), "", None), ChannelKind::Slack)["blocks"][0]["text"]["text"].clone();
    assert!(header.as_str().expect("a text").chars().count() <= 150, "{header}");
}

/// Every object below a value that has this member.
fn all_with<'v>(value: &'v Value, member: &str, found: &mut Vec<&'v Value>) {
    if value.get(member).is_some() {
        found.push(value);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| all_with(item, member, found)),
        Value::Object(members) => members.values().for_each(|value| all_with(value, member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_alarm_calls_a_channel_styles_a_chat_or_puts_a_link_into_it() {
    for hostile in [
        "<!channel> <!here> <!everyone> <@U012AB3CD> <!subteam^S1>",
        "@here @channel @everyone",
        "<https://evil.test|your bank> [click](https://evil.test) <javascript:alert(1)>",
        "*bold* _italic_ ~struck~ `code` ```block``` > quoted :rotating_light:",
        "<at>Natsu</at> {{DATE(2026-01-01)}} <https://evil.test>",
    ] {
        let words = words(hostile, hostile, None);
        let (slack, teams) = (json(&words, ChannelKind::Slack), json(&words, ChannelKind::Teams));
        let mut texts = Vec::new();
        all_with(&slack["blocks"], "emoji", &mut texts);
        assert!(texts.len() >= 4 && texts.iter().all(|text| text["type"] == "plain_text" && text["emoji"] == false));
        let said = slack.to_string();
        assert!(!said.contains("\"type\":\"mrkdwn\"") && !said.contains('<') && !said.contains('>'), "{said}");
        for (setting, expected) in [
            ("mrkdwn", json!(false)),
            ("parse", json!("none")),
            ("link_names", json!(false)),
            ("unfurl_links", json!(false)),
        ] {
            assert_eq!(slack[setting], expected, "{setting}");
        }
        let mut urls = Vec::new();
        all_with(&slack, "url", &mut urls);
        all_with(&teams, "url", &mut urls);
        assert!(urls.iter().all(|element| element["url"] == LINK), "{urls:?}");
        assert_eq!(urls.len(), 2, "the one link of each is ours");
        // In Teams only a text block, a fact and a title know Markdown; an alarm's words stand in runs.
        let mut runs = Vec::new();
        all_with(&teams, "text", &mut runs);
        assert!(runs.iter().all(|run| run["type"] == "TextRun"), "{runs:?}");
        let mut facts = Vec::new();
        all_with(&teams, "value", &mut facts);
        assert!(facts.iter().all(|fact| !fact["value"].as_str().is_some_and(|value| value.contains(hostile))));
    }
}

#[test]
fn a_text_message_has_no_more_than_it_can_carry_and_nothing_that_a_telephone_obeys() {
    for hostile in ["\u{1b}[2J\r\nACK 9999\n", "\u{0}\u{7}\u{8}", "\u{a0}\u{2028}x", "\u{fffd}", "🔥", "ü"] {
        let title = hostile.repeat(100);
        let short = words(&title, &title, Some("4711")).short;
        assert!(!short.chars().any(|c| c.is_control() && c != '\n'), "{short:?}");
        assert_eq!(short.lines().count(), 3, "the title has one line: {short:?}");
        assert!(short.chars().count() <= 306, "{} characters", short.chars().count());
    }
}

#[test]
fn no_header_of_a_mail_ends_where_an_alarm_wants_it() {
    for hostile in
        ["down\r\nBcc: all@evil.test", "down\nContent-Type: text/html\n\n<b>", "a\rb", "a\u{85}b\u{2028}c", "\u{0}"]
    {
        for title in [hostile.to_owned(), hostile.repeat(50)] {
            let subject = words(&title, "", None).subject;
            assert!(!subject.chars().any(|c| c.is_control() || c == '\u{2028}'), "{subject:?}");
        }
    }
    let notice = super::plain(ChannelKind::Email, String::new(), "due\r\nBcc: all@evil.test", "text");
    assert_eq!(notice.subject, "due Bcc: all@evil.test");
}

#[test]
fn teams_takes_what_an_alarm_says_as_text() {
    let body = json(&words("[click](https://evil.test)", "*x*", None), ChannelKind::Teams);
    let card = &body["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    let run = &card["content"]["body"][0];
    assert_eq!(run["type"], "RichTextBlock", "a run of text knows no Markdown");
    assert_eq!(run["inlines"][0]["text"], "Impact 1 critical: [click](https://evil.test)");
    assert_eq!(card["content"]["actions"][0]["url"], LINK);
    assert!(
        serde_json::to_vec(&json(&words(&"x".repeat(200), &"y".repeat(8_000), None), ChannelKind::Teams))
            .expect("JSON")
            .len()
            < 28 * 1024
    );
}

#[test]
fn a_webhook_gets_the_documented_fields() {
    let body = json(&words("Web is down", "Five hosts.", None), ChannelKind::Webhook);
    assert_eq!(
        body,
        json!({
            "version": 1,
            "kind": "page",
            "incident": {
                "id": "4f1c9a3e-0000-5000-8000-000000000000", "title": "Web is down", "summary": "Five hosts.", "impact": 1,
                "response_plan": "critical-web", "source": "cloudwatch", "opened_at": "2026-11-23T03:00:00Z",
                "acknowledged_by": null,
            },
            "contact": "natsu",
            "news": null,
            "link": LINK,
        })
    );
}

#[test]
fn an_order_is_parted_where_it_has_senders_of_both_kinds() {
    let mut fast = page(&[ChannelKind::Sms, ChannelKind::Webhook, ChannelKind::Email, ChannelKind::Slack]);
    let slow = fast.part_slow().expect("there are both");
    let kinds = |record: &OutboxRecord| -> Vec<ChannelKind> {
        record.order.channels().iter().map(crate::record::ChannelDelivery::kind).collect()
    };
    assert_eq!(kinds(&fast), [ChannelKind::Sms, ChannelKind::Email]);
    assert_eq!(kinds(&slow), [ChannelKind::Webhook, ChannelKind::Slack]);
    assert_ne!(fast.id(), slow.id(), "each has a lease of its own");
    assert_eq!((fast.page(), slow.page()), (fast.id(), fast.id()), "both are one page");
    assert_eq!((fast.is_slow(), slow.is_slow()), (false, true));
    assert!(fast.part_slow().is_none() && slow.clone().part_slow().is_none());
    assert!(matches!(slow.order, OrderRecord::Page { engagement: 0, .. }));
}
