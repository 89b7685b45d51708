//! The different situations of a year: times in which the same people are on call and the same hours hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use reveille_domain::{ContactAlias, Hours};

use super::roster::Roster;
use super::spans::Span;

/// One situation, however often it comes.
pub(super) struct Situation {
    /// Its times, in order.
    pub(super) spans: Vec<Span>,
}

impl Situation {
    /// When it is first so.
    pub(super) fn first(&self) -> Timestamp {
        self.spans.first().map_or(Timestamp::MIN, |(start, _)| *start)
    }
}

/// What tells situations apart: who is on call in each roster. Where there are hours, every time between two edges stands for
/// itself, since what a plan does also depends on how long ago it began.
type Key<'r> = (Vec<&'r BTreeSet<ContactAlias>>, usize);

/// The situations between two instants, in the order in which they first come.
pub(super) fn situations(rosters: &[&Roster<'_>], hours: &[&Hours], from: Timestamp, to: Timestamp) -> Vec<Situation> {
    let mut edges: Vec<Timestamp> =
        rosters.iter().flat_map(|roster| roster.stretches.iter().map(|stretch| stretch.start)).collect();
    edges.extend(hours.iter().flat_map(|hours| hour_edges(hours, from, to)));
    edges.extend([from, to]);
    edges.retain(|edge| (from..=to).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    let mut places: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut found: Vec<Situation> = Vec::new();
    for (number, pair) in edges.windows(2).enumerate() {
        let &[start, end] = pair else { continue };
        let on_call = rosters.iter().map(|roster| roster.at(start)).collect();
        let key = (on_call, if hours.is_empty() { 0 } else { number });
        let place = *places.entry(key).or_insert(found.len());
        match found.get_mut(place) {
            Some(situation) => match situation.spans.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                Some(_) | None => situation.spans.push((start, end)),
            },
            None => found.push(Situation { spans: vec![(start, end)] }),
        }
    }
    found
}

/// The instants at which hours begin and end.
fn hour_edges(hours: &Hours, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let times = match hours.time {
        None => vec![Time::midnight()],
        Some((begin, end)) => vec![begin, end],
    };
    let last = hours.time_zone.to_datetime(to).date();
    let mut date = hours.time_zone.to_datetime(from).date();
    let mut edges = Vec::new();
    while date <= last {
        let instants = times.iter().filter_map(|time| hours.time_zone.to_timestamp(date.to_datetime(*time)).ok());
        edges.extend(instants);
        let Ok(tomorrow) = date.checked_add(1.day()) else { break };
        date = tomorrow;
    }
    edges
}
