//! What AWS does: it invokes functions, each invocation for itself, hands out messages until they are done, fires schedules,
//! tries asynchronous invocations again, and ends what takes too long.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use lambda_runtime::Diagnostic;
use reveille_cli::world::{inbound_sms, request};
use reveille_domain::{ContactAlias, IncidentId};
use reveille_engine::port::NoMetrics;
use reveille_engine::{Engine, KeyRing, key};
use reveille_local::MemoryTable;
use serde_json::{Value, json};

use super::books::Class;
use super::homes::{Home, PEOPLE, number_of};
use super::night::{Caller, Happening, Invocation, Night, Press, Reply, Shared};
use super::ports::{
    ContainerClock, NightAutomation, NightKeys, NightOperators, NightProvider, NightQueue, NightScheduler, NightTable,
    NoReader, take_late,
};
use super::script::{CONTAINERS, Deed, Firing, Handler, MINUTE, Ms, Part, Post, SECOND, Script, Way, What};
use super::{FRONT_URL, Violation};
use crate::logs;

/// Messages that a function is invoked with at once.
const BATCH_MAX: usize = 10;
/// Steps of a night: one that takes more has work that makes more work.
const STEPS_MAX: u64 = 300_000;
/// And so many for each alarm of a storm.
const STEPS_OF_STORM_MAX: u64 = 5_000;
/// Seconds after which whoever sees that it did not work presses again.
const PRESSED_AGAIN: Ms = 3 * SECOND;

/// Seconds after which a sender posts again what was not taken.
const POSTED_AGAIN: Ms = 30 * SECOND;

/// The functions of one container each.
struct Container {
    ingest: ingest::Context,
    respond: respond::Context,
    escalate: escalate::Context,
    notify: notify::Context,
    runbook: runbook::Context,
    acknowledge: acknowledge::Context,
}

/// How an invocation ended.
type Ended = Option<Result<Value, Diagnostic>>;

/// What an invocation does.
type Work = Pin<Box<dyn Future<Output = Ended>>>;

/// The invocations that can go on.
#[derive(Clone, Default)]
struct Ready(Arc<Mutex<VecDeque<usize>>>);

/// Whoever wakes it lets one invocation go on.
struct Call {
    id: usize,
    ready: Ready,
}

/// An invocation under way. Whatever it asks for while it is polled is asked for by it.
struct Running {
    work: Work,
    waker: Waker,
}

/// The platform of one night.
struct Platform {
    night: Shared,
    table: Arc<MemoryTable>,
    containers: Vec<Arc<Container>>,
    running: Vec<Option<Running>>,
    ready: Ready,
    minutes: Ms,
}

impl Ready {
    fn push(&self, id: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(id);
    }

    fn pop(&self) -> Option<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.id);
    }
}

/// Plays a night to its end, or until something does not hold.
pub(super) fn run(night: &Shared, table: Arc<MemoryTable>, script: &Script) {
    let containers = (0..CONTAINERS).map(|number| Arc::new(container(night, &table, number))).collect();
    let (running, ready) = (Vec::new(), Ready::default());
    let mut platform = Platform { night: night.clone(), table, containers, running, ready, minutes: 0 };
    let steps_max = STEPS_MAX + STEPS_OF_STORM_MAX * u64::from(script.storm());
    loop {
        while let Some(id) = platform.ready.pop() {
            platform.go_on(id);
        }
        platform.listen();
        let mut locked = night.lock();
        if locked.books.violation.is_some() {
            break;
        }
        if locked.steps > steps_max {
            let text = format!("{} steps by {:.3}s, and no end", locked.steps, locked.now as f64 / 1_000.0);
            locked.books.violation = Some(Violation { invariant: 0, text });
            break;
        }
        let Some(next) = locked.take_next(script.until) else { break };
        drop(locked);
        platform.minute();
        platform.happen(next);
    }
    let mut locked = night.lock();
    locked.is_over = true;
    if locked.books.violation.is_none() {
        locked.now = script.until;
        locked.books.now = script.until;
        locked.books.morning();
    }
    // What is under way is dropped after the lock, which it takes.
    drop(locked);
}

