//! Looking at what a step expects.

use reveille_domain::{Incident, IncidentId, Status};

use super::{Player, Told};
use crate::scenario::expectation::{Expectation, State};
use crate::scenario::page::{ExpectedPages, Page, listed};
use crate::scenario::script::Step;
use crate::timeline::lines;
use crate::world::Errand;

impl Player<'_> {
    /// Looks, and tells what is so and what is not.
    pub(super) fn look(&mut self, step: &Step, expectation: &Expectation) {
        self.played.expectations += 1;
        let mut reasons = Vec::new();
        let incident = match self.named_incident(expectation.incident.as_deref()) {
            Ok(incident) => incident,
            Err(undone) => return self.broken(step, vec![undone.to_string()]),
        };
        let about = incident.as_ref().map(|incident| incident.opening.id.clone());
        if let Some(expected) = &expectation.pages {
            reasons.extend(self.compare("pages", Errand::Page, expected, about.as_ref()));
        }
        if let Some(expected) = &expectation.announced {
            reasons.extend(self.compare("announced", Errand::News, expected, about.as_ref()));
        }
        if !expectation.timeline.is_empty() {
            let said = self.lines(about.as_ref());
            reasons.extend(expectation.timeline.iter().filter_map(|line| line.mismatch(&said)));
        }
        if let Some(state) = expectation.state {
            reasons.extend(state_mismatch(state, incident.or_else(|| self.newest()).as_ref()));
        }
        if let Some(expected) = expectation.incidents {
            let found = self.world.rows().incidents().len();
            if usize::try_from(expected) != Ok(found) {
                reasons.push(format!("incidents: expected {expected}, found {found}"));
            }
        }
        if reasons.is_empty() {
            let (at, text) = (self.seconds(), words(expectation));
            (self.tell)(Told::Holds { at, text });
        } else {
            self.broken(step, reasons);
        }
    }

    /// Compares what left since somebody looked last; from now on it has been looked at.
    fn compare(
        &mut self,
        what: &str,
        errand: Errand,
        expected: &ExpectedPages,
        about: Option<&IncidentId>,
    ) -> Option<String> {
        let mut fresh = self.deliveries(about);
        fresh.retain(|page| page.delivery.errand == errand && !self.looked_at.contains(&page.delivery.receipt));
        self.looked_at.extend(fresh.iter().map(|page| page.delivery.receipt.clone()));
        let found = expected.difference(&fresh);
        if found.is_none() {
            return None;
        }
        let side = |word: &str, pages: &[String]| {
            if pages.is_empty() { String::new() } else { format!("; {word} {}", pages.join(", ")) }
        };
        Some(format!(
            "{what}: expected {expected}; found {}{}{}",
            listed(&fresh),
            side("missing", &found.missing),
            side("unexpected", &found.unexpected),
        ))
    }

    /// Everything that providers took, of one incident or of all, in the order of time.
    pub(super) fn deliveries(&self, about: Option<&IncidentId>) -> Vec<Page> {
        let incidents = self.world.rows().incidents().into_iter().map(|incident| incident.opening.id);
        let incidents = incidents.filter(|id| about.is_none_or(|about| about == id));
        let mut pages: Vec<Page> = incidents
            .flat_map(|id| {
                let signals = self.signalled.iter().filter(|signalled| signalled.incidents.contains(&id));
                let incident: Vec<String> = signals.map(|signalled| signalled.name.clone()).collect();
                let deliveries = self.world.rows().deliveries(&id).into_iter();
                deliveries.map(|delivery| Page { delivery, incident: incident.clone() }).collect::<Vec<_>>()
            })
            .collect();
        pages.sort_by_key(|page| page.delivery.at);
        pages
    }

    /// The timelines so far, of one incident or of all.
    fn lines(&self, about: Option<&IncidentId>) -> Vec<crate::timeline::Line> {
        let incidents = self.world.rows().incidents().into_iter().map(|incident| incident.opening.id);
        incidents
            .filter(|id| about.is_none_or(|about| about == id))
            .flat_map(|id| {
                let rows = self.world.rows().timeline_rows(&id).into_iter();
                let read = rows.map(|row| lines(&row, &id, self.news.signal_at));
                read.flat_map(|lines| lines.expect("the engine reads what it wrote")).collect::<Vec<_>>()
            })
            .collect()
    }
}

fn state_mismatch(expected: State, incident: Option<&Incident>) -> Option<String> {
    let found = match incident.map(|incident| (&incident.status, &incident.acknowledged)) {
        None => return Some(format!("state: expected {}; there is no incident", expected.name())),
        Some((Status::Resolved(_), _)) => State::Resolved,
        Some((Status::Open, Some(_))) => State::Acknowledged,
        Some((Status::Open, None)) => State::Open,
    };
    (found != expected).then(|| format!("state: expected {}, found {}", expected.name(), found.name()))
}

/// What a transcript says of an expectation that holds.
fn words(expectation: &Expectation) -> String {
    let mut parts = Vec::new();
    if let Some(pages) = &expectation.pages {
        parts.push(format!("paged: {pages}"));
    }
    if let Some(told) = &expectation.announced {
        parts.push(format!("told: {told}"));
    }
    if !expectation.timeline.is_empty() {
        parts.push("the timeline says it".to_owned());
    }
    parts.extend(expectation.state.map(|state| state.name().to_owned()));
    parts.extend(expectation.incidents.map(|count| format!("incidents: {count}")));
    parts.join("; ")
}
