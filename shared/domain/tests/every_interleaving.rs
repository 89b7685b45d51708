//! A small model, searched whole: a plan of two stages, two people, and everything that can happen to an incident in every order.

#![expect(clippy::wildcard_enum_match_arm, reason = "stages are looked for among all that stands on a timeline")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{
    Actor, Channel, ChannelId, ChannelKind, Contact, ContactAlias, Effect, Engage, EngagementState, Facts, FrozenPlan,
    Ignored, Impact, Incident, IncidentId, IncidentTemplate, Input, Opening, OutboxId, Progress, Replayed,
    ResponsePlan, ResponsePlanName, ResponseStage, Source, Step, TimelineEvent, TimelineKind, Unless, When, World,
    advance,
};

/// So long after the opening everything has happened that can.
const MINUTES_MAX: i64 = 12;
/// So many states there are at least; fewer would mean that something can no longer happen.
const STATES_MIN: usize = 500;
/// Minutes between the stages.
const BETWEEN: i64 = 5;
/// Wakes without an answer after which everything has happened.
const WAKES_MAX: usize = 10;

/// One state of the model.
#[derive(Clone)]
struct State {
    incident: Incident,
    timeline: Vec<TimelineEvent>,
    pages: BTreeMap<ContactAlias, OutboxId>,
    /// Pages that are known not to have got through: a cause counts once.
    failed: BTreeSet<OutboxId>,
    now: Timestamp,
    story: Vec<String>,
}

