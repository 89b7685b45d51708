//! The vocabulary of the configuration language: every key of every section, in one place.
//!
//! Readers look keys up by these sections, unknown keys are compared with them, the schema for editors is made of them, and
//! tests hold the document to them.

mod kind;
mod section;

use reveille_domain::limits::{
    DEDUPE_CHARACTERS_MAX, ESCALATION_STAGES_MAX, REPEAT_MINUTES_MIN, RESPONSE_STAGES_MAX, RUNBOOKS_PER_STAGE_MAX,
    STAGE_MINUTES_MAX, SUMMARY_CHARACTERS_MAX, TITLE_CHARACTERS_MAX,
};

pub(super) use kind::{Key, Kind, Need, Otherwise, Rule, Shape, Words};
pub(super) use schedules::{
    COVERAGE, EVERY, HANDOFF, NOTICE, OVERRIDE, ROTATION, SCHEDULE, SWAP, TEMPORARY, TEMPORARY_SHIFT,
};
pub(super) use section::Part;
pub(crate) use section::{Section, listed, listed_all};

use super::limits::{ROUNDS_MAX, STEPS_MAX, TAGS_MAX, TARGETS_MAX, TIMES_MAX, WEBHOOK_KEYS_MAX};

/// A section, each key with its kind, whether it is needed, and its meaning.
macro_rules! part {
    ($part:ident, $name:literal, [$($rule:expr),*], { $($key:literal: $kind:expr, $need:expr, $meaning:literal;)* }) => {
        pub(in crate::configuration) static $part: Part = Part {
            section: Section { name: $name, keys: &[$($key),*], later: &[] },
            described: &[$(Key { key: $key, kind: $kind, need: $need, meaning: $meaning }),*],
            rules: &[$($rule),*],
        };
    };
}

mod schedules;

use Kind::{
    AliasOr, ByImpact, EmptyList, Flag, List, Names, Number, NumberOr, OneOrList, Part as P, Text, Texts, Version,
};
use Need::{Else, Optional, Required};
use Otherwise as D;
use Rule::{AddressByType, AtLeastOneOf, ExactlyOneOf, Needs};

/// Minutes of stages and steps.
const MINUTES: Kind = Number(0, STAGE_MINUTES_MAX);
/// Minutes that have to pass.
const SOME_MINUTES: Kind = Number(1, STAGE_MINUTES_MAX);
const ALIAS: Kind = Text(Shape::Alias);
const IMPACT: Kind = Number(1, 5);
const PATTERN: Kind = Text(Shape::Pattern);
const STEPS: Kind = List(&P(&ENGAGEMENT_STEP), 1, Some(STEPS_MAX));
const WEEKDAY: Kind = Kind::Words(Words::Weekdays);

part!(FILE, "the file", [], {
    "reveille": Version, Required, "the version of this language";
    "defaults": P(&DEFAULTS), Required, "what holds where nothing else is said";
    "contacts": Names(&P(&CONTACT), 1), Required, "who can be paged";
    "schedules": Names(&P(&SCHEDULE), 0), Optional, "who is on call when";
    "escalation_plans": Names(&P(&ESCALATION_PLAN), 0), Optional, "whom to ask next while nobody answers";
    "response_plans": Names(&P(&RESPONSE_PLAN), 1), Required, "what happens when an incident opens";
    "rules": List(&P(&RULE), 0, None), Optional, "which response plan answers which event";
    "webhooks": Names(&P(&WEBHOOK), 0), Optional, "who may send events over HTTP";
});

part!(DEFAULTS, "defaults", [], {
    "response_plan": ALIAS, Required, "answers whatever no rule matches, and events that nobody can parse";
    "safety_contact": ALIAS, Optional, "is asked when an escalation plan has run out and nobody has answered, when a plan asks nobody, \
         and when an incident's own plan cannot be found";
});

part!(CONTACT, "a contact", [], {
    "name": Text(Shape::Name), Required, "what people call them, for whoever reads the file; pages, answers and timelines show the alias";
    "channels": Names(&P(&CHANNEL), 1), Required, "the ways to reach them";
    "engagement": STEPS, Optional, "which channel after how many minutes";
    "engagement_by_impact": ByImpact(&STEPS), Optional, "other steps for incidents of these impacts";
});

part!(CHANNEL, "a channel", [AddressByType], {
    "type": Kind::Words(Words::Channels), Required, "how it is reached";
    "address": Text(Shape::Address), Required, "the telephone number (`sms`, `voice`), the e-mail address, or the URL";
    "secret": Text(Shape::Secret), Optional, "what signs the posts to a `webhook`; others have no use for one";
    "verified": Flag, Else(D::Flag(false)), "your word that the address is theirs; without it, a code verifies the channel";
});

part!(ENGAGEMENT_STEP, "a step of an engagement plan", [Needs("times", "every")], {
    "after": MINUTES, Else(D::Number(0)), "counted from the start of the engagement, not from the step before";
    "channels": List(&ALIAS, 1, None), Required, "used all at once; unverified ones are left out";
    "every": Number(REPEAT_MINUTES_MIN, STAGE_MINUTES_MAX), Optional, "minutes between two pages of the step";
    "times": NumberOr(1, TIMES_MAX, "until_acknowledged"), Else(D::Word("until_acknowledged")), "how many pages the step sends in all; needs `every`";
});

part!(ESCALATION_PLAN, "an escalation plan", [], {
    "stages": List(&P(&ESCALATION_STAGE), 1, Some(ESCALATION_STAGES_MAX)), Required, "in order";
    "repeat": NumberOr(0, ROUNDS_MAX, "forever"), Else(D::Number(0)), "how often the plan is gone through again after its last stage";
    "round_robin": Flag, Else(D::Flag(false)), "a stage asks one of its targets, not all: see below";
});

