//! Every order of everything: the functions' own handlers run side by side, and at each moment every call that one of them waits
//! for is tried as the next. A plan of two stages is searched whole like that, with all the checkers of the nights.

mod stage;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use reveille_cli::world::{alarm, batch_of, dawn, request};
use reveille_domain::ContactAlias;
use reveille_engine::link::Link;
use reveille_engine::port::QueueName;
use reveille_engine::record::OrderRecord;
use reveille_local::MemoryTable;
use serde_json::{Value, json};

use super::books::{Books, Class};
use super::checks::Violation;
use super::homes::Home;
use super::script::{Handler, MINUTE, Ms, SECOND};
use super::{instant, known, logs};
use stage::{Call, Functions, Shared, keys};

/// The name of the one alarm.
const ALARM: &str = "web-1";
/// Minutes between the stages.
const BETWEEN: Ms = 5 * MINUTE;
/// Rounds after which everything that is ordered has been done.
const ROUNDS_MAX: usize = 12;

/// When the second stage begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unless {
    /// Unless it is resolved.
    Resolved,
    /// Unless somebody has it.
    Acknowledged,
}

/// What a search has come to.
#[derive(Debug, Default)]
pub struct Explored {
    /// States that were visited, each once.
    pub states: usize,
    /// Ways in which the night can end.
    pub endings: usize,
    /// The first thing that does not hold, and the calls that lead there.
    pub violation: Option<(Violation, Vec<String>)>,
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
enum Actor {
    /// `respond` is nudged.
    Nudge,
    /// A schedule wakes `escalate`.
    Schedule,
    /// `notify` has the message of the newest page.
    Page,
    /// The tick wakes `notify`.
    Tick,
    /// Somebody presses the button.
    Acknowledges(&'static str),
    /// The alarm fires, or recovers.
    Alarm(&'static str),
}

/// What happens at one time, side by side.
struct Act {
    at: Ms,
    actors: &'static [Actor],
}

/// So the night can go: each act begins with each of the ends of the one before.
const NIGHTS: [&[Act]; 3] = [
    &[
        Act { at: 0, actors: &[Actor::Nudge, Actor::Nudge] },
        Act { at: SECOND, actors: &[Actor::Page, Actor::Acknowledges("natsu")] },
        Act { at: BETWEEN, actors: &[Actor::Nudge, Actor::Schedule] },
        Act { at: BETWEEN + SECOND, actors: &[Actor::Page, Actor::Acknowledges("bob")] },
    ],
    &[
        Act { at: 0, actors: &[Actor::Nudge, Actor::Schedule] },
        Act { at: SECOND, actors: &[Actor::Page, Actor::Page] },
        Act { at: BETWEEN, actors: &[Actor::Nudge, Actor::Alarm("OK")] },
        Act { at: BETWEEN + SECOND, actors: &[Actor::Page, Actor::Nudge] },
    ],
    &[
        Act { at: 0, actors: &[Actor::Nudge] },
        Act { at: SECOND, actors: &[Actor::Page] },
        Act { at: BETWEEN, actors: &[Actor::Schedule, Actor::Acknowledges("natsu")] },
        Act { at: BETWEEN + SECOND, actors: &[Actor::Page, Actor::Alarm("OK")] },
    ],
];

/// The world between two acts.
#[derive(Clone)]
struct Scene {
    table: Arc<MemoryTable>,
    books: Books,
    queue: Vec<(QueueName, String)>,
    runs: usize,
    story: Vec<String>,
}

/// An act as it is played.
struct Play {
    shared: Shared,
    table: Arc<MemoryTable>,
    invocations: Vec<Option<Invocation>>,
    handlers: Vec<Handler>,
    first_run: usize,
    story: Vec<String>,
}

/// An invocation under way: whether it succeeds.
type Invocation = Pin<Box<dyn Future<Output = bool>>>;

/// Searches a plan whose second stage comes after five minutes, unless something. Nobody dies here: crash points and nights are for that.
pub fn explore(unless: Unless) -> Explored {
    logs::listen();
    let mut explored = Explored::default();
    for acts in NIGHTS {
        let mut scenes = vec![opened(unless)];
        for act in acts {
            let mut ends = Vec::new();
            let mut seen = HashSet::new();
            for scene in &scenes {
                if !search(scene, act, &mut explored, &mut |end| {
                    if seen.insert(end.mark()) {
                        ends.push(end);
                    }
                }) {
                    return explored;
                }
            }
            scenes = ends;
        }
        explored.endings += scenes.len();
        for scene in scenes {
            explored.violation = ends_well(scene, unless);
            if explored.violation.is_some() {
                return explored;
            }
        }
    }
    explored
}

/// The incident has been opened, and nothing more.
fn opened(unless: Unless) -> Scene {
    let unless = match unless {
        Unless::Resolved => "resolved",
        Unless::Acknowledged => "acknowledged",
    };
    let yaml = format!(
        "reveille: 1\ndefaults: {{ response_plan: web }}\ncontacts:\n  natsu: {{ name: Natsu, channels: {{ sms: {{ type: sms, \
         address: \"+15550100\", verified: true }} }} }}\n  bob: {{ name: Bob, channels: {{ sms: {{ type: sms, address: \
         \"+15550101\", verified: true }} }} }}\nresponse_plans:\n  web:\n    stages:\n      - {{ engage: [natsu] }}\n      - {{ \
         after: 5, unless: {unless}, engage: [bob] }}\n"
    );
    let home = Arc::new(Home::of(&yaml, dawn()));
    let mut books = Books::new(dawn(), home.clone());
    for (line, (state, at)) in [("ALARM", 0), ("OK", BETWEEN)].into_iter().enumerate() {
        books.will_hear(line, known(ALARM, alarm(ALARM, state, instant(at)), at));
    }
    let scene = Scene { table: Arc::new(home.table.copy()), books, queue: Vec::new(), runs: 0, story: Vec::new() };
    alone(&scene, 0, Actor::Alarm("ALARM")).into_scene()
}

/// Visits every state of an act from a scene; `false`: something does not hold.
fn search(scene: &Scene, act: &Act, explored: &mut Explored, end: &mut dyn FnMut(Scene)) -> bool {
    let mut seen = HashSet::new();
    let mut paths = vec![Vec::new()];
    while let Some(path) = paths.pop() {
        let mut play = Play::begin(scene, act.at, act.actors);
        for call in &path {
            play.go_on(*call);
        }
        if let Some(violation) = play.violation() {
            explored.violation = Some((violation, play.story));
            return false;
        }
        if !seen.insert(play.mark()) {
            continue;
        }
        explored.states += 1;
        let open = play.open();
        if open.is_empty() {
            end(play.into_scene());
        }
        paths.extend(open.into_iter().map(|call| path.iter().copied().chain([call]).collect()));
    }
    true
}

/// Somebody acts, and nobody else does meanwhile.
fn alone(scene: &Scene, at: Ms, actor: Actor) -> Play {
    let mut play = Play::begin(scene, at, &[actor]);
    while let Some(call) = play.open().first() {
        play.go_on(*call);
    }
    play
}

/// If everything that is due is done from here on and nobody answers any more, all comes that was promised.
fn ends_well(mut scene: Scene, unless: Unless) -> Option<(Violation, Vec<String>)> {
    let until = BETWEEN + 10 * MINUTE;
    // However the night went so far, what is late here is late because nothing happened since.
    scene.books.trouble(Class::Function, 0, until);
    for round in 0..ROUNDS_MAX {
        let actor = [Actor::Nudge, Actor::Page, Actor::Tick][round % 3];
        let play = alone(&scene, until, actor);
        if let Some(violation) = play.violation() {
            return Some((violation, play.story));
        }
        scene = play.into_scene();
    }
    let asked = |who: &str| {
        scene.books.orders.values().any(|order| {
            matches!(&order.record.order, OrderRecord::Page { contact, .. } if contact == who)
                && (order.record.stopped || !order.channels.is_empty())
        })
    };
    let left = scene.books.orders.values().find(|order| !order.record.settled);
    let dossier = scene.books.dossiers.values().next();
    let incident = dossier.map(|dossier| &dossier.incident);
    let is_spared = incident.is_none_or(|incident| {
        !incident.is_open() || unless == Unless::Acknowledged && incident.acknowledged.is_some()
    });
    let text = match left {
        Some(order) => format!("{:?} is left undone", order.record.order),
        None if !asked("natsu") => "Natsu is never paged".to_owned(),
        None if !asked("bob") && !is_spared => "Bob is never paged".to_owned(),
        None => return None,
    };
    Some((Violation { invariant: 2, text }, scene.story))
}

impl Actor {
    fn handler(self) -> Handler {
        match self {
            Actor::Nudge => Handler::Respond,
            Actor::Schedule => Handler::Escalate,
            Actor::Page | Actor::Tick => Handler::Notify,
            Actor::Acknowledges(_) => Handler::Acknowledge,
            Actor::Alarm(_) => Handler::Ingest,
        }
    }

    /// The event that wakes its function; `None`: nothing of the kind is there.
    fn event(self, scene: &Scene, at: Ms) -> Option<Value> {
        let (id, dossier) = match scene.books.dossiers.first_key_value() {
            Some((id, dossier)) => (Some(id), Some(dossier)),
            None => (None, None),
        };
        match self {
            Actor::Nudge => Some(batch_of(&json!({ "incident": id?, "timer": null }).to_string())),
            Actor::Schedule => {
                let timer = json!({ "revision": dossier?.incident.revision, "due": instant(at) });
                Some(json!({ "incident": id?, "timer": timer }))
            }
            Actor::Page => {
                let newest = scene.queue.iter().rev().find(|(queue, _)| *queue == QueueName::Pages);
                newest.map(|(_, body)| batch_of(body))
            }
            Actor::Tick => Some(json!({ "tick": true })),
            Actor::Acknowledges(who) => {
                let contact = ContactAlias::new(who);
                let is_theirs = |record: &OrderRecord| {
                    matches!(record, OrderRecord::Page { .. }) && record.contact().as_ref() == Some(&contact)
                };
                let page = scene.books.orders.values().find(|order| is_theirs(&order.record.order))?.record.page();
                let link = Link::new(&dossier?.incident.opening.id, page, &contact);
                let token = link.token(&keys(), instant(at)).expect("its ids fit");
                Some(request("POST", &format!("/a/{token}"), "do=acknowledge"))
            }
            Actor::Alarm(state) => Some(alarm(ALARM, state, instant(at))),
        }
    }
}

impl Scene {
    /// Two scenes with one mark go on alike.
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        rows(&self.table).hash(&mut hasher);
        let newest = self.queue.iter().rev().find(|(queue, _)| *queue == QueueName::Pages);
        newest.map(|(_, body)| body).hash(&mut hasher);
        hasher.finish()
    }
}

/// Every row but the configuration's.
fn rows(table: &MemoryTable) -> String {
    let moves =
        |pk: &str| ["INCIDENT#", "COUNT#", "DEDUPE#", "CAUSE#", "PAG", "ORDER#"].iter().any(|of| pk.starts_with(of));
    let rows = table.rows_where(|key| moves(&key.pk));
    serde_json::to_string(&rows).expect("rows are JSON")
}

impl Play {
    fn begin(scene: &Scene, at: Ms, actors: &[Actor]) -> Self {
        let table = Arc::new(scene.table.copy());
        let mut books = scene.books.clone();
        books.now = at;
        let events: Vec<(Handler, Value)> =
            actors.iter().filter_map(|actor| Some((actor.handler(), actor.event(scene, at)?))).collect();
        let shared = Shared::new(at, books, scene.queue.clone(), scene.runs, events.len());
        let functions = Arc::new(Functions::new(&shared, &table));
        let mut play = Self {
            shared,
            table,
            invocations: Vec::new(),
            handlers: Vec::new(),
            first_run: scene.runs,
            story: scene.story.clone(),
        };
        for (place, (handler, event)) in events.into_iter().enumerate() {
            if handler == Handler::Ingest {
                let signal = usize::from(at > 0);
                play.shared.lock().books.carries.insert(play.first_run + place, signal);
                play.shared.lock().books.signals[signal].is_sent = true;
            }
            let functions = functions.clone();
            play.handlers.push(handler);
            play.invocations.push(Some(Box::pin(async move { functions.handle(handler, event).await })));
            play.poll(place);
        }
        play
    }

