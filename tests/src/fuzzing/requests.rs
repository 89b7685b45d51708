//! Requests over HTTP as API Gateway hands them to a function: written like HTTP, a line with method, path and query, headers, an empty
//! line, the body.

use reveille_wire::{EventShape, HttpRequest, pagerduty_refusal, read_page_form, read_webhook, shape, without_keys};
use serde_json::{Map, Value, json};

use super::payload;

/// What a refusal may say: it quotes nothing of what was sent.
const REFUSAL_BYTES_MAX: usize = 2_000;

pub(super) fn run(input: &[u8]) {
    let (head, body) = parts(input);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Map<String, Value> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().into()))
        .collect();
    let said = String::from_utf8_lossy(body).into_owned();
    for in_base64 in [false, true] {
        let event = json!({
            "requestContext": { "http": { "method": method, "path": path }, "requestId": "r-1" },
            "rawPath": path, "rawQueryString": query, "headers": headers, "isBase64Encoded": in_base64,
            "body": if in_base64 { base64(body) } else { said.clone() },
        });
        let EventShape::Http(request) = shape(&event) else { panic!("it is a request") };
        assert_eq!(request.body, said, "a body is not lost over its wrapping");
        check(&request);
    }
    // Whatever else claims to be an event.
    if let Ok(event) = serde_json::from_slice::<Value>(input)
        && let EventShape::Http(request) = shape(&event)
    {
        check(&request);
    }
}

/// The head, and what stands behind the first empty line.
fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    let place = input.windows(2).position(|pair| pair == b"\n\n");
    place.map_or((input, &[][..]), |place| (&input[..place], &input[place + 2..]))
}

fn check(request: &HttpRequest) {
    let key = request.webhook_key();
    assert!(key.is_none_or(|key| !key.is_empty() && key.trim() == key), "{key:?}");
    kept_without(&request.body, key);
    let form = read_page_form(&request.body);
    assert!(form.pressed.is_none_or(|pressed| !pressed.contains('&') && request.body.contains(pressed)), "{form:?}");
    assert!(form.seen.is_none_or(|seen| request.body.contains(&format!("{seen}"))), "{form:?}");
    match pagerduty_refusal(&request.body) {
        Some(refusal) => {
            assert_eq!(refusal.status, 400);
            assert!(refusal.body.len() <= REFUSAL_BYTES_MAX, "{}", refusal.body);
            assert!(serde_json::from_str::<Value>(&refusal.body).is_ok(), "{}", refusal.body);
        }
        None => assert_eq!(read_webhook(&request.body, "r-1", super::now()).len(), 1),
    }
    payload::check(&request.body, "ours", || read_webhook(&request.body, &request.request_id, super::now()));
}

/// No key of plain letters is left in what is kept, neither in the text nor in what the text means.
fn kept_without(body: &str, key: Option<&str>) {
    let kept = without_keys(body, key);
    let Some(key) = key.filter(|key| key.is_ascii()) else { return };
    assert!(!kept.contains(key), "the key is left in {kept:?}");
    if let Ok(value) = serde_json::from_str::<Value>(&kept) {
        let texts_hold = holds(&value, key);
        assert!(!texts_hold || !value.is_object(), "the key is left in the meaning of {kept:?}");
    }
}

fn holds(value: &Value, key: &str) -> bool {
    match value {
        Value::String(text) => text.contains(key),
        Value::Array(items) => items.iter().any(|item| holds(item, key)),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains(key) || holds(value, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The other direction of what `wire` decodes; RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = |group: &[u8]| {
        let bits =
            group.iter().enumerate().fold(0_u32, |bits, (place, byte)| bits | u32::from(*byte) << (16 - 8 * place));
        let letter = move |place: usize| char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63]);
        (0..4).map(move |place| if place <= group.len() { letter(place) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(letters).collect()
}
