//! Plans and people for the properties: small ones of every form, and a few that are large.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use reveille_domain::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, Engage, EngagementPlan, EngagementStep, EscalationPlan,
    EscalationStage, EscalationTarget, Facts, FrozenPlan, Impact, IncidentId, IncidentTemplate, Opening, PlanAlias,
    Repeat, ResponsePlan, ResponsePlanName, ResponseStage, Rounds, RunbookAction, ScheduleAlias, Source, TargetKind,
    Unless, When, World, limits,
};

/// People of the small plans; one more is named by plans and not there.
const PEOPLE: u8 = 5;

pub(crate) fn dawn() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

pub(crate) fn contact(number: u8) -> ContactAlias {
    ContactAlias::new(format!("c{number}"))
}

pub(crate) fn schedule(number: u8) -> ScheduleAlias {
    ScheduleAlias::new(format!("s{number}"))
}

pub(crate) fn plan(number: u8) -> PlanAlias {
    PlanAlias::new(format!("e{number}"))
}

pub(crate) fn facts() -> BTreeMap<String, String> {
    BTreeMap::from([("title".to_owned(), "web".to_owned())])
}

pub(crate) fn opening() -> Opening {
    Opening {
        id: IncidentId::new("00000000-0000-5000-8000-000000000001"),
        response_plan: ResponsePlanName::new("plan"),
        dedupe_key: "web".to_owned(),
        title: "web".to_owned(),
        summary: String::new(),
        impact: Impact::Medium,
        source: Source::CloudWatch,
        occurred_at: dawn(),
        tags: BTreeMap::new(),
        facts: Facts(facts()),
    }
}

/// A configuration with anything in it that a file may say, and some that it may not: names that lead nowhere.
pub(crate) fn world() -> impl Strategy<Value = World> {
    let people = prop::collection::vec(person(), usize::from(PEOPLE));
    let plan = prop::option::weighted(0.95, frozen_plan());
    // One schedule has somebody, one may have nobody, one is named and not there.
    let on_call = (prop::collection::vec(0..PEOPLE, 1..=2), prop::collection::vec(0..PEOPLE, 0..=1));
    (people, plan, on_call, 0_u64..4, any::<bool>()).prop_map(|(people, plan, on_call, turn, safe)| {
        let contacts = (0..).zip(people).map(|(number, person)| {
            let alias = contact(number);
            (alias.clone(), Contact { alias, ..person })
        });
        let on_call = [on_call.0, on_call.1].into_iter().zip(0..);
        World {
            plan,
            contacts: contacts.collect(),
            on_call: on_call.map(|(who, n)| (schedule(n), who.into_iter().map(contact).collect())).collect(),
            turns: BTreeMap::from([(self::plan(0), turn)]),
            safety_contact: safe.then(|| contact(0)),
        }
    })
}

fn person() -> impl Strategy<Value = Contact> {
    let channels = prop::collection::vec(prop::bool::weighted(0.8), 1..=3);
    let steps = || prop::option::of(prop::collection::vec(engagement_step(), 1..=3));
    (channels, steps(), steps()).prop_map(|(verified, steps, for_medium)| Contact {
        alias: ContactAlias::new("unnamed"),
        name: "Somebody".to_owned(),
        channels: (0..).zip(verified).map(|(number, verified)| channel(number, verified)).collect(),
        engagement: steps.map(|steps| EngagementPlan { steps }),
        engagement_by_impact: for_medium.map(|steps| (Impact::Medium, EngagementPlan { steps })).into_iter().collect(),
    })
}

fn channel(number: u8, verified: bool) -> Channel {
    let kind = if number == 0 { ChannelKind::Sms } else { ChannelKind::Email };
    Channel { id: ChannelId::new(format!("ch{number}")), kind, verified, disabled: None }
}

fn engagement_step() -> impl Strategy<Value = EngagementStep> {
    let repeat = prop::option::of((1_u32..5, prop::option::of(1_u32..5)));
    (0_u32..8, prop::collection::vec(0_u8..3, 1..=2), repeat).prop_map(|(after_minutes, channels, repeat)| {
        EngagementStep {
            after_minutes,
            channels: channels.into_iter().map(|number| ChannelId::new(format!("ch{number}"))).collect(),
            repeat: repeat.map(|(every_minutes, times)| Repeat { every_minutes, times }),
        }
    })
}

fn frozen_plan() -> impl Strategy<Value = FrozenPlan> {
    let stages = prop::collection::vec(response_stage(), 1..=4);
    let escalations = prop::collection::vec(escalation_plan(), 2);
    let repage = prop::option::of(1_u32..20);
    (stages, escalations, repage, any::<bool>()).prop_map(|(stages, plans, repage, safe)| {
        let escalations = (0..).zip(plans).map(|(number, escalation)| {
            let alias = plan(number);
            (alias.clone(), EscalationPlan { alias, ..escalation })
        });
        FrozenPlan {
            response: ResponsePlan { repage_after_minutes: repage, ..response(stages) },
            escalations: escalations.collect(),
            safety_contact: safe.then(|| contact(1)),
        }
    })
}

