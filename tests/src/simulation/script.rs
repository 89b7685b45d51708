//! A night as a script: what goes wrong when, and who does what. A script is made from a seed, written as text, read again,
//! and shortened line by line. Each line stands for itself, so that a night without it is still a night.

mod text;

use reveille_cli::world::Function;

use super::chance::Chance;
use super::homes::{ALARMS, HOMES, PEOPLE};

/// Milliseconds of virtual time.
pub(crate) type Ms = i64;

/// One second.
pub(crate) const SECOND: Ms = 1_000;
/// One minute.
pub(crate) const MINUTE: Ms = 60 * SECOND;

/// Minutes in which things go wrong.
const ROUGH_MINUTES: i64 = 26;
/// Minutes after them in which nothing does: what is late by then is late for no reason.
const CALM_MINUTES: i64 = 12;
/// The least that goes wrong in a night.
const FAULTS_MIN: usize = 5;
/// Containers of a function, each with a clock of its own.
pub(crate) const CONTAINERS: usize = 2;
/// So far off are clocks at most.
pub(crate) const CLOCK_OFF_MAX: Ms = 2_000;

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
    /// The signing keys cannot be read.
    Keys,
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
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It is not done, and says so.
    Refused,
    /// There are too many.
    Throttled,
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

impl What {
    /// Whether it is something that goes wrong, and not something that people or servers do.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            What::Alarm { times, .. } => *times > 1,
            What::Answer { .. } | What::Apply { .. } => false,
            What::Clock { .. }
            | What::Outage { .. }
            | What::Dies { .. }
            | What::Call { .. }
            | What::Message { .. }
            | What::Schedule { .. } => true,
        }
    }
}

