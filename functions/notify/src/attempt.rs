//! One attempt at one order: read, decide, claim, send on every channel that is left, settle.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Attribution, ChannelId, ContactAlias, Disabled, Incident, IncidentId, Input, OutboxId, Receipt};
use reveille_engine::link::Link;
use reveille_engine::outbox::{self, ATTEMPTS_MAX, Claim, STOPS_PER_COMMIT_MAX, Settlement, backoff_s};
use reveille_engine::port::{Envelope, SendError};
use reveille_engine::record::{
    AddressRecord, ChannelDelivery, Delivery, OrderRecord, OutboxRecord, ReceiptRecord, ReceiptsRecord, address_mark,
    from_item,
};
use reveille_engine::reply_code::ReplyCode;
use reveille_engine::{Applied, Bundle, Chain, EngineError, OrderPlace, Reach, Words, key, plain};

use crate::Context;
use crate::demotion::demote;
use crate::operators;
use crate::scene::Scene;
use crate::senders::patience;
use crate::storm::{self, Course, Leaving, Other};

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

/// What is said, whichever the channel.
enum Message {
    /// Of an incident, or of several.
    Words(Box<Words>),
    /// Of none.
    Plain { subject: String, text: String },
}

/// How often an order is looked at because another message to the same person has left in between: more than that is a fault of
/// the book-keeping, and the page leaves without it.
const LOOKS_MAX: u32 = 6;

pub(crate) async fn run(
    context: &Context,
    place: &OrderPlace,
    order: OutboxId,
    reach: Option<&Reach>,
) -> Result<(), EngineError> {
    if let Some(reach) = reach {
        return reach_person(context, place, order, reach).await;
    }
    // Whoever sent the message did not say whom the order reaches: it is read first.
    let row = context.engine.table().get(&key::outbox(place, order)).await?;
    let Some(record) = row.as_ref().map(from_item::<OutboxRecord>).transpose()? else {
        return Ok(());
    };
    match (&record.order, Reach::of(&record.order)) {
        (OrderRecord::TellOperators(notice), _) => operators::run(context, place, order, notice).await,
        (_, Some(reach)) => reach_person(context, place, order, &reach).await,
        (_, None) => Ok(()),
    }
}

async fn reach_person(
    context: &Context,
    place: &OrderPlace,
    order: OutboxId,
    reach: &Reach,
) -> Result<(), EngineError> {
    for looks in 1..=LOOKS_MAX {
        let Some(scene) = Scene::read(context, place, order, reach).await? else {
            return Ok(());
        };
        if !outbox::is_claimable(&context.engine, place, &scene.order).await? {
            return Ok(());
        }
        if let Some(receipt) = spared(&scene) {
            return spare(context, scene, receipt).await;
        }
        let leaving = match storm::course(context, &scene).await? {
            Course::Waits(until) if storm::wait(context, &scene, until).await? => return Ok(()),
            Course::Waits(_) => continue,
            Course::Leaves(leaving) => leaving,
        };
        let put_down = leaving.put_down.clone().filter(|_| looks < LOOKS_MAX);
        match outbox::claim_with(&context.engine, place, &scene.order, put_down.into_iter().collect()).await? {
            Claim::Ours(claimed) => return leave(context, scene, *claimed, leaving).await,
            Claim::Gone => return Ok(()),
            Claim::Overtaken => {}
        }
    }
    Ok(())
}

/// Why an order need not be sent any more, if so.
fn spared(scene: &Scene) -> Option<Receipt> {
    if scene.is_overtaken() {
        return Some(Receipt::Stopped);
    }
    scene.covered_by().map(|by| Receipt::Bundled(by.to_owned()))
}

/// Settles an order without sending it.
async fn spare(context: &Context, mut scene: Scene, receipt: Receipt) -> Result<(), EngineError> {
    match outbox::claim_with(&context.engine, &scene.place, &scene.order, Vec::new()).await? {
        Claim::Ours(claimed) => scene.order = *claimed,
        Claim::Gone | Claim::Overtaken => return Ok(()),
    }
    let outcomes: Vec<Outcome> =
        scene.left().into_iter().map(|channel| Outcome::of(channel, receipt.clone())).collect();
    settle(context, &scene, &outcomes, None, false).await.map(drop)
}

