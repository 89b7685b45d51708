//! What somebody sends who means no good: too large, too deep, no text at all, or text that wants to be more than text. Nothing of it
//! is lost, nothing of it gets through, and everybody else is paged as ever.

use reveille_cli::configuration::{hash_webhook_key, parse_bytes};
use reveille_cli::import::export::Export;
use reveille_domain::IncidentId;
use reveille_engine::key;
use reveille_local::{Letter, LetterChannel};
use reveille_tests::{Local, THREE_ENGINEERS, World, batch_of, request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const NATSU: &str = "+84312712567";

fn three_engineers_with_a_webhook() -> String {
    format!("{THREE_ENGINEERS}\nwebhooks: {{ ours: {{ keys: [\"{}\"] }} }}\n", hash_webhook_key(KEY))
}

fn repeated(text: &str, times: usize) -> String {
    text.repeat(times)
}

/// Bodies of a post, each with what makes it hostile.
fn bodies() -> Vec<(&'static str, String)> {
    let deep_but_valid = format!("{}{}", repeated("[", 100), repeated("]", 100));
    let many_keys: String = (0..20_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let wrapped = (0..10).fold("{\"title\":\"inside\"}".to_owned(), |inner, _| json!({ "Message": inner }).to_string());
    vec![
        ("a bomb of lists", repeated("[", 100_000)),
        ("a bomb of objects", repeated("{\"a\":", 100_000)),
        ("lists as deep as they are read", deep_but_valid),
        ("six megabytes of one letter", repeated("a", 6_000_000)),
        ("a megabyte of a title", json!({ "title": repeated("b", 1_000_000) }).to_string()),
        ("a megabyte of blanks", repeated(" ", 1_000_000)),
        ("twenty thousand fields", format!("{{{many_keys}\"title\":\"many\"}}")),
        ("envelopes in envelopes", wrapped),
        ("NUL and other controls", "{\"title\":\"a\\u0000b\",\"description\":\"\\u0007\\u001b[2J\"}".to_owned()),
        ("half of a pair", "{\"title\":\"\\ud800\"}".to_owned()),
        ("a number beyond all numbers", "{\"title\":\"n\",\"value\":1e999999}".to_owned()),
        ("the same key twice", "{\"title\":\"one\",\"title\":\"two\"}".to_owned()),
        ("a plan that nobody has", json!({ "title": "p", "response_plan": repeated("p", 100_000) }).to_string()),
        ("a key and a cause of their own", json!({ "title": "k", "id": repeated("k", 100_000) }).to_string()),
        ("nothing", String::new()),
    ]
}

/// The raw text that is kept of the only incident, with its length and its hash.
fn raw(world: &World) -> Value {
    let mut rows = world.table.rows_where(|key| key.sk == "RAW#0");
    assert_eq!(rows.len(), 1, "one incident");
    Value::from(rows.remove(0))
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(start_paused = true)]
async fn whatever_is_posted_with_a_key_is_taken_and_pages_somebody() {
    for (what, body) in bodies() {
        let world = World::with(&three_engineers_with_a_webhook()).await;
        let answer = world.post(&format!("/webhook/{KEY}"), &body).await;
        assert_eq!(answer["statusCode"], 202, "{what}: {answer}");
        let raw = raw(&world);
        assert_eq!((&raw["bytes"], &raw["sha256"]), (&json!(body.len()), &json!(sha256(&body))), "{what}");
        let kept = raw["text"].as_str().expect("a text");
        assert!(body.starts_with(kept) && kept.len() <= 64 * 1024, "{what}");
        world.pass(5).await;
        assert!(!world.pages().is_empty(), "{what}: somebody is paged");
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_are_taken_all_the_same() {
    // Latin-1, a cut UTF-8 sequence, UTF-16, and base64 that is none.
    for body in ["//7/gA==", "eyJ0aXRsZSI6IsPDw8Mi", "/v8AYQBiAGM=", "this is not base64 !"] {
        let world = World::with(&three_engineers_with_a_webhook()).await;
        let mut event = request("POST", &format!("/webhook/{KEY}"), "");
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(true);
        assert_eq!(world.ingest(event).await["statusCode"], 202, "{body}");
        world.pass(5).await;
        assert!(!world.pages().is_empty(), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_pagerduty_would_refuse_is_refused_in_few_words_however_large_it_is() {
    let world = World::with(&three_engineers_with_a_webhook()).await;
    for (what, body) in bodies() {
        let answer = world.post("/v2/enqueue", &body).await;
        assert_eq!(answer["statusCode"], 400, "{what}");
        let said = answer["body"].as_str().expect("a body");
        assert!(said.len() < 2_000 && said.contains("invalid event"), "{what}: {said}");
    }
    assert!(world.incidents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_of_the_failure_queue_opens_an_incident_whatever_is_in_it() {
    for (what, body) in bodies() {
        let world = World::with(THREE_ENGINEERS).await;
        let answer = world.ingest(batch_of(&body)).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{what}");
        assert_eq!(raw(&world)["bytes"], json!(body.len()), "{what}");
    }
}

/// As many labels and resources as a message holds, each as long as it may be, in letters that take four bytes.
fn swollen(text: &str) -> Value {
    let long = text.repeat(3_000);
    let labels: serde_json::Map<String, Value> = (0..200).map(|n| (format!("{n} {long}"), json!(long))).collect();
    json!({ "detail-type": "Swollen", "source": "test.swollen", "account": "1", "region": format!("us-{}-1", "a".repeat(300_000)),
        "id": "swollen", "time": "2026-11-23T02:59:00Z",
        "resources": (0..200).map(|n| format!("{n}{long}")).collect::<Vec<_>>(),
        "detail": { "title": long, "description": text.repeat(20_000), "tags": labels, "labels": labels } })
}

#[tokio::test(start_paused = true)]
async fn an_event_that_fills_its_incident_to_the_brim_is_paged_through_every_stage() {
    let attributes: serde_json::Map<String, Value> = (0..300)
        .map(|n| (format!("label-{n}"), json!({ "Type": "String", "Value": "\u{1f525}".repeat(2_000) })))
        .collect();
    let notification = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Type": "Notification", "MessageId": "m",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": "swollen attributes",
        "MessageAttributes": attributes } }] });
    let labels = swollen("\u{1f525}")["detail"].clone();
    for event in [swollen("\u{1f525}"), swollen("ü"), swollen("\""), labels, notification] {
        let world = World::with(THREE_ENGINEERS).await;
        world.ingest(event).await;
        world.pass(3_600).await;
        let incident = world.incident();
        assert!(!incident.opening.summary.contains("could not be stored"), "it is stored with what it may have");
        assert!(
            incident.opening.facts.0.values().all(|value| !value.contains(char::is_control) || value.contains('\n'))
        );
        let paged: std::collections::BTreeSet<String> = world.pages().into_iter().map(|(_, _, to)| to).collect();
        assert!(paged.len() >= 3, "everybody on the plan is asked: {paged:?}");
        world.acknowledge(NATSU).await;
        assert!(world.incident().acknowledged.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn lists_within_lists_make_no_more_signals_than_one_list() {
    let world = World::with(&three_engineers_with_a_webhook()).await;
    let inner: Vec<Value> = (0..499).map(|n| json!({ "title": format!("t{n}"), "id": n })).collect();
    let body = json!([inner, inner, inner, [inner, inner], 1, 2, 3]).to_string();
    let answer = world.post(&format!("/webhook/{KEY}"), &body).await;
    let signals: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(signals["signals"], 501, "500, and one that counts the rest");
}

#[test]
fn a_configuration_that_is_a_bomb_is_refused_with_its_reason() {
    let laughs = (0..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let refers = [format!("*a{n}").as_str()].repeat(9).join(",");
        text + &format!("a{}: &a{} [{refers}]\n", n + 1, n + 1)
    });
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("aliases of aliases", laughs.into_bytes(), "ALIAS_EVENTS_MAX"),
        ("lists in lists", repeated("[", 100_000).into_bytes(), "DEPTH_MAX"),
        ("mappings in mappings", repeated("{a: ", 100_000).into_bytes(), "DEPTH_MAX"),
        ("blocks in blocks", repeated("- ", 100_000).into_bytes(), "DEPTH_MAX"),
        ("brackets that are closed", [repeated("[", 50_000), repeated("]", 50_000)].concat().into_bytes(), "DEPTH_MAX"),
        ("an alias of itself", b"a: &a [*a]\n".to_vec(), "not YAML"),
        ("more than a megabyte", repeated("# comment\n", 110_000).into_bytes(), "FILE_BYTES_MAX"),
        ("no text", vec![0xff, 0xfe, 0x00], "UTF-8"),
        ("NUL", b"reveille: 1\0\n".to_vec(), "not YAML"),
        ("one long line", repeated("a", 1_000_000).into_bytes(), "a mapping"),
    ];
    for (what, bytes, why) in rows {
        let mistakes = parse_bytes(&bytes, "bomb.yaml").expect_err(what).to_string();
        assert!(mistakes.contains(why), "{what}: {}", &mistakes[..mistakes.len().min(500)]);
        assert!(mistakes.len() < 4_000, "{what}: {} bytes are said", mistakes.len());
    }
}

#[test]
fn an_export_of_another_system_that_is_a_bomb_is_refused() {
    for bomb in [repeated("[", 200_000), format!("{{\"users\":{}", repeated("{\"a\":", 200_000)), "\u{0}".to_owned()] {
        assert!(Export::parse(&bomb).is_err());
    }
}

/// One contact on every kind of channel.
fn everywhere() -> String {
    let hash = hash_webhook_key(KEY);
    format!(
        r#"
reveille: 1
defaults: {{ response_plan: all }}
contacts:
  natsu:
    name: Natsu
    channels:
      sms: {{ type: sms, address: "{NATSU}", verified: true }}
      mail: {{ type: email, address: natsu@devopsvn.tech, verified: true }}
      phone: {{ type: voice, address: "{NATSU}", verified: true }}
      hook: {{ type: webhook, address: "https://pager.devopsvn.tech/hook", verified: true }}
      slack: {{ type: slack, address: "https://hooks.slack.com/services/T0", verified: true }}
      teams: {{ type: teams, address: "https://teams.devopsvn.tech/hook", verified: true }}
response_plans:
  all: {{ incident: {{ title: "{{{{ title }}}}" }}, stages: [{{ engage: [natsu] }}] }}
webhooks: {{ ours: {{ keys: ["{hash}"] }} }}
"#
    )
}

/// Everything that a place which shows text may take for more than text.
const HOSTILE: &str = "</p><script>alert(1)</script><img src=x onerror=alert(2)> \"'&  <!channel> @here [x](javascript:alert(3)) \
                       {{ title }} =HYPERLINK(\"https://evil.test\") </speak><break time=\"99s\"/> \u{1b}]0;owned\u{7} \r\nBcc: \
                       all@evil.test\r\n\r\n\u{202e}gnp.exe \u{0}";

fn letter(letters: &[Letter], channel: LetterChannel) -> &Letter {
    letters.iter().find(|letter| letter.channel == channel).unwrap_or_else(|| panic!("a letter by {channel:?}"))
}

#[tokio::test]
async fn text_of_an_alarm_is_text_on_every_channel_and_on_the_page() {
    let local = Local::with(&everywhere()).await;
    let event = json!({ "title": HOSTILE, "description": HOSTILE, "id": HOSTILE, "tags": { HOSTILE: HOSTILE } });
    assert_eq!(local.post(&format!("/webhook/{KEY}"), &event).await.status, 202);
    local.letters("all six", |letters| letters.len() >= 6).await;
    let letters = local.world.stack.inbox().letters();
    for letter in &letters {
        let shown = [Some(&letter.text), letter.subject.as_ref(), letter.html.as_ref()];
        for text in shown.into_iter().flatten() {
            let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}';
            assert!(!text.contains(obeyed), "{:?}: {text:?}", letter.channel);
        }
        assert!(!letter.subject.as_deref().unwrap_or_default().contains('\n'), "a header is one line");
    }
    let mail = letter(&letters, LetterChannel::Email).html.clone().expect("a mail has HTML");
    let page = local.get(&local.link(NATSU)).await.body;
    for html in [&mail, &page] {
        assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
        for markup in ["<script", "<img", "onerror=\"", "href=\"javascript", "</speak>"] {
            assert!(!html.contains(markup), "{markup} in {html}");
        }
    }
    let links = |html: &str| html.matches("href=").count();
    assert_eq!((links(&mail), links(&page)), (1, 0), "the only link is the button of the mail");
    let ssml = letter(&letters, LetterChannel::Voice).ssml.clone().expect("a call has SSML");
    assert_eq!(ssml.matches("</speak>").count(), 1, "{ssml}");
    assert!(!ssml.contains("99s\""), "{ssml}");
    assert!(!letter(&letters, LetterChannel::Slack).text.contains("<!channel>"));
    let sms = &letter(&letters, LetterChannel::Sms).text;
    assert!(sms.chars().count() <= 306, "two messages: {sms}");
}

#[tokio::test(start_paused = true)]
async fn a_form_and_a_reply_of_megabytes_are_read_as_what_they_begin_with() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(reveille_tests::alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(5).await;
    let link = world.link(NATSU).expect("a link");
    let form = format!("do=snooze&seen={}&x={}", "9".repeat(100_000), "a".repeat(5_000_000));
    assert_eq!(world.visit("POST", &link, &form).await["statusCode"], 200);
    world.reply(NATSU, &format!("ack {}", "1".repeat(5_000_000))).await;
    world.reply(NATSU, &"resolve ".repeat(500_000)).await;
    world.pass(5).await;
    assert!(world.incident().is_open(), "neither names the incident");
    let id = world.incident().opening.id;
    assert!(timeline_bytes(&world, &id) < 20_000, "nothing of it is kept");
    assert!(world.last_sms(NATSU).chars().count() < 1_000);
}

fn timeline_bytes(world: &World, id: &IncidentId) -> usize {
    let rows = world.table.rows_in(&key::partition(id), "EVENT#");
    rows.iter().map(|row| Value::from(row.clone()).to_string().len()).sum()
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_webhook_stands_in_no_row_however_its_sender_spells_it() {
    let world = World::with(&three_engineers_with_a_webhook()).await;
    let escaped: String = KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let event = |key: &str, title: &str| {
        format!(
            "{{\"routing_key\":\"{key}\",\"event_action\":\"trigger\",\"payload\":{{\"summary\":\"{title} {key}\",\"source\":\"s\",\
             \"severity\":\"error\",\"custom_details\":{{\"{key}\":\"{key}\"}}}}}}"
        )
    };
    for (path, body) in [
        ("/v2/enqueue".to_owned(), event(KEY, "plain")),
        ("/v2/enqueue".to_owned(), event(&escaped, "escaped")),
        (format!("/webhook/{KEY}"), event("an-integration-key-of-pagerduty", "foreign")),
        (format!("/webhook/{KEY}"), format!("my key is {KEY}")),
    ] {
        let answer = world.post(&path, &body).await;
        assert_eq!(answer["statusCode"], 202, "{answer}");
    }
    assert_eq!(world.incidents().len(), 4);
    for (key, row) in world.table.rows() {
        let text = format!("{key:?} {}", Value::from(row));
        // As text of JSON, in which a backslash is two.
        for secret in [KEY, &escaped.replace('\\', "\\\\"), "an-integration-key"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
