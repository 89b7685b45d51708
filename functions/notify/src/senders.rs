//! Which provider a channel goes through.

use std::sync::Arc;

use reveille_domain::ChannelKind;
use reveille_engine::Words;
use reveille_engine::port::{Envelope, Provider};

/// One provider for each kind of channel.
#[derive(Clone)]
pub struct Senders {
    /// Text messages.
    pub sms: Arc<dyn Provider>,
    /// E-mail.
    pub email: Arc<dyn Provider>,
}

impl Senders {
    pub(crate) fn provider(&self, kind: ChannelKind) -> &dyn Provider {
        match kind {
            ChannelKind::Sms => self.sms.as_ref(),
            ChannelKind::Email => self.email.as_ref(),
        }
    }
}

/// The form of a message that a kind of channel carries.
pub(crate) fn envelope(kind: ChannelKind, words: &Words, address: String) -> Envelope {
    match kind {
        ChannelKind::Sms => words.sms(address),
        ChannelKind::Email => words.email(address),
    }
}
