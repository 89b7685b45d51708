//! Storms, as `notify` meets them: who waits, for how long, and for whom one message speaks. What is decided stands in the
//! domain; here it is read and written.
//!
//! A message that leaves puts itself down in the contact's traffic (`put_down`): of fifty pages at once one is first, and the others
//! find it there.

use std::time::Duration;

use jiff::Timestamp;
use reveille_domain::{ChannelId, ChannelKind, Incident, IncidentId, Traffic, Verdict};
use reveille_engine::key;
use reveille_engine::limits::DELAY_S_MAX;
use reveille_engine::outbox::{self, PutOff};
use reveille_engine::paged;
use reveille_engine::port::{Condition, Item, TransactError, Write};
use reveille_engine::record::{ChannelDelivery, PagedRecord, from_item, to_item};
use reveille_engine::{Chain, EngineError, OrderPlace};
use serde_json::json;

use crate::Context;
use crate::attempt::LOOKS_MAX;
use crate::put_down::PutDown;
use crate::scene::{Scene, readable};

/// Days for which a contact can answer by its code what they have been told; each page begins them again.
const PAGED_DAYS: i64 = 7;

/// A transaction takes 100 actions; a bundle of more incidents takes several.
const COVERED_PER_COMMIT: usize = 90;

/// So long a claimed page waits for what else it could speak for: a provider's three seconds and the settlement come after it, and what
/// waits gives it five.
const OTHERS_WAITED_FOR: Duration = Duration::from_secs(1);

/// What becomes of a message.
pub(crate) enum Course {
    /// It leaves on these channels; the rest of them when they are free again.
    Leaves(Leaving),
    /// It waits until then.
    Waits(Timestamp),
}

/// A message that leaves.
pub(crate) struct Leaving {
    pub(crate) channels: Vec<ChannelDelivery>,
    /// When the channels that are at their limit are free again.
    pub(crate) rest_at: Option<Timestamp>,
    /// Whether it speaks for the other incidents of its plan.
    pub(crate) is_for_others: bool,
    /// What is written of it with the claim; `None`: nothing is.
    pub(crate) put_down: Option<PutDown>,
}

/// What a message has said for others than its own incident.
struct Said<'a> {
    channels: &'a [ChannelId],
    by: &'a str,
    /// When its incidents were read: it speaks for what waited by then.
    read_at: Timestamp,
    now: Timestamp,
}

/// The other incidents that a message speaks for, and when they were read.
#[derive(Default)]
pub(crate) struct Others {
    pub(crate) rows: Vec<Other>,
    read_at: Timestamp,
}

/// Another incident that a message speaks for.
pub(crate) struct Other {
    pub(crate) paged: PagedRecord,
    pub(crate) incident: Incident,
}

/// Decides whether what is left of an order leaves now.
pub(crate) async fn course(context: &Context, scene: &Scene) -> Result<Course, EngineError> {
    let left = scene.left();
    let kinds: Vec<ChannelKind> = left.iter().map(ChannelDelivery::kind).collect();
    let Some(mut departure) = scene.departure(&kinds) else {
        let leaving = Leaving { channels: left, rest_at: None, is_for_others: false, put_down: None };
        return Ok(Course::Leaves(leaving));
    };
    let now = scene.order.moment(context.engine.now());
    let mut traffic = scene.traffic.traffic();
    let mut verdict = traffic.verdict(&departure, now);
    if let Verdict::Bundled { .. } = verdict
        && is_answered(context, scene, &traffic).await?
    {
        departure.answered = true;
        verdict = traffic.verdict(&departure, now);
    }
    let later = match verdict {
        Verdict::Bundled { until } | Verdict::Limited { until } => return Ok(Course::Waits(until)),
        Verdict::Leaves { later } => later,
    };
    let is_for_others = traffic.speaks_for_others(&departure);
    let (channels, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|channel| !later.contains_key(&channel.kind()));
    let kinds: Vec<ChannelKind> = channels.iter().map(ChannelDelivery::kind).collect();
    traffic.remember(&departure, &kinds, now);
    let rest_at = rest.iter().filter_map(|channel| later.get(&channel.kind())).min().copied();
    Ok(Course::Leaves(Leaving { channels, rest_at, is_for_others, put_down: Some(PutDown::new(scene, traffic)) }))
}

