//! Invariant 4: a dedupe key has one open incident, and each firing counts once.

use reveille_domain::{SignalState, TimelineKind};

use crate::books::{Books, Change, Commit, Dossier, Moment, short};

pub(super) fn inv_04_one_open_incident_for_a_key(books: &Books, moment: &Moment<'_>) -> Option<String> {
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
