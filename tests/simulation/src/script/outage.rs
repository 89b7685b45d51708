//! What can be out for an hour, by its name on a command line, and every part in turn.

use std::fmt;
use std::str::FromStr;

use super::text::{PARTS, TROUBLES, WAYS, handler, meaning, word};
use super::{Handler, Part, Trouble, Way};

/// A part that does not work for an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outage(pub(crate) Part);

/// Nothing has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing that can be out is called `{said}`; there are {}", Outage::names())]
pub struct OutageError {
    said: String,
}

impl Outage {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Part::Queues), |part| part.next()).map(Outage)
    }

    fn names() -> String {
        Self::all().map(|outage| outage.to_string()).collect::<Vec<_>>().join(", ")
    }
}

impl Part {
    /// The one after it. A new part stops the build here until it has its place among the others, and with that its hour.
    fn next(self) -> Option<Self> {
        Some(match self {
            Part::Queues => Part::Schedules,
            Part::Schedules => Part::Tick,
            Part::Tick => Part::Function(Handler::ALL[0]),
            Part::Function(handler) => following(&Handler::ALL, handler).map_or(Part::Throttling, Part::Function),
            Part::Throttling => Part::Table,
            Part::Table => Part::Indexes,
            Part::Indexes => Part::Keys,
            Part::Keys => Part::Automation,
            Part::Automation => Part::Operators,
            Part::Operators => Part::Scheduler,
            Part::Scheduler => Part::Lambda,
            Part::Lambda => Part::Sns,
            Part::Sns => Part::EndUserMessaging,
            Part::EndUserMessaging => Part::Provider(Way::ALL[0], Trouble::ALL[0]),
            Part::Provider(way, trouble) => match following(&Trouble::ALL, trouble) {
                Some(next) => Part::Provider(way, next),
                None => Part::Provider(following(&Way::ALL, way)?, Trouble::ALL[0]),
            },
        })
    }
}

fn following<T: Copy + PartialEq>(all: &[T], this: T) -> Option<T> {
    all.iter().copied().skip_while(|one| *one != this).nth(1)
}

/// A provider by what it carries and what it does, anything else by its name.
impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Part::Function(handler) => f.write_str(handler.name()),
            Part::Provider(way, trouble) => write!(f, "{}-{}", word(&WAYS, way), word(&TROUBLES, trouble)),
            Part::Queues
            | Part::Schedules
            | Part::Tick
            | Part::Throttling
            | Part::Table
            | Part::Indexes
            | Part::Keys
            | Part::Automation
            | Part::Operators
            | Part::Scheduler
            | Part::Lambda
            | Part::Sns
            | Part::EndUserMessaging => f.write_str(word(&PARTS, self.0)),
        }
    }
}

impl FromStr for Outage {
    type Err = OutageError;

    fn from_str(said: &str) -> Result<Self, Self::Err> {
        let provider = || {
            let (way, trouble) = said.split_once('-')?;
            Some(Part::Provider(meaning(&WAYS, way)?, meaning(&TROUBLES, trouble)?))
        };
        let part = meaning(&PARTS, said).or_else(|| handler(said).map(Part::Function)).or_else(provider);
        part.map(Outage).ok_or_else(|| OutageError { said: said.to_owned() })
    }
}
