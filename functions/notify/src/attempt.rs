//! One attempt at one order: claim, read, send on every channel that is left, settle.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reveille_domain::{Attribution, ChannelId, ContactAlias, Disabled, Incident, IncidentId, Input, OutboxId, Receipt};
use reveille_engine::link::Link;
use reveille_engine::outbox::{self, ATTEMPTS_MAX, Settlement, backoff_s};
use reveille_engine::port::{Envelope, Key, SendError};
use reveille_engine::record::{
    AddressRecord, ChannelDelivery, Delivery, IncidentRecord, OrderRecord, OutboxRecord, ReceiptRecord, ReceiptsRecord,
    address_mark, from_item,
};
use reveille_engine::{Applied, Chain, EngineError, Words, key};

use crate::Context;
use crate::demotion::demote;
use crate::operators;
use crate::senders::patience;

/// What one channel's attempt came to.
struct Outcome {
    channel: ChannelDelivery,
    receipt: Receipt,
    message_id: Option<String>,
    /// Set if nothing will arrive there from now on.
    disables: Option<(Attribution, Disabled)>,
}

impl Outcome {
    fn of(channel: ChannelDelivery, receipt: Receipt) -> Self {
        Self { channel, receipt, message_id: None, disables: None }
    }
}

/// That a page failed on a channel counts once, whoever says so: the provider at once, or its report later.
pub(crate) fn undelivered_cause(incident: &IncidentId, page: OutboxId, channel: &ChannelId) -> String {
    format!("undelivered {incident} {page} {channel}")
}

pub(crate) async fn run(context: &Context, id: &IncidentId, order: OutboxId) -> Result<(), EngineError> {
    let engine = &context.engine;
    let Some(claimed) = outbox::claim(engine, id, order).await? else {
        return Ok(());
    };
    if let OrderRecord::TellOperators(notice) = &claimed.order {
        return operators::tell(context, id, &claimed, *notice).await;
    }
    let Some(contact) = claimed.order.contact() else {
        return Ok(());
    };
    let (incident, addresses) = read(context, id, &claimed, &contact).await?;
    let Some(incident) = incident else { return Ok(()) };
    let left: Vec<ChannelDelivery> =
        claimed.order.channels().iter().filter(|channel| channel.delivery == Delivery::Ready).cloned().collect();
    let outcomes = if claimed.is_overtaken(&incident) {
        // The answer came between the claim and this reading: the phone stays silent.
        left.into_iter().map(|channel| Outcome::of(channel, Receipt::Stopped)).collect()
    } else {
        let words = words(context, &claimed, &incident, &contact).await;
        let page = Page { incident: id, claimed: &claimed, contact: &contact, words: &words };
        join_all(left.into_iter().map(|channel| send(context, channel, &page, &addresses))).await
    };
    let outcomes = give_up(outcomes, claimed.attempt);
    let undelivered = report_undelivered(context, id, &claimed, &outcomes).await?;
    let again = settle(context, id, &claimed, &contact, &outcomes).await?;
    take_out_of_use(context, &outcomes).await;
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
        OrderRecord::Announce { .. } | OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. } => None,
    };
    Words::of(&claimed.order, incident, link.as_deref(), None)
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
    let token = Link::new(&incident.opening.id, claimed.page(), contact).token(&keys, context.engine.now());
    match token {
        Ok(token) => Some(format!("{}/a/{token}", context.front_url)),
        Err(error) => {
            tracing::error!(%error, "no link: the page leaves without one");
            None
        }
    }
}

/// What all channels of an order have in common.
struct Page<'a> {
    incident: &'a IncidentId,
    claimed: &'a OutboxRecord,
    contact: &'a ContactAlias,
    words: &'a Words,
}

async fn send(
    context: &Context,
    channel: ChannelDelivery,
    page: &Page<'_>,
    addresses: &BTreeMap<ChannelId, AddressRecord>,
) -> Outcome {
    let id = channel.id();
    let Some(address) = addresses.get(&id) else {
        let why = "there is no address for this channel: apply the configuration again".to_owned();
        return Outcome::of(channel, Receipt::Refused(why));
    };
    let attribution = Attribution {
        incident: page.incident.clone(),
        page: page.claimed.page(),
        contact: page.contact.clone(),
        address_mark: address_mark(page.contact, &id, &address.address),
        channel: id,
    };
    let kind = channel.kind();
    let envelope = Envelope {
        secret: address.secret(),
        attribution: Some(attribution.clone()),
        ..page.words.envelope(kind, address.address.clone())
    };
    match tokio::time::timeout(patience(kind), context.senders.provider(kind).send(&envelope)).await {
        Ok(Ok(sent)) => Outcome { message_id: sent.message_id, ..Outcome::of(channel, Receipt::Sent) },
        Ok(Err(SendError::Refused(why))) => Outcome::of(channel, Receipt::Refused(why)),
        Ok(Err(SendError::Unusable(disabled, why))) => {
            Outcome { disables: Some((attribution, disabled)), ..Outcome::of(channel, Receipt::Refused(why)) }
        }
        Ok(Err(SendError::Failed(why))) => Outcome::of(channel, Receipt::Failed(why)),
        Err(_) => Outcome::of(channel, Receipt::Failed(format!("no answer within {} s", patience(kind).as_secs()))),
    }
}

/// After the page is settled: who is asleep is woken first, who has to mend the configuration is told second. The next page meets
/// the same refusal if this fails.
async fn take_out_of_use(context: &Context, outcomes: &[Outcome]) {
    for outcome in outcomes {
        let (Some((of, why)), Receipt::Refused(text)) = (&outcome.disables, &outcome.receipt) else {
            continue;
        };
        if let Err(error) = demote(context, of, *why, text).await {
            tracing::error!(error = %Chain(&error), "a channel could not be taken out of use");
        }
    }
}

/// After the last attempt a failure is final.
fn give_up(outcomes: Vec<Outcome>, attempt: u64) -> Vec<Outcome> {
    let last = attempt >= ATTEMPTS_MAX;
    let give_up = |outcome: Outcome| {
        if let (true, Receipt::Failed(why)) = (last, &outcome.receipt) {
            return Outcome { receipt: Receipt::GivenUp(why.clone()), ..outcome };
        }
        outcome
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
        let cause = undelivered_cause(id, claimed.page(), &channel);
        let input = Input::Undelivered { page: claimed.page(), channel, reason: reason.clone() };
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
            Receipt::Failed(_) => Delivery::Ready,
            Receipt::Refused(_) | Receipt::GivenUp(_) | Receipt::Stopped => Delivery::Over,
            // An attempt ends with `Sent`; the others are what a provider says of one later.
            Receipt::Sent
            | Receipt::Delivered
            | Receipt::Answered
            | Receipt::Delayed(_)
            | Receipt::NotDelivered(_)
            | Receipt::Complained(_) => Delivery::Sent,
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
