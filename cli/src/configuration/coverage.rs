//! The `coverage` of a rotation: the hours of a week in which it works.

use jiff::civil::{Time, Weekday};
use reveille_domain::limits::COVERAGE_WINDOWS_MAX;
use reveille_domain::{Coverage, CoverageWindow};

use super::error::Code;
use super::keys;
use super::node::Node;
use super::reader::Reader;
use super::time::{WEEKDAYS, hours_and_minutes};

const EXAMPLE: &str = "write hours for the days that are worked: `coverage: { MON: [\"09:00-17:00\"] }`";

/// Reads the hours of a week.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Coverage> {
    let mistakes = reader.mistakes.len();
    let fields = reader.fields(node, "`coverage`", &keys::COVERAGE)?;
    let mut windows = Vec::new();
    for (name, day) in WEEKDAYS {
        if let Some(node) = fields.get(name) {
            windows.extend(of_day(reader, node, name, day));
        }
    }
    if reader.mistakes.len() > mistakes {
        return None;
    }
    if windows.is_empty() {
        reader.wrong(node.at, Code::Empty, "a coverage without hours would never have anybody on call", EXAMPLE);
        return None;
    }
    if windows.len() > COVERAGE_WINDOWS_MAX {
        let message = format!("`coverage` has more than {COVERAGE_WINDOWS_MAX} windows (COVERAGE_WINDOWS_MAX)");
        reader.wrong(node.at, Code::OutOfRange, message, "join windows that touch");
        return None;
    }
    match Coverage::new(windows) {
        Ok(coverage) => Some(coverage),
        Err(error) => {
            reader.wrong(node.at, Code::InvalidValue, error.to_string(), EXAMPLE);
            None
        }
    }
}

fn of_day(reader: &mut Reader, node: &Node, name: &str, day: Weekday) -> Vec<CoverageWindow> {
    let mut windows: Vec<CoverageWindow> = Vec::new();
    for item in reader.list(node, &format!("`{name}`")).unwrap_or_default() {
        let Some((start, end)) = window(reader, item, name) else { continue };
        let window = CoverageWindow { day, start, end };
        if let Some(other) = windows.iter().find(|other| overlap(other, &window)) {
            let message = format!("two windows of {name} overlap: this one and {}", shown(other));
            reader.wrong(item.at, Code::Duplicate, message, "join them to one");
            continue;
        }
        windows.push(window);
    }
    windows
}

/// `09:00-17:00`, `22:00-06:00`, `00:00-24:00`.
fn window(reader: &mut Reader, node: &Node, day: &str) -> Option<(Time, Time)> {
    let text = reader.text(node, &format!("a window of {day}"))?;
    let no_window = |reader: &mut Reader, remedy: &str| {
        let message = format!("`{text}` is no window of a day");
        reader.wrong(node.at, Code::InvalidValue, message, remedy);
        None
    };
    let Some((start, end)) = text.split_once('-') else {
        return no_window(reader, "write from when until when: \"09:00-17:00\"");
    };
    let (start, end) = (start.trim(), end.trim());
    if start == "24:00" {
        return no_window(reader, "midnight is the start of the next day: write \"00:00-…\" there");
    }
    let whole_day = end == "24:00";
    let end = if whole_day { "00:00" } else { end };
    let (Some(start), Some(end)) = (hours_and_minutes(start), hours_and_minutes(end)) else {
        return no_window(
            reader,
            "write hours and minutes of 24 hours: \"09:00-17:00\", or \"22:00-06:00\" for a night",
        );
    };
    // Nothing and a whole day look the same here, and one of them has nobody on call.
    if start == end && !whole_day {
        let message = format!("`{text}` ends when it starts");
        let remedy = around_the_clock(start);
        reader.wrong(node.at, Code::InvalidValue, message, remedy);
        return None;
    }
    Some((start, end))
}

/// How to write 24 hours from a time of day. One window is shorter than that, so they are two of neighbouring days.
fn around_the_clock(start: Time) -> String {
    let from = match (start.hour(), start.minute()) {
        (0, 0) => String::new(),
        (hour, minute) => {
            let clock = format!("{hour:02}:{minute:02}");
            format!(" \"{clock}-24:00\" and on the next day \"00:00-{clock}\" for the 24 hours from {clock},")
        }
    };
    format!("write \"00:00-24:00\" for a whole day,{from} and leave the day out if it is not worked")
}

fn overlap(left: &CoverageWindow, right: &CoverageWindow) -> bool {
    // Windows that end on the next day reach to its end as far as this day is concerned.
    let ends = |window: &CoverageWindow| if window.end <= window.start { Time::MAX } else { window.end };
    left.start < ends(right) && right.start < ends(left)
}

fn shown(window: &CoverageWindow) -> String {
    let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    format!("`{}-{}`", clock(window.start), clock(window.end))
}
