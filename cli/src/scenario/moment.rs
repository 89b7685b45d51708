//! When something in a script happens: after how long, or at which instant.

use jiff::{SignedDuration, Timestamp};

use super::limits::DAYS_MAX;
use crate::configuration::error::Code;
use crate::configuration::node::Node;
use crate::configuration::reader::Reader;
use crate::duration;

const FORMS: &str =
    "write a time like `5m`, `90s`, `1h30m`, `2d` or `1:30` (minutes and seconds), or a number of seconds";

/// Reads `start:`, the instant at which the script begins.
pub(super) fn start(reader: &mut Reader, node: &Node) -> Option<Timestamp> {
    let written = reader.text(node, "`start`")?;
    let instant = written.parse().ok();
    if instant.is_none() {
        let message = format!("`start` cannot be `{written}`");
        reader.wrong(node.at, Code::InvalidValue, message, "write an instant like 2026-11-23T03:00:00Z");
    }
    instant
}

/// Reads `at:`: a time since the beginning, or an instant where the file says when it begins.
pub(super) fn at(reader: &mut Reader, node: &Node, begins: Timestamp, says_when: bool) -> Option<Timestamp> {
    let written = reader.text(node, "`at`")?;
    let moment = match (after(written), written.parse::<Timestamp>()) {
        (Some(time), _) => begins.checked_add(time).ok(),
        (None, Ok(instant)) if says_when => Some(instant),
        (None, Ok(_)) => {
            let message = "`at` is an instant, and the file does not say when it begins";
            reader.wrong(
                node.at,
                Code::InvalidValue,
                message,
                "write `start:` with an instant, or a time like `5m` here",
            );
            return None;
        }
        (None, Err(_)) => {
            reader.wrong(node.at, Code::InvalidValue, format!("`at` cannot be `{written}`"), FORMS);
            return None;
        }
    };
    let last = begins.saturating_add(SignedDuration::from_hours(24 * DAYS_MAX)).unwrap_or(Timestamp::MAX);
    let inside = moment.filter(|moment| (begins..=last).contains(moment));
    if inside.is_none() {
        let message = format!("`{written}` is before the beginning, or more than {DAYS_MAX} days after it");
        reader.wrong(node.at, Code::OutOfRange, message, FORMS);
    }
    inside
}

/// Reads a span of time.
pub(super) fn duration(reader: &mut Reader, node: &Node, what: &str) -> Option<SignedDuration> {
    let written = reader.text(node, what)?;
    let duration = after(written);
    if duration.is_none() {
        reader.wrong(node.at, Code::InvalidValue, format!("{what} cannot be `{written}`"), FORMS);
    }
    duration
}

/// A duration; a lone number is seconds, `1:30` is minutes and seconds as transcripts show them, and a `+` says that it is a time
/// since the beginning, which it is anyway.
pub(crate) fn after(written: &str) -> Option<SignedDuration> {
    let written = written.trim();
    let written = written.strip_prefix('+').unwrap_or(written);
    if let Some((minutes, seconds)) = written.split_once(':') {
        let whole = |text: &str| duration::number(text).filter(|_| !text.contains('.'));
        let in_a_minute = whole(seconds).filter(|amount| seconds.len() == 2 && *amount < 60.0)?;
        return duration::of_seconds(whole(minutes)? * 60.0 + in_a_minute);
    }
    if written.starts_with('+') {
        return None;
    }
    duration::number(written).map_or_else(|| duration::read(written), duration::of_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them_into_scripts() {
        let rows = [
            ("0", Some(0)),
            ("90", Some(90_000)),
            ("1.5", Some(1_500)),
            ("5m", Some(300_000)),
            (" 1h 30m ", Some(5_400_000)),
            ("250ms", Some(250)),
            ("-5m", None),
            ("", None),
            ("0:05", Some(5_000)),
            ("90:00", Some(5_400_000)),
            ("+5m", Some(300_000)),
            ("+90", Some(90_000)),
            ("+1:30", Some(90_000)),
            ("1:5", None),
            ("1:75", None),
            ("1:30:00", None),
            (":30", None),
            ("++5m", None),
            ("+", None),
            ("1.2.3", None),
        ];
        for (written, expected) in rows {
            assert_eq!(after(written).map(|after| after.as_millis()), expected, "{written}");
        }
    }
}
