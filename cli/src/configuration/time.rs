//! Instants, wall clocks, weekdays and time zones as they are written.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use super::error::Code;
use super::node::Node;
use super::reader::{Fields, Reader};
use crate::unknown_name::did_you_mean;

/// Weekdays, in the words of AWS Incident Manager.
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MON", Weekday::Monday),
    ("TUE", Weekday::Tuesday),
    ("WED", Weekday::Wednesday),
    ("THU", Weekday::Thursday),
    ("FRI", Weekday::Friday),
    ("SAT", Weekday::Saturday),
    ("SUN", Weekday::Sunday),
];

/// Reads a weekday. `Monday` is too far from `MON` for a slip of the keyboard, but what is meant is plain.
pub(super) fn weekday(reader: &mut Reader, node: &Node, what: &str) -> Option<Weekday> {
    let written = reader.text(node, what)?;
    let upper = written.to_uppercase();
    match WEEKDAYS.iter().find(|(word, _)| upper.starts_with(word)) {
        Some((word, _)) if *word != written => {
            let message = format!("{what} cannot be `{written}`");
            reader.wrong(node.at, Code::InvalidValue, message, format!("did you mean `{word}`?"));
            None
        }
        Some(_) | None => reader.word(node, what, &WEEKDAYS),
    }
}

/// Reads an instant: RFC 3339, with its offset from UTC.
pub(super) fn instant(reader: &mut Reader, node: &Node, what: &str) -> Option<Timestamp> {
    const REMEDY: &str =
        "write an instant of RFC 3339 with its offset: 2026-12-24T00:00:00Z or 2026-12-24T09:00:00-05:00";
    let text = reader.text(node, what)?;
    let Ok(at) = text.parse::<Timestamp>() else {
        let message = match text.parse::<DateTime>() {
            Ok(_) => format!("{what} does not say in which time zone `{text}` is"),
            Err(_) => format!("{what} cannot be `{text}`: that is no instant"),
        };
        reader.wrong(node.at, Code::InvalidValue, message, REMEDY);
        return None;
    };
    if at.subsec_nanosecond() != 0 {
        let message = format!("{what} has a fraction of a second");
        reader.wrong(node.at, Code::InvalidValue, message, "write whole seconds");
        return None;
    }
    Some(at)
}

/// Reads `start` and `end`: two instants in their order.
pub(super) fn span(reader: &mut Reader, fields: &Fields<'_>) -> Option<(Timestamp, Timestamp)> {
    let mut read = |key: &str, example: &str| {
        let node = reader.required(fields, key, &format!("write `{key}: {example}`"))?;
        Some((node, instant(reader, node, &format!("`{key}`"))?))
    };
    let start = read("start", "2026-12-24T00:00:00Z");
    let end = read("end", "2026-12-27T00:00:00Z");
    let ((_, start), (node, end)) = (start?, end?);
    if end <= start {
        let message = if end == start { "`end` is the same as `start`" } else { "`end` is before `start`" };
        reader.wrong(node.at, Code::InvalidValue, message, format!("write an instant after {start}"));
        return None;
    }
    Some((start, end))
}

/// Reads a wall clock with its date.
pub(super) fn wall_clock(reader: &mut Reader, node: &Node, what: &str) -> Option<DateTime> {
    const REMEDY: &str = "write date and time by the clock of the `time_zone`: 2026-01-05T09:00:00";
    let text = reader.text(node, what)?;
    let time = text.split_once(['T', 't', ' ']).map(|(_, time)| time);
    if text.parse::<Timestamp>().is_ok() || time.is_some_and(|time| time.contains(['Z', 'z', '+', '-', '['])) {
        let message = format!("{what} is the clock on the wall of `time_zone`, so it has no offset of its own");
        reader.wrong(node.at, Code::InvalidValue, message, REMEDY);
        return None;
    }
    match (time, text.parse::<DateTime>()) {
        (Some(_), Ok(read)) if read.subsec_nanosecond() == 0 => Some(read),
        (Some(_), Ok(_)) => {
            let message = format!("{what} has a fraction of a second");
            reader.wrong(node.at, Code::InvalidValue, message, "write whole seconds");
            None
        }
        (None, Ok(_)) => {
            let message = format!("{what} has no time of day: it is `{text}`");
            reader.wrong(node.at, Code::InvalidValue, message, REMEDY);
            None
        }
        (_, Err(_)) => {
            let message = format!("{what} cannot be `{text}`: that is no date and time");
            reader.wrong(node.at, Code::InvalidValue, message, REMEDY);
            None
        }
    }
}

/// Reads a time of day, hours and minutes.
pub(super) fn time_of_day(reader: &mut Reader, node: &Node, what: &str) -> Option<Time> {
    let text = reader.text(node, what)?;
    let read = hours_and_minutes(text);
    if read.is_none() {
        let remedy = match text {
            "24:00" => "midnight is \"00:00\", of the next day if that is meant".to_owned(),
            _ => "write hours and minutes of 24 hours, in quotes: \"09:00\"".to_owned(),
        };
        reader.wrong(node.at, Code::InvalidValue, format!("{what} cannot be `{text}`: that is no time of day"), remedy);
    }
    read
}

/// `09:00`, exactly so.
pub(super) fn hours_and_minutes(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { digits.parse::<i8>().ok() } else { None }
    };
    Time::new(number(hours)?, number(minutes)?, 0, 0).ok()
}

/// Reads the name of a time zone.
pub(super) fn time_zone(reader: &mut Reader, node: &Node) -> Option<TimeZone> {
    let name = reader.text(node, "`time_zone`")?;
    match TimeZone::get(name) {
        Ok(zone) if zone.iana_name().is_some() && !zone.is_unknown() => Some(zone),
        Ok(_) | Err(_) => {
            // Abbreviations know no summer time: whoever has mistyped one does not mean another.
            let is_place = |name: &String| name.contains('/') || name == "UTC";
            let known: Vec<String> =
                jiff::tz::db().available().map(|name| name.as_str().to_owned()).filter(is_place).collect();
            let remedy = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| {
                let city = name.rsplit('/').next().unwrap_or(name);
                let same_city = known.iter().find(|known| known.ends_with(&format!("/{city}")));
                match same_city.filter(|_| !city.is_empty()) {
                    Some(zone) => format!("did you mean `{zone}`?"),
                    None => "write a name of the IANA time zone database: America/New_York, Asia/Ho_Chi_Minh, UTC"
                        .to_owned(),
                }
            });
            reader.wrong(node.at, Code::UnknownReference, format!("there is no time zone `{name}`"), remedy);
            None
        }
    }
}
