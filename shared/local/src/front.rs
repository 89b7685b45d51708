//! The front: what API Gateway is in AWS. It makes events of HTTP requests (payload format 2.0), responses of the
//! functions' answers, and shows the inbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, RawPathParams, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::respond;
use crate::doubles::Doubles;
use crate::inbox_page;
use crate::names::ACCOUNT;
use crate::random::random_id;

/// API Gateway takes requests of ten megabytes.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The router of the front.
pub(crate) fn router(doubles: Arc<Doubles>) -> Router {
    Router::new()
        .route("/a/{token}", get(acknowledge).post(acknowledge))
        .route("/webhook", post(ingest))
        .route("/webhook/{*proxy}", post(ingest))
        .route("/v2/enqueue", post(ingest))
        .route("/inbox", get(inbox_page))
        .route("/inbox.json", get(inbox_json))
        .route("/", get(|| async { Redirect::temporary("/inbox") }))
        .fallback(|| async { message(StatusCode::NOT_FOUND, "Not Found") })
        // The gateway calls this "Not Found" as well, which sends whoever mistypes a method to look for the path.
        .method_not_allowed_fallback(|| async {
            message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed: webhooks take POST, pages GET")
        })
        .with_state(doubles)
}

async fn inbox_page(State(doubles): State<Arc<Doubles>>) -> Response {
    let page = inbox_page::render(&doubles.inbox.letters(), doubles.clock.now());
    respond(StatusCode::OK, "text/html; charset=utf-8", page)
}

async fn inbox_json(State(doubles): State<Arc<Doubles>>) -> Response {
    Json(doubles.inbox.letters()).into_response()
}

async fn acknowledge(
    State(doubles): State<Arc<Doubles>>,
    route: MatchedPath,
    parameters: RawPathParams,
    request: Request<Body>,
) -> Response {
    forward(&doubles, "acknowledge", &route, &parameters, request).await
}

async fn ingest(
    State(doubles): State<Arc<Doubles>>,
    route: MatchedPath,
    parameters: RawPathParams,
    request: Request<Body>,
) -> Response {
    forward(&doubles, "ingest", &route, &parameters, request).await
}

async fn forward(
    doubles: &Doubles,
    function: &str,
    route: &MatchedPath,
    parameters: &RawPathParams,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let mut event = event(doubles, route.as_str(), &head);
    let parameters: BTreeMap<&str, &str> = parameters.iter().collect();
    if !parameters.is_empty() {
        event["pathParameters"] = json!(parameters);
    }
    let is_text = is_text(&head.headers);
    match String::from_utf8(body.to_vec()) {
        Ok(text) if text.is_empty() => {}
        Ok(text) if is_text => event["body"] = text.into(),
        _ => {
            event["body"] = STANDARD.encode(&body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
    match doubles.invoker.invoke(function, event).await {
        Ok(answer) => response(answer),
        Err(error) => {
            tracing::warn!(function, error, "a request failed");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The event without its path parameters and its body.
fn event(doubles: &Doubles, route: &str, head: &axum::http::request::Parts) -> Value {
    let now = doubles.clock.now();
    let method = head.method.as_str();
    let headers = headers(&head.headers);
    let route = format!("{method} {}", route.replace("{*proxy}", "{proxy+}"));
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": headers.get("host"),
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": head.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent").map(String::as_str).unwrap_or_default(),
            },
            "requestId": random_id(),
            "routeKey": route,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    let query: BTreeMap<String, String> = query.into_owned().fold(BTreeMap::new(), joined);
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query);
    }
    event
}

/// The gateway joins what comes several times with commas.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let headers = headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    headers.fold(BTreeMap::new(), joined)
}

fn joined(mut all: BTreeMap<String, String>, (name, value): (String, String)) -> BTreeMap<String, String> {
    all.entry(name)
        .and_modify(|before| {
            before.push(',');
            before.push_str(&value);
        })
        .or_insert(value);
    all
}

/// The gateway passes these as they are and everything else, forms too, as base64.
fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    content_type.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&content_type)
        || content_type.ends_with("+json")
        || content_type.ends_with("+xml")
}

/// An answer without a status is the body itself.
fn response(answer: Value) -> Response {
    let Some(status) = answer["statusCode"].as_u64() else {
        return respond(StatusCode::OK, "application/json", answer.to_string());
    };
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"].as_bool().unwrap_or_default() {
        STANDARD.decode(text).unwrap_or_default()
    } else {
        text.as_bytes().to_vec()
    };
    let mut response = Response::new(Body::from(body));
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut put = |name: &str, value: &Value| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    };
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        put(name, value);
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        values.as_array().into_iter().flatten().for_each(|value| put(name, value));
    }
    answer["cookies"].as_array().into_iter().flatten().for_each(|cookie| put("set-cookie", cookie));
    response
}

fn message(status: StatusCode, text: &str) -> Response {
    respond(status, "application/json", json!({ "message": text }).to_string())
}
