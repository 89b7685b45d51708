//! A local world in one thread: no sockets, no tasks, and one thing at a time. Its owner asks what AWS would do next, invokes
//! the function or lets it die, and says what came of it; what was not done comes again as AWS would bring it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::Service;
use crate::clock::{LocalClock, later};
use crate::counted::Counts;
use crate::database::DatabaseError;
use crate::doubles::{self, Store};
use crate::embedded::Embedded;
use crate::endpoint;
use crate::faults::Faults;
use crate::inbox::Inbox;
use crate::lock::lock;
use crate::names::{SIGNING_KEY_SECRET, function_of};
use crate::pump::{BATCH_MAX, failed, next_minute, record};
use crate::queue::{LocalQueue, StoredMessage};
use crate::retries::{RETRY_WAITS, age_max, retries, throttle_wait};
use crate::runbooks::{Runbooks, ended_event};

/// The functions that the tick wakes.
const TICKED: [&str; 3] = ["respond", "notify", "runbook"];

/// A local world that stands still between two turns.
pub struct Stepped {
    doubles: Arc<doubles::Doubles>,
    next_tick: Timestamp,
    /// Invocations that nobody waits for, in the order of their times and of their arrival.
    waiting: BTreeMap<(Timestamp, u64), Waiting>,
    arrivals: u64,
}

/// An invocation that nobody waits for.
struct Waiting {
    function: String,
    event: Value,
    tried: Tried,
}

/// What has become of it so far.
#[derive(Clone, Copy)]
struct Tried {
    since: Timestamp,
    failures: usize,
    throttles: u32,
}

/// What AWS does next: it invokes a function.
pub struct Turn {
    /// Which.
    pub function: String,
    /// With what.
    pub event: Value,
    source: Source,
}

/// Who invokes, and so who does it again.
enum Source {
    Queue(Arc<LocalQueue>, Vec<StoredMessage>),
    Nobody(Tried),
}

impl Turn {
    /// Whether this is the tick of a minute, which comes whether or not there is anything to do.
    pub fn is_tick(&self) -> bool {
        self.event["tick"] == true
    }
}

impl Stepped {
    /// A world with an empty table.
    pub fn start(clock: LocalClock, table: &str, runbooks: Arc<dyn Runbooks>) -> Result<Self, DatabaseError> {
        let next_tick = next_minute(clock.now());
        let doubles = Arc::new(doubles::Doubles::new(clock, runbooks, Store::Embedded(Embedded::start(table)?)));
        doubles.secrets.ensure(SIGNING_KEY_SECRET);
        Ok(Self { doubles, next_tick, waiting: BTreeMap::new(), arrivals: 0 })
    }

    /// The doubles, for whoever carries calls and looks at what comes of them.
    pub fn doubles(&self) -> Doubles {
        Doubles(Arc::clone(&self.doubles))
    }

    /// An event that a function is invoked with now by somebody who does not wait.
    pub fn invoke(&mut self, function: &str, event: Value) {
        let since = self.doubles.clock.now();
        let tried = Tried { since, failures: 0, throttles: 0 };
        self.wait(since, function.to_owned(), event, tried);
    }

    /// What happens next, if it does by this instant; the clock then shows when. Of two things at one instant a message comes
    /// before an invocation that nobody waits for, and that before a schedule and the tick.
    pub fn next(&mut self, until: Timestamp) -> Option<Turn> {
        loop {
            self.take_in();
            let queue = self.next_queue();
            let waiting = self.waiting.keys().next().map(|(at, _)| *at);
            let schedule = self.doubles.schedules.next_at();
            let order = [queue.as_ref().map(|(at, ..)| *at), waiting, schedule, Some(self.next_tick)];
            let (at, which) = order.into_iter().zip(0..).filter_map(|(at, which)| Some((at?, which))).min()?;
            if at > until {
                return None;
            }
            self.forward(at);
            match (which, queue) {
                (0, Some((_, queue, function))) => {
                    // Those that were received too often have just gone to the dead-letter queue.
                    if let Some(turn) = batch(queue, function) {
                        return Some(turn);
                    }
                }
                (1, _) => {
                    let (_, waiting) = self.waiting.pop_first()?;
                    let Waiting { function, event, tried } = waiting;
                    return Some(Turn { function, event, source: Source::Nobody(tried) });
                }
                (2, _) => self.fire(),
                _ => self.tick(),
            }
        }
    }

    /// Says what became of a turn; `None`: the function died.
    pub fn done(&mut self, turn: Turn, answer: Option<&Value>) {
        match (turn.source, answer) {
            (Source::Queue(queue, messages), Some(answer)) => {
                let failed = failed(answer);
                for message in messages.iter().filter(|message| !failed.has(&message.id)) {
                    queue.delete(message.receipt.as_deref().unwrap_or_default());
                }
            }
            // They come again when their time of invisibility is over.
            (Source::Queue(..), None) | (Source::Nobody(_), Some(_)) => {}
            (Source::Nobody(tried), None) => {
                let mut waits = RETRY_WAITS.iter().take(retries(&turn.function));
                if let Some(wait) = waits.nth(tried.failures) {
                    let at = later(self.doubles.clock.now(), *wait);
                    self.wait(at, turn.function, turn.event, Tried { failures: tried.failures + 1, ..tried });
                } else {
                    self.doubles.invoker.give_up(&turn.function, &turn.event, "it died");
                }
            }
        }
    }

