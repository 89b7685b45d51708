//! What holds for every plan and every order of inputs, on plans and inputs that nobody thought of.

mod plans;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use plans::{contact, dawn, engage, facts, opening, world};
use proptest::prelude::*;
use reveille_domain::{
    Actor, ChannelId, ContactAlias, Effect, Engage, EngagementId, EngagementState, Ignored, Incident, Input, Needs,
    NoteReason, OutboxId, Replayed, RunbookAction, RunbookOutcome, RunbookState, Signal, SignalState, Source, Step,
    TimelineEvent, TimelineKind, World, advance, limits,
};

/// Steps at one instant before we call it endless: 400 engagements, each with a few pages.
const STEPS_AT_ONCE_MAX: usize = 3_000;

/// What reaches an incident in a property, before it is known what the incident looks like then.
#[derive(Clone, Debug)]
enum Act {
    Pass { minutes: i64 },
    Drive,
    Begin,
    Acknowledge { contact: u8 },
    Snooze { contact: u8, minutes: u32 },
    Escalate,
    Engage(Engage),
    Reassign(Engage),
    Note(String),
    StartRunbook { fills: bool },
    AcknowledgeElsewhere,
    Resolve,
    Undelivered { page: usize, channel: u8 },
    RunbookEnded { run: u32, fails: bool },
    Recovered { minutes_ago: i64 },
    Noted,
    Again,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0_i64..12).prop_map(|minutes| Act::Pass { minutes }),
        6 => Just(Act::Drive),
        1 => Just(Act::Begin),
        2 => (0_u8..6).prop_map(|contact| Act::Acknowledge { contact }),
        1 => (0_u8..6, 0_u32..10).prop_map(|(contact, minutes)| Act::Snooze { contact, minutes }),
        1 => Just(Act::Escalate),
        1 => engage().prop_map(Act::Engage),
        1 => engage().prop_map(Act::Reassign),
        1 => "[ a-z\n]{0,12}".prop_map(Act::Note),
        1 => any::<bool>().prop_map(|fills| Act::StartRunbook { fills }),
        1 => Just(Act::AcknowledgeElsewhere),
        1 => Just(Act::Resolve),
        2 => (0_usize..20, 0_u8..4).prop_map(|(page, channel)| Act::Undelivered { page, channel }),
        1 => (0_u32..4, any::<bool>()).prop_map(|(run, fails)| Act::RunbookEnded { run, fails }),
        1 => (0_i64..20).prop_map(|minutes_ago| Act::Recovered { minutes_ago }),
        1 => Just(Act::Noted),
        1 => Just(Act::Again),
    ]
}

/// An incident with everything that has happened to it.
struct Story {
    world: World,
    now: Timestamp,
    incident: Incident,
    timeline: Vec<TimelineEvent>,
    pages: Vec<OutboxId>,
    /// Whom each page was to reach.
    paged: BTreeMap<OutboxId, ContactAlias>,
    /// How often the operators were told.
    notices: usize,
    silent: BTreeSet<EngagementId>,
}

impl Story {
    fn open(world: World) -> Self {
        let opened = advance(None, &Input::Open(Box::new(opening())), &World::default(), dawn()).expect("it opens");
        Self {
            world,
            now: dawn(),
            incident: opened.next,
            timeline: opened.timeline,
            pages: Vec::new(),
            paged: BTreeMap::new(),
            notices: 0,
            silent: BTreeSet::new(),
        }
    }

    /// Decides, holds what must hold of every decision, and commits. `false`: it was ignored.
    fn apply(&mut self, input: &Input) -> bool {
        let decided = advance(Some(&self.incident), input, &self.world, self.now);
        assert_eq!(decided, advance(Some(&self.incident), input, &self.world, self.now), "the same again");
        let Ok(step) = decided else { return false };
        self.reads_no_more_than_it_says(input, &step);
        assert_eq!(step.next.revision, self.incident.revision + 1);
        assert!(!step.timeline.is_empty());
        assert!(step.effects.len() <= limits::ORDERS_PER_STEP_MAX, "{} orders", step.effects.len());
        assert!(step.next.engagements.len() <= limits::ENGAGEMENTS_MAX);
        self.pages_nobody_who_is_not_asked(&step);
        self.silent = step.next.engagements.iter().filter(|e| !e.is_open()).map(|e| e.id).collect();
        for event in &step.timeline {
            if let TimelineKind::Paged { page, contact, .. } = &event.kind {
                self.pages.push(*page);
                self.paged.insert(*page, contact.clone());
            }
        }
        self.notices += step.effects.iter().filter(|effect| matches!(effect, Effect::TellOperators(_))).count();
        self.timeline.extend(step.timeline);
        self.incident = step.next;
        // Folding a whole timeline after every step of a long story takes minutes: the long ones are folded now and then.
        if self.timeline.len() < 100 || self.incident.revision.is_multiple_of(50) {
            self.replays();
        }
        true
    }

