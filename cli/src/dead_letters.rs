//! The dead-letter queues of an installation: what ends in each, and what is to be done about it.

mod content;
mod messages;

use clap::ValueEnum;

use crate::installation::Parts;

pub use content::{Content, Course};
pub use messages::{DeadLetter, Depth, Messages};

/// A dead-letter queue, by the word that names it on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum DeadLetterQueue {
    /// Events that could not be taken for a day: the only messages that exist nowhere else
    IngestFailures,
    /// Incidents to look at
    Nudges,
    /// Pages by SMS, mail and call
    Pages,
    /// Pages to webhooks and chat
    SlowPages,
    /// Runbooks to start
    Runbooks,
    /// Ticks, deadlines, replies and reports that failed in their function
    Invocations,
    /// Schedules whose function could not be invoked
    Schedules,
}

impl DeadLetterQueue {
    /// Every one, the one whose messages exist nowhere else first.
    pub const ALL: [Self; 7] = [
        Self::IngestFailures,
        Self::Nudges,
        Self::Pages,
        Self::SlowPages,
        Self::Runbooks,
        Self::Invocations,
        Self::Schedules,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::IngestFailures => "ingest-failures",
            Self::Nudges => "nudges",
            Self::Pages => "pages",
            Self::SlowPages => "slow-pages",
            Self::Runbooks => "runbooks",
            Self::Invocations => "invocations",
            Self::Schedules => "schedules",
        }
    }

    /// Where it is, as far as the installation says so.
    pub fn url(self, parts: &Parts) -> Option<&String> {
        let queues = &parts.dead_letter_queues;
        match self {
            Self::IngestFailures => queues.ingest_failures.as_ref(),
            Self::Nudges => queues.nudges.as_ref(),
            Self::Pages => queues.pages.as_ref(),
            Self::SlowPages => queues.slow_pages.as_ref(),
            Self::Runbooks => queues.runbooks.as_ref(),
            Self::Invocations => queues.invocations.as_ref(),
            Self::Schedules => queues.schedules.as_ref(),
        }
    }

    /// Where its messages came from: what is moved goes back there. `None`: no queue, but a function or Scheduler.
    pub fn source(self, parts: &Parts) -> Option<Option<&String>> {
        let queues = &parts.queues;
        match self {
            Self::IngestFailures => Some(queues.ingest_failures.as_ref()),
            Self::Nudges => Some(queues.nudges.as_ref()),
            Self::Pages => Some(queues.pages.as_ref()),
            Self::SlowPages => Some(queues.slow_pages.as_ref()),
            Self::Runbooks => Some(queues.runbooks.as_ref()),
            Self::Invocations | Self::Schedules => None,
        }
    }

    /// What it means that something is in it, and what is to be done before it is emptied.
    pub fn advice(self) -> &'static str {
        match self {
            Self::IngestFailures => {
                "these events have been taken nowhere else: look at the log of `ingest`, mend the cause, then reveille redrive \
                 ingest-failures"
            }
            Self::Nudges => {
                "the table still knows these incidents: look at the log of `respond`, then reveille redrive nudges"
            }
            Self::Pages => {
                "the pages are still due in the table: look at the log of `notify`, then reveille redrive pages"
            }
            Self::SlowPages => {
                "the pages are still due in the table: look at the log of `notify`, then reveille redrive slow-pages"
            }
            Self::Runbooks => {
                "the runbooks are still due in the table: look at the log of `runbook`, then reveille redrive runbooks"
            }
            Self::Invocations => {
                "each names the function that failed: look at its log; reveille redrive invocations --dry-run says what \
                 becomes of each"
            }
            Self::Schedules => {
                "Scheduler could not invoke a function: look at the roles DeadlineRole and TickRole and at the account's \
                 concurrency, then reveille redrive schedules"
            }
        }
    }
}
