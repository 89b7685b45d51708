//! A signal on its way: everything that its place in the table follows from.

use std::sync::Arc;

use jiff::Timestamp;
use reveille_domain::{
    Facts, Impact, IncidentId, IncidentTemplate, Opening, ResponsePlanName, Signal, Source, TestPage, limits, mutant,
    render,
};
use serde_json::json;
use uuid::Uuid;

use super::{Received, Settings};
use crate::commit;
use crate::key;
use crate::port::{Condition, Item, Key, Write};

/// Incident ids are UUIDs of version 5 in this name space, so that one cause makes one incident.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0001);

/// Who holds a dedupe key.
#[derive(Clone, Debug, Default)]
pub(super) struct Holder {
    pub(super) incident: Option<IncidentId>,
    pub(super) newest_ms: Option<i64>,
}

/// A signal on its way, with everything that its place in the table follows from. Most signals repeat what is open: what an incident
/// consists of is made where one opens.
pub(super) struct Course<'a> {
    pub(super) received: &'a Received<'a>,
    settings: Arc<Settings>,
    plan: ResponsePlanName,
    dedupe_key: String,
    pub(super) cause: String,
    pub(super) occurred_at: Timestamp,
    /// Who holds the dedupe key.
    pub(super) dedupe_row: Key,
    /// Where the signal's own key leads.
    pub(super) origin_row: Key,
}

impl Holder {
    pub(super) fn of(row: Option<&Item>) -> Self {
        let incident = row.and_then(|row| row.get("incident")?.as_str()).map(IncidentId::new);
        Self { incident, newest_ms: row.and_then(|row| row.get("newest")?.as_i64()) }
    }
}

impl<'a> Course<'a> {
    pub(super) fn of(received: &'a Received<'a>, settings: &Arc<Settings>, now: Timestamp) -> Self {
        let signal = received.signal;
        let cause = scoped(received, &signal.cause);
        let (plan, dedupe_key) = if received.is_synthetic {
            // Its plan is built in, and its dedupe key is its own, so that none waits for the one before.
            let opening = TestPage::synthetic().opening(incident_of(&cause), now);
            (opening.response_plan, opening.dedupe_key)
        } else {
            let plan = settings.route(received);
            let template = wording(settings.routing.templates.get(&plan), signal);
            let dedupe = filled(template.map_or("", |t| &t.dedupe), signal, &signal.dedupe_key);
            (plan, scoped(received, &key::distinct(dedupe, limits::DEDUPE_CHARACTERS_MAX)))
        };
        Self {
            received,
            settings: settings.clone(),
            dedupe_row: key::dedupe(&plan, &dedupe_key),
            origin_row: key::origin(&scoped(received, &signal.dedupe_key)),
            plan,
            dedupe_key,
            cause,
            // A clock ahead of ours must not make every later signal look old.
            occurred_at: if signal.source.tells_time() { signal.occurred_at.min(now) } else { now },
        }
    }

    /// The incident that it opens, or has opened.
    pub(super) fn incident(&self) -> IncidentId {
        incident_of(&self.cause)
    }

    /// What it opens an incident with.
    pub(super) fn opening(&self) -> Opening {
        let signal = self.received.signal;
        if self.received.is_synthetic {
            return TestPage::synthetic().opening(self.incident(), self.occurred_at);
        }
        let template = self.settings.routing.templates.get(&self.plan);
        let wording = wording(template, signal);
        let title = filled(wording.map_or("", |t| &t.title), signal, &signal.title);
        let title = if title.trim().is_empty() { &signal.title } else { &title };
        let summary = if signal.summary.is_empty() { template } else { wording };
        let summary = filled(summary.map_or("", |t| &t.summary), signal, &signal.summary);
        // The template decides, except over what somebody has said by hand.
        let impacts = [wording.and_then(|t| t.impact), signal.impact, template.and_then(|t| t.impact)];
        let mut tags = signal.tags.clone();
        tags.extend(template.into_iter().flat_map(|template| template.tags.clone()));
        Opening {
            id: self.incident(),
            response_plan: self.plan.clone(),
            dedupe_key: self.dedupe_key.clone(),
            title: limits::clip(title, limits::TITLE_CHARACTERS_MAX),
            summary: limits::clip(&summary, limits::SUMMARY_CHARACTERS_MAX),
            impact: impacts.into_iter().flatten().next().unwrap_or(Impact::Medium),
            source: signal.source,
            occurred_at: self.occurred_at,
            tags,
            facts: Facts::of(signal),
        }
    }

    /// What counts in the order of arrival is newer than what has arrived before, whichever clock that was read on.
    pub(super) fn arrive_after(&mut self, holder: &Holder) {
        let newest = holder.newest_ms.and_then(|ms| Timestamp::from_millisecond(ms.saturating_add(1)).ok());
        if let (false, Some(after)) = (self.received.signal.source.tells_time(), newest) {
            self.occurred_at = self.occurred_at.max(after);
        }
    }

    /// Whether what it tells of is known to be over.
    pub(super) fn is_over(&self, holder: &Holder) -> bool {
        let occurred_ms = self.occurred_at.as_millisecond();
        holder.newest_ms.is_some_and(|newest| occurred_ms <= newest && !mutant("late-firing-opens"))
    }

    /// Takes the dedupe key: nobody holds it, and nothing newer is known to be over.
    pub(super) fn hold(&self, id: &IncidentId) -> Write {
        let occurred_ms = json!(self.occurred_at.as_millisecond());
        let free = Condition::All(vec![
            Condition::Missing("incident"),
            Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms)]),
        ]);
        let free = if mutant("two-for-a-key") { Condition::Always } else { free };
        let free = if mutant("late-firing-opens") { Condition::Missing("incident") } else { free };
        let item = Item::from_iter([("incident".to_owned(), json!(id.as_str()))]);
        Write::put(self.dedupe_row.clone(), item, free)
    }

    pub(super) fn end(&self, now: Timestamp) -> Write {
        let occurred_ms = json!(self.occurred_at.as_millisecond());
        let older = Condition::Any(vec![Condition::Missing("newest"), Condition::Less("newest", occurred_ms.clone())]);
        let item =
            Item::from_iter([("newest".to_owned(), occurred_ms), ("ttl".to_owned(), json!(commit::in_days(now, 45)))]);
        Write::put(self.dedupe_row.clone(), item, Condition::All(vec![Condition::Missing("incident"), older]))
    }
}

/// The incident that a cause opens.
fn incident_of(cause: &str) -> IncidentId {
    IncidentId::new(Uuid::new_v5(&NAMESPACE, cause.as_bytes()).to_string())
}

/// The template, as far as it words the signal: who opens an incident by hand has said what it is, and a template fills in only what
/// they left out.
fn wording<'t>(template: Option<&'t IncidentTemplate>, signal: &Signal) -> Option<&'t IncidentTemplate> {
    template.filter(|_| signal.source != Source::Manual)
}

/// A template filled with what the signal says; `otherwise` where there is none. One that the signal cannot fill must not cost the page.
fn filled(template: &str, signal: &Signal, otherwise: &str) -> String {
    match template {
        "" => otherwise.to_owned(),
        template => render(template, &Facts::of(signal)).unwrap_or_else(|_| otherwise.to_owned()),
    }
}

/// Texts of one webhook stay apart from those of another.
pub(super) fn scoped(received: &Received<'_>, text: &str) -> String {
    // One allocation, of each text of each signal: `format!` would guess the length and grow.
    if received.scope.is_empty() { text.to_owned() } else { [received.scope, "/", text].concat() }
}