/// Sends a claimed order on the channels on which it leaves now, and settles it.
async fn leave(
    context: &Context,
    mut scene: Scene,
    claimed: OutboxRecord,
    leaving: Leaving,
) -> Result<(), EngineError> {
    scene.order = claimed;
    let Leaving { channels, rest_at, others, put_down } = leaving;
    let stopped = is_stopped_meanwhile(context, &scene).await?;
    let outcomes = if stopped {
        // The answer came between the reading and the claim: the phone stays silent.
        channels.into_iter().map(|channel| Outcome::of(channel, Receipt::Stopped)).collect()
    } else {
        let message = message(context, &scene, &others).await;
        join_all(channels.into_iter().map(|channel| send(context, channel, &scene, &message))).await
    };
    let outcomes = give_up(outcomes, scene.order.attempt);
    let undelivered = report_undelivered(context, &scene, &outcomes).await?;
    let again = settle(context, &scene, &outcomes, rest_at, !others.is_empty()).await?;
    let sent = sent(&outcomes);
    if !sent.is_empty() {
        storm::cover(context, &scene, others, &sent).await;
    } else if put_down.is_some() {
        storm::take_back(context, &scene).await;
    }
    // Nobody hands on an order that stands alone but the tick.
    if let OrderPlace::Incident(id) = &scene.place {
        // The next channel does not wait for the next try of this one.
        if undelivered {
            context.engine.nudge(id).await?;
        }
        if let Some(delay_s) = again {
            context.engine.nudge_in(id, delay_s).await?;
        }
    }
    take_out_of_use(context, &outcomes).await;
    Ok(())
}

/// An answer marks the orders that it stops in its own transaction, and the claim is refused. Where an incident may have more
/// of them than one transaction takes, the end is looked for once more.
async fn is_stopped_meanwhile(context: &Context, scene: &Scene) -> Result<bool, EngineError> {
    let Some(incident) = &scene.incident else { return Ok(false) };
    // A revision orders at most one page for each engagement.
    let revisions = usize::try_from(incident.revision).unwrap_or(usize::MAX);
    if revisions.saturating_mul(incident.engagements.len()) <= STOPS_PER_COMMIT_MAX {
        return Ok(false);
    }
    let now = context.engine.incident(&incident.opening.id).await?;
    Ok(now.is_none_or(|incident| scene.order.is_overtaken(&incident)))
}

async fn message(context: &Context, scene: &Scene, others: &[Other]) -> Message {
    let order = &scene.order.order;
    match (&scene.incident, order) {
        (_, OrderRecord::Tell { subject, text, .. }) => Message::Plain { subject: subject.clone(), text: text.clone() },
        (Some(incident), OrderRecord::Page { .. }) => {
            Message::Words(Box::new(page_words(context, scene, incident, others).await))
        }
        (
            Some(incident),
            OrderRecord::Announce { .. } | OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. },
        ) => Message::Words(Box::new(Words::of(order, incident, None, None))),
        (
            None,
            OrderRecord::Page { .. }
            | OrderRecord::Announce { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. },
        ) => {
            unreachable!("an order of an incident that is not there is left alone")
        }
    }
}

async fn page_words(context: &Context, scene: &Scene, incident: &Incident, others: &[Other]) -> Words {
    let link = link(context, &scene.order, incident, &scene.contact).await;
    let opening = &incident.opening;
    if others.is_empty() {
        let code = ReplyCode::of_incident(&scene.contact, &opening.id);
        let code = context.takes_replies.then(|| code.shown());
        return Words::of(&scene.order.order, incident, link.as_deref(), code);
    }
    let others: Vec<&Incident> = others.iter().map(|other| &other.incident).collect();
    let code = ReplyCode::of_plan(&scene.contact, &opening.response_plan);
    let code = context.takes_replies.then(|| code.shown());
    Words::bundle(&Bundle {
        order: &scene.order.order,
        plan: &opening.response_plan,
        first: incident,
        others: &others,
        link: link.as_deref(),
        code,
    })
}

