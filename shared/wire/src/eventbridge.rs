//! The EventBridge envelope, the services that have a reader of their own, and every other event.

use jiff::Timestamp;
use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::{self, Draft};
use crate::json::{at, first_scalar, first_text, scalar, text, texts};
use crate::via::Via;
use crate::{arn, backup, digest, generic, guardduty, health, instant, securityhub, ses, severity};

/// An EventBridge event, taken out of its envelope.
pub(crate) struct Event<'e> {
    pub(crate) source: &'e str,
    pub(crate) detail_type: &'e str,
    pub(crate) id: Option<&'e str>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) resources: Vec<String>,
    pub(crate) detail: &'e Value,
}

/// Whether this is an EventBridge event. Forwarded ones may have lost their source or account.
pub(crate) fn fits(value: &Value) -> bool {
    text(value, &["detail-type"]).is_some()
        || (text(value, &["source"]).is_some() && at(value, &["detail"]).is_object())
}

/// Reads an event by the service that sent it.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Vec<Signal> {
    let event = Event::of(value);
    let kind = event.detail_type;
    if event.source == "aws.health" || kind.starts_with("AWS Health") {
        vec![health::read(&event, via)]
    } else if kind.starts_with("GuardDuty Malware Protection") {
        vec![guardduty::read_scan(&event, via)]
    } else if kind.starts_with("GuardDuty Finding") {
        vec![guardduty::read(&event, via)]
    } else if securityhub::fits(&event) {
        securityhub::read(&event, via)
    } else if event.source == "aws.backup" {
        vec![backup::read_event(&event, via)]
    } else if event.source == "aws.ses" && ses::fits(event.detail) {
        vec![ses::read(event.detail, via)]
    } else {
        vec![event.read_any(via)]
    }
}

/// A rule can name the plan that answers its events beside what they hold, with an input transformer (see `reveille alarms
/// rewire`). An event that names one itself goes before it.
pub(crate) fn with_plan_of_rule(mut signals: Vec<Signal>, value: &Value) -> Vec<Signal> {
    let named = generic::response_plan(value).filter(|_| text(value, &["detail-type"]).is_some());
    let plan = named.as_deref().and_then(draft::response_plan);
    for signal in signals.iter_mut().filter(|signal| signal.response_plan.is_none()) {
        signal.response_plan.clone_from(&plan);
    }
    signals
}

impl<'e> Event<'e> {
    fn of(value: &'e Value) -> Self {
        Self {
            source: text(value, &["source"]).unwrap_or_default(),
            detail_type: text(value, &["detail-type"]).unwrap_or_default(),
            id: text(value, &["id"]),
            account: scalar(at(value, &["account"])),
            region: scalar(at(value, &["region"])),
            time: instant::read(at(value, &["time"])),
            resources: texts(value, &["resources"]),
            detail: at(value, &["detail"]),
        }
    }

    /// A draft with what the envelope says, and with the response plan that the detail names.
    pub(crate) fn draft(&self, source: Source, state: SignalState) -> Draft {
        let mut draft = Draft::new(source, state);
        draft.name = self.detail_type.to_owned();
        draft.account = self.account.clone();
        draft.region = self.region.clone();
        draft.resources = self.resources.clone();
        draft.occurred_at = self.time;
        draft.cause = self.id.unwrap_or_default().to_owned();
        draft.response_plan = generic::response_plan(self.detail);
        draft
    }

    /// Any event that a rule sends here is worth a page: the rule is where to say otherwise.
    fn read_any(&self, via: Via<'_>) -> Signal {
        let mut draft = self.draft(Source::EventBridge, SignalState::Firing);
        let kind = if self.detail_type.is_empty() { self.source } else { self.detail_type };
        let stated = first_text(self.detail, &["title", "summary", "subject", "message"]);
        draft.title = stated.map_or_else(|| self.title(kind), str::to_owned);
        draft.summary = match first_text(self.detail, &["description", "message"]) {
            Some(summary) if Some(summary) != stated => summary.to_owned(),
            _ => format!("{:#}", self.detail),
        };
        draft.dedupe_key = first_scalar(self.detail, &["dedupe_key", "dedup_key", "dedupeKey"]).unwrap_or_else(|| {
            let about = match self.resources.as_slice() {
                [] => digest::of(&[&self.detail.to_string()]),
                resources => resources.join(" "),
            };
            format!("{} {kind} {about}", self.source)
        });
        draft.impact = first_scalar(self.detail, &["severity", "impact"]).and_then(|word| severity::impact(&word));
        draft.tags.insert("source".to_owned(), self.source.to_owned());
        draft.finish(via)
    }

    fn title(&self, kind: &str) -> String {
        let resource = self.resources.first().map(|resource| arn::short_name(resource));
        let state = first_text(self.detail, &["state", "status"]);
        let about: Vec<&str> = resource.into_iter().chain(state).collect();
        if about.is_empty() { kind.to_owned() } else { format!("{kind}: {}", about.join(" ")) }
    }
}
