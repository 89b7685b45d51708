//! Notices of upcoming shifts: whose shift begins soon.

use jiff::{Span, Timestamp};

use super::Schedule;
use crate::ContactAlias;

/// That contacts are told of their shift so many minutes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// Minutes before the shift.
    pub before_minutes: u32,
}

/// Somebody's shift begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beginning {
    /// The first instant of the shift.
    pub at: Timestamp,
    /// Who was not on call right before it.
    pub contact: ContactAlias,
}

impl Schedule {
    /// Whose shift begins after one instant and not after another. Spans that follow each other without time between
    /// them name every beginning exactly once, so whoever asks each minute tells nobody twice.
    pub fn beginnings(&self, after: Timestamp, until: Timestamp) -> Vec<Beginning> {
        let mut edges: Vec<Timestamp> = self
            .shifts(after, until.checked_add(Span::new().seconds(1)).unwrap_or(until))
            .iter()
            .map(|shift| shift.start)
            .filter(|start| *start > after && *start <= until)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let mut beginnings = Vec::new();
        for at in edges {
            let before = self.on_call(at.checked_sub(Span::new().nanoseconds(1)).unwrap_or(at));
            let new = self.on_call(at).into_iter().filter(|contact| !before.contains(contact));
            beginnings.extend(new.map(|contact| Beginning { at, contact }));
        }
        beginnings
    }

    /// Whose shift begins within the next so many minutes.
    pub fn begins_within(&self, now: Timestamp, minutes: u32) -> Vec<Beginning> {
        let until = now.checked_add(Span::new().minutes(i64::from(minutes))).unwrap_or(Timestamp::MAX);
        self.beginnings(now, until)
    }
}