impl Script {
    /// The night of a seed.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let home = u32::try_from(chance.place(HOMES as usize)).unwrap_or_default();
        let mut lines = Vec::new();
        alarms(&mut chance, &mut lines);
        answers(&mut chance, &mut lines);
        if chance.percent(35) {
            let at = chance.between(0, ROUGH_MINUTES * MINUTE);
            lines.push(Line { at, what: What::Apply { home: (home + 1) % HOMES } });
        }
        faults(&mut chance, &mut lines);
        lines.sort_by_key(|line| line.at);
        Self { seed, home, until: (ROUGH_MINUTES + CALM_MINUTES) * MINUTE, lines }
    }

    /// How many lines are faults.
    pub fn faults(&self) -> usize {
        self.lines.iter().filter(|line| line.what.is_fault()).count()
    }

    /// How many alarms fire, each counted once.
    pub fn alarms(&self) -> usize {
        let fired = |name: usize| {
            self.lines.iter().any(|line| matches!(line.what, What::Alarm { name: n, firing: true, .. } if n == name))
        };
        (0..ALARMS.len()).filter(|name| fired(*name)).count()
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

/// At least three alarms fire; some recover, and some of those fire again.
fn alarms(chance: &mut Chance, lines: &mut Vec<Line>) {
    let fires = 3 + chance.place(3);
    let first = chance.place(ALARMS.len());
    for number in 0..fires {
        let name = (first + number) % ALARMS.len();
        let mut at = chance.between(0, 12 * MINUTE);
        let states = chance.of_these(&[1, 1, 1, 2, 2, 3, 4]);
        for state in 0..states {
            let times = if chance.percent(20) { 2 } else { 1 };
            let apart = chance.of_these(&[3, 40, 700, 20 * SECOND, 3 * MINUTE]);
            // Now and then an alarm says twice that it fires.
            let firing = state % 2 == 0 || chance.percent(15);
            lines.push(Line { at, what: What::Alarm { name, firing, times, apart } });
            let gap = chance.of_these(&[0, 8 * SECOND, 45 * SECOND, 3 * MINUTE, 7 * MINUTE]);
            // Some states follow each other so closely that they meet on their way.
            at += gap + if gap == 0 { chance.between(5, 60) } else { chance.between(0, 4 * SECOND) };
            at = at.min(ROUGH_MINUTES * MINUTE);
        }
    }
}

/// People answer; often at the very moment at which something else happens to them.
fn answers(chance: &mut Chance, lines: &mut Vec<Line>) {
    for _ in 0..2 + chance.place(5) {
        let deed = chance.of_these(&[
            Deed::Looks,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::AcknowledgesAll,
            Deed::Replies,
            Deed::Replies,
            Deed::Snoozes,
            Deed::Escalates,
            Deed::Resolves,
        ]);
        let minutes = chance.of_these(&[0, 0, 1, 1, 2, 3, 4, 5]);
        let beside = chance.of_these(&[-30, 0, 4, 9, 15, 25, 40, 80, 400, 5_000, 20_000]);
        let at = (minutes * MINUTE + beside + chance.between(0, 10)).max(1);
        let page = u32::try_from(1 + chance.place(3)).unwrap_or(1);
        lines.push(Line { at, what: What::Answer { who: chance.place(PEOPLE.len()), page, deed } });
    }
}

fn faults(chance: &mut Chance, lines: &mut Vec<Line>) {
    // Some nights see one kind of trouble only, and are held to the tighter promise.
    let kinds: &[u8] = match chance.place(8) {
        0 => &[0, 1],
        1 => &[2, 3],
        2 => &[4, 5],
        3 => &[6],
        4 => &[7, 8],
        _ => &[0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8],
    };
    let count = FAULTS_MIN + chance.place(7);
    while lines.iter().filter(|line| line.what.is_fault()).count() < count {
        let at = chance.between(0, ROUGH_MINUTES * MINUTE - MINUTE);
        let kind = chance.of_these(kinds);
        let what = fault(chance, kind, at);
        lines.push(Line { at: if matches!(what, What::Clock { .. }) { 0 } else { at }, what });
    }
}

/// The functions, those twice that do the most.
const HANDLERS_BY_WORK: [Handler; 8] = [
    Handler::Ingest,
    Handler::Respond,
    Handler::Respond,
    Handler::Escalate,
    Handler::Notify,
    Handler::Notify,
    Handler::Runbook,
    Handler::Acknowledge,
];

fn fault(chance: &mut Chance, kind: u8, at: Ms) -> What {
    let function = chance.of_these(&HANDLERS_BY_WORK);
    let call = u32::try_from(1 + chance.place(12)).unwrap_or(1);
    let most = (ROUGH_MINUTES * MINUTE - at).max(SECOND);
    let until = at + chance.between(SECOND, (4 * MINUTE).min(most));
    match kind {
        0 => {
            let how = chance.of_these(&[Journey::Lost, Journey::Doubled, Journey::Delayed(0), Journey::Lost]);
            let how =
                if let Journey::Delayed(_) = how { Journey::Delayed(chance.between(1, 90) * SECOND) } else { how };
            What::Message {
                queue: chance.of_these(&[
                    Post::Nudges,
                    Post::Pages,
                    Post::Nudges,
                    Post::Pages,
                    Post::SlowPages,
                    Post::Runbooks,
                ]),
                how,
            }
        }
        1 => What::Outage { of: Part::Queues, until },
        2 => {
            let off = chance.between(1, 90) * SECOND;
            What::Schedule {
                how: chance.of_these(&[Firing::Early(off), Firing::Late(off), Firing::Twice, Firing::Never]),
            }
        }
        3 => What::Outage { of: chance.of_these(&[Part::Schedules, Part::Tick]), until },
        4 => What::Dies { function, call },
        5 => {
            let how = chance.of_these(&[
                Mishap::Refused,
                Mishap::Throttled,
                Mishap::AnswerLost,
                Mishap::AnswerLost,
                Mishap::Slow(0),
            ]);
            let how = if let Mishap::Slow(_) = how { Mishap::Slow(chance.between(100, 4_000)) } else { how };
            What::Call { function, call, how }
        }
        6 => {
            let way = chance.of_these(&[Way::Sms, Way::Sms, Way::Email, Way::Voice, Way::Webhook]);
            let trouble = chance.of_these(&[Trouble::Fails, Trouble::Refuses, Trouble::Hangs, Trouble::AnswersLate]);
            What::Outage { of: Part::Provider(way, trouble), until }
        }
        7 => What::Outage {
            of: chance.of_these(&[
                Part::Throttling,
                Part::Table,
                Part::Keys,
                Part::Function(function),
                Part::Function(function),
            ]),
            until,
        },
        _ => What::Clock {
            function,
            container: chance.place(CONTAINERS),
            off: chance.between(-CLOCK_OFF_MAX, CLOCK_OFF_MAX),
        },
    }
}
