//! When something in a script happens: after how long, or at which instant.

use jiff::{SignedDuration, Timestamp};

use super::limits::DAYS_MAX;
use crate::configuration::error::Code;
use crate::configuration::node::Node;
use crate::configuration::reader::Reader;

const FORMS: &str =
    "write a time like `5m`, `90s`, `1h30m`, `2d` or `1:30` (minutes and seconds), or a number of seconds";

/// Milliseconds of each unit, longest first. The short forms are what the document shows.
const UNITS: [(&[&str], f64); 5] = [
    (&["d", "day", "days"], 86_400_000.0),
    (&["h", "hr", "hour", "hours"], 3_600_000.0),
    (&["m", "min", "mins", "minute", "minutes"], 60_000.0),
    (&["s", "sec", "secs", "second", "seconds"], 1_000.0),
    (&["ms"], 1.0),
];

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
    let moment = match (duration_of(written), written.parse::<Timestamp>()) {
        (Some(after), _) => begins.checked_add(after).ok(),
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
    let duration = duration_of(written);
    if duration.is_none() {
        reader.wrong(node.at, Code::InvalidValue, format!("{what} cannot be `{written}`"), FORMS);
    }
    duration
}

/// `1h30m`, `5 minutes`, `90`: numbers with units, longest first, each at most once; a lone number is seconds. `1:30` is as
/// transcripts show it, and a `+` says that it is a time since the beginning, which it is anyway.
pub(crate) fn duration_of(written: &str) -> Option<SignedDuration> {
    let mut rest = written.trim();
    rest = rest.strip_prefix('+').unwrap_or(rest);
    if let Some((minutes, seconds)) = rest.split_once(':') {
        let whole = |text: &str| number(text).filter(|_| !text.contains('.'));
        let seconds = whole(seconds).filter(|amount| seconds.len() == 2 && *amount < 60.0)?;
        return milliseconds((whole(minutes)? * 60.0 + seconds) * 1_000.0);
    }
    if let Some(seconds) = number(rest) {
        return milliseconds(seconds * 1_000.0);
    }
    let mut units = UNITS.iter();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount = number(&rest[..digits])?;
        rest = rest[digits..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = rest[..end].to_ascii_lowercase();
        let (_, factor) = units.find(|(names, _)| names.contains(&unit.as_str()))?;
        total += amount * factor;
        rest = rest[end..].trim_start();
    }
    if written.trim().trim_start_matches('+').is_empty() { None } else { milliseconds(total) }
}

fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| plain)
}

/// A thousandth of a second is the finest time that is kept; a million years is long enough.
fn milliseconds(total: f64) -> Option<SignedDuration> {
    let inside = (0.0..3.2e16).contains(&total);
    #[expect(clippy::cast_possible_truncation, reason = "the range has just been checked")]
    inside.then(|| SignedDuration::from_millis(total.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let rows = [
            ("0", Some(0)),
            ("90", Some(90_000)),
            ("1.5", Some(1_500)),
            ("0s", Some(0)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("5 minutes", Some(300_000)),
            ("1 hour 5 min", Some(3_900_000)),
            ("1.5h", Some(5_400_000)),
            ("250ms", Some(250)),
            ("30m1h", None),
            ("5m5m", None),
            ("5x", None),
            ("-5m", None),
            ("m", None),
            ("", None),
            ("0:05", Some(5_000)),
            ("90:00", Some(5_400_000)),
            ("+5m", Some(300_000)),
            ("+1:30", Some(90_000)),
            ("1:5", None),
            ("1:75", None),
            ("1:30:00", None),
            (":30", None),
            ("++5m", None),
            ("+", None),
            ("1.2.3s", None),
            ("999999999999999d", None),
        ];
        for (written, expected) in rows {
            let read = duration_of(written).map(|duration| duration.as_millis());
            assert_eq!(read, expected, "{written}");
        }
    }
}