/// What can happen.
#[derive(Clone, Debug)]
enum Move {
    /// Whatever wakes at the next deadline comes on time.
    Wake,
    /// It comes seven minutes late.
    WakeLate,
    /// It comes when nothing is due, or a second time.
    WakeAgain,
    Acknowledge(&'static str),
    Undelivered(&'static str),
    Resolve,
    /// Two minutes pass in which nothing comes.
    Silence,
}

const MOVES: [Move; 9] = [
    Move::Wake,
    Move::WakeLate,
    Move::WakeAgain,
    Move::Acknowledge("natsu"),
    Move::Acknowledge("bob"),
    Move::Undelivered("natsu"),
    Move::Undelivered("bob"),
    Move::Resolve,
    Move::Silence,
];

fn dawn() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

fn latest() -> Timestamp {
    dawn() + SignedDuration::from_mins(MINUTES_MAX)
}

fn world(unless: Unless) -> World {
    let stage = |after_minutes: i64, who: &str| ResponseStage {
        after_minutes: u32::try_from(after_minutes).expect("minutes"),
        unless,
        when: When::default(),
        runbooks: Vec::new(),
        engage: vec![Engage::Contact(ContactAlias::new(who))],
    };
    let incident = IncidentTemplate {
        title: String::new(),
        summary: String::new(),
        impact: None,
        dedupe: String::new(),
        tags: BTreeMap::new(),
    };
    let name = ResponsePlanName::new("plan");
    let stages = vec![stage(0, "natsu"), stage(BETWEEN, "bob")];
    let response = ResponsePlan { name, incident, stages, repage_after_minutes: None };
    let channel = |id: &str, kind| Channel { id: ChannelId::new(id), kind, verified: true, disabled: None };
    let contact = |alias: &str| {
        let alias = ContactAlias::new(alias);
        let channels = vec![channel("sms", ChannelKind::Sms), channel("mail", ChannelKind::Email)];
        let name = alias.to_string();
        (alias.clone(), Contact { alias, name, channels, engagement: None, engagement_by_impact: BTreeMap::new() })
    };
    World {
        plan: Some(FrozenPlan { response, escalations: BTreeMap::new(), safety_contact: None }),
        contacts: BTreeMap::from([contact("natsu"), contact("bob")]),
        ..World::default()
    }
}

fn opened() -> State {
    let opening = Opening {
        id: IncidentId::new("00000000-0000-5000-8000-000000000001"),
        response_plan: ResponsePlanName::new("plan"),
        dedupe_key: "web".to_owned(),
        title: "web".to_owned(),
        summary: String::new(),
        impact: Impact::Medium,
        source: Source::CloudWatch,
        occurred_at: dawn(),
        tags: BTreeMap::new(),
        facts: Facts::default(),
    };
    let step = advance(None, &Input::Open(Box::new(opening)), &World::default(), dawn()).expect("it opens");
    State {
        incident: step.next,
        timeline: step.timeline,
        pages: BTreeMap::new(),
        failed: BTreeSet::new(),
        now: dawn(),
        story: Vec::new(),
    }
}

impl State {
    /// The state after a move; `None`: it changes nothing, or cannot happen here.
    fn after(&self, what: &Move, world: &World) -> Option<Self> {
        let late = if matches!(what, Move::WakeLate) { SignedDuration::from_mins(7) } else { SignedDuration::ZERO };
        let now = match what {
            Move::Wake | Move::WakeLate => self.now.max(self.incident.due()?) + late,
            Move::Silence => return self.later(),
            Move::WakeAgain | Move::Acknowledge(_) | Move::Undelivered(_) | Move::Resolve => self.now,
        };
        let of = |who: &str| Some((ContactAlias::new(who), *self.pages.get(&ContactAlias::new(who))?));
        let input = match what {
            Move::Wake | Move::WakeLate | Move::WakeAgain => match self.incident.progress {
                Progress::Waiting { .. } => Input::Begin,
                Progress::Begun { .. } => Input::DeadlineReached { scheduled: now },
            },
            Move::Acknowledge(who) => of(who).map(|(contact, page)| Input::Acknowledge { contact, page })?,
            Move::Undelivered(who) => {
                of(who).filter(|(_, page)| !self.failed.contains(page)).map(|(contact, page)| {
                    let channel = ChannelId::new("sms");
                    Input::Undelivered { page, contact, channel, reason: "refused".to_owned() }
                })?
            }
            Move::Resolve => Input::Resolve { by: Actor::Operator },
            Move::Silence => return self.later(),
        };
        let was_due = self.incident.due().is_some_and(|due| due <= now);
        match advance(Some(&self.incident), &input, world, now) {
            Ok(step) => Some(self.stepped(&step, now, what)),
            Err(ignored) => {
                let is_wake = matches!(input, Input::Begin | Input::DeadlineReached { .. });
                let is_right = !is_wake || !was_due && matches!(ignored, Ignored::NotDue | Ignored::Settled);
                assert!(is_right, "{ignored:?} at {now} after {:?}, and {:?} is due", self.story, self.incident.due());
                None
            }
        }
    }

    /// The same state, two minutes later.
    fn later(&self) -> Option<Self> {
        let mut next = self.clone();
        next.now = self.now + SignedDuration::from_mins(2);
        next.story.push(format!("nothing until {}", next.now));
        next.incident.is_open().then_some(next)
    }

    fn stepped(&self, step: &Step, now: Timestamp, what: &Move) -> Self {
        let mut next = self.clone();
        next.story.push(format!("{what:?} at {now}"));
        next.now = now;
        if let Move::Undelivered(who) = what {
            next.failed.extend(self.pages.get(&ContactAlias::new(*who)));
        }
        next.incident = step.next.clone();
        next.timeline.extend(step.timeline.iter().cloned());
        for (effect, number) in step.effects.iter().zip(0..) {
            if let Effect::Page(page) = effect {
                next.pages.insert(page.contact.clone(), OutboxId { revision: step.next.revision, number });
            }
        }
        next.holds(self, step);
        next
    }

    fn holds(&self, before: &State, step: &Step) {
        let story = &self.story;
        assert_eq!(self.incident.revision, before.incident.revision + 1, "{story:?}");
        assert_eq!(Replayed::from_timeline(&self.timeline), Replayed::from_incident(&self.incident), "{story:?}");
        for effect in &step.effects {
            if let Effect::Page(page) = effect {
                let asks = self.incident.engagement(page.engagement).is_some_and(|engagement| engagement.is_open());
                assert!(self.incident.is_open() && asks, "a page for what has ended: {story:?}");
            }
        }
        for (was, is) in before.incident.engagements.iter().zip(&self.incident.engagements) {
            let has_answered = matches!(was.state, EngagementState::Acknowledged { .. });
            assert!(!has_answered || is.state == was.state, "whoever has answered has answered: {story:?}");
        }
        if !self.incident.is_open() {
            assert!(self.incident.due().is_none(), "what is over waits for nothing: {story:?}");
        }
        let stages: Vec<(u32, Timestamp)> = self.timeline.iter().filter_map(stage_of).collect();
        let numbers: Vec<u32> = stages.iter().map(|(stage, _)| *stage).collect();
        assert!(numbers == [0, 1][..numbers.len()], "each stage once, in order: {story:?}");
        if let [(_, first), (_, second)] = stages[..] {
            let between = second.duration_since(first);
            assert!(between >= SignedDuration::from_mins(BETWEEN), "stages collapse: {story:?}");
        }
    }

    /// If from now on everybody is silent and every wake comes, everything that was promised happens.
    fn ends_well(&self, world: &World, unless: Unless) {
        let mut state = self.clone();
        for _ in 0..WAKES_MAX {
            match state.after(&Move::Wake, world) {
                Some(next) => state = next,
                None => break,
            }
        }
        let story = &state.story;
        assert!(state.incident.due().is_none(), "it waits for ever: {story:?}");
        if !state.incident.is_open() {
            return;
        }
        let begun: BTreeSet<u32> = state.timeline.iter().filter_map(stage_of).map(|(stage, _)| stage).collect();
        assert_eq!(begun.len(), 2, "a stage is forgotten: {story:?}");
        let is_spared = unless == Unless::Acknowledged && state.incident.acknowledged.is_some();
        let bob = state.pages.contains_key(&ContactAlias::new("bob"));
        assert!(bob || is_spared, "Bob is never paged: {story:?}");
        let natsu = state.pages.contains_key(&ContactAlias::new("natsu"));
        assert!(natsu, "Natsu is never paged: {story:?}");
    }
}

/// The stage that an event begins or leaves out.
fn stage_of(event: &TimelineEvent) -> Option<(u32, Timestamp)> {
    match &event.kind {
        TimelineKind::StageStarted { stage } | TimelineKind::StageSkipped { stage, .. } => Some((*stage, event.at)),
        _ => None,
    }
}

/// Visits every state; answers with how many there are, and after how many moves the last of them comes.
fn search(unless: Unless) -> (usize, usize) {
    let world = world(unless);
    let hashes = RandomState::new();
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    let mut states = vec![opened()];
    let mut moves = 0;
    while !states.is_empty() {
        let after =
            |state: &State| -> Vec<State> { MOVES.iter().filter_map(|what| state.after(what, &world)).collect() };
        let next: Vec<State> = states.iter().flat_map(after).collect();
        // States that differ in nothing but how they came about are one.
        states = next
            .into_iter()
            .filter(|state| state.now <= latest())
            .filter(|state| {
                seen.insert(hashes.hash_one(format!("{:?}{:?}{:?}", state.incident, state.failed, state.now)))
            })
            .collect();
        states.iter().for_each(|state| state.ends_well(&world, unless));
        moves += usize::from(!states.is_empty());
    }
    (seen.len(), moves)
}

#[test]
fn whatever_happens_in_whatever_order_both_stages_come_and_nothing_that_has_ended_pages() {
    for unless in [Unless::Resolved, Unless::Acknowledged] {
        let (states, moves) = search(unless);
        println!("{states} states with {unless:?}, the last of them after {moves} moves");
        assert!(states > STATES_MIN, "so small a model shows nothing: {states}");
    }
}

/// The mistakes exist in builds for the tests of all crates together, as the simulation wants them.
#[cfg(feature = "mutants")]
#[test]
fn the_search_finds_mistakes() {
    for mistake in ["collapsed-stages", "stop-untold"] {
        reveille_domain::choose_mutant(Some(mistake));
        let found = std::panic::catch_unwind(|| search(Unless::Resolved)).is_err();
        reveille_domain::choose_mutant(None);
        assert!(found, "{mistake} is not found");
    }
}
