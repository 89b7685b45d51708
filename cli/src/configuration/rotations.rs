//! The rotations of a schedule: members who take turns.

use std::collections::BTreeMap;

use jiff::civil::{Time, Weekday};
use reveille_domain::limits::{
    EVERY_HOURS_MAX, EVERY_MAX, HANDOFFS_PER_PERIOD_MAX, MEMBERS_PER_ROTATION_MAX, ROTATION_START_YEARS,
    ROTATIONS_PER_SCHEDULE_MAX,
};
use reveille_domain::{ContactAlias, Every, HandoffError, Rotation, RotationError, RotationName, RotationRules};

use super::coverage;
use super::error::Code;
use super::keys;
use super::names::{Names, Position};
use super::node::{Node, Place};
use super::reader::{Fields, Reader};
use super::time::{time_of_day, time_zone, wall_clock, weekday};

const EXAMPLE: &str = "write at least one: `rotations: [ { name: weekly, time_zone: UTC, start: 2026-01-05T09:00:00, \
                       every: { weeks: 1 }, members: [natsu, zeref] } ]`";

/// Reads the list of rotations.
pub(super) fn read(reader: &mut Reader, node: &Node, what: &str, names: &Names<'_>) -> Option<Vec<Rotation>> {
    let items = reader.list(node, "`rotations`")?;
    if items.is_empty() {
        reader.wrong(node.at, Code::Empty, format!("{what} has no rotations"), EXAMPLE);
        return None;
    }
    if items.len() > ROTATIONS_PER_SCHEDULE_MAX {
        let message =
            format!("{what} has more than {ROTATIONS_PER_SCHEDULE_MAX} rotations (ROTATIONS_PER_SCHEDULE_MAX)");
        reader.wrong(node.at, Code::OutOfRange, message, "make several schedules of it");
        return None;
    }
    let mut seen: BTreeMap<RotationName, Place> = BTreeMap::new();
    let mut rotations = Vec::new();
    for item in items {
        let Some((rotation, named_at)) = rotation(reader, item, names) else { continue };
        let name = &rotation.rules().name;
        if let Some(first) = seen.insert(name.clone(), named_at) {
            let first = reader.line_of(first, named_at);
            let message = format!("{what} has two rotations `{name}`; the first one is on {first}");
            reader.wrong(named_at, Code::Duplicate, message, "rename one of them");
            continue;
        }
        rotations.push(rotation);
    }
    (rotations.len() == items.len()).then_some(rotations)
}

/// What every rotation must be told, for messages.
pub(super) fn example() -> &'static str {
    EXAMPLE
}

