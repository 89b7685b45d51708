//! The local world in tests: the functions' own handlers on the embedded stack, through the real SDK.
//!
//! Its clock stands until a test moves it, so whatever happens at one instant has all the real time that it needs. Tests
//! wait for what they expect to see, never for a while; what does not come within a bound fails them.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use reveille_cli::timeline::{Line, lines};
use reveille_cli::world::{batch_of, path_of_link};
use reveille_cli::{apply, client, configuration, local_world};
use reveille_domain::{Incident, IncidentId};
use reveille_engine::key;
use reveille_engine::port::{Index, Query, Table};
use reveille_engine::record::OutboxRecord;
use reveille_local::automation::Account;
use reveille_local::{Call, Letter, LetterChannel, LocalClock};
use serde_json::{Value, json};

use crate::{Witness, dawn};

pub use client::Answer;

/// The configuration that most tests play.
pub const THREE_ENGINEERS: &str = include_str!("../../examples/three-engineers.yaml");

/// Real time after which what a test waits for is not going to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The local world with a configuration applied.
pub struct Local {
    /// The world itself.
    pub world: local_world::LocalWorld,
    /// Whoever holds what goes over the wire against botocore's models.
    pub witness: Witness,
}

impl Local {
    /// A world whose functions are connected, at [`dawn`], on a clock that stands.
    pub async fn with(yaml: &str) -> Self {
        Self::at_pace(LocalClock::standing(dawn()), yaml).await
    }

    /// The same on another clock. Where there is no configuration, nothing is applied.
    pub async fn at_pace(clock: LocalClock, yaml: &str) -> Self {
        Self::of(local_world::LocalWorld::start(options(clock, None)).await, yaml).await
    }

    /// A world in which nothing happens by itself: a function runs only when a test invokes it.
    pub async fn still(yaml: &str) -> Self {
        Self::of(local_world::LocalWorld::start_still(options(LocalClock::standing(dawn()), None)).await, yaml).await
    }

    /// A world on a data folder, as its run before left it; nothing is applied.
    pub async fn resumed(folder: PathBuf, at: Timestamp) -> Self {
        let started = local_world::LocalWorld::start(options(LocalClock::standing(at), Some(folder))).await;
        Self::heard(started)
    }

    fn heard(started: Result<local_world::LocalWorld, local_world::LocalError>) -> Self {
        let world = started.expect("the local world starts");
        let witness = Witness::of(&world.stack);
        Self { world, witness }
    }

    async fn of(started: Result<local_world::LocalWorld, local_world::LocalError>, yaml: &str) -> Self {
        let local = Self::heard(started);
        if !yaml.is_empty() {
            local.apply(yaml).await;
        }
        local
    }

    /// Applies a configuration.
    pub async fn apply(&self, yaml: &str) {
        let configuration = configuration::parse(yaml, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        apply::apply(self.world.table.as_ref(), &configuration, self.world.now()).await.expect("it applies");
    }

    /// Invokes a function and waits for its answer.
    pub async fn invoke(&self, function: &str, event: Value) -> Value {
        self.world.invoke(function, event).await.unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// Invokes a function with one message of its queue.
    pub async fn deliver(&self, function: &str, body: &str) {
        let answer = self.invoke(function, batch_of(body)).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{function} does its message");
    }

    /// Sends an event that opens an incident.
    pub async fn open(&self, event: Value) -> IncidentId {
        let answer = self.invoke("ingest", event).await;
        IncidentId::new(answer["taken"][0]["opened"].as_str().unwrap_or_else(|| panic!("it opens one: {answer}")))
    }

    /// Moves the clock by so many seconds; what is due then happens afterwards.
    pub fn pass(&self, seconds: u64) {
        self.world.stack.clock().advance(Duration::from_secs(seconds));
    }

    /// A request to the front without a body.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], String::new()).await
    }

    /// A form, as the button of a page sends it.
    pub async fn press(&self, path: &str, form: &str) -> Answer {
        self.request("POST", path, &[("content-type", "application/x-www-form-urlencoded")], form.to_owned()).await
    }

    /// JSON, as a monitoring system posts it.
    pub async fn post(&self, path: &str, event: &Value) -> Answer {
        self.request("POST", path, &[("content-type", "application/json")], event.to_string()).await
    }

    /// Any request to the front.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let url = format!("{}{path}", self.world.stack.front_url());
        client::request_with(method, &url, headers, body).await.expect("the front answers")
    }

    /// Waits until `enough` holds of all letters.
    pub async fn letters(&self, what: &str, enough: impl Fn(&[Letter]) -> bool) -> Vec<Letter> {
        let waiting = tokio::time::timeout(PATIENCE, self.world.stack.inbox().wait_until(enough)).await;
        waiting.unwrap_or_else(|_| panic!("{what} did not come: {:#?}", self.first_lines()))
    }

