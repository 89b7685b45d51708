//! Names of things. Each id has a type of its own, so that a contact is never passed where a plan is meant.

use std::fmt;
use std::sync::Arc;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        // A decision copies ids into every event and order that it makes: shared, they are copied without an allocation.
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is; whoever read it from outside has validated it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into().into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An incident: a UUID (version 5) of the cause that opened it, so a redelivered alarm makes the same incident.
    IncidentId
);
text_id!(
    /// The alias of a contact, unique in an installation.
    ContactAlias
);
text_id!(
    /// A contact channel, unique within its contact (`sms`, `mail`).
    ChannelId
);
text_id!(
    /// The alias of an escalation plan.
    PlanAlias
);
text_id!(
    /// The alias of an on-call schedule.
    ScheduleAlias
);
text_id!(
    /// The name of a rotation, unique in its schedule.
    RotationName
);
text_id!(
    /// An override that an operator has made, unique in its schedule.
    OverrideId
);
text_id!(
    /// The name of a response plan.
    ResponsePlanName
);
text_id!(
    /// An SSM Automation execution.
    AutomationId
);

impl IncidentId {
    /// The first eight characters: enough for people to tell the open incidents of one team apart.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// One engagement of an incident, numbered in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngagementId(pub u32);

impl fmt::Display for EngagementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One order in the outbox of an incident: the revision that committed it and its place among that revision's orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId {
    /// Revision of the incident that committed the order.
    pub revision: u64,
    /// Zero-based place in that revision.
    pub number: u32,
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.revision, self.number)
    }
}

/// Who did something to an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A contact of the installation, through a page or a reply.
    Contact(ContactAlias),
    /// The monitoring system that sent the signal, named as it names itself.
    Source(String),
    /// Somebody with the operator's own rights, at the command line.
    Operator,
    /// The same, by the name that AWS, or their machine, has for them.
    Caller(String),
    /// Reveille itself, following a plan.
    Reveille,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Contact(alias) => alias.fmt(f),
            Actor::Source(name) => f.write_str(name),
            Actor::Operator => f.write_str("an operator"),
            Actor::Caller(name) => f.write_str(name),
            Actor::Reveille => f.write_str("reveille"),
        }
    }
}