fn rotation(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<(Rotation, Place)> {
    let mut fields = reader.fields(node, "the rotation", &keys::ROTATION)?;
    let named = reader.required(&fields, "name", "name it, for example `name: weekly`");
    let name = named.and_then(|node| {
        let name = reader.text(node, "`name`")?;
        reader.alias(name, node.at, "a rotation").then(|| RotationName::new(name))
    });
    if let Some(name) = &name {
        fields.what = format!("rotation `{name}`");
    }
    let time_zone = reader
        .required(&fields, "time_zone", "write where its clock hangs: `time_zone: America/New_York`")
        .and_then(|node| time_zone(reader, node));
    let start = reader
        .required(&fields, "start", "write the wall clock of the first hand-off: `start: 2026-01-05T09:00:00`")
        .and_then(|node| wall_clock(reader, node, "`start`"));
    let every = every(reader, &fields);
    let members = members(reader, &fields, names);
    let on_call = match fields.get("on_call") {
        None => Some(1),
        Some(node) => reader.number(node, "`on_call`", 1..=MEMBERS_PER_ROTATION_MAX as u32),
    };
    let coverage = match fields.get("coverage") {
        None => Some(None),
        Some(node) => coverage::read(reader, node).map(Some),
    };
    let days_off_burn_turns = match fields.get("days_off_burn_turns") {
        None => Some(false),
        Some(node) => reader.flag(node, "`days_off_burn_turns`"),
    };
    let rules = RotationRules {
        name: name?,
        time_zone: time_zone?,
        start: start?,
        every: every?,
        members: members?,
        on_call: on_call? as usize,
        coverage: coverage?,
        days_off_burn_turns: days_off_burn_turns?,
    };
    let (on_call, members) = (rules.on_call, rules.members.len());
    match Rotation::new(rules) {
        Ok(rotation) => Some((rotation, named.map_or(node.at, |node| node.at))),
        Err(error) => {
            if error == RotationError::OnCall {
                too_many_on_call(reader, &fields, node.at, on_call, members);
            } else {
                refuse(reader, &fields, node.at, error);
            }
            None
        }
    }
}

fn too_many_on_call(reader: &mut Reader, fields: &Fields<'_>, or: Place, on_call: usize, members: usize) {
    let at = fields.get("on_call").map_or(or, |node| node.at);
    let who = if members == 1 { "one member".to_owned() } else { format!("{members} members") };
    let message = format!("{} has {who}, so {on_call} cannot be on call at once", fields.what);
    let remedy = format!("name more `members`, or write a number from 1 to {members}");
    reader.wrong(at, Code::OutOfRange, message, remedy);
}

/// Puts a mistake that only the whole rotation shows where it can be mended.
fn refuse(reader: &mut Reader, fields: &Fields<'_>, or: Place, error: RotationError) {
    let years = format!("write a year from {} to {}", ROTATION_START_YEARS.start(), ROTATION_START_YEARS.end());
    let (key, code, remedy) = match error {
        RotationError::NoMembers | RotationError::TooManyMembers => ("members", Code::OutOfRange, "name its members"),
        RotationError::OnCall => ("on_call", Code::OutOfRange, "write a number up to that of its `members`"),
        RotationError::Start => ("start", Code::OutOfRange, years.as_str()),
        RotationError::TimeZone => ("time_zone", Code::InvalidValue, "write a name of the IANA time zone database"),
        RotationError::Coverage(_) => ("coverage", Code::InvalidValue, "write whole minutes"),
        RotationError::Handoffs(HandoffError::Crossing) => {
            ("handoffs", Code::InvalidValue, "keep at most one hand-off after the 27th, or a later time on a later day")
        }
        RotationError::Handoffs(HandoffError::Period) => ("every", Code::OutOfRange, "write a number in these limits"),
        RotationError::Handoffs(_) => ("handoffs", Code::InvalidValue, "write every hand-off once, in whole minutes"),
    };
    let at = fields.get(key).map_or(or, |node| node.at);
    let message = format!("{} cannot be: {error}", fields.what);
    reader.wrong(at, code, message, remedy);
}

fn members(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<ContactAlias>> {
    const WHO: &str = "name them in the order of their turns: `members: [natsu, zeref]`";
    let node = reader.required(fields, "members", WHO)?;
    let items = reader.list(node, "`members`")?;
    if items.is_empty() {
        let message = format!("{} has no members: it would never have anybody on call", fields.what);
        reader.wrong(node.at, Code::Empty, message, WHO);
        return None;
    }
    if items.len() > MEMBERS_PER_ROTATION_MAX {
        let message =
            format!("{} has more than {MEMBERS_PER_ROTATION_MAX} members (MEMBERS_PER_ROTATION_MAX)", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, "make several rotations of it");
        return None;
    }
    let read: Vec<ContactAlias> =
        items.iter().filter_map(|item| names.contact(reader, item, "a member", Position::Person)).collect();
    (read.len() == items.len()).then_some(read)
}

#[derive(Clone, Copy)]
enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
}

fn every(reader: &mut Reader, fields: &Fields<'_>) -> Option<Every> {
    const EXAMPLE: &str = "write one of `{ hours: 12 }`, `{ days: 1 }`, `{ weeks: 1 }` and `{ months: 1 }`";
    let node = reader.required(fields, "every", EXAMPLE)?;
    if let Some(text) = node.scalar() {
        let message = match is_cron(text) {
            true => "`every` is how long a turn lasts: it takes no cron expression".to_owned(),
            false => format!("`every` must be a mapping, not {}", node.kind()),
        };
        let remedy = if is_cron(text) {
            format!("{EXAMPLE}; `handoffs` beside it says on which days, and when")
        } else {
            EXAMPLE.to_owned()
        };
        reader.wrong(node.at, Code::WrongType, message, remedy);
        return None;
    }
    let mistakes = reader.mistakes.len();
    let period = reader.fields(node, "`every`", &keys::EVERY)?;
    let units = [("hours", Unit::Hours), ("days", Unit::Days), ("weeks", Unit::Weeks), ("months", Unit::Months)];
    let given: Vec<(&str, Unit, &Node)> =
        units.into_iter().filter_map(|(key, unit)| Some((key, unit, period.get(key)?))).collect();
    let [(key, unit, number)] = given.as_slice() else {
        // `{ week: 1 }` has been answered with "did you mean"; that nothing is left is no news.
        if given.is_empty() && reader.mistakes.len() > mistakes {
            return None;
        }
        let message = if given.is_empty() { "`every` does not say how long" } else { "`every` takes one of its keys" };
        reader.wrong(node.at, Code::InvalidValue, message, EXAMPLE);
        return None;
    };
    let count_max = if matches!(unit, Unit::Hours) { EVERY_HOURS_MAX } else { EVERY_MAX };
    let count = reader.number(number, &format!("`{key}`"), 1..=count_max);
    let handoffs = handoffs(reader, fields, *unit);
    let (count, handoffs) = (count?, handoffs?);
    Some(match unit {
        Unit::Hours => Every::Hours(count),
        Unit::Days => Every::Days { count, handoffs: handoffs.into_iter().map(|handoff| handoff.at).collect() },
        Unit::Weeks => {
            let weekly = handoffs.into_iter().filter_map(|handoff| Some((handoff.weekday?, handoff.at)));
            Every::Weeks { count, handoffs: weekly.collect() }
        }
        Unit::Months => {
            let monthly = handoffs.into_iter().filter_map(|handoff| Some((handoff.month_day?, handoff.at)));
            Every::Months { count, handoffs: monthly.collect() }
        }
    })
}

/// Whether a text looks like what cron, or a scheduler of AWS, takes.
fn is_cron(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let fields: Vec<&str> = text.split_whitespace().collect();
    let of_cron = |field: &&str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*/,-?#".contains(c));
    let starts = |field: &&str| field.starts_with(|c: char| c.is_ascii_digit() || c == '*');
    let is_plain = (5..=6).contains(&fields.len()) && fields.iter().all(of_cron) && fields.iter().take(2).all(starts);
    is_plain || ["cron(", "rate(", "@"].iter().any(|start| text.starts_with(start))
}

#[derive(Clone, Copy, PartialEq)]
struct Handoff {
    weekday: Option<Weekday>,
    month_day: Option<u8>,
    at: Time,
}

fn handoffs(reader: &mut Reader, fields: &Fields<'_>, unit: Unit) -> Option<Vec<Handoff>> {
    let Some(node) = fields.get("handoffs") else {
        return Some(Vec::new());
    };
    if matches!(unit, Unit::Hours) {
        let message = "a rotation of hours hands over every so many hours from its `start`";
        reader.wrong(node.at, Code::InvalidValue, message, "leave `handoffs` out, or use `days`");
        return None;
    }
    let items = reader.list(node, "`handoffs`")?;
    if items.len() > HANDOFFS_PER_PERIOD_MAX {
        let message = format!("a period has at most {HANDOFFS_PER_PERIOD_MAX} hand-offs (HANDOFFS_PER_PERIOD_MAX)");
        reader.wrong(node.at, Code::OutOfRange, message, "use `every: { hours: … }`");
        return None;
    }
    let mut read: Vec<Handoff> = Vec::new();
    for item in items {
        let Some(handoff) = handoff(reader, item, unit) else { continue };
        if read.contains(&handoff) {
            let message = "this hand-off stands twice";
            reader.wrong(item.at, Code::Duplicate, message, "remove it, or give it another time");
            continue;
        }
        read.push(handoff);
    }
    (read.len() == items.len()).then_some(read)
}

fn handoff(reader: &mut Reader, node: &Node, unit: Unit) -> Option<Handoff> {
    let fields = reader.fields(node, "the hand-off", &keys::HANDOFF)?;
    let at = reader
        .required(&fields, "at", "write the time of day: `at: \"09:00\"`")
        .and_then(|node| time_of_day(reader, node, "`at`"));
    let (weekday, month_day) = match unit {
        Unit::Hours | Unit::Days => {
            if let Some(node) = fields.get("day") {
                let message = "a hand-off of a rotation of days has no `day`";
                reader.wrong(node.at, Code::InvalidValue, message, "leave it out, or use `weeks`");
                return None;
            }
            (None, None)
        }
        Unit::Weeks => {
            let node = reader.required(&fields, "day", "write the weekday: `day: MON`")?;
            (Some(weekday(reader, node, "`day`")?), None)
        }
        Unit::Months => {
            let node = reader.required(&fields, "day", "write the day of the month: `day: 1`")?;
            (None, Some(reader.number(node, "`day`", 1..=31)? as u8))
        }
    };
    Some(Handoff { weekday, month_day, at: at? })
}
