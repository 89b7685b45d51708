//! The names that a configuration declares, and references to them.
//!
//! They are collected before anything is read, so that sections may stand in any order, and a contact with a mistake of
//! its own is still known to those who name it: one mistake makes one message.

use std::borrow::Cow;
use std::collections::BTreeSet;

use reveille_domain::{ContactAlias, PlanAlias, ResponsePlanName, ScheduleAlias};

use super::error::Code;
use super::node::{Node, Value};
use super::reader::{Fields, Reader, is_alias, mended};
use crate::unknown_name::{did_you_mean, few};

/// What is declared. `None` where the whole section is missing or wrong, which is a mistake of its own.
pub(super) struct Names<'n> {
    contacts: Option<Declared<'n>>,
    schedules: Option<Declared<'n>>,
    escalation_plans: Option<Declared<'n>>,
    response_plans: Option<Declared<'n>>,
}

/// The names of a section.
#[derive(Default)]
struct Declared<'n> {
    /// As they are, or as they will be when what cannot be a name has been mended: that is a mistake of its own.
    mended: BTreeSet<Cow<'n, str>>,
    /// As they stand in the file.
    written: BTreeSet<&'n str>,
}

impl Declared<'_> {
    fn contains(&self, name: &str) -> bool {
        self.mended.contains(name) || self.written.contains(name)
    }

    /// Names that can be referred to.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.mended.iter().map(Cow::as_ref)
    }
}

/// Where an alias stands. What may stand there decides which remedy loads when it is followed.
#[derive(Clone, Copy)]
pub(super) enum Position {
    /// Where nobody but a contact can stand, as among the members of a rotation.
    Person,
    /// An item of `engage` that is an alias alone.
    Engaged,
    /// A value in the mapping of an item of `engage`.
    EngagedByKind,
    /// An item of `targets` that is an alias alone.
    Target,
    /// A value in the mapping of an item of `targets`.
    TargetByKind,
}

impl Position {
    /// How to write, at this position, an alias that names something of another kind than was wanted.
    fn remedy(self, kind: &Kind, alias: &str) -> String {
        match self {
            Position::Person => "name a contact here".to_owned(),
            Position::Engaged => format!("write `{{ {}: {alias} }}`", kind.in_engage),
            Position::EngagedByKind => {
                format!("write `{{ {}: {alias} }}` in the place of the whole item", kind.in_engage)
            }
            Position::Target => format!("write `{{ {}: {alias} }}`", kind.in_targets),
            Position::TargetByKind => {
                format!("write `{{ {}: {alias} }}` in the place of the whole item", kind.in_targets)
            }
        }
    }
}

/// A kind of thing that can be named.
struct Kind {
    name: &'static str,
    article: &'static str,
    section: &'static str,
    /// Its key in an item of `engage`.
    in_engage: &'static str,
    /// Its key in an item of `targets`.
    in_targets: &'static str,
}

const CONTACT: Kind =
    Kind { name: "contact", article: "a", section: "contacts", in_engage: "contact", in_targets: "contact" };
const SCHEDULE: Kind =
    Kind { name: "schedule", article: "a", section: "schedules", in_engage: "schedule", in_targets: "schedule" };
const ESCALATION_PLAN: Kind = Kind {
    name: "escalation plan",
    article: "an",
    section: "escalation_plans",
    in_engage: "escalation_plan",
    in_targets: "plan",
};

/// The name and the section of response plans, which stand where nothing else can.
const RESPONSE_PLAN: (&str, &str) = ("response plan", "response_plans");

impl Kind {
    /// The name and the section, as messages call them.
    fn words(&self) -> (&'static str, &'static str) {
        (self.name, self.section)
    }
}

