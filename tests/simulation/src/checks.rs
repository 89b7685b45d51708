//! The checkers: one function for each invariant of docs/ARCHITECTURE.md, asked at every step. They look at the books, and at
//! nothing that the system says of itself beyond what it has committed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use reveille_domain::{
    ChannelId, Engaged, Engagement, EngagementId, EngagementState, Progress, Replayed, ResponsePlan, RunbookOutcome,
    SignalState, Status, TimelineEvent, TimelineKind, limits,
};
use reveille_engine::key;
use reveille_engine::port::Key;
use reveille_engine::record::{Delivery, OrderRecord};
use reveille_local::MemoryTable;

use super::books::{
    Books, Change, Class, Commit, Covered, Dossier, Due, Known, Moment, Order, Sending, Stage, Told, Took, minutes,
    short,
};
use super::homes::Home;
use super::script::{HOUR, MINUTE, Ms, SECOND};

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in docs/ARCHITECTURE.md; 0 for what none of them says: that no function fails by itself, and that all is done
    /// in the end.
    pub invariant: u8,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {}: {}", self.invariant, self.text)
    }
}

type Checker = fn(&Books, &Moment<'_>) -> Option<String>;

/// All of them. The first invariant is also asked when an invocation has its answer; see [`unaccounted`].
const CHECKERS: [(u8, Checker); 11] = [
    (1, inv_01_what_was_accepted_is_never_lost),
    (2, inv_02_what_is_due_happens_in_time),
    (3, inv_03_nothing_leaves_that_was_stopped_before_its_claim),
    (4, inv_04_one_open_incident_for_a_key),
    (5, inv_05_no_page_is_lost_and_none_doubled_without_a_reason),
    (6, inv_06_nobody_waits_for_a_provider_of_another),
    (7, inv_07_the_timeline_replays_to_the_state),
    (8, inv_08_a_plan_is_frozen_when_it_begins),
    (9, inv_09_stages_never_collapse),
    (10, inv_10_looking_changes_nothing),
    (0, inv_00_no_function_fails_by_itself_and_all_is_done_in_the_end),
];

/// Where things work, what is due happens within so long.
const PROMPT_MS: Ms = 2 * SECOND;
/// Where one thing does not.
const LATE_MS: Ms = 3 * MINUTE;
/// What is wrong for so long at most is wrong for a moment.
const MOMENT_MS: Ms = 5 * SECOND;
/// A hint may come so much before its deadline: queues count whole seconds.
const EARLY_MS: Ms = 1_500;
/// So many hints of one incident may be under way.
const WAITING_MAX: usize = 60;
/// And so many times more where nobody takes them out of their queue: each nudge hands on again what waits.
const PILED_UP: usize = 3;
/// What is out for so long lets them pile up.
const PILING_UP_MS: Ms = 5 * MINUTE;
/// A message of which nothing comes is handed out for so long.
const HANDED_OUT_MS: Ms = 16 * MINUTE;
/// What a commit goes by may have been read so long before it.
const READ_BEFORE_MS: Ms = 10 * SECOND;
/// A provider is asked so long after the claim at most.
const ASKED_MS: Ms = SECOND;

/// The first checker that finds something wrong.
pub(crate) fn broken(books: &Books, moment: &Moment<'_>) -> Option<Violation> {
    CHECKERS
        .iter()
        .find_map(|(invariant, checker)| checker(books, moment).map(|text| Violation { invariant: *invariant, text }))
}

fn inv_01_what_was_accepted_is_never_lost(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Accepted { who, incident } => {
            let dossier = books.dossiers.get(*incident)?;
            let answers = |event: &TimelineEvent| match &event.kind {
                TimelineKind::Acknowledged { by, .. } => {
                    by.to_string() == *who || matches!(by, reveille_domain::Actor::Source(_))
                }
                _ => false,
            };
            let is_theirs = |id: &EngagementId| {
                dossier
                    .incident
                    .engagement(*id)
                    .and_then(|e| e.contact())
                    .is_some_and(|contact| contact.as_str() == *who)
            };
            let stopped = |event: &TimelineEvent| match &event.kind {
                TimelineKind::EngagementsStopped { engagements, .. } => engagements.iter().any(is_theirs),
                _ => false,
            };
            let is_known = !dossier.incident.is_open() || dossier.timeline.iter().any(|e| answers(e) || stopped(e));
            (!is_known).then(|| format!("{who} was told that they have {}, and nothing says so", short(incident)))
        }
        Moment::Committed(commit) => commit.incidents.iter().find_map(|change| {
            let is_kept = change.before.is_some() || books.dossiers.get(&change.id)?.has_raw_text;
            (!is_kept).then(|| format!("{} opens without the raw text of what opened it", short(&change.id)))
        }),
        Moment::Morning => {
            let lost = books.signals.iter().find(|known| known.is_sent && !known.is_done)?;
            Some(format!("the signal of {} was never taken in", lost.name))
        }
        _ => None,
    }
}

