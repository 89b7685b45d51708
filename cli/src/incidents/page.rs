//! The pages of an incident: to whom, on what, what became of each, and why it was sent.

use jiff::Timestamp;
use reveille_domain::{ChannelId, ChannelKind, OutboxId, TimelineKind};
use reveille_engine::record::OutboxRecord;
use serde::Serialize;

use super::reason::reasons;
use super::whole::Whole;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Its id within the incident.
    pub id: String,
    /// When it was ordered.
    pub at: Timestamp,
    /// To whom.
    pub contact: String,
    /// Why.
    pub reason: String,
    /// On what.
    pub channels: Vec<PagedChannel>,
}

/// One channel of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PagedChannel {
    /// Its id in the configuration.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// The newest receipt's outcome; without one `waiting`, `sending` or `stopped`.
    pub state: String,
    /// Oldest first.
    pub receipts: Vec<Receipt>,
}

/// What became of one attempt, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// When it was learned.
    pub at: Timestamp,
    /// `sent`, `delivered`, `failed`, …
    pub outcome: String,
    /// The provider's words, or its id of the message.
    pub text: Option<String>,
}

/// Every page of an incident, oldest first.
pub(crate) fn pages(whole: &Whole, now: Timestamp) -> Vec<Page> {
    let reasons = reasons(whole.steps.iter().map(Vec::as_slice));
    let mut pages = Vec::new();
    for event in whole.steps.iter().flatten() {
        let TimelineKind::Paged { page, contact, channels, .. } = &event.kind else { continue };
        let of = |(id, kind): &(ChannelId, ChannelKind)| channel(whole, *page, id, *kind, now);
        pages.push(Page {
            id: page.to_string(),
            at: event.at,
            contact: contact.to_string(),
            reason: reasons.get(page).cloned().unwrap_or_default(),
            channels: channels.iter().map(of).collect(),
        });
    }
    pages
}

fn channel(whole: &Whole, page: OutboxId, id: &ChannelId, kind: ChannelKind, now: Timestamp) -> PagedChannel {
    let mut receipts: Vec<Receipt> = Vec::new();
    for (order, record) in whole.receipts.iter().filter(|(order, _)| OutboxRecord::page_of(*order) == page) {
        debug_assert_eq!(order.revision, page.revision);
        let here = record.receipts.iter().filter(|receipt| receipt.channel == id.as_str());
        receipts.extend(here.map(|r| Receipt { at: record.at, outcome: r.outcome.clone(), text: r.text.clone() }));
    }
    receipts.sort_by_key(|receipt| (receipt.at, told_by(&receipt.outcome)));
    let telling = receipts.iter().max_by_key(|receipt| (told_by(&receipt.outcome), receipt.at));
    let state = telling.map_or_else(|| unsent(whole, page, id, now).to_owned(), |receipt| receipt.outcome.clone());
    PagedChannel { id: id.to_string(), kind: kind.name().to_owned(), state, receipts }
}

/// Who knows more about a message: its attempts, then whoever took it, then the provider's reports, which may come first.
fn told_by(outcome: &str) -> u8 {
    match outcome {
        "failed" => 0,
        "delivered" | "answered" | "delayed" | "not_delivered" | "complained" => 2,
        _ => 1,
    }
}

/// How a channel stands of which nothing is known yet.
fn unsent(whole: &Whole, page: OutboxId, id: &ChannelId, now: Timestamp) -> &'static str {
    let has_it = |order: &&OutboxRecord| order.page() == page && order.order.channels().iter().any(|c| c.id() == *id);
    match whole.orders.iter().find(has_it) {
        Some(order) if order.stopped => "stopped",
        Some(order) if order.settled => "settled",
        Some(order) if order.is_leased(now.as_millisecond()) => "sending",
        Some(_) | None => "waiting",
    }
}