    /// The engine reads what a decision may need, and nothing else.
    fn reads_no_more_than_it_says(&self, input: &Input, step: &Step) {
        let Some(plan) = &self.world.plan else { return };
        let needs = Needs::of(&self.incident, plan, input, self.now);
        let world = &self.world;
        let on_call: Vec<_> = world.on_call.iter().filter(|(alias, _)| needs.schedules.contains(*alias)).collect();
        let safety_contact = world.safety_contact.clone().filter(|_| needs.last_resort);
        let is_needed = |alias| {
            let is_safety_contact = safety_contact.as_ref() == Some(alias);
            is_safety_contact || needs.contacts.contains(alias) || on_call.iter().any(|(_, who)| who.contains(alias))
        };
        let narrow = World {
            contacts: world
                .contacts
                .iter()
                .filter(|(a, _)| is_needed(a))
                .map(|(a, c)| (a.clone(), c.clone()))
                .collect(),
            on_call: on_call.iter().map(|(alias, who)| ((*alias).clone(), (*who).clone())).collect(),
            turns: world.turns.iter().filter(|(a, _)| needs.turns.contains(a)).map(|(a, t)| (a.clone(), *t)).collect(),
            plan: world.plan.clone(),
            safety_contact: safety_contact.clone(),
        };
        assert_eq!(advance(Some(&self.incident), input, &narrow, self.now).as_ref(), Ok(step));
    }

    fn pages_nobody_who_is_not_asked(&self, step: &Step) {
        for effect in &step.effects {
            match effect {
                Effect::Page(order) => {
                    assert!(self.incident.is_open(), "nobody is paged for what is over");
                    let asked_again = asked_again(step, order.engagement);
                    let was_silent = self.silent.contains(&order.engagement);
                    assert!(asked_again || !was_silent, "{:?} was answered or stopped", order.engagement);
                    assert!(!order.channels.is_empty());
                }
                Effect::StartRunbook(_) => assert!(self.incident.is_open(), "nothing is started for what is over"),
                Effect::Announce(announcement) => assert!(!announcement.channels.is_empty()),
                Effect::TellOperators(_) => assert!(step.next.is_open(), "it is over"),
            }
        }
    }

    /// An escalation that has ended unanswered, and nothing is left to be done: then somebody has been told.
    fn is_not_forgotten(&self) {
        let outermost = || self.incident.engagements.iter().filter(|e| e.parent.is_none());
        let exhausted = outermost().any(|e| matches!(e.state, EngagementState::Exhausted { .. }));
        let answered = outermost().any(|e| matches!(e.state, EngagementState::Acknowledged { .. }));
        if self.incident.is_open() && exhausted && !answered && self.incident.due().is_none() {
            assert!(self.notices > 0, "nobody is asked any more, and nobody knows: {:#?}", self.incident);
        }
    }

    fn replays(&self) {
        assert_eq!(Replayed::from_timeline(&self.timeline), Replayed::from_incident(&self.incident));
    }

    fn is_due(&self) -> bool {
        self.incident.due().is_some_and(|due| due <= self.now)
    }

    /// What `respond` does: goes on until nothing is due.
    fn drive(&mut self) {
        for _ in 0..STEPS_AT_ONCE_MAX {
            if !self.is_due() {
                return;
            }
            let input = match self.incident.progress {
                reveille_domain::Progress::Waiting { .. } => Input::Begin,
                reveille_domain::Progress::Begun { .. } => Input::DeadlineReached { scheduled: self.now },
            };
            assert!(self.apply(&input), "what is due has something to do: {:#?}", self.incident);
        }
        panic!("something is due for ever: {:#?}", self.incident.due());
    }

