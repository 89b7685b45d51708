//! Many signals at once: what one message says is folded by dedupe key before the table is touched.
//!
//! All rows are read together. The firing signals of a key become one change, an opening or an addition, and many changes one
//! transaction. What is refused there says why: a cause that is known leaves its fold, and the rest is tried again. Whatever is not
//! as plain as that goes alone, in the order in which it occurred, as if it had come by itself.

mod change;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::StreamExt;
use reveille_domain::{IncidentId, SignalState, mutant};

use super::{Course, Holder, IGNORED, Intake, OVER, Origin, Received, Taken};
use crate::engine::{partition_key, sort_key};
use crate::error::{Chain, EngineError};
use crate::key;
use crate::limits::{ACTIONS_PER_TRANSACTION_MAX, CHANGES_AT_ONCE_MAX, SIGNALS_PER_FOLD_MAX};
use crate::nudge::Nudge;
use crate::port::{Item, Key, QueueName, Refusal, TableError, TransactError, Write};
use change::{Change, Refused};

/// What became of each signal, by its place.
type Outcomes = BTreeMap<usize, Result<Taken, EngineError>>;

/// One signal of a message, by its place there.
struct One<'a> {
    place: usize,
    course: Course<'a>,
    /// Where its own key leads.
    origin: Origin,
}

/// The signals of one dedupe key, the oldest first.
struct Fold<'a> {
    holder: Holder,
    /// What fires, up to the first that says something else.
    firing: Vec<One<'a>>,
    /// The others: each goes alone, after what fires.
    rest: Vec<usize>,
}

/// What a round of transactions has come to.
#[derive(Default)]
struct Done {
    outcomes: Vec<(usize, Taken)>,
    /// Incidents to look at.
    nudges: BTreeSet<IncidentId>,
    /// Signals that go alone, in the order in which they occurred.
    alone: Vec<Vec<usize>>,
    /// Who holds the keys now.
    holders: Vec<(Key, IncidentId)>,
}

