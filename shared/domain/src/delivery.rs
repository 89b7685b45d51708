//! What providers report of messages they took: hours later, out of order, twice, or never. A report may bring the next
//! channel forward; nothing ever waits for one.

use jiff::Timestamp;

use crate::{ChannelId, ChannelKind, ContactAlias, Disabled, IncidentId, OutboxId, Receipt};

/// Which page a message carries. It travels with the message through the provider and comes back in its reports, so that
/// no table of messages is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The incident.
    pub incident: IncidentId,
    /// The page.
    pub page: OutboxId,
    /// Whom it paged.
    pub contact: ContactAlias,
    /// On which channel.
    pub channel: ChannelId,
    /// Tells the address that it went to from the one that stands there now, without telling either.
    pub address_mark: String,
}

/// One report of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The provider's, for this report: the same each time it is delivered.
    pub id: String,
    /// When it happened, by the provider's clock.
    pub at: Timestamp,
    /// Of which page.
    pub of: Attribution,
    /// On which kind of channel it went.
    pub kind: ChannelKind,
    /// What became of it.
    pub receipt: Receipt,
    /// Set if nothing will arrive there from now on.
    pub disables: Option<Disabled>,
}

impl Attribution {
    /// As a provider carries it. Five are as many as End User Messaging takes; names and values keep to the characters
    /// that SES allows, `[A-Za-z0-9_-]`, as ids and aliases do.
    pub fn tags(&self) -> [(&'static str, String); 5] {
        let page = format!("{}-{}", self.page.revision, self.page.number);
        [
            ("incident", self.incident.to_string()),
            ("order", page),
            ("contact", self.contact.to_string()),
            ("channel", self.channel.to_string()),
            ("address", self.address_mark.clone()),
        ]
    }

    /// Reads what [`Attribution::tags`] wrote; `None`: the message is none of ours.
    pub fn from_tags<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let (revision, number) = tag("order")?.split_once('-')?;
        Some(Self {
            incident: IncidentId::new(tag("incident")?),
            page: OutboxId { revision: revision.parse().ok()?, number: number.parse().ok()? },
            contact: ContactAlias::new(tag("contact")?),
            channel: ChannelId::new(tag("channel")?),
            address_mark: tag("address")?.to_owned(),
        })
    }
}

impl DeliveryReport {
    /// Why the page has failed on this channel; `None`: it has not, or not yet.
    pub fn failure(&self) -> Option<&str> {
        match &self.receipt {
            Receipt::NotDelivered(why) | Receipt::Complained(why) => Some(why),
            Receipt::Sent
            | Receipt::Refused(_)
            | Receipt::Failed(_)
            | Receipt::GivenUp(_)
            | Receipt::Stopped
            | Receipt::Bundled(_)
            | Receipt::Delivered
            | Receipt::Answered
            | Receipt::Delayed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_keep_to_what_providers_allow_and_lead_back() {
        let attribution = Attribution {
            incident: IncidentId::new("4f1c9a3e-0000-5000-8000-000000000000"),
            page: OutboxId { revision: 12, number: 3 },
            contact: ContactAlias::new("natsu_d-1"),
            channel: ChannelId::new("mail"),
            address_mark: "09af".to_owned(),
        };
        let tags = attribution.tags();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        assert!(tags.iter().all(|(name, value)| name.chars().chain(value.chars()).all(allowed)), "{tags:?}");
        let tag = |name: &str| tags.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(Attribution::from_tags(tag), Some(attribution.clone()));
        assert_eq!(Attribution::from_tags(|name| tag(name).filter(|_| name != "order")), None);
    }
}
