//! Contacts, and their addresses apart from them.

use std::collections::BTreeMap;

use reveille_domain::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, EngagementPlan, EngagementStep, Impact, Repeat,
};
use serde::{Deserialize, Serialize};

use super::channel_state::ChannelStateRecord;
use crate::key;
use crate::port::Secret;

/// A contact without addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRecord {
    alias: String,
    name: String,
    channels: Vec<ChannelRecord>,
    engagement: Option<EngagementPlanRecord>,
    /// By impact, 1 to 5.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    engagement_by_impact: BTreeMap<u8, EngagementPlanRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ChannelRecord {
    id: String,
    kind: KindRecord,
    verified: bool,
    /// Tells the address from another one; see [`address_mark`].
    #[serde(default)]
    mark: Option<String>,
}

/// The kind of a channel, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindRecord {
    Sms,
    Email,
    Voice,
    Webhook,
    Slack,
    Teams,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EngagementPlanRecord {
    steps: Vec<StepRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StepRecord {
    after_minutes: u32,
    channels: Vec<String>,
    every_minutes: Option<u32>,
    times: Option<u32>,
}

/// The address of one channel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRecord {
    /// A phone number in E.164, an e-mail address, or a URL.
    pub address: String,
    /// What signs messages to a webhook.
    #[serde(default)]
    pub secret: Option<String>,
}

impl AddressRecord {
    /// What signs messages to this address.
    pub fn secret(&self) -> Option<Secret> {
        self.secret.clone().map(Secret::new)
    }
}

/// Tells an address from the one that a channel had before. Sixteen bits of a hash: an edit goes unnoticed once in 65,536
/// times, and for every mark there are a hundred thousand telephone numbers, so that the mark may stand where addresses must not.
pub fn address_mark(contact: &ContactAlias, channel: &ChannelId, address: &str) -> String {
    key::hash(&format!("{contact} {channel} {address}")).chars().take(4).collect()
}

// An address stays out of logs even where somebody logs a whole row.
impl std::fmt::Debug for AddressRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressRecord(…)")
    }
}

impl ContactRecord {
    /// The row of a contact whose channels have these addresses; what is stored of those is a mark.
    pub fn new<'a>(contact: &Contact, address: impl Fn(&ChannelId) -> Option<&'a str>) -> Self {
        let channels = contact.channels.iter().map(|channel| ChannelRecord {
            id: channel.id.to_string(),
            kind: channel.kind.into(),
            verified: channel.verified,
            mark: address(&channel.id).map(|address| address_mark(&contact.alias, &channel.id, address)),
        });
        Self {
            alias: contact.alias.to_string(),
            name: contact.name.clone(),
            channels: channels.collect(),
            engagement: contact.engagement.as_ref().map(EngagementPlanRecord::from),
            engagement_by_impact: contact
                .engagement_by_impact
                .iter()
                .map(|(impact, plan)| (impact.number(), plan.into()))
                .collect(),
        }
    }

    /// The contact, with what has become known of its channels since it was applied. What is known of an address says nothing
    /// about the one that took its place.
    pub fn into_contact(self, state: Option<&ChannelStateRecord>) -> Contact {
        let channels = self.channels.into_iter().map(|channel| {
            let id = ChannelId::new(channel.id);
            let known = channel.mark.as_deref().and_then(|mark| state?.of(&id, mark));
            Channel {
                kind: channel.kind.into(),
                verified: channel.verified || known.is_some_and(|known| known.verified_at.is_some()),
                disabled: known.and_then(|known| known.disabled()),
                id,
            }
        });
        Contact {
            channels: channels.collect(),
            alias: ContactAlias::new(self.alias),
            name: self.name,
            engagement: self.engagement.map(EngagementPlan::from),
            engagement_by_impact: self
                .engagement_by_impact
                .into_iter()
                .filter_map(|(impact, plan)| Some((Impact::from_number(impact)?, plan.into())))
                .collect(),
        }
    }

    /// Whose it is.
    pub fn alias(&self) -> ContactAlias {
        ContactAlias::new(self.alias.clone())
    }

    /// The mark of a channel's address; `None`: there is no such channel, or it was applied before there were marks.
    pub fn mark(&self, channel: &ChannelId) -> Option<&str> {
        self.channels.iter().find(|known| known.id == channel.as_str())?.mark.as_deref()
    }
}

impl From<&EngagementPlan> for EngagementPlanRecord {
    fn from(plan: &EngagementPlan) -> Self {
        let steps = plan.steps.iter().map(|step| StepRecord {
            after_minutes: step.after_minutes,
            channels: step.channels.iter().map(ChannelId::to_string).collect(),
            every_minutes: step.repeat.map(|repeat| repeat.every_minutes),
            times: step.repeat.and_then(|repeat| repeat.times),
        });
        Self { steps: steps.collect() }
    }
}

impl From<EngagementPlanRecord> for EngagementPlan {
    fn from(record: EngagementPlanRecord) -> Self {
        let steps = record.steps.into_iter().map(|step| EngagementStep {
            after_minutes: step.after_minutes,
            channels: step.channels.into_iter().map(ChannelId::new).collect(),
            repeat: step.every_minutes.map(|every_minutes| Repeat { every_minutes, times: step.times }),
        });
        Self { steps: steps.collect() }
    }
}

impl From<ChannelKind> for KindRecord {
    fn from(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Sms => KindRecord::Sms,
            ChannelKind::Email => KindRecord::Email,
            ChannelKind::Voice => KindRecord::Voice,
            ChannelKind::Webhook => KindRecord::Webhook,
            ChannelKind::Slack => KindRecord::Slack,
            ChannelKind::Teams => KindRecord::Teams,
        }
    }
}

impl From<KindRecord> for ChannelKind {
    fn from(kind: KindRecord) -> Self {
        match kind {
            KindRecord::Sms => ChannelKind::Sms,
            KindRecord::Email => ChannelKind::Email,
            KindRecord::Voice => ChannelKind::Voice,
            KindRecord::Webhook => ChannelKind::Webhook,
            KindRecord::Slack => ChannelKind::Slack,
            KindRecord::Teams => ChannelKind::Teams,
        }
    }
}

/// Channels of a page, as id and kind.
pub(crate) fn channels_to_record(channels: &[(ChannelId, ChannelKind)]) -> Vec<(String, KindRecord)> {
    channels.iter().map(|(id, kind)| (id.to_string(), (*kind).into())).collect()
}

/// The reverse of [`channels_to_record`].
pub(crate) fn channels_from_record(channels: Vec<(String, KindRecord)>) -> Vec<(ChannelId, ChannelKind)> {
    channels.into_iter().map(|(id, kind)| (ChannelId::new(id), kind.into())).collect()
}
