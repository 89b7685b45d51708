//! Events over HTTP: each source has a key of its own, in the URL or in a header; only hashes of keys are stored.

use reveille_domain::{ResponsePlanName, Signal};
use reveille_engine::{Chain, EngineError, Settings, Taken};
use reveille_wire::{
    HttpRequest, HttpResponse, pagerduty_key, pagerduty_refusal, pagerduty_response, pagerduty_stranger, read_webhook,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Context, Door, TakeError, take_all};

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
    if request.path.trim_end_matches('/') == PAGERDUTY_PATH {
        return answer_pagerduty(context, request, received_at).await;
    }
    match enter(context, request, key_of(request), received_at).await {
        Ok(Entry::Taken(signals)) => {
            HttpResponse::json(202, &json!({ "status": "accepted", "signals": signals.len() }))
        }
        Ok(Entry::NoSuchKey) => no_such_key(),
        Err(error) => unavailable(&error),
    }
}

/// As PagerDuty answers: its shape is looked at first, and a key that is not known is one more thing to mend.
async fn answer_pagerduty(context: &Context, request: &HttpRequest, received_at: jiff::Timestamp) -> HttpResponse {
    if let Some(refusal) = pagerduty_refusal(&request.body) {
        return refusal;
    }
    let event: Value = serde_json::from_str(&request.body).unwrap_or_default();
    match enter(context, request, pagerduty_key(&event), received_at).await {
        Ok(Entry::Taken(signals)) => {
            let made = signals.first().map(|signal| signal.dedupe_key.as_str()).unwrap_or_default();
            // Senders compare what they get back with what they sent, blank by blank.
            pagerduty_response(event["dedup_key"].as_str().filter(|sent| !sent.trim().is_empty()).unwrap_or(made))
        }
        Ok(Entry::NoSuchKey) => pagerduty_stranger(),
        Err(error) => unavailable(&error),
    }
}

/// What became of an event at the door.
enum Entry {
    /// All of its signals are written.
    Taken(Vec<Signal>),
    /// No webhook has its key, or not any more.
    NoSuchKey,
}

async fn enter(
    context: &Context,
    request: &HttpRequest,
    key: Option<&str>,
    received_at: jiff::Timestamp,
) -> Result<Entry, TakeError> {
    let Some(door) = open(context, request, key).await.map_err(TakeError::Failed)? else { return Ok(Entry::NoSuchKey) };
    let signals = read_webhook(&request.body, &request.request_id, received_at);
    let taken = take_all(context, &signals, &without(&request.body, key), &door).await?;
    Ok(if taken.contains(&Taken::KeyWithdrawn) { Entry::NoSuchKey } else { Entry::Taken(signals) })
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
    let bearer = request.headers.get("authorization").and_then(|value| bearer(value));
    in_path.or_else(|| request.headers.get(KEY_HEADER).map(String::as_str)).or(bearer).map(str::trim)
}

/// The token of `Bearer TOKEN`; the scheme's letter case is the sender's own.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
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
