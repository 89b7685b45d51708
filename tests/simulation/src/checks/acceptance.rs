//! Invariant 1: what the system says it has, it has.

use reveille_domain::{Actor, EngagementId, SignalState, TimelineEvent, TimelineKind};
use reveille_engine::key;
use reveille_local::MemoryTable;

use crate::books::{Books, Dossier, Known, Moment, short};

pub(super) fn inv_01_what_was_accepted_is_never_lost(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Accepted { who, incident } => {
            let dossier = books.dossiers.get(*incident)?;
            let answers = |event: &TimelineEvent| match &event.kind {
                TimelineKind::Acknowledged { by, .. } => by.to_string() == *who || matches!(by, Actor::Source(_)),
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

/// Whether a firing was over when it was taken in, and the row that said so is another incident's by now.
fn is_over_since(books: &Books, known: &Known, occurred_ms: i64) -> bool {
    let key = &known.signal.dedupe_key;
    let opened = books.dossiers_of(key).map(|(_, dossier)| dossier.incident.opening.occurred_at.as_millisecond());
    let newest_opening = opened.max().unwrap_or(i64::MIN);
    let of_key = books.signals_of_key.get(key).into_iter().flatten().map(|number| &books.signals[*number]);
    let mut recoveries = of_key.filter(|other| other.is_sent && other.signal.state == SignalState::Recovered);
    recoveries.any(|other| {
        let recovered_ms = other.signal.occurred_at.as_millisecond();
        occurred_ms - books.skew <= recovered_ms && recovered_ms <= newest_opening + books.skew
    })
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
            let plan = plan.unwrap_or_else(|| crate::plan_of(&known.name));
            let newest = table.see(&key::dedupe(&plan, &signal.dedupe_key), |row| row?.get("newest")?.as_i64());
            let is_over = newest.is_some_and(|newest| newest >= occurred_ms - books.skew)
                || is_over_since(books, known, occurred_ms);
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