impl Intake {
    /// Takes in everything that one message said; the outcomes stand in its order. An error of the whole: some of it may be taken in,
    /// and all of it may come again. Safe to repeat, as [`Intake::take`].
    pub async fn take_all(&self, received: &[Received<'_>]) -> Result<Vec<Result<Taken, EngineError>>, EngineError> {
        if let [one] = received {
            return Ok(vec![self.take(one).await]);
        }
        let mut outcomes = Outcomes::new();
        let mut alone = Vec::new();
        let mut folds = self.read_for_all(received, &mut outcomes).await?;
        while folds.iter().any(|fold| !fold.firing.is_empty()) {
            let mut round = Done::default();
            let changes = self.changes(&mut folds, &mut round);
            let failed = self.commit_all(changes, &mut round).await;
            self.nudge_all(&round.nudges).await;
            failed?;
            outcomes.extend(round.outcomes.into_iter().map(|(place, taken)| (place, Ok(taken))));
            alone.extend(round.alone);
            for (row, id) in round.holders {
                hold(&mut folds, &row, &id);
            }
        }
        alone.extend(folds.into_iter().map(|fold| fold.rest));
        outcomes.extend(self.each_alone(received, alone).await);
        Ok(outcomes.into_values().collect())
    }

    /// Reads for all of them at once, and folds them. What is over with already has its outcome.
    async fn read_for_all<'a>(
        &self,
        received: &'a [Received<'a>],
        outcomes: &mut Outcomes,
    ) -> Result<Vec<Fold<'a>>, EngineError> {
        let said = |(place, received): (usize, &'a Received<'a>)| {
            if matches!(received.signal.state, SignalState::Ignored(_)) { Err(place) } else { Ok((place, received)) }
        };
        let (said, ignored): (Vec<_>, Vec<_>) = received.iter().enumerate().map(said).partition(Result::is_ok);
        outcomes.extend(ignored.into_iter().filter_map(Result::err).map(|place| (place, Ok(IGNORED))));
        let said: Vec<(usize, &Received<'_>)> = said.into_iter().flatten().collect();
        if said.is_empty() {
            return Ok(Vec::new());
        }
        let guess = self.settings().await?;
        let now = self.engine.now();
        let under = |settings| said.iter().map(move |(place, one)| (*place, Course::of(one, settings, now)));
        let mut courses: Vec<(usize, Course<'a>)> = under(&guess).collect();
        let mut rows = self.rows(std::iter::once(key::settings()).chain(places_of(&courses))).await?;
        let settings = self.remember(rows.get(&key::settings()));
        if settings.revision() != guess.revision() {
            courses = under(&settings).collect();
            rows.extend(self.rows(places_of(&courses)).await?);
        }
        let withdrawn = |(place, course): (usize, Course<'a>)| match settings.admits(course.received) {
            true => Some((place, course)),
            false => {
                outcomes.insert(place, Ok(Taken::KeyWithdrawn));
                None
            }
        };
        Ok(folded(courses.into_iter().filter_map(withdrawn), &rows))
    }

    /// Rows by their keys.
    async fn rows(&self, keys: impl Iterator<Item = Key>) -> Result<HashMap<Key, Item>, EngineError> {
        let keys: HashSet<Key> = keys.collect();
        let items = self.engine.read(&Vec::from_iter(keys)).await?;
        Ok(items.into_iter().map(|item| (Key::new(partition_key(&item), sort_key(&item)), item)).collect())
    }

    /// The next change of each fold. A row stands in one of them only.
    fn changes<'a>(&self, folds: &mut [Fold<'a>], done: &mut Done) -> Vec<Change<'a>> {
        let mut touched = HashSet::new();
        let mut changes = Vec::with_capacity(folds.len());
        for fold in folds {
            let signals = fold.next(done);
            if signals.is_empty() {
                continue;
            }
            let change = Change::of(self, fold.holder.clone(), signals).and_then(|change| {
                let is_apart = change.writes().iter().all(|write| !touched.contains(&write.key));
                if is_apart { Ok(change) } else { Err(change.places()) }
            });
            match change {
                Ok(change) => {
                    touched.extend(change.writes().iter().map(|write| write.key.clone()));
                    changes.push(change);
                }
                // Everything of this key goes alone then: none may overtake another.
                Err(places) => {
                    let later = fold.firing.drain(..).map(|one| one.place).chain(std::mem::take(&mut fold.rest));
                    done.alone.push(places.into_iter().chain(later).collect());
                }
            }
        }
        changes
    }

    /// Commits changes, as many together as a transaction takes.
    async fn commit_all(&self, changes: Vec<Change<'_>>, done: &mut Done) -> Result<(), EngineError> {
        let together: Vec<_> = packed(changes).into_iter().map(|changes| self.commit_together(changes)).collect();
        let committed: Vec<(Done, Result<(), EngineError>)> =
            futures_util::stream::iter(together).buffer_unordered(CHANGES_AT_ONCE_MAX).collect().await;
        let mut outcome = Ok(());
        for (one, result) in committed {
            done.add(one);
            outcome = outcome.and(result);
        }
        outcome
    }

    /// Commits changes in one transaction. The error is of the whole message.
    async fn commit_together(&self, mut changes: Vec<Change<'_>>) -> (Done, Result<(), EngineError>) {
        let mut done = Done::default();
        // Each round that is refused takes something out of the changes, or makes an addition one that cannot be refused so again.
        while !changes.is_empty() {
            let writes: Vec<Write> = changes.iter_mut().flat_map(Change::take_writes).collect();
            match self.engine.transact_patiently(&writes).await {
                Ok(()) => changes.drain(..).for_each(|change| change.settle(&mut done)),
                Err(TransactError::Refused(refusals)) => changes = self.rest_of(changes, &refusals, &mut done),
                // Something is wrong with one of them, or in the way of one: the others must not suffer.
                Err(TransactError::Table(TableError::Invalid(_) | TableError::Conflict | TableError::Refused(_))) => {
                    done.alone.extend(changes.drain(..).map(|change| change.places()));
                }
                Err(error) => return (done, Err(error.into())),
            }
        }
        (done, Ok(()))
    }

    /// What is left of changes whose transaction was refused.
    fn rest_of<'a>(&self, changes: Vec<Change<'a>>, refusals: &[Refusal], done: &mut Done) -> Vec<Change<'a>> {
        let mut first = 0;
        let mut left = Vec::with_capacity(changes.len());
        for change in changes {
            let own = first..first + change.actions();
            let refused = refusals.iter().filter(|refusal| own.contains(&refusal.place));
            match change.without(self, refused, own.start, done) {
                Refused::Again(change) => left.push(change),
                Refused::Alone(places) => done.alone.push(places),
                Refused::Over => {}
            }
            first = own.end;
        }
        left
    }

    /// Takes in what goes alone: lists side by side, and each list in its order.
    async fn each_alone(&self, received: &[Received<'_>], lists: Vec<Vec<usize>>) -> Outcomes {
        let taking = lists.into_iter().filter(|places| !places.is_empty()).map(|places| async move {
            let mut outcomes = Vec::with_capacity(places.len());
            for place in places {
                outcomes.push((place, self.take(&received[place]).await));
            }
            outcomes
        });
        let taken = futures_util::stream::iter(Vec::from_iter(taking)).buffer_unordered(CHANGES_AT_ONCE_MAX);
        taken.collect::<Vec<_>>().await.into_iter().flatten().collect()
    }

    /// As [`Intake::nudge`], for several.
    async fn nudge_all(&self, ids: &BTreeSet<IncidentId>) {
        if ids.is_empty() {
            return;
        }
        let now = self.engine.now();
        let messages: Vec<_> = ids.iter().map(|id| Nudge::now(id).message(now)).collect();
        if let Err(error) = self.engine.queue.send(QueueName::Nudges, &messages).await {
            let error = EngineError::from(error);
            tracing::warn!(error = %Chain(&error), "committed, but not every nudge was taken");
        }
    }
}