/// Why a signal that was taken in has left no trace, if so.
pub(crate) fn unaccounted(books: &Books, known: &Known, table: &MemoryTable) -> Option<String> {
    let signal = &known.signal;
    let occurred_ms = signal.occurred_at.as_millisecond();
    let mut of_key = books.dossiers_of(&signal.dedupe_key).map(|(_, dossier)| dossier);
    match signal.state {
        SignalState::Firing => {
            let first = of_key.next();
            // What does not tell the time is another cause each time it is read: then its incident shows that it is there.
            let is_known = table.see(&key::cause(&signal.cause), |row| row.is_some())
                || first.is_some() && !signal.source.tells_time();
            let plan = first.map(|dossier| dossier.incident.opening.response_plan.clone());
            let plan = plan.unwrap_or_else(|| super::plan_of(&known.name));
            let newest = table.see(&key::dedupe(&plan, &signal.dedupe_key), |row| row?.get("newest")?.as_i64());
            let is_over = newest.is_some_and(|newest| newest >= occurred_ms - books.skew);
            (!is_known && !is_over)
                .then(|| format!("{} fires, ingest says it has it, and nothing is stored", known.name))
        }
        SignalState::Recovered => {
            // Clocks that are off may move what they time.
            let before = |ms: i64| ms < occurred_ms - books.skew;
            let is_older = |dossier: &&Dossier| {
                before(dossier.incident.opening.occurred_at.as_millisecond())
                    && dossier.newest_repeat.is_none_or(before)
            };
            let left_open = of_key.filter(|dossier| dossier.incident.is_open()).find(is_older)?;
            let id = short(left_open.incident.opening.id.as_str());
            Some(format!("{} recovers, ingest says it has it, and {id} is still open", known.name))
        }
        SignalState::Removed | SignalState::Acknowledged | SignalState::Noted(_) | SignalState::Ignored(_) => None,
    }
}

fn inv_02_what_is_due_happens_in_time(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Committed(commit) => commit
            .waited
            .iter()
            .find_map(|(key, due)| books.too_late(key, due))
            .or_else(|| commit.incidents.iter().find_map(|change| not_due(books, change))),
        Moment::Minute { .. } | Moment::Morning => {
            // The same one is named each time.
            let late = books.due.iter().filter_map(|(key, due)| books.too_late(key, due)).min();
            late.or_else(|| books.first_too_late())
        }
        Moment::Took(_) => books.first_too_late(),
        _ => None,
    }
}

impl Books {
    /// Why a row that is worked now, or still waits, is late; `None`: it is not, or there is an excuse.
    fn too_late(&self, key: &Key, due: &Due) -> Option<String> {
        let wanted = due.at.max(due.since);
        if self.now <= wanted + PROMPT_MS {
            return None;
        }
        let latest = self.latest(due, wanted);
        if self.now <= latest {
            return None;
        }
        let late = (self.now - wanted) as f64 / 1_000.0;
        Some(format!("{}/{} was due at {:.3}s and waited for {late:.3}s", key.pk, key.sk, wanted as f64 / 1_000.0))
    }

    /// Why the first message of a storm is late, if so.
    fn first_too_late(&self) -> Option<String> {
        let by = self.first_by?;
        (self.first_at.unwrap_or(self.now) > by)
            .then(|| format!("the first message of a storm was to leave by {:.3}s", by as f64 / 1_000.0))
    }

    /// Whether functions or queues were out for long, and what has piled up then is not worked off yet.
    fn piles_up(&self) -> bool {
        self.troubles.iter().any(|trouble| {
            let is_long = trouble.until - trouble.from >= PILING_UP_MS;
            let counts = matches!(trouble.class, Class::Function | Class::Queues) && is_long;
            counts && trouble.from <= self.now && self.now <= trouble.until + HANDED_OUT_MS
        })
    }

