//! Plain HTTP on loopback: to the stack's front as a browser would, and to its Lambda endpoint as a sender would.

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The body of a request.
type Body = Full<std::io::Cursor<Vec<u8>>>;

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, as text.
    pub body: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("nothing answers at {0}: is `reveille local` running there?")]
    Unreachable(String),
    /// The answer broke off, or the address is none.
    #[error("the request to {0} could not be made")]
    Broken(String, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends a form, as the button of a page does, and reads the whole answer.
pub async fn request(method: &str, url: &str, form: String) -> Result<Answer, ClientError> {
    request_with(method, url, &[("content-type", "application/x-www-form-urlencoded")], form).await
}

/// Sends one request with these headers and reads the whole answer.
pub async fn request_with(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Answer, ClientError> {
    let broken = |source: Box<dyn std::error::Error + Send + Sync>| ClientError::Broken(url.to_owned(), source);
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::builder().method(method).uri(url);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(Full::new(std::io::Cursor::new(body.into_bytes())))
        .map_err(|error| broken(Box::new(error)))?;
    let response = client.request(request).await.map_err(|_| ClientError::Unreachable(url.to_owned()))?;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.map_err(|error| broken(Box::new(error)))?.to_bytes();
    Ok(Answer { status, body: String::from_utf8_lossy(&bytes).into_owned() })
}
