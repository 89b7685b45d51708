//! What the timelines have that has not been told yet.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_engine::port::Item;
use serde_json::Value;

use super::behind::Behind;
use super::{Player, Told, since};
use crate::timeline::{Line, lines};

/// How far the timelines have been told.
pub(super) struct News {
    /// The first signal, from which programs count seconds.
    pub(super) signal_at: Timestamp,
    told: BTreeSet<(String, String)>,
    /// The messages and runbooks that have been told behind a line.
    pub(super) told_behind: BTreeSet<(String, String)>,
}

impl News {
    pub(super) fn since(signal_at: Timestamp) -> Self {
        Self { signal_at, told: BTreeSet::new(), told_behind: BTreeSet::new() }
    }
}

impl Player<'_> {
    /// Tells what is new on the timelines, in the order of time.
    pub(super) fn tell_news(&mut self) {
        let mut fresh: Vec<(Line, Option<Behind>)> = Vec::new();
        for incident in self.world.rows().incidents() {
            let id = &incident.opening.id;
            let mut untold = if self.scenario.end.is_some() { self.untold(id) } else { BTreeMap::new() };
            for row in self.world.rows().timeline_rows(id) {
                let sk = sort_key(&row);
                if !self.news.told.insert((id.to_string(), sk.to_owned())) {
                    continue;
                }
                let mut of_row = revision(sk).and_then(|revision| untold.get_mut(&revision));
                for line in lines(&row, id, self.news.signal_at).expect("the engine reads what it wrote") {
                    let found = of_row.as_mut().and_then(|untold| {
                        let place = untold.iter().position(|untold| untold.is_behind(&line))?;
                        Some(untold.remove(place))
                    });
                    let behind = found.map(|found| {
                        self.news.told_behind.insert(found.key);
                        found.behind
                    });
                    fresh.push((line, behind));
                }
            }
        }
        fresh.sort_by(|(a, _), (b, _)| a.at.total_cmp(&b.at));
        let later = since(self.news.signal_at, self.scenario.begins);
        for (line, behind) in fresh {
            let at = line.at + later;
            (self.tell)(Told::Line { line, at, behind });
        }
    }
}

fn sort_key(row: &Item) -> &str {
    row.get("sk").and_then(Value::as_str).unwrap_or_default()
}

/// The revision that a row belongs to, which its key says: `EVENT#0000000003`, and whatever follows.
fn revision(sort_key: &str) -> Option<u64> {
    sort_key.split('#').nth(1)?.parse().ok()
}
