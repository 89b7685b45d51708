//! Instants in every way that senders write them.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

/// An epoch number above this is milliseconds: as seconds it would be the year 5138.
const EPOCH_SECONDS_MAX: i64 = 100_000_000_000;

/// Reads RFC 3339 (also with `+0000`, without a colon), RFC 1123 (`Tue, 29 Aug 2023 03:13:27 GMT`) and epoch seconds
/// or milliseconds, as a number or as text. `None` for anything else.
pub(crate) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => from_text(text.trim()),
        Value::Number(number) => from_epoch(number.as_i64()?),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn from_text(text: &str) -> Option<Timestamp> {
    // AWS Health's own examples name the wrong day of the week.
    static RFC_1123: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    if let Ok(instant) = RFC_1123.parse_timestamp(text) {
        return Some(instant);
    }
    from_epoch(text.parse().ok()?)
}

fn from_epoch(number: i64) -> Option<Timestamp> {
    if number.abs() > EPOCH_SECONDS_MAX {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_read_in_every_form() {
        let rows = [
            (json!("2023-08-04T12:56:46.138+0000"), Some("2023-08-04T12:56:46.138Z")),
            (json!("2021-01-07T08:38:00.032813093Z"), Some("2021-01-07T08:38:00.032813093Z")),
            (json!("2021-10-12T09:51:03.157076+02:00"), Some("2021-10-12T07:51:03.157076Z")),
            (json!("Tue, 29 Aug 2023 03:13:27 GMT"), Some("2023-08-29T03:13:27Z")),
            (json!("Sat, 05 Jun 2016 15:10:09 GMT"), Some("2016-06-05T15:10:09Z")),
            (json!("Mon, 5 Dec 2016 18:40:08 -0800"), Some("2016-12-06T02:40:08Z")),
            (json!(" 2026-03-08T19:04:12Z "), Some("2026-03-08T19:04:12Z")),
            (json!(1_659_687_279), Some("2022-08-05T08:14:39Z")),
            (json!("1659687279885"), Some("2022-08-05T08:14:39.885Z")),
            (json!("0001-01-01T00:00:00Z"), Some("0001-01-01T00:00:00Z")),
            (json!("<rfc3339>"), None),
            (json!("12/02/19 15:44:00"), None),
            (json!(i64::MAX), None),
            (json!({}), None),
        ];
        for (value, expected) in rows {
            let expected = expected.map(|text| text.parse::<Timestamp>().unwrap());
            assert_eq!(read(&value), expected, "{value}");
        }
    }
}
