//! One attempt at one order: read, decide, claim, send on every channel that is left, settle.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use reveille_domain::{ChannelId, EngagementId, IncidentId, Input, OutboxId, Receipt, mutant};
use reveille_engine::limits::{FAILED_UNTOLD_MAX, STOPS_PER_COMMIT_MAX};
use reveille_engine::outbox::{self, Claim};
use reveille_engine::record::{ChannelDelivery, Delivery, OrderRecord, OutboxRecord, from_item};
use reveille_engine::{Applied, Chain, EngineError, OrderPlace, Reach, key};

use crate::Context;
use crate::demotion::demote;
use crate::outcome::{Outcome, give_up, sent};
use crate::saying::{answer, message, send};
use crate::scene::Scene;
use crate::settling::settle;
use crate::storm::{self, Course, Leaving, Others};
use crate::{measured, operators};

/// That a page failed on a channel counts once, whoever says so: the provider at once, or its report later.
pub(crate) fn undelivered_cause(incident: &IncidentId, page: OutboxId, channel: &ChannelId) -> String {
    format!("undelivered {incident} {page} {channel}")
}

/// How often an order is looked at because another message to the same person has left in between: more than that is a fault of
/// the book-keeping, and the page leaves without it.
pub(crate) const LOOKS_MAX: u32 = 6;

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
        if let Some(spared) = spared(context, &scene).await? {
            return spare(context, scene, spared).await;
        }
        let mut leaving = match storm::course(context, &scene).await? {
            Course::Waits(until) if storm::wait(context, &scene, until).await? => return Ok(()),
            Course::Waits(_) => continue,
            Course::Leaves(leaving) => leaving,
        };
        leaving.put_down = leaving.put_down.filter(|_| looks < LOOKS_MAX);
        let put_down = leaving.put_down.iter().map(|put_down| put_down.write(context, &scene)).collect();
        match outbox::claim_with(&context.engine, place, &scene.order, put_down).await? {
            Claim::Ours(claimed) => return leave(context, scene, *claimed, leaving).await,
            Claim::Gone => return Ok(()),
            Claim::Overtaken => {}
        }
    }
    Ok(())
}

/// Why an order need not be sent any more.
enum Spared {
    /// What it is about is over.
    Stopped,
    /// This message has spoken for it.
    Covered(String),
    /// It gives way to what this later page of its engagement says.
    GivesWay(OutboxId),
}

impl Spared {
    fn receipt(&self) -> Receipt {
        match self {
            Spared::Stopped => Receipt::Stopped,
            Spared::Covered(by) => Receipt::Bundled(by.clone()),
            Spared::GivesWay(page) => Receipt::Bundled(format!("page {page}, which came after it")),
        }
    }
}

/// Why an order need not be sent any more, if so.
async fn spared(context: &Context, scene: &Scene) -> Result<Option<Spared>, EngineError> {
    if scene.is_overtaken() {
        return Ok(Some(Spared::Stopped));
    }
    if let Some(by) = scene.covered_by() {
        return Ok(Some(Spared::Covered(by.to_owned())));
    }
    Ok(said_again(context, scene).await?.map(Spared::GivesWay))
}

/// The latest of the engagement's later pages, if they have left or are to leave on every channel on which this one has not: what they say
/// is said once. After an outage there may be dozens of the earlier ones.
async fn said_again(context: &Context, scene: &Scene) -> Result<Option<OutboxId>, EngineError> {
    let own = scene.order.page();
    let (Some(incident), Some(engagement)) = (&scene.incident, scene.engagement()) else { return Ok(None) };
    // Most pages are the latest, and nothing needs to be read to see that.
    if scene.latest_page().is_none_or(|latest| latest <= own) || mutant("outdated-page-leaves") {
        return Ok(None);
    }
    let mut said = BTreeSet::new();
    let mut latest = None;
    for order in outbox::after(&context.engine, &incident.opening.id, scene.order.id()).await? {
        let is_meant =
            matches!(order.order, OrderRecord::Page { engagement: of, .. } if EngagementId(of) == engagement);
        if !is_meant || order.page() <= own {
            continue;
        }
        let channels = order.order.channels().iter().filter(|channel| match channel.delivery {
            Delivery::Ready => !order.stopped,
            Delivery::Sent => true,
            Delivery::Over => false,
        });
        said.extend(channels.map(ChannelDelivery::id));
        latest = Some(order.page());
    }
    let is_said = scene.left().iter().all(|channel| said.contains(&channel.id()));
    Ok(latest.filter(|_| is_said || mutant("gives-way-to-another-channel")))
}

