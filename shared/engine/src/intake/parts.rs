//! Parts of a whole: a CloudWatch alarm on many time series speaks for each of them, and each has its own incident. When
//! the alarm is deleted none of them will ever say that it recovered, so the deletion is told to all.

use std::collections::BTreeSet;

use reveille_domain::{IncidentId, SignalState};
use serde_json::json;

use super::{Course, Holder, Intake, Taken, scoped};
use crate::error::EngineError;
use crate::key;
use crate::port::{Condition, Index, Item, Key, Query, Write};

/// Parts in one answer of the table: a row is two short texts.
const PARTS_PER_PAGE: u32 = 500;

impl Course<'_> {
    /// Leaves word with the whole where this part's incident is.
    pub(super) fn part_write(&self) -> Option<Write> {
        let signal = self.received.signal;
        let whole = scoped(self.received, signal.part_of.as_deref()?);
        let item = Item::from_iter([("dedupe_pk".to_owned(), json!(self.dedupe_row.pk))]);
        Some(Write::put(key::part(&whole, &scoped(self.received, &signal.dedupe_key)), item, Condition::Always))
    }
}

impl Intake {
    /// What became of a signal, after its parts have heard it too if it removes a whole. Safe to repeat: for each incident
    /// the removal counts once.
    pub(super) async fn with_parts(&self, course: &Course<'_>, taken: Taken) -> Result<Taken, EngineError> {
        if course.received.signal.state != SignalState::Removed {
            return Ok(taken);
        }
        let mut taken = taken;
        for id in self.open_parts(course).await? {
            let of_part = self.apply(course, &id, &format!("{} {id}", course.cause)).await?;
            if matches!(taken, Taken::Nothing(_)) {
                taken = of_part;
            }
        }
        Ok(taken)
    }

    /// The incidents that are open for parts of what this signal is about.
    async fn open_parts(&self, course: &Course<'_>) -> Result<BTreeSet<IncidentId>, EngineError> {
        let pk = key::origin(&scoped(course.received, &course.received.signal.dedupe_key)).pk;
        let index = Index::Table { pk, sk_prefix: key::PARTS.to_owned() };
        let mut query = Query { index, limit: PARTS_PER_PAGE, after: None };
        let mut open = BTreeSet::new();
        loop {
            let page = self.engine.table.query(&query).await?;
            let dedupe_pk = |part: &Item| Some(Key::new(part.get("dedupe_pk")?.as_str()?, "DEDUPE"));
            // Two parts may share one key, if the plan's template says so.
            let rows: BTreeSet<Key> = page.items.iter().filter_map(dedupe_pk).collect();
            let holders = self.engine.read(&Vec::from_iter(rows)).await?;
            open.extend(holders.iter().filter_map(|row| Holder::of(Some(row)).incident));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(open),
            }
        }
    }
}
