//! Datadog's webhook. Its body is a template of the customer's own making, filled with `$VARIABLES`: keys are matched in
//! any letter case, and what Datadog could not fill in counts as absent.

use std::collections::BTreeMap;

use reveille_domain::{Impact, Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::scalar;
use crate::via::Via;
use crate::{digest, generic, instant, severity};

/// Whether this is Datadog's: the names of its variables are the only sign.
pub(crate) fn fits(value: &Value) -> bool {
    let fields = Fields::of(value);
    let has = |key: &str| fields.raw.contains_key(key);
    has("alert_transition")
        || has("alert_cycle_key")
        || has("aggreg_key")
        || (has("alert_id") && ["alert_title", "alert_status", "alert_metric", "event_type"].into_iter().any(has))
}

/// Reads a webhook of Datadog.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    let fields = Fields::of(value);
    let say = |keys: &[&str]| fields.first(keys).unwrap_or_default();
    let transition = say(&["alert_transition", "transition"]);
    let mut draft = Draft::new(Source::Datadog, state(&transition, &say(&["alert_type"])));
    draft.title = say(&["alert_title", "title", "event_title"]);
    if draft.title.is_empty() {
        draft.title = "A Datadog alert without a title".to_owned();
    }
    draft.name = say(&["alert_title", "alert_name", "title", "event_title"]);
    draft.summary = say(&["body", "event_msg", "text_only_msg", "message", "alert_status"]);
    draft.dedupe_key = fields.key().unwrap_or_else(|| digest::of(&["datadog", &draft.title]));
    let event = say(&["id", "event_id", "last_updated", "date"]);
    if !event.is_empty() {
        draft.cause = format!("{} {transition} {event}", draft.dedupe_key);
    }
    draft.impact = impact(&fields, &transition);
    draft.occurred_at = fields.first(&["last_updated", "date"]).and_then(|time| instant::read(&Value::String(time)));
    let host = say(&["hostname", "host_name", "host"]);
    draft.resources = vec![host];
    draft.tags = tags(&say(&["tags"]));
    draft.response_plan = generic::response_plan(value);
    draft.finish(via)
}

/// The members of the body that say something, by their lower-case keys.
struct Fields {
    raw: BTreeMap<String, Option<String>>,
}

impl Fields {
    fn of(value: &Value) -> Self {
        let members = value.as_object().into_iter().flatten();
        let said = |value: &Value| scalar(value).filter(|text| !text.starts_with('$'));
        Self { raw: members.map(|(key, value)| (key.to_ascii_lowercase(), said(value))).collect() }
    }

    fn first(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|&key| self.raw.get(key).cloned().flatten())
    }

    /// The cycle key lives from trigger to recovery. A monitor's id is shared by all groups that it watches, so its scope
    /// belongs to it.
    fn key(&self) -> Option<String> {
        let of_monitor = || {
            let id = self.first(&["alert_id"])?;
            Some(match self.first(&["alert_scope"]) {
                Some(scope) => format!("{id} {scope}"),
                None => id,
            })
        };
        self.first(&["alert_cycle_key", "aggreg_key"]).or_else(of_monitor)
    }
}

fn state(transition: &str, alert_type: &str) -> SignalState {
    let recovered = transition.eq_ignore_ascii_case("recovered")
        || (transition.is_empty() && alert_type.eq_ignore_ascii_case("success"));
    if recovered { SignalState::Recovered } else { SignalState::Firing }
}

fn impact(fields: &Fields, transition: &str) -> Option<Impact> {
    let priority = fields.first(&["alert_priority"]);
    let priority = priority.and_then(|word| severity::impact(&word));
    let of_transition = transition.to_ascii_lowercase().contains("warn").then_some(Impact::Medium);
    let kind = || fields.first(&["alert_type", "severity"]).and_then(|word| severity::impact(&word));
    priority.or(of_transition).or_else(kind)
}

/// `env:prod, team:web, urgent`.
fn tags(text: &str) -> BTreeMap<String, String> {
    let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.map(|tag| {
        let (key, value) = tag.split_once(':').unwrap_or((tag, ""));
        (key.to_owned(), value.to_owned())
    })
    .collect()
}