/// Settles an order without sending it.
async fn spare(context: &Context, mut scene: Scene, spared: Spared) -> Result<(), EngineError> {
    match outbox::claim_with(&context.engine, &scene.place, &scene.order, Vec::new()).await? {
        Claim::Ours(claimed) => scene.order = *claimed,
        Claim::Gone | Claim::Overtaken => return Ok(()),
    }
    let outcomes: Vec<Outcome> =
        scene.left().into_iter().map(|channel| Outcome::of(channel, spared.receipt())).collect();
    // A provider that is dead must not look well because each page gives way to the next before it is given up. This claim counts too.
    if matches!(spared, Spared::GivesWay(_)) && scene.order.attempt > FAILED_UNTOLD_MAX {
        outcomes.iter().for_each(|_| measured::undelivered(context, scene.incident.as_ref()));
    }
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
    let Leaving { channels, rest_at, is_for_others, mut put_down } = leaving;
    let stopped = is_stopped_meanwhile(context, &scene).await?;
    let others = if is_for_others && !stopped {
        storm::others(context, &scene, put_down.as_mut()).await
    } else {
        Others::default()
    };
    let named = if mutant("covers-unnamed") { others.rows.get(1..).unwrap_or_default() } else { &others.rows };
    let message = message(context, &scene, named).await;
    let outcomes = if stopped {
        // The answer came between the reading and the claim: the phone stays silent.
        channels.into_iter().map(|channel| Outcome::of(channel, Receipt::Stopped)).collect()
    } else {
        if mutant("settle-before-send") {
            let sent: Vec<_> = channels.iter().map(|channel| Outcome::of(channel.clone(), Receipt::Sent)).collect();
            settle(context, &scene, &sent, rest_at, false).await?;
        }
        let sends = channels.into_iter().map(|channel| send(context, channel, &scene, &message));
        if mutant("one-channel-after-another") {
            stream::iter(sends).then(|send| send).collect().await
        } else {
            join_all(sends).await
        }
    };
    let outcomes = give_up(outcomes, &scene.order, context.engine.now());
    measured::taken(context, &scene, &outcomes);
    let reported = report_undelivered(context, &scene, &outcomes).await?;
    let again = settle(context, &scene, &outcomes, rest_at, !others.rows.is_empty()).await?;
    let sent = if mutant("covers-unsent") {
        outcomes.iter().map(|outcome| outcome.channel.id()).collect()
    } else {
        sent(&outcomes)
    };
    if !sent.is_empty() {
        storm::cover(context, &scene, others, &sent).await;
    } else if let Some(put_down) = put_down {
        put_down.take_back(context, &scene).await;
    }
    // Nobody hands on an order that stands alone but the tick.
    if let OrderPlace::Incident(id) = &scene.place {
        // The next channel does not wait for the next try of this one.
        match reported {
            Reported::Now => context.engine.nudge(id).await?,
            Reported::Before => context.engine.nudge_in(id, 0).await?,
            Reported::Nothing => {}
        }
        if let Some(delay_s) = again {
            context.engine.nudge_in(id, delay_s).await?;
        }
    }
    if scene.is_synthetic() {
        answer(context, &outcomes, &message).await;
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

/// What the incident has been told of the channels on which a page did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reported {
    /// Nothing.
    Nothing,
    /// What it knew: the attempt before has said so, and may have died before it said that something is to be done.
    Before,
    /// Something new, which changes what comes next and when.
    Now,
}

/// A refusal changes the state: the next channel goes at once. It is committed before the order is settled, so that a crash
/// in between repeats it, and its cause makes it count once.
async fn report_undelivered(context: &Context, scene: &Scene, outcomes: &[Outcome]) -> Result<Reported, EngineError> {
    let mut reported = Reported::Nothing;
    let Some(id) = scene.place.incident().filter(|_| scene.is_page() && !mutant("refusal-untold")) else {
        return Ok(reported);
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
        if matches!(outcome.receipt, Receipt::Refused(_) | Receipt::GivenUp(_)) {
            measured::undelivered(context, scene.incident.as_ref());
        }
        reported = reported.max(match applied {
            Applied::Committed(_) => Reported::Now,
            Applied::Duplicate => Reported::Before,
            Applied::Ignored(..) | Applied::Unknown => Reported::Nothing,
        });
    }
    Ok(reported)
}
