//! Conditions of stages: `when: { impact: [1, 2], weekdays: [MON, FRI], time: "09:00-17:00", time_zone: Europe/Berlin }`.

use std::collections::BTreeSet;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use reveille_domain::{Day, Hours, When};

use super::error::Code;
use super::node::Node;
use super::reader::{Fields, Reader};
use super::time::{hours_and_minutes, time_zone, weekday};
use super::{impacts, keys};

/// Reads the condition of a stage; without one it always holds.
pub(super) fn read(reader: &mut Reader, stage: &Fields<'_>) -> Option<When> {
    let Some(node) = stage.get("when") else {
        return Some(When::default());
    };
    let fields = reader.fields(node, "`when`", &keys::WHEN)?;
    let impacts = match fields.get("impact") {
        None => Some(BTreeSet::new()),
        Some(node) => each(reader, node, "`impact`", impacts::read),
    };
    let hours = hours(reader, &fields);
    let when = When { impacts: impacts?, hours: hours? };
    if when.is_always() {
        reader.wrong(
            node.at,
            Code::Empty,
            "the condition says nothing",
            "write `impact:`, `weekdays:` or `time:` under it, or remove `when`",
        );
    }
    Some(when)
}

/// Reads the days and hours; the outer `None` is a mistake.
fn hours(reader: &mut Reader, fields: &Fields<'_>) -> Option<Option<Hours>> {
    const ZONE: &str = "write `time_zone:` and whose wall clock it is, for example `Europe/Berlin`";
    let (days, time) = (fields.get("weekdays"), fields.get("time"));
    if days.is_none() && time.is_none() {
        if let Some(zone) = fields.get("time_zone") {
            let remedy = "write `weekdays:` or `time:` beside it, or remove it";
            reader.wrong(zone.at, Code::MissingKey, "a time zone without days or hours says nothing", remedy);
            return None;
        }
        return Some(None);
    }
    let weekdays = match days {
        None => Some(BTreeSet::new()),
        Some(node) => each(reader, node, "`weekdays`", |reader, node| weekday(reader, node, "a weekday").map(Day)),
    };
    let time = match time {
        None => Some(None),
        Some(node) => span(reader, node).map(Some),
    };
    let time_zone: Option<TimeZone> =
        reader.required(fields, "time_zone", ZONE).and_then(|node| time_zone(reader, node));
    Some(Some(Hours { weekdays: weekdays?, time: time?, time_zone: time_zone? }))
}

/// Reads a list, or one item for a list of one, without anything twice.
fn each<T: Ord>(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    item: impl Fn(&mut Reader, &Node) -> Option<T>,
) -> Option<BTreeSet<T>> {
    let items = if node.scalar().is_some() { std::slice::from_ref(node) } else { reader.list(node, what)? };
    if items.is_empty() {
        reader.wrong(node.at, Code::Empty, format!("{what} is empty"), "name at least one, or remove the key");
        return None;
    }
    let mut read = BTreeSet::new();
    let mut fine = true;
    for one in items {
        let Some(value) = item(reader, one) else {
            fine = false;
            continue;
        };
        if !read.insert(value) {
            reader.wrong(one.at, Code::Duplicate, format!("{what} has this twice"), "name it once");
        }
    }
    fine.then_some(read)
}

fn span(reader: &mut Reader, node: &Node) -> Option<(Time, Time)> {
    let text = reader.text(node, "`time`")?;
    let times = text.split_once('-').and_then(|(from, to)| Some((time_of_day(from)?, time_of_day(to)?)));
    if times.is_none() {
        reader.wrong(
            node.at,
            Code::InvalidValue,
            format!("`time` cannot be `{text}`"),
            "write from and to in quotes: \"09:00-17:00\"; \"22:00-06:00\" goes over midnight, \"00:00-24:00\" is the whole day",
        );
    }
    times
}

/// `24:00` is the midnight at which the next day begins: an end at or before its start is on the next day.
fn time_of_day(text: &str) -> Option<Time> {
    match text.trim() {
        "24:00" => Some(Time::midnight()),
        text => hours_and_minutes(text),
    }
}