fn container(night: &Shared, table: &Arc<MemoryTable>, number: usize) -> Container {
    let clock = |handler| Arc::new(ContainerClock { night: night.clone(), handler, container: number });
    let engine = |handler| {
        let table = Arc::new(NightTable { night: night.clone(), table: table.clone() });
        Engine::new(table, Arc::new(NightQueue(night.clone())), clock(handler), "eu-west-1")
    };
    let keys = |handler| KeyRing::new(Arc::new(NightKeys(night.clone())), clock(handler));
    let provider = |way| Arc::new(NightProvider { night: night.clone(), way });
    let senders = notify::Senders {
        sms: provider(Way::Sms),
        email: provider(Way::Email),
        voice: provider(Way::Voice),
        webhook: provider(Way::Webhook),
        slack: provider(Way::Webhook),
        teams: provider(Way::Webhook),
        reader: Arc::new(NoReader),
        operators: Arc::new(NightOperators(night.clone())),
    };
    let scheduler = Arc::new(NightScheduler(night.clone()));
    let automation = Arc::new(NightAutomation(night.clone()));
    Container {
        ingest: ingest::Context::new(engine(Handler::Ingest)),
        respond: respond::Context::new(engine(Handler::Respond), scheduler, Arc::new(NoMetrics)),
        escalate: escalate::Context::new(engine(Handler::Escalate)),
        notify: notify::Context::new(engine(Handler::Notify), senders, keys(Handler::Notify), FRONT_URL)
            .taking_replies(),
        runbook: runbook::Context::new(engine(Handler::Runbook), automation),
        acknowledge: acknowledge::Context::new(engine(Handler::Acknowledge), keys(Handler::Acknowledge)),
    }
}

/// What a function does with an event. Each has a box of its own size: the largest is moved about least.
fn handle(handler: Handler, event: Value, container: Arc<Container>) -> Work {
    match handler {
        Handler::Ingest => Box::pin(async move { Some(ingest::handle(event, &container.ingest).await) }),
        Handler::Respond => Box::pin(async move { Some(respond::handle(event, &container.respond).await) }),
        Handler::Escalate => Box::pin(async move { Some(escalate::handle(event, &container.escalate).await) }),
        Handler::Notify => Box::pin(async move { Some(notify::handle(event, &container.notify).await) }),
        Handler::Runbook => Box::pin(async move { Some(runbook::handle(event, &container.runbook).await) }),
        Handler::Acknowledge => Box::pin(async move { Some(acknowledge::handle(event, &container.acknowledge).await) }),
    }
}

impl Handler {
    /// The function's timeout in the template.
    fn timeout(self) -> Ms {
        match self {
            Handler::Ingest | Handler::Respond | Handler::Escalate => 30 * SECOND,
            Handler::Notify | Handler::Runbook | Handler::Acknowledge => 15 * SECOND,
        }
    }

    /// How often the platform tries an asynchronous invocation again, in the template.
    pub(crate) fn tries(self) -> u32 {
        match self {
            Handler::Ingest | Handler::Escalate | Handler::Notify | Handler::Acknowledge => 2,
            Handler::Respond | Handler::Runbook => 1,
        }
    }
}

impl Platform {
    /// Lets an invocation go on as far as it can.
    fn go_on(&mut self, id: usize) {
        let Some(running) = self.running[id].as_mut() else { return };
        self.night.lock().current = id;
        let polled = running.work.as_mut().poll(&mut TaskContext::from_waker(&running.waker));
        match polled {
            _ if self.night.lock().runs[id].is_dead => self.ended(id, None),
            Poll::Ready(ended) => self.ended(id, ended),
            Poll::Pending => {}
        }
    }

    /// A minute has passed, if so.
    fn minute(&mut self) {
        let mut night = self.night.lock();
        if night.now / MINUTE > self.minutes {
            self.minutes = night.now / MINUTE;
            let waiting = night.mail.len();
            night.books.minute(waiting);
        }
    }

