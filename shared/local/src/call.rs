//! What a call to a double is: to which service of AWS, which operation, and how one is refused.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The table.
    DynamoDb,
    /// The queues. Besides its operations: `Deliver`, from a queue to its function.
    Sqs,
    /// Text messages and topics.
    Sns,
    /// E-mail.
    Ses,
    /// Text messages and calls that are reported of.
    EndUserMessaging,
    /// Servers that are not AWS's: webhooks and chat. Its operation is the host.
    Outgoing,
    /// One-time schedules. Besides its operations: `Fire`, from a schedule to its function.
    Scheduler,
    /// Runbooks and parameters.
    Ssm,
    /// Signing keys.
    SecretsManager,
    /// Invocations; their operation is the function's name.
    Lambda,
}

/// One call that reached a double.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service.
    pub service: Service,
    /// Its operation, as AWS spells it.
    pub operation: String,
}

/// A double's answer of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    /// What some services say beside the code.
    reason: Option<&'static str>,
}

impl Refusal {
    /// The caller's fault.
    pub(crate) fn refused(code: impl Into<String>, message: impl Into<String>) -> Self {
        let (status, code, message) = (StatusCode::BAD_REQUEST, code.into(), message.into());
        Self { status, code, message, reason: None }
    }

    /// The service's fault.
    pub(crate) fn internal() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure".to_owned(),
            message: "a fault was switched on".to_owned(),
            reason: None,
        }
    }

    /// The same with a reason.
    pub(crate) fn with_reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

/// Renders an answer in the protocol that the service speaks.
pub(crate) fn render(service: Service, answer: Result<Value, Refusal>) -> Response {
    match (service, answer) {
        (Service::Sns, Ok(answer)) => respond(StatusCode::OK, "text/xml", xml_answer(&answer)),
        (Service::Sns, Err(error)) => respond(error.status, "text/xml", xml_error(&error)),
        (_, Ok(answer)) => respond(StatusCode::OK, json_type(service), answer.to_string()),
        (_, Err(error)) => {
            let mut body = json!({ "__type": error.code, "message": error.message, "Message": error.message });
            if let Some(reason) = error.reason {
                body["Reason"] = reason.into();
            }
            let mut response = respond(error.status, json_type(service), body.to_string());
            if let Ok(code) = HeaderValue::from_str(&error.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            response
        }
    }
}

/// An answer with this content.
pub(crate) fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn json_type(service: Service) -> &'static str {
    match service {
        Service::DynamoDb | Service::Sqs | Service::EndUserMessaging => "application/x-amz-json-1.0",
        Service::Ssm | Service::SecretsManager => "application/x-amz-json-1.1",
        Service::Sns | Service::Ses | Service::Scheduler | Service::Lambda | Service::Outgoing => "application/json",
    }
}

/// SNS speaks the query protocol. The answer of `Publish` is an id; others bring the content of theirs.
fn xml_answer(answer: &Value) -> String {
    if let Some((operation, content)) = answer["Operation"].as_str().zip(answer["Content"].as_str()) {
        return format!(
            "<{operation}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{operation}Result>{content}\
             </{operation}Result><ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></{operation}Response>"
        );
    }
    let id = answer["MessageId"].as_str().unwrap_or_default();
    format!(
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{id}\
         </MessageId></PublishResult><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></PublishResponse>"
    )
}

fn xml_error(error: &Refusal) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let kind = if error.status.is_server_error() { "Receiver" } else { "Sender" };
    format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>{kind}</Type><Code>{}</Code>\
         <Message>{}</Message></Error><RequestId>local</RequestId></ErrorResponse>",
        escape(&error.code),
        escape(&error.message)
    )
}
