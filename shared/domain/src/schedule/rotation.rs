//! Rotations: members who take turns.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::clock::{Clock, second_of, timestamp};
use super::coverage::{Coverage, CoverageError};
use super::handoffs::{Every, HandoffError, Handoffs};
use super::turns::Turns;
use crate::limits::{MEMBERS_PER_ROTATION_MAX, ROTATION_START_YEARS};
use crate::{ContactAlias, RotationName};

/// How a rotation is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationRules {
    /// Unique in its schedule.
    pub name: RotationName,
    /// Where its wall clock hangs.
    pub time_zone: TimeZone,
    /// Wall clock of the first hand-off. Before it the rotation has nobody.
    pub start: DateTime,
    /// When it hands over.
    pub every: Every,
    /// In the order of their turns. Somebody who stands twice takes two turns.
    pub members: Vec<ContactAlias>,
    /// How many are on call at once: each shift is that of the next so many members.
    pub on_call: usize,
    /// The hours it works; `None`: around the clock.
    pub coverage: Option<Coverage>,
    /// Whether a shift without any hours of work uses a turn all the same.
    pub days_off_burn_turns: bool,
}

/// Members who take turns. Who it is at an instant is computed, never walked to.
#[derive(Clone, Debug)]
pub struct Rotation {
    rules: RotationRules,
    clock: Clock,
    handoffs: Handoffs,
    turns: Turns,
}

/// Why a rotation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationError {
    /// Nobody could ever be on call.
    NoMembers,
    /// More than [`MEMBERS_PER_ROTATION_MAX`].
    TooManyMembers,
    /// Nobody, or more people than there are, are to be on call at once.
    OnCall,
    /// A start outside [`ROTATION_START_YEARS`].
    Start,
    /// A time zone that has no name to store it by.
    TimeZone,
    /// The hand-offs cannot be.
    Handoffs(HandoffError),
    /// The hours cannot be.
    Coverage(CoverageError),
}

/// A time between two hand-offs, whether it is worked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// How many turns have been used before it.
    pub number: u64,
    /// The hand-off that begins it.
    pub start: Timestamp,
    /// The hand-off that ends it.
    pub end: Timestamp,
    /// Whose it is.
    pub members: Vec<ContactAlias>,
}

/// A stretch of a shift that is worked, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) team: Team,
}

/// The members of a shift, as the place of the first among all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Team(usize);

impl Rotation {
    /// Checks the rules and prepares the answers.
    pub fn new(rules: RotationRules) -> Result<Self, RotationError> {
        if rules.members.is_empty() {
            return Err(RotationError::NoMembers);
        }
        if rules.members.len() > MEMBERS_PER_ROTATION_MAX {
            return Err(RotationError::TooManyMembers);
        }
        if rules.on_call == 0 || rules.on_call > rules.members.len() {
            return Err(RotationError::OnCall);
        }
        if !ROTATION_START_YEARS.contains(&rules.start.year()) {
            return Err(RotationError::Start);
        }
        if rules.time_zone.iana_name().is_none() {
            return Err(RotationError::TimeZone);
        }
        let clock = Clock::new(rules.time_zone.clone(), super::clock::wall_of(rules.start));
        let handoffs = Handoffs::new(rules.start, &rules.every, &clock).map_err(RotationError::Handoffs)?;
        Ok(match rules.coverage.as_ref().filter(|coverage| !coverage.is_everything()) {
            None => Self { handoffs, turns: Turns::each(), rules, clock },
            Some(coverage) if rules.days_off_burn_turns => {
                let turns = Turns::burning(&handoffs, coverage, &clock);
                Self { handoffs, turns, rules, clock }
            }
            Some(coverage) => {
                let (every, per_turn) = days_of_work(&rules.every);
                let handoffs = Handoffs::new(rules.start, &every, &clock).map_err(RotationError::Handoffs)?;
                let turns = Turns::worked(&handoffs, coverage, &clock, per_turn);
                Self { handoffs, turns, rules, clock }
            }
        })
    }

    /// How it is set up.
    pub fn rules(&self) -> &RotationRules {
        &self.rules
    }

    /// Its time zone.
    pub fn time_zone(&self) -> &TimeZone {
        self.clock.zone()
    }

    /// The instant from which on it has anybody.
    pub fn start(&self) -> Timestamp {
        timestamp(self.handoffs.start())
    }

    /// Who is on call at an instant, in the order of their turns; nobody before the start and outside the coverage.
    pub fn on_call(&self, at: Timestamp) -> Vec<ContactAlias> {
        self.team_at(second_of(at)).map(|team| self.members(team).cloned().collect()).unwrap_or_default()
    }