    /// The calls of which any can be done next.
    fn open(&self) -> Vec<Call> {
        self.shared.lock().open()
    }

    fn go_on(&mut self, call: Call) {
        let what = self.shared.lock().grant(call);
        self.story.push(format!("{} {}: {what}", self.handlers[call.actor].name(), call.actor));
        self.poll(call.actor);
    }

    fn poll(&mut self, place: usize) {
        let Some(invocation) = self.invocations[place].as_mut() else { return };
        self.shared.lock().actor = place;
        let Poll::Ready(success) = invocation.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) else {
            return;
        };
        self.invocations[place] = None;
        let mut stage = self.shared.lock();
        stage.hear(place, &success);
        stage.books.answered(self.first_run + place, self.handlers[place], success, &self.table);
    }

    fn violation(&self) -> Option<Violation> {
        logs::violation().or_else(|| self.shared.lock().books.violation.clone())
    }

    /// Two plays with one mark go on alike: the rows are the same, and each invocation has heard the same.
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        rows(&self.table).hash(&mut hasher);
        self.invocations.iter().map(Option::is_some).collect::<Vec<_>>().hash(&mut hasher);
        self.shared.lock().mark(&mut hasher);
        hasher.finish()
    }

    fn into_scene(self) -> Scene {
        let stage = self.shared.lock();
        Scene {
            table: self.table.clone(),
            books: stage.books.clone(),
            queue: stage.queue.clone(),
            runs: self.first_run + self.handlers.len(),
            story: self.story.clone(),
        }
    }
}
