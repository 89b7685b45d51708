//! One attempt at one order: claim, read, send on every channel that is left, settle.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reveille_domain::{ChannelId, ContactAlias, Incident, IncidentId, Input, OutboxId, Receipt};
use reveille_engine::link::Link;
use reveille_engine::outbox::{self, ATTEMPTS_MAX, Settlement, backoff_s};
use reveille_engine::port::{Key, SendError};
use reveille_engine::record::{
    AddressRecord, ChannelDelivery, Delivery, IncidentRecord, OrderRecord, OutboxRecord, ReceiptRecord, ReceiptsRecord,
    from_item,
};
use reveille_engine::{Applied, Chain, EngineError, Words, key};

use crate::Context;
use crate::senders::envelope;

/// How long a provider may take. Shorter than the function's timeout, which is shorter than the lease of the claim.
const SEND_TIMEOUT: Duration = Duration::from_secs(3);

/// What one channel's attempt came to.
struct Outcome {
    channel: ChannelDelivery,
    receipt: Receipt,
    message_id: Option<String>,
}

pub(crate) async fn run(context: &Context, id: &IncidentId, order: OutboxId) -> Result<(), EngineError> {
    let engine = &context.engine;
    let Some(claimed) = outbox::claim(engine, id, order).await? else {
        return Ok(());
    };
    let Some(contact) = claimed.order.contact() else {
        return Ok(());
    };
    let (incident, addresses) = read(context, id, &claimed, &contact).await?;
    let Some(incident) = incident else { return Ok(()) };
    let left: Vec<ChannelDelivery> =
        claimed.order.channels().iter().filter(|channel| channel.delivery == Delivery::Ready).cloned().collect();
    let outcomes = if claimed.is_overtaken(&incident) {
        // The answer came between the claim and this reading: the phone stays silent.
        left.into_iter().map(|channel| Outcome { channel, receipt: Receipt::Stopped, message_id: None }).collect()
    } else {
        let words = words(context, &claimed, &incident, &contact).await;
        join_all(left.into_iter().map(|channel| send(context, channel, &words, &addresses))).await
    };
    let outcomes = give_up(outcomes, claimed.attempt);
    let undelivered = report_undelivered(context, id, &claimed, &outcomes).await?;
    let again = settle(context, id, &claimed, &contact, &outcomes).await?;
    if let Some(delay_s) = again {
        engine.nudge_in(id, delay_s).await?;
    } else if undelivered {
        engine.nudge(id).await?;
    }
    Ok(())
}

/// The incident as it is now, and the addresses of the channels: one request.
async fn read(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    contact: &ContactAlias,
) -> Result<(Option<Incident>, BTreeMap<ChannelId, AddressRecord>), EngineError> {
    let channels = claimed.order.channels();
    let mut keys: Vec<Key> = channels.iter().map(|channel| key::address(contact, &channel.id())).collect();
    keys.push(key::state(id));
    let mut incident = None;
    let mut addresses = BTreeMap::new();
    for item in context.engine.table().get_many(&keys).await? {
        match key::channel_of(&item) {
            Some(channel) => match from_item::<AddressRecord>(&item) {
                Ok(address) => drop(addresses.insert(channel, address)),
                // As good as none: the other channels must not wait until somebody has mended this one.
                Err(error) => tracing::error!(incident = %id, error = %Chain(&error), "an address is left out"),
            },
            None => incident = Some(Incident::from(from_item::<IncidentRecord>(&item)?)),
        }
    }
    Ok((incident, addresses))
}

async fn words(context: &Context, claimed: &OutboxRecord, incident: &Incident, contact: &ContactAlias) -> Words {
    let link = match claimed.order {
        OrderRecord::Page { .. } => link(context, claimed, incident, contact).await,
        OrderRecord::Announce { .. } | OrderRecord::Runbook { .. } => None,
    };
    Words::of(&claimed.order, incident, link.as_deref())
}

/// A page without a link is better than no page: whatever keeps us from signing is logged, and the page leaves.
async fn link(
    context: &Context,
    claimed: &OutboxRecord,
    incident: &Incident,
    contact: &ContactAlias,
) -> Option<String> {
    let keys = match context.keys.keys().await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "no signing key: the page leaves without a link");
            return None;
        }
    };
    let token = Link::new(&incident.opening.id, claimed.id(), contact).token(&keys, context.engine.now());
    match token {
        Ok(token) => Some(format!("{}/a/{token}", context.front_url)),
        Err(error) => {
            tracing::error!(%error, "no link: the page leaves without one");
            None
        }
    }
}

