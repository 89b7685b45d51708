//! A service of AWS in its own JSON, sent and returned as it is.
//!
//! The SDK's types know the fields of their day: whoever reads a thing with them and writes it back loses whatever has been
//! added since. What has to come back whole is therefore never put into them. Credentials, region and endpoint are the SDK's.

use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

/// An operator's network may be slow, and nobody waits for a page.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A list of a hundred alarms takes some seconds at worst.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// CloudWatch takes three changes of alarms a second: of hundreds, many are told to wait.
const ATTEMPTS_MAX: u32 = 10;

/// One service in one region.
#[derive(Debug)]
pub struct JsonService {
    config: SdkConfig,
    connector: Connector,
    dialect: Dialect,
    first_wait: Duration,
}

/// What a service calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Of its host.
    pub endpoint: &'static str,
    /// What signatures are made for.
    pub signed_as: &'static str,
    /// Before the name of the operation in `X-Amz-Target`.
    pub target: &'static str,
    /// Of the protocol: `1.0` or `1.1`.
    pub version: &'static str,
}

impl Dialect {
    /// CloudWatch, of whose protocols this is one.
    pub const CLOUDWATCH: Self = Self {
        endpoint: "monitoring",
        signed_as: "monitoring",
        target: "GraniteServiceVersion20100801",
        version: "1.0",
    };

    /// EventBridge.
    pub const EVENTBRIDGE: Self = Self { endpoint: "events", signed_as: "events", target: "AWSEvents", version: "1.1" };
}

/// Why a call was not done.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service says no; its own words.
    #[error("{operation}: {code}: {message}")]
    Refused {
        /// What was asked.
        operation: String,
        /// The name of the error.
        code: String,
        /// What it says.
        message: String,
    },
    /// It could not be asked; the same call may work later.
    #[error("{operation} could not be asked: {message}")]
    Unreachable {
        /// What was asked.
        operation: String,
        /// Why not.
        message: String,
    },
    /// Nobody says who asks.
    #[error("no credentials and region of AWS: sign in with the AWS CLI, or set AWS_PROFILE and AWS_REGION")]
    Nobody(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
}

/// What became of one attempt.
enum Attempt {
    Done(Result<Value, CallError>),
    /// The same may work in a moment.
    Later(CallError),
}

impl JsonService {
    pub(crate) fn new(config: &SdkConfig, dialect: Dialect) -> Self {
        let settings =
            HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build();
        let connector =
            Connector::builder().connector_settings(settings).tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
        // Beside a local stack nothing is worth waiting for.
        let first_wait = Duration::from_millis(if config.endpoint_url().is_some() { 1 } else { 200 });
        Self { config: config.clone(), connector, dialect, first_wait }
    }

    /// The region that is asked.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }

    /// Calls an operation. What is throttled, or fails for the moment, is asked again after longer and longer waits.
    pub async fn call(&self, operation: &str, body: &Value) -> Result<Value, CallError> {
        let mut wait = self.first_wait;
        for _ in 1..ATTEMPTS_MAX {
            match self.attempt(operation, body).await {
                Attempt::Done(done) => return done,
                Attempt::Later(_) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(ANSWER_TIMEOUT);
                }
            }
        }
        match self.attempt(operation, body).await {
            Attempt::Done(done) => done,
            Attempt::Later(error) => Err(error),
        }
    }

    async fn attempt(&self, operation: &str, body: &Value) -> Attempt {
        let unreachable = |message: String| CallError::Unreachable { operation: operation.to_owned(), message };
        let request = match self.signed(operation, body.to_string()).await {
            Ok(request) => request,
            Err(error) => return Attempt::Done(Err(error)),
        };
        let answer = match self.connector.call(request).await {
            Ok(answer) => answer,
            Err(error) => return Attempt::Later(unreachable(chain(&error))),
        };
        let status = answer.status().as_u16();
        let bytes = match ByteStream::new(answer.into_body()).collect().await {
            Ok(bytes) => bytes.into_bytes(),
            Err(error) => return Attempt::Later(unreachable(chain(&error))),
        };
        let said = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
        outcome(operation, status, said)
    }

    async fn signed(&self, operation: &str, body: String) -> Result<HttpRequest, CallError> {
        let nobody = || CallError::Nobody(None);
        let unmade =
            |message: &str| CallError::Unreachable { operation: operation.to_owned(), message: message.to_owned() };
        let region = self.region().ok_or_else(nobody)?.to_owned();
        let credentials = self.credentials().await?;
        let url =
            self.config.endpoint_url().map_or_else(|| usual_endpoint(self.dialect.endpoint, &region), str::to_owned);
        let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/').to_owned();
        let headers = [
            ("host", host),
            ("content-type", format!("application/x-amz-json-{}", self.dialect.version)),
            ("x-amz-target", format!("{}.{operation}", self.dialect.target)),
        ];
        let identity = credentials.into();
        let settings = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(self.dialect.signed_as)
            .time(SystemTime::now())
            .settings(SigningSettings::default());
        let params = settings.build().map_err(|_| unmade("the request cannot be signed"))?.into();
        let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new("POST", url.as_str(), signed, SignableBody::Bytes(body.as_bytes()))
            .map_err(|error| unmade(&chain(&error)))?;
        let (instructions, _) = sign(signable, &params).map_err(|error| unmade(&chain(&error)))?.into_parts();

        let mut request = http::Request::builder().method("POST").uri(&url).header("user-agent", "Reveille");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request = request.header("content-length", body.len());
        let mut request = request.body(SdkBody::from(body)).map_err(|error| unmade(&chain(&error)))?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(|error| unmade(&chain(&error)))
    }

    async fn credentials(&self) -> Result<Credentials, CallError> {
        let provider = self.config.credentials_provider().ok_or(CallError::Nobody(None))?;
        provider.provide_credentials().await.map_err(|error| CallError::Nobody(Some(Box::new(error))))
    }
}