    /// Reads what has been logged.
    fn listen(&self) {
        if let Some(violation) = logs::violation() {
            self.night.lock().books.violation.get_or_insert(violation);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Wake(waker) => waker.wake(),
            Happening::Timeout(id) => {
                // What takes too long is ended, and its work is not done.
                if self.running[id].is_some() {
                    self.ended(id, None);
                }
            }
            Happening::Line(place) => self.follow(place),
            Happening::Tick(minute) => self.tick(minute),
            Happening::Deliver(number) => self.deliver(number),
            Happening::Fire(wake) => self.fire(&wake.name, &wake.payload),
            Happening::Invoke(invocation) => self.invoke(*invocation),
            Happening::Press(press) => self.press(*press),
            Happening::TakeLate(late) => take_late(&mut self.night.lock(), &late),
        }
    }

    fn follow(&mut self, place: usize) {
        let mut night = self.night.lock();
        let line = night.lines[place];
        match line.what {
            What::Alarm { times, apart, .. } | What::Unreadable { times, apart } => {
                night.step("alarm", || line.what.to_string());
                for signal in night.books.signals_of(place) {
                    night.arrive(signal, line.at, times, apart);
                }
            }
            What::Storm { count, within, .. } => {
                night.step("storm", || line.what.to_string());
                for (signal, number) in night.books.signals_of(place).zip(0..) {
                    night.arrive(signal, line.at + within * number / Ms::from(count), 1, 0);
                }
            }
            What::Apply { home } => {
                night.step("apply", || line.what.to_string());
                let home = Home::number(home, night.started_at);
                let now = night.now;
                let applied = reveille_cli::apply::apply(self.table.as_ref(), &home.configuration, night.instant(now));
                super::homes::now_or_never(applied).expect("nobody else applies anything");
                night.books.homes.push((now, home));
            }
            _ => {}
        }
    }

    fn tick(&mut self, minute: Ms) {
        let mut night = self.night.lock();
        let now = night.now;
        let mut next = (minute + 1) * MINUTE;
        let mut times = vec![now];
        if night.out(Part::Tick).is_some() {
            times.clear();
        } else if let Some(What::Tick { how }) = night.take_pending(|line| matches!(line.what, What::Tick { .. })) {
            match how {
                Firing::Early(by) => next -= by,
                Firing::Late(by) => times = vec![now + by],
                Firing::Twice => times.push(now + 900),
                Firing::Never => times.clear(),
            }
            night.books.trouble(Class::Tick, now, times.last().copied().unwrap_or(next));
        }
        night.plan(next, Happening::Tick(minute + 1));
        for time in times {
            for handler in [Handler::Respond, Handler::Notify, Handler::Runbook] {
                let at = time + night.chance.between(0, 300);
                let event = json!({ "tick": true });
                let invocation = Invocation { tries_left: 1, is_tick: true, ..Invocation::of(handler, event) };
                night.plan(at, Happening::Invoke(Box::new(invocation)));
            }
        }
    }

    fn deliver(&mut self, number: u64) {
        let mut night = self.night.lock();
        let Some(letter) = night.mail.get(number) else { return };
        // It has been handed out with others, and comes again later.
        if letter.due > night.now {
            return;
        }
        let to = letter.to;
        if let Some(until) = night.out(Part::Queues) {
            let at = until + night.chance.between(1, 900);
            return night.plan(at, Happening::Deliver(number));
        }
        let now = night.now;
        let handed_out = night.mail.receive(number, now, BATCH_MAX);
        for (number, letter) in &handed_out {
            night.plan(letter.due, Happening::Deliver(*number));
        }
        drop(night);
        let records: Vec<Value> = handed_out
            .iter()
            .map(|(number, letter)| {
                let attributes = json!({ "ApproximateReceiveCount": letter.receives.to_string() });
                json!({ "messageId": number.to_string(), "body": letter.body, "eventSource": "aws:sqs", "attributes": attributes })
            })
            .collect();
        let batch = handed_out.into_iter().map(|(number, _)| number).collect();
        self.start(to.handler(), json!({ "Records": records }), Caller::Queue(to, batch));
    }

    fn fire(&mut self, name: &str, payload: &str) {
        let mut night = self.night.lock();
        if night.out(Part::Schedules).is_some() {
            return;
        }
        night.schedules.remove(name);
        drop(night);
        let event = serde_json::from_str(payload).unwrap_or(Value::Null);
        self.invoke(Invocation::of(Handler::Escalate, event));
    }

