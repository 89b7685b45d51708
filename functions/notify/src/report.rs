//! What a provider reports of a message, hours later or twice: a receipt on the timeline, and where the page has failed, the
//! next channel at once. Nothing waits for a report.

use reveille_domain::{DeliveryReport, Input};
use reveille_engine::port::{Condition, TableError, Write};
use reveille_engine::record::{ReceiptRecord, ReceiptsRecord, to_item};
use reveille_engine::{Applied, EngineError, key};

use crate::Context;
use crate::attempt::undelivered_cause;
use crate::demotion::demote;
use crate::measured;

/// Takes one report. Safe to repeat: the receipt is there once by the provider's id, the failure counts once by its page and
/// channel, and a channel goes out of use once.
pub(crate) async fn take(context: &Context, report: &DeliveryReport) -> Result<(), EngineError> {
    let engine = &context.engine;
    let of = &report.of;
    let Some(incident) = engine.incident(&of.incident).await? else {
        tracing::warn!(incident = %of.incident, "a provider reports of an incident that is not there");
        return Ok(());
    };
    let receipt = ReceiptRecord::new(of.channel.as_str(), report.kind.name(), &report.receipt, None);
    let receipts =
        ReceiptsRecord { at: report.at, contact: Some(of.contact.to_string()), receipts: vec![receipt], ttl: None };
    let key = key::report(&of.incident, of.page, &report.id);
    match engine.table().write(&Write::put(key, to_item(&receipts), Condition::Absent)).await {
        // Counted with its receipt, and so once.
        Ok(_) if report.failure().is_some() => measured::undelivered(context, Some(&incident)),
        Ok(_) | Err(TableError::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(reason) = report.failure() {
        let (page, channel) = (of.page, of.channel.clone());
        let cause = undelivered_cause(&of.incident, page, &channel);
        let contact = of.contact.clone();
        let input = Input::Undelivered { page, contact, channel, reason: reason.to_owned() };
        match engine.apply(&of.incident, &input, Some(&cause)).await? {
            Applied::Committed(_) | Applied::Duplicate => engine.nudge(&of.incident).await?,
            // The page has been overtaken by another, or answered.
            Applied::Ignored(..) | Applied::Unknown => {}
        }
    }
    // Last, as in an attempt: the next channel rings first.
    if let (Some(why), Some(words)) = (report.disables, report.failure()) {
        demote(context, of, why, words).await?;
    }
    Ok(())
}
