//! Test pages: one contact is paged through everything that a real page goes through, and nothing else happens.
//!
//! A test page is an incident of its own kind. Its plan is built in, so that no configuration can break it or be broken by it; it
//! ends with the first answer, or when its time is over, and nobody but the contact hears of it.
//!
//! The one that nobody asks for is the synthetic incident: every few minutes the installation pages itself. Its contact is built in
//! too, and is no person: it reads the page as somebody would, and presses the button.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, Engage, EngagementPlan, EngagementStep, EscalationPlan,
    EscalationStage, EscalationTarget, Facts, FrozenPlan, Impact, IncidentId, IncidentTemplate, Opening, PlanAlias,
    ResponsePlan, ResponsePlanName, ResponseStage, Rounds, Source, TargetKind, Unless, When,
};

/// The name of the plan that is built in. Facts of signals begin otherwise, so that no event makes a test of an incident.
const NAME: &str = "test-page";
const CONTACT: &str = "test-page/contact";
const CHANNELS: &str = "test-page/channels";
const MINUTES: &str = "test-page/minutes";

/// Who reads the pages of synthetic incidents. No configuration can name a contact so.
const READER: &str = "test-page/reader";
/// The reader's only channel. Mail travels with the pages that people wait for, and carries the whole of what a page says.
const READER_CHANNEL: &str = "reader";
/// The next synthetic incident may begin five minutes after this one: by then this one is over.
const READER_MINUTES: u32 = 4;

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
    /// The page by which the installation tests itself.
    pub fn synthetic() -> Self {
        let channels = vec![ChannelId::new(READER_CHANNEL)];
        Self { contact: ContactAlias::new(READER), channels, minutes: READER_MINUTES }
    }

    /// Whether the installation tests itself: no person has asked for it, and none is asked by it.
    pub fn is_synthetic(&self) -> bool {
        self.contact.as_str() == READER
    }

    /// What opens the incident.
    pub fn opening(&self, id: IncidentId, occurred_at: Timestamp) -> Opening {
        let channels: Vec<&str> = self.channels.iter().map(ChannelId::as_str).collect();
        let (title, summary) = if self.is_synthetic() {
            ("SYNTHETIC INCIDENT", "The installation tests itself. Nothing is wrong, and nobody is asked.")
        } else {
            (
                "TEST PAGE: please acknowledge",
                "Somebody tests whether you are reached. Nothing is wrong. Answer as you would answer a real page.",
            )
        };
        let facts =
            [(CONTACT, self.contact.to_string()), (CHANNELS, channels.join(" ")), (MINUTES, self.minutes.to_string())];
        Opening {
            dedupe_key: format!("{NAME} {id}"),
            id,
            response_plan: ResponsePlanName::new(NAME),
            title: title.to_owned(),
            summary: summary.to_owned(),
            impact: Impact::NoImpact,
            source: Source::Manual,
            occurred_at,
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

    /// The contacts as the test asks them, of those that are configured.
    pub fn asked(&self, configured: BTreeMap<ContactAlias, Contact>) -> BTreeMap<ContactAlias, Contact> {
        if self.is_synthetic() {
            return BTreeMap::from([(self.contact.clone(), self.reader())]);
        }
        configured.into_iter().map(|(alias, contact)| (alias, self.asked_once(contact))).collect()
    }

    fn reader(&self) -> Contact {
        let kind = ChannelKind::Email;
        let channels = self.channels.iter().map(|id| Channel { id: id.clone(), kind, verified: true, disabled: None });
        let contact = Contact {
            alias: self.contact.clone(),
            name: "Reader".to_owned(),
            channels: channels.collect(),
            engagement: None,
            engagement_by_impact: BTreeMap::new(),
        };
        self.asked_once(contact)
    }

    /// On these channels and no others, at once and once. A channel that is out of use is tried, too: whether it works again is
    /// what a test is for.
    fn asked_once(&self, mut contact: Contact) -> Contact {
        contact.channels.retain(|channel| self.channels.contains(&channel.id));
        let step = EngagementStep { after_minutes: 0, channels: self.channels.clone(), repeat: None };
        contact.engagement = Some(EngagementPlan { steps: vec![step] });
        contact.engagement_by_impact = BTreeMap::new();
        contact
    }
}
