//! Everything in a night that moves: what is to happen when, what runs, what waits in queues and for schedules, whom the
//! messages have reached. One lock around it; nothing in here waits.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::books::{Books, Class};
use super::chance::Chance;
use super::homes::PEOPLE;
use super::script::{CONTAINERS, Deed, Handler, Journey, Line, Mishap, Ms, Part, Post, SECOND, Script, What};

/// The night, as ports and platform share it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Night>>);

/// Everything that moves.
pub(crate) struct Night {
    pub(crate) started_at: Timestamp,
    started: tokio::time::Instant,
    pub(crate) chance: Chance,
    pub(crate) lines: Vec<Line>,
    /// Lines that wait for the next thing of their kind, by their places.
    pending: Vec<usize>,
    pub(crate) outages: Vec<(Part, Ms, Ms)>,
    pub(crate) clocks: BTreeMap<(Handler, usize), Ms>,
    pub(crate) runs: Vec<Run>,
    pub(crate) current: usize,
    agenda: BinaryHeap<Reverse<(Ms, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    numbers: u64,
    pub(crate) mail: BTreeMap<u64, Mail>,
    pub(crate) schedules: BTreeMap<String, String>,
    pub(crate) people: Vec<Person>,
    pub(crate) books: Books,
    /// Things that happened, and what they come to: two nights of one seed have the same.
    pub(crate) steps: u64,
    pub(crate) trace: u64,
    /// Every step in words, if somebody wants to read them.
    pub(crate) told: Option<Vec<String>>,
}

/// What is to happen.
pub(crate) enum Happening {
    /// A line of the script.
    Line(usize),
    /// The tick.
    Tick,
    /// A message is handed out.
    Deliver(u64),
    /// A schedule fires.
    Fire { name: String, payload: String },
    /// A function is invoked by something that does not wait for its answer.
    Invoke(Invocation),
    /// Somebody presses, opens or types something.
    Press(Press),
}

/// An invocation that nobody waits for: it is tried again.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) handler: Handler,
    pub(crate) event: Value,
    pub(crate) tries_left: u32,
    /// The signal that it carries.
    pub(crate) signal: Option<usize>,
    pub(crate) is_tick: bool,
}

/// What a person does.
#[derive(Clone)]
pub(crate) struct Press {
    pub(crate) who: usize,
    pub(crate) deed: Deed,
    pub(crate) tries_left: u32,
    /// The path behind the link of the page that is answered.
    pub(crate) path: String,
    /// What the SMS asks for.
    pub(crate) code: Option<String>,
    pub(crate) incident: String,
}

/// Who waits for an invocation.
pub(crate) enum Caller {
    Queue(Mailbox, Vec<u64>),
    Nobody(Invocation),
    Person(Press),
}

/// One invocation.
pub(crate) struct Run {
    pub(crate) handler: Handler,
    pub(crate) container: usize,
    pub(crate) caller: Option<Caller>,
    pub(crate) calls: u32,
    faults: Vec<usize>,
    pub(crate) is_dead: bool,
    /// Whether it only looks.
    pub(crate) is_look: bool,
}

/// Where messages wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mailbox {
    Of(Post),
    Failures,
}

/// A message.
pub(crate) struct Mail {
    pub(crate) to: Mailbox,
    pub(crate) body: String,
    pub(crate) due: Ms,
    pub(crate) receives: u32,
}

/// Somebody, and what has reached them.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) pages: u32,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    Refused,
    Throttled,
    AnswerLost,
    /// The function dies before it.
    Dies,
}

/// How a call goes: how long before it is done, how long after, and with which answer.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    pub(crate) before: Ms,
    pub(crate) after: Ms,
    pub(crate) fate: Fate,
}

