//! What is noted of a commit, row by row.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_domain::{FrozenPlan, Incident, TimelineEvent, TimelineKind};
use reveille_engine::limits::{HINT_EARLY_MS, RAW_BYTES_MAX};
use reveille_engine::port::{Item, Key, Write};
use reveille_engine::record::{
    Delivery, EventsRecord, FrozenPlanRecord, IncidentRecord, OutboxRecord, ReceiptsRecord, from_item,
};
use reveille_local::MemoryTable;
use serde::de::DeserializeOwned;

use super::{Books, Change, Commit, Dossier, Due, FirstPage, Moment, Order, OrderChange};

impl Books {
    /// A row or several have been written.
    pub(crate) fn written(&mut self, run: usize, is_look: bool, writes: &[Write], table: &MemoryTable) {
        let mut commit = Commit {
            run,
            is_look,
            incidents: Vec::new(),
            orders: Vec::new(),
            counted: Vec::new(),
            told: Vec::new(),
            waited: Vec::new(),
        };
        for write in writes {
            table.see(&write.key, |row| self.note(&mut commit, &write.key, row));
        }
        self.note_incidents(&mut commit, writes, table);
        self.check(&Moment::Committed(&commit));
    }

    fn note(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        self.note_due(commit, key, row);
        if key.sk.starts_with("OUTBOX#") {
            if let Some(record) = row.and_then(read::<OutboxRecord>) {
                self.note_order(commit, key, record);
            }
        } else if key.sk.contains("#RECEIPT#") && !key.sk.contains("REPORT") {
            self.note_receipts(commit, key, row);
        } else if let Some(id) = key.pk.strip_prefix("COUNT#").and_then(|rest| rest.split('#').next()) {
            self.note_count(commit, id, row);
        } else if let Some(row) = row.filter(|row| key.pk.starts_with("PAGED#") && row.contains_key("told_at")) {
            self.told.insert(key.clone());
            self.note_told(commit, key, row);
        }
    }

    fn note_due(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        let at = row.filter(|row| row.contains_key("due_pk")).and_then(|row| row.get("due_at")?.as_i64());
        let at = at.map(|ms| ms - self.started_at.as_millisecond());
        // What stands alone, and what runs, is looked after by the tick alone. And where clocks differ by more than hints come early, an
        // order that was put off on one of them is not due yet on another when its hint comes.
        let alone = key.pk.starts_with("ORDER#") || key.pk.starts_with("AUTOMATION#");
        // And nobody waits for what has been stopped.
        let is_stopped = row.and_then(|row| row.get("stopped")).and_then(serde_json::Value::as_bool) == Some(true);
        let by_tick = alone || is_stopped || key.sk.starts_with("OUTBOX#") && self.skew > HINT_EARLY_MS;
        let before = self.due.get_mut(key);
        if before.as_ref().map(|due| due.at) == at {
            if let Some(due) = before {
                due.by_tick = by_tick;
            }
            return;
        }
        if let Some(before) = before.copied() {
            commit.waited.push((key.clone(), before));
        }
        match at {
            Some(at) => {
                let due_pk = row.and_then(|row| row.get("due_pk")?.as_str());
                let is_runbook = due_pk.is_some_and(|due_pk| due_pk.contains("#runbook#"));
                self.due.insert(key.clone(), Due { at, since: self.now, by_tick, is_runbook })
            }
            None => self.due.remove(key),
        };
    }

    fn note_order(&mut self, commit: &mut Commit, key: &Key, after: OutboxRecord) {
        let now = self.now;
        let overtaken = |record: &OutboxRecord| {
            let dossier = key.pk.strip_prefix("INCIDENT#").and_then(|id| self.dossiers.get(id));
            dossier.is_some_and(|dossier| record.is_overtaken(&dossier.incident))
        };
        let is_over = overtaken(&after);
        let before = match self.orders.get_mut(key) {
            None => {
                let order = Order {
                    record: after.clone(),
                    claimed_at: now,
                    claimed_first_at: None,
                    sent_at: None,
                    claimed_over: false,
                    receipts: Vec::new(),
                    channels: BTreeMap::new(),
                    refused: BTreeSet::new(),
                };
                self.orders.insert(key.clone(), order);
                None
            }
            Some(order) => {
                let before = std::mem::replace(&mut order.record, after.clone());
                if after.attempt > before.attempt {
                    order.claimed_at = now;
                    order.claimed_first_at.get_or_insert(now);
                    order.claimed_over = is_over;
                }
                let sent = |record: &OutboxRecord| {
                    record.order.channels().iter().filter(|channel| channel.delivery == Delivery::Sent).count()
                };
                if sent(&after) > sent(&before) {
                    order.sent_at = Some(now);
                }
                // From now on the table knows that the provider has it.
                for channel in after.order.channels().iter().filter(|channel| channel.delivery == Delivery::Sent) {
                    let taken = order.channels.get_mut(channel.id().as_str());
                    taken.into_iter().flatten().for_each(|took| took.is_settled = true);
                }
                Some(before)
            }
        };
        commit.orders.push(OrderChange { key: key.clone(), before, after, receipts: Vec::new() });
    }

