//! Lengths of time as people type them, on the command line and in scripts: `90m`, `1h30m`, `2 days`.
//!
//! A lone number is none: whether it is seconds or hours, only the place where it stands could say.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// What an argument that is none is told.
pub(crate) const FORM: &str = "a length of time, for example 8h, 90m, 1h30m or 2d";

/// Milliseconds of each unit, longest first. The short forms are what the documents show.
const UNITS: [(&[&str], f64); 6] = [
    (&["w", "week", "weeks"], 604_800_000.0),
    (&["d", "day", "days"], 86_400_000.0),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000.0),
    (&["m", "min", "mins", "minute", "minutes"], 60_000.0),
    (&["s", "sec", "secs", "second", "seconds"], 1_000.0),
    (&["ms"], 1.0),
];

/// A million years is long enough.
const MILLISECONDS_MAX: f64 = 3.2e16;

/// An argument: any length but none at all.
pub(crate) fn argument(text: &str) -> Result<SignedDuration, String> {
    read(text).filter(SignedDuration::is_positive).ok_or_else(|| FORM.to_owned())
}

/// Numbers with units, longest first, each at most once; or the form of ISO 8601, `PT8H`.
pub(crate) fn read(text: &str) -> Option<SignedDuration> {
    with_units(text.trim()).or_else(|| {
        let span: Span = text.parse().ok()?;
        span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().filter(|length| !length.is_negative())
    })
}

fn with_units(mut rest: &str) -> Option<SignedDuration> {
    if rest.is_empty() {
        return None;
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
    of_milliseconds(total)
}

/// A number without a sign.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| plain)
}

/// So many seconds, to a thousandth.
pub(crate) fn of_seconds(seconds: f64) -> Option<SignedDuration> {
    of_milliseconds(seconds * 1_000.0)
}

fn of_milliseconds(total: f64) -> Option<SignedDuration> {
    let inside = (0.0..MILLISECONDS_MAX).contains(&total);
    #[expect(clippy::cast_possible_truncation, reason = "the range has just been checked")]
    inside.then(|| SignedDuration::from_millis(total.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let rows = [
            ("0s", Some(0)),
            ("5m", Some(300_000)),
            ("90min", Some(5_400_000)),
            ("8h", Some(28_800_000)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("7 days", Some(604_800_000)),
            ("2w", Some(1_209_600_000)),
            ("5 minutes", Some(300_000)),
            ("1 hour 5 min", Some(3_900_000)),
            ("1 hour, 5 min", Some(3_900_000)),
            ("1.5h", Some(5_400_000)),
            ("1.5d", Some(129_600_000)),
            ("250ms", Some(250)),
            ("PT8H", Some(28_800_000)),
            ("P1M", None),
            ("30m1h", None),
            ("5m5m", None),
            ("5x", None),
            ("-5m", None),
            ("5m ago", None),
            ("m", None),
            ("8", None),
            ("", None),
            ("soon", None),
            ("1.2.3s", None),
            ("999999999999999d", None),
            ("9223372036854775807w", None),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).map(|length| length.as_millis()), expected, "{text}");
        }
    }

    #[test]
    fn an_argument_is_some_time() {
        assert_eq!(argument("8h"), Ok(SignedDuration::from_hours(8)));
        for text in ["0m", "", "8", "-1h", "soon"] {
            assert_eq!(argument(text), Err(FORM.to_owned()), "{text}");
        }
    }
}
