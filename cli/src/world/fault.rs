//! What can be broken in the world in memory.

use std::fmt;

use reveille_domain::ChannelKind;

/// One thing that does not work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// No queue takes a message or delivers one.
    Queues,
    /// One-time schedules are neither made nor do they fire.
    Schedules,
    /// The tick of each minute does not come.
    Tick,
    /// A function fails each time it is woken.
    Function(Function),
    /// Providers do not take messages.
    Channel {
        /// Of this kind of channel.
        kind: ChannelKind,
        /// To this address only; `None`: to all.
        address: Option<String>,
        /// What they do instead.
        trouble: Trouble,
    },
}

/// What a provider does instead of taking a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It refuses the address for good.
    Refuses,
    /// It says that nothing will ever arrive there.
    OptedOut,
    /// It fails, and may be asked again.
    Fails,
    /// It does not answer.
    Hangs,
}

/// The functions that something in the world wakes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Starts what is due.
    Respond,
    /// Starts what a schedule says is due.
    Escalate,
    /// Reaches people.
    Notify,
    /// Runs documents.
    Runbook,
}

impl Fault {
    /// The provider of a kind of channel, for every address.
    pub fn channel(kind: ChannelKind, trouble: Trouble) -> Self {
        Fault::Channel { kind, address: None, trouble }
    }

    /// Whether mending `self` mends `other`: what a provider did instead does not matter once it works again.
    pub(super) fn is_about_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Fault::Channel { kind, address, .. }, Fault::Channel { kind: other, address: theirs, .. }) => {
                kind == other && (address.is_none() || address == theirs)
            }
            (
                Fault::Queues | Fault::Schedules | Fault::Tick | Fault::Function(_) | Fault::Channel { .. },
                Fault::Queues | Fault::Schedules | Fault::Tick | Fault::Function(_) | Fault::Channel { .. },
            ) => self == other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Queues => f.write_str("queues"),
            Fault::Schedules => f.write_str("schedules"),
            Fault::Tick => f.write_str("the tick"),
            Fault::Function(function) => f.write_str(function.name()),
            // Whose address it is stands in the file; an address is shown nowhere.
            Fault::Channel { kind, address: None, trouble } => write!(f, "{} {}", kind.name(), trouble.name()),
            Fault::Channel { kind, address: Some(_), trouble } => {
                write!(f, "{} to one address {}", kind.name(), trouble.name())
            }
        }
    }
}

impl Trouble {
    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Refuses => "refuses",
            Trouble::OptedOut => "is opted out",
            Trouble::Fails => "fails",
            Trouble::Hangs => "hangs",
        }
    }
}

impl Function {
    /// The name in the template.
    pub fn name(self) -> &'static str {
        match self {
            Function::Respond => "respond",
            Function::Escalate => "escalate",
            Function::Notify => "notify",
            Function::Runbook => "runbook",
        }
    }
}
