//! What has to hold when a function has died once and all has been made good: the invariants, and that it ends as it would have.

mod keys;
mod plans;
mod stages;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use reveille_domain::{Actor, EngagementState, Incident, IncidentId, Replayed, Resolution, Status};
use reveille_engine::record::Delivery;
use reveille_local::LetterChannel;

use super::ending::{Ending, Ordered, Receipt};

/// Where one thing fails, what is due happens within so long.
const LATE: SignedDuration = SignedDuration::from_mins(3);

type Check = fn(&Ending, &Ending) -> Vec<String>;

/// Each is asked with the undisturbed ending and the one after a death.
const CHECKS: [Check; 15] = [
    no_function_fails_by_itself,
    the_same_incidents_are_there,
    keys::one_incident_is_open_for_a_key,
    keys::closing_leaves_the_newest_event_time,
    plans::the_plan_is_that_of_its_beginning,
    plans::who_is_asked_was_on_call,
    stages::no_stage_comes_before_its_time,
    looking_changes_nothing,
    each_ends_as_it_would_have,
    the_timeline_replays_to_the_state,
    nothing_is_left_undone,
    what_is_recorded_was_sent_and_only_the_dead_sent_more,
    every_page_comes_in_its_time,
    no_page_comes_after_its_stop,
    every_runbook_runs_once,
];

/// Everything that does not hold.
pub(super) fn broken(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    CHECKS.iter().flat_map(|check| check(undisturbed, after)).collect()
}

fn no_function_fails_by_itself(_: &Ending, after: &Ending) -> Vec<String> {
    let unharmed = after.death.is_none().then(|| "nobody died".to_owned());
    after.failures.iter().cloned().chain(unharmed).collect()
}

/// Ids derive from causes: what was accepted is there under the same id, and nothing is there twice.
fn the_same_incidents_are_there(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    let ids = |ending: &Ending| ending.incidents.keys().cloned().collect::<BTreeSet<_>>();
    let (expected, found) = (ids(undisturbed), ids(after));
    let lost = expected.difference(&found).map(|id| format!("{} was lost", id.short()));
    let more = found.difference(&expected).map(|id| format!("{} should not be there", id.short()));
    lost.chain(more).collect()
}

/// How an incident stands, in the terms in which a death must not matter: by whom, and not when.
fn standing(incident: &Incident) -> (Option<(Actor, String)>, Option<Actor>) {
    let resolved = match &incident.status {
        Status::Open => None,
        Status::Resolved(Resolution { by, reason, .. }) => Some((by.clone(), format!("{reason:?}"))),
    };
    (resolved, incident.acknowledged.as_ref().map(|first| first.by.clone()))
}

fn each_ends_as_it_would_have(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    let differs = |(id, expected): (&IncidentId, &Incident)| {
        let (expected, found) = (standing(expected), standing(after.incidents.get(id)?));
        (expected != found).then(|| format!("{} ends as {found:?}, and not as {expected:?}", id.short()))
    };
    undisturbed.incidents.iter().filter_map(differs).collect()
}

fn the_timeline_replays_to_the_state(_: &Ending, after: &Ending) -> Vec<String> {
    let differs = |(id, incident): (&IncidentId, &Incident)| {
        let timeline = after.timelines.get(id)?;
        let revisions: BTreeSet<u64> = timeline.iter().map(|(revision, _)| *revision).collect();
        let is_whole = revisions.iter().copied().eq(1..=incident.revision);
        let replayed = Replayed::from_timeline(timeline.iter().map(|(_, event)| event));
        let is_told = replayed == Replayed::from_incident(incident);
        (!is_whole || !is_told).then(|| format!("the timeline of {} does not replay to its state", id.short()))
    };
    after.incidents.iter().filter_map(differs).collect()
}