    /// Waits until this many letters of a channel to an address begin with these words.
    pub async fn arrives(&self, channel: LetterChannel, to: &str, begins: &str, count: usize) -> Letter {
        let fits = |letter: &&Letter| letter.channel == channel && letter.to == to && letter.text.starts_with(begins);
        let what = format!("number {count} of {channel:?} `{begins}…`");
        let letters = self.letters(&what, |letters| letters.iter().filter(fits).count() >= count).await;
        letters.iter().filter(fits).nth(count - 1).cloned().expect("it has just been seen")
    }

    /// The path of the newest link that was sent to an address.
    pub fn link(&self, address: &str) -> String {
        let letters = self.world.stack.inbox().letters();
        let link = letters.iter().rev().filter(|letter| letter.to == address).find_map(|one| path_of_link(&one.text));
        link.expect("they have been sent a link").to_owned()
    }

    /// Waits until `enough` holds of an incident.
    pub async fn incident_when(&self, id: &IncidentId, enough: impl Fn(&Incident) -> bool) -> Incident {
        self.until("the incident is as expected", || async {
            let incident = self.world.incident(id).await.expect("the table answers")?;
            enough(&incident).then_some(incident)
        })
        .await
    }

    /// Waits until an incident's timeline has a line of which `fits` holds.
    pub async fn line_when(&self, id: &IncidentId, fits: impl Fn(&Line) -> bool) -> Line {
        self.until("the line stands on the timeline", || async { self.timeline(id).await.into_iter().find(&fits) })
            .await
    }

    /// Waits until nothing of an incident is left to be done at this instant.
    pub async fn settled(&self, id: &IncidentId) {
        let now_ms = self.world.now().as_millisecond();
        self.until("every order is settled", || async {
            let orders = self.orders(id).await;
            let done = |order: &OutboxRecord| order.settled || order.due_at.is_some_and(|due| due > now_ms);
            orders.iter().all(|order| done(order) && !order.is_leased(now_ms)).then_some(())
        })
        .await;
    }

    /// Looks again and again until there is an answer.
    pub async fn until<T, Fut: Future<Output = Option<T>>>(&self, what: &str, look: impl Fn() -> Fut) -> T {
        let looking = async {
            loop {
                if let Some(seen) = look().await {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, looking).await;
        seen.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}; letters: {:#?}", self.first_lines()))
    }

    /// The timeline, as people read it.
    pub async fn timeline(&self, id: &IncidentId) -> Vec<Line> {
        let rows = self.world.timeline_rows(id).await.expect("the table answers");
        rows.iter().flat_map(|row| lines(row, id, dawn()).expect("a timeline")).collect()
    }

    /// The ids of the incidents that are open, or of those that are over.
    pub async fn incidents(&self, open: bool) -> Vec<IncidentId> {
        let mut ids = Vec::new();
        let shards: BTreeSet<String> =
            (0..256).map(|n| key::list_partition(open, &IncidentId::new(n.to_string()))).collect();
        for list_pk in shards {
            let query = Query { index: Index::List { list_pk }, limit: 1_000, after: None };
            let page = self.world.table.query(&query).await.expect("a page");
            ids.extend(page.items.iter().map(key::incident_of));
        }
        ids
    }

    /// The only incident that is open.
    pub async fn incident(&self) -> Incident {
        let ids = self.incidents(true).await;
        assert_eq!(ids.len(), 1, "one open incident: {ids:?}");
        self.world.incident(&ids[0]).await.expect("the table answers").expect("it is there")
    }

    /// How many repeats have been counted on an incident.
    pub async fn repeats(&self, id: &IncidentId) -> u64 {
        let counters = self.world.table.get_many(&key::counts(id)).await.expect("the counters");
        counters.iter().filter_map(|counter| counter.get("count")?.as_u64()).sum()
    }

    /// The orders of an incident, settled or not.
    pub async fn orders(&self, id: &IncidentId) -> Vec<OutboxRecord> {
        self.world.orders(id).await.expect("the table answers")
    }

    /// The operations that AWS is asked for while `doing` runs, in their order.
    pub async fn operations_of(&self, doing: impl Future<Output = ()>) -> Vec<String> {
        self.world.stack.calls().clear();
        doing.await;
        self.world.stack.calls().all().into_iter().map(|Call { operation, .. }| operation).collect()
    }

    fn first_lines(&self) -> Vec<(LetterChannel, String)> {
        let first = |letter: Letter| (letter.channel, letter.text.lines().next().unwrap_or_default().to_owned());
        self.world.stack.inbox().letters().into_iter().map(first).collect()
    }
}

/// A world in which the server of the tests' alarm runs a web server that has crashed.
fn options(clock: LocalClock, data: Option<PathBuf>) -> local_world::Options {
    let mut account = Account::default().with_web_server("i-0f3a9c2d1e4b5a678", "nginx");
    account.crash("i-0f3a9c2d1e4b5a678", "nginx");
    local_world::Options { clock, data, port_base: None, account }
}
