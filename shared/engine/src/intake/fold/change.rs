//! What firing signals of one dedupe key do to the table together: the first opens an incident and the others are counted on it, or
//! all are counted on the one that is open. Each cause has its row all the same, so that each counts once.

use std::collections::BTreeSet;

use reveille_domain::IncidentId;

use super::{Done, One};
use crate::commit;
use crate::intake::{Holder, Intake, Taken};
use crate::port::{Refusal, Write};
use crate::repeats::{Addition, is_sealed};

/// One change, with the writes that make it.
pub(super) struct Change<'a> {
    holder: Holder,
    /// The oldest first; no two have one cause.
    signals: Vec<One<'a>>,
    /// Those that say once more what one of the signals says.
    copies: Vec<One<'a>>,
    /// Something newer has been counted where these are.
    is_older: bool,
    writes: Vec<Write>,
    parts: Vec<Part>,
}

/// What a write is for, and so what it means if it is refused.
#[derive(Clone, Copy)]
enum Part {
    /// The cause of the signal of this number.
    Cause(usize),
    /// The incident that the first signal opens.
    Incident,
    /// That nobody else has just opened one.
    Free,
    /// The counter.
    Counter,
    /// Nothing that can be refused.
    Rest,
}

/// What is left of a change whose transaction was refused.
pub(super) enum Refused<'a> {
    /// A change that may succeed.
    Again(Change<'a>),
    /// Its signals go alone.
    Alone(Vec<usize>),
    /// Everything in it was known.
    Over,
}

impl<'a> Change<'a> {
    /// The change of these signals, of which there is at least one; those that go alone, if it is not plain.
    pub(super) fn of(intake: &Intake, holder: Holder, signals: Vec<One<'a>>) -> Result<Self, Vec<usize>> {
        let mut causes = BTreeSet::new();
        let (signals, copies) = signals.into_iter().partition(|one| causes.insert(one.course.cause.clone()));
        let change = Self { holder, signals, copies, is_older: false, writes: Vec::new(), parts: Vec::new() };
        change.written(intake)
    }

    /// How many actions of a transaction it takes.
    pub(super) fn actions(&self) -> usize {
        self.parts.len()
    }

    /// Its writes; they are gone from it then.
    pub(super) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// The rows that it writes.
    pub(super) fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The places of its signals, the oldest first.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut all: Vec<&One<'_>> = self.signals.iter().chain(&self.copies).collect();
        all.sort_by_key(|one| (one.course.occurred_at, one.place));
        all.into_iter().map(|one| one.place).collect()
    }

    /// It is committed.
    pub(super) fn settle(self, done: &mut Done) {
        let mut signals = self.signals.into_iter();
        let id = match (self.holder.incident, signals.as_slice()) {
            (Some(id), _) => id,
            (None, []) => return,
            (None, [first, ..]) => {
                let id = first.course.incident();
                done.nudges.insert(id.clone());
                done.holders.push((first.course.dedupe_row.clone(), id.clone()));
                done.outcomes.push((first.place, Taken::Opened(id.clone())));
                signals.next();
                id
            }
        };
        done.outcomes.extend(signals.map(|one| (one.place, Taken::Repeated(id.clone()))));
        done.outcomes.extend(self.copies.into_iter().map(|one| (one.place, Taken::Duplicate(id.clone()))));
    }

    /// What is left of it, if these of its writes were refused; `first` is the place of the first of them.
    pub(super) fn without<'r>(
        mut self,
        intake: &Intake,
        refused: impl Iterator<Item = &'r Refusal>,
        first: usize,
        done: &mut Done,
    ) -> Refused<'a> {
        let (mut known, mut is_lost, mut is_overtaken) = (BTreeSet::new(), false, false);
        for refusal in refused {
            match self.parts[refusal.place - first] {
                Part::Cause(number) => drop(known.insert(number)),
                // Its id is made of the cause.
                Part::Incident => drop(known.insert(0)),
                Part::Counter if !is_sealed(refusal) && !self.is_older => is_overtaken = true,
                Part::Counter | Part::Free | Part::Rest => is_lost = true,
            }
        }
        if is_lost && !known.contains(&0) {
            return Refused::Alone(self.places());
        }
        // What is left may be counted by another counter, on which nothing newer has been counted.
        self.is_older = (self.is_older || is_overtaken) && known.is_empty();
        let mut numbers = 0..;
        let (gone, left) = self.signals.into_iter().partition(|_| numbers.next().is_some_and(|n| known.contains(&n)));
        self.signals = left;
        let is_over = self.signals.is_empty();
        let copies = if is_over { std::mem::take(&mut self.copies) } else { Vec::new() };
        for one in Vec::into_iter(gone).chain(copies) {
            let id = self.holder.incident.clone().unwrap_or_else(|| one.course.incident());
            done.nudges.insert(id.clone());
            done.outcomes.push((one.place, Taken::Duplicate(id)));
        }
        match is_over {
            true => Refused::Over,
            false => self.written(intake).map_or_else(Refused::Alone, Refused::Again),
        }
    }

    /// The same with its writes.
    fn written(mut self, intake: &Intake) -> Result<Self, Vec<usize>> {
        let mut writes = Vec::with_capacity(self.signals.len() + 8);
        let mut parts = Vec::with_capacity(self.signals.len() + 8);
        let now = intake.engine().now();
        let opens = self.holder.incident.is_none();
        let id: IncidentId = match (&self.holder.incident, self.signals.first()) {
            (Some(id), _) => id.clone(),
            (None, Some(first)) => first.course.incident(),
            (None, None) => return Err(self.places()),
        };
        if let Some(One { course, origin, .. }) = self.signals.first().filter(|_| opens) {
            let has_elsewhere = !origin.besides(&course.dedupe_row).is_empty();
            let opening = intake.opening_writes(course, origin, &[]).filter(|_| !has_elsewhere);
            let Some((opening, free)) = opening else { return Err(self.places()) };
            parts.extend((0..opening.len()).map(|place| match place {
                commit::CAUSE_PLACE => Part::Cause(0),
                place if place < free.start => Part::Incident,
                place if free.contains(&place) => Part::Free,
                _ => Part::Rest,
            }));
            writes.extend(opening);
        }
        let counted = &self.signals[usize::from(opens)..];
        for (number, one) in (usize::from(opens)..).zip(counted) {
            writes.push(commit::cause_write(&one.course.cause, now));
            parts.push(Part::Cause(number));
        }
        if let (Some(first), Some(last), Ok(count)) = (counted.first(), counted.last(), i64::try_from(counted.len())) {
            let newest = last.course.occurred_at;
            let addition = Addition { id: &id, cause: &first.course.cause, count, newest };
            writes.push(if self.is_older { addition.as_older() } else { addition.as_newest() });
            parts.push(Part::Counter);
        }
        (self.writes, self.parts) = (writes, parts);
        Ok(self)
    }
}
