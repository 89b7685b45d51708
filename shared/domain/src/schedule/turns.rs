//! Whose turn a shift is: how many turns have been used before it.
//!
//! The first shift that is worked is the first member's. After that every shift uses a turn, or only every shift that
//! is worked at all (the default): with hours of work on weekdays a Friday's successor works on Monday. Whether a
//! shift is worked is read off the clock on the wall, so the pattern repeats, and counting is a division. Turns of several
//! days count days of work: two days each, and Friday is one's first, then Monday is their second.

use super::clock::Clock;
use super::coverage::{Coverage, WEEK};
use super::handoffs::{Handoffs, gcd};

/// Counts turns.
#[derive(Clone, Debug)]
pub(super) enum Turns {
    /// Every shift uses one, from this shift on.
    Each { from: i64 },
    /// So many shifts that are worked use one. The first `before` shifts are counted apart, then the pattern repeats.
    Worked { before: Vec<u64>, cycle: Cycle, per_turn: u64 },
    /// The same for shifts of real hours: between two changes of the clock the pattern repeats.
    WorkedReal { sections: Vec<Section>, cycles: Vec<(i64, Cycle)> },
}

/// Which shifts of a cycle are worked.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    /// How many are worked before the shift of this place.
    before: Vec<u64>,
    total: u64,
}

/// Shifts that start while the clock keeps its offset.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The number of the first.
    first: i64,
    /// Turns used before it.
    used: u64,
    /// The place of the offset's cycle.
    cycle: usize,
}

impl Turns {
    /// The turns of a rotation in which every shift is the next one's.
    pub(super) fn each() -> Self {
        Turns::Each { from: 0 }
    }

    /// The turns of a rotation with days off, which use turns…
    pub(super) fn burning(handoffs: &Handoffs, coverage: &Coverage, clock: &Clock) -> Self {
        // Coverage comes every week and shifts leave no time between them, so one is worked.
        let worked = |number: &i64| is_worked(handoffs, coverage, clock, *number);
        Turns::Each { from: (0..).find(worked).unwrap_or(0) }
    }

    /// …or do not: then a turn lasts so many shifts that are worked.
    pub(super) fn worked(handoffs: &Handoffs, coverage: &Coverage, clock: &Clock, per_turn: u32) -> Self {
        let Some((first, length)) = handoffs.cycle() else {
            return real(handoffs, coverage, clock);
        };
        let worked = |number: i64| is_worked(handoffs, coverage, clock, number);
        let mut used = 0;
        let before = (0..first).map(|number| used_before(&mut used, worked(number))).collect();
        let cycle = Cycle::new(length, |place| worked(first + place), used);
        Turns::Worked { before, cycle, per_turn: u64::from(per_turn).max(1) }
    }

    /// Whether a turn can last several shifts.
    pub(super) fn last_several(&self) -> bool {
        match self {
            Turns::Worked { per_turn, .. } => *per_turn > 1,
            Turns::Each { .. } | Turns::WorkedReal { .. } => false,
        }
    }

    /// How many turns have been used before this shift.
    pub(super) fn used_before(&self, number: i64) -> u64 {
        match self {
            Turns::Each { from } => u64::try_from(number - from).unwrap_or(0),
            Turns::Worked { before, cycle, per_turn } => {
                let used = match usize::try_from(number).ok().and_then(|number| before.get(number)) {
                    Some(used) => *used,
                    None => cycle.used_before(number - before.len() as i64),
                };
                used / per_turn
            }
            Turns::WorkedReal { sections, cycles } => {
                let index = sections.partition_point(|section| section.first <= number).saturating_sub(1);
                sections[index].used_before(number, cycles)
            }
        }
    }
}

impl Cycle {
    fn new(length: i64, worked: impl Fn(i64) -> bool, used_at_first: u64) -> Self {
        let mut used = used_at_first;
        let before = (0..length).map(|place| used_before(&mut used, worked(place))).collect();
        Self { before, total: used - used_at_first }
    }

    fn used_before(&self, number: i64) -> u64 {
        let length = self.before.len() as i64;
        let cycles = u64::try_from(number.div_euclid(length)).unwrap_or(0);
        cycles * self.total + self.before[number.rem_euclid(length) as usize]
    }
}

impl Section {
    fn used_before(&self, number: i64, cycles: &[(i64, Cycle)]) -> u64 {
        let cycle = &cycles[self.cycle].1;
        self.used + cycle.used_before(number) - cycle.used_before(self.first)
    }
}

/// Whether a shift of real hours is worked is read off the clock at its start.
fn real(handoffs: &Handoffs, coverage: &Coverage, clock: &Clock) -> Turns {
    let seconds = handoffs.real_seconds().unwrap_or(WEEK);
    let length = WEEK / gcd(seconds, WEEK);
    let mut cycles: Vec<(i64, Cycle)> = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    for (start, offset) in clock.pieces() {
        let first = (start - handoffs.start() + seconds - 1).div_euclid(seconds).max(0);
        let used = sections.last().map_or(0, |last| last.used_before(first, &cycles));
        let cycle = cycles.iter().position(|(known, _)| *known == offset).unwrap_or_else(|| {
            let worked = |number: i64| {
                let wall = handoffs.start() + number * seconds + offset;
                coverage.touches(wall, wall + seconds)
            };
            cycles.push((offset, Cycle::new(length, worked, 0)));
            cycles.len() - 1
        });
        sections.push(Section { first, used, cycle });
    }
    Turns::WorkedReal { sections, cycles }
}

/// Whether any hours of work lie in a shift, by the clock on the wall.
fn is_worked(handoffs: &Handoffs, coverage: &Coverage, clock: &Clock, number: i64) -> bool {
    coverage.touches(handoffs.wall(number, clock), handoffs.wall(number + 1, clock))
}

/// What was used before this shift, and counts the shift.
fn used_before(used: &mut u64, worked: bool) -> u64 {
    let before = *used;
    *used += u64::from(worked);
    before
}