async fn send(
    context: &Context,
    channel: ChannelDelivery,
    words: &Words,
    addresses: &BTreeMap<ChannelId, AddressRecord>,
) -> Outcome {
    let Some(address) = addresses.get(&channel.id()) else {
        let receipt =
            Receipt::Refused("there is no address for this channel: apply the configuration again".to_owned());
        return Outcome { channel, receipt, message_id: None };
    };
    let kind = channel.kind();
    let envelope = envelope(kind, words, address.address.clone());
    let sent = tokio::time::timeout(SEND_TIMEOUT, context.senders.provider(kind).send(&envelope)).await;
    let (receipt, message_id) = match sent {
        Ok(Ok(sent)) => (Receipt::Sent, sent.message_id),
        Ok(Err(SendError::Refused(why))) => (Receipt::Refused(why), None),
        Ok(Err(SendError::Failed(why))) => (Receipt::Failed(why), None),
        Err(_) => (Receipt::Failed(format!("no answer within {} s", SEND_TIMEOUT.as_secs())), None),
    };
    Outcome { channel, receipt, message_id }
}

/// After the last attempt a failure is final.
fn give_up(outcomes: Vec<Outcome>, attempt: u64) -> Vec<Outcome> {
    let last = attempt >= ATTEMPTS_MAX;
    let give_up = |outcome: Outcome| match &outcome.receipt {
        Receipt::Failed(why) if last => Outcome { receipt: Receipt::GivenUp(why.clone()), ..outcome },
        Receipt::Sent | Receipt::Refused(_) | Receipt::Failed(_) | Receipt::GivenUp(_) | Receipt::Stopped => outcome,
    };
    outcomes.into_iter().map(give_up).collect()
}

/// A refusal changes the state: the next channel goes at once. It is committed before the order is settled, so that a crash
/// in between repeats it, and its cause makes it count once.
async fn report_undelivered(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    outcomes: &[Outcome],
) -> Result<bool, EngineError> {
    let mut reported = false;
    if claimed.engagement().is_none() {
        return Ok(false);
    }
    for outcome in outcomes {
        let (Receipt::Refused(reason) | Receipt::GivenUp(reason)) = &outcome.receipt else {
            continue;
        };
        let channel = outcome.channel.id();
        let cause = format!("undelivered {id} {} {channel}", claimed.id());
        let input = Input::Undelivered { page: claimed.id(), channel, reason: reason.clone() };
        let applied = context.engine.apply(id, &input, Some(&cause)).await?;
        reported |= matches!(applied, Applied::Committed(_) | Applied::Duplicate);
    }
    Ok(reported)
}

/// Settles what is done; answers with the seconds after which the rest is tried again.
async fn settle(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    contact: &ContactAlias,
    outcomes: &[Outcome],
) -> Result<Option<u32>, EngineError> {
    let now = context.engine.now();
    let after = |channel: &ChannelDelivery| {
        let outcome = outcomes.iter().find(|outcome| outcome.channel.id() == channel.id());
        let delivery = outcome.map_or(channel.delivery, |outcome| match outcome.receipt {
            Receipt::Sent => Delivery::Sent,
            Receipt::Refused(_) | Receipt::GivenUp(_) | Receipt::Stopped => Delivery::Over,
            Receipt::Failed(_) => Delivery::Ready,
        });
        channel.with(delivery)
    };
    let channels: Vec<ChannelDelivery> = claimed.order.channels().iter().map(after).collect();
    let remains = channels.iter().any(|channel| channel.delivery == Delivery::Ready);
    let order = claimed.order.clone().with_channels(channels);
    let delay_s = backoff_s(claimed.attempt);
    let settlement = if remains {
        let at = now.saturating_add(SignedDuration::from_secs(i64::from(delay_s))).unwrap_or(now);
        Settlement::Again(order, at)
    } else {
        Settlement::Done(order)
    };
    let receipt = |outcome: &Outcome| {
        let channel = outcome.channel.id();
        ReceiptRecord::new(
            channel.as_str(),
            outcome.channel.kind().name(),
            &outcome.receipt,
            outcome.message_id.clone(),
        )
    };
    let receipts = ReceiptsRecord {
        at: now,
        contact: Some(contact.to_string()),
        receipts: outcomes.iter().map(receipt).collect(),
    };
    outbox::settle(&context.engine, id, claimed, settlement, &receipts, None).await?;
    Ok(remains.then_some(delay_s))
}
