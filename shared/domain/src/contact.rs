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
    /// Why it is out of use, if it is: its provider has said that messages do not arrive there.
    pub disabled: Option<Disabled>,
}

/// Why a channel is out of use until it is verified again, or its address changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disabled {
    /// Mail to the address comes back for good.
    Bounced,
    /// The recipient reported a page as spam: their provider will hide the next one.
    Complained,
    /// The recipient has answered STOP.
    OptedOut,
    /// There is no such number or server, or it takes no messages.
    Invalid,
    /// The device or the carrier blocks what we send.
    Blocked,
}

/// The kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Text message.
    Sms,
    /// E-mail.
    Email,
    /// A call that speaks the page.
    Voice,
    /// A signed POST to a server of the contact's own.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// An incoming webhook of a Microsoft Teams workflow.
    Teams,
}

impl ChannelKind {
    /// Every kind, in the order in which people read of them.
    pub const ALL: [Self; 6] = [Self::Sms, Self::Email, Self::Voice, Self::Webhook, Self::Slack, Self::Teams];

    /// The name in configuration files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Sms => "sms",
            ChannelKind::Email => "email",
            ChannelKind::Voice => "voice",
            ChannelKind::Webhook => "webhook",
            ChannelKind::Slack => "slack",
            ChannelKind::Teams => "teams",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it goes through a server that we know nothing about. Such a one may hang for as long as we let it, so its
    /// pages travel apart from those that a telephone network or a mail service takes within milliseconds.
    pub fn is_slow(self) -> bool {
        match self {
            ChannelKind::Sms | ChannelKind::Email | ChannelKind::Voice => false,
            ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => true,
        }
    }
}

impl Disabled {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Bounced, Self::Complained, Self::OptedOut, Self::Invalid, Self::Blocked];

    /// The name in rows and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Disabled::Bounced => "bounced",
            Disabled::Complained => "complained",
            Disabled::OptedOut => "opted_out",
            Disabled::Invalid => "invalid",
            Disabled::Blocked => "blocked",
        }
    }

    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What has happened, as the end of a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Disabled::Bounced => "mail to it comes back",
            Disabled::Complained => "a page was reported as spam there",
            Disabled::OptedOut => "its owner has answered STOP",
            Disabled::Invalid => "nothing there takes messages",
            Disabled::Blocked => "the device or carrier blocks our messages",
        }
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

    /// The channels to page when a plan wants `ids`: the verified ones among them that are in use. Where none of them is,
    /// every other channel in use stands in for them; where there is none at all, a doubtful channel beats no page.
    pub fn reachable(&self, ids: &[ChannelId]) -> Vec<Channel> {
        let in_use = |channel: &&Channel| channel.verified && channel.disabled.is_none();
        let wanted = |channel: &&Channel| channel.verified && ids.contains(&channel.id);
        let choices: [Vec<&Channel>; 3] = [
            self.channels.iter().filter(in_use).filter(wanted).collect(),
            // Only for a channel that is out of use: one that was never verified has no claim to a deputy.
            self.channels.iter().filter(in_use).filter(|_| self.channels.iter().any(|c| wanted(&c))).collect(),
            self.channels.iter().filter(wanted).collect(),
        ];
        choices.into_iter().find(|choice| !choice.is_empty()).unwrap_or_default().into_iter().cloned().collect()
    }

    /// The channels among `ids` that may not be paged.
    pub fn unverified<'c>(&'c self, ids: &'c [ChannelId]) -> impl Iterator<Item = &'c Channel> {
        self.channels.iter().filter(|channel| !channel.verified && ids.contains(&channel.id))
    }

    /// Whether there is any way at all to page this contact.
    pub fn can_be_paged(&self) -> bool {
        self.channels.iter().any(|channel| channel.verified)
    }

    /// The channels among `ids` that are out of use, with the reason: to be said wherever `ids` are paged.
    pub fn out_of_use(&self, ids: &[ChannelId]) -> Vec<(ChannelId, Disabled)> {
        let wanted = self.channels.iter().filter(|channel| channel.verified && ids.contains(&channel.id));
        wanted.filter_map(|channel| Some((channel.id.clone(), channel.disabled?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(channels: &[(&str, bool, Option<Disabled>)]) -> Contact {
        let channels = channels.iter().map(|(id, verified, disabled)| Channel {
            id: ChannelId::new(*id),
            kind: ChannelKind::Sms,
            verified: *verified,
            disabled: *disabled,
        });
        let (alias, name) = (ContactAlias::new("natsu"), "Natsu".to_owned());
        Contact { alias, name, channels: channels.collect(), engagement: None, engagement_by_impact: BTreeMap::new() }
    }

    #[test]
    fn a_channel_out_of_use_is_paged_only_where_nothing_else_is_left() {
        const DEAD: Option<Disabled> = Some(Disabled::Bounced);
        let rows: [(&[(&str, bool, Option<Disabled>)], &[&str], &[&str]); 6] = [
            (&[("sms", true, None), ("mail", true, None)], &["sms"], &["sms"]),
            (&[("sms", true, DEAD), ("mail", true, None)], &["sms", "mail"], &["mail"]),
            (&[("sms", true, DEAD), ("mail", true, None)], &["sms"], &["mail"]),
            (&[("sms", true, DEAD), ("mail", true, DEAD)], &["sms"], &["sms"]),
            (&[("sms", true, DEAD), ("mail", false, None)], &["sms"], &["sms"]),
            (&[("sms", false, None), ("mail", true, None)], &["sms"], &[]),
        ];
        for (channels, wanted, paged) in rows {
            let wanted: Vec<ChannelId> = wanted.iter().map(|id| ChannelId::new(*id)).collect();
            let reached = contact(channels).reachable(&wanted);
            assert_eq!(reached.iter().map(|channel| channel.id.as_str()).collect::<Vec<_>>(), paged, "{channels:?}");
        }
    }

    #[test]
    fn names_lead_back_to_what_they_name() {
        for kind in ChannelKind::ALL {
            assert_eq!(ChannelKind::from_name(kind.name()), Some(kind));
        }
        for reason in Disabled::ALL {
            assert_eq!(Disabled::from_name(reason.name()), Some(reason));
        }
    }
}
