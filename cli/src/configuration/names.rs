//! The names that a file declares, and references to them.
//!
//! They are collected before anything is read, so that sections may stand in any order, and a contact with a mistake of
//! its own is still known to those who name it: one mistake makes one message.

use std::collections::BTreeSet;

use reveille_domain::{ContactAlias, PlanAlias, ResponsePlanName, ScheduleAlias};

use super::error::Code;
use super::keys::listed;
use super::node::{Node, Value};
use super::reader::{Fields, Reader, did_you_mean};

/// What the file declares. `None` where the whole section is missing or wrong, which is a mistake of its own.
pub(super) struct Names<'n> {
    contacts: Option<BTreeSet<&'n str>>,
    schedules: Option<BTreeSet<&'n str>>,
    escalation_plans: Option<BTreeSet<&'n str>>,
    response_plans: Option<BTreeSet<&'n str>>,
}

/// A kind of thing that can be named.
struct Kind {
    name: &'static str,
    section: &'static str,
}

const CONTACT: Kind = Kind { name: "contact", section: "contacts" };
const SCHEDULE: Kind = Kind { name: "schedule", section: "schedules" };
const ESCALATION_PLAN: Kind = Kind { name: "escalation plan", section: "escalation_plans" };
const RESPONSE_PLAN: Kind = Kind { name: "response plan", section: "response_plans" };

impl<'n> Names<'n> {
    /// Collects the names of a file.
    pub(super) fn of(file: &Fields<'n>) -> Self {
        Self {
            contacts: declared(file.get(CONTACT.section)),
            // Absent is fine: nobody has to have a schedule or an escalation plan.
            schedules: declared_or_none(file.get(SCHEDULE.section)),
            escalation_plans: declared_or_none(file.get(ESCALATION_PLAN.section)),
            response_plans: declared(file.get(RESPONSE_PLAN.section)),
        }
    }

    /// Reads the alias of a contact.
    pub(super) fn contact(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<ContactAlias> {
        let alias = reader.text(node, what)?;
        let plan = || format!("`{alias}` is an escalation plan: write {{ escalation_plan: {alias} }}");
        let schedule = || format!("`{alias}` is a schedule: write {{ schedule: {alias} }}");
        let hint = self
            .is_escalation_plan(alias)
            .then(plan)
            .or_else(|| self.schedules.as_ref().is_some_and(|all| all.contains(alias)).then(schedule));
        known(reader, node, &CONTACT, self.contacts.as_ref(), hint).map(ContactAlias::new)
    }

    /// Reads the alias of a schedule.
    pub(super) fn schedule(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<ScheduleAlias> {
        let alias = reader.text(node, what)?;
        let contact = || format!("`{alias}` is a contact: write {{ contact: {alias} }}");
        let plan = || format!("`{alias}` is an escalation plan: write {{ escalation_plan: {alias} }}");
        let hint = self.is_contact(alias).then(contact).or_else(|| self.is_escalation_plan(alias).then(plan));
        known(reader, node, &SCHEDULE, self.schedules.as_ref(), hint).map(ScheduleAlias::new)
    }

    /// Reads the alias of an escalation plan.
    pub(super) fn escalation_plan(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<PlanAlias> {
        let alias = reader.text(node, what)?;
        let hint = self.is_contact(alias).then(|| format!("`{alias}` is a contact: write {{ contact: {alias} }}"));
        known(reader, node, &ESCALATION_PLAN, self.escalation_plans.as_ref(), hint).map(PlanAlias::new)
    }

    /// Reads the name of a response plan.
    pub(super) fn response_plan(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<ResponsePlanName> {
        reader.text(node, what)?;
        known(reader, node, &RESPONSE_PLAN, self.response_plans.as_ref(), None).map(ResponsePlanName::new)
    }

    /// Whether a contact has this alias. AWS keeps contacts and escalation plans under one kind of ARN.
    pub(super) fn is_contact(&self, alias: &str) -> bool {
        self.contacts.as_ref().is_some_and(|contacts| contacts.contains(alias))
    }

    /// Whether an escalation plan has this alias.
    pub(super) fn is_escalation_plan(&self, alias: &str) -> bool {
        self.escalation_plans.as_ref().is_some_and(|plans| plans.contains(alias))
    }
}

fn declared_or_none(section: Option<&Node>) -> Option<BTreeSet<&str>> {
    if section.is_none() { Some(BTreeSet::new()) } else { declared(section) }
}

fn declared(section: Option<&Node>) -> Option<BTreeSet<&str>> {
    match section.map(|node| &node.value) {
        Some(Value::Mapping(entries)) => Some(entries.iter().filter_map(|entry| entry.key.scalar()).collect()),
        Some(Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => None,
    }
}

fn known<'n>(
    reader: &mut Reader,
    node: &'n Node,
    kind: &Kind,
    names: Option<&BTreeSet<&str>>,
    hint: Option<String>,
) -> Option<&'n str> {
    let name = node.scalar()?;
    let names = names?;
    if names.contains(name) {
        return Some(name);
    }
    let remedy = hint.or_else(|| did_you_mean(name, names.iter().copied())).unwrap_or_else(|| match names.len() {
        0..=SHOWN_MAX => format!(
            "add it under `{}`, which has {}",
            kind.section,
            listed(names.iter().copied()).replace(" or ", " and ")
        ),
        _ => format!("add it under `{}`", kind.section),
    });
    let message = format!("there is no {} `{name}`", kind.name);
    reader.wrong(node.at, Code::UnknownReference, message, remedy);
    None
}

/// More names than this are not read by anybody.
const SHOWN_MAX: usize = 8;
