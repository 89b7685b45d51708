//! PagerDuty's Events API version 2: what it accepts becomes a signal, what it refuses is refused in its words.

use reveille_domain::{Signal, SignalState, Source};
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::http::HttpResponse;
use crate::json::{at, scalar, text, text_map};
use crate::via::Via;
use crate::{digest, generic, instant, limits, severity};

const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// The key that tells whose event it is. It is a secret: it never becomes part of a signal.
pub fn pagerduty_key(body: &Value) -> Option<&str> {
    text(body, &["routing_key"])
}

/// The answer to an event that was accepted. Senders that gave no `dedup_key` learn it here, and resolve by it.
pub fn pagerduty_response(dedup_key: &str) -> HttpResponse {
    HttpResponse::json(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": dedup_key }))
}

/// The answer to an event that PagerDuty would refuse, with what to mend; `None` for one that it accepts.
///
/// Whoever moves from PagerDuty has seen these very words, and a sender that is told so can mend its event; one whose
/// broken event was accepted would wait for a page that names nothing.
pub fn pagerduty_refusal(body: &str) -> Option<HttpResponse> {
    let errors = if body.len() > limits::PAGERDUTY_EVENT_BYTES_MAX {
        vec!["Event is too large (the limit is 512 KB)".to_owned()]
    } else {
        match serde_json::from_str::<Value>(body) {
            Ok(event) if event.is_object() => errors(&event),
            _ => vec!["Event is not a JSON object".to_owned()],
        }
    };
    (!errors.is_empty()).then(|| invalid(&errors))
}

/// The answer to an event whose routing key opens nothing, in the form that PagerDuty has for everything that is wrong.
pub fn pagerduty_stranger() -> HttpResponse {
    let error = "'routing_key' is not known here: `reveille webhook-key` makes one, and its hash goes under `webhooks` of \
                 the configuration";
    invalid(&[error.to_owned()])
}

fn invalid(errors: &[String]) -> HttpResponse {
    let answer = json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors });
    HttpResponse::json(400, &answer)
}

/// Whether this is an event for PagerDuty.
pub(crate) fn fits(value: &Value) -> bool {
    text(value, &["event_action"]).is_some()
        || (value.get("routing_key").is_some() && (value.get("payload").is_some() || value.get("dedup_key").is_some()))
}

/// Reads an event. Who wants invalid ones refused asks `pagerduty_refusal` first; here they fire.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    let payload = at(value, &["payload"]);
    let action = text(value, &["event_action"]).unwrap_or_default();
    let state = match action {
        "acknowledge" => SignalState::Acknowledged,
        "resolve" => SignalState::Recovered,
        _ => SignalState::Firing,
    };
    let id = via.cause(&value.to_string());
    let mut draft = Draft::new(Source::PagerDuty, state);
    draft.dedupe_key = scalar(at(value, &["dedup_key"])).unwrap_or_else(|| digest::of(&["pagerduty", &id]));
    draft.cause = format!("pagerduty {} {action} {id}", draft.dedupe_key);
    let summary = scalar(at(payload, &["summary"]));
    draft.name = summary.as_ref().unwrap_or(&draft.dedupe_key).to_owned();
    draft.title = match summary {
        Some(summary) => summary,
        None if action.is_empty() => "A PagerDuty event without a summary".to_owned(),
        None => format!("PagerDuty {action} of {}", draft.dedupe_key),
    };
    let details = at(payload, &["custom_details"]);
    draft.summary = match details {
        Value::Null => String::new(),
        Value::String(details) => details.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => format!("{details:#}"),
    };
    draft.impact = text(payload, &["severity"]).and_then(severity::impact);
    draft.occurred_at = instant::read(at(payload, &["timestamp"]));
    draft.resources.extend(scalar(at(payload, &["source"])));
    draft.tags = text_map(details);
    for key in ["source", "component", "group", "class"] {
        draft.tags.extend(scalar(at(payload, &[key])).map(|value| (key.to_owned(), value)));
    }
    draft.tags.extend(scalar(at(value, &["client"])).map(|client| ("client".to_owned(), client)));
    draft.response_plan = generic::response_plan(details).or_else(|| generic::response_plan(value));
    draft.finish(via)
}

fn errors(event: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let mut require = |path: &[&str]| {
        let present = scalar(at(event, path)).is_some();
        if !present {
            errors.push(format!("'{}' is missing or blank", path.join(".")));
        }
        present
    };
    require(&["routing_key"]);
    if require(&["event_action"]) {
        match text(event, &["event_action"]) {
            Some("trigger") => {
                require(&["payload", "summary"]);
                require(&["payload", "source"]);
                if require(&["payload", "severity"])
                    && !text(event, &["payload", "severity"]).is_some_and(|word| SEVERITIES.contains(&word))
                {
                    errors.push(
                        "'payload.severity' is invalid (must be one of the following: \
                         'critical', 'warning', 'error' or 'info')"
                            .to_owned(),
                    );
                }
            }
            Some("acknowledge" | "resolve") => {
                require(&["dedup_key"]);
            }
            _ => errors.push(
                "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
                    .to_owned(),
            ),
        }
    }
    let bounds: [(&[&str], usize); 2] = [
        (&["dedup_key"], limits::PAGERDUTY_KEY_CHARACTERS_MAX),
        (&["payload", "summary"], limits::PAGERDUTY_SUMMARY_CHARACTERS_MAX),
    ];
    for (path, characters_max) in bounds {
        if at(event, path).as_str().is_some_and(|text| text.chars().count() > characters_max) {
            let field = path.join(".");
            errors.push(format!("'{field}' is too long (the limit is {characters_max} characters)"));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pagerduty_refuses_is_refused_with_what_to_mend() {
        let good = json!({ "summary": "down", "source": "web-1", "severity": "critical" });
        let rows = [
            (json!({ "routing_key": "k", "event_action": "trigger", "payload": good }), vec![]),
            (json!({ "routing_key": "k", "event_action": "resolve", "dedup_key": "d" }), vec![]),
            (json!({ "routing_key": "k", "payload": good }), vec!["'event_action' is missing or blank"]),
            (
                json!({ "event_action": "acknowledge" }),
                vec!["'routing_key' is missing or blank", "'dedup_key' is missing or blank"],
            ),
            (
                json!({ "routing_key": "k", "event_action": "trigger", "payload": { "severity": "urgent" } }),
                vec![
                    "'payload.summary' is missing or blank",
                    "'payload.source' is missing or blank",
                    "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
                ],
            ),
            (
                json!({ "routing_key": "k", "event_action": "resolve", "dedup_key": "d".repeat(256) }),
                vec!["'dedup_key' is too long (the limit is 255 characters)"],
            ),
            (
                json!({ "routing_key": "k", "event_action": "page" }),
                vec!["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
            ),
            (json!([]), vec!["Event is not a JSON object"]),
        ];
        for (event, expected) in rows {
            let body = event.to_string();
            let errors: Vec<String> = pagerduty_refusal(&body).map_or_else(Vec::new, |answer| {
                assert_eq!(answer.status, 400, "{body}");
                let answer: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(answer["status"], "invalid event");
                assert_eq!(answer["message"], "Event object is invalid");
                serde_json::from_value(answer["errors"].clone()).unwrap()
            });
            assert_eq!(errors, expected, "{body}");
        }
    }

    #[test]
    fn an_accepted_event_is_answered_with_its_key() {
        let answer = pagerduty_response("d-1");
        assert_eq!(answer.status, 202);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body, json!({ "status": "success", "message": "Event processed", "dedup_key": "d-1" }));
    }
}