    /// Until when something has to be done that is wanted at a time and stands in the table since `due.since`.
    fn latest(&self, due: &Due, wanted: Ms) -> Ms {
        let from = due.since - SECOND;
        let at_hand = |trouble: &&super::books::Trouble| {
            let counts = match trouble.class {
                Class::Provider => false,
                Class::Automation => due.is_runbook,
                Class::Queues | Class::Schedules | Class::Tick | Class::Function => true,
            };
            counts && trouble.from <= self.now && trouble.until >= from
        };
        let troubles: Vec<_> = self.troubles.iter().filter(at_hand).collect();
        let classes: BTreeSet<Class> = troubles.iter().map(|trouble| trouble.class).collect();
        let margin = if self.skew > 0 { self.skew + SECOND } else { 0 };
        let late = LATE_MS + self.backlog;
        let only = |allowed: &[Class]| classes.iter().all(|class| allowed.contains(class));
        if !due.by_tick && only(&[Class::Schedules, Class::Tick]) {
            return wanted + PROMPT_MS + margin;
        }
        if only(&[Class::Schedules, Class::Queues]) {
            return wanted + late;
        }
        // One thing that went wrong for a moment costs three minutes, whenever it was.
        if let [trouble] = troubles[..]
            && trouble.until - trouble.from <= MOMENT_MS
        {
            return wanted + late;
        }
        let mended = troubles.iter().map(|trouble| trouble.until).max().unwrap_or(wanted);
        wanted.max(mended) + late
    }
}

/// What has to come next and is not awaited: then nothing would bring it.
fn not_due(books: &Books, change: &Change) -> Option<String> {
    let dossier = books.dossiers.get(&change.id)?;
    let incident = &dossier.incident;
    if !incident.is_open() || !matches!(incident.progress, Progress::Begun { .. }) {
        return None;
    }
    let due = incident.due();
    let plan = &dossier.frozen.as_ref()?.response;
    let next = next_stage(plan, dossier.stage.as_ref());
    if let Some((number, after)) = next {
        let base = dossier.stage.map_or(incident.opened_at, |stage| stage.at);
        let wanted = base.checked_add(minutes(after)).ok()?;
        if due.is_none_or(|due| due > wanted) {
            return Some(format!(
                "stage {number} of {} is to begin at {wanted} and nothing waits for it",
                short(&change.id)
            ));
        }
    }
    if let Some(text) = incident.engagements.iter().find_map(|engagement| step_not_due(dossier, engagement, due)) {
        return Some(format!("{text} in {}, and nothing waits for it", short(&change.id)));
    }
    incident.engagements.iter().find_map(|engagement| {
        let Engaged::Escalation { plan, .. } = &engagement.engaged else { return None };
        let stage = dossier.escalations.get(&engagement.id)?;
        if engagement.state != EngagementState::Engaging {
            return None;
        }
        let escalation = dossier.frozen.as_ref()?.escalations.get(plan)?;
        let wait = escalation.stages.get(stage.number as usize)?.minutes.max(limits::ROUND_MINUTES_MIN);
        let wanted = stage.at.checked_add(minutes(wait)).ok()?;
        due.is_none_or(|due| due > wanted).then(|| {
            format!(
                "after stage {} of `{plan}` {} has to go on at {wanted}, and nothing waits",
                stage.number,
                short(&change.id)
            )
        })
    })
}

/// A step of a contact's engagement plan that has to come next and is not awaited.
fn step_not_due(dossier: &Dossier, engagement: &Engagement, due: Option<Timestamp>) -> Option<String> {
    let Engaged::Contact { contact, plan, .. } = &engagement.engaged else { return None };
    let asked = dossier.asked.get(&engagement.id).filter(|asked| !asked.hurried)?;
    if engagement.state != EngagementState::Engaging {
        return None;
    }
    let next = plan.steps.iter().filter_map(|step| {
        let first = asked.since.checked_add(minutes(step.after_minutes)).ok()?;
        match asked.paged_at {
            // It has been paged by then; a step that repeats until somebody answers comes again.
            Some(at) if first <= at => {
                let repeat = step.repeat.filter(|repeat| repeat.times.is_none())?;
                at.checked_add(minutes(repeat.every_minutes)).ok()
            }
            Some(_) | None => Some(first),
        }
    });
    let wanted = next.min()?;
    due.is_none_or(|due| due > wanted).then(|| format!("{contact} is to be paged at {wanted}"))
}

