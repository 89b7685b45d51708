//! A night as a script: what goes wrong when, and who does what. A script is made from a seed, written as text, read again,
//! and shortened line by line. Each line stands for itself, so that a night without it is still a night.

mod making;
mod outage;
mod text;

use reveille_cli::world::Function;

use super::homes::ALARMS;

pub use outage::Outage;

/// Milliseconds of virtual time.
pub(crate) type Ms = i64;

/// One second.
pub(crate) const SECOND: Ms = 1_000;
/// One minute.
pub(crate) const MINUTE: Ms = 60 * SECOND;
/// One hour.
pub(crate) const HOUR: Ms = 60 * MINUTE;

/// Containers of a function, each with a clock of its own.
pub(crate) const CONTAINERS: usize = 2;

/// What happens in one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Makes the small chances: how long a request takes, which of two comes first.
    pub(crate) seed: u64,
    /// The number of the configuration in force at the beginning.
    pub(crate) home: u32,
    /// When it ends.
    pub(crate) until: Ms,
    /// In the order of time.
    pub(crate) lines: Vec<Line>,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Ms,
    pub(crate) what: What,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An alarm changes its state, and says so so many times, each time so much later.
    Alarm { name: usize, firing: bool, times: u8, apart: Ms },
    /// Somebody does something so long after their page of this number.
    Answer { who: usize, page: u32, deed: Deed },
    /// Another configuration is applied.
    Apply { home: u32 },
    /// The clock of a container is off.
    Clock { function: Handler, container: usize, off: Ms },
    /// So many alarms that nobody has heard of fire one after another.
    Storm { plan: usize, count: u32, within: Ms },
    /// Something arrives that nobody can read.
    Unreadable { times: u8, apart: Ms },
    /// Something does not work until then.
    Outage { of: Part, until: Ms },
    /// The next invocation dies before its call of this number.
    Dies { function: Handler, call: u32 },
    /// A call of the next invocation goes wrong.
    Call { function: Handler, call: u32, how: Mishap },
    /// The next message to a queue.
    Message { queue: Post, how: Journey },
    /// The next schedule that is made.
    Schedule { how: Firing },
    /// The next tick.
    Tick { how: Firing },
    /// The next answer of a person arrives twice.
    Twice { apart: Ms },
}

/// What somebody does about a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Looks at the page behind the link.
    Looks,
    /// Presses the big button.
    Acknowledges,
    /// Presses the one for everything of the plan.
    AcknowledgesAll,
    /// Answers the SMS with its code.
    Replies,
    /// Snoozes for some minutes, by SMS.
    Snoozes,
    /// Wants the next stage now.
    Escalates,
    /// Says that it is over.
    Resolves,
}

/// The six functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Handler {
    Ingest,
    Respond,
    Escalate,
    Notify,
    Runbook,
    Acknowledge,
}

/// The queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Post {
    Nudges,
    Pages,
    SlowPages,
    Runbooks,
    /// What `ingest` could not do.
    Failures,
}

/// What can fail for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// No queue takes a message or hands one out.
    Queues,
    /// No schedule is made, and none fires.
    Schedules,
    /// The tick does not come.
    Tick,
    /// A function fails each time.
    Function(Handler),
    /// The table refuses so many requests of a hundred for being too many.
    Throttling,
    /// The table does not answer.
    Table,
    /// The table's indexes stay as they are.
    Indexes,
    /// The signing keys cannot be read.
    Keys,
    /// No runbook is started, and none is looked at.
    Automation,
    /// The operators' topic takes nothing.
    Operators,
    /// Scheduler: no schedule is made, none fires, and the tick is one of them.
    Scheduler,
    /// Lambda: every function fails.
    Lambda,
    /// SNS: no text message leaves, and the operators' topic takes nothing.
    Sns,
    /// End User Messaging: no text message leaves, and no call.
    EndUserMessaging,
    /// A provider fails, refuses, does not answer, or answers late.
    Provider(Way, Trouble),
}

/// The kinds of channels that the people have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Sms,
    Email,
    Voice,
    Webhook,
}