    fn play(&mut self, act: &Act) {
        let input = match act {
            Act::Pass { minutes } => {
                self.now += SignedDuration::from_mins(*minutes);
                return;
            }
            Act::Drive => return self.drive(),
            Act::Begin => Input::Begin,
            Act::Acknowledge { contact: number } => match self.pages.last() {
                Some(page) => Input::Acknowledge { contact: contact(*number), page: *page },
                None => return,
            },
            Act::Snooze { contact: number, minutes } => match self.pages.last() {
                Some(page) => Input::Snooze { contact: contact(*number), page: *page, minutes: *minutes },
                None => return,
            },
            Act::Escalate => Input::Escalate { by: Actor::Operator },
            Act::Engage(target) => Input::Engage { by: Actor::Operator, target: target.clone() },
            Act::Reassign(to) => Input::Reassign { by: Actor::Operator, to: to.clone() },
            Act::Note(text) => Input::Note { by: Actor::Operator, text: text.clone() },
            Act::StartRunbook { fills } => Input::StartRunbook { by: Actor::Operator, runbook: runbook(*fills) },
            Act::AcknowledgeElsewhere => self.signal(SignalState::Acknowledged, 0),
            Act::Resolve => Input::Resolve { by: Actor::Reveille },
            Act::Undelivered { page, channel } => match self.pages.iter().rev().nth(*page) {
                Some(page) => undelivered(*page, self.paged[page].clone(), ChannelId::new(format!("ch{channel}"))),
                None => return,
            },
            Act::RunbookEnded { run, fails } => {
                let outcome =
                    if *fails { RunbookOutcome::Failed("broken".to_owned()) } else { RunbookOutcome::Succeeded };
                Input::RunbookEnded { run: *run, execution: None, outcome }
            }
            Act::Recovered { minutes_ago } => self.signal(SignalState::Recovered, *minutes_ago),
            Act::Noted => self.signal(SignalState::Noted(NoteReason::Muted), 0),
            Act::Again => self.signal(SignalState::Firing, 0),
        };
        self.apply(&input);
    }

    fn signal(&self, state: SignalState, minutes_ago: i64) -> Input {
        let occurred_at = self.now - SignedDuration::from_mins(minutes_ago);
        Input::Signal { signal: Box::new(signal(state, occurred_at)), newest_repeat: None }
    }
}

/// Whether a step says that it asks this engagement again.
fn asked_again(step: &Step, engagement: EngagementId) -> bool {
    let says_so = |kind: &TimelineKind| matches!(kind, TimelineKind::AskedAgain { engagements, .. } if engagements.contains(&engagement));
    step.timeline.iter().any(|event| says_so(&event.kind))
}

fn undelivered(page: OutboxId, contact: ContactAlias, channel: ChannelId) -> Input {
    Input::Undelivered { page, contact, channel, reason: "opted out".to_owned() }
}

/// A runbook whose parameter the incident can fill, or not.
fn runbook(fills: bool) -> RunbookAction {
    let value = if fills { "{{ title }}" } else { "{{ moon }}" };
    let parameters = BTreeMap::from([("Reason".to_owned(), vec![value.to_owned()])]);
    RunbookAction { document: "RunChecks".to_owned(), parameters }
}

fn signal(state: SignalState, occurred_at: Timestamp) -> Signal {
    Signal {
        source: Source::CloudWatch,
        state,
        name: "web".to_owned(),
        title: "web".to_owned(),
        summary: String::new(),
        dedupe_key: "web".to_owned(),
        part_of: None,
        cause: "web".to_owned(),
        occurred_at,
        impact: None,
        account: None,
        region: None,
        resources: Vec::new(),
        dimensions: facts(),
        tags: facts(),
        response_plan: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_whatever_order_every_decision_keeps_its_promises(
        world in world(),
        acts in prop::collection::vec(act(), 0..40),
    ) {
        let mut story = Story::open(world);
        for act in &acts {
            story.play(act);
        }
        story.drive();
        prop_assert!(!story.is_due());
        story.replays();
        // And the same with all the time in the world.
        for _ in 0..40 {
            story.now += SignedDuration::from_mins(1);
            story.drive();
        }
        story.is_not_forgotten();
    }

    #[test]
    fn addresses_that_are_all_refused_end_in_silence_and_not_in_a_loop(world in world(), minutes in 5_i64..30) {
        let mut story = Story::open(world);
        let mut told = 0;
        for _ in 0..minutes {
            let orders_before = story.pages.len();
            story.drive();
            while let Some(page) = story.pages.get(told).copied() {
                told += 1;
                for channel in 0..3 {
                    let contact = story.paged[&page].clone();
                    story.apply(&undelivered(page, contact, ChannelId::new(format!("ch{channel}"))));
                }
                story.drive();
                prop_assert!(story.pages.len() - orders_before <= STEPS_AT_ONCE_MAX, "one minute, without end");
            }
            story.now += SignedDuration::from_mins(1);
        }
    }

    #[test]
    fn what_is_resolved_stays_silent_for_ever(world in world(), before in prop::collection::vec(act(), 0..12), after in prop::collection::vec(act(), 0..20)) {
        let mut story = Story::open(world);
        before.iter().for_each(|act| story.play(act));
        story.apply(&Input::Resolve { by: Actor::Contact(ContactAlias::new("c0")) });
        story.drive();
        prop_assert_eq!(story.incident.due(), None);
        let pages = story.pages.len();
        after.iter().for_each(|act| story.play(act));
        prop_assert_eq!(story.pages.len(), pages);
    }
}

#[test]
fn more_people_than_a_transaction_holds_are_all_paged_once_at_the_same_instant() {
    for people in [41_u32, 100, 250, 399] {
        let mut story = Story::open(plans::everybody_at_once(people));
        story.drive();
        let mut paged = Vec::new();
        for event in story.timeline.iter().filter(|event| event.at == dawn()) {
            if let TimelineKind::Paged { contact, .. } = &event.kind {
                paged.push(contact);
            }
        }
        assert_eq!(paged.len(), people as usize);
        assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), people as usize);
        // And all but one hear of the answer, however many steps that takes.
        let page = *story.pages.first().expect("a page");
        story.apply(&Input::Acknowledge { contact: ContactAlias::new("p0"), page });
        story.drive();
        let told = story.timeline.iter().filter(|event| matches!(event.kind, TimelineKind::Announced(_))).count();
        assert_eq!(told, people as usize - 1);
    }
}