    /// The receipts of an attempt stand in one transaction with the settlement of its order.
    fn note_receipts(&mut self, commit: &mut Commit, key: &Key, row: Option<&Item>) {
        let Some(record) = row.and_then(read::<ReceiptsRecord>) else { return };
        let receipts: Vec<(String, String)> =
            record.receipts.into_iter().map(|receipt| (receipt.channel, receipt.outcome)).collect();
        let order = key.sk.strip_prefix("EVENT#").and_then(|rest| rest.split_once("#RECEIPT#"));
        let Some((order, _)) = order else { return };
        let of = Key::new(key.pk.clone(), format!("OUTBOX#{order}"));
        if let Some(order) = self.orders.get_mut(&of) {
            order.receipts.extend(receipts.iter().cloned());
        }
        if let Some(change) = commit.orders.iter_mut().find(|change| change.key == of) {
            change.receipts.extend(receipts);
        }
    }

    fn note_count(&mut self, commit: &mut Commit, id: &str, row: Option<&Item>) {
        let is_sealed = row.is_some_and(|row| row.contains_key("sealed"));
        if let Some(dossier) = self.dossiers.get_mut(id).filter(|_| !is_sealed) {
            dossier.repeats += 1;
            let newest = row.and_then(|row| row.get("newest")?.as_i64());
            dossier.newest_repeat = dossier.newest_repeat.max(newest);
            commit.counted.push(id.to_owned());
        }
    }

    fn note_incidents(&mut self, commit: &mut Commit, writes: &[Write], table: &MemoryTable) {
        for state in writes.iter().filter(|write| write.key.sk == "STATE" && write.key.pk.starts_with("INCIDENT#")) {
            let id = state.key.pk.trim_start_matches("INCIDENT#").to_owned();
            let Some(after) = table.see(&state.key, |row| row.and_then(read::<IncidentRecord>)).map(Incident::from)
            else {
                continue;
            };
            let of = |prefix: &str| {
                let is_meant = |write: &&Write| {
                    write.key.pk == state.key.pk
                        && write.key.sk.starts_with(prefix)
                        && !write.key.sk.contains("RECEIPT")
                };
                writes.iter().find(is_meant).map(|write| &write.key)
            };
            let events = of("EVENT#").and_then(|key| table.see(key, |row| row.and_then(read::<EventsRecord>)));
            let froze = of("PLAN").and_then(|key| table.see(key, |row| row.and_then(read::<FrozenPlanRecord>)));
            let has_raw_text = of("RAW#").is_some_and(|key| table.see(key, is_raw_text));
            self.note_incident(commit, id.clone(), after, events, froze.map(FrozenPlan::from));
            if let Some(dossier) = self.dossiers.get_mut(&id).filter(|_| has_raw_text) {
                dossier.has_raw_text = true;
            }
        }
    }

    fn note_incident(
        &mut self,
        commit: &mut Commit,
        id: String,
        after: Incident,
        events: Option<EventsRecord>,
        froze: Option<FrozenPlan>,
    ) {
        let event_revision = events.as_ref().map(|events| events.rev);
        let events: Vec<TimelineEvent> =
            events.map(|events| events.events.into_iter().map(TimelineEvent::from).collect()).unwrap_or_default();
        let ended_by = self.carries.get(&commit.run).map(|signal| self.signals[*signal].signal.occurred_at);
        let ended_by = ended_by.filter(|_| !after.is_open()).map(Timestamp::as_millisecond);
        let (before, dossier) = match self.dossiers.entry(id.clone()) {
            Entry::Occupied(entry) => {
                let dossier = entry.into_mut();
                (Some(std::mem::replace(&mut dossier.incident, after)), dossier)
            }
            Entry::Vacant(entry) => {
                self.of_key.entry(after.opening.dedupe_key.clone()).or_default().push(id.clone());
                (None, entry.insert(Dossier::of(after)))
            }
        };
        let first = dossier.timeline.len();
        let change = Change {
            id,
            before,
            stage: dossier.stage,
            escalations: dossier.escalations.clone(),
            was_frozen: dossier.frozen.is_some(),
            froze: froze.is_some(),
            events: first..first + events.len(),
            event_revision,
        };
        if froze.is_some() && (dossier.frozen.is_none() || events.iter().any(adds_a_plan)) {
            dossier.frozen = froze;
        }
        for event in &events {
            if let TimelineKind::Paged { contact, .. } = &event.kind
                && self.first_by.is_some()
            {
                let first = FirstPage { ordered_at: self.now, has_left: false };
                self.first_pages.entry(contact.to_string()).or_insert(first);
            }
            dossier.note_stage(event);
            dossier.told.apply(event);
        }
        dossier.timeline.extend(events);
        dossier.changed_at = self.now;
        dossier.ended_by = dossier.ended_by.or(ended_by);
        commit.incidents.push(change);
    }
}

/// Whether a row holds a raw text, with as much of it as there is room for.
fn is_raw_text(row: Option<&Item>) -> bool {
    let text = row.and_then(|row| row.get("text")?.as_str()).map_or(0, str::len);
    let bytes = row.and_then(|row| row.get("bytes")?.as_u64()).and_then(|bytes| usize::try_from(bytes).ok());
    // The last character may not fit.
    text > 0 && bytes.is_some_and(|bytes| text + 4 > bytes.min(RAW_BYTES_MAX))
}

/// Whether an event may bring another plan into the frozen one.
fn adds_a_plan(event: &TimelineEvent) -> bool {
    matches!(event.kind, TimelineKind::ResponderAdded { .. } | TimelineKind::Reassigned { .. })
}

/// What the engine wrote, as the engine reads it.
fn read<T: DeserializeOwned>(row: &Item) -> Option<T> {
    from_item(row).ok()
}
