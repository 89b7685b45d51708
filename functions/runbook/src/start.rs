//! Starting a runbook: claim, start, remember the execution.
//!
//! The client token derives from the order, so a second start after a crash is the same execution, not another one.

use jiff::SignedDuration;
use reveille_domain::{AutomationId, IncidentId, Input, OutboxId, RunbookOutcome, mutant};
use reveille_engine::Chain;
use reveille_engine::key::{self, Role};
use reveille_engine::outbox::{self, Settlement, backoff_s};
use reveille_engine::port::{AutomationError, Condition, Write};
use reveille_engine::record::{AutomationRecord, OrderRecord, OutboxRecord, ReceiptRecord, ReceiptsRecord, to_item};
use uuid::Uuid;

use crate::follow::POLL_S;
use crate::{Context, Failure};

/// Client tokens are UUIDs of version 5 in this name space.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0002);

pub(crate) async fn run(context: &Context, id: &IncidentId, order: OutboxId) -> Result<(), Failure> {
    let Some(claimed) = outbox::claim(&context.engine, id, order).await? else {
        return Ok(());
    };
    let OrderRecord::Runbook { run, document, parameters } = &claimed.order else {
        return Ok(());
    };
    let now = context.engine.now();
    let is_last = claimed.is_tried_enough(now) || mutant("runbook-given-up-early") && claimed.attempt >= 3;
    let name = if mutant("runbook-started-anew") {
        format!("{id} {order} {}", claimed.attempt)
    } else {
        format!("{id} {order}")
    };
    let token = Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string();
    match context.automation.start(document, parameters, &token).await {
        Ok(execution) => started(context, id, &claimed, *run, document, &execution).await,
        Err(AutomationError::Refused(why)) => ended(context, id, &claimed, *run, why).await,
        Err(error) if is_last => ended(context, id, &claimed, *run, format!("not started: {}", Chain(&error))).await,
        Err(error) => later(context, id, &claimed, document, &error).await,
    }
}

async fn started(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    run: u32,
    document: &str,
    execution: &AutomationId,
) -> Result<(), Failure> {
    let engine = &context.engine;
    let due_at = engine.now().as_millisecond() + POLL_S * 1000;
    let due_pk = key::due_partition(engine.home(), Role::Runbook, id);
    let row = AutomationRecord::new(id, run, due_pk, due_at);
    let remember = Write::put(key::automation(execution), to_item(&row), Condition::Always);
    let receipts = receipts(context, document, "started", Some(execution.to_string()));
    let done = Settlement::Done(claimed.order.clone());
    outbox::settle(engine, id, claimed, done, &receipts, Some(remember)).await?;
    Ok(())
}

/// It will never start: that stands on the timeline, and the plan goes on.
async fn ended(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    run: u32,
    why: String,
) -> Result<(), Failure> {
    let engine = &context.engine;
    let input = Input::RunbookEnded { run, execution: None, outcome: RunbookOutcome::Failed(why) };
    engine.apply(id, &input, Some(&format!("runbook {id} {run}"))).await?;
    let nothing = ReceiptsRecord { at: engine.now(), contact: None, receipts: Vec::new(), ttl: None };
    outbox::settle(engine, id, claimed, Settlement::Done(claimed.order.clone()), &nothing, None).await?;
    // The timer of the revision before ends with it: this one needs its own.
    Ok(engine.nudge(id).await?)
}

async fn later(
    context: &Context,
    id: &IncidentId,
    claimed: &OutboxRecord,
    document: &str,
    error: &AutomationError,
) -> Result<(), Failure> {
    let engine = &context.engine;
    let delay_s = backoff_s(claimed.attempt);
    let at = engine.now().saturating_add(SignedDuration::from_secs(i64::from(delay_s))).unwrap_or(engine.now());
    let receipts = receipts(context, document, "failed", Some(Chain(error).to_string()));
    outbox::settle(engine, id, claimed, Settlement::Again(claimed.order.clone(), at), &receipts, None).await?;
    Ok(engine.nudge_in(id, delay_s).await?)
}

fn receipts(context: &Context, document: &str, outcome: &str, text: Option<String>) -> ReceiptsRecord {
    let receipt = ReceiptRecord { channel: document.to_owned(), kind: None, outcome: outcome.to_owned(), text };
    ReceiptsRecord { at: context.engine.now(), contact: None, receipts: vec![receipt], ttl: None }
}
