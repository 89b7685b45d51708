//! People and how they are reached. Addresses are not here: only `notify` may read those.

use std::collections::BTreeMap;

use crate::{ChannelId, ContactAlias, Impact};

/// A person who can be paged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Unique in the installation.
    pub alias: ContactAlias,
    /// As people call them.
    pub name: String,
    /// The ways to reach them, in the order of the configuration.
    pub channels: Vec<Channel>,
    /// Which channel after how many minutes. `None`: every verified channel at once.
    pub engagement: Option<EngagementPlan>,
    /// Other plans for incidents of these impacts.
    pub engagement_by_impact: BTreeMap<Impact, EngagementPlan>,
}

/// One way to reach a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Unique within the contact.
    pub id: ChannelId,
    /// How it is reached.
    pub kind: ChannelKind,
    /// An unverified channel is never paged: a wrong number would be trusted until the night it matters.
    pub verified: bool,
}

/// The kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Text message.
    Sms,
    /// E-mail.
    Email,
}

impl ChannelKind {
    /// The name in configuration files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Sms => "sms",
            ChannelKind::Email => "email",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [ChannelKind::Sms, ChannelKind::Email].into_iter().find(|kind| kind.name() == name)
    }
}

/// The steps by which a contact is paged, counted from the start of the engagement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementPlan {
    /// At least one; several may begin in the same minute.
    pub steps: Vec<EngagementStep>,
}

/// One step of an engagement plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementStep {
    /// Minutes from the start of the engagement.
    pub after_minutes: u32,
    /// The channels of this step, all at once.
    pub channels: Vec<ChannelId>,
    /// Whether the step comes again.
    pub repeat: Option<Repeat>,
}

/// How a step is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Minutes between two pages of the step; at least 1.
    pub every_minutes: u32,
    /// How many pages the step sends in all; `None`: until somebody acknowledges.
    pub times: Option<u32>,
}

impl Contact {
    /// The plan by which this contact is paged: their own for this impact, their own for all, or every channel at once.
    pub fn plan(&self, impact: Impact) -> EngagementPlan {
        let own = self.engagement_by_impact.get(&impact).or(self.engagement.as_ref());
        own.cloned().unwrap_or_else(|| EngagementPlan {
            steps: vec![EngagementStep {
                after_minutes: 0,
                channels: self.channels.iter().map(|channel| channel.id.clone()).collect(),
                repeat: None,
            }],
        })
    }

    /// The verified channels among `ids`, in the contact's order.
    pub fn reachable(&self, ids: &[ChannelId]) -> Vec<Channel> {
        self.channels.iter().filter(|channel| channel.verified && ids.contains(&channel.id)).cloned().collect()
    }

    /// The channels among `ids` that may not be paged.
    pub fn unverified<'c>(&'c self, ids: &'c [ChannelId]) -> impl Iterator<Item = &'c Channel> {
        self.channels.iter().filter(|channel| !channel.verified && ids.contains(&channel.id))
    }

    /// Whether there is any way at all to page this contact.
    pub fn can_be_paged(&self) -> bool {
        self.channels.iter().any(|channel| channel.verified)
    }
}
