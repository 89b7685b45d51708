//! What carries the functions' requests to the doubles: it counts them, writes them down, and lets a function die at any of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reveille_local::Doubles;
use tokio::sync::Notify;

use super::bytes::{Bytes, bytes_of_answer, bytes_to_table};
use super::front::Front;
use super::invoked::{Invoked, Woken};
use super::request::Asked;
use super::units::{Units, asking};

/// Who calls without being a function: operators with their own rights. They do not die.
pub(super) const OPERATOR: &str = "operator";

/// How many worlds there have been in this process.
static WORLDS: AtomicU64 = AtomicU64::new(0);

tokio::task_local! {
    /// The visit within which something is asked, while the function that visits waits for the answer.
    static VISIT: usize;
}

/// On which side of a call a function dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The request never leaves.
    Before,
    /// It is done, and the function never hears of it.
    After,
}

/// Where a function dies: at the call of this number.
pub type Point = (usize, Side);

/// A call of a function.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Of which function.
    pub function: &'static str,
    /// In which invocation; they are counted through.
    pub invocation: usize,
    /// What it asked for.
    pub asked: Asked,
    /// How often the world had changed when it left, and when it was answered.
    pub changes: (u64, u64),
    /// What it has used of the table, on a wire that meters.
    pub units: Units,
    /// How many bytes the table was asked with and how many it answered, on a wire that meters.
    pub bytes: Bytes,
    /// How many calls had left or been answered when it left, and when it was answered: two that overlap are waited for together.
    pub order: (u64, u64),
    /// From when until when the doubles were at it.
    pub answering: (Instant, Instant),
}

/// All requests of one world.
#[derive(Debug)]
pub struct Wire {
    doubles: Doubles,
    /// A region that no other world of this process is in.
    region: String,
    state: Mutex<State>,
    death: Notify,
    meters: AtomicBool,
    /// Who answers where acknowledge links lead.
    pub(super) front: Front,
}

#[derive(Debug, Default)]
struct State {
    carried: Vec<Carried>,
    invoked: Vec<Invoked>,
    /// How many invocations have begun.
    begun: usize,
    /// The one that runs, visits within it apart.
    runs: usize,
    changes: u64,
    moments: u64,
    dies_at: Option<Point>,
    died: bool,
}

impl Wire {
    /// A wire on which the function dies at this point, if at any.
    pub fn new(doubles: Doubles, dies_at: Option<Point>) -> Arc<Self> {
        let state = Mutex::new(State { dies_at, ..State::default() });
        let region = format!("world-{}", WORLDS.fetch_add(1, Ordering::Relaxed));
        let (death, meters, front) = (Notify::new(), AtomicBool::new(false), Front::default());
        Arc::new(Self { doubles, region, state, death, meters, front })
    }

    /// What the clients of a function are connected to.
    pub fn connector(self: &Arc<Self>, function: &'static str) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { function, wire: Arc::clone(self) })
    }

    /// Where all of this is.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Every call so far.
    pub fn carried(&self) -> Vec<Carried> {
        self.lock().carried.clone()
    }

    /// How many calls there have been.
    pub fn count(&self) -> usize {
        self.lock().carried.len()
    }

    /// Every invocation that has ended.
    pub fn invoked(&self) -> Vec<Invoked> {
        self.lock().invoked.clone()
    }

    /// An invocation has ended.
    pub(super) fn ended(&self, invoked: Invoked) {
        self.lock().invoked.push(invoked);
    }

    /// How often the world has been changed.
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Another invocation begins; answers with its number.
    pub fn begin(&self) -> usize {
        let mut state = self.lock();
        state.begun += 1;
        state.runs = state.begun;
        state.runs
    }

    /// Lets a function visit the front: an invocation within one. Its calls are its own, and those that follow are not.
    async fn visit(&self, request: &http::Request<Vec<u8>>) -> Option<http::Response<Vec<u8>>> {
        let visit = self.front.visit(request)?;
        let number = {
            let mut state = self.lock();
            state.begun += 1;
            state.begun
        };
        let began = Instant::now();
        let answer = VISIT.scope(number, visit).await;
        let (function, took) = ("acknowledge".to_owned(), began.elapsed());
        self.ended(Invoked { number, function, woken: Woken::Http, took });
        Some(answer)
    }

    /// From now on every call to the table says what it uses.
    pub fn meter(&self) {
        self.meters.store(true, Ordering::Relaxed);
    }

    /// Waits for the death of the function that runs.
    pub async fn death(&self) {
        self.death.notified().await;
    }

    async fn carry(&self, function: &'static str, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = taken(request);
        let asked = Asked::of(&request);
        let number = self.leave(function, &asked);
        self.die_at((number, Side::Before)).await;
        let meters = self.meters.load(Ordering::Relaxed);
        let asked_bytes = if meters { bytes_to_table(&request) } else { 0 };
        let request = if meters { asking(request) } else { request };
        if meters {
            // Whatever leaves together has left before the first of it is answered.
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        let answer = match self.visit(&request).await {
            Some(answer) => answer,
            None => self.doubles.answer(request).await.map(|body| body.to_vec()),
        };
        let ended = Instant::now();
        let units = if meters { Units::told(answer.body(), asked.changes) } else { Units::default() };
        let answered = if asked_bytes > 0 { bytes_of_answer(answer.body()) } else { 0 };
        {
            let mut state = self.lock();
            state.changes += u64::from(asked.changes && answer.status().is_success());
            state.moments += 1;
            let (changes, moments) = (state.changes, state.moments);
            if let Some(carried) = number.and_then(|number| state.carried.get_mut(number)) {
                carried.changes.1 = changes;
                carried.units = units;
                carried.bytes = Bytes { asked: asked_bytes, answered };
                carried.order.1 = moments;
                carried.answering = (began, ended);
            }
        }
        self.die_at((number, Side::After)).await;
        let mut response = HttpResponse::new(answer.status().into(), SdkBody::from(answer.body().as_slice()));
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap_or_default().to_owned();
            response.headers_mut().insert(name.as_str().to_owned(), value);
        }
        Ok(response)
    }

    /// Counts a call; `None`: an operator's.
    fn leave(&self, function: &'static str, asked: &Asked) -> Option<usize> {
        if function == OPERATOR {
            return None;
        }
        let now = Instant::now();
        let mut state = self.lock();
        state.moments += 1;
        let carried = Carried {
            function,
            invocation: VISIT.try_with(|visit| *visit).unwrap_or(state.runs),
            asked: asked.clone(),
            changes: (state.changes, state.changes),
            units: Units::default(),
            bytes: Bytes::default(),
            order: (state.moments, state.moments),
            answering: (now, now),
        };
        state.carried.push(carried);
        Some(state.carried.len() - 1)
    }

    /// If this is the point, nothing goes on here any more.
    async fn die_at(&self, (number, side): (Option<usize>, Side)) {
        let dies = {
            let mut state = self.lock();
            let dies = number.is_some() && state.dies_at == number.map(|number| (number, side)) && !state.died;
            state.died |= dies;
            dies
        };
        if dies {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of the wire at one function.
#[derive(Debug)]
struct Connector {
    function: &'static str,
    wire: Arc<Wire>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (function, wire) = (self.function, Arc::clone(&self.wire));
        HttpConnectorFuture::new(async move { wire.carry(function, request).await })
    }
}

/// A request as the doubles take it.
fn taken(request: HttpRequest) -> http::Request<Vec<u8>> {
    let mut taken = http::Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers() {
        taken = taken.header(name, value);
    }
    let body = request.body().bytes().expect("requests of functions are whole").to_vec();
    taken.body(body).expect("the SDK makes requests")
}