    /// Says that no concurrency was left for a turn. Messages come again as if the function had failed; what nobody waits for does soon,
    /// for as long as it may, and that is no attempt.
    pub fn throttled(&mut self, turn: Turn) {
        let now = self.doubles.clock.now();
        let Source::Nobody(tried) = turn.source else { return };
        let at = later(now, throttle_wait(tried.throttles));
        if at.duration_since(tried.since).unsigned_abs() < age_max(&turn.function) {
            self.wait(at, turn.function, turn.event, Tried { throttles: tried.throttles + 1, ..tried });
        } else {
            self.doubles.invoker.give_up(&turn.function, &turn.event, "no concurrency was left");
        }
    }

    /// Lets the clock show an instant that has not come yet.
    pub fn forward(&self, to: Timestamp) {
        let by = to.duration_since(self.doubles.clock.now()).max(SignedDuration::ZERO);
        self.doubles.clock.advance(by.unsigned_abs());
    }

    fn wait(&mut self, at: Timestamp, function: String, event: Value, tried: Tried) {
        self.arrivals += 1;
        self.waiting.insert((at, self.arrivals), Waiting { function, event, tried });
    }

    /// What calls and automations have left to be invoked.
    fn take_in(&mut self) {
        let now = self.doubles.clock.now();
        for (id, status) in self.doubles.runbooks.ended_since(now) {
            self.invoke("runbook", ended_event(&id, &status, now));
        }
        let later: Vec<_> = self.doubles.later.iter().flat_map(|later| std::mem::take(&mut *lock(later))).collect();
        for (function, event) in later {
            self.invoke(&function, event);
        }
    }

    fn next_queue(&self) -> Option<(Timestamp, Arc<LocalQueue>, &'static str)> {
        let works = self.doubles.faults.is_healthy(Service::Sqs, "Deliver");
        let sources = self.doubles.queues.sources().filter(|_| works);
        let waiting = sources.filter_map(|(queue, function)| Some((queue.next_visible()?, queue, function)));
        waiting.min_by_key(|(at, ..)| *at)
    }

    fn fire(&mut self) {
        let Some(fired) = self.doubles.schedules.take_next() else { return };
        if self.doubles.faults.is_healthy(Service::Scheduler, "Fire") {
            self.invoke(function_of(&fired.target_arn), fired.input);
        } else {
            fired.give_up(&self.doubles.queues);
        }
    }

    fn tick(&mut self) {
        for queue in self.doubles.queues.all() {
            self.doubles.counts.queue(self.next_tick, queue);
        }
        self.next_tick = next_minute(self.next_tick);
        if self.doubles.faults.is_healthy(Service::Scheduler, "Tick") {
            for function in TICKED {
                self.invoke(function, json!({ "tick": true }));
            }
        }
    }
}

fn batch(queue: Arc<LocalQueue>, function: &str) -> Option<Turn> {
    let messages = queue.receive(BATCH_MAX, queue.visibility);
    if messages.is_empty() {
        return None;
    }
    let records: Vec<Value> = messages.iter().map(|message| record(&queue, message)).collect();
    let event = json!({ "Records": records });
    Some(Turn { function: function.to_owned(), event, source: Source::Queue(queue, messages) })
}

/// The doubles of a stepped world.
#[derive(Clone)]
pub struct Doubles(Arc<doubles::Doubles>);

impl Doubles {
    /// Answers one request to an AWS endpoint.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Response<Bytes> {
        let answer = endpoint::answer(State(Arc::clone(&self.0)), request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Response::from_parts(head, body)
    }

    /// The time here.
    pub fn clock(&self) -> &LocalClock {
        &self.0.clock
    }

    /// The switches that break things.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What CloudWatch would be told.
    pub fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// Lambda counts a function that has failed or died.
    pub fn count_error(&self, function: &str) {
        self.0.counts.error(self.0.clock.now(), function);
    }

    /// Whether Lambda has no concurrency left for a function, which it then counts.
    pub fn throttles(&self, function: &str) -> bool {
        let throttles = self.0.faults.is_throttled(Service::Lambda, function);
        if throttles {
            self.0.counts.throttle(self.0.clock.now(), function);
        }
        throttles
    }

    /// Writes a secret of Secrets Manager, as a deployment does.
    pub fn put_secret(&self, name: &str, text: String) {
        self.0.secrets.put(name, text);
    }

    /// What would have reached a human.
    pub fn inbox(&self) -> &Inbox {
        &self.0.inbox
    }

    /// The table itself, for whoever looks at rows.
    pub fn table(&self) -> &Embedded {
        match &self.0.database {
            Store::Embedded(table) => table,
            Store::Served(_) => unreachable!("a stepped world has its table in itself"),
        }
    }
}

impl std::fmt::Debug for Doubles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doubles")
    }
}
