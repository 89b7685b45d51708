//! What overrides the rotations of a schedule: overrides, swaps and temporary schedules.

use jiff::Timestamp;
use reveille_domain::limits::{OVERRIDES_PER_SCHEDULE_MAX, TEMPORARY_PER_SCHEDULE_MAX, TEMPORARY_SHIFTS_MAX};
use reveille_domain::{Change, Override, Swap, TemporarySchedule, TemporaryShift};

use super::error::Code;
use super::keys;
use super::names::{Names, Position};
use super::node::Node;
use super::reader::{Fields, Reader};
use super::time::span;

/// Reads `overrides`.
pub(super) fn overrides(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<Override>> {
    items(reader, fields, "overrides", OVERRIDES_PER_SCHEDULE_MAX, "OVERRIDES_PER_SCHEDULE_MAX", |reader, item| {
        an_override(reader, item, names)
    })
}

/// Reads `swaps`.
pub(super) fn swaps(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<Swap>> {
    // A swap is two overrides.
    items(
        reader,
        fields,
        "swaps",
        OVERRIDES_PER_SCHEDULE_MAX / 2,
        "half of OVERRIDES_PER_SCHEDULE_MAX",
        |reader, item| swap(reader, item, names),
    )
}

/// Reads `temporary`.
pub(super) fn temporary(reader: &mut Reader, fields: &Fields<'_>, names: &Names<'_>) -> Option<Vec<TemporarySchedule>> {
    let mut before: Vec<(Timestamp, Timestamp)> = Vec::new();
    items(reader, fields, "temporary", TEMPORARY_PER_SCHEDULE_MAX, "TEMPORARY_PER_SCHEDULE_MAX", |reader, item| {
        let one = a_temporary(reader, item, names)?;
        if let Some((start, end)) = before.iter().find(|(start, end)| one.start < *end && *start < one.end) {
            let message = format!("two temporary schedules overlap: this one and {start} to {end}");
            reader.wrong(item.at, Code::Duplicate, message, "put their shifts into one");
            return None;
        }
        before.push((one.start, one.end));
        Some(one)
    })
}

/// Reads a list in which everything has to be right.
fn items<T>(
    reader: &mut Reader,
    fields: &Fields<'_>,
    key: &str,
    items_max: usize,
    limit: &str,
    mut read: impl FnMut(&mut Reader, &Node) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(node) = fields.get(key) else {
        return Some(Vec::new());
    };
    let items = reader.list(node, &format!("`{key}`"))?;
    if items.len() > items_max {
        let message = format!("{} has more than {items_max} `{key}` ({limit})", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, "remove those that are over: the history keeps them");
        return None;
    }
    let all: Vec<T> = items.iter().filter_map(|item| read(reader, item)).collect();
    (all.len() == items.len()).then_some(all)
}

fn an_override(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Override> {
    let fields = reader.fields(node, "the override", &keys::OVERRIDE)?;
    let span = span(reader, &fields);
    let mut contact = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(node) => names.contact(reader, node, &format!("`{key}`"), Position::Person).map(Some),
    };
    let (remove, add) = (contact("remove"), contact("add"));
    let change = match (remove?, add?) {
        (None, None) => {
            let remedy = "write whom to `add`, whom to `remove`, or both for one in the place of the other";
            reader.wrong(node.at, Code::Empty, "the override changes nothing", remedy);
            return None;
        }
        (Some(remove), Some(add)) if remove == add => {
            let message = format!("`{add}` cannot stand in for themselves");
            reader.wrong(node.at, Code::InvalidValue, message, "name two contacts");
            return None;
        }
        (Some(remove), Some(add)) => Change::Replace { remove, add },
        (Some(remove), None) => Change::Remove(remove),
        (None, Some(add)) => Change::Add(add),
    };
    let (start, end) = span?;
    Some(Override { start, end, change })
}

fn swap(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Swap> {
    let fields = reader.fields(node, "the swap", &keys::SWAP)?;
    let span = span(reader, &fields);
    let mut contact = |key: &str| {
        let node = reader.required(&fields, key, "name the two who exchange their shifts: `a: natsu, b: zeref`")?;
        names.contact(reader, node, &format!("`{key}`"), Position::Person)
    };
    let (a, b) = (contact("a"), contact("b"));
    let (a, b) = (a?, b?);
    if a == b {
        let message = format!("`{a}` cannot swap with themselves");
        reader.wrong(node.at, Code::InvalidValue, message, "name two contacts");
        return None;
    }
    let (start, end) = span?;
    Some(Swap { a, b, start, end })
}

fn a_temporary(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<TemporarySchedule> {
    let fields = reader.fields(node, "the temporary schedule", &keys::TEMPORARY)?;
    let span = span(reader, &fields);
    let mut shifts = Vec::new();
    let remedy = "write its shifts; `shifts: []` has nobody on call in the whole span";
    let node = reader.required(&fields, "shifts", remedy)?;
    let items = reader.list(node, "`shifts`")?;
    if items.len() > TEMPORARY_SHIFTS_MAX {
        let message = format!("a temporary schedule has at most {TEMPORARY_SHIFTS_MAX} shifts (TEMPORARY_SHIFTS_MAX)");
        reader.wrong(node.at, Code::OutOfRange, message, "make several temporary schedules of it");
        return None;
    }
    for item in items {
        let Some(shift) = temporary_shift(reader, item, names) else { continue };
        if span.is_some_and(|(start, end)| shift.start < start || shift.end > end) {
            let message = "the shift is not wholly inside of its temporary schedule";
            reader.wrong(item.at, Code::InvalidValue, message, "widen the temporary schedule, or shorten the shift");
            continue;
        }
        shifts.push(shift);
    }
    let (start, end) = span?;
    (shifts.len() == items.len()).then_some(TemporarySchedule { start, end, shifts })
}

fn temporary_shift(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<TemporaryShift> {
    let fields = reader.fields(node, "the shift", &keys::TEMPORARY_SHIFT)?;
    let contact = reader
        .required(&fields, "contact", "write who is on call: `contact: bob`")
        .and_then(|node| names.contact(reader, node, "`contact`", Position::Person));
    let span = span(reader, &fields);
    let (start, end) = span?;
    Some(TemporaryShift { contact: contact?, start, end })
}
