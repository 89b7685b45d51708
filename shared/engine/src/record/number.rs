//! Whose a telephone number is: how a reply finds the person who sent it.

use reveille_domain::{ChannelId, ContactAlias};
use serde::{Deserialize, Serialize};

/// The contacts of one number. Its key holds a hash of the number, and nothing here holds the number either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRecord {
    channels: Vec<OwnerRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OwnerRecord {
    contact: String,
    channel: String,
}

impl NumberRecord {
    /// One more channel with this number. A team that shares a telephone has several.
    pub fn add(&mut self, contact: &ContactAlias, channel: &ChannelId) {
        self.channels.push(OwnerRecord { contact: contact.to_string(), channel: channel.to_string() });
    }

    /// The channels that the number stands for.
    pub fn owners(&self) -> impl Iterator<Item = (ContactAlias, ChannelId)> + '_ {
        let owner = |owner: &OwnerRecord| (ContactAlias::new(&owner.contact), ChannelId::new(&owner.channel));
        self.channels.iter().map(owner)
    }
}