impl<'n> Names<'n> {
    /// Collects the names of a configuration. `whole` is false where a file of it could not be read: any name may stand
    /// there, and nothing is said about names that nobody knows.
    pub(super) fn of(file: &Fields<'n>, whole: bool) -> Self {
        if !whole {
            return Self { contacts: None, schedules: None, escalation_plans: None, response_plans: None };
        }
        let known = |section| if file.is_in_doubt(section) { None } else { declared(file.get(section)) };
        // Absent is fine: nobody has to have a schedule or an escalation plan.
        let or_none = |section| {
            let is_absent = file.get(section).is_none() && !file.is_in_doubt(section);
            if is_absent { Some(Declared::default()) } else { known(section) }
        };
        Self {
            contacts: known(CONTACT.section),
            schedules: or_none(SCHEDULE.section),
            escalation_plans: or_none(ESCALATION_PLAN.section),
            response_plans: known(RESPONSE_PLAN.1),
        }
    }

    /// Reads the alias of a contact.
    pub(super) fn contact(
        &self,
        reader: &mut Reader,
        node: &Node,
        what: &str,
        position: Position,
    ) -> Option<ContactAlias> {
        let hint = self.hint(reader.text(node, what)?, position);
        known(reader, node, CONTACT.words(), self.contacts.as_ref(), hint).map(ContactAlias::new)
    }

    /// Reads the alias of a schedule.
    pub(super) fn schedule(
        &self,
        reader: &mut Reader,
        node: &Node,
        what: &str,
        position: Position,
    ) -> Option<ScheduleAlias> {
        let hint = self.hint(reader.text(node, what)?, position);
        known(reader, node, SCHEDULE.words(), self.schedules.as_ref(), hint).map(ScheduleAlias::new)
    }

    /// Reads the alias of an escalation plan.
    pub(super) fn escalation_plan(
        &self,
        reader: &mut Reader,
        node: &Node,
        what: &str,
        position: Position,
    ) -> Option<PlanAlias> {
        let hint = self.hint(reader.text(node, what)?, position);
        known(reader, node, ESCALATION_PLAN.words(), self.escalation_plans.as_ref(), hint).map(PlanAlias::new)
    }

    /// What an alias that is no name of the wanted kind names instead, and how that is written at this position.
    fn hint(&self, alias: &str, position: Position) -> Option<String> {
        let kind = if self.is_contact(alias) {
            CONTACT
        } else if self.is_escalation_plan(alias) {
            ESCALATION_PLAN
        } else if self.schedules.as_ref().is_some_and(|all| all.contains(alias)) {
            SCHEDULE
        } else {
            return None;
        };
        Some(format!("`{alias}` is {} {}: {}", kind.article, kind.name, position.remedy(&kind, alias)))
    }

    /// Reads the name of a response plan.
    pub(super) fn response_plan(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<ResponsePlanName> {
        reader.text(node, what)?;
        known(reader, node, RESPONSE_PLAN, self.response_plans.as_ref(), None).map(ResponsePlanName::new)
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

fn declared(section: Option<&Node>) -> Option<Declared<'_>> {
    match section.map(|node| &node.value) {
        Some(Value::Mapping(entries)) => {
            let written: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.key.scalar()).collect();
            let mended = written.iter().filter_map(|name| {
                if is_alias(name) { Some(Cow::Borrowed(*name)) } else { mended(name).map(Cow::Owned) }
            });
            Some(Declared { mended: mended.collect(), written })
        }
        Some(Value::Empty | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => None,
    }
}

fn known<'n>(
    reader: &mut Reader,
    node: &'n Node,
    (kind, section): (&str, &str),
    names: Option<&Declared<'_>>,
    hint: Option<String>,
) -> Option<&'n str> {
    let name = node.scalar()?;
    let names = names?;
    if names.contains(name) {
        return Some(name);
    }
    let meant = hint.or_else(|| did_you_mean(name, names.names()));
    let remedy = meant.unwrap_or_else(|| match few(names.names()).filter(|_| !names.written.is_empty()) {
        Some(few) => format!("add it under `{section}`, which has {few}"),
        None => format!("add it under `{section}`"),
    });
    let message = format!("there is no {kind} `{name}`");
    reader.wrong(node.at, Code::UnknownReference, message, remedy);
    None
}
