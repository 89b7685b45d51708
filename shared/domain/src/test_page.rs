//! Test pages: one contact is paged through everything that a real page goes through, and nothing else happens.
//!
//! A test page is an incident of its own kind. Its plan is built in, so that no configuration can break it or be broken by it; it
//! ends with the first answer, or when its time is over, and nobody but the contact hears of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    ChannelId, Contact, ContactAlias, Engage, EngagementPlan, EngagementStep, EscalationPlan, EscalationStage,
    EscalationTarget, Facts, FrozenPlan, Impact, IncidentId, IncidentTemplate, Opening, PlanAlias, ResponsePlan,
    ResponsePlanName, ResponseStage, Rounds, Source, TargetKind, Unless, When,
};

/// The name of the plan that is built in. Facts of signals begin otherwise, so that no event makes a test of an incident.
const NAME: &str = "test-page";
const CONTACT: &str = "test-page/contact";
const CHANNELS: &str = "test-page/channels";
const MINUTES: &str = "test-page/minutes";

/// A page that is a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPage {
    /// Who is paged.
    pub contact: ContactAlias,
    /// On which channels, all at once.
    pub channels: Vec<ChannelId>,
    /// How long an answer is waited for.
    pub minutes: u32,
}

impl TestPage {
    /// What opens the incident.
    pub fn opening(&self, id: IncidentId, now: Timestamp) -> Opening {
        let channels: Vec<&str> = self.channels.iter().map(ChannelId::as_str).collect();
        let facts =
            [(CONTACT, self.contact.to_string()), (CHANNELS, channels.join(" ")), (MINUTES, self.minutes.to_string())];
        Opening {
            dedupe_key: format!("{NAME} {id}"),
            id,
            response_plan: ResponsePlanName::new(NAME),
            title: "TEST PAGE: please acknowledge".to_owned(),
            summary:
                "Somebody tests whether you are reached. Nothing is wrong. Answer as you would answer a real page."
                    .to_owned(),
            impact: Impact::NoImpact,
            source: Source::Manual,
            occurred_at: now,
            tags: BTreeMap::new(),
            facts: Facts(facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        }
    }

    /// The test that an incident is; `None`: it is a real one.
    pub fn of(opening: &Opening) -> Option<Self> {
        let facts = &opening.facts.0;
        let contact = facts.get(CONTACT).filter(|_| opening.source == Source::Manual)?;
        let channels = facts.get(CHANNELS).map(String::as_str).unwrap_or_default();
        Some(Self {
            contact: ContactAlias::new(contact),
            channels: channels.split_whitespace().map(ChannelId::new).collect(),
            minutes: facts.get(MINUTES).and_then(|minutes| minutes.parse().ok()).unwrap_or(1),
        })
    }

    /// The plan: the contact is asked once, and nobody after them.
    pub fn plan(&self) -> FrozenPlan {
        let alias = PlanAlias::new(NAME);
        let target = EscalationTarget { kind: TargetKind::Contact(self.contact.clone()), essential: true };
        let stage = EscalationStage { minutes: self.minutes, targets: vec![target], when: When::default() };
        let escalation =
            EscalationPlan { alias: alias.clone(), stages: vec![stage], repeat: Rounds::Times(0), round_robin: false };
        let stage = ResponseStage {
            after_minutes: 0,
            unless: Unless::Resolved,
            when: When::default(),
            runbooks: Vec::new(),
            engage: vec![Engage::EscalationPlan(alias.clone())],
        };
        let incident = IncidentTemplate {
            title: String::new(),
            summary: String::new(),
            impact: None,
            dedupe: String::new(),
            tags: BTreeMap::new(),
        };
        let name = ResponsePlanName::new(NAME);
        FrozenPlan {
            response: ResponsePlan { name, incident, stages: vec![stage], repage_after_minutes: None },
            escalations: BTreeMap::from([(alias, escalation)]),
            safety_contact: None,
        }
    }

    /// The contact as the test asks them: on these channels and no others, at once and once. A channel that is out of use is
    /// tried, too: whether it works again is what a test is for.
    pub fn asked(&self, mut contact: Contact) -> Contact {
        contact.channels.retain(|channel| self.channels.contains(&channel.id));
        let step = EngagementStep { after_minutes: 0, channels: self.channels.clone(), repeat: None };
        contact.engagement = Some(EngagementPlan { steps: vec![step] });
        contact.engagement_by_impact = BTreeMap::new();
        contact
    }
}