    fn invoke(&mut self, invocation: Invocation) {
        let (handler, event, signal) = (invocation.handler, invocation.event.clone(), invocation.signal);
        let id = self.start(handler, event, Caller::Nobody(invocation));
        if let Some(signal) = signal {
            self.night.lock().books.carries.insert(id, signal);
        }
    }

    fn press(&mut self, press: Press) {
        let event = match press.deed {
            Deed::Looks => request("GET", &press.path, ""),
            Deed::Acknowledges => request("POST", &press.path, "do=acknowledge"),
            Deed::AcknowledgesAll => request("POST", &press.path, "do=acknowledge-all"),
            Deed::Escalates => request("POST", &press.path, "do=escalate&seen=3"),
            Deed::Resolves => request("POST", &press.path, "do=resolve"),
            Deed::Replies | Deed::Snoozes => {
                let Some(code) = &press.code else { return };
                let text =
                    if press.deed == Deed::Replies { code.digits.clone() } else { format!("SNOOZE 4 {}", code.digits) };
                let id = format!("{} {} {text}", press.who, press.path);
                inbound_sms(&number_of(press.who), &text, &id)
            }
        };
        if matches!(press.deed, Deed::Replies | Deed::Snoozes) {
            // Whoever types a code is understood, whether or not its sender has lived to say that it has left.
            let told = key::paged(&ContactAlias::new(PEOPLE[press.who]), &IncidentId::new(press.incident.clone()));
            let code = press.code.filter(|code| !code.is_for_all);
            let night = self.night.lock();
            let (at, is_told) = (night.now, night.books.told.contains(&told));
            let is_clear = code.is_some_and(|code| !code.could_mean_another(press.who, &press.incident, &night.books));
            drop(night);
            let reply = is_clear.then_some(Reply { who: press.who, incident: press.incident, at, is_told });
            return self.invoke(Invocation { reply, ..Invocation::of(Handler::Acknowledge, event) });
        }
        self.start(Handler::Acknowledge, event, Caller::Person(press));
    }

    fn start(&mut self, handler: Handler, event: Value, caller: Caller) -> usize {
        let mut night = self.night.lock();
        let id = night.begin(handler, caller);
        let fails = night.out(Part::Function(handler)).is_some();
        if fails {
            night.wrong(id, Class::Function, 0);
        }
        let container = self.containers[night.runs[id].container].clone();
        let at = night.now + handler.timeout();
        night.plan(at, Happening::Timeout(id));
        drop(night);
        let work: Work = if fails { Box::pin(async { None }) } else { handle(handler, event, container) };
        let waker = Arc::new(Call { id, ready: self.ready.clone() }).into();
        self.running.push(Some(Running { work, waker }));
        self.ready.push(id);
        id
    }

    fn ended(&mut self, id: usize, ended: Ended) {
        // What it has under way is dropped with it, and may be done all the same.
        drop(self.running[id].take());
        let mut night = self.night.lock();
        let dies = night.end(id);
        night.current = id;
        let ended = ended.filter(|_| !dies && !night.runs[id].is_dead);
        let handler = night.runs[id].handler;
        night.step("ends", || match &ended {
            None => format!("{} {id}: it dies", handler.name()),
            Some(Ok(answer)) => format!("{} {id}: {}", handler.name(), brief(answer)),
            Some(Err(error)) => format!("{} {id}: {}", handler.name(), error.error_message),
        });
        let Some(caller) = night.runs[id].caller.take() else { return };
        match caller {
            Caller::Queue(to, batch) => self.done(&mut night, id, to, &batch, ended),
            Caller::Nobody(invocation) => self.tried(&mut night, id, invocation, ended),
            Caller::Person(press) => self.seen(&mut night, id, press, ended),
        }
    }

