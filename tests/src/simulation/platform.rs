//! What AWS does: it invokes functions, each invocation for itself, hands out messages until they are done, fires schedules,
//! tries asynchronous invocations again, and ends what takes too long.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lambda_runtime::Diagnostic;
use reveille_cli::world::{inbound_sms, request};
use reveille_engine::port::NoMetrics;
use reveille_engine::{Engine, KeyRing};
use reveille_local::MemoryTable;
use serde_json::{Value, json};

use super::books::Class;
use super::homes::{Home, PEOPLE, number_of};
use super::night::{Caller, Happening, Invocation, Mailbox, Night, Press, Shared};
use super::ports::{
    ContainerClock, NightAutomation, NightKeys, NightOperators, NightProvider, NightQueue, NightScheduler, NightTable,
    NoReader,
};
use super::script::{CONTAINERS, Deed, Handler, MINUTE, Ms, Part, SECOND, Script, Way, What};
use super::{FRONT_URL, alarm_event, logs};

/// Messages that a function is invoked with at once.
const BATCH_MAX: usize = 10;
/// Seconds after which whoever sees that it did not work presses again.
const PRESSED_AGAIN: Ms = 3 * SECOND;

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

/// An invocation under way. Whatever it asks for while it is polled is asked for by it.
struct Running {
    id: usize,
    night: Shared,
    work: Pin<Box<dyn Future<Output = Ended>>>,
}

impl Future for Running {
    type Output = (usize, Ended);

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let id = self.id;
        self.night.lock().current = id;
        let polled = self.work.as_mut().poll(task);
        if self.night.lock().runs[id].is_dead {
            return Poll::Ready((id, None));
        }
        polled.map(|ended| (id, ended))
    }
}

/// The platform of one night.
struct Platform {
    night: Shared,
    table: Arc<MemoryTable>,
    containers: Vec<Arc<Container>>,
    running: FuturesUnordered<Running>,
    minutes: Ms,
}