impl Shared {
    pub(crate) fn new(night: Night) -> Self {
        Self(Arc::new(Mutex::new(night)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Night> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    pub(crate) fn handler(self) -> Handler {
        match self {
            Mailbox::Of(Post::Nudges) => Handler::Respond,
            Mailbox::Of(Post::Pages | Post::SlowPages) => Handler::Notify,
            Mailbox::Of(Post::Runbooks) => Handler::Runbook,
            Mailbox::Failures => Handler::Ingest,
        }
    }

    /// After so long a message that was handed out and not done is handed out again, as the template says.
    pub(crate) fn visibility(self) -> Ms {
        match self {
            Mailbox::Of(Post::Nudges) | Mailbox::Failures => 180 * SECOND,
            Mailbox::Of(Post::Pages | Post::SlowPages | Post::Runbooks) => 90 * SECOND,
        }
    }

    /// After so many times it goes to a dead-letter queue.
    pub(crate) fn receives_max(self) -> u32 {
        match self {
            Mailbox::Of(_) => 10,
            Mailbox::Failures => 480,
        }
    }
}

impl Night {
    pub(crate) fn new(script: &Script, started_at: Timestamp, books: Books) -> Self {
        let mut night = Self {
            started_at,
            started: tokio::time::Instant::now(),
            chance: Chance::of(script.seed ^ 0x5eed),
            lines: script.lines.clone(),
            pending: Vec::new(),
            outages: Vec::new(),
            clocks: BTreeMap::new(),
            runs: Vec::new(),
            current: 0,
            agenda: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            numbers: 0,
            mail: BTreeMap::new(),
            schedules: BTreeMap::new(),
            people: PEOPLE.iter().map(|_| Person::default()).collect(),
            books,
            steps: 0,
            trace: 0,
            told: None,
        };
        for (place, line) in script.lines.iter().enumerate() {
            match line.what {
                What::Clock { function, container, off } => {
                    night.clocks.insert((function, container), off);
                }
                What::Outage { of, until } => {
                    night.outages.push((of, line.at, until));
                    night.books.trouble(Class::of(of), line.at, until);
                }
                What::Alarm { .. } | What::Apply { .. } => night.plan(line.at, Happening::Line(place)),
                What::Answer { .. }
                | What::Dies { .. }
                | What::Call { .. }
                | What::Message { .. }
                | What::Schedule { .. } => night.pending.push(place),
            }
        }
        night.plan(60 * SECOND, Happening::Tick);
        night
    }

    /// Milliseconds since the beginning.
    pub(crate) fn now(&self) -> Ms {
        Ms::try_from(self.started.elapsed().as_millis()).unwrap_or(Ms::MAX)
    }

    /// The instant of a time.
    pub(crate) fn instant(&self, at: Ms) -> tokio::time::Instant {
        self.started + std::time::Duration::from_millis(u64::try_from(at).unwrap_or_default())
    }

    /// The present instant on the clock of a container.
    pub(crate) fn clock(&self, handler: Handler, container: usize) -> Timestamp {
        let off = self.clocks.get(&(handler, container)).copied().unwrap_or_default();
        self.started_at + SignedDuration::from_millis(self.now() + off)
    }

    /// Lets something happen at its time.
    pub(crate) fn plan(&mut self, at: Ms, happening: Happening) {
        self.numbers += 1;
        self.agenda.push(Reverse((at.max(self.now()), self.numbers)));
        self.happenings.insert(self.numbers, happening);
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Ms> {
        self.agenda.peek().map(|Reverse((at, _))| *at)
    }

    /// The next thing that happens by now.
    pub(crate) fn take_due(&mut self) -> Option<Happening> {
        let Reverse((at, number)) = *self.agenda.peek()?;
        if at > self.now() {
            return None;
        }
        self.agenda.pop();
        self.happenings.remove(&number)
    }

    /// One more thing has happened.
    pub(crate) fn step(&mut self, what: &str, more: impl Fn() -> String) {
        self.steps += 1;
        let now = self.now();
        self.books.now = now;
        let run = u64::try_from(self.current).unwrap_or_default();
        let mut mixed = self.trace ^ u64::try_from(now).unwrap_or_default().rotate_left(17) ^ run.rotate_left(40);
        for byte in what.bytes() {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.trace = mixed;
        if let Some(told) = &mut self.told {
            told.push(format!("{:>9.3}  {what} {}", now as f64 / 1_000.0, more()));
        }
    }

    /// Whether a part does not work now, and until when.
    pub(crate) fn out(&self, part: Part) -> Option<Ms> {
        let now = self.now();
        let meant = self.outages.iter().filter(|(of, from, until)| *of == part && *from <= now && now < *until);
        meant.map(|(_, _, until)| *until).max()
    }

    /// Begins an invocation; what waits for one of its kind falls upon it.
    pub(crate) fn begin(&mut self, handler: Handler, caller: Caller) -> usize {
        let now = self.now();
        let container = self.chance.place(CONTAINERS);
        let is_tick = matches!(&caller, Caller::Nobody(Invocation { is_tick: true, .. }));
        let is_look = matches!(&caller, Caller::Person(Press { deed: Deed::Looks, .. }));
        // A tick that finds nothing makes no good victim.
        let is_victim = !is_tick || self.chance.percent(15);
        let mut faults = Vec::new();
        if is_victim {
            let lines = &self.lines;
            let meant = |place: &usize| match lines[*place] {
                Line { at, what: What::Dies { function, .. } | What::Call { function, .. } } => {
                    function == handler && at <= now
                }
                Line { .. } => false,
            };
            if let Some(found) = self.pending.iter().position(meant) {
                faults.push(self.pending.remove(found));
            }
        }
        self.runs.push(Run { handler, container, caller: Some(caller), calls: 0, faults, is_dead: false, is_look });
        let id = self.runs.len() - 1;
        if self.clocks.contains_key(&(handler, container)) {
            self.books.troubled.insert(id);
        }
        self.current = id;
        self.step(handler.name(), || format!("begins as {id}"));
        id
    }

    /// An invocation is over; whether it dies all the same. What it has not met waits for the next one.
    pub(crate) fn end(&mut self, id: usize) -> bool {
        let mut dies = false;
        for place in std::mem::take(&mut self.runs[id].faults) {
            if matches!(self.lines[place].what, What::Dies { .. }) && !dies && self.chance.percent(25) {
                dies = true;
                self.wrong(id, Class::Function, 0);
            } else {
                self.pending.push(place);
            }
        }
        self.pending.sort_unstable();
        dies
    }

    /// Something goes wrong in an invocation.
    pub(crate) fn wrong(&mut self, id: usize, class: Class, for_ms: Ms) {
        let now = self.now();
        self.books.troubled.insert(id);
        self.books.trouble(class, now, now + for_ms);
    }

    /// How the current invocation's next call goes. `usual` is how long such a call takes at most.
    pub(crate) fn course(&mut self, what: &str, usual: Ms) -> Course {
        let id = self.current;
        self.runs[id].calls += 1;
        let call = self.runs[id].calls;
        let mut course = Course { before: self.chance.between(1, usual), after: 0, fate: Fate::Done };
        let is_met = |place: &usize| match self.lines[*place].what {
            What::Dies { call: at, .. } | What::Call { call: at, .. } => at == call,
            What::Alarm { .. }
            | What::Answer { .. }
            | What::Apply { .. }
            | What::Clock { .. }
            | What::Outage { .. }
            | What::Message { .. }
            | What::Schedule { .. } => false,
        };
        if let Some(found) = self.runs[id].faults.iter().position(is_met) {
            let place = self.runs[id].faults.remove(found);
            match self.lines[place].what {
                What::Call { how: Mishap::Slow(by), .. } => {
                    if self.chance.percent(50) {
                        course.before += by
                    } else {
                        course.after += by
                    }
                    self.wrong(id, Class::Function, by + SECOND);
                }
                What::Call { how, .. } => {
                    course.fate = match how {
                        Mishap::Refused => Fate::Refused,
                        Mishap::Throttled => Fate::Throttled,
                        Mishap::AnswerLost | Mishap::Slow(_) => Fate::AnswerLost,
                    };
                    self.wrong(id, Class::Function, SECOND);
                }
                _ => {
                    course.fate = Fate::Dies;
                    self.runs[id].is_dead = true;
                    self.wrong(id, Class::Function, 0);
                }
            }
        }
        let fate = course.fate;
        self.step(what, || if fate == Fate::Done { format!("by {id}") } else { format!("by {id}: {fate:?}") });
        course
    }

    /// Puts a message into a queue, if it gets there.
    pub(crate) fn post(&mut self, to: Mailbox, body: String, delay: Ms) {
        let now = self.now();
        let mut due = now + delay + self.chance.between(2, 25);
        let mut copies = 1;
        if let Mailbox::Of(post) = to {
            let meant = |line: &Line| matches!(line.what, What::Message { queue, .. } if queue == post);
            match self.take_pending(now, meant) {
                Some(What::Message { how: Journey::Lost, .. }) => {
                    self.books.trouble(Class::Queues, now, now + delay);
                    copies = 0;
                }
                Some(What::Message { how: Journey::Doubled, .. }) => copies = 2,
                Some(What::Message { how: Journey::Delayed(by), .. }) => {
                    self.books.trouble(Class::Queues, now, due + by);
                    due += by;
                }
                _ => {}
            }
        }
        for _ in 0..copies {
            self.numbers += 1;
            let number = self.numbers;
            self.mail.insert(number, Mail { to, body: body.clone(), due, receives: 0 });
            self.plan(due, Happening::Deliver(number));
            due += self.chance.between(1, 400);
        }
    }

    /// The first line that waits for something like this since before now.
    pub(crate) fn take_pending(&mut self, now: Ms, is_meant: impl Fn(&Line) -> bool) -> Option<What> {
        let lines = &self.lines;
        let found = self.pending.iter().position(|place| lines[*place].at <= now && is_meant(&lines[*place]))?;
        Some(self.lines[self.pending.remove(found)].what)
    }

    /// A page reaches somebody, who may do something about it.
    pub(crate) fn reached(&mut self, who: usize, path: &str, code: Option<&str>, incident: &str) {
        let now = self.now();
        self.people[who].pages += 1;
        let page = self.people[who].pages;
        let lines = &self.lines;
        let theirs =
            |place: &usize| matches!(lines[*place].what, What::Answer { who: w, page: p, .. } if w == who && p == page);
        let (taken, kept): (Vec<usize>, Vec<usize>) = self.pending.iter().partition(|place| theirs(place));
        self.pending = kept;
        for place in taken {
            let Line { at, what: What::Answer { deed, .. } } = self.lines[place] else { continue };
            let press = Press {
                who,
                deed,
                tries_left: 6,
                path: path.to_owned(),
                code: code.map(str::to_owned),
                incident: incident.to_owned(),
            };
            self.plan(now + at, Happening::Press(press));
        }
    }
}