/// What has been due for longer than what failed once may take.
fn undone(ending: &Ending) -> Vec<String> {
    let latest = ending.at - LATE;
    let incidents = ending.incidents.iter().filter(|(_, incident)| incident.due().is_some_and(|due| due < latest));
    let incidents = incidents.map(|(id, _)| format!("{} waits for something that is due", id.short()));
    let is_due = |due_ms: Option<i64>| due_ms.is_some_and(|due| due < latest.as_millisecond());
    let orders = ending.orders.iter().filter(|order| !order.record.settled && is_due(order.record.due_at));
    incidents.chain(orders.map(|order| format!("the order {} was never done", order.order()))).collect()
}

fn nothing_is_left_undone(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    // Where a scenario leaves something broken, something waits without a death too.
    if undone(undisturbed).is_empty() { undone(after) } else { Vec::new() }
}

/// Every receipt of a message has its message. A message without a receipt was sent by the function that died, in that
/// invocation: so no channel of an order has more than one of them.
fn what_is_recorded_was_sent_and_only_the_dead_sent_more(_: &Ending, after: &Ending) -> Vec<String> {
    let sent: Vec<&Receipt> = after.receipts.iter().filter(|receipt| receipt.outcome == "sent").collect();
    let recorded: BTreeSet<&str> = sent.iter().filter_map(|receipt| receipt.message_id()).collect();
    let letters: BTreeSet<&str> = after.letters.iter().map(|letter| letter.message_id.as_str()).collect();
    let mut broken = Vec::new();
    for id in recorded.difference(&letters) {
        let receipt = sent.iter().find(|receipt| receipt.message_id() == Some(*id));
        let of = receipt.map(|receipt| format!("{}/{}", receipt.contact, receipt.channel)).unwrap_or_default();
        broken.push(format!("a message to {of} is recorded, and was never sent"));
    }
    let dead = after.death.as_ref().filter(|death| death.function == "notify");
    let kinds = sent.iter().map(|receipt| (receipt.kind.as_str(), Vec::new()));
    let mut unrecorded: BTreeMap<&str, Vec<usize>> = kinds.collect();
    for (place, letter) in after.letters.iter().enumerate() {
        if !recorded.contains(letter.message_id.as_str()) {
            unrecorded.entry(letter.channel.name()).or_default().push(place);
        }
    }
    for (kind, places) in unrecorded {
        // Servers that are not AWS's give a message no id: theirs are counted.
        let nameless = sent.iter().filter(|receipt| receipt.kind == kind && receipt.message_id().is_none()).count();
        let of_the_dead = |place: &usize| dead.is_some_and(|death| death.letters.contains(place));
        let excused = places.iter().filter(|place| of_the_dead(place)).count();
        let without = places.len().saturating_sub(nameless);
        // The operators are told some things that nothing records.
        if without > excused && kind != LetterChannel::Operators.name() {
            broken
                .push(format!("{without} messages by {kind} were sent without a record, and the dead sent {excused}"));
        }
        if nameless > places.len() {
            broken.push(format!("{nameless} messages by {kind} are recorded, and {} were sent", places.len()));
        }
    }
    broken.extend(twice_recorded(&sent));
    broken
}

fn twice_recorded(sent: &[&Receipt]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let again = sent.iter().find(|receipt| !seen.insert((&receipt.incident, &receipt.order, &receipt.channel)));
    again.map(|receipt| format!("{}/{} has been sent one order twice", receipt.contact, receipt.channel))
}

/// Who is told what: an incident's contact on a channel.
type Reached<'a> = (&'a Option<IncidentId>, &'a str, &'a str);

/// When each has been reached, by a message of its own or by one for several incidents.
fn reached(ending: &Ending) -> BTreeMap<Reached<'_>, Vec<&Receipt>> {
    let mut reached: BTreeMap<Reached<'_>, Vec<&Receipt>> = BTreeMap::new();
    for receipt in &ending.receipts {
        if ["sent", "bundled"].contains(&receipt.outcome.as_str()) {
            let who = (&receipt.incident, receipt.contact.as_str(), receipt.channel.as_str());
            reached.entry(who).or_default().push(receipt);
        }
    }
    reached.values_mut().for_each(|receipts| receipts.sort_by_key(|receipt| receipt.at));
    reached
}

