//! Orders for the operators of the installation, of an incident or of none: they go to a plain topic, which does not depend on paging.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{OutboxId, Receipt};
use reveille_engine::outbox::{self, Settlement, backoff_s};
use reveille_engine::record::{NoticeRecord, OutboxRecord, ReceiptRecord, ReceiptsRecord};
use reveille_engine::{Chain, EngineError, OrderPlace, for_operators};

use crate::Context;
use crate::senders::OPERATORS_TIMEOUT;

/// What stands on the timeline where a page has the name of its channel.
const OPERATORS: &str = "operators";

/// Claims an order for the operators and tells them.
pub(crate) async fn run(
    context: &Context,
    place: &OrderPlace,
    order: OutboxId,
    notice: &NoticeRecord,
) -> Result<(), EngineError> {
    match outbox::claim(&context.engine, place, order).await? {
        Some(claimed) => tell(context, place, &claimed, notice).await,
        None => Ok(()),
    }
}

/// Tells the operators, and settles the order they were told by.
async fn tell(
    context: &Context,
    place: &OrderPlace,
    claimed: &OutboxRecord,
    notice: &NoticeRecord,
) -> Result<(), EngineError> {
    let engine = &context.engine;
    let incident = match place.incident() {
        Some(id) => engine.incident(id).await?,
        None => None,
    };
    let Some((subject, text)) = for_operators(notice, incident.as_ref()) else { return Ok(()) };
    let telling = context.senders.operators.tell(&subject, &text);
    let told = engine.within(OPERATORS_TIMEOUT, telling).await;
    let now = engine.now();
    let receipt = match told {
        Some(Ok(())) => Receipt::Sent,
        Some(Err(error)) => failed(claimed, now, Chain(&error).to_string()),
        None => failed(claimed, now, format!("no answer within {} s", OPERATORS_TIMEOUT.as_secs())),
    };
    let again_s = matches!(receipt, Receipt::Failed(_)).then(|| backoff_s(claimed.attempt));
    let settlement = match again_s {
        Some(again_s) => {
            let wait = SignedDuration::from_secs(i64::from(again_s));
            Settlement::Again(claimed.order.clone(), now.saturating_add(wait).unwrap_or(now))
        }
        None => Settlement::Done(claimed.order.clone()),
    };
    let receipt = ReceiptRecord::new(OPERATORS, OPERATORS, &receipt, None);
    let receipts = ReceiptsRecord { at: now, contact: None, receipts: vec![receipt], ttl: None };
    outbox::settle(engine, place.clone(), claimed, settlement, &receipts, None).await?;
    // The next attempt does not wait for the tick. Nobody hands on an order that stands alone but that.
    if let (Some(again_s), Some(id)) = (again_s, place.incident()) {
        engine.nudge_in(id, again_s).await?;
    }
    Ok(())
}

/// After the last attempt a failure is final.
fn failed(claimed: &OutboxRecord, now: Timestamp, why: String) -> Receipt {
    tracing::error!(%why, "the operators could not be told");
    if claimed.is_tried_enough(now) { Receipt::GivenUp(why) } else { Receipt::Failed(why) }
}
