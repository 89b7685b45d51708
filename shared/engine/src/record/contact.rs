//! Contacts, and their addresses apart from them.

use std::collections::BTreeMap;

use reveille_domain::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, EngagementPlan, EngagementStep, Impact, Repeat,
};
use serde::{Deserialize, Serialize};

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
}

/// The kind of a channel, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindRecord {
    Sms,
    Email,
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
    /// A phone number in E.164, or an e-mail address.
    pub address: String,
}

// An address stays out of logs even where somebody logs a whole row.
impl std::fmt::Debug for AddressRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressRecord(…)")
    }
}

impl From<&Contact> for ContactRecord {
    fn from(contact: &Contact) -> Self {
        let channels = contact.channels.iter().map(|channel| ChannelRecord {
            id: channel.id.to_string(),
            kind: channel.kind.into(),
            verified: channel.verified,
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
}

impl From<ContactRecord> for Contact {
    fn from(record: ContactRecord) -> Self {
        let channels = record.channels.into_iter().map(|channel| Channel {
            id: ChannelId::new(channel.id),
            kind: channel.kind.into(),
            verified: channel.verified,
        });
        Self {
            alias: ContactAlias::new(record.alias),
            name: record.name,
            channels: channels.collect(),
            engagement: record.engagement.map(EngagementPlan::from),
            engagement_by_impact: record
                .engagement_by_impact
                .into_iter()
                .filter_map(|(impact, plan)| Some((Impact::from_number(impact)?, plan.into())))
                .collect(),
        }
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
        }
    }
}

impl From<KindRecord> for ChannelKind {
    fn from(kind: KindRecord) -> Self {
        match kind {
            KindRecord::Sms => ChannelKind::Sms,
            KindRecord::Email => ChannelKind::Email,
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
