//! Invariant 5: no page is lost, and none is doubled without a reason.

use reveille_domain::{ChannelId, RunbookOutcome, TimelineEvent, TimelineKind};
use reveille_engine::port::Key;
use reveille_engine::record::Delivery;

use super::{LATE_MS, READ_BEFORE_MS};
use crate::books::{Books, Change, Class, Covered, Dossier, Moment, Order, OrderChange, Sending, Told, Took, short};
use crate::script::{HOUR, Ms};

pub(super) fn inv_05_no_page_is_lost_and_none_doubled_without_a_reason(
    books: &Books,
    moment: &Moment<'_>,
) -> Option<String> {
    match moment {
        Moment::Took(sending) => doubled(books, sending).or_else(|| stale(books, sending)),
        Moment::Committed(commit) => {
            let untrue = |told| untrue(books, commit.run, told);
            let wrong = |change| settled_wrongly(books, change).or_else(|| given_up_early(books, change));
            let orders = commit.orders.iter().find_map(wrong);
            orders
                .or_else(|| commit.told.iter().find_map(untrue))
                .or_else(|| commit.incidents.iter().find_map(|change| never_started(books, change)))
        }
        Moment::Started { title, runbooks } => started_twice(books, title, *runbooks),
        Moment::Looked { who, incident, page, since } => unseen(books, who, incident, page, *since),
        Moment::Morning => books.orders.iter().find_map(|(key, order)| unsent(books, key, order)),
        _ => None,
    }
}

/// A channel that is said to be done, and is not.
fn settled_wrongly(books: &Books, change: &OrderChange) -> Option<String> {
    let order = books.orders.get(&change.key)?;
    if change.key.pk.starts_with("ORDER#") || change.before.is_none() {
        return None;
    }
    change.after.order.channels().iter().find_map(|channel| {
        let id = channel.id();
        let has = |outcomes: &[&str]| {
            order
                .receipts
                .iter()
                .chain(&change.receipts)
                .any(|(of, outcome)| of == id.as_str() && outcomes.contains(&outcome.as_str()))
        };
        let is_bundled = change.receipts.iter().any(|(of, outcome)| of == id.as_str() && outcome == "bundled");
        let is_untold = is_bundled && !books.covered.contains(&change.key) && !has_successor(books, &change.key, &id);
        let wrong = match channel.delivery {
            Delivery::Sent if !order.channels.contains_key(id.as_str()) => "is said to be sent, and no provider has it",
            Delivery::Over if is_untold => "is said to be spoken for, and no message has done it",
            Delivery::Over if !has(&["refused", "given_up", "stopped", "bundled"]) => {
                "is given up, and nothing says why"
            }
            Delivery::Ready if change.after.settled && !change.after.stopped => "is forgotten",
            Delivery::Sent | Delivery::Over | Delivery::Ready => return None,
        };
        Some(format!("the {id} of {}/{} {wrong}", change.key.pk, change.key.sk))
    })
}

/// Somebody is said to have been told of an incident, and no message has said so to them; or a message has spoken for an order that was
/// to leave where it has not left.
fn untrue(books: &Books, run: usize, told: &Told) -> Option<String> {
    let Told { contact, incident, covered } = told;
    let about = books.dossiers.get(incident).map(|dossier| &dossier.incident)?;
    let said = books.said_by(run, contact);
    if !said.clone().any(|spoke| spoke.is_about(about)) {
        return Some(format!("{contact} is said to have been told of {}, and nobody has said so", short(incident)));
    }
    covered.iter().find_map(|Covered { order, by, channels }| {
        let left_on = |channel: &String| {
            said.clone().any(|spoke| spoke.name == *by && spoke.channel == *channel && spoke.is_about(about))
        };
        let missing = channels.iter().find(|channel| !left_on(channel))?;
        Some(format!("{by} is said to have spoken for the {missing} of {order} of {}, and has not", short(incident)))
    })
}

/// A message that leaves again without a reason.
fn doubled(books: &Books, sending: &Sending) -> Option<String> {
    let before = books.order_of(sending)?.channels.get(&sending.channel)?;
    let has_excuse = |took: &Took| took.is_excused || books.troubled.contains(&took.run);
    let doubled = before.iter().find(|took| took.is_settled || !has_excuse(took))?;
    Some(format!("{sending} leaves again, and had left with attempt {}", doubled.attempt))
}

