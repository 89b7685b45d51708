//! Who names a contact: plans, schedules, what overrides them, the defaults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{Change, ContactAlias, Engage, Schedule, TargetKind};

use crate::configuration::Configuration;

/// Where contacts are named.
pub(super) struct Mentions<'c> {
    /// By a plan or a rotation; the first of them, for messages.
    asked: BTreeMap<&'c ContactAlias, String>,
    /// By an override, a swap, a temporary schedule or the defaults.
    others: Vec<&'c ContactAlias>,
}

/// Somebody whom an override, a swap or a temporary schedule puts on call.
pub(super) struct StandIn<'c> {
    pub(super) contact: &'c ContactAlias,
    /// Where it stands in the tree.
    pub(super) path: String,
    /// As messages call it.
    pub(super) kind: &'static str,
    pub(super) end: Timestamp,
}

impl<'c> Mentions<'c> {
    pub(super) fn of(configuration: &'c Configuration) -> Self {
        let mut asked: BTreeMap<&'c ContactAlias, String> = BTreeMap::new();
        let mut name = |alias: &'c ContactAlias, by: String| {
            asked.entry(alias).or_insert(by);
        };
        for plan in configuration.response_plans.values() {
            for engage in plan.stages.iter().flat_map(|stage| &stage.engage) {
                if let Engage::Contact(alias) = engage {
                    name(alias, format!("response plan `{}`", plan.name));
                }
            }
        }
        for plan in configuration.escalation_plans.values() {
            for target in plan.targets() {
                if let TargetKind::Contact(alias) = target {
                    name(alias, format!("escalation plan `{}`", plan.alias));
                }
            }
        }
        let mut others: Vec<&'c ContactAlias> = configuration.safety_contact.iter().collect();
        for schedule in configuration.schedules.values() {
            for rotation in schedule.rotations() {
                for member in &rotation.rules().members {
                    name(member, format!("rotation `{}` of schedule `{}`", rotation.rules().name, schedule.alias()));
                }
            }
            others.extend(schedule.contacts());
        }
        Self { asked, others }
    }

    /// What asks a contact, if a plan or a rotation does.
    pub(super) fn by_plans(&self, alias: &ContactAlias) -> Option<&str> {
        self.asked.get(alias).map(String::as_str)
    }

    /// Whether anything names a contact.
    pub(super) fn anywhere(&self, alias: &ContactAlias) -> bool {
        self.asked.contains_key(alias) || self.others.contains(&alias)
    }
}

/// Everybody whom overrides, swaps and temporary schedules put on call.
pub(super) fn stand_ins(schedule: &Schedule) -> Vec<StandIn<'_>> {
    let (rules, below) = (schedule.rules(), format!("schedules/{}", schedule.alias()));
    let mut found = Vec::new();
    for (number, one) in rules.overrides.iter().enumerate() {
        let contact = match &one.change {
            Change::Add(add) | Change::Replace { add, .. } => add,
            Change::Remove(_) => continue,
        };
        let path = format!("{below}/overrides/{number}");
        found.push(StandIn { contact, path, kind: "override", end: one.end });
    }
    for (number, swap) in rules.swaps.iter().enumerate() {
        for contact in [&swap.a, &swap.b] {
            let path = format!("{below}/swaps/{number}");
            found.push(StandIn { contact, path, kind: "swap", end: swap.end });
        }
    }
    for shift in rules.temporary.iter().flat_map(|one| &one.shifts) {
        let path = temporary_path(schedule);
        found.push(StandIn { contact: &shift.contact, path, kind: "temporary schedule", end: shift.end });
    }
    found
}

/// A schedule keeps its temporary schedules in the order of time, and not in that of the file: of several, the list is meant.
pub(super) fn temporary_path(schedule: &Schedule) -> String {
    let list = format!("schedules/{}/temporary", schedule.alias());
    if schedule.rules().temporary.len() == 1 { format!("{list}/0") } else { list }
}