/// The rows that the signals' places in the table follow from.
fn places_of(courses: &[(usize, Course<'_>)]) -> impl Iterator<Item = Key> {
    courses.iter().flat_map(|(_, course)| [course.dedupe_row.clone(), course.origin_row.clone()])
}

/// The folds, in the order of their first signals.
fn folded<'a>(courses: impl Iterator<Item = (usize, Course<'a>)>, rows: &HashMap<Key, Item>) -> Vec<Fold<'a>> {
    let mut by_key: HashMap<Key, usize> = HashMap::new();
    let mut all: Vec<Vec<One<'a>>> = Vec::new();
    for (place, course) in courses {
        let at = *by_key.entry(course.dedupe_row.clone()).or_insert(all.len());
        if at == all.len() {
            all.push(Vec::new());
        }
        let origin = Origin::of(rows.get(&course.origin_row));
        all[at].push(One { place, course, origin });
    }
    all.into_iter().map(|signals| Fold::of(signals, rows)).collect()
}

impl<'a> Fold<'a> {
    /// The fold of the signals of one key.
    fn of(mut all: Vec<One<'a>>, rows: &HashMap<Key, Item>) -> Self {
        let holder = Holder::of(all.first().and_then(|one| rows.get(&one.course.dedupe_row)));
        all.iter_mut().for_each(|one| one.course.arrive_after(&holder));
        all.sort_by_key(|one| one.course.occurred_at);
        let is_plain = |received: &Received<'_>| received.signal.state == SignalState::Firing && !received.is_synthetic;
        let plain = all.iter().take_while(|one| is_plain(one.course.received)).count();
        let rest = all.split_off(plain).into_iter().map(|one| one.place).collect();
        let holder = if mutant("two-for-a-key") { Holder { incident: None, ..holder } } else { holder };
        Self { holder, firing: all, rest }
    }

    /// The next of what fires. What is known to be over is over with.
    fn next(&mut self, done: &mut Done) -> Vec<One<'a>> {
        let is_over = |one: &&One<'a>| self.holder.incident.is_none() && one.course.is_over(&self.holder);
        let over = self.firing.iter().take_while(is_over).count();
        for one in self.firing.drain(..over) {
            tracing::info!("a signal is older than the end of its incident");
            done.outcomes.push((one.place, OVER));
        }
        self.firing.drain(..self.firing.len().min(SIGNALS_PER_FOLD_MAX)).collect()
    }
}

impl Done {
    fn add(&mut self, other: Self) {
        self.outcomes.extend(other.outcomes);
        self.nudges.extend(other.nudges);
        self.alone.extend(other.alone);
        self.holders.extend(other.holders);
    }
}

/// What is left of a fold is counted on the incident that its first change has opened.
fn hold(folds: &mut [Fold<'_>], row: &Key, id: &IncidentId) {
    for fold in folds {
        if fold.firing.first().is_some_and(|one| one.course.dedupe_row == *row) {
            fold.holder.incident = Some(id.clone());
        }
    }
}

/// As many changes to a transaction as it takes.
fn packed(changes: Vec<Change<'_>>) -> Vec<Vec<Change<'_>>> {
    let mut packed: Vec<Vec<Change<'_>>> = Vec::new();
    let mut room = 0;
    for change in changes {
        let actions = change.actions();
        if actions > room || packed.is_empty() {
            packed.push(Vec::new());
            room = ACTIONS_PER_TRANSACTION_MAX;
        }
        room -= actions;
        packed.last_mut().expect("one has just been put there").push(change);
    }
    packed
}
