//! Requests to servers that are not AWS's, over the HTTPS client that the SDK links anyway.
//!
//! An address has to be an `https://` URL, everywhere. Beside a local stack nothing leaves the machine: there the request goes to the
//! stack, which shows it, under a path that names where it would have gone. That follows from where AWS itself is, so
//! that no address, however written, makes a deployed function speak without encryption.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reveille_domain::Disabled;
use reveille_engine::port::SendError;

use crate::public_resolver::{NotPublic, PublicResolver};

/// A server on the other side of the world needs half a second for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Below what `notify` waits for a slow sender, so that the answer says what was wrong.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// Where a local stack takes what would leave the machine.
pub const SINK_PATH: &str = "/outgoing/";

/// Posts, or just asks. Follows no redirect, and reads no answer beyond its status: what a stranger's server says is of no use.
#[derive(Clone, Debug)]
pub struct HttpsClient {
    // Made with the first post: reading the machine's certificates costs a cold start that most functions need not pay.
    connector: Arc<OnceLock<Connector>>,
    sink: Option<String>,
}

impl HttpsClient {
    /// `aws_endpoint` is where AWS is, if it is not at its usual place.
    pub(crate) fn new(aws_endpoint: Option<&str>) -> Self {
        let sink = aws_endpoint.filter(|endpoint| is_loopback(endpoint));
        Self { connector: Arc::default(), sink: sink.map(|endpoint| endpoint.trim_end_matches('/').to_owned()) }
    }

    /// Posts JSON to a URL, once.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<(), SendError> {
        let kind = ("content-type", "application/json".to_owned());
        self.send("POST", self.beyond(url)?, std::iter::once(kind).chain(headers.iter().cloned()), body).await
    }

    /// Asks for a URL, once.
    pub(crate) async fn get(&self, url: &str) -> Result<(), SendError> {
        self.send("GET", self.beyond(url)?, std::iter::empty(), "").await
    }

    /// Opens a page of our own front, once.
    pub(crate) async fn open(&self, url: &str) -> Result<(), SendError> {
        self.send("GET", self.own(url)?, std::iter::empty(), "").await
    }

    /// Sends a form to our own front, once.
    pub(crate) async fn press(&self, url: &str, form: &str) -> Result<(), SendError> {
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        self.send("POST", self.own(url)?, std::iter::once(kind), form).await
    }

    /// Where a request to our own front goes. Beside a local stack the front is on this machine too, and nothing is encrypted.
    fn own(&self, url: &str) -> Result<String, SendError> {
        if self.sink.is_some() && is_loopback(url) { Ok(url.to_owned()) } else { self.beyond(url) }
    }

    /// Where a request to a server beyond this machine goes.
    fn beyond(&self, url: &str) -> Result<String, SendError> {
        let rest = url.strip_prefix("https://").ok_or_else(|| SendError::Refused("no https:// URL".to_owned()))?;
        Ok(self.sink.as_ref().map_or_else(|| url.to_owned(), |sink| format!("{sink}{SINK_PATH}{rest}")))
    }

    async fn send(
        &self,
        method: &'static str,
        url: String,
        headers: impl Iterator<Item = (&'static str, String)>,
        body: &str,
    ) -> Result<(), SendError> {
        let unmade = || SendError::Refused("the URL makes no request".to_owned());
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).map_err(|_| unmade())?;
        request.set_uri(url).map_err(|_| unmade())?;
        let fixed = [("user-agent", "Reveille".to_owned()), ("content-length", body.len().to_string())];
        for (name, value) in fixed.into_iter().chain(headers) {
            request.headers_mut().try_insert(name, value).map_err(|_| unmade())?;
        }
        let connector = self.connector.get_or_init(|| connector(self.sink.is_some()));
        let answer = connector.call(request).await.map_err(|error| unanswered(&error))?;
        outcome(answer.status().as_u16())
    }
}

/// Whether an endpoint is on this machine, where no certificate is to be had.
fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
    matches!(host, Some("127.0.0.1" | "localhost"))
}

/// `is_local`: to a stack on this machine, and to nowhere else; otherwise to servers of the public network only.
fn connector(is_local: bool) -> Connector {
    let settings =
        HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build();
    let builder = Connector::builder().connector_settings(settings);
    let builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    if is_local { builder.build() } else { builder.build_with_resolver(PublicResolver) }
}

/// What an answer means. A redirect is refused: it could lead to a place that nobody has vouched for.
fn outcome(status: u16) -> Result<(), SendError> {
    let text = format!("the server answered {status}");
    match status {
        200..=299 => Ok(()),
        410 => Err(SendError::Unusable(Disabled::Invalid, text)),
        // Too slow, too early, too many: the same request may be taken later.
        408 | 425 | 429 => Err(SendError::Failed(text)),
        300..=499 => Err(SendError::Refused(text)),
        _ => Err(SendError::Failed(text)),
    }
}

/// Never the error's own text, which holds the URL.
fn unanswered(error: &ConnectorError) -> SendError {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if let Some(not_public) = causes.into_iter().find_map(|cause| cause.downcast_ref::<NotPublic>()) {
        return SendError::Refused(not_public.to_string());
    }
    let text = if error.is_timeout() { "no answer in time" } else { "out of reach" };
    SendError::Failed(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_refused_or_worth_another_attempt() {
        for (status, expected) in [
            (200, "sent"),
            (202, "sent"),
            (301, "refused"),
            (400, "refused"),
            (404, "refused"),
            (408, "failed"),
            (410, "unusable"),
            (425, "failed"),
            (429, "failed"),
            (500, "failed"),
            (503, "failed"),
        ] {
            let meant = match outcome(status) {
                Ok(()) => "sent",
                Err(SendError::Refused(_)) => "refused",
                Err(SendError::Failed(_)) => "failed",
                Err(SendError::Unusable(..)) => "unusable",
            };
            assert_eq!(meant, expected, "{status}");
        }
    }

    #[tokio::test]
    async fn nothing_is_posted_to_this_machine_or_without_encryption() {
        let deployed = HttpsClient::new(None);
        for (url, expected) in [
            ("https://localhost/hook", "the name of the server leads to no public address"),
            ("https://localhost:8443/hook", "the name of the server leads to no public address"),
            ("http://hooks.slack.com/services/x", "no https:// URL"),
            ("file:///etc/passwd", "no https:// URL"),
            ("https://exa mple/", "the URL makes no request"),
        ] {
            let refused = deployed.post(url, &[], "{}").await.expect_err(url);
            assert!(matches!(&refused, SendError::Refused(why) if why == expected), "{url}: {refused:?}");
        }
    }

    #[test]
    fn only_a_stack_on_this_machine_swallows_what_would_leave_it() {
        for (endpoint, sinks) in [
            (Some("http://127.0.0.1:9071"), true),
            (Some("http://localhost:4566/"), true),
            (Some("https://127.0.0.1:9071"), false),
            (Some("http://127.0.0.1.evil.test"), false),
            (Some("https://sqs.eu-west-1.amazonaws.com"), false),
            (None, false),
        ] {
            assert_eq!(HttpsClient::new(endpoint).sink.is_some(), sinks, "{endpoint:?}");
        }
    }
}