fn response(stages: Vec<ResponseStage>) -> ResponsePlan {
    let incident = IncidentTemplate {
        title: String::new(),
        summary: String::new(),
        impact: None,
        dedupe: String::new(),
        tags: BTreeMap::new(),
    };
    ResponsePlan { name: ResponsePlanName::new("plan"), incident, stages, repage_after_minutes: None }
}

/// Whom anybody may engage, also names that lead nowhere.
pub(crate) fn engage() -> impl Strategy<Value = Engage> {
    prop_oneof![
        (0..=PEOPLE).prop_map(|number| Engage::Contact(contact(number))),
        (0_u8..=2).prop_map(|number| Engage::EscalationPlan(plan(number))),
        (0_u8..=2).prop_map(|number| Engage::Schedule(schedule(number))),
    ]
}

/// A condition that holds for the incident of the properties, or does not.
fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => Just(When::default()),
        1 => Just(When { impacts: [Impact::Medium].into(), hours: None }),
        1 => Just(When { impacts: [Impact::Critical].into(), hours: None }),
    ]
}

fn response_stage() -> impl Strategy<Value = ResponseStage> {
    let unless = prop_oneof![Just(Unless::Resolved), Just(Unless::Acknowledged)];
    let runbooks = prop::collection::vec(prop_oneof![Just("{{ title }}"), Just("{{ nothing }}")], 0..=2);
    (0_u32..8, unless, when(), runbooks, prop::collection::vec(engage(), 0..=3)).prop_map(
        |(after_minutes, unless, when, runbooks, engage)| ResponseStage {
            after_minutes,
            unless,
            when,
            runbooks: runbooks.into_iter().map(runbook).collect(),
            engage,
        },
    )
}

fn runbook(parameter: &str) -> RunbookAction {
    let parameters = BTreeMap::from([("Text".to_owned(), vec![parameter.to_owned()])]);
    RunbookAction { document: "Document".to_owned(), parameters }
}

fn escalation_plan() -> impl Strategy<Value = EscalationPlan> {
    let kind = prop_oneof![
        3 => (0..=PEOPLE).prop_map(|number| TargetKind::Contact(contact(number))),
        1 => (0_u8..=2).prop_map(|number| TargetKind::Schedule(schedule(number))),
        // Also itself, which a file may not say: rows can be written by anybody with the operator's rights.
        1 => (0_u8..=2).prop_map(|number| TargetKind::Plan(plan(number))),
    ];
    let target = (kind, any::<bool>()).prop_map(|(kind, essential)| EscalationTarget { kind, essential });
    let stage = (0_u32..6, prop::collection::vec(target, 0..=3), when())
        .prop_map(|(minutes, targets, when)| EscalationStage { minutes, targets, when });
    let repeat = prop_oneof![(0_u32..4).prop_map(Rounds::Times), Just(Rounds::Forever)];
    (prop::collection::vec(stage, 1..=3), repeat, any::<bool>()).prop_map(|(stages, repeat, round_robin)| {
        EscalationPlan { alias: PlanAlias::new("unnamed"), stages, repeat, round_robin }
    })
}

/// A plan whose first stage engages so many people, each on one channel.
pub(crate) fn everybody_at_once(people: u32) -> World {
    let aliases: Vec<ContactAlias> = (0..people).map(|number| ContactAlias::new(format!("p{number}"))).collect();
    let targets =
        aliases.iter().cloned().map(|alias| EscalationTarget { kind: TargetKind::Contact(alias), essential: true });
    let alias = PlanAlias::new("everybody");
    let plan = EscalationPlan {
        alias: alias.clone(),
        stages: vec![EscalationStage { minutes: 5, targets: targets.collect(), when: When::default() }],
        repeat: Rounds::Times(0),
        round_robin: false,
    };
    let stage = ResponseStage {
        after_minutes: 0,
        unless: Unless::Resolved,
        when: When::default(),
        runbooks: Vec::new(),
        engage: vec![Engage::EscalationPlan(alias.clone())],
    };
    let contact = |alias: &ContactAlias| Contact {
        alias: alias.clone(),
        name: alias.to_string(),
        channels: vec![channel(0, true)],
        engagement: None,
        engagement_by_impact: BTreeMap::new(),
    };
    World {
        plan: Some(FrozenPlan {
            response: response(vec![stage]),
            escalations: BTreeMap::from([(alias, plan)]),
            safety_contact: None,
        }),
        contacts: aliases.iter().map(|alias| (alias.clone(), contact(alias))).collect(),
        ..World::default()
    }
}

/// Many who are to be told, and a stage with as many runbooks as a stage may have, at the same instant.
pub(crate) fn news_and_runbooks_at_once() -> World {
    let mut world = everybody_at_once(100);
    let plan = world.plan.as_mut().expect("it has a plan");
    plan.response.stages.push(ResponseStage {
        after_minutes: 5,
        unless: Unless::Resolved,
        when: When::default(),
        runbooks: (0..limits::RUNBOOKS_PER_STAGE_MAX).map(|_| runbook("{{ title }}")).collect(),
        engage: Vec::new(),
    });
    world
}
