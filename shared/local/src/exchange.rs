//! What goes over the wire of the AWS endpoint, for a test that holds it against something else.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

/// A request and its answer, as they were on the wire.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request had come.
    pub came: Instant,
    /// The request's method.
    pub method: Method,
    /// Its path and query.
    pub uri: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub answer_headers: HeaderMap,
    /// The answer's body.
    pub answer: Bytes,
}

type Listener = Box<dyn Fn(&Exchange) + Send + Sync>;

/// The wire, and who listens in.
#[derive(Default)]
pub(crate) struct Wire(OnceLock<Listener>);

impl Wire {
    /// From now on every exchange is told to `listener`; a second one is not taken.
    pub(crate) fn tell(&self, listener: Listener) -> bool {
        self.0.set(listener).is_ok()
    }
}

/// Carries a request on, and tells of it where somebody listens.
pub(crate) async fn carry(State(wire): State<Arc<Wire>>, request: Request, next: Next) -> Response {
    let Some(listener) = wire.0.get() else { return next.run(request).await };
    let (head, body) = request.into_parts();
    let (method, headers) = (head.method.clone(), head.headers.clone());
    let uri = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let Ok(body) = to_bytes(body, usize::MAX).await else { return broken() };
    let came = Instant::now();
    let answer = next.run(Request::from_parts(head, Body::from(body.clone()))).await;
    let (answer_head, answer) = answer.into_parts();
    let Ok(answer) = to_bytes(answer, usize::MAX).await else { return broken() };
    let (status, answer_headers) = (answer_head.status, answer_head.headers.clone());
    listener(&Exchange { came, method, uri, headers, body, status, answer_headers, answer: answer.clone() });
    Response::from_parts(answer_head, Body::from(answer))
}

/// For a connection that has ended in the middle: nobody reads this.
fn broken() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