/// The stage that follows, and after how many minutes.
fn next_stage(plan: &ResponsePlan, last: Option<&Stage>) -> Option<(u32, u32)> {
    let number = last.map_or(0, |stage| stage.number + 1);
    plan.stages.get(number as usize).map(|stage| (number, stage.after_minutes))
}

fn inv_03_nothing_leaves_that_was_stopped_before_its_claim(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Committed(commit) => commit.orders.iter().find_map(|change| {
            let before = change.before.as_ref().filter(|before| change.after.attempt > before.attempt)?;
            let is_void = before.stopped || before.settled;
            is_void.then(|| format!("{}/{} is claimed and had been stopped or settled", change.key.pk, change.key.sk))
        }),
        Moment::Asked(sending) => {
            let order = books.order_of(sending)?;
            let is_page = matches!(order.record.order, OrderRecord::Page { .. });
            (is_page && order.claimed_over).then(|| format!("{sending} leaves, and its claim came after its end"))
        }
        _ => None,
    }
}

fn inv_04_one_open_incident_for_a_key(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    let counted = commit.counted.iter().find_map(|id| {
        let dossier = books.dossiers.get(id)?;
        if !dossier.incident.is_open() {
            return Some(format!("a repeat is counted on {}, which is over", short(id)));
        }
        // What says neither who it is nor when it was is another one each time it comes.
        if !dossier.incident.opening.source.tells_time() {
            return None;
        }
        let of_key = books.signals_of_key.get(&dossier.incident.opening.dedupe_key)?;
        let fires = |number: &&usize| books.signals[**number].signal.state == SignalState::Firing;
        let most = of_key.iter().filter(fires).count().saturating_sub(1);
        let is_too_many = dossier.repeats > u64::try_from(most).unwrap_or(u64::MAX);
        is_too_many.then(|| format!("{} repeats on {}, and it fired {most} times more", dossier.repeats, short(id)))
    });
    counted.or_else(|| commit.incidents.iter().find_map(|change| opens_twice(books, commit, change)))
}

fn opens_twice(books: &Books, commit: &Commit, change: &Change) -> Option<String> {
    let dossier = books.dossiers.get(&change.id)?;
    let opening = &dossier.incident.opening;
    if change.before.is_none() {
        let same = |(id, other): &(&String, &Dossier)| {
            *id != &change.id && other.incident.opening.response_plan == opening.response_plan
        };
        let others = || books.dossiers_of(&opening.dedupe_key).filter(same);
        if let Some((other, _)) = others().find(|(_, other)| other.incident.is_open()) {
            return Some(format!("{} opens while {} is open for the same key", short(&change.id), short(other)));
        }
        let occurred_ms = opening.occurred_at.as_millisecond();
        if let Some((other, _)) = others().find(|(_, other)| other.is_known_over() > occurred_ms + books.skew) {
            return Some(format!("{} opens, and {} ended after it", short(&change.id), short(other)));
        }
        return overtaken(books, commit, change);
    }
    // A recovery that is older than a firing that has been counted closes nothing.
    let ends = dossier.events(change).iter().any(|event| matches!(event.kind, TimelineKind::Resolved { .. }));
    let signal = books.carries.get(&commit.run).and_then(|signal| books.signals.get(*signal)).filter(|_| ends)?;
    let newest = dossier.newest_repeat?;
    let is_older = signal.signal.occurred_at.as_millisecond() < newest - books.skew;
    is_older.then(|| format!("{} is ended by a recovery from before its newest firing", short(&change.id)))
}

fn inv_05_no_page_is_lost_and_none_doubled_without_a_reason(books: &Books, moment: &Moment<'_>) -> Option<String> {
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
        Moment::Looked { who, incident, page, since } => unseen(books, who, incident, page, *since),
        Moment::Morning => books.orders.iter().find_map(|(key, order)| unsent(books, key, order)),
        _ => None,
    }
}

