//! Events over HTTP: each source has a key of its own, in the URL or in a header; only hashes of keys are stored.

use reveille_domain::{ResponsePlanName, Signal, hex, mutant};
use reveille_engine::{Chain, EngineError, Settings, Taken};
use reveille_wire::{
    HttpRequest, HttpResponse, pagerduty_key, pagerduty_refusal, pagerduty_response, pagerduty_stranger, read_webhook,
    without_keys,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Context, Door, TakeError, strangers, take_all};

/// Where PagerDuty's Events API version 2 lives; its senders only change the host.
const PAGERDUTY_PATH: &str = "/v2/enqueue";

/// Answers one request. 2xx means that everything in it is durably written; 5xx asks the sender to try again.
pub(crate) async fn answer(context: &Context, request: &HttpRequest, received_at: jiff::Timestamp) -> HttpResponse {
    if request.method != "POST" {
        return refuse(405, "send the event with POST");
    }
    if request.path.trim_end_matches('/') == PAGERDUTY_PATH {
        return answer_pagerduty(context, request, received_at).await;
    }
    match enter(context, request, request.webhook_key(), received_at).await {
        Ok(Entry::Taken(signals)) => {
            HttpResponse::json(202, &json!({ "status": "accepted", "signals": signals.len() }))
        }
        Ok(Entry::NoSuchKey) => no_such_key(),
        Ok(Entry::TooMany) => too_many(),
        Err(_) if mutant("unwritten-post-accepted") => HttpResponse::json(202, &json!({ "status": "accepted" })),
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
        Ok(Entry::TooMany) => too_many(),
        Err(error) => unavailable(&error),
    }
}

/// What became of an event at the door.
enum Entry {
    /// All of its signals are written.
    Taken(Vec<Signal>),
    /// No webhook has its key, or not any more.
    NoSuchKey,
    /// Its key is not known, and so many others were not just now that nobody looks whether it is new.
    TooMany,
}

/// Whose key it is.
enum Opened {
    Door(Door),
    NoSuchKey,
    TooMany,
}

async fn enter(
    context: &Context,
    request: &HttpRequest,
    key: Option<&str>,
    received_at: jiff::Timestamp,
) -> Result<Entry, TakeError> {
    let door = match open(context, request, key).await.map_err(TakeError::Failed)? {
        Opened::Door(door) => door,
        Opened::NoSuchKey => return Ok(Entry::NoSuchKey),
        Opened::TooMany => return Ok(Entry::TooMany),
    };
    let body = without_keys(&request.body, key);
    let signals = read_webhook(&body, &request.request_id, received_at);
    let taken = take_all(context, &signals, &body, &door).await?;
    Ok(if taken.contains(&Taken::KeyWithdrawn) { Entry::NoSuchKey } else { Entry::Taken(signals) })
}

/// The webhook that a key opens: looked up in the settings as known, and read again if they do not know it.
async fn open(context: &Context, request: &HttpRequest, key: Option<&str>) -> Result<Opened, EngineError> {
    let Some(key) = key else { return Ok(Opened::NoSuchKey) };
    let hash = hex(&Sha256::digest(key.as_bytes()));
    let mut found = webhook(context.intake.settings().await?.as_ref(), &hash);
    if found.is_none() {
        if !context.strangers.may_look(context.intake.engine().now()) {
            return Ok(Opened::TooMany);
        }
        found = webhook(context.intake.read_settings().await?.as_ref(), &hash);
    }
    let named_in_url = request.query.get("response_plan").map(|name| ResponsePlanName::new(name.clone()));
    Ok(found.map_or(Opened::NoSuchKey, |scope| Opened::Door(Door { scope, key_hash: Some(hash), named_in_url })))
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

/// A key that was applied a moment ago is among those that nobody looks for: its sender has to try again.
fn too_many() -> HttpResponse {
    let mut response = refuse(429, "too many keys that are not known: send it again in some seconds");
    response.headers.insert("retry-after".to_owned(), strangers::LOOKS_PER_S.to_string());
    response
}

fn refuse(status: u16, message: &str) -> HttpResponse {
    HttpResponse::json(status, &json!({ "status": "refused", "message": message }))
}

fn unavailable(error: &dyn std::error::Error) -> HttpResponse {
    tracing::error!(error = %Chain(error), "a webhook was not taken in; its sender is asked to try again");
    refuse(503, "the event could not be stored: send it again")
}
