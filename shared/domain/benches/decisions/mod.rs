//! The decisions that are measured: an incident from its alarm to its end, for one person and for everybody at once.

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{
    Actor, Channel, ChannelId, ChannelKind, Contact, ContactAlias, Engage, EscalationPlan, EscalationStage,
    EscalationTarget, Every, Facts, FrozenPlan, Impact, Incident, IncidentId, IncidentTemplate, Input, Layers, Opening,
    OutboxId, PlanAlias, ResponsePlan, ResponsePlanName, ResponseStage, Rotation, RotationName, RotationRules, Rounds,
    Schedule, ScheduleAlias, ScheduleRules, Source, Step, TargetKind, Unless, When, World, advance,
};

/// As many as one commit pages at once.
const EVERYBODY: u32 = 40;

/// One decision.
pub(crate) struct Case {
    name: &'static str,
    current: Option<Incident>,
    input: Input,
    world: World,
    now: Timestamp,
}

impl Case {
    /// Decides.
    pub(crate) fn decide(&self) -> Step {
        advance(self.current.as_ref(), &self.input, &self.world, self.now).expect("it changes something")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every decision that is measured.
pub(crate) fn cases() -> Vec<Case> {
    let open = Input::Open(Box::new(opening()));
    let opened = advance(None, &open, &World::default(), dawn()).expect("it opens").next;
    let mut all = vec![Case {
        name: "an alarm opens an incident",
        current: None,
        input: open,
        world: World::default(),
        now: dawn(),
    }];
    let names = [
        ["its plan begins, one is asked", "its plan begins, 40 are asked"],
        ["one more is asked after five minutes", "40 more are asked after five minutes"],
        ["an acknowledgement by the one who was asked", "an acknowledgement by one of 40"],
        ["a resolution, one was asked", "a resolution, 40 were asked"],
    ];
    for (place, people) in [1, EVERYBODY].into_iter().enumerate() {
        let world = world(people);
        let later = dawn() + SignedDuration::from_mins(5);
        let begin = Case {
            name: names[0][place],
            current: Some(opened.clone()),
            input: Input::Begin,
            world: world.clone(),
            now: dawn(),
        };
        let begun = begin.decide().next;
        let after = |name, input| Case { name, current: Some(begun.clone()), input, world: world.clone(), now: later };
        let page = OutboxId { revision: begun.revision, number: 0 };
        all.extend([
            begin,
            after(names[1][place], Input::DeadlineReached { scheduled: later }),
            after(names[2][place], Input::Acknowledge { contact: person(0, 0), page }),
            after(names[3][place], Input::Resolve { by: Actor::Contact(person(0, 0)) }),
        ]);
    }
    all
}

fn dawn() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

fn person(stage: u32, number: u32) -> ContactAlias {
    ContactAlias::new(format!("person-{stage}-{number}"))
}

fn opening() -> Opening {
    Opening {
        id: IncidentId::new("00000000-0000-5000-8000-000000000001"),
        response_plan: ResponsePlanName::new("web-application"),
        dedupe_key: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:web-unhealthy-host".to_owned(),
        title: "web-unhealthy-host".to_owned(),
        summary: "Threshold Crossed: 2 out of the last 2 datapoints were greater than the threshold".to_owned(),
        impact: Impact::High,
        source: Source::CloudWatch,
        occurred_at: dawn(),
        tags: BTreeMap::from([("application".to_owned(), "web".to_owned())]),
        facts: Facts(BTreeMap::from([("title".to_owned(), "web-unhealthy-host".to_owned())])),
    }
}

/// An escalation plan of two stages, with so many people in each; everybody has an SMS and an e-mail channel.
fn world(people: u32) -> World {
    let alias = PlanAlias::new("one-after-another");
    let target =
        |stage| move |number| EscalationTarget { kind: TargetKind::Contact(person(stage, number)), essential: true };
    let stage = |stage| EscalationStage {
        minutes: 5,
        targets: (0..people).map(target(stage)).collect(),
        when: When::default(),
    };
    let plan = EscalationPlan {
        alias: alias.clone(),
        stages: vec![stage(0), stage(1)],
        repeat: Rounds::Times(0),
        round_robin: false,
    };
    let everybody = (0..2).flat_map(|stage| (0..people).map(move |number| person(stage, number)));
    World {
        plan: Some(FrozenPlan {
            response: response(&alias),
            escalations: BTreeMap::from([(alias, plan)]),
            safety_contact: Some(person(0, 0)),
        }),
        contacts: everybody.map(|alias| (alias.clone(), contact(alias))).collect(),
        ..World::default()
    }
}

fn response(escalation: &PlanAlias) -> ResponsePlan {
    let incident = IncidentTemplate {
        title: String::new(),
        summary: String::new(),
        impact: Some(Impact::High),
        dedupe: String::new(),
        tags: BTreeMap::new(),
    };
    let stage = ResponseStage {
        after_minutes: 0,
        unless: Unless::Resolved,
        when: When::default(),
        runbooks: Vec::new(),
        engage: vec![Engage::EscalationPlan(escalation.clone())],
    };
    let name = ResponsePlanName::new("web-application");
    ResponsePlan { name, incident, stages: vec![stage], repage_after_minutes: None }
}

fn contact(alias: ContactAlias) -> Contact {
    let channel = |id: &str, kind| Channel { id: ChannelId::new(id), kind, verified: true, disabled: None };
    Contact {
        name: alias.to_string(),
        alias,
        channels: vec![channel("sms", ChannelKind::Sms), channel("mail", ChannelKind::Email)],
        engagement: None,
        engagement_by_impact: BTreeMap::new(),
    }
}

/// A weekly rotation of three in New York.
pub(crate) fn schedule() -> Schedule {
    let rotation = Rotation::new(RotationRules {
        name: RotationName::new("weekly"),
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        start: "2026-01-05T09:00:00".parse().expect("a time"),
        every: Every::Weeks { count: 1, handoffs: vec![] },
        members: ["natsu", "zeref", "igneel"].map(ContactAlias::new).to_vec(),
        on_call: 1,
        coverage: None,
        days_off_burn_turns: false,
    });
    Schedule::new(ScheduleRules {
        alias: ScheduleAlias::new("primary"),
        layers: Layers::Upper,
        rotations: vec![rotation.expect("a rotation")],
        overrides: vec![],
        swaps: vec![],
        temporary: vec![],
        notices: vec![],
    })
    .expect("a schedule")
}

/// The tenth year of the rotation.
pub(crate) fn tenth_year() -> (Timestamp, Timestamp) {
    let at = |text: &str| text.parse().expect("an instant");
    (at("2036-01-07T14:00:00Z"), at("2037-01-06T14:00:00Z"))
}
