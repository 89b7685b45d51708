//! Spans of time as people read and type them.

use jiff::Timestamp;

use crate::duration;

/// `4s`, `12m`, `3h05m`, `2d4h`: two units at most, which is all that anybody compares.
pub(crate) fn words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match () {
        () if seconds < 60 => format!("{seconds}s"),
        () if minutes < 60 => format!("{minutes}m"),
        () if hours < 24 => format!("{hours}h{:02}m", minutes % 60),
        () => format!("{days}d{}h", hours % 24),
    }
}

/// How long ago, or how long until.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> String {
    words(to.duration_since(from).as_secs())
}

/// `2026-11-23 03:00:20 UTC`
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An instant of RFC 3339, or a length of time before now: `90m`, `24h`, `7d`, `2w`.
pub(crate) fn since(text: &str, now: Timestamp) -> Option<Timestamp> {
    text.parse().ok().or_else(|| now.checked_sub(duration::read(text)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (seconds, expected) in [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_900, "1h05m"),
            (90_000, "1d1h"),
            (864_000, "10d0h"),
        ] {
            assert_eq!(words(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn since_takes_instants_and_spans() {
        let now: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-22T00:00:00Z", Some("2026-11-22T00:00:00Z")),
            ("2026-11-22T01:00:00+01:00", Some("2026-11-22T00:00:00Z")),
            ("90m", Some("2026-11-23T01:30:00Z")),
            ("24h", Some("2026-11-22T03:00:00Z")),
            ("7d", Some("2026-11-16T03:00:00Z")),
            ("2w", Some("2026-11-09T03:00:00Z")),
            ("", None),
            ("d", None),
            ("7", None),
            ("7 days", Some("2026-11-16T03:00:00Z")),
            ("99999999999999999999d", None),
            ("20000y", None),
            ("9223372036854775807w", None),
        ] {
            assert_eq!(since(text, now), expected.map(|at| at.parse().unwrap()), "{text}");
        }
    }
}
