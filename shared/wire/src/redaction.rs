//! Keys that a request's body carries, taken out before its text is kept: whoever may read an incident must not be able to send
//! events in the name of its sender.

use serde_json::Value;

use crate::json::{self, text};

/// What stands where a key stood.
const MARK: &str = "…";

/// A routing key that opens nothing here may be PagerDuty's own. Shorter ones are no secrets, and would tear up other words.
const ROUTING_KEY_CHARACTERS_MIN: usize = 16;

/// A body without the key that let it in, and without the routing key that it names, however they are spelled there.
///
/// ```
/// let kept = reveille_wire::without_keys(r#"{"routing_key":"k\u0031","payload":"of k1"}"#, Some("k1"));
/// assert_eq!(kept, r#"{"payload":"of …","routing_key":"…"}"#);
/// ```
pub fn without_keys(body: &str, key: Option<&str>) -> String {
    if says_no_key(body, key) {
        return body.to_owned();
    }
    let value = json::embedded(body);
    let named = value.as_ref().and_then(|value| text(value, &["routing_key"]));
    let named = named.filter(|named| named.chars().count() >= ROUTING_KEY_CHARACTERS_MIN);
    let secrets: Vec<&str> = key.filter(|key| !key.is_empty()).into_iter().chain(named).collect();
    let kept = secrets.iter().fold(body.to_owned(), |kept, secret| kept.replace(secret, MARK));
    // JSON can spell each letter in two ways: where the text and its meaning disagree, the meaning is written anew.
    match value.as_ref().map(|value| hidden(value, &secrets)) {
        Some(hidden) if json::embedded(&kept).as_ref() != Some(&hidden) => hidden.to_string(),
        Some(_) | None => kept,
    }
}

/// Whether that can be told without reading the body, as of nearly every post: the key does not stand there letter by letter, and JSON
/// spells a letter in no other way than by `\u`.
fn says_no_key(body: &str, key: Option<&str>) -> bool {
    let key = key.unwrap_or_default();
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/'));
    is_plain && !body.contains("\\u") && !body.contains("routing_key") && (key.is_empty() || !body.contains(key))
}

/// The same value with a mark in the place of each secret.
fn hidden(value: &Value, secrets: &[&str]) -> Value {
    let hide = |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MARK));
    match value {
        Value::String(text) => Value::String(hide(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| hidden(item, secrets)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (hide(name), hidden(value, secrets))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_however_it_is_spelled_and_nothing_else_is_touched() {
        let key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
        let escaped: String = key.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        let other = "an-integration-key-of-pagerduty";
        let rows = [
            (format!(r#"{{ "a": 1.50, "routing_key": "{key}" }}"#), r#"{ "a": 1.50, "routing_key": "…" }"#.to_owned()),
            (format!(r#"{{"routing_key":"{escaped}"}}"#), r#"{"routing_key":"…"}"#.to_owned()),
            (format!(r#"{{"deep":[{{"{escaped}":"x{escaped}y"}}]}}"#), r#"{"deep":[{"…":"x…y"}]}"#.to_owned()),
            (format!(r#"{{"routing_key":"{other}","k":"{key}"}}"#), r#"{"routing_key":"…","k":"…"}"#.to_owned()),
            (r#"{"routing_key":"short"}"#.to_owned(), r#"{"routing_key":"short"}"#.to_owned()),
            (format!("plain text with {key}"), "plain text with …".to_owned()),
            (format!(r#"{{ "broken": "{key}" "#), r#"{ "broken": "…" "#.to_owned()),
            (r#"{"n": 1}"#.to_owned(), r#"{"n": 1}"#.to_owned()),
        ];
        for (body, expected) in rows {
            assert_eq!(without_keys(&body, Some(key)), expected, "{body}");
        }
        // A letter that JSON may write with a backslash alone.
        assert_eq!(without_keys(r#"{"k":"a\/b"}"#, Some("a/b")), r#"{"k":"…"}"#);
        assert_eq!(without_keys("nothing to hide", None), "nothing to hide");
        assert_eq!(without_keys("nothing to hide", Some("")), "nothing to hide");
    }
}
