//! STOP and START by SMS: what people and their carriers are used to, and what the law of some countries asks for.
//!
//! A number that has answered STOP is out of use until it answers START, whatever the carrier has been told. START undoes STOP
//! and nothing else: it verifies nothing, because a sender's number can be forged.
//!
//! The owner hears of a STOP on their other channels, and the operators by their own way: somebody may have forged it, and
//! whoever is on call with one channel less should know. Both are ordered before the row is written: a crash in between
//! orders them once, because the SMS names them, and never not at all.

use reveille_domain::{ChannelId, ChannelKind, Contact, ContactAlias, Disabled};
use reveille_engine::record::{ChannelDelivery, ContactRecord, NoticeRecord, OrderRecord, from_item};
use reveille_engine::{Engine, EngineError, channel_state, key, outbox};
use reveille_wire::InboundSms;

/// Takes the channels of a number out of use, or into it again.
pub(crate) async fn change(
    engine: &Engine,
    sms: &InboundSms,
    owners: &[(ContactAlias, ChannelId)],
    stop: bool,
) -> Result<(), EngineError> {
    for (alias, channel) in owners {
        let row = engine.table().get(&key::contact(alias)).await?;
        let Some(record) = row.as_ref().map(from_item::<ContactRecord>).transpose()? else { continue };
        let Some(mark) = record.mark(channel).map(str::to_owned) else { continue };
        let known = channel_state::of(engine, alias).await?;
        let is_out = known.of(channel, &mark).is_some_and(|known| known.disabled().is_some());
        if stop && !is_out {
            let contact = record.into_contact(Some(&known));
            tell_owner(engine, sms, &contact, alias, channel, owners).await?;
            tell_operators(engine, sms, alias, channel).await?;
        }
        let now = engine.now();
        let changed = channel_state::change(engine, alias, |state| {
            if stop {
                state.disable(channel, &mark, Disabled::OptedOut, "STOP by SMS", now)
            } else {
                state.enable(channel, &mark, Disabled::OptedOut)
            }
        });
        if changed.await? {
            tracing::warn!(contact = %alias, %channel, stop, "a channel was opted out or in by SMS");
        }
    }
    Ok(())
}

/// On every other channel in use that is not of the same number, but the telephone: nobody is called for this.
async fn tell_owner(
    engine: &Engine,
    sms: &InboundSms,
    contact: &Contact,
    alias: &ContactAlias,
    channel: &ChannelId,
    owners: &[(ContactAlias, ChannelId)],
) -> Result<(), EngineError> {
    let is_of_number = |id: &ChannelId| owners.iter().any(|(owner, owned)| owner == alias && owned == id);
    let others = contact.channels.iter().filter(|other| {
        other.verified && other.disabled.is_none() && other.kind != ChannelKind::Voice && !is_of_number(&other.id)
    });
    let others: Vec<(ChannelId, ChannelKind)> = others.map(|other| (other.id.clone(), other.kind)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let order = OrderRecord::Tell {
        contact: alias.to_string(),
        channels: ChannelDelivery::ready(&others),
        subject: format!("Reveille no longer reaches you on {channel}"),
        text: format!(
            "Reveille no longer pages you on {channel}: its number has answered STOP. Reply START from it to undo this. Until \
             then you are paged on your other channels. If you have not sent it, tell whoever set up your paging."
        ),
    };
    Ok(outbox::tell(engine, &format!("stopped {} {alias} {channel}", sms.id), order, Vec::new()).await?)
}

async fn tell_operators(
    engine: &Engine,
    sms: &InboundSms,
    alias: &ContactAlias,
    channel: &ChannelId,
) -> Result<(), EngineError> {
    let notice = NoticeRecord::OptedOut { contact: alias.to_string(), channel: channel.to_string() };
    let cause = format!("operators of stop {} {alias} {channel}", sms.id);
    Ok(outbox::tell(engine, &cause, OrderRecord::TellOperators(notice), Vec::new()).await?)
}