/// A firing that opens an incident although a later recovery has been taken in.
fn overtaken(books: &Books, commit: &Commit, change: &Change) -> Option<String> {
    let fires = &books.signals[*books.carries.get(&commit.run)?].signal;
    let is_later = |number: &&usize| {
        let known = &books.signals[**number];
        let later = known.signal.occurred_at.as_millisecond() > fires.occurred_at.as_millisecond() + books.skew;
        later && known.is_done && known.signal.state == SignalState::Recovered
    };
    let recovery = books.signals_of_key.get(&fires.dedupe_key)?.iter().find(is_later)?;
    let at = books.signals[*recovery].signal.occurred_at;
    Some(format!("{} opens for what fired before a recovery at {at} that is known", short(&change.id)))
}

impl Dossier {
    /// The newest event time that is known of it once it is over.
    fn is_known_over(&self) -> i64 {
        if self.incident.is_open() {
            return i64::MIN;
        }
        let opened = self.incident.opening.occurred_at.as_millisecond();
        [Some(opened), self.newest_repeat, self.ended_by].into_iter().flatten().max().unwrap_or(opened)
    }
}

/// A channel that is said to be done, and is not.
fn settled_wrongly(books: &Books, change: &super::books::OrderChange) -> Option<String> {
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

/// Whether a later page of the same engagement has left on a channel, or is still to leave there.
fn has_successor(books: &Books, key: &Key, channel: &ChannelId) -> bool {
    let Some(order) = books.orders.get(key) else { return false };
    books.later_pages(key, order).any(|later| later.says_on(channel.as_str()))
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
fn given_up_early(books: &Books, change: &super::books::OrderChange) -> Option<String> {
    let order = books.orders.get(&change.key)?;
    if !change.receipts.iter().any(|(_, outcome)| outcome == "given_up") {
        return None;
    }
    let first = order.claimed_first_at?;
    // Who dies with an order, and a table that does not say what it has done, use up attempts.
    let is_excuse = |trouble: &super::books::Trouble| {
        trouble.class == Class::Function && trouble.from <= books.now && trouble.until >= first
    };
    let tried = books.now - first;
    (tried < HOUR && !books.troubles.iter().any(is_excuse))
        .then(|| format!("{}/{} is given up after {:.3}s", change.key.pk, change.key.sk, tried as f64 / 1_000.0))
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
        let is_excuse = |trouble: &super::books::Trouble| {
            trouble.class == Class::Function && trouble.from <= books.now && trouble.until >= ordered
        };
        let is_early = books.now - ordered < HOUR && !books.troubles.iter().any(is_excuse);
        let is_early = is_early && why.starts_with("not started");
        is_early.then(|| format!("runbook {run} of {} is given up: {why}", short(&change.id)))
    })
}

/// What waits for somebody and is not on the page of another incident of its plan: a message that has only counted it leads there.
fn unseen(books: &Books, who: &str, incident: &str, page: &str, since: Ms) -> Option<String> {
    let looked_at = books.dossiers.get(incident)?;
    let is_shown = |other: &&Dossier| page.contains(&format!(">{}<", other.incident.opening.title));
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

fn inv_06_nobody_waits_for_a_provider_of_another(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Asked(sending) = moment else { return None };
    let order = books.order_of(sending)?;
    let waited = books.now - order.claimed_at;
    let is_excused = |trouble: &super::books::Trouble| {
        let counts = !matches!(trouble.class, Class::Provider | Class::Automation);
        counts && trouble.from <= books.now && trouble.until >= order.claimed_at
    };
    (waited > ASKED_MS && !books.troubles.iter().any(is_excused))
        .then(|| format!("{sending} leaves {:.3}s after its claim", waited as f64 / 1_000.0))
}

fn inv_07_the_timeline_replays_to_the_state(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    let incident = commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        let revision = dossier.incident.revision;
        let expected = change.before.as_ref().map_or(1, |before| before.revision + 1);
        if revision != expected || change.event_revision != Some(revision) {
            return Some(format!(
                "{} goes to revision {revision}, its events to {:?}",
                short(&change.id),
                change.event_revision
            ));
        }
        let (told, is) = (&dossier.told, Replayed::from_incident(&dossier.incident));
        (*told != is).then(|| format!("the timeline of {} tells {told:?}, and it is {is:?}", short(&change.id)))
    });
    incident.or_else(|| commit.orders.iter().find_map(|change| untold(books, commit, change)))
}