/// What a provider does instead of taking a message at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Fails,
    Refuses,
    Hangs,
    /// It takes the message, and says so too late.
    AnswersLate,
    /// It takes the message when its sender has given up.
    TakesLate,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It is not done, and says so.
    Refused,
    /// There are too many.
    Throttled,
    /// Another transaction is in its way.
    Conflict,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It takes so long.
    Slow(Ms),
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Journey {
    Lost,
    Doubled,
    Delayed(Ms),
}

/// What becomes of one schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firing {
    Early(Ms),
    Late(Ms),
    Twice,
    Never,
}

impl Handler {
    pub(crate) const ALL: [Handler; 6] =
        [Handler::Ingest, Handler::Respond, Handler::Escalate, Handler::Notify, Handler::Runbook, Handler::Acknowledge];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Handler::Ingest => "ingest",
            Handler::Respond => Function::Respond.name(),
            Handler::Escalate => Function::Escalate.name(),
            Handler::Notify => Function::Notify.name(),
            Handler::Runbook => Function::Runbook.name(),
            Handler::Acknowledge => "acknowledge",
        }
    }
}

impl Part {
    /// Whether another does not work either while this one does not.
    pub(crate) fn covers(self, other: Part) -> bool {
        let fails = |ways: &[Way]| ways.iter().any(|way| other == Part::Provider(*way, Trouble::Fails));
        self == other
            || match self {
                Part::Scheduler => matches!(other, Part::Schedules | Part::Tick),
                Part::Lambda => matches!(other, Part::Function(_)),
                Part::Sns => other == Part::Operators || fails(&[Way::Sms]),
                Part::EndUserMessaging => fails(&[Way::Sms, Way::Voice]),
                Part::Queues
                | Part::Schedules
                | Part::Tick
                | Part::Function(_)
                | Part::Throttling
                | Part::Table
                | Part::Indexes
                | Part::Keys
                | Part::Automation
                | Part::Operators
                | Part::Provider(..) => false,
            }
    }
}

impl Way {
    pub(crate) const ALL: [Way; 4] = [Way::Sms, Way::Email, Way::Voice, Way::Webhook];
}

impl Trouble {
    pub(crate) const ALL: [Trouble; 5] =
        [Trouble::Fails, Trouble::Refuses, Trouble::Hangs, Trouble::AnswersLate, Trouble::TakesLate];
}

impl What {
    /// Whether it is something that goes wrong, and not something that people or servers do.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            What::Alarm { times, .. } | What::Unreadable { times, .. } => *times > 1,
            What::Answer { .. } | What::Apply { .. } | What::Storm { .. } => false,
            What::Clock { .. }
            | What::Outage { .. }
            | What::Dies { .. }
            | What::Call { .. }
            | What::Message { .. }
            | What::Schedule { .. }
            | What::Tick { .. }
            | What::Twice { .. } => true,
        }
    }
}

impl Script {
    /// How many lines are faults.
    pub fn faults(&self) -> usize {
        self.lines.iter().filter(|line| line.what.is_fault()).count()
    }

    /// When everything works again that was out.
    pub(crate) fn troubled_until(&self) -> Ms {
        let until = |line: &Line| match line.what {
            What::Outage { until, .. } => until,
            _ => line.at,
        };
        self.lines.iter().map(until).max().unwrap_or_default()
    }

    /// How many alarms fire, each counted once.
    pub fn alarms(&self) -> usize {
        let fired = |name: usize| {
            self.lines.iter().any(|line| matches!(line.what, What::Alarm { name: n, firing: true, .. } if n == name))
        };
        (0..ALARMS.len()).filter(|name| fired(*name)).count()
    }

    /// How many alarms fire in storms.
    pub fn storm(&self) -> u32 {
        let counts = self.lines.iter().map(|line| match line.what {
            What::Storm { count, .. } => count,
            _ => 0,
        });
        counts.sum()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The same night without some of its lines.
    #[must_use]
    pub(crate) fn without(&self, places: std::ops::Range<usize>) -> Self {
        let kept = self.lines.iter().enumerate().filter(|(place, _)| !places.contains(place));
        Self { lines: kept.map(|(_, line)| *line).collect(), ..self.clone() }
    }
}
