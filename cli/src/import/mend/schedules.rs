//! Schedules: members who are there, rotations that the domain takes, limits, and the proof against the source's shifts.

use std::collections::BTreeSet;

use reveille_domain::limits::{OVERRIDES_PER_SCHEDULE_MAX, ROTATIONS_PER_SCHEDULE_MAX, TEMPORARY_PER_SCHEDULE_MAX};

use super::{SHORTEN, contacts};
use crate::import::model::{Contact, Imported, Schedule, SourceId, described};
use crate::import::note::{Kind, Notes};
use crate::import::shifts::{self, Comparison};

pub(super) fn mend(imported: &mut Imported) {
    let mut known: BTreeSet<SourceId> = imported.contacts.iter().map(|contact| contact.id.clone()).collect();
    let mut strangers: Vec<Contact> = Vec::new();
    let notes = &mut imported.notes;
    imported.schedules.retain_mut(|schedule| {
        let object = described("schedule", &schedule.name, &schedule.id);
        rotations(schedule, &object, notes);
        limits(schedule, &object, notes);
        if schedule.rotations.is_empty() {
            let todo = "write a schedule by hand, or take it out where it was engaged";
            notes.no_equivalent(&object, "rotations", "left out: no rotation could be written", todo);
            return false;
        }
        for id in named(schedule) {
            if known.insert(id.clone()) {
                strangers.push(contacts::stranger(&id, &object, notes));
            }
        }
        is_valid(schedule, &object, notes)
    });
    imported.contacts.extend(strangers);
    for schedule in &imported.schedules {
        prove(schedule, &mut imported.notes);
    }
}

/// Leaves out rotations that cannot be.
fn rotations(schedule: &mut Schedule, object: &str, notes: &mut Notes) {
    schedule.rotations.retain(|rotation| match shifts::rotation(rotation) {
        Ok(_) => true,
        Err(refused) => {
            let todo = "write this rotation by hand: nobody is on call by it";
            notes.no_equivalent(object, &format!("rotation {}", rotation.name), format!("left out: {refused}"), todo);
            false
        }
    });
}

fn limits(schedule: &mut Schedule, object: &str, notes: &mut Notes) {
    let mut cut = |what: &str, count: usize, count_max: usize| {
        if count > count_max {
            notes.decided(object, what, format!("only the first {count_max} of {count} were kept"), SHORTEN);
        }
    };
    cut("rotations", schedule.rotations.len(), ROTATIONS_PER_SCHEDULE_MAX);
    cut("overrides", schedule.overrides.len(), OVERRIDES_PER_SCHEDULE_MAX);
    cut("temporary", schedule.temporary.len(), TEMPORARY_PER_SCHEDULE_MAX);
    schedule.overrides.sort_by_key(|one| (one.start, one.end));
    schedule.temporary.sort_by_key(|one| (one.start, one.end));
    schedule.rotations.truncate(ROTATIONS_PER_SCHEDULE_MAX);
    schedule.overrides.truncate(OVERRIDES_PER_SCHEDULE_MAX);
    schedule.temporary.truncate(TEMPORARY_PER_SCHEDULE_MAX);
}

/// Everybody whom a schedule names.
fn named(schedule: &Schedule) -> Vec<SourceId> {
    let members = schedule.rotations.iter().flat_map(|rotation| &rotation.members);
    let changes = schedule.overrides.iter().flat_map(|one| one.remove.iter().chain(&one.add));
    let temporary = schedule.temporary.iter().flat_map(|span| &span.shifts).map(|shift| &shift.contact);
    members.chain(changes).chain(temporary).cloned().collect()
}

/// Whether the domain takes the schedule; if only what overrides it is wrong, without that.
fn is_valid(schedule: &mut Schedule, object: &str, notes: &mut Notes) -> bool {
    let Err(refused) = shifts::schedule(schedule) else { return true };
    schedule.overrides.clear();
    schedule.temporary.clear();
    notes.no_equivalent(object, "overrides", format!("left out: {refused}"), "write them by hand");
    match shifts::schedule(schedule) {
        Ok(_) => true,
        Err(refused) => {
            notes.no_equivalent(object, "schedule", format!("left out: {refused}"), "write it by hand");
            false
        }
    }
}

/// Holds what was made against the shifts that the source renders, where the file has them.
fn prove(schedule: &Schedule, notes: &mut Notes) {
    let object = described("schedule", &schedule.name, &schedule.id);
    let Ok(ours) = shifts::schedule(schedule) else { return };
    let Some(rendered) = &schedule.rendered else {
        let done = "not compared: the source's own shifts from now on are not there";
        notes.decided(&object, "shifts", done, "compare them with `reveille shifts`");
        return;
    };
    let window = format!("from {} to {}", rendered.from, rendered.to);
    match shifts::compare(&ours, rendered) {
        Comparison::Same { shifts } => {
            let done = format!("the {shifts} shifts that the source itself renders {window} are ours, too");
            notes.say(Kind::Checked, (&object, "shifts"), done, "");
        }
        Comparison::Differs { at, ours, theirs } => {
            let done = format!(
                "{window} the first difference is at {at}: we have {}, the source has {}",
                people(&ours),
                people(&theirs)
            );
            let todo = "compare with `reveille shifts` and correct the rotation before you apply the file";
            notes.say(Kind::Differs, (&object, "shifts"), done, todo);
        }
    }
}

fn people(ids: &BTreeSet<SourceId>) -> String {
    if ids.is_empty() {
        return "nobody".to_owned();
    }
    ids.iter().map(SourceId::as_str).collect::<Vec<_>>().join(", ")
}
