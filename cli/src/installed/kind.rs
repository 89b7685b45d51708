//! The kinds of rows that a configuration has in the table.

use reveille_engine::port::Key;

/// What a row is, each after those that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Where a channel leads.
    Address,
    /// Whose a telephone number is.
    Number,
    /// Somebody.
    Contact,
    /// Whoever is on call.
    Schedule,
    /// A ladder of both.
    EscalationPlan,
    /// What answers a kind of incident.
    ResponsePlan,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Address, Self::Number, Self::Contact, Self::Schedule, Self::EscalationPlan, Self::ResponsePlan];

    /// The kind of a row, and the name in its key. Nothing else is one of a configuration, whatever the index says.
    pub(crate) fn of(key: &Key) -> Option<(Self, &str)> {
        let (partition, name) = key.pk.split_once('#')?;
        Self::ALL.into_iter().find(|kind| kind.partition() == partition).map(|kind| (kind, name))
    }

    /// The word in messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Address => "address of contact",
            Kind::Number => "number",
            Kind::Contact => "contact",
            Kind::Schedule => "schedule",
            Kind::EscalationPlan => "escalation plan",
            Kind::ResponsePlan => "response plan",
        }
    }

    /// What the keys of its rows begin with.
    fn partition(self) -> &'static str {
        match self {
            Kind::Address => "ADDRESS",
            Kind::Number => "NUMBER",
            Kind::Contact => "CONTACT",
            Kind::Schedule => "SCHEDULE",
            Kind::EscalationPlan => "PLAN",
            Kind::ResponsePlan => "RESPONSE",
        }
    }
}

#[cfg(test)]
mod tests {
    use reveille_domain::{ChannelId, ContactAlias, PlanAlias, ResponsePlanName, ScheduleAlias};
    use reveille_engine::key;

    use super::*;

    #[test]
    fn a_kind_is_known_by_the_keys_that_the_engine_makes() {
        for (key, expected) in [
            (key::address(&ContactAlias::new("natsu"), &ChannelId::new("sms")), Some((Kind::Address, "natsu"))),
            (key::contact(&ContactAlias::new("natsu")), Some((Kind::Contact, "natsu"))),
            (key::schedule(&ScheduleAlias::new("nights")), Some((Kind::Schedule, "nights"))),
            (key::plan(&PlanAlias::new("all")), Some((Kind::EscalationPlan, "all"))),
            (key::response_plan(&ResponsePlanName::new("web")), Some((Kind::ResponsePlan, "web"))),
            (key::settings(), None),
            (key::index(), None),
        ] {
            assert_eq!(Kind::of(&key), expected, "{key:?}");
        }
        assert_eq!(Kind::of(&key::number("+15550100")).map(|(kind, _)| kind), Some(Kind::Number));
    }
}
