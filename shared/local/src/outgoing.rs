//! Where requests to servers beyond AWS end on this machine: posts in the inbox, as they would have arrived. Their path names the
//! server.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use reveille_engine::port::Clock;

use crate::call::respond;
use crate::doubles::Doubles;
use crate::inbox::{Letter, LetterChannel};
use crate::random::random_id;

/// Where such requests arrive.
pub(crate) const PATH: &str = "/outgoing/";

/// Takes a request for the server that `rest`, the path behind [`PATH`], begins with. Whoever only asks brings no message: a beat
/// for a dead man's switch.
pub(crate) fn take(doubles: &Doubles, method: &Method, rest: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let to = format!("https://{rest}");
    if doubles.faults.refuses(&to) {
        return respond(StatusCode::NOT_FOUND, "text/plain", "no_service");
    }
    if let Some(status) = doubles.faults.fate_of(&to).and_then(|fate| fate.parse::<u16>().ok()) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return respond(status, "text/plain", "as was asked for");
    }
    if method == Method::GET {
        return respond(StatusCode::OK, "text/plain", "ok");
    }
    let text = String::from_utf8_lossy(body).into_owned();
    let told: BTreeMap<String, String> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("reveille-"))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    doubles.inbox.receive(Letter {
        at: doubles.clock.now().to_string(),
        channel: channel(&text, &told),
        to,
        subject: None,
        text,
        html: None,
        ssml: None,
        headers: told,
        message_id: random_id(),
    });
    respond(StatusCode::OK, "text/plain", "ok")
}

/// Told by what was posted: any server may stand at the address.
fn channel(body: &str, told: &BTreeMap<String, String>) -> LetterChannel {
    if !told.is_empty() {
        LetterChannel::Webhook
    } else if body.contains("application/vnd.microsoft.card.adaptive") {
        LetterChannel::Teams
    } else {
        LetterChannel::Slack
    }
}
