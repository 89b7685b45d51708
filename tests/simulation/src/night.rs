//! Everything in a night that moves: what is to happen when, what runs, what waits in queues and for schedules, whom the
//! messages have reached. One lock around it; nothing in here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{ContactAlias, IncidentId, ResponsePlanName};
use reveille_engine::port::{Envelope, Wake};
use reveille_engine::reply_code::ReplyCode;
use reveille_local::MemoryTable;
use serde_json::Value;

use super::agenda::Agenda;
use super::books::{Books, Class};
use super::chance::Chance;
use super::executions::Execution;
use super::homes::{PEOPLE, PLANS, POSTED};
use super::mail::Mail;
use super::script::{
    CONTAINERS, Deed, HOUR, Handler, Journey, Line, MINUTE, Mishap, Ms, Part, Post, SECOND, Script, What,
};

/// The night, as ports and platform share it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Night>>);

/// Everything that moves.
pub(crate) struct Night {
    pub(crate) started_at: Timestamp,
    /// Milliseconds since the beginning. Nothing but the next thing that happens moves it.
    pub(crate) now: Ms,
    /// What is still under way then leaves no trace.
    pub(crate) is_over: bool,
    pub(crate) chance: Chance,
    pub(crate) lines: Vec<Line>,
    /// Lines that wait for the next thing of their kind, by their places.
    pending: Vec<usize>,
    pub(crate) outages: Vec<(Part, Ms, Ms)>,
    /// What was out for an hour, and was asked for meanwhile.
    pub(crate) met: BTreeSet<Part>,
    pub(crate) clocks: BTreeMap<(Handler, usize), Ms>,
    pub(crate) runs: Vec<Run>,
    pub(crate) current: usize,
    agenda: Agenda,
    pub(crate) mail: Mail,
    pub(crate) schedules: BTreeSet<String>,
    /// The runbooks that were started, by the tokens with which they were.
    pub(crate) executions: BTreeMap<String, Execution>,
    /// The table as its indexes know it while they do not follow.
    pub(crate) stale: Option<Arc<MemoryTable>>,
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
    /// A wait is over.
    Wake(Waker),
    /// An invocation has had all the time that there is.
    Timeout(usize),
    /// A line of the script.
    Line(usize),
    /// The tick of a minute.
    Tick(Ms),
    /// A message is handed out.
    Deliver(u64),
    /// A schedule fires.
    Fire(Box<Wake>),
    /// A function is invoked by something that does not wait for its answer.
    Invoke(Box<Invocation>),
    /// Somebody presses, opens or types something.
    Press(Box<Press>),
    /// A provider takes a message that nobody waits for any more.
    TakeLate(Box<Late>),
}

/// A message that a provider takes after its sender has given up.
pub(crate) struct Late {
    pub(crate) run: usize,
    pub(crate) envelope: Envelope,
}

/// An invocation that nobody waits for: it is tried again.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) handler: Handler,
    pub(crate) event: Value,
    pub(crate) tries_left: u32,
    /// The signal that it carries.
    pub(crate) signal: Option<usize>,
    /// The answer of a person that it carries.
    pub(crate) reply: Option<Reply>,
    pub(crate) is_tick: bool,
    /// Whoever has sent it waits for the answer, and sends it again until it is taken.
    pub(crate) is_post: bool,
}

impl Invocation {
    /// One that carries neither a signal nor an answer, and is tried as often as the template says.
    pub(crate) fn of(handler: Handler, event: Value) -> Self {
        Self { handler, event, tries_left: handler.tries(), signal: None, reply: None, is_tick: false, is_post: false }
    }
}

/// An answer by SMS.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) who: usize,
    pub(crate) incident: String,
    /// When it was sent.
    pub(crate) at: Ms,
    /// Whether the table knew by then that they had been told.
    pub(crate) is_told: bool,
}

/// What an SMS asks to be answered with.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) digits: String,
    /// It spoke for several incidents, and the newest message about each decides whether the code still means it.
    pub(crate) is_for_all: bool,
}

impl Code {
    /// Whether it is one of another incident or of a plan as well: whoever types it is asked for more digits.
    pub(crate) fn could_mean_another(&self, who: usize, incident: &str, books: &Books) -> bool {
        let contact = ContactAlias::new(PEOPLE[who]);
        let others = books.dossiers.keys().filter(|id| *id != incident);
        let of_incidents = others.map(|id| ReplyCode::of_incident(&contact, &IncidentId::new(id.clone())));
        let of_plans = PLANS.iter().map(|plan| ReplyCode::of_plan(&contact, &ResponsePlanName::new(*plan)));
        of_incidents.chain(of_plans).any(|code| code.is_meant_by(&self.digits))
    }
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
    pub(crate) code: Option<Code>,
    pub(crate) incident: String,
}

/// Who waits for an invocation.
pub(crate) enum Caller {
    Queue(Post, Vec<u64>),
    Nobody(Invocation),
    Person(Press),
}