/// Whether a later page of the same engagement has a channel. It leaves there, or is held to its own end there: stopped by an answer,
/// refused as this one would have been, or spoken for by a message.
fn has_successor(books: &Books, key: &Key, channel: &ChannelId) -> bool {
    let Some(order) = books.orders.get(key) else { return false };
    books.later_pages(key, order).any(|later| later.has_channel(channel.as_str()))
}

/// A page that leaves although later ones of its engagement have left on every channel that it wants.
fn stale(books: &Books, sending: &Sending) -> Option<String> {
    let (key, order) = books.order_with_key(sending)?;
    let later: Vec<&Order> = books
        .later_pages(key, order)
        .filter(|later| later.sent_at.is_some_and(|at| at + READ_BEFORE_MS < order.claimed_at))
        .collect();
    let left = order.left();
    let is_said = !left.is_empty() && left.iter().all(|channel| later.iter().any(|later| later.has_left_on(channel)));
    let last = later.last().filter(|_| is_said)?;
    Some(format!("{sending} leaves, and {} has left long before", last.record.page()))
}

/// An order that is given up although a service that does not work for an hour may be all that is wrong.
fn given_up_early(books: &Books, change: &OrderChange) -> Option<String> {
    let order = books.orders.get(&change.key)?;
    if !change.receipts.iter().any(|(_, outcome)| outcome == "given_up") {
        return None;
    }
    let first = order.claimed_first_at?;
    // Who dies with an order, and a table that does not say what it has done, use up attempts.
    let is_excused = books.was_wrong_since(first, |class| class == Class::Function);
    let tried = books.now - first;
    (tried < HOUR && !is_excused)
        .then(|| format!("{}/{} is given up after {:.3}s", change.key.pk, change.key.sk, tried as f64 / 1_000.0))
}

/// A runbook that runs twice because one attempt did not know of the other.
fn started_twice(books: &Books, title: &str, runbooks: usize) -> Option<String> {
    let incidents = books.dossiers.values().filter(|dossier| dossier.incident.opening.title == title).count();
    (runbooks > incidents)
        .then(|| format!("{runbooks} runbooks have been started for {incidents} incidents of {title}"))
}

/// A runbook that is given up although it has been tried for less than an hour.
fn never_started(books: &Books, change: &Change) -> Option<String> {
    let dossier = books.dossiers.get(&change.id)?;
    dossier.events(change).iter().find_map(|event| {
        let TimelineKind::RunbookEnded { run, outcome: RunbookOutcome::Failed(why), .. } = &event.kind else {
            return None;
        };
        let is_its_order = |other: &&TimelineEvent| match &other.kind {
            TimelineKind::RunbookOrdered { run: ordered, .. } => *ordered == *run,
            _ => false,
        };
        let ordered = books.ms(dossier.timeline.iter().find(is_its_order)?.at);
        let is_excused = books.was_wrong_since(ordered, |class| class == Class::Function);
        let is_early = books.now - ordered < HOUR && !is_excused;
        let is_early = is_early && why.starts_with("not started");
        is_early.then(|| format!("runbook {run} of {} is given up: {why}", short(&change.id)))
    })
}

/// What waits for somebody and is not on the page of another incident of its plan: a message that has only counted it leads there.
fn unseen(books: &Books, who: &str, incident: &str, page: &str, since: Ms) -> Option<String> {
    let looked_at = books.dossiers.get(incident)?;
    let is_shown = |other: &&Dossier| page.contains(&format!(", {}<", other.incident.opening.id.short()));
    let missing: Vec<&Dossier> = books.waiting_for(who, looked_at, since).filter(|other| !is_shown(other)).collect();
    let counted = page.split_once(">and ").and_then(|(_, rest)| rest.split_once(" more<")?.0.parse().ok());
    let first = missing.get(counted.unwrap_or(0))?;
    let (first, of) = (short(first.incident.opening.id.as_str()), short(incident));
    Some(format!("{first} waits for {who} too, and is not on the page of {of}"))
}

/// An order that nobody has done by the morning, although nothing was in its way.
fn unsent(books: &Books, key: &Key, order: &Order) -> Option<String> {
    let since = order.record.due_at.map(|ms| ms - books.started_at.as_millisecond())?;
    let waits = order.record.settled || since > books.now - LATE_MS;
    (!waits).then(|| format!("{}/{} is not done by the morning", key.pk, key.sk))
}
