//! What the timelines have that has not been told yet.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Player, Told, since};
use crate::timeline::{Line, lines};

/// How far the timelines have been told.
pub(super) struct News {
    /// The first signal, from which programs count seconds.
    pub(super) signal_at: Timestamp,
    told: BTreeSet<(String, String)>,
}

impl News {
    pub(super) fn since(signal_at: Timestamp) -> Self {
        Self { signal_at, told: BTreeSet::new() }
    }
}

impl Player<'_> {
    /// Tells what is new on the timelines, in the order of time.
    pub(super) fn tell_news(&mut self) {
        let mut fresh: Vec<Line> = Vec::new();
        for incident in self.world.incidents() {
            let id = &incident.opening.id;
            for row in self.world.timeline_rows(id) {
                let sk = row.get("sk").and_then(serde_json::Value::as_str).unwrap_or_default();
                if self.news.told.insert((id.to_string(), sk.to_owned())) {
                    fresh.extend(lines(&row, id, self.news.signal_at).expect("the engine reads what it wrote"));
                }
            }
        }
        fresh.sort_by(|a, b| a.at.total_cmp(&b.at));
        let later = since(self.news.signal_at, self.scenario.begins);
        for line in fresh {
            let at = line.at + later;
            (self.tell)(Told::Line { line, at });
        }
    }
}