/// Puts an order off until then; a page stands in the contact's book meanwhile, so that the next message speaks for it. `false`:
/// the other half of the page has written itself down in the same row meanwhile, and this one has to look again.
pub(crate) async fn wait(context: &Context, scene: &Scene, until: Timestamp) -> Result<bool, EngineError> {
    // Whoever put it off until then has given the hint, too.
    if scene.order.due_at == Some(until.as_millisecond()) {
        return Ok(true);
    }
    let now = context.engine.now();
    let order = scene.order.id();
    let mut with = Vec::new();
    // What stands in the book already stays there, untouched: a message that is speaking for it just now must find it.
    let is_held = scene.paged.as_ref().is_some_and(|paged| paged.held_since(order).is_some());
    if let Some(incident) = scene.incident.as_ref().filter(|_| scene.is_page() && !is_held) {
        let channels: Vec<ChannelId> = scene.left().iter().map(ChannelDelivery::id).collect();
        let mut paged = book(scene, scene.paged.clone(), incident);
        let unchanged = as_read(scene.paged.as_ref());
        paged.hold(order, &channels, now);
        with.push(put(&paged, unchanged, now));
    }
    match outbox::put_off(&context.engine, &scene.place, &scene.order, until, with).await? {
        PutOff::Done => {}
        PutOff::Gone => return Ok(true),
        PutOff::Overtaken => return Ok(false),
    }
    if let OrderPlace::Incident(id) = &scene.place {
        context.engine.nudge_in(id, seconds_until(now, until)).await?;
    }
    Ok(true)
}

/// Says to everything that a message has spoken for that it need not leave any more. What is not told, because somebody dies
/// here, leaves on its own: a duplicate, and no loss.
pub(crate) async fn cover(context: &Context, scene: &Scene, others: Others, sent: &[ChannelId]) {
    if others.rows.is_empty() {
        return;
    }
    let now = context.engine.now();
    let by = message_name(scene);
    let said = Said { channels: sent, by: &by, read_at: others.read_at, now };
    let mut rows: Vec<PagedRecord> = others.rows.into_iter().map(|other| other.paged).collect();
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(COVERED_PER_COMMIT));
        if let Err(error) = said.cover(context, rows).await {
            tracing::warn!(error = %Chain(&error), "some of what a message spoke for will leave on its own too");
        }
        rows = rest;
    }
}

impl Said<'_> {
    /// Says it to some. Whoever was to leave at the same moment puts its order off in the same rows: one that has changed is looked
    /// at again.
    async fn cover(&self, context: &Context, mut rows: Vec<PagedRecord>) -> Result<(), TransactError> {
        let mut looks = 1;
        loop {
            let writes: Vec<Write> = rows.iter().map(|paged| self.covering(paged.clone())).collect();
            let refusals = match context.engine.transact_patiently(&writes).await {
                Err(TransactError::Refused(refusals)) if looks < LOOKS_MAX => refusals,
                outcome => return outcome,
            };
            // From the last to the first, so that the places of the others stay.
            for refusal in refusals.into_iter().rev() {
                match refusal.row.and_then(|row| readable(from_item(&row))) {
                    Some(paged) => rows[refusal.place] = paged,
                    None => drop(rows.remove(refusal.place)),
                }
            }
            if rows.is_empty() {
                return Ok(());
            }
            looks += 1;
        }
    }

    fn covering(&self, mut paged: PagedRecord) -> Write {
        let unchanged = as_read(Some(&paged));
        paged.told_among_others(self.channels, self.by, self.read_at, self.now);
        put(&paged, unchanged, self.now)
    }
}

/// What the contact has been told, in the transaction that settles the order; `paged` is what they had been told before, and
/// `unchanged` says whether the row must still be so.
pub(crate) fn told(
    scene: &Scene,
    paged: Option<PagedRecord>,
    sent: &[ChannelId],
    in_bundle: bool,
    unchanged: bool,
    now: Timestamp,
) -> Option<Write> {
    // Nobody lists what the reader of synthetic incidents was told, and each of its visits would read all of it.
    let incident = scene.incident.as_ref().filter(|_| scene.is_page() && !scene.is_synthetic())?;
    let order = scene.order.id();
    let is_known = |paged: &PagedRecord| paged.held_since(order).is_some() || paged.covered_by(order).is_some();
    // What has not left takes its order out of the book, if it stands there: never in place of what others have written meanwhile.
    if sent.is_empty() && !(unchanged && paged.as_ref().is_some_and(is_known)) {
        return None;
    }
    let condition = if unchanged { as_read(paged.as_ref()) } else { Condition::Always };
    let mut paged = book(scene, paged, incident);
    if sent.is_empty() {
        paged.forget(order);
    } else {
        paged.tell(order, sent, in_bundle, &message_name(scene), now);
    }
    Some(put(&paged, condition, now))
}