/// How many pages were stopped before they were recorded as sent: an answer came before them.
fn stopped(ending: &Ending, who: &Reached<'_>) -> usize {
    let theirs = |order: &&Ordered| {
        let is_about = order.incident == *who.0 && order.record.order.contact().is_some_and(|c| c.as_str() == who.1);
        let channels = order.record.order.channels();
        let is_unsent =
            channels.iter().any(|channel| channel.id().as_str() == who.2 && channel.delivery != Delivery::Sent);
        is_about && order.record.stopped && is_unsent
    };
    ending.orders.iter().filter(theirs).count()
}

/// Nobody is forgotten, nobody is asked before the time, and nobody more than three minutes after it.
fn every_page_comes_in_its_time(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    let (expected, found) = (reached(undisturbed), reached(after));
    let mut broken = Vec::new();
    let whos: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    for who in whos {
        let none = Vec::new();
        let (expected, found) = (expected.get(who).unwrap_or(&none), found.get(who).unwrap_or(&none));
        let whom = format!("{}/{}", who.1, who.2);
        let counted = found.iter().filter(|receipt| receipt.at <= undisturbed.at).count();
        // Who answered while a page was being made good does not get it any more.
        let spared = stopped(after, who).saturating_sub(stopped(undisturbed, who));
        if found.len() + spared < expected.len() {
            broken.push(format!("{whom} was reached {} times, and not {}", found.len(), expected.len()));
        } else if counted > expected.len() {
            broken.push(format!("{whom} was reached {counted} times, and not {}", expected.len()));
        }
        for (expected, found) in expected.iter().zip(found) {
            let late = found.at.duration_since(expected.at);
            // What waited for others of its plan, or was tried again, leaves at once where a death has cleared its way; but nothing
            // leaves before it would have been ordered.
            if found.at < expected.ordered_at || late > LATE {
                broken.push(format!("{whom} was reached {}s late", late.as_secs()));
            }
        }
    }
    broken
}

fn no_page_comes_after_its_stop(_: &Ending, after: &Ending) -> Vec<String> {
    let mut broken = Vec::new();
    for order in after.orders.iter().filter(|order| order.is_page()) {
        let Some(incident) = order.incident.as_ref().and_then(|id| after.incidents.get(id)) else { continue };
        let engagement = order.record.engagement().and_then(|id| incident.engagement(id));
        let ended = match engagement.map(|engagement| &engagement.state) {
            Some(EngagementState::Acknowledged { at, .. } | EngagementState::Stopped { at, .. }) => *at,
            Some(EngagementState::Engaging | EngagementState::Exhausted { .. }) | None => continue,
        };
        let name = order.order();
        let theirs = |receipt: &&Receipt| receipt.incident == order.incident && receipt.order == name;
        let mut sent = after.receipts.iter().filter(theirs).filter(|receipt| receipt.outcome == "sent");
        if let Some(receipt) = sent.find(|receipt| receipt.at > ended) {
            let late = receipt.at.duration_since(ended).as_secs();
            broken.push(format!("{}/{} was paged {late}s after the end", receipt.contact, receipt.channel));
        }
    }
    broken
}

fn looking_changes_nothing(_: &Ending, after: &Ending) -> Vec<String> {
    after.looks_that_wrote.iter().map(|path| format!("somebody looks at {path}, and something is written")).collect()
}

/// Whoever died while a runbook was started must not make it run twice, or not at all.
fn every_runbook_runs_once(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    let (expected, found) = (undisturbed.automations, after.automations);
    let differs = (expected != found).then(|| format!("{found} automations were started, and not {expected}"));
    differs.into_iter().collect()
}
