//! Events over HTTP: each source has a key of its own, in the URL or in a header; only hashes of keys are stored.

use reveille_domain::ResponsePlanName;
use reveille_engine::{Chain, EngineError, Settings, Taken};
use reveille_wire::{HttpRequest, HttpResponse, pagerduty_key, pagerduty_refusal, pagerduty_response, read_webhook};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Context, Door, take_all};

/// Where PagerDuty's Events API version 2 lives; its senders only change the host.
const PAGERDUTY_PATH: &str = "/v2/enqueue";
/// Where every other sender posts to: `/webhook/KEY`, or `/webhook` with the key in a header.
const WEBHOOK_PATH: &str = "/webhook";
/// The header that carries a key.
const KEY_HEADER: &str = "x-reveille-key";

/// Answers one request. 2xx means that everything in it is durably written; 5xx asks the sender to try again.
pub(crate) async fn answer(context: &Context, request: &HttpRequest, received_at: jiff::Timestamp) -> HttpResponse {
    if request.method != "POST" {
        return refuse(405, "send the event with POST");
    }
    let pagerduty = request.path.trim_end_matches('/') == PAGERDUTY_PATH;
    let body: Option<Value> = if pagerduty { serde_json::from_str(&request.body).ok() } else { None };
    let key = if pagerduty { body.as_ref().and_then(pagerduty_key) } else { key_of(request) };
    let door = match open(context, request, key).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return no_such_key(),
        Err(error) => return unavailable(&error),
    };
    if pagerduty && let Some(refusal) = pagerduty_refusal(&request.body) {
        return refusal;
    }
    let signals = read_webhook(&request.body, &request.request_id, received_at);
    let raw = without(&request.body, key);
    match take_all(context, &signals, &raw, &door).await {
        Err(error) => unavailable(&error),
        Ok(taken) if taken.contains(&Taken::KeyWithdrawn) => no_such_key(),
        Ok(_) if pagerduty => {
            pagerduty_response(signals.first().map(|signal| signal.dedupe_key.as_str()).unwrap_or_default())
        }
        Ok(taken) => HttpResponse::json(202, &json!({ "status": "accepted", "signals": taken.len() })),
    }
}

/// The text that is kept. A PagerDuty event carries its key in the body, and keys are stored as hashes only.
fn without(body: &str, key: Option<&str>) -> String {
    match key {
        Some(key) if !key.is_empty() => body.replace(key, "…"),
        Some(_) | None => body.to_owned(),
    }
}

fn key_of(request: &HttpRequest) -> Option<&str> {
    let in_path =
        request.path.strip_prefix(WEBHOOK_PATH).map(|rest| rest.trim_matches('/')).filter(|key| !key.is_empty());
    let bearer = request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
    in_path.or_else(|| request.headers.get(KEY_HEADER).map(String::as_str)).or(bearer).map(str::trim)
}

/// The webhook that a key opens: looked up in the settings as known, and read again if they do not know it.
async fn open(context: &Context, request: &HttpRequest, key: Option<&str>) -> Result<Option<Door>, EngineError> {
    let Some(key) = key else { return Ok(None) };
    let hash: String = Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut found = webhook(context.intake.settings().await?.as_ref(), &hash);
    if found.is_none() {
        found = webhook(context.intake.read_settings().await?.as_ref(), &hash);
    }
    let named_in_url = request.query.get("response_plan").map(|name| ResponsePlanName::new(name.clone()));
    Ok(found.map(|scope| Door { scope, key_hash: Some(hash), named_in_url }))
}

/// The name of the webhook of a key. Every hash is compared, each in constant time, so that time tells nothing of them.
fn webhook(settings: &Settings, hash: &str) -> Option<String> {
    let mut found = None;
    for (name, webhook) in settings.record.iter().flat_map(|record| &record.webhooks) {
        for known in &webhook.key_hashes {
            if bool::from(known.as_bytes().ct_eq(hash.as_bytes())) {
                found = Some(name.clone());
            }
        }
    }
    found
}

fn no_such_key() -> HttpResponse {
    refuse(
        401,
        "no webhook of this installation has this key: put it into the URL (/webhook/KEY), the header X-Reveille-Key, \
         or, for PagerDuty events, routing_key; `reveille webhook-key` makes one",
    )
}

fn refuse(status: u16, message: &str) -> HttpResponse {
    HttpResponse::json(status, &json!({ "status": "refused", "message": message }))
}

fn unavailable(error: &dyn std::error::Error) -> HttpResponse {
    tracing::error!(error = %Chain(error), "a webhook was not taken in; its sender is asked to try again");
    refuse(503, "the event could not be stored: send it again")
}
