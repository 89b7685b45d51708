//! How the channels of a contact stand: what has become known of their addresses since the configuration was applied.
//!
//! The one row about a contact that functions may write. It can take a channel out of use or into it, and nothing in it can
//! redirect a page: it holds no address.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{ChannelId, Disabled};
use serde::{Deserialize, Serialize};

/// Everything known of a contact's channels. One row, so that one read shows all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStateRecord {
    /// Goes up with each change.
    pub rev: u64,
    /// By channel.
    channels: BTreeMap<String, ChannelState>,
}

/// What is known of one channel's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelState {
    /// Which address; see [`super::address_mark`]. Nothing here holds for another one.
    address: String,
    /// When its owner proved that it is theirs.
    pub verified_at: Option<Timestamp>,
    /// Why it is out of use, if it is.
    disabled: Option<DisabledRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DisabledRecord {
    since: Timestamp,
    why: String,
    /// The provider's words, without addresses.
    text: String,
}

impl ChannelStateRecord {
    /// What is known of the address with this mark.
    pub fn of(&self, channel: &ChannelId, mark: &str) -> Option<&ChannelState> {
        self.channels.get(channel.as_str()).filter(|known| known.address == mark)
    }

    /// Takes an address out of use. `false`: it is out of use already, and keeps its first reason.
    pub fn disable(&mut self, channel: &ChannelId, mark: &str, why: Disabled, text: &str, at: Timestamp) -> bool {
        let known = self.about(channel, mark);
        if known.disabled.is_some() {
            return false;
        }
        known.disabled = Some(DisabledRecord { since: at, why: why.name().to_owned(), text: text.to_owned() });
        true
    }

    /// Puts an address back into use that was out of it for this reason. `false`: it was not.
    pub fn enable(&mut self, channel: &ChannelId, mark: &str, why: Disabled) -> bool {
        let known = self.about(channel, mark);
        let was = known.disabled() == Some(why);
        if was {
            known.disabled = None;
        }
        was
    }

    /// The owner of an address has proved that it is theirs and that messages arrive: it is in use again.
    pub fn verify(&mut self, channel: &ChannelId, mark: &str, at: Timestamp) {
        let known = self.about(channel, mark);
        known.verified_at = Some(at);
        known.disabled = None;
    }

    /// The state of this address; that of another one, which was there before, is forgotten.
    fn about(&mut self, channel: &ChannelId, mark: &str) -> &mut ChannelState {
        let fresh = || ChannelState { address: mark.to_owned(), verified_at: None, disabled: None };
        let known = self.channels.entry(channel.to_string()).or_insert_with(fresh);
        if known.address != mark {
            *known = fresh();
        }
        known
    }
}

impl ChannelState {
    /// Why it is out of use, if it is. A reason that this version does not know is still one.
    pub fn disabled(&self) -> Option<Disabled> {
        let record = self.disabled.as_ref()?;
        Some(Disabled::from_name(&record.why).unwrap_or(Disabled::Blocked))
    }

    /// Since when, with the provider's words.
    pub fn disabled_since(&self) -> Option<(Timestamp, &str)> {
        self.disabled.as_ref().map(|record| (record.since, record.text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{from_item, to_item};

    #[test]
    fn what_is_known_of_an_address_says_nothing_about_the_next_one() {
        let (sms, at) = (ChannelId::new("sms"), Timestamp::UNIX_EPOCH);
        let mut state = ChannelStateRecord::default();
        assert!(state.disable(&sms, "09af", Disabled::OptedOut, "STOP", at));
        assert!(!state.disable(&sms, "09af", Disabled::Invalid, "no such number", at), "the first reason stays");
        assert_eq!(state.of(&sms, "09af").and_then(ChannelState::disabled), Some(Disabled::OptedOut));
        assert_eq!(state.of(&sms, "ffff"), None);

        let stored: ChannelStateRecord = from_item(&to_item(&state)).expect("a record");
        assert_eq!(stored, state);

        state.verify(&sms, "09af", at);
        let known = state.of(&sms, "09af").expect("it is known");
        assert_eq!((known.disabled(), known.verified_at), (None, Some(at)));
        assert!(state.disable(&sms, "ffff", Disabled::Bounced, "", at), "another address has stood there before");
        assert_eq!(state.of(&sms, "09af"), None);
    }
}
