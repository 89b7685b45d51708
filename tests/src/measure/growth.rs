//! Growth: what the paths of an incident cost when few incidents are open and when many are, with few contacts and with many.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reveille_aws::Clients;
use reveille_cli::environment::Addresses;
use reveille_cli::local_world::{AllFunctions, LocalWorld};
use reveille_cli::world::{alarm, batch_of, path_of_link, request};
use reveille_domain::{ChannelId, ContactAlias, IncidentId};
use reveille_engine::port::{Action, Condition, Item, Table, Write};
use reveille_engine::{Nudge, Work, key};
use reveille_local::{Exchange, Functions, LetterChannel, LocalClock};
use serde::Serialize;
use serde_json::{Value, json};

use super::MeasureError;
use super::process::thread_time;
use super::still_world::still_world;
use crate::dawn;

/// A path may cost so many times as much where there is much as where there is little.
const GROWS_WITHIN: f64 = 1.2;
/// Alerts of one post, and rows of one transaction, while the table is filled.
const FILLED_AT_ONCE: usize = 64;
/// Tries of one post.
const FILLING_TRIES_MAX: usize = 10;
/// Until nothing of the incident before is part of a storm.
const APART: Duration = Duration::from_secs(20 * 60);

const PEOPLE: &str = r#"
reveille: 1
defaults: { response_plan: everything-else }
contacts:
  first: { name: First, channels: { sms: { type: sms, address: "+15550000001", verified: true } } }
  second: { name: Second, channels: { sms: { type: sms, address: "+15550000002", verified: true } } }
  third: { name: Third, channels: { sms: { type: sms, address: "+15550000003", verified: true } } }
response_plans:
  measured: { stages: [ { engage: [first] }, { after: 5, engage: [second] } ] }
  everything-else: { stages: [ { engage: [third] } ] }
rules: [ { match: { name: "measured-*" }, response_plan: measured } ]
"#;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Incidents that are open, of other plans and people.
    pub incidents: usize,
    /// Contacts in the table.
    pub contacts: usize,
}

/// What a path costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Requests to AWS.
    pub requests: f64,
    /// Bytes that the table is asked with, and with them what it writes.
    pub asked_bytes: f64,
    /// Bytes that it answers.
    pub answered_bytes: f64,
    /// Processor time of the function, with its clients, in microseconds.
    pub processor_us: f64,
}

/// What a path costs where there is little and where there is much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grown {
    /// What happens.
    pub path: &'static str,
    /// With little.
    pub little: Cost,
    /// With much.
    pub much: Cost,
}

impl Cost {
    /// One of so many rounds, whose mean this becomes.
    fn add(&mut self, one: &Cost, rounds: usize) {
        let share = rounds as f64;
        self.requests += one.requests / share;
        self.asked_bytes += one.asked_bytes / share;
        self.answered_bytes += one.answered_bytes / share;
        self.processor_us += one.processor_us / share;
    }
}

impl Grown {
    /// The factors, in the order of the fields.
    pub fn factors(&self) -> [f64; 4] {
        let of = |cost: &Cost| [cost.requests, cost.asked_bytes, cost.answered_bytes, cost.processor_us];
        let (little, much) = (of(&self.little), of(&self.much));
        [0, 1, 2, 3].map(|place| if little[place] > 0.0 { much[place] / little[place] } else { 1.0 })
    }

    /// Whether what is the same in every run grows no further than it may.
    pub fn holds(&self) -> bool {
        self.factors()[..3].iter().all(|factor| *factor <= GROWS_WITHIN)
    }
}

