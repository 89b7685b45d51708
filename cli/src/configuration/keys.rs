//! The vocabulary of the configuration language: every key of every section, in one place.
//!
//! Readers look keys up by these sections, unknown keys are compared with them, the schema for editors is made of them, and
//! tests hold the document to them.

mod kind;

use std::ops::Deref;

use reveille_domain::limits::{
    DEDUPE_CHARACTERS_MAX, ESCALATION_STAGES_MAX, EVERY_HOURS_MAX, EVERY_MAX, HANDOFFS_PER_PERIOD_MAX,
    MEMBERS_PER_ROTATION_MAX, NOTICE_MINUTES_MAX, NOTICES_PER_SCHEDULE_MAX, OVERRIDES_PER_SCHEDULE_MAX,
    REPEAT_MINUTES_MIN, RESPONSE_STAGES_MAX, ROTATIONS_PER_SCHEDULE_MAX, RUNBOOKS_PER_STAGE_MAX, STAGE_MINUTES_MAX,
    SUMMARY_CHARACTERS_MAX, TEMPORARY_PER_SCHEDULE_MAX, TEMPORARY_SHIFTS_MAX, TITLE_CHARACTERS_MAX,
};

pub(super) use kind::{Key, Kind, Need, Otherwise, Rule, Shape, Words};

use super::limits::{ROUNDS_MAX, STEPS_MAX, TAGS_MAX, TARGETS_MAX, TIMES_MAX, WEBHOOK_KEYS_MAX};

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

/// A section with everything that is known of its keys.
pub(crate) struct Part {
    section: Section,
    /// In the order of the section's keys.
    pub(super) described: &'static [Key],
    /// What holds for several keys together.
    pub(super) rules: &'static [Rule],
}

impl Deref for Part {
    type Target = Section;

    fn deref(&self) -> &Section {
        &self.section
    }
}

/// A section, each key with its kind, whether it is needed, and its meaning.
macro_rules! part {
    ($part:ident, $name:literal, [$($rule:expr),*], { $($key:literal: $kind:expr, $need:expr, $meaning:literal;)* }) => {
        pub(super) static $part: Part = Part {
            section: Section { name: $name, keys: &[$($key),*], later: &[] },
            described: &[$(Key { key: $key, kind: $kind, need: $need, meaning: $meaning }),*],
            rules: &[$($rule),*],
        };
    };
}

use Kind::{
    AliasOr, ByImpact, Day, EmptyList, Flag, List, Names, Number, NumberOr, OneOrList, Part as P, Text, Texts, Version,
};
use Need::{Else, Optional, Required};
use Otherwise as D;
use Rule::{AddressByType, AtLeastOneOf, ExactlyOneOf, Needs};

/// Minutes of stages and steps.
const MINUTES: Kind = Number(0, STAGE_MINUTES_MAX);
/// Minutes that have to pass.
const SOME_MINUTES: Kind = Number(1, STAGE_MINUTES_MAX);
const ALIAS: Kind = Text(Shape::Alias);
const INSTANT: Kind = Text(Shape::Instant);
const IMPACT: Kind = Number(1, 5);
const UNIT: Kind = Number(1, EVERY_MAX);
const PATTERN: Kind = Text(Shape::Pattern);
const STEPS: Kind = List(&P(&ENGAGEMENT_STEP), 1, Some(STEPS_MAX));
const WINDOWS: Kind = List(&Text(Shape::Hours), 0, None);
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
    "safety_contact": ALIAS, Optional, "is paged if an incident's own plan cannot be found";
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