/// Plays a night to its end, or until something does not hold.
pub(super) async fn run(night: &Shared, table: Arc<MemoryTable>, script: &Script) {
    let containers = (0..CONTAINERS).map(|number| Arc::new(container(night, &table, number))).collect();
    let mut platform =
        Platform { night: night.clone(), table, containers, running: FuturesUnordered::new(), minutes: 0 };
    let start = night.lock().instant(0);
    let mut sleep = Box::pin(tokio::time::sleep_until(start));
    poll_fn(|task| {
        loop {
            if let Poll::Ready(Some((id, ended))) = platform.running.poll_next_unpin(task) {
                platform.ended(id, ended);
                continue;
            }
            let due = night.lock().take_due();
            if let Some(happening) = due {
                platform.happen(happening);
                continue;
            }
            platform.look_at_the_clock();
            let locked = night.lock();
            let now = locked.now();
            if locked.books.violation.is_some() || now >= script.until {
                return Poll::Ready(());
            }
            let next = locked.instant(locked.next_at().unwrap_or(script.until).min(script.until));
            drop(locked);
            if sleep.deadline() != next || sleep.is_elapsed() {
                sleep.as_mut().reset(next);
            }
            if sleep.as_mut().poll(task).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
    let mut night = night.lock();
    night.books.now = night.now();
    night.books.morning();
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

async fn handle(handler: Handler, event: Value, container: &Container) -> Result<Value, Diagnostic> {
    match handler {
        Handler::Ingest => ingest::handle(event, &container.ingest).await,
        Handler::Respond => respond::handle(event, &container.respond).await,
        Handler::Escalate => escalate::handle(event, &container.escalate).await,
        Handler::Notify => notify::handle(event, &container.notify).await,
        Handler::Runbook => runbook::handle(event, &container.runbook).await,
        Handler::Acknowledge => acknowledge::handle(event, &container.acknowledge).await,
    }
}

impl Handler {
    /// The function's timeout in the template.
    fn timeout(self) -> Duration {
        Duration::from_secs(match self {
            Handler::Ingest | Handler::Respond | Handler::Escalate => 30,
            Handler::Notify | Handler::Runbook | Handler::Acknowledge => 15,
        })
    }

    /// How often the platform tries an asynchronous invocation again, in the template.
    fn tries(self) -> u32 {
        match self {
            Handler::Ingest | Handler::Escalate | Handler::Notify | Handler::Acknowledge => 2,
            Handler::Respond | Handler::Runbook => 1,
        }
    }
}

impl Platform {
    fn look_at_the_clock(&mut self) {
        let mut night = self.night.lock();
        let now = night.now();
        if now / MINUTE > self.minutes {
            self.minutes = now / MINUTE;
            night.books.now = now;
            let waiting = night.mail.len();
            night.books.minute(waiting);
        }
        if let Some(line) = logs::overheard()
            && night.books.violation.is_none()
        {
            let text = format!("an address stands in the log: {line}");
            night.books.violation = Some(super::Violation { invariant: 11, text });
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Line(place) => self.follow(place),
            Happening::Tick => self.tick(),
            Happening::Deliver(number) => self.deliver(number),
            Happening::Fire { name, payload } => self.fire(&name, &payload),
            Happening::Invoke(invocation) => self.invoke(invocation),
            Happening::Press(press) => self.press(press),
        }
    }

    fn follow(&mut self, place: usize) {
        let mut night = self.night.lock();
        let line = night.lines[place];
        match line.what {
            What::Alarm { name, firing, times, apart } => {
                night.step("alarm", || line.what.to_string());
                let signal = signal_of(&night, place);
                night.books.signals[signal].is_sent = true;
                let event = alarm_event(name, firing, line.at);
                let tries_left = Handler::Ingest.tries();
                for time in 0..Ms::from(times) {
                    let event = event.clone();
                    let signal = Some(signal);
                    let invocation = Invocation { handler: Handler::Ingest, event, tries_left, signal, is_tick: false };
                    night.plan(line.at + time * apart, Happening::Invoke(invocation));
                }
            }
            What::Apply { home } => {
                night.step("apply", || line.what.to_string());
                let home = Home::number(home, night.started_at);
                let now = night.now();
                let at = super::instant(now);
                let applied = reveille_cli::apply::apply(self.table.as_ref(), &home.configuration, at);
                super::homes::now_or_never(applied).expect("nobody else applies anything");
                night.books.homes.push((now, home));
            }
            What::Answer { .. }
            | What::Clock { .. }
            | What::Outage { .. }
            | What::Dies { .. }
            | What::Call { .. }
            | What::Message { .. }
            | What::Schedule { .. } => {}
        }
    }

    fn tick(&mut self) {
        let mut night = self.night.lock();
        let now = night.now();
        night.plan(now + MINUTE, Happening::Tick);
        if night.out(Part::Tick).is_some() {
            return;
        }
        for handler in [Handler::Respond, Handler::Notify, Handler::Runbook] {
            let at = now + night.chance.between(0, 300);
            let event = json!({ "tick": true });
            let invocation = Invocation { handler, event, tries_left: 1, signal: None, is_tick: true };
            night.plan(at, Happening::Invoke(invocation));
        }
    }

    fn deliver(&mut self, number: u64) {
        let mut night = self.night.lock();
        let now = night.now();
        let Some(mail) = night.mail.get(&number) else { return };
        let to = mail.to;
        if let Some(until) = night.out(Part::Queues) {
            let at = until + night.chance.between(1, 900);
            return night.plan(at, Happening::Deliver(number));
        }
        // Others that are there at this moment come along.
        let due = |mail: &super::night::Mail| mail.to == to && mail.due <= now;
        let mut batch: Vec<u64> =
            night.mail.iter().filter(|(n, mail)| **n != number && due(mail)).map(|(n, _)| *n).collect();
        batch.truncate(BATCH_MAX - 1);
        batch.push(number);
        let mut records = Vec::new();
        for number in &batch {
            let Some(mail) = night.mail.get_mut(number) else { continue };
            mail.receives += 1;
            mail.due = now + to.visibility();
            let attributes = json!({ "ApproximateReceiveCount": mail.receives.to_string() });
            records.push(json!({ "messageId": number.to_string(), "body": mail.body, "eventSource": "aws:sqs",
                "attributes": attributes }));
        }
        for number in &batch {
            night.plan(now + to.visibility(), Happening::Deliver(*number));
        }
        drop(night);
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
        let tries_left = Handler::Escalate.tries();
        self.invoke(Invocation { handler: Handler::Escalate, event, tries_left, signal: None, is_tick: false });
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
                let text = if press.deed == Deed::Replies { code.clone() } else { format!("SNOOZE 4 {code}") };
                let id = format!("{} {} {text}", press.who, press.path);
                inbound_sms(&number_of(press.who), &text, &id)
            }
        };
        if matches!(press.deed, Deed::Replies | Deed::Snoozes) {
            let (handler, tries_left) = (Handler::Acknowledge, Handler::Acknowledge.tries());
            return self.invoke(Invocation { handler, event, tries_left, signal: None, is_tick: false });
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
        drop(night);
        let work = async move {
            if fails {
                return None;
            }
            // What takes too long is ended, and its work is not done.
            tokio::time::timeout(handler.timeout(), handle(handler, event, &container)).await.ok()
        };
        self.running.push(Running { id, night: self.night.clone(), work: Box::pin(work) });
        id
    }

    fn ended(&mut self, id: usize, ended: Ended) {
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
    fn done(&self, night: &mut Night, id: usize, to: Mailbox, batch: &[u64], ended: Ended) {
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
            let Some(mail) = night.mail.get(number) else { continue };
            if !failed.contains(number) {
                let body = night.mail.remove(number).map(|mail| mail.body).unwrap_or_default();
                let signal = signal_in(&body).filter(|_| to == Mailbox::Failures);
                if let Some(signal) = signal {
                    night.books.carries.insert(id, signal);
                }
            } else if mail.receives >= to.receives_max() {
                night.mail.remove(number);
            }
        }
        night.books.answered(id, handler, failed.is_empty(), &self.table);
    }

    /// An asynchronous invocation is tried again after one and two minutes; what `ingest` could not do then waits in its queue.
    fn tried(&self, night: &mut Night, id: usize, mut invocation: Invocation, ended: Ended) {
        let success = matches!(ended, Some(Ok(_)));
        let handler = invocation.handler;
        night.books.answered(id, handler, success, &self.table);
        if success {
            return;
        }
        let now = night.now();
        if invocation.tries_left > 0 {
            let wait = MINUTE * Ms::from(handler.tries() + 1 - invocation.tries_left);
            invocation.tries_left -= 1;
            // What is tried again of a tick is as late as the next one.
            let wait = if invocation.is_tick { 50 * SECOND } else { wait };
            night.plan(now + wait, Happening::Invoke(invocation));
        } else if handler == Handler::Ingest {
            let body = json!({ "version": "1.0", "requestContext": { "condition": "RetriesExhausted" },
                "requestPayload": invocation.event, "signal": invocation.signal });
            night.post(Mailbox::Failures, body.to_string(), SECOND);
        }
    }

    /// Somebody sees what became of it, and presses again if it did not work.
    fn seen(&self, night: &mut Night, id: usize, mut press: Press, ended: Ended) {
        let status = ended.and_then(Result::ok).and_then(|answer| answer["statusCode"].as_u64());
        let success = status.is_some_and(|status| status < 500);
        night.books.answered(id, Handler::Acknowledge, success, &self.table);
        let is_answer = matches!(press.deed, Deed::Acknowledges | Deed::AcknowledgesAll);
        if status == Some(200) && is_answer {
            night.books.accepted(PEOPLE[press.who], &press.incident);
        }
        if !success && press.tries_left > 0 {
            press.tries_left -= 1;
            let at = night.now() + PRESSED_AGAIN;
            night.plan(at, Happening::Press(press));
        }
    }
}

/// Which of the signals a line of the script is.
fn signal_of(night: &Night, place: usize) -> usize {
    night.lines[..place].iter().filter(|line| matches!(line.what, What::Alarm { .. })).count()
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