/// One invocation.
pub(crate) struct Run {
    pub(crate) handler: Handler,
    pub(crate) container: usize,
    pub(crate) caller: Option<Caller>,
    pub(crate) began_at: Ms,
    pub(crate) calls: u32,
    faults: Vec<usize>,
    pub(crate) is_dead: bool,
    /// Whether it only looks.
    pub(crate) is_look: bool,
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
    /// Another transaction is in its way.
    Conflict,
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

impl Night {
    pub(crate) fn new(script: &Script, started_at: Timestamp, books: Books) -> Self {
        let mut night = Self {
            started_at,
            now: 0,
            is_over: false,
            chance: Chance::of(script.seed ^ 0x5eed),
            lines: script.lines.clone(),
            pending: Vec::new(),
            outages: Vec::new(),
            met: BTreeSet::new(),
            clocks: BTreeMap::new(),
            runs: Vec::new(),
            current: 0,
            agenda: Agenda::default(),
            mail: Mail::default(),
            schedules: BTreeSet::new(),
            executions: BTreeMap::new(),
            stale: None,
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
                    for class in Class::of(of) {
                        night.books.trouble(*class, line.at, until);
                    }
                }
                What::Alarm { .. } | What::Storm { .. } | What::Unreadable { .. } | What::Apply { .. } => {
                    night.plan(line.at, Happening::Line(place));
                }
                What::Answer { .. }
                | What::Dies { .. }
                | What::Call { .. }
                | What::Message { .. }
                | What::Schedule { .. }
                | What::Tick { .. }
                | What::Twice { .. } => night.pending.push(place),
            }
        }
        night.plan(MINUTE, Happening::Tick(1));
        night
    }

    /// The present instant on the clock of a container.
    pub(crate) fn clock(&self, handler: Handler, container: usize) -> Timestamp {
        let off = self.clocks.get(&(handler, container)).copied().unwrap_or_default();
        self.started_at + SignedDuration::from_millis(self.now + off)
    }

    /// The instant of a time.
    pub(crate) fn instant(&self, at: Ms) -> Timestamp {
        self.started_at + SignedDuration::from_millis(at)
    }

    /// A signal arrives so many times.
    pub(crate) fn arrive(&mut self, signal: usize, at: Ms, times: u8, apart: Ms) {
        let known = &mut self.books.signals[signal];
        known.is_sent = true;
        let (event, is_post) = (known.event.clone(), known.name == POSTED);
        for time in 0..Ms::from(times) {
            let of = Invocation::of(Handler::Ingest, event.clone());
            let invocation = Invocation { signal: Some(signal), is_post, ..of };
            self.plan(at + time * apart, Happening::Invoke(Box::new(invocation)));
        }
    }

    /// Lets something happen at its time.
    pub(crate) fn plan(&mut self, at: Ms, what: Happening) {
        self.agenda.plan(at.max(self.now), what);
    }

    /// The next thing that happens before a time; it is then.
    pub(crate) fn take_next(&mut self, until: Ms) -> Option<Happening> {
        let (at, what) = self.agenda.take_next(until)?;
        self.now = at;
        self.books.now = at;
        Some(what)
    }

    /// One more thing has happened.
    pub(crate) fn step(&mut self, what: &str, more: impl Fn() -> String) {
        self.steps += 1;
        let now = self.now;
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
    pub(crate) fn out(&mut self, part: Part) -> Option<Ms> {
        let now = self.now;
        let meant = self.outages.iter().filter(|(of, from, until)| of.covers(part) && *from <= now && now < *until);
        let (of, from, until) = meant.max_by_key(|(_, _, until)| *until).copied()?;
        if until - from >= HOUR {
            self.met.insert(of);
        }
        Some(until)
    }

    /// Whether a part has worked all the time since then.
    pub(crate) fn has_worked_since(&self, part: Part, then: Ms) -> bool {
        let now = self.now;
        !self.outages.iter().any(|(of, from, until)| of.covers(part) && *from <= now && then < *until)
    }

    /// Begins an invocation; what waits for one of its kind falls upon it.
    pub(crate) fn begin(&mut self, handler: Handler, caller: Caller) -> usize {
        let now = self.now;
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
        self.runs.push(Run {
            handler,
            container,
            caller: Some(caller),
            began_at: now,
            calls: 0,
            faults,
            is_dead: false,
            is_look,
        });
        let id = self.runs.len() - 1;
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
        let now = self.now;
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
            _ => false,
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
                        Mishap::Conflict => Fate::Conflict,
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
    pub(crate) fn post(&mut self, to: Post, body: String, delay: Ms) {
        let now = self.now;
        let mut due = now + delay + self.chance.between(2, 25);
        let mut copies = 1;
        match self.take_pending(|line| matches!(line.what, What::Message { queue, .. } if queue == to)) {
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
        for _ in 0..copies {
            let number = self.mail.put(to, body.clone(), due);
            self.plan(due, Happening::Deliver(number));
            due += self.chance.between(1, 400);
        }
    }

    /// The first line that waits for something like this since before now.
    pub(crate) fn take_pending(&mut self, is_meant: impl Fn(&Line) -> bool) -> Option<What> {
        let (now, lines) = (self.now, &self.lines);
        let found = self.pending.iter().position(|place| lines[*place].at <= now && is_meant(&lines[*place]))?;
        Some(self.lines[self.pending.remove(found)].what)
    }

    /// A page reaches somebody, who may do something about it.
    pub(crate) fn reached(&mut self, who: usize, path: &str, code: Option<&Code>, incident: &str) {
        let now = self.now;
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
                code: code.cloned(),
                incident: incident.to_owned(),
            };
            if let Some(What::Twice { apart }) = self.take_pending(|line| matches!(line.what, What::Twice { .. })) {
                self.plan(now + at + apart, Happening::Press(Box::new(press.clone())));
            }
            self.plan(now + at, Happening::Press(Box::new(press)));
        }
    }
}