    /// The time between two hand-offs in which an instant lies; `None` before the start.
    pub fn turn(&self, at: Timestamp) -> Option<Turn> {
        let second = second_of(at);
        if second < self.handoffs.start() {
            return None;
        }
        let mut first = self.handoffs.number_at(second, &self.clock);
        let mut next = first + 1;
        while first > 0 && !self.hands_over(first) {
            first -= 1;
        }
        while !self.hands_over(next) {
            next += 1;
        }
        Some(Turn {
            number: self.turns.used_before(first),
            start: timestamp(self.handoffs.instant(first, &self.clock)),
            end: timestamp(self.handoffs.instant(next, &self.clock)),
            members: self.members(self.team(first)).cloned().collect(),
        })
    }

    /// The instants of its hand-offs from one instant until another, the second one excluded. Two at the same instant,
    /// because the clock leaves out the time between them, are one.
    pub fn handoffs(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let mut instants = Vec::new();
        let begin = self.handoffs.start().max(second_of(from));
        let mut number = self.handoffs.number_at(begin, &self.clock);
        loop {
            let instant = timestamp(self.handoffs.instant(number, &self.clock));
            if instant >= to {
                return instants;
            }
            if instant >= from && self.hands_over(number) && instants.last() != Some(&instant) {
                instants.push(instant);
            }
            number += 1;
        }
    }

    /// Whose shift is worked at an instant.
    pub(super) fn team_at(&self, at: i64) -> Option<Team> {
        if at < self.handoffs.start() {
            return None;
        }
        if let Some(coverage) = &self.rules.coverage
            && !coverage.covers(self.clock.reading(at))
        {
            return None;
        }
        Some(self.team(self.handoffs.number_at(at, &self.clock)))
    }

    /// The members of a team, in the order of their turns, each once.
    pub(super) fn members(&self, team: Team) -> impl Iterator<Item = &ContactAlias> {
        let count = self.rules.members.len();
        let at = move |place: usize| &self.rules.members[(team.0 + place) % count];
        (0..self.rules.on_call).filter(move |place| !(0..*place).any(|before| at(before) == at(*place))).map(at)
    }

    /// What is worked between two instants, in order.
    pub(super) fn stretches(&self, from: i64, to: i64) -> Vec<Stretch> {
        let from = from.max(self.handoffs.start());
        let mut stretches = Vec::new();
        if from >= to {
            return stretches;
        }
        // Where every shift has the same team no hand-off changes anything.
        if self.rules.on_call == self.rules.members.len() && self.rules.on_call == 1 {
            self.worked(from, to, Team(0), &mut stretches);
            return stretches;
        }
        let mut number = self.handoffs.number_at(from, &self.clock);
        let mut start = from;
        while start < to {
            let end = self.handoffs.instant(number + 1, &self.clock).min(to);
            if start < end {
                self.worked(start, end, self.team(number), &mut stretches);
                start = end;
            }
            number += 1;
        }
        stretches
    }

    fn worked(&self, start: i64, end: i64, team: Team, stretches: &mut Vec<Stretch>) {
        match &self.rules.coverage {
            None => stretches.push(Stretch { start, end, team }),
            Some(coverage) => {
                coverage.between(&self.clock, start, end, |start, end| stretches.push(Stretch { start, end, team }));
            }
        }
    }

    /// Whether a hand-off of the grid begins a turn: turns of several days of work go on at some.
    fn hands_over(&self, number: i64) -> bool {
        !self.turns.last_several()
            || number == 0
            || self.turns.used_before(number) != self.turns.used_before(number - 1)
    }

    fn team(&self, number: i64) -> Team {
        let members = self.rules.members.len() as u64;
        let turn = self.turns.used_before(number) % members;
        Team((turn * self.rules.on_call as u64 % members) as usize)
    }
}

/// Turns of several days count days of work: the shifts are single days, so many to a turn. Where a period has hand-offs of
/// its own they stay what they are.
fn days_of_work(every: &Every) -> (Every, u32) {
    match every {
        Every::Days { count, handoffs } if handoffs.len() <= 1 => {
            (Every::Days { count: 1, handoffs: handoffs.clone() }, *count)
        }
        Every::Hours(_) | Every::Days { .. } | Every::Weeks { .. } | Every::Months { .. } => (every.clone(), 1),
    }
}

impl PartialEq for Rotation {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Rotation {}

impl fmt::Display for RotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RotationError::NoMembers => f.write_str("a rotation without members never has anybody on call"),
            RotationError::TooManyMembers => {
                write!(f, "a rotation has at most {MEMBERS_PER_ROTATION_MAX} members (MEMBERS_PER_ROTATION_MAX)")
            }
            RotationError::OnCall => f.write_str("at least one member is on call at once, and at most all of them"),
            RotationError::Start => write!(
                f,
                "a rotation starts in the years {} to {} (ROTATION_START_YEARS)",
                ROTATION_START_YEARS.start(),
                ROTATION_START_YEARS.end()
            ),
            RotationError::TimeZone => f.write_str("a time zone has a name of the IANA database"),
            RotationError::Handoffs(error) => error.fmt(f),
            RotationError::Coverage(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RotationError {}
