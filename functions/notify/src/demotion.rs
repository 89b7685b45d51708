//! Taking a channel out of use when its provider says that nothing will arrive there.
//!
//! Its owner hears of it on their other channels, the operators by their own way. Both are told before the row is written: a
//! crash in between tells them twice, and never not at all.

use futures_util::future::join_all;
use reveille_domain::{Attribution, Channel, ChannelKind, Contact, Disabled};
use reveille_engine::port::{Envelope, Key};
use reveille_engine::record::{AddressRecord, ContactRecord, from_item};
use reveille_engine::{Chain, EngineError, channel_state, key, plain};

use crate::Context;
use crate::senders::patience;

/// Takes the channel out of use that a message went to. `text` is the provider's, without addresses.
pub(crate) async fn demote(context: &Context, of: &Attribution, why: Disabled, text: &str) -> Result<(), EngineError> {
    let engine = &context.engine;
    let Some(row) = engine.table().get(&key::contact(&of.contact)).await? else {
        return Ok(());
    };
    let record: ContactRecord = from_item(&row)?;
    // Another address has taken its place: what is said of the old one is of no more use.
    if record.mark(&of.channel) != Some(of.address_mark.as_str()) {
        return Ok(());
    }
    let state = channel_state::of(engine, &of.contact).await?;
    if state.of(&of.channel, &of.address_mark).is_some_and(|known| known.disabled().is_some()) {
        return Ok(());
    }
    let contact = record.into_contact(Some(&state));
    tell_owner(context, &contact, of, why).await?;
    tell_operators(context, of, why).await;
    let at = engine.now();
    channel_state::change(engine, &of.contact, |state| state.disable(&of.channel, &of.address_mark, why, text, at))
        .await?;
    tracing::warn!(contact = %of.contact, channel = %of.channel, why = why.name(), "a channel is out of use");
    Ok(())
}

/// On every other channel in use but the telephone: nobody is called for this.
async fn tell_owner(context: &Context, contact: &Contact, of: &Attribution, why: Disabled) -> Result<(), EngineError> {
    let others = contact.channels.iter().filter(|channel| {
        channel.id != of.channel && channel.verified && channel.disabled.is_none() && channel.kind != ChannelKind::Voice
    });
    let others: Vec<&Channel> = others.collect();
    let keys: Vec<Key> = others.iter().map(|channel| key::address(&of.contact, &channel.id)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let subject = format!("Reveille no longer reaches you on {}", of.channel);
    let text = format!(
        "Reveille no longer pages you on {}: {}. Verify it again, or have its address changed. Until then you are paged \
         on your other channels.",
        of.channel,
        why.describe(),
    );
    let rows = context.engine.table().get_many(&keys).await?;
    let envelopes = rows.iter().filter_map(|row| {
        let channel = key::channel_of(row)?;
        let kind = others.iter().find(|other| other.id == channel)?.kind;
        let address: AddressRecord = from_item(row).ok()?;
        let secret = address.secret();
        Some((kind, Envelope { secret, ..plain(kind, address.address, &subject, &text) }))
    });
    let sends = envelopes.map(|(kind, envelope)| async move {
        let sending = context.senders.provider(kind).send(&envelope);
        match context.engine.within(patience(kind), sending).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => tracing::warn!(error = %Chain(&error), "an owner could not be told of a channel"),
            None => tracing::warn!("an owner could not be told of a channel: no answer in time"),
        }
    });
    join_all(sends).await;
    Ok(())
}

async fn tell_operators(context: &Context, of: &Attribution, why: Disabled) {
    let subject = format!("Reveille: {} is no longer reached on {}", of.contact, of.channel);
    let text = format!(
        "{contact} is no longer paged on the channel {channel}: {why}.\n\nPages go to their other channels, and to this one \
         only if none is left. To use it again: run `reveille verify {contact} {channel}`, or change its address in the \
         configuration and apply it.\n\nIncident: {incident}\n",
        contact = of.contact,
        channel = of.channel,
        why = why.describe(),
        incident = of.incident,
    );
    if let Err(error) = context.senders.operators.tell(&subject, &text).await {
        tracing::error!(error = %Chain(&error), "the operators could not be told that a channel is out of use");
    }
}