/// Where a service is in a region.
fn usual_endpoint(service: &str, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{suffix}")
}

/// What an answer means.
fn outcome(operation: &str, status: u16, said: Value) -> Attempt {
    if (200..300).contains(&status) {
        return Attempt::Done(Ok(said));
    }
    let text = |keys: [&str; 3]| keys.into_iter().find_map(|key| said.get(key)?.as_str()).map(str::to_owned);
    // Some services put the namespace of their model before the name of an error.
    let code = text(["__type", "code", "Code"]).unwrap_or_else(|| format!("status {status}"));
    let code = code.rsplit('#').next().unwrap_or_default().to_owned();
    let message = text(["message", "Message", "errorMessage"]).unwrap_or_else(|| "no reason is given".to_owned());
    let error = CallError::Refused { operation: operation.to_owned(), code: code.clone(), message };
    let is_throttled =
        ["Throttl", "TooManyRequests", "RequestLimitExceeded"].into_iter().any(|word| code.contains(word));
    if is_throttled || status >= 500 || status == 429 { Attempt::Later(error) } else { Attempt::Done(Err(error)) }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut said: Vec<String> = causes.map(ToString::to_string).collect();
    said.dedup();
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_done_refused_or_worth_another_attempt() {
        let rows = [
            (200, json!({ "MetricAlarms": [] }), "done"),
            (200, Value::Null, "done"),
            (
                400,
                json!({ "__type": "com.amazon.granite#ValidationError", "message": "no" }),
                "PutMetricAlarm: ValidationError: no",
            ),
            (
                400,
                json!({ "__type": "ResourceNotFoundException", "Message": "gone" }),
                "PutMetricAlarm: ResourceNotFoundException: gone",
            ),
            (403, Value::Null, "PutMetricAlarm: status 403: no reason is given"),
            (400, json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }), "later"),
            (400, json!({ "__type": "Throttling" }), "later"),
            (429, Value::Null, "later"),
            (500, Value::Null, "later"),
            (503, json!({ "__type": "ServiceUnavailable" }), "later"),
        ];
        for (status, said, expected) in rows {
            let meant = match outcome("PutMetricAlarm", status, said.clone()) {
                Attempt::Done(Ok(_)) => "done".to_owned(),
                Attempt::Done(Err(error)) => error.to_string(),
                Attempt::Later(_) => "later".to_owned(),
            };
            assert_eq!(meant, expected, "{status} {said}");
        }
    }

    #[test]
    fn an_endpoint_is_where_its_partition_has_it() {
        let rows = [
            ("monitoring", "eu-west-1", "https://monitoring.eu-west-1.amazonaws.com"),
            ("events", "us-gov-west-1", "https://events.us-gov-west-1.amazonaws.com"),
            ("events", "cn-north-1", "https://events.cn-north-1.amazonaws.com.cn"),
        ];
        for (service, region, expected) in rows {
            assert_eq!(usual_endpoint(service, region), expected);
        }
    }
}