/// What the paths cost at two sizes; each is the mean of so many rounds. They take turns, so that whatever else the machine does meets
/// both alike.
pub fn growth(little: Size, much: Size, rounds: usize) -> Result<Vec<Grown>, MeasureError> {
    let scenes = [Scene::filled(little)?, Scene::filled(much)?];
    let mut sums: [Vec<(&'static str, Cost)>; 2] = Default::default();
    // The first round warms up.
    for round in 0..=rounds {
        for (scene, sums) in scenes.iter().zip(&mut sums) {
            let costs = scene.incident(round)?;
            if round == 0 {
                *sums = costs.into_iter().map(|(path, _)| (path, Cost::default())).collect();
            } else {
                costs.iter().zip(sums).for_each(|((_, cost), (_, sum))| sum.add(cost, rounds));
            }
        }
    }
    let [little, much] = sums;
    Ok(little.into_iter().zip(much).map(|((path, little), (_, much))| Grown { path, little, much }).collect())
}

/// The table, in Markdown.
pub fn table(what: &str, all: &[Grown]) -> String {
    let mut text = format!(
        "| {what} | requests | bytes asked | bytes answered | processor time, µs | requests | bytes asked | answered | processor time |\n\
         |---|---|---|---|---|---|---|---|---|\n"
    );
    for grown in all {
        let Cost { requests, asked_bytes, answered_bytes, processor_us } = grown.little;
        let factors = grown.factors().map(|factor| format!("×{factor:.2}")).join(" | ");
        text.push_str(&format!(
            "| {} | {requests:.0} | {asked_bytes:.0} | {answered_bytes:.0} | {processor_us:.0} | {factors} |\n",
            grown.path
        ));
    }
    text
}

/// What went over the wire since somebody looked.
#[derive(Clone, Copy, Default)]
struct Carried {
    requests: usize,
    asked: usize,
    answered: usize,
}

/// The functions on a thread of their own, on a stack that runs beside it.
struct Scene {
    /// The stack's threads.
    beside: tokio::runtime::Runtime,
    /// The functions' thread: this one.
    here: tokio::runtime::Runtime,
    world: LocalWorld,
    functions: AllFunctions,
    carried: Arc<Mutex<Carried>>,
}

impl Scene {
    fn filled(size: Size) -> Result<Self, MeasureError> {
        let scene = Self::new()?;
        scene.fill(size)?;
        Ok(scene)
    }

    fn new() -> Result<Self, MeasureError> {
        let beside = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let here = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = LocalClock::standing(dawn());
        let world = beside.block_on(still_world(clock.clone(), PEOPLE))?;
        let carried = Arc::new(Mutex::new(Carried::default()));
        let counting = carried.clone();
        world.stack.listen_in(move |exchange| count(&counting, exchange));
        let stack = Addresses { endpoint: world.stack.endpoint(), front: world.stack.front_url() };
        let clients = Clients::at(&stack.endpoint);
        let functions = AllFunctions::connect(|_| clients.clone(), |name| stack.value(name), Arc::new(clock))?;
        Ok(Self { beside, here, world, functions, carried })
    }

    /// Opens incidents, and puts contacts into the table that are like one of the configuration.
    fn fill(&self, size: Size) -> Result<(), MeasureError> {
        let numbers: Vec<usize> = (0..size.incidents).collect();
        for post in numbers.chunks(FILLED_AT_ONCE) {
            let alert = |number: &usize| {
                json!({ "status": "firing", "labels": { "alertname": format!("other-{number}") }, "annotations": {},
                    "fingerprint": format!("{number:016}"), "startsAt": dawn().to_string() })
            };
            let alerts: Vec<Value> = post.iter().map(alert).collect();
            let event = json!({ "version": "4", "receiver": "r", "alerts": alerts });
            // A machine that is busy makes a post fail now and then; it may come again.
            let mut posts = std::iter::repeat_with(|| self.invoke("ingest", event.clone())).take(FILLING_TRIES_MAX);
            posts.find(Result::is_ok).ok_or("the table cannot be filled")??;
        }
        let third = ContactAlias::new("third");
        let like = [key::contact(&third), key::address(&third, &ChannelId::new("sms"))];
        let rows = self.beside.block_on(self.world.table.get_many(&like))?;
        let copies: Vec<Write> =
            (3..size.contacts).flat_map(|number| copies(&rows, &format!("person-{number}"))).collect();
        for part in copies.chunks(FILLED_AT_ONCE) {
            self.beside.block_on(self.world.table.transact(part))?;
        }
        Ok(())
    }

    /// An incident from its alarm to its end, by the paths that it takes.
    fn incident(&self, round: usize) -> Result<Vec<(&'static str, Cost)>, MeasureError> {
        self.world.stack.clock().advance(APART);
        let name = format!("measured-{round:04}");
        let fires = |state: &str| alarm(&name, state, self.world.now());
        let mut id = IncidentId::new("");
        let new = self.cost(|| {
            let answer = self.invoke("ingest", fires("ALARM"))?;
            id = IncidentId::new(answer["taken"][0]["opened"].as_str().ok_or("nothing was opened")?);
            Ok(())
        })?;
        let page = self.cost(|| self.follow(&id, Nudge::now(&id)))?;
        self.pass(60);
        let repeat = self.cost(|| self.invoke("ingest", fires("ALARM")).map(drop))?;
        self.pass(240);
        let incident = self.beside.block_on(self.world.incident(&id))?.ok_or("it is gone")?;
        let due = incident.due().ok_or("it waits for nothing")?;
        let escalation = self.cost(|| self.follow(&id, Nudge::timer(&id, incident.revision, due)))?;
        let link = self.link("+15550000001")?;
        let acknowledgement = self.cost(|| {
            self.invoke("acknowledge", request("GET", &link, ""))?;
            self.invoke("acknowledge", request("POST", &link, "do=acknowledge")).map(drop)
        })?;
        self.pass(60);
        let resolution = self.cost(|| self.invoke("ingest", fires("OK")).map(drop))?;
        let incident = self.beside.block_on(self.world.incident(&id))?.ok_or("it is gone")?;
        if incident.is_open() || incident.acknowledged.is_none() || incident.engagements.len() != 2 {
            return Err(format!("the incident took another way: {incident:#?}").into());
        }
        Ok(vec![
            ("a new alarm", new),
            ("a repeat", repeat),
            ("a page, with the beginning of its plan", page),
            ("an escalation, with its page", escalation),
            ("an acknowledgement, with the page of it", acknowledgement),
            ("a resolution", resolution),
        ])
    }

    /// `respond` looks at the incident, and `notify` does what it orders.
    fn follow(&self, id: &IncidentId, nudge: Nudge) -> Result<(), MeasureError> {
        self.invoke("respond", batch_of(&nudge.message(self.world.now()).body))?;
        let orders = self.beside.block_on(self.world.orders(id))?;
        for order in orders.iter().filter(|order| !order.settled) {
            self.invoke("notify", batch_of(&Work::of(id, order).message().body))?;
        }
        Ok(())
    }

    fn pass(&self, seconds: u64) {
        self.world.stack.clock().advance(Duration::from_secs(seconds));
    }

    fn link(&self, number: &str) -> Result<String, MeasureError> {
        let letters = self.world.stack.inbox().letters();
        let theirs = letters.iter().rev().filter(|one| one.channel == LetterChannel::Sms && one.to == number);
        let newest = theirs.map(|letter| path_of_link(&letter.text)).next().flatten();
        Ok(newest.ok_or("nobody was sent a link")?.to_owned())
    }

    fn invoke(&self, function: &str, event: Value) -> Result<Value, MeasureError> {
        Ok(self.here.block_on(self.functions.invoke(function, event))?)
    }

    /// What something costs that is done on this thread.
    fn cost(&self, doing: impl FnOnce() -> Result<(), MeasureError>) -> Result<Cost, MeasureError> {
        self.take_carried();
        let began = thread_time()?;
        doing()?;
        let took = thread_time()? - began;
        let Carried { requests, asked, answered } = self.take_carried();
        Ok(Cost {
            requests: requests as f64,
            asked_bytes: asked as f64,
            answered_bytes: answered as f64,
            processor_us: took.as_secs_f64() * 1e6,
        })
    }

    fn take_carried(&self) -> Carried {
        std::mem::take(&mut *self.carried.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn count(carried: &Mutex<Carried>, exchange: &Exchange) {
    let mut carried = carried.lock().unwrap_or_else(PoisonError::into_inner);
    carried.requests += 1;
    let is_table =
        exchange.headers.get("x-amz-target").is_some_and(|target| target.as_bytes().starts_with(b"DynamoDB"));
    if is_table {
        carried.asked += exchange.body.len();
        carried.answered += exchange.answer.len();
    }
}

/// The rows of another contact.
fn copies(rows: &[Item], alias: &str) -> Vec<Write> {
    let copy = |row: &Item| {
        let mut item = row.clone();
        let (pk, sk) = (item.remove("pk"), item.remove("sk"));
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let key = reveille_engine::port::Key::new(text(pk).replace("third", alias), text(sk));
        Write { key, action: Action::Put(item), condition: Condition::Always }
    };
    rows.iter().map(copy).collect()
}