    /// A batch comes back: what is done is gone from its queue.
    fn done(&self, night: &mut Night, id: usize, to: Post, batch: &[u64], ended: Ended) {
        let handler = to.handler();
        let Some(answer) = ended.and_then(Result::ok) else {
            return night.books.answered(id, handler, false, &self.table);
        };
        let failed: Vec<u64> = answer["batchItemFailures"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|failure| failure["itemIdentifier"].as_str()?.parse().ok())
            .collect();
        for number in batch {
            let Some(letter) = night.mail.get(*number) else { continue };
            if !failed.contains(number) {
                let body = night.mail.remove(*number).map(|letter| letter.body).unwrap_or_default();
                let signal = if to == Post::Failures { signal_in(&body) } else { None };
                if let Some(signal) = signal {
                    night.books.carries.insert(id, signal);
                    night.books.taken_in(signal, &self.table);
                }
            } else if letter.receives >= to.receives_max() {
                night.mail.remove(*number);
            }
        }
        night.books.answered(id, handler, failed.is_empty(), &self.table);
    }

    /// An asynchronous invocation is tried again after one and two minutes; what `ingest` could not do then waits in its queue.
    fn tried(&self, night: &mut Night, id: usize, mut invocation: Invocation, ended: Ended) {
        // Who posts goes by the status.
        let is_taken = |answer: &Value| !invocation.is_post || answer["statusCode"] == 202;
        let success = matches!(&ended, Some(Ok(answer)) if is_taken(answer));
        let handler = invocation.handler;
        night.books.answered(id, handler, success, &self.table);
        if success {
            // What nobody has written down may be found by nothing but an index.
            let is_meant = |reply: &&Reply| reply.is_told || night.has_worked_since(Part::Indexes, reply.at);
            if let Some(reply) = invocation.reply.as_ref().filter(is_meant) {
                night.books.accepted(PEOPLE[reply.who], &reply.incident);
            }
            return;
        }
        let now = night.now;
        if invocation.is_post {
            night.plan(now + POSTED_AGAIN, Happening::Invoke(Box::new(invocation)));
        } else if invocation.tries_left > 0 {
            let wait = MINUTE * Ms::from(handler.tries() + 1 - invocation.tries_left);
            invocation.tries_left -= 1;
            // What is tried again of a tick is as late as the next one.
            let wait = if invocation.is_tick { 50 * SECOND } else { wait };
            night.plan(now + wait, Happening::Invoke(Box::new(invocation)));
        } else if handler == Handler::Ingest {
            let body = json!({ "version": "1.0", "requestContext": { "condition": "RetriesExhausted" },
                "requestPayload": invocation.event, "signal": invocation.signal });
            night.post(Post::Failures, body.to_string(), SECOND);
        }
    }

    /// Somebody sees what became of it, and presses again if it did not work.
    fn seen(&self, night: &mut Night, id: usize, mut press: Press, ended: Ended) {
        let answer = ended.and_then(Result::ok);
        let status = answer.as_ref().and_then(|answer| answer["statusCode"].as_u64());
        let success = status.is_some_and(|status| status < 500);
        night.books.answered(id, Handler::Acknowledge, success, &self.table);
        let is_answer = matches!(press.deed, Deed::Acknowledges | Deed::AcknowledgesAll);
        if status == Some(200) && is_answer {
            night.books.accepted(PEOPLE[press.who], &press.incident);
        }
        let page = answer.as_ref().and_then(|answer| answer["body"].as_str());
        if let Some(page) = page.filter(|_| status == Some(200) && press.deed == Deed::Looks) {
            let since = night.runs[id].began_at;
            night.books.looked(PEOPLE[press.who], &press.incident, page, since);
        }
        if !success && press.tries_left > 0 {
            press.tries_left -= 1;
            let at = night.now + PRESSED_AGAIN;
            night.plan(at, Happening::Press(Box::new(press)));
        }
    }
}

/// Which of the signals a message of the failure queue carries.
fn signal_in(body: &str) -> Option<usize> {
    let body: BTreeMap<String, Value> = serde_json::from_str(body).ok()?;
    usize::try_from(body.get("signal")?.as_u64()?).ok()
}

fn brief(answer: &Value) -> String {
    match answer.get("statusCode") {
        Some(status) => format!("HTTP {status}"),
        None => answer.to_string(),
    }
}