/// What the contact has been told about the incident by now.
pub(crate) async fn reread(context: &Context, scene: &Scene) -> Result<Option<PagedRecord>, EngineError> {
    let Some(incident) = scene.place.incident() else { return Ok(None) };
    let row = context.engine.table().get(&key::paged(&scene.contact, incident)).await?;
    Ok(row.and_then(|row| readable(from_item(&row))))
}

/// What the contact has been told about the incident so far, with the page of this order.
fn book(scene: &Scene, paged: Option<PagedRecord>, incident: &Incident) -> PagedRecord {
    let page = scene.order.page();
    paged.unwrap_or_else(|| PagedRecord::new(&scene.contact, incident, page)).asking(page)
}

/// How receipts of other orders name the message of this one.
fn message_name(scene: &Scene) -> String {
    format!(
        "the message of page {} of {}",
        scene.order.id(),
        scene.incident.as_ref().map_or("", |i| i.opening.id.short())
    )
}

/// Whether everything that the newest message of the plan was about has its answer. In a storm nothing has, and the first incident
/// says so.
async fn is_answered(context: &Context, scene: &Scene, traffic: &Traffic) -> Result<bool, EngineError> {
    let Some(plan) = scene.incident.as_ref().map(|incident| &incident.opening.response_plan) else {
        return Ok(false);
    };
    let Some(last) = traffic.plans.get(plan) else { return Ok(true) };
    let (first, rest) = last.incidents.split_at(last.incidents.len().min(1));
    for some in [first, rest].into_iter().filter(|some| !some.is_empty()) {
        if context.engine.incidents(some).await?.iter().any(|incident| incident.asks(&scene.contact)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The other incidents of the plan that the contact has not answered, told of or not. Only who has claimed an order asks: of a
/// thousand pages at once one reads a thousand incidents. If it cannot, the page leaves alone, and the others after it.
pub(crate) async fn others(context: &Context, scene: &Scene, put_down: Option<&mut PutDown>) -> Others {
    let read_at = context.engine.now();
    let read = async {
        let rows = others_asking(context, scene).await?;
        if let Some(put_down) = put_down {
            put_down.spoke_for(context, scene, &rows).await;
        }
        Ok::<_, EngineError>(rows)
    };
    let rows = match context.engine.within(OTHERS_WAITED_FOR, read).await {
        Some(Ok(rows)) => rows,
        Some(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "a page leaves alone, without what it could have spoken for");
            Vec::new()
        }
        None => {
            tracing::warn!("a page leaves alone: what it could have spoken for was not read in time");
            Vec::new()
        }
    };
    Others { rows, read_at }
}

async fn others_asking(context: &Context, scene: &Scene) -> Result<Vec<Other>, EngineError> {
    let Some(incident) = &scene.incident else { return Ok(Vec::new()) };
    let opening = &incident.opening;
    let rows = paged::of(&context.engine, &scene.contact).await?;
    let of_plan = |paged: &PagedRecord| paged.plan() == opening.response_plan && paged.incident() != opening.id;
    let mut rows: Vec<PagedRecord> = rows.into_iter().filter(of_plan).collect();
    let ids: Vec<IncidentId> = rows.iter().map(PagedRecord::incident).collect();
    let incidents = context.engine.incidents(&ids).await?;
    let asking = incidents.into_iter().filter(|incident| incident.asks(&scene.contact));
    let mut others: Vec<Other> = asking
        .filter_map(|incident| {
            let place = rows.iter().position(|paged| paged.incident() == incident.opening.id)?;
            Some(Other { paged: rows.swap_remove(place), incident })
        })
        .collect();
    others.sort_by_key(|other| other.incident.opened_at);
    Ok(others)
}

fn put(paged: &PagedRecord, condition: Condition, now: Timestamp) -> Write {
    let row = with_ttl(to_item(paged), now, PAGED_DAYS);
    Write::put(key::paged(&paged.contact(), &paged.incident()), row, condition)
}

fn as_read(paged: Option<&PagedRecord>) -> Condition {
    paged.map_or(Condition::Absent, |paged| Condition::Is("rev", json!(paged.rev)))
}

pub(crate) fn with_ttl(mut row: Item, now: Timestamp, days: i64) -> Item {
    row.insert("ttl".to_owned(), json!(now.as_second() + days * 24 * 3_600));
    row
}

/// Whole seconds, rounded up so that nobody wakes too early, as far as a queue delays.
pub(crate) fn seconds_until(now: Timestamp, until: Timestamp) -> u32 {
    let ms = until.duration_since(now).as_millis().max(0);
    u32::try_from((ms + 999) / 1000).unwrap_or(DELAY_S_MAX).min(DELAY_S_MAX)
}
