//! The end of an attempt: what remains, when it is tried again, and what the timeline says of it.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Receipt, mutant};
use reveille_engine::outbox::{self, Settlement, backoff_s};
use reveille_engine::record::{ChannelDelivery, Delivery, ReceiptRecord, ReceiptsRecord};
use reveille_engine::{EngineError, synthetic_until};

use crate::Context;
use crate::attempt::LOOKS_MAX;
use crate::outcome::{Outcome, sent};
use crate::scene::Scene;
use crate::storm;

/// How a claimed order is left: done, or to be tried again.
fn settlement(scene: &Scene, outcomes: &[Outcome], rest_at: Option<Timestamp>, now: Timestamp) -> Settlement {
    let claimed = &scene.order;
    let channels = claimed.order.channels().iter().map(|channel| after(channel, outcomes)).collect();
    let order = claimed.order.clone().with_channels(channels);
    if order.channels().iter().all(|channel| channel.delivery != Delivery::Ready) {
        return Settlement::Done(order.spent());
    }
    let failed = outcomes.iter().any(|outcome| matches!(outcome.receipt, Receipt::Failed(_)));
    let backoff_s = if failed { backoff_s(claimed.attempt) } else { 0 };
    let retry_at = now.saturating_add(SignedDuration::from_secs(i64::from(backoff_s))).unwrap_or(now);
    // What has failed is tried again by its own clock; what waits for a limit, when that is over.
    let again_at = match rest_at {
        Some(rest_at) if !failed => rest_at,
        Some(rest_at) => rest_at.min(retry_at),
        None => retry_at,
    };
    Settlement::Again(order, again_at)
}

/// How a channel stands after an attempt; one that had no part in it stands as before.
fn after(channel: &ChannelDelivery, outcomes: &[Outcome]) -> ChannelDelivery {
    let outcome = outcomes.iter().find(|outcome| outcome.channel.id() == channel.id());
    let delivery = outcome.map_or(channel.delivery, |outcome| match outcome.receipt {
        Receipt::Failed(_) if mutant("failure-is-final") => Delivery::Over,
        Receipt::Failed(_) => Delivery::Ready,
        Receipt::Refused(_) | Receipt::GivenUp(_) | Receipt::Stopped | Receipt::Bundled(_) => Delivery::Over,
        // An attempt ends with `Sent`; the others are what a provider says of one later.
        Receipt::Sent
        | Receipt::Delivered
        | Receipt::Answered
        | Receipt::Delayed(_)
        | Receipt::NotDelivered(_)
        | Receipt::Complained(_) => Delivery::Sent,
    });
    channel.with(delivery)
}

/// What the timeline says of an attempt.
fn receipts(scene: &Scene, outcomes: &[Outcome], now: Timestamp) -> ReceiptsRecord {
    let receipt = |outcome: &Outcome| {
        let channel = outcome.channel.id();
        let kind = outcome.channel.kind().name();
        ReceiptRecord::new(channel.as_str(), kind, &outcome.receipt, outcome.message_id.clone())
    };
    ReceiptsRecord {
        at: now,
        contact: Some(scene.contact.to_string()),
        receipts: outcomes.iter().map(receipt).collect(),
        ttl: scene.incident.as_ref().and_then(|incident| synthetic_until(incident, now)),
    }
}

/// Settles what is done; answers with the seconds after which the rest is tried again.
pub(crate) async fn settle(
    context: &Context,
    scene: &Scene,
    outcomes: &[Outcome],
    rest_at: Option<Timestamp>,
    in_bundle: bool,
) -> Result<Option<u32>, EngineError> {
    let now = context.engine.now();
    let settlement = settlement(scene, outcomes, rest_at, now);
    let receipts = receipts(scene, outcomes, now);
    let sent = sent(outcomes);
    let mut book = scene.paged.clone();
    for looks in 1..=LOOKS_MAX {
        // The receipts must be stored: where the row changes again and again, the last look replaces whatever it has become.
        let told = storm::told(scene, book, &sent, in_bundle, looks < LOOKS_MAX, now);
        let settlement = settlement.clone();
        if outbox::settle(&context.engine, &scene.place, &scene.order, settlement, &receipts, told).await? {
            break;
        }
        // The other half of the page has left meanwhile, or somebody's message has spoken for it.
        book = storm::reread(context, scene).await?;
    }
    Ok(match settlement {
        Settlement::Again(_, at) => Some(storm::seconds_until(now, at)),
        Settlement::Done(_) => None,
    })
}
