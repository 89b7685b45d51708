//! The vocabulary of the configuration language: every key of every section, in one place.
//!
//! Readers look keys up by these sections, unknown keys are compared with them, and a test holds the document to them.

/// The keys of one kind of mapping.
pub(crate) struct Section {
    /// As messages call it.
    pub(crate) name: &'static str,
    /// Keys that are read.
    pub(crate) keys: &'static [&'static str],
    /// Keys of the full format that this version does not do, and what to do instead. They are never ignored: a file
    /// that promises a page must not load if nobody will send it.
    pub(crate) later: &'static [(&'static str, &'static str)],
}

pub(super) const FILE: Section = Section {
    name: "the file",
    keys: &["reveille", "defaults", "contacts", "escalation_plans", "response_plans", "rules", "webhooks"],
    later: &[("schedules", "name the people in the stages of an escalation plan, and edit it at each hand-off")],
};

pub(super) const DEFAULTS: Section =
    Section { name: "defaults", keys: &["response_plan", "safety_contact"], later: &[] };

pub(super) const CONTACT: Section = Section {
    name: "a contact",
    keys: &["name", "channels", "engagement"],
    later: &[("engagement_by_impact", "use `engagement`: one plan for every impact")],
};

pub(super) const CHANNEL: Section = Section { name: "a channel", keys: &["type", "address", "verified"], later: &[] };

pub(super) const ENGAGEMENT_STEP: Section =
    Section { name: "a step of an engagement plan", keys: &["after", "channels", "every", "times"], later: &[] };

pub(super) const ESCALATION_PLAN: Section =
    Section { name: "an escalation plan", keys: &["stages", "repeat", "round_robin"], later: &[] };

pub(super) const ESCALATION_STAGE: Section =
    Section { name: "a stage of an escalation plan", keys: &["minutes", "targets"], later: &[] };

pub(super) const TARGET: Section = Section {
    name: "a target",
    keys: &["contact", "essential"],
    later: &[("schedule", "name the contact who is on call"), ("plan", "copy the stages of that plan into this one")],
};

pub(super) const RESPONSE_PLAN: Section =
    Section { name: "a response plan", keys: &["incident", "stages", "tell"], later: &[] };

pub(super) const INCIDENT: Section =
    Section { name: "an incident template", keys: &["title", "impact", "summary", "dedupe", "tags"], later: &[] };

pub(super) const RESPONSE_STAGE: Section =
    Section { name: "a stage of a response plan", keys: &["after", "unless", "runbooks", "engage"], later: &[] };

pub(super) const RUNBOOK: Section = Section { name: "a runbook", keys: &["document", "parameters"], later: &[] };

pub(super) const ENGAGE: Section = Section {
    name: "an item of `engage`",
    keys: &["contact", "escalation_plan"],
    later: &[("schedule", "engage the contact who is on call")],
};

pub(super) const TELL: Section = Section { name: "tell", keys: &["topics", "chat"], later: &[] };

pub(super) const RULE: Section = Section { name: "a rule", keys: &["match", "response_plan"], later: &[] };

pub(super) const MATCH: Section =
    Section { name: "match", keys: &["source", "name", "account", "region", "tags"], later: &[] };

pub(super) const WEBHOOK: Section = Section { name: "a webhook", keys: &["keys", "response_plan"], later: &[] };

const ALL: [&Section; 17] = [
    &FILE,
    &DEFAULTS,
    &CONTACT,
    &CHANNEL,
    &ENGAGEMENT_STEP,
    &ESCALATION_PLAN,
    &ESCALATION_STAGE,
    &TARGET,
    &RESPONSE_PLAN,
    &INCIDENT,
    &RESPONSE_STAGE,
    &RUNBOOK,
    &ENGAGE,
    &TELL,
    &RULE,
    &MATCH,
    &WEBHOOK,
];

/// Every section with every key that may stand in it, supported or not yet, for completeness tests and editors.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.into_iter().flat_map(|section| {
        let later = section.later.iter().map(|(key, _)| key);
        section.keys.iter().chain(later).map(|key| (section.name, *key))
    })
}

impl Section {
    /// The keys that are read, for messages.
    pub(crate) fn listed(&self) -> String {
        listed(self.keys.iter().copied())
    }
}

/// Words for a message: `a`, `b` or `c`.
pub(crate) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}