fn sent(outcomes: &[Outcome]) -> Vec<ChannelId> {
    let sent = outcomes.iter().filter(|outcome| outcome.receipt == Receipt::Sent);
    sent.map(|outcome| outcome.channel.id()).collect()
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

async fn send(context: &Context, channel: ChannelDelivery, scene: &Scene, message: &Message) -> Outcome {
    let Some(address) = scene.addresses.get(&channel.id()) else {
        let why = "there is no address for this channel: apply the configuration again".to_owned();
        return Outcome::of(channel, Receipt::Refused(why));
    };
    let kind = channel.kind();
    let attribution = attribution(scene, &channel, address);
    let said = match message {
        Message::Words(words) => words.envelope(kind, address.address.clone()),
        Message::Plain { subject, text } => plain(kind, address.address.clone(), subject, text),
    };
    let envelope = Envelope { secret: address.secret(), attribution: attribution.clone(), ..said };
    match tokio::time::timeout(patience(kind), context.senders.provider(kind).send(&envelope)).await {
        Ok(Ok(sent)) => Outcome { message_id: sent.message_id, ..Outcome::of(channel, Receipt::Sent) },
        Ok(Err(SendError::Refused(why))) => Outcome::of(channel, Receipt::Refused(why)),
        Ok(Err(SendError::Unusable(disabled, why))) => Outcome {
            disables: attribution.map(|attribution| (attribution, disabled)),
            ..Outcome::of(channel, Receipt::Refused(why))
        },
        Ok(Err(SendError::Failed(why))) => Outcome::of(channel, Receipt::Failed(why)),
        Err(_) => Outcome::of(channel, Receipt::Failed(format!("no answer within {} s", patience(kind).as_secs()))),
    }
}

/// What comes back in the provider's reports; what is no incident's concerns none.
fn attribution(scene: &Scene, channel: &ChannelDelivery, address: &AddressRecord) -> Option<Attribution> {
    let id = channel.id();
    Some(Attribution {
        incident: scene.place.incident()?.clone(),
        page: scene.order.page(),
        contact: scene.contact.clone(),
        address_mark: address_mark(&scene.contact, &id, &address.address),
        channel: id,
    })
}

/// Comes last: who is asleep is woken first, who has to mend the configuration is told second. If it fails, the next page
/// meets the same refusal.
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
async fn report_undelivered(context: &Context, scene: &Scene, outcomes: &[Outcome]) -> Result<bool, EngineError> {
    let mut reported = false;
    let Some(id) = scene.place.incident().filter(|_| scene.is_page()) else {
        return Ok(false);
    };
    let page = scene.order.page();
    for outcome in outcomes {
        // What fails is tried again, and the next channel does not wait for that.
        let (Receipt::Refused(reason) | Receipt::Failed(reason) | Receipt::GivenUp(reason)) = &outcome.receipt else {
            continue;
        };
        let (channel, contact) = (outcome.channel.id(), scene.contact.clone());
        let cause = undelivered_cause(id, page, &channel);
        let input = Input::Undelivered { page, contact, channel, reason: reason.clone() };
        let applied = context.engine.apply(id, &input, Some(&cause)).await?;
        reported |= matches!(applied, Applied::Committed(_) | Applied::Duplicate);
    }
    Ok(reported)
}

/// Settles what is done; answers with the seconds after which the rest is tried again.
async fn settle(
    context: &Context,
    scene: &Scene,
    outcomes: &[Outcome],
    rest_at: Option<Timestamp>,
    in_bundle: bool,
) -> Result<Option<u32>, EngineError> {
    let now = context.engine.now();
    let claimed = &scene.order;
    let after = |channel: &ChannelDelivery| {
        let outcome = outcomes.iter().find(|outcome| outcome.channel.id() == channel.id());
        let delivery = outcome.map_or(channel.delivery, |outcome| match outcome.receipt {
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
    };
    let channels: Vec<ChannelDelivery> = claimed.order.channels().iter().map(after).collect();
    let remains = channels.iter().any(|channel| channel.delivery == Delivery::Ready);
    let failed = outcomes.iter().any(|outcome| matches!(outcome.receipt, Receipt::Failed(_)));
    let order = claimed.order.clone().with_channels(channels);
    let backoff_s = if failed { backoff_s(claimed.attempt) } else { 0 };
    let retry_at = now.saturating_add(SignedDuration::from_secs(i64::from(backoff_s))).unwrap_or(now);
    // What has failed is tried again by its own clock; what waits for a limit, when that is over.
    let again_at = match rest_at {
        Some(rest_at) if !failed => rest_at,
        Some(rest_at) => rest_at.min(retry_at),
        None => retry_at,
    };
    let settlement = if remains { Settlement::Again(order, again_at) } else { Settlement::Done(order.spent()) };
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
        contact: Some(scene.contact.to_string()),
        receipts: outcomes.iter().map(receipt).collect(),
    };
    let sent = sent(outcomes);
    let mut book = scene.paged.clone();
    for looks in 1..=LOOKS_MAX {
        // The receipts must be stored: where the row changes again and again, the last look replaces whatever it has become.
        let told = storm::told(scene, book, &sent, in_bundle, looks < LOOKS_MAX, now);
        let settlement = settlement.clone();
        if outbox::settle(&context.engine, &scene.place, claimed, settlement, &receipts, told).await? {
            break;
        }
        // The other half of the page has left meanwhile, or somebody's message has spoken for it.
        book = storm::reread(context, scene).await?;
    }
    Ok(remains.then(|| storm::seconds_until(now, again_at)))
}