part!(SCHEDULE, "a schedule", [], {
    "layers": Kind::Words(Words::These(&["upper", "both"])), Else(D::Word("upper")), "`upper`: the first rotation that has anybody decides; `both`: all of them are on call";
    "rotations": List(&P(&ROTATION), 1, Some(ROTATIONS_PER_SCHEDULE_MAX)), Required, "members who take turns, from the upper to the lower";
    "overrides": List(&P(&OVERRIDE), 0, Some(OVERRIDES_PER_SCHEDULE_MAX)), Optional, "who stands in, comes in addition, or is left out";
    "swaps": List(&P(&SWAP), 0, Some(OVERRIDES_PER_SCHEDULE_MAX / 2)), Optional, "who exchanges shifts with whom";
    "temporary": List(&P(&TEMPORARY), 0, Some(TEMPORARY_PER_SCHEDULE_MAX)), Optional, "spans that are replaced as a whole";
    "notices": List(&P(&NOTICE), 0, Some(NOTICES_PER_SCHEDULE_MAX)), Optional, "when contacts are told of their next shift";
});

part!(ROTATION, "a rotation", [], {
    "name": ALIAS, Required, "unique in the schedule; stands beside its shifts";
    "time_zone": Text(Shape::TimeZone), Required, "where its clock hangs: `America/New_York`, `UTC`";
    "start": Text(Shape::WallClock), Required, "the first hand-off; before it the rotation has nobody";
    "every": P(&EVERY), Required, "how long a shift lasts";
    "handoffs": List(&P(&HANDOFF), 0, Some(HANDOFFS_PER_PERIOD_MAX)), Optional, "when a period hands over";
    "members": List(&ALIAS, 1, Some(MEMBERS_PER_ROTATION_MAX)), Required, "in the order of their turns; who stands twice takes two turns";
    "on_call": Number(1, MEMBERS_PER_ROTATION_MAX as u32), Else(D::Number(1)), "how many at once: each shift is that of the next so many members";
    "coverage": P(&COVERAGE), Optional, "the hours that are worked";
    "days_off_burn_turns": Flag, Else(D::Flag(false)), "whether a shift without any hours of work uses a turn";
});

part!(EVERY, "every", [ExactlyOneOf(&["hours", "days", "weeks", "months"])], {
    "hours": Number(1, EVERY_HOURS_MAX), Optional, "a shift lasts so many hours";
    "days": UNIT, Optional, "a shift lasts so many days";
    "weeks": UNIT, Optional, "a shift lasts so many weeks";
    "months": UNIT, Optional, "a shift lasts so many months";
});

part!(HANDOFF, "a hand-off", [], {
    "day": Day, Optional, "the day";
    "at": Text(Shape::TimeOfDay), Required, "the wall clock";
});

part!(COVERAGE, "coverage", [], {
    "MON": WINDOWS, Optional, "the hours of Mondays";
    "TUE": WINDOWS, Optional, "the hours of Tuesdays";
    "WED": WINDOWS, Optional, "the hours of Wednesdays";
    "THU": WINDOWS, Optional, "the hours of Thursdays";
    "FRI": WINDOWS, Optional, "the hours of Fridays";
    "SAT": WINDOWS, Optional, "the hours of Saturdays";
    "SUN": WINDOWS, Optional, "the hours of Sundays";
});

part!(OVERRIDE, "an override", [AtLeastOneOf(&["remove", "add"])], {
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
    "remove": ALIAS, Optional, "is not on call; with `add`, the other one is in their place";
    "add": ALIAS, Optional, "is on call; without `remove`, in addition";
});

part!(SWAP, "a swap", [], {
    "a": ALIAS, Required, "takes the shifts of `b`";
    "b": ALIAS, Required, "takes the shifts of `a`";
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
});

part!(TEMPORARY, "a temporary schedule", [], {
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
    "shifts": List(&P(&TEMPORARY_SHIFT), 0, Some(TEMPORARY_SHIFTS_MAX)), Required, "who is on call in it; where there is none, nobody is";
});

part!(TEMPORARY_SHIFT, "a shift of a temporary schedule", [], {
    "contact": ALIAS, Required, "who is on call";
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
});

part!(NOTICE, "a notice", [], {
    "before_minutes": Number(1, NOTICE_MINUTES_MAX), Required, "so long before a shift whoever begins it is told";
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
