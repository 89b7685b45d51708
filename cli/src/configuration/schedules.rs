//! The `schedules` section: who is on call when.

use std::collections::BTreeMap;

use reveille_domain::limits::{NOTICE_MINUTES_MAX, NOTICES_PER_SCHEDULE_MAX};
use reveille_domain::{Layers, Notice, Schedule, ScheduleAlias, ScheduleError, ScheduleRules};

use super::error::Code;
use super::keys;
use super::names::Names;
use super::node::{Entry, Node};
use super::overrides::{overrides, swaps, temporary};
use super::reader::{Fields, Reader};
use super::rotations;

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node, names: &Names<'_>) -> BTreeMap<ScheduleAlias, Schedule> {
    let remedy = "write one schedule under it: `primary: { rotations: [ … ] }`";
    reader
        .named(section, "`schedules`", remedy)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(alias, entry)| schedule(reader, alias, entry, names))
        .map(|schedule| (schedule.alias().clone(), schedule))
        .collect()
}

fn schedule(reader: &mut Reader, alias: &str, entry: &Entry, names: &Names<'_>) -> Option<Schedule> {
    let mut named_well = reader.alias(alias, entry.key.at, "a schedule");
    // AWS keeps contacts, escalation plans and schedules under one kind of ARN.
    for (taken, kind) in
        [(names.is_contact(alias), "a contact"), (names.is_escalation_plan(alias), "an escalation plan")]
    {
        if taken {
            let message = format!("`{alias}` is the alias of {kind} already");
            let remedy = format!("give the schedule another alias, for example `{alias}-schedule`");
            reader.wrong(entry.key.at, Code::Duplicate, message, remedy);
            named_well = false;
        }
    }
    let what = format!("schedule `{alias}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::SCHEDULE)?;
    fields.at = entry.key.at;
    let layers = match fields.get("layers") {
        None => Some(Layers::Upper),
        Some(node) => reader.word(node, "`layers`", &[("upper", Layers::Upper), ("both", Layers::Both)]),
    };
    let rotations = reader
        .required(&fields, "rotations", rotations::example())
        .and_then(|node| rotations::read(reader, node, &what, names));
    let overrides = overrides(reader, &fields, names);
    let swaps = swaps(reader, &fields, names);
    let temporary = temporary(reader, &fields, names);
    let notices = notices(reader, &fields);
    let rules = ScheduleRules {
        alias: ScheduleAlias::new(alias),
        layers: layers?,
        rotations: rotations?,
        overrides: overrides?,
        swaps: swaps?,
        temporary: temporary?,
        notices: notices?,
    };
    match Schedule::new(rules) {
        Ok(schedule) => named_well.then_some(schedule),
        Err(error) => {
            refuse(reader, &fields, &error);
            None
        }
    }
}

/// Reports what only the whole schedule shows: overrides and swaps together are too many.
fn refuse(reader: &mut Reader, fields: &Fields<'_>, error: &ScheduleError) {
    let message = format!("{} cannot be: {error}", fields.what);
    reader.wrong(fields.at, Code::InvalidValue, message, "take out what is over: the history keeps it");
}

fn notices(reader: &mut Reader, fields: &Fields<'_>) -> Option<Vec<Notice>> {
    let Some(node) = fields.get("notices") else {
        return Some(Vec::new());
    };
    let items = reader.list(node, "`notices`")?;
    if items.len() > NOTICES_PER_SCHEDULE_MAX {
        let message =
            format!("{} has more than {NOTICES_PER_SCHEDULE_MAX} notices (NOTICES_PER_SCHEDULE_MAX)", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, "remove some: nobody reads that many");
        return None;
    }
    let mut notices: Vec<Notice> = Vec::new();
    for item in items {
        let Some(notice) = notice(reader, item) else { continue };
        if notices.contains(&notice) {
            let message = format!("two notices come {} minutes before a shift", notice.before_minutes);
            reader.wrong(item.at, Code::Duplicate, message, "remove one of them");
            continue;
        }
        notices.push(notice);
    }
    (notices.len() == items.len()).then_some(notices)
}

fn notice(reader: &mut Reader, node: &Node) -> Option<Notice> {
    let fields = reader.fields(node, "the notice", &keys::NOTICE)?;
    let before_minutes = reader
        .required(&fields, "before_minutes", "write how long before the shift: `before_minutes: 60`")
        .and_then(|node| reader.number(node, "`before_minutes`", 1..=NOTICE_MINUTES_MAX))?;
    Some(Notice { before_minutes })
}
