//! The shapes that a function is invoked with, and HTTP in API Gateway's payload format 2.0, which function URLs share.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::json::{at, list, scalar, text, text_map};
use crate::{base64, query};

/// Where senders post to: `/webhook/KEY`, or `/webhook` with the key in a header.
const WEBHOOK_PATH: &str = "/webhook";
/// The header that carries a key.
const KEY_HEADER: &str = "x-reveille-key";

/// What a function was invoked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventShape {
    /// A request over API Gateway or a function URL.
    Http(HttpRequest),
    /// A batch of messages of a queue.
    Queue(Vec<QueueRecord>),
    /// The clock: `{"tick": true}`.
    Tick,
    /// Anything else: an alarm action, SNS, EventBridge, a test in the console.
    Direct,
}

/// An HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// In capitals: `GET`.
    pub method: String,
    /// As it was sent, with its escapes.
    pub path: String,
    /// Decoded; the values of a repeated parameter are joined by commas.
    pub query: BTreeMap<String, String>,
    /// By lower-case names.
    pub headers: BTreeMap<String, String>,
    /// As text; base64 is decoded already.
    pub body: String,
    /// Unique for each request; a client that tries again makes a new one.
    pub request_id: String,
}

/// One message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRecord {
    /// What `ReportBatchItemFailures` names.
    pub message_id: String,
    /// As it was sent.
    pub body: String,
    /// How often the queue has handed it out, this time included.
    pub receives: u64,
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// By lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The text of the body.
    pub body: String,
}

/// Tells what a function was invoked with.
pub fn shape(event: &Value) -> EventShape {
    let records = list(event, &["Records"]);
    if at(event, &["requestContext", "http"]).is_object() {
        EventShape::Http(request(event))
    } else if !records.is_empty() && records.iter().all(is_queued) {
        EventShape::Queue(records.iter().map(queued).collect())
    } else if at(event, &["tick"]) == &Value::Bool(true) {
        EventShape::Tick
    } else {
        EventShape::Direct
    }
}

impl HttpRequest {
    /// The key of a webhook that a request carries: in its path, else in a header, else as a bearer token. One place counts, so
    /// that a request never has two.
    ///
    /// ```
    /// # use serde_json::json;
    /// let event = json!({ "requestContext": { "http": { "method": "POST", "path": "/webhook/k" } } });
    /// let reveille_wire::EventShape::Http(request) = reveille_wire::shape(&event) else { panic!("a request") };
    /// assert_eq!(request.webhook_key(), Some("k"));
    /// ```
    pub fn webhook_key(&self) -> Option<&str> {
        let header = |name: &str| self.headers.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let in_path = self.path.strip_prefix(WEBHOOK_PATH).and_then(|rest| rest.strip_prefix('/'));
        let in_path = in_path.map(|key| key.trim_matches('/').trim()).filter(|key| !key.is_empty());
        in_path.or_else(|| header(KEY_HEADER)).or_else(|| header("authorization").and_then(bearer))
    }
}

/// The token of `Bearer TOKEN`; the scheme's letter case is the sender's own.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl HttpResponse {
    /// A response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    /// A response in plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/plain; charset=utf-8", body.into())
    }

    /// The response in payload format 2.0.
    pub fn into_value(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body,
            "isBase64Encoded": false,
        })
    }

    fn of(status: u16, content_type: &str, body: String) -> Self {
        let headers = BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]);
        Self { status, headers, body }
    }
}

/// Paths, queries, headers and bodies carry secrets: of a request only its method and size are shown.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("request_id", &self.request_id)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn request(event: &Value) -> HttpRequest {
    let context = at(event, &["requestContext"]);
    let decoded = text_map(at(event, &["queryStringParameters"]));
    let headers = at(event, &["headers"]).as_object().into_iter().flatten();
    let mut headers: BTreeMap<String, String> =
        headers.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), scalar(value)?))).collect();
    // API Gateway takes cookies out of the headers.
    let cookies: Vec<&str> = list(event, &["cookies"]).iter().filter_map(Value::as_str).collect();
    if !cookies.is_empty() {
        headers.entry("cookie".to_owned()).or_insert_with(|| cookies.join("; "));
    }
    HttpRequest {
        method: text(context, &["http", "method"]).unwrap_or("GET").to_ascii_uppercase(),
        path: text(event, &["rawPath"]).or(text(context, &["http", "path"])).unwrap_or("/").to_owned(),
        query: if decoded.is_empty() {
            query::read(text(event, &["rawQueryString"]).unwrap_or_default())
        } else {
            decoded
        },
        headers,
        body: body(event),
        request_id: text(context, &["requestId"]).unwrap_or_default().to_owned(),
    }
}

/// What claims to be base64 and is not stays as it is: a body is never lost over its wrapping.
fn body(event: &Value) -> String {
    let sent = at(event, &["body"]).as_str().unwrap_or_default();
    if at(event, &["isBase64Encoded"]) != &Value::Bool(true) {
        return sent.to_owned();
    }
    match base64::decode(sent) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => sent.to_owned(),
    }
}

fn is_queued(record: &Value) -> bool {
    text(record, &["eventSource"]) == Some("aws:sqs")
}

fn queued(record: &Value) -> QueueRecord {
    let body = match at(record, &["body"]) {
        Value::String(body) => body.clone(),
        Value::Null => String::new(),
        body @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => body.to_string(),
    };
    let receives = scalar(at(record, &["attributes", "ApproximateReceiveCount"])).and_then(|count| count.parse().ok());
    let message_id = text(record, &["messageId"]).unwrap_or_default().to_owned();
    QueueRecord { message_id, body, receives: receives.unwrap_or(1) }
}
