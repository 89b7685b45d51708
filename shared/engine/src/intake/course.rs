//! A signal on its way: everything that its place in the table follows from.

use jiff::Timestamp;
use reveille_domain::{
    Impact, IncidentId, IncidentTemplate, Opening, ResponsePlanName, Source, TestPage, limits, mutant, render,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Received, Settings};
use crate::commit;
use crate::key;
use crate::limits::RAW_BYTES_MAX;
use crate::port::{Condition, Item, Key, Write};

/// Incident ids are UUIDs of version 5 in this name space, so that one cause makes one incident.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0001);

/// Who holds a dedupe key.
#[derive(Clone, Debug, Default)]
pub(super) struct Holder {
    pub(super) incident: Option<IncidentId>,
    pub(super) newest_ms: Option<i64>,
}

/// A signal on its way, with everything that its place in the table follows from.
pub(super) struct Course<'a> {
    pub(super) received: &'a Received<'a>,
    pub(super) plan: ResponsePlanName,
    pub(super) dedupe_key: String,
    pub(super) cause: String,
    pub(super) opening: Opening,
}

impl Holder {
    pub(super) fn of(row: Option<&Item>) -> Self {
        let incident = row.and_then(|row| row.get("incident")?.as_str()).map(IncidentId::new);
        Self { incident, newest_ms: row.and_then(|row| row.get("newest")?.as_i64()) }
    }
}

impl<'a> Course<'a> {
    pub(super) fn of(received: &'a Received<'a>, settings: &Settings, now: Timestamp) -> Self {
        let signal = received.signal;
        if received.is_synthetic {
            return Self::synthetic(received, now);
        }
        let plan = settings.route(received);
        let template = settings.routing.templates.get(&plan);
        let filled = |template: &str, otherwise: &str| match template {
            "" => otherwise.to_owned(),
            // A template that the signal cannot fill must not cost the page.
            template => render(template, &received.facts).unwrap_or_else(|_| otherwise.to_owned()),
        };
        // Who opens an incident by hand has said what it is: a template fills in only what they left out.
        let by_hand = signal.source == Source::Manual;
        let text = |choose: fn(&IncidentTemplate) -> &str| template.filter(|_| !by_hand).map_or("", choose);
        let summary =
            if signal.summary.is_empty() { template.map_or("", |t| &t.summary) } else { text(|t| &t.summary) };
        let in_template = template.and_then(|t| t.impact);
        let impact = if by_hand { signal.impact.or(in_template) } else { in_template.or(signal.impact) };
        let dedupe = key::distinct(filled(text(|t| &t.dedupe), &signal.dedupe_key), limits::DEDUPE_CHARACTERS_MAX);
        let dedupe_key = scoped(received, &dedupe);
        let cause = scoped(received, &signal.cause);
        let title = filled(text(|t| &t.title), &signal.title);
        let mut tags = signal.tags.clone();
        tags.extend(template.into_iter().flat_map(|template| template.tags.clone()));
        let opening = Opening {
            id: incident_of(&cause),
            response_plan: plan.clone(),
            dedupe_key: dedupe_key.clone(),
            title: limits::clip(
                if title.trim().is_empty() { &signal.title } else { &title },
                limits::TITLE_CHARACTERS_MAX,
            ),
            summary: limits::clip(&filled(summary, &signal.summary), limits::SUMMARY_CHARACTERS_MAX),
            impact: impact.unwrap_or(Impact::Medium),
            source: signal.source,
            // A clock ahead of ours must not make every later signal look old.
            occurred_at: if signal.source.tells_time() { signal.occurred_at.min(now) } else { now },
            tags,
            facts: received.facts.clone(),
        };
        Self { received, plan, dedupe_key, cause, opening }
    }

    /// The whole way of an alarm, to a plan that is built in; its dedupe key is its own, so that none waits for the one before.
    fn synthetic(received: &'a Received<'a>, now: Timestamp) -> Self {
        let cause = scoped(received, &received.signal.cause);
        let opening = TestPage::synthetic().opening(incident_of(&cause), received.signal.occurred_at.min(now));
        Self { received, plan: opening.response_plan.clone(), dedupe_key: opening.dedupe_key.clone(), cause, opening }
    }

    /// What counts in the order of arrival is newer than what has arrived before, whichever clock that was read on.
    pub(super) fn arrive_after(&mut self, holder: &Holder) {
        let newest = holder.newest_ms.and_then(|ms| Timestamp::from_millisecond(ms.saturating_add(1)).ok());
        if let (false, Some(after)) = (self.received.signal.source.tells_time(), newest) {
            self.opening.occurred_at = self.opening.occurred_at.max(after);
        }
    }

    pub(super) fn dedupe_row(&self) -> Key {
        key::dedupe(&self.plan, &self.dedupe_key)
    }

    /// Where the signal's own key leads.
    pub(super) fn origin_row(&self) -> Key {
        key::origin(&scoped(self.received, &self.received.signal.dedupe_key))
    }

    /// Whether what it tells of is known to be over.
    pub(super) fn is_over(&self, holder: &Holder) -> bool {
        let occurred_ms = self.opening.occurred_at.as_millisecond();
        holder.newest_ms.is_some_and(|newest| occurred_ms <= newest && !mutant("late-firing-opens"))
    }

    /// Takes the dedupe key: nobody holds it, and nothing newer is known to be over.
    pub(super) fn hold(&self) -> Write {
        let occurred_ms = json!(self.opening.occurred_at.as_millisecond());
        let free = Condition::All(vec![
            Condition::Missing("incident"),
            Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms)]),
        ]);
        let free = if mutant("two-for-a-key") { Condition::Always } else { free };
        let free = if mutant("late-firing-opens") { Condition::Missing("incident") } else { free };
        let item = Item::from_iter([("incident".to_owned(), json!(self.opening.id.as_str()))]);
        Write::put(self.dedupe_row(), item, free)
    }

    pub(super) fn end(&self, now: Timestamp) -> Write {
        let occurred_ms = json!(self.opening.occurred_at.as_millisecond());
        let older = Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms.clone())]);
        let item =
            Item::from_iter([("newest".to_owned(), occurred_ms), ("ttl".to_owned(), json!(commit::in_days(now, 45)))]);
        Write::put(self.dedupe_row(), item, Condition::All(vec![Condition::Missing("incident"), older]))
    }

    /// The raw text, up to a size, with its length and hash: enough to see what came, and whether it is whole.
    pub(super) fn raw_write(&self) -> Write {
        let raw = self.received.raw;
        let mut end = raw.len().min(RAW_BYTES_MAX);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        let hash: String = Sha256::digest(raw.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let item = Item::from_iter([
            ("text".to_owned(), Value::String(raw[..end].to_owned())),
            ("bytes".to_owned(), json!(raw.len())),
            ("sha256".to_owned(), json!(hash)),
        ]);
        Write::put(key::raw(&self.opening.id), item, Condition::Always)
    }
}

/// The incident that a cause opens.
fn incident_of(cause: &str) -> IncidentId {
    IncidentId::new(Uuid::new_v5(&NAMESPACE, cause.as_bytes()).to_string())
}

/// Texts of one webhook stay apart from those of another.
pub(super) fn scoped(received: &Received<'_>, text: &str) -> String {
    if received.scope.is_empty() { text.to_owned() } else { format!("{}/{text}", received.scope) }
}
