//! What one attempt came to on one channel.

use jiff::Timestamp;
use reveille_domain::{Attribution, ChannelId, Disabled, Receipt, mutant};
use reveille_engine::record::{ChannelDelivery, OutboxRecord};

/// What one channel's attempt came to.
pub(crate) struct Outcome {
    pub(crate) channel: ChannelDelivery,
    pub(crate) receipt: Receipt,
    pub(crate) message_id: Option<String>,
    /// Set if nothing will arrive there from now on.
    pub(crate) disables: Option<(Attribution, Disabled)>,
}

impl Outcome {
    pub(crate) fn of(channel: ChannelDelivery, receipt: Receipt) -> Self {
        Self { channel, receipt, message_id: None, disables: None }
    }
}

/// The channels on which it has left.
pub(crate) fn sent(outcomes: &[Outcome]) -> Vec<ChannelId> {
    let sent = outcomes.iter().filter(|outcome| outcome.receipt == Receipt::Sent);
    sent.map(|outcome| outcome.channel.id()).collect()
}

/// After the last attempt a failure is final.
pub(crate) fn give_up(outcomes: Vec<Outcome>, claimed: &OutboxRecord, now: Timestamp) -> Vec<Outcome> {
    let last = claimed.is_tried_enough(now) || mutant("given-up-early") && claimed.attempt >= 3;
    let give_up = |outcome: Outcome| {
        if let (true, Receipt::Failed(why)) = (last, &outcome.receipt) {
            return Outcome { receipt: Receipt::GivenUp(why.clone()), ..outcome };
        }
        outcome
    };
    outcomes.into_iter().map(give_up).collect()
}
