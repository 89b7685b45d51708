//! The words of scenario files: every verb and what may be said with it.

use crate::configuration::keys::Section;

/// The file itself.
pub(super) const FILE: Section =
    Section { name: "a scenario", keys: &["name", "description", "config", "start", "script", "reveille"], later: &[] };

/// One expected page, written out.
pub(super) const PAGE: Section = Section {
    name: "an expected page",
    keys: &["contact", "channel", "channels", "via", "at", "incident", "times"],
    later: &[],
};

/// One expected line of a timeline, written out.
pub(super) const LINE: Section =
    Section { name: "an expected line", keys: &["text", "kind", "contact", "channel", "outcome", "times"], later: &[] };

/// What a script can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Signal,
    Recover,
    Ack,
    Resolve,
    Open,
    Reply,
    Escalate,
    Snooze,
    Reassign,
    Engage,
    Fail,
    Heal,
    Apply,
    Expect,
    Wait,
}

impl Verb {
    /// Every verb, for messages that list them.
    pub(super) const ALL: [Verb; 15] = [
        Verb::Signal,
        Verb::Recover,
        Verb::Ack,
        Verb::Resolve,
        Verb::Open,
        Verb::Reply,
        Verb::Escalate,
        Verb::Snooze,
        Verb::Reassign,
        Verb::Engage,
        Verb::Fail,
        Verb::Heal,
        Verb::Apply,
        Verb::Expect,
        Verb::Wait,
    ];

    /// The word in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Verb::Signal => "signal",
            Verb::Recover => "recover",
            Verb::Ack => "ack",
            Verb::Resolve => "resolve",
            Verb::Open => "open",
            Verb::Reply => "reply",
            Verb::Escalate => "escalate",
            Verb::Snooze => "snooze",
            Verb::Reassign => "reassign",
            Verb::Engage => "engage",
            Verb::Fail => "fail",
            Verb::Heal => "heal",
            Verb::Apply => "apply",
            Verb::Expect => "expect",
            Verb::Wait => "wait",
        }
    }

    /// The verb of a word. `acknowledge` is what people write who do not abbreviate.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let name = if name == "acknowledge" { Verb::Ack.name() } else { name };
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// What may be said with the verb.
    pub(super) fn parameters(self) -> &'static Section {
        match self {
            Verb::Signal => &SIGNAL,
            Verb::Recover => &RECOVER,
            Verb::Ack => &ACK,
            Verb::Resolve => &RESOLVE,
            Verb::Open => &OPEN,
            Verb::Reply => &REPLY,
            Verb::Escalate => &ESCALATE,
            Verb::Snooze => &SNOOZE,
            Verb::Reassign => &REASSIGN,
            Verb::Engage => &ENGAGE,
            Verb::Fail => &FAIL,
            Verb::Heal => &HEAL,
            Verb::Apply => &APPLY,
            Verb::Expect => &EXPECT,
            Verb::Wait => &WAIT,
        }
    }

    /// The parameter that may stand without its name: `{ ack: natsu }` is `{ do: ack, contact: natsu }`.
    pub(super) fn bare_parameter(self) -> Option<&'static str> {
        match self {
            Verb::Signal | Verb::Recover => Some("name"),
            Verb::Ack | Verb::Resolve | Verb::Open | Verb::Escalate => Some("contact"),
            Verb::Reply => Some("text"),
            Verb::Snooze => Some("for"),
            Verb::Reassign => Some("to"),
            Verb::Engage => Some("contact"),
            Verb::Fail | Verb::Heal => Some("channel"),
            Verb::Apply => Some("config"),
            Verb::Expect => Some("pages"),
            Verb::Wait => None,
        }
    }
}

/// What makes a signal.
const SIGNAL_KEYS: &[&str] = &[
    "name",
    "source",
    "title",
    "summary",
    "key",
    "dedupe",
    "dedupe_key",
    "impact",
    "severity",
    "plan",
    "response_plan",
    "tags",
    "account",
    "region",
    "dimensions",
    "event",
    "webhook",
    "count",
];

const SIGNAL: Section = Section { name: "`signal`", keys: SIGNAL_KEYS, later: &[] };
const RECOVER: Section = Section { name: "`recover`", keys: SIGNAL_KEYS, later: &[] };
const ACK: Section = Section { name: "`ack`", keys: &["contact", "by", "channel", "via", "incident"], later: &[] };
const RESOLVE: Section =
    Section { name: "`resolve`", keys: &["contact", "by", "channel", "via", "incident"], later: &[] };
const OPEN: Section = Section { name: "`open`", keys: &["contact", "by", "channel", "via", "incident"], later: &[] };
const REPLY: Section =
    Section { name: "`reply`", keys: &["text", "contact", "from", "by", "channel", "via"], later: &[] };
const ESCALATE: Section = Section { name: "`escalate`", keys: &["contact", "by", "incident"], later: &[] };
const SNOOZE: Section =
    Section { name: "`snooze`", keys: &["for", "minutes", "contact", "by", "incident"], later: &[] };
const REASSIGN: Section =
    Section { name: "`reassign`", keys: &["to", "from", "contact", "by", "incident"], later: &[] };
const ENGAGE: Section = Section { name: "`engage`", keys: &["contact", "to", "by", "incident"], later: &[] };
const FAIL: Section = Section { name: "`fail`", keys: &["channel", "provider", "contact", "how"], later: &[] };
const HEAL: Section = Section { name: "`heal`", keys: &["channel", "provider", "contact", "how"], later: &[] };
const APPLY: Section = Section { name: "`apply`", keys: &["config"], later: &[] };
const EXPECT: Section = Section {
    name: "`expect`",
    keys: &["pages", "none", "contact", "channel", "via", "announced", "timeline", "state", "incidents", "incident"],
    later: &[],
};
const WAIT: Section = Section { name: "`wait`", keys: &[], later: &[] };

/// Every kind of mapping with every key that may stand in it, for the test of the document.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, &'static str)> {
    let verbs = Verb::ALL.into_iter().map(Verb::parameters);
    [&FILE, &PAGE, &LINE]
        .into_iter()
        .chain(verbs)
        .flat_map(|section| section.keys.iter().map(|key| (section.name, *key)))
}
