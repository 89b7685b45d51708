//! STOP and START by SMS: what people and their carriers are used to, and what the law of some countries asks for.
//!
//! A number that has answered STOP is out of use until it answers START, whatever the carrier has been told. START undoes STOP
//! and nothing else: it verifies nothing, because a sender's number can be forged.

use jiff::Timestamp;
use reveille_domain::{ChannelId, ContactAlias, Disabled};
use reveille_engine::record::{ContactRecord, from_item};
use reveille_engine::{Engine, EngineError, channel_state, key};

/// Takes the channels of a number out of use, or into it again.
pub(crate) async fn change(
    engine: &Engine,
    owners: &[(ContactAlias, ChannelId)],
    stop: bool,
    now: Timestamp,
) -> Result<(), EngineError> {
    for (contact, channel) in owners {
        let row = engine.table().get(&key::contact(contact)).await?;
        let record = row.as_ref().map(from_item::<ContactRecord>).transpose()?;
        let Some(mark) = record.as_ref().and_then(|record| record.mark(channel)) else { continue };
        let changed = channel_state::change(engine, contact, |state| {
            if stop {
                state.disable(channel, mark, Disabled::OptedOut, "STOP by SMS", now)
            } else {
                state.enable(channel, mark, Disabled::OptedOut)
            }
        });
        if changed.await? {
            tracing::warn!(%contact, %channel, stop, "a channel was opted out or in by SMS");
        }
    }
    Ok(())
}
