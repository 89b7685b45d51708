//! The vocabulary of the configuration language: every key of every section, in one place.
//!
//! Readers look keys up by these sections, unknown keys are compared with them, and a test holds the document to them.

/// The keys of one kind of mapping.
pub(super) struct Section {
    /// As messages call it.
    pub(super) name: &'static str,
    /// Keys that are read.
    pub(super) keys: &'static [&'static str],
    /// Keys of the full format that this version does not do, and what to do instead. They are never ignored: a file
    /// that promises a page must not load if nobody will send it.
    pub(super) later: &'static [(&'static str, &'static str)],
}

pub(super) const FILE: Section = Section {
    name: "the file",
    keys: &["reveille", "defaults", "contacts", "schedules", "escalation_plans", "response_plans", "rules", "webhooks"],
    later: &[],
};

pub(super) const DEFAULTS: Section =
    Section { name: "defaults", keys: &["response_plan", "safety_contact"], later: &[] };

pub(super) const CONTACT: Section =
    Section { name: "a contact", keys: &["name", "channels", "engagement", "engagement_by_impact"], later: &[] };

pub(super) const CHANNEL: Section =
    Section { name: "a channel", keys: &["type", "address", "secret", "verified"], later: &[] };

pub(super) const ENGAGEMENT_STEP: Section =
    Section { name: "a step of an engagement plan", keys: &["after", "channels", "every", "times"], later: &[] };

pub(super) const ESCALATION_PLAN: Section =
    Section { name: "an escalation plan", keys: &["stages", "repeat", "round_robin"], later: &[] };

pub(super) const ESCALATION_STAGE: Section =
    Section { name: "a stage of an escalation plan", keys: &["minutes", "targets", "when"], later: &[] };

pub(super) const WHEN: Section =
    Section { name: "a condition", keys: &["impact", "weekdays", "time", "time_zone"], later: &[] };

pub(super) const TARGET: Section =
    Section { name: "a target", keys: &["contact", "schedule", "plan", "essential"], later: &[] };

pub(super) const RESPONSE_PLAN: Section =
    Section { name: "a response plan", keys: &["incident", "stages", "repage_after", "tell"], later: &[] };

pub(super) const INCIDENT: Section =
    Section { name: "an incident template", keys: &["title", "impact", "summary", "dedupe", "tags"], later: &[] };

pub(super) const RESPONSE_STAGE: Section = Section {
    name: "a stage of a response plan",
    keys: &["after", "unless", "when", "runbooks", "engage"],
    later: &[],
};

pub(super) const RUNBOOK: Section = Section { name: "a runbook", keys: &["document", "parameters"], later: &[] };

pub(super) const ENGAGE: Section =
    Section { name: "an item of `engage`", keys: &["contact", "escalation_plan", "schedule"], later: &[] };

pub(super) const TELL: Section = Section { name: "tell", keys: &["topics", "chat"], later: &[] };

pub(super) const RULE: Section = Section { name: "a rule", keys: &["match", "response_plan"], later: &[] };

pub(super) const MATCH: Section =
    Section { name: "match", keys: &["source", "name", "account", "region", "tags"], later: &[] };

pub(super) const WEBHOOK: Section = Section { name: "a webhook", keys: &["keys", "response_plan"], later: &[] };

pub(super) const SCHEDULE: Section = Section {
    name: "a schedule",
    keys: &["layers", "rotations", "overrides", "swaps", "temporary", "notices"],
    later: &[],
};

pub(super) const ROTATION: Section = Section {
    name: "a rotation",
    keys: &["name", "time_zone", "start", "every", "handoffs", "members", "on_call", "coverage", "days_off_burn_turns"],
    later: &[],
};

pub(super) const EVERY: Section = Section { name: "every", keys: &["hours", "days", "weeks", "months"], later: &[] };

pub(super) const HANDOFF: Section = Section { name: "a hand-off", keys: &["day", "at"], later: &[] };

pub(super) const COVERAGE: Section =
    Section { name: "coverage", keys: &["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], later: &[] };

pub(super) const OVERRIDE: Section =
    Section { name: "an override", keys: &["start", "end", "remove", "add"], later: &[] };

pub(super) const SWAP: Section = Section { name: "a swap", keys: &["a", "b", "start", "end"], later: &[] };

pub(super) const TEMPORARY: Section =
    Section { name: "a temporary schedule", keys: &["start", "end", "shifts"], later: &[] };

pub(super) const TEMPORARY_SHIFT: Section =
    Section { name: "a shift of a temporary schedule", keys: &["contact", "start", "end"], later: &[] };

pub(super) const NOTICE: Section = Section { name: "a notice", keys: &["before_minutes"], later: &[] };

const ALL: [&Section; 28] = [
    &FILE,
    &DEFAULTS,
    &CONTACT,
    &CHANNEL,
    &ENGAGEMENT_STEP,
    &ESCALATION_PLAN,
    &ESCALATION_STAGE,
    &WHEN,
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
    &SCHEDULE,
    &ROTATION,
    &EVERY,
    &HANDOFF,
    &COVERAGE,
    &OVERRIDE,
    &SWAP,
    &TEMPORARY,
    &TEMPORARY_SHIFT,
    &NOTICE,
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
    pub(super) fn listed(&self) -> String {
        listed(self.keys.iter().copied())
    }
}

/// Words for a message: `a`, `b` or `c`.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}