/// An attempt whose outcome is not on the timeline.
fn untold(books: &Books, commit: &Commit, change: &super::books::OrderChange) -> Option<String> {
    let order = books.orders.get(&change.key)?;
    let is_settlement = change.before.as_ref().is_some_and(|before| {
        before.attempt == change.after.attempt && before.lease_until.is_some() && change.after.lease_until.is_none()
    });
    if !is_settlement {
        return None;
    }
    let is_told = |channel: &str| change.receipts.iter().any(|(of, _)| of == channel);
    let taken = |(channel, took): &(&String, &Vec<super::books::Took>)| {
        took.iter().any(|took| took.run == commit.run && took.attempt == change.after.attempt) && !is_told(channel)
    };
    if let Some((channel, _)) = order.channels.iter().find(taken) {
        return Some(format!("the {channel} of {}/{} left, and no receipt says so", change.key.pk, change.key.sk));
    }
    let OrderRecord::Page { .. } = &change.after.order else { return None };
    let dossier = books.dossiers.get(change.key.pk.strip_prefix("INCIDENT#")?)?;
    let page = change.after.page();
    let is_on = |refused: &String| {
        dossier.timeline.iter().any(|event| match &event.kind {
            TimelineKind::Undelivered { page: of, channel, .. } => *of == page && channel.as_str() == refused,
            _ => false,
        })
    };
    let refused = order.refused.iter().find(|channel| !is_on(channel))?;
    Some(format!("the {refused} of {}/{} was refused, and the timeline does not say so", change.key.pk, change.key.sk))
}

fn inv_08_a_plan_is_frozen_when_it_begins(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        if change.froze
            && change.was_frozen
            && !dossier.events(change).iter().any(|event| {
                matches!(event.kind, TimelineKind::ResponderAdded { .. } | TimelineKind::Reassigned { .. })
            })
        {
            return Some(format!("the plan of {} is frozen a second time", short(&change.id)));
        }
        let in_force = in_force(books);
        let stranger = |event: &TimelineEvent| match &event.kind {
            TimelineKind::OnCall { schedule, contacts } => {
                let is_on_call = |home: &&Arc<Home>| home.on_call(schedule, event.at).as_ref() == Some(contacts);
                (!in_force.iter().any(is_on_call)).then(|| format!("{contacts:?} are asked as on call in `{schedule}`"))
            }
            _ => None,
        };
        if let Some(text) = dossier.events(change).iter().find_map(stranger) {
            return Some(format!("{text}, which they are not at that instant"));
        }
        if !change.froze || change.was_frozen {
            return None;
        }
        let frozen = dossier.frozen.as_ref()?;
        let is_one = in_force.iter().any(|home| home.plan(&frozen.response.name) == Some(&frozen.response));
        (!is_one).then(|| format!("{} begins with a plan that nobody has applied", short(&change.id)))
    })
}

/// What was in force when a decision that is committed now read it, a moment before.
fn in_force(books: &Books) -> Vec<&Arc<Home>> {
    let is_recent = |since: Ms| since > books.now - READ_BEFORE_MS;
    let recent = books.homes.iter().rev().take_while(|(since, _)| is_recent(*since));
    let before = books.homes.iter().rev().find(|(since, _)| !is_recent(*since));
    recent.chain(before).map(|(_, home)| home).collect()
}