part!(ESCALATION_STAGE, "a stage of an escalation plan", [], {
    "minutes": MINUTES, Required, "how long to wait for an answer before the next stage, counted from when this one really began";
    "targets": List(&AliasOr(&TARGET), 1, Some(TARGETS_MAX)), Required, "engaged all at once";
    "when": P(&WHEN), Optional, "what must hold when the stage is reached; otherwise it is skipped at once";
});

part!(WHEN, "a condition", [AtLeastOneOf(&["impact", "weekdays", "time"]), Needs("weekdays", "time_zone"), Needs("time", "time_zone")], {
    "impact": OneOrList(&IMPACT), Optional, "the incident has one of these";
    "weekdays": OneOrList(&WEEKDAY), Optional, "the day on which the hours begin";
    "time": Text(Shape::Hours), Optional, "from, inclusive, to, exclusive; an end at or before the start is on the next day";
    "time_zone": Text(Shape::TimeZone), Optional, "whose wall clock";
});

part!(TARGET, "a target", [ExactlyOneOf(&["contact", "schedule", "plan"])], {
    "contact": ALIAS, Optional, "paged by their own engagement plan";
    "schedule": ALIAS, Optional, "whoever is on call when the stage starts";
    "plan": ALIAS, Optional, "that plan from its first stage; plans may stand in each other 5 deep, and none may lead back to itself";
    "essential": Flag, Else(D::Flag(true)), "whether an acknowledgement by this target ends the escalation";
});

part!(RESPONSE_PLAN, "a response plan", [], {
    "incident": P(&INCIDENT), Optional, "texts and impact of the incident";
    "stages": List(&P(&RESPONSE_STAGE), 1, Some(RESPONSE_STAGES_MAX)), Required, "in order";
    "repage_after": SOME_MINUTES, Optional, "how long after an acknowledgement whoever has it is paged again, if it is not resolved by then";
    "tell": P(&TELL), Optional, "anything in them is [not supported yet](#not-supported-yet)";
});

part!(INCIDENT, "an incident template", [], {
    "title": Text(Shape::Template(TITLE_CHARACTERS_MAX)), Optional, "one line, stands on pages";
    "impact": IMPACT, Optional, "1 critical, 2 high, 3 medium, 4 low, 5 no impact";
    "summary": Text(Shape::Template(SUMMARY_CHARACTERS_MAX)), Optional, "longer text";
    "dedupe": Text(Shape::Template(DEDUPE_CHARACTERS_MAX)), Optional, "events with the same text belong to the same open incident";
    "tags": Texts(&Text(Shape::Plain), Some(TAGS_MAX)), Optional, "put on the incident beside the event's; where both have a name, this one counts";
});

part!(RESPONSE_STAGE, "a stage of a response plan", [AtLeastOneOf(&["runbooks", "engage"])], {
    "after": MINUTES, Else(D::Number(0)), "since the stage before really began; for the first one, since the incident opened";
    "unless": Kind::Words(Words::These(&["resolved", "acknowledged"])), Else(D::Word("resolved")), "what keeps the stage from starting";
    "when": P(&WHEN), Optional, "what must hold when the stage is reached; otherwise it is skipped";
    "runbooks": List(&P(&RUNBOOK), 0, Some(RUNBOOKS_PER_STAGE_MAX)), Optional, "SSM Automation documents to start, 20 at most";
    "engage": List(&AliasOr(&ENGAGE), 0, Some(TARGETS_MAX)), Optional, "whom to engage, all at once";
});

part!(RUNBOOK, "a runbook", [], {
    "document": Text(Shape::Document), Required, "the name of an SSM Automation document";
    "parameters": Texts(&OneOrList(&Text(Shape::Template(SUMMARY_CHARACTERS_MAX))), None), Optional, "given to the document; texts may hold [templates](#templates)";
});

part!(ENGAGE, "an item of `engage`", [ExactlyOneOf(&["contact", "escalation_plan", "schedule"])], {
    "contact": ALIAS, Optional, "paged by their own engagement plan";
    "escalation_plan": ALIAS, Optional, "from its first stage";
    "schedule": ALIAS, Optional, "whoever is on call when the stage starts";
});

part!(TELL, "tell", [], {
    "topics": EmptyList, Optional, "topics that are told; not supported yet";
    "chat": EmptyList, Optional, "chat rooms that are told; not supported yet";
});

part!(RULE, "a rule", [], {
    "match": P(&MATCH), Optional, "all of its conditions must hold";
    "response_plan": ALIAS, Required, "the plan that answers";
});

part!(MATCH, "match", [], {
    "source": Kind::Words(Words::Sources), Optional, "the kind of system that sent the event";
    "name": PATTERN, Optional, "the name of the alarm or alert";
    "account": PATTERN, Optional, "the AWS account";
    "region": PATTERN, Optional, "the AWS region";
    "tags": Texts(&PATTERN, None), Optional, "tags and labels of the event; all must match";
});

part!(WEBHOOK, "a webhook", [], {
    "keys": List(&Text(Shape::KeyHash), 1, Some(WEBHOOK_KEYS_MAX)), Required, "any of them opens the door";
    "response_plan": ALIAS, Optional, "the plan for all events of this webhook";
});

/// Every section.
pub(super) static ALL: [&Part; 28] = [
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

/// What every key means, with its section: what the document says in the same words.
pub fn meanings() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ALL.into_iter().flat_map(|section| section.described.iter().map(|key| (section.name, key.key, key.meaning)))
}