#[test]
fn a_stage_waits_while_news_fills_the_step_and_loses_no_runbook() {
    let mut story = Story::open(plans::news_and_runbooks_at_once());
    story.drive();
    story.now += SignedDuration::from_mins(5);
    let page = *story.pages.first().expect("a page");
    story.apply(&Input::Acknowledge { contact: ContactAlias::new("p0"), page });
    story.drive();
    assert_eq!(story.incident.runbooks.len(), limits::RUNBOOKS_PER_STAGE_MAX);
}

/// A decision of an incident that is as its story has left it.
fn decided(story: &Story, input: &Input) -> Result<Step, Ignored> {
    advance(Some(&story.incident), input, &story.world, story.now)
}

#[test]
fn a_note_is_written_at_any_time_and_is_never_empty_or_endless() {
    let note = |text: &str| Input::Note { by: Actor::Caller("erza".to_owned()), text: text.to_owned() };
    let mut story = Story::open(plans::everybody_at_once(3));
    let long = "x".repeat(limits::NOTE_CHARACTERS_MAX + 1);
    for _ in ["before its plan has begun", "while it asks", "when it is over"] {
        for (text, expected) in [("  seen \n", Ok("seen")), ("", Err(Ignored::Empty)), (" \n", Err(Ignored::Empty))] {
            let step = decided(&story, &note(text));
            let written = step.as_ref().map(|step| match &step.timeline[..] {
                [TimelineEvent { kind: TimelineKind::NoteAdded { text, .. }, .. }] => text.as_str(),
                other => panic!("one event: {other:?}"),
            });
            assert_eq!(written.map_err(|why| *why), expected, "{text:?}");
        }
        assert!(story.apply(&note(&long)));
        let Some(TimelineKind::NoteAdded { text, .. }) = story.timeline.last().map(|event| &event.kind) else {
            panic!("a note")
        };
        assert_eq!(text.chars().count(), limits::NOTE_CHARACTERS_MAX);
        let due = story.incident.due();
        assert!(story.apply(&note("again")));
        assert_eq!(story.incident.due(), due, "a note moves no deadline");
        if story.incident.engagements.is_empty() {
            story.drive()
        } else {
            _ = story.apply(&Input::Resolve { by: Actor::Operator })
        }
    }
    assert!(!story.incident.is_open());
}

#[test]
fn a_runbook_by_hand_runs_while_the_incident_is_open_and_has_room() {
    let by = Actor::Contact(ContactAlias::new("p0"));
    let start = |fills| Input::StartRunbook { by: by.clone(), runbook: runbook(fills) };
    let mut story = Story::open(plans::everybody_at_once(1));
    let step = decided(&story, &start(true)).expect("before the plan has begun");
    let [Effect::StartRunbook(order)] = step.effects.as_slice() else { panic!("one order: {:?}", step.effects) };
    assert_eq!(order.parameters["Reason"], [story.incident.opening.facts.0["title"].clone()]);
    let said = TimelineKind::RunbookOrdered { by: Some(by.clone()), run: 0, document: "RunChecks".to_owned() };
    assert_eq!(step.timeline.iter().map(|event| &event.kind).collect::<Vec<_>>(), [&said]);
    // What the incident cannot fill is told at once, and nothing is started.
    let unfilled = decided(&story, &start(false)).expect("it stands on the timeline");
    assert!(unfilled.effects.is_empty());
    assert!(matches!(unfilled.next.runbooks[0].state, RunbookState::Ended { .. }));
    for _ in 0..limits::RUNBOOKS_BY_HAND_MAX {
        assert!(story.apply(&start(true)));
    }
    assert_eq!(decided(&story, &start(true)), Err(Ignored::TooMany));
    story.apply(&Input::Resolve { by: by.clone() });
    assert_eq!(decided(&story, &start(true)), Err(Ignored::Settled));
}