fn inv_09_stages_never_collapse(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        let ahead = dossier.events(change).iter().find(|event| books.ms(event.at) > books.now + EARLY_MS + books.skew);
        if let Some(event) = ahead {
            return Some(format!(
                "{:?} happens to {} before its time, which is {}",
                event.kind,
                short(&change.id),
                event.at
            ));
        }
        let frozen = dossier.frozen.as_ref()?;
        let (mut last, mut escalations) = (change.stage, change.escalations.clone());
        let opened_at = dossier.incident.opened_at;
        // A plan within a plan begins anew with each stage that asks it.
        let mut begun: BTreeSet<EngagementId> = BTreeSet::new();
        let parent = |id: &EngagementId| dossier.incident.engagement(*id).and_then(|engagement| engagement.parent);
        dossier.events(change).iter().find_map(|event| {
            let begins = match &event.kind {
                TimelineKind::StageStarted { stage } | TimelineKind::StageSkipped { stage, .. } => {
                    let again = last.is_some_and(|last| last.number == *stage);
                    let wait = frozen.response.stages.get(*stage as usize).map_or(0, |stage| stage.after_minutes);
                    let base = last.map_or(opened_at, |last| last.at);
                    let free = again || last.is_some_and(|last| last.hurried);
                    let skipped = matches!(event.kind, TimelineKind::StageSkipped { .. }) && again;
                    last = Some(Stage { number: *stage, round: 0, at: event.at, hurried: skipped });
                    (!free).then_some((format!("stage {stage}"), base, wait))
                }
                TimelineKind::EscalationStageStarted { engagement, plan, stage, round } => {
                    let before = escalations
                        .insert(*engagement, Stage { number: *stage, round: *round, at: event.at, hurried: false });
                    let escalation = frozen.escalations.get(plan);
                    let wait = before
                        .and_then(|before| escalation?.stages.get(before.number as usize))
                        .map_or(0, |stage| stage.minutes);
                    begun.insert(*engagement);
                    let anew =
                        (*stage, *round) == (0, 0) && parent(engagement).is_some_and(|above| begun.contains(&above));
                    before
                        .filter(|before| !before.hurried && !anew)
                        .map(|before| (format!("stage {stage} of `{plan}`"), before.at, wait))
                }
                TimelineKind::EscalationStageSkipped { engagement, .. } => {
                    escalations.entry(*engagement).and_modify(|stage| stage.hurried = true);
                    None
                }
                TimelineKind::Escalated { .. } => {
                    last.iter_mut().for_each(|stage| stage.hurried = true);
                    escalations.values_mut().for_each(|stage| stage.hurried = true);
                    None
                }
                TimelineKind::AskedAgain { engagements, .. } => {
                    for id in engagements {
                        escalations.entry(*id).and_modify(|stage| stage.hurried = true);
                    }
                    None
                }
                _ => None,
            };
            let (what, base, wait) = begins?;
            too_early(&change.id, &what, base, wait, event.at)
        })
    })
}

fn too_early(id: &str, what: &str, base: Timestamp, wait: u32, at: Timestamp) -> Option<String> {
    let earliest = base.checked_add(minutes(wait)).ok()?;
    (at < earliest).then(|| format!("{what} of {} begins at {at}, and not after {earliest}", short(id)))
}

fn inv_10_looking_changes_nothing(_: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.is_look.then(|| "somebody looks at a page, and something is written".to_owned())
}

fn inv_00_no_function_fails_by_itself_and_all_is_done_in_the_end(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Answered { run, handler, success: false } if !books.troubled.contains(run) => {
            Some(format!("{} fails as {run}, and nothing had been done to it", handler.name()))
        }
        Moment::Minute { waiting } => {
            let most = WAITING_MAX * books.dossiers.len().max(1);
            let most = if books.piles_up() { PILED_UP * most } else { most };
            (*waiting > most).then(|| format!("{waiting} messages wait in queues: hints make more hints"))
        }
        Moment::Morning => books.dossiers.iter().find_map(|(id, dossier)| forgotten(books, id, dossier)),
        _ => None,
    }
}

/// Somebody who is asked, and has neither been paged nor passed over.
fn forgotten(books: &Books, id: &str, dossier: &Dossier) -> Option<String> {
    let incident = &dossier.incident;
    if matches!(incident.status, Status::Resolved(_)) {
        return None;
    }
    if matches!(incident.progress, Progress::Waiting { .. }) {
        return Some(format!("the plan of {} has not begun by the morning", short(id)));
    }
    let is_told = |of: EngagementId| {
        dossier.timeline.iter().any(|event| match &event.kind {
            TimelineKind::Paged { engagement, .. } | TimelineKind::NotPaged { engagement, .. } => *engagement == of,
            _ => false,
        })
    };
    let left = |engagement: &&reveille_domain::Engagement| {
        engagement.contact().is_some()
            && engagement.state == EngagementState::Engaging
            && books.ms(engagement.began_at) < books.now - LATE_MS
            && !is_told(engagement.id)
    };
    let left = incident.engagements.iter().find(left)?;
    Some(format!("{:?} is asked in {} and has never been paged", left.contact(), short(id)))
}
