//! The AWS endpoint: finds out which service and operation a request means, lets the faults have their say, and asks
//! the double.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use axum::response::Response;
use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::call::{Refusal, Service, render, respond};
use crate::doubles::Doubles;
use crate::doubles::Store;
use crate::names::function_of;
use crate::throughput::Throttled;
use crate::{end_user_messaging, outgoing, runbooks, ses, sns, sqs};

/// DynamoDB takes requests of 16 MB, nobody takes more.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The router of the endpoint.
pub(crate) fn router(doubles: Arc<Doubles>) -> Router {
    Router::new().fallback(answer).with_state(doubles)
}

/// A request whose service and operation are known.
struct Asked {
    service: Service,
    operation: String,
    /// What the path names: a schedule or a function.
    name: String,
}

pub(crate) async fn answer(State(doubles): State<Arc<Doubles>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return respond(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "the request is too large\n");
    };
    let Some(asked) = asked(&head.method, path_and_query(&head.uri), &head.headers, &body) else {
        return respond(StatusCode::NOT_FOUND, "text/plain", "no service here knows this request\n");
    };
    // Invocations are recorded and broken where they happen, whoever causes them.
    if asked.service != Service::Lambda {
        doubles.calls.record(asked.service, &asked.operation);
        if let Err(error) = doubles.faults.check(asked.service, &asked.operation).await {
            return render(asked.service, Err(error));
        }
    }
    if asked.service == Service::DynamoDb && is_throttled(&doubles, &asked.operation, &body) {
        return render(Service::DynamoDb, Err(Refusal::refused("ThrottlingException", "Throughput exceeds the limit")));
    }
    match asked.service {
        Service::DynamoDb => match &doubles.database {
            Store::Embedded(database) => database.call(&head.headers, &body),
            Store::Served(proxy) => match proxy.call(head.headers, body).await {
                Ok(response) => response,
                Err(error) => render(Service::DynamoDb, Err(error)),
            },
        },
        Service::Lambda => invoke(&doubles, &asked, &head.headers, &body).await,
        Service::Outgoing => outgoing::take(&doubles, &head.method, &asked.name, &head.headers, &body),
        service @ (Service::Sqs
        | Service::Sns
        | Service::Ses
        | Service::EndUserMessaging
        | Service::Scheduler
        | Service::Ssm
        | Service::SecretsManager) => {
            let answer = call(&doubles, &asked, &head.headers, &body).await;
            doubles.touched.announce();
            render(service, answer)
        }
    }
}

/// Whether the table has no throughput left for a request, which is then counted.
fn is_throttled(doubles: &Doubles, operation: &str, body: &Bytes) -> bool {
    let used_up = doubles.faults.used_up();
    if used_up.is_empty() {
        return false;
    }
    let body = serde_json::from_slice(body).unwrap_or_default();
    let throttled = Throttled::of(operation, &body, &used_up);
    throttled.iter().for_each(|throttled| doubles.counts.throttled(doubles.clock.now(), throttled));
    throttled.is_some()
}

fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or(uri.path(), |both| both.as_str())
}

fn asked(method: &Method, path_and_query: &str, headers: &HeaderMap, body: &Bytes) -> Option<Asked> {
    if let Some(target) = headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        let (prefix, operation) = target.split_once('.')?;
        let service = match prefix {
            "DynamoDB_20120810" => Service::DynamoDb,
            "AmazonSQS" => Service::Sqs,
            "AmazonSSM" => Service::Ssm,
            "secretsmanager" => Service::SecretsManager,
            "PinpointSMSVoiceV2" => Service::EndUserMessaging,
            _ => return None,
        };
        return Some(Asked::new(service, operation, ""));
    }
    let goes_out = [Method::POST, Method::GET].contains(method);
    if let Some(rest) = path_and_query.strip_prefix(outgoing::PATH).filter(|_| goes_out) {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        return Some(Asked { service: Service::Outgoing, operation: host.to_owned(), name: rest.to_owned() });
    }
    let path = path_and_query.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["v2", "email", "account"]) => Some(Asked::new(Service::Ses, "GetAccount", "")),
        ("GET", ["v2", "email", "identities", identity]) => {
            Some(Asked::new(Service::Ses, "GetEmailIdentity", &identity.replace("%40", "@")))
        }
        ("POST", ["v2", "email", "outbound-emails"]) => Some(Asked::new(Service::Ses, "SendEmail", "")),
        ("POST", ["schedules", name]) => Some(Asked::new(Service::Scheduler, "CreateSchedule", name)),
        ("GET", ["schedules", name]) => Some(Asked::new(Service::Scheduler, "GetSchedule", name)),
        ("DELETE", ["schedules", name]) => Some(Asked::new(Service::Scheduler, "DeleteSchedule", name)),
        ("POST", ["2015-03-31", "functions", name, "invocations"]) => {
            let name = name.replace("%3A", ":");
            Some(Asked::new(Service::Lambda, "Invoke", function_of(&name)))
        }
        ("POST", [""]) => Some(Asked::new(Service::Sns, form(body).get("Action")?, "")),
        _ => None,
    }
}

impl Asked {
    fn new(service: Service, operation: &str, name: &str) -> Self {
        Self { service, operation: operation.to_owned(), name: name.to_owned() }
    }
}

async fn call(doubles: &Arc<Doubles>, asked: &Asked, headers: &HeaderMap, body: &Bytes) -> Result<Value, Refusal> {
    let Doubles { inbox, faults, clock, .. } = doubles.as_ref();
    if asked.service == Service::Sns {
        let form = form(body);
        if asked.operation != "Publish" {
            let number = form.get("phoneNumber").map(String::as_str).unwrap_or_default();
            return doubles.account.sms(&asked.operation, number);
        }
        return sns::publish(inbox, faults, clock, &form);
    }
    let json: Value = match body.as_ref() {
        [] => json!({}),
        body => serde_json::from_slice(body)
            .map_err(|_| Refusal::refused("SerializationException", "the request is not JSON"))?,
    };
    match (asked.service, asked.operation.as_str()) {
        (Service::Sqs, operation) => sqs::call(&doubles.queues, operation, &json, &endpoint_of(headers)).await,
        (Service::Ses, "GetAccount") => Ok(doubles.account.mail()),
        (Service::Ses, "GetEmailIdentity") => doubles.account.identity(&asked.name),
        (Service::Ses, _) => ses::send(doubles, &json),
        (Service::EndUserMessaging, operation) if operation.starts_with("Describe") => {
            doubles.account.messaging(operation)
        }
        (Service::EndUserMessaging, operation) => end_user_messaging::call(doubles, operation, &json),
        (Service::Scheduler, "CreateSchedule") => doubles.schedules.create(&asked.name, json, clock),
        (Service::Scheduler, "DeleteSchedule") => doubles.schedules.delete(&asked.name),
        (Service::Scheduler, _) => doubles.schedules.get(&asked.name),
        (Service::Ssm, operation @ ("GetParameter" | "GetParametersByPath")) => {
            doubles.parameters.call(operation, &json)
        }
        (Service::Ssm, operation) => runbooks::call(doubles.runbooks.as_ref(), operation, &json, clock.now()),
        (Service::SecretsManager, operation) => doubles.secrets.call(operation, &json),
        (Service::DynamoDb | Service::Sns | Service::Lambda | Service::Outgoing, _) => Err(Refusal::internal()),
    }
}

/// Where the caller reached us.
fn endpoint_of(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("127.0.0.1"))
}

fn form(body: &Bytes) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Lambda's `Invoke`: an event is accepted at once, a request is answered with what the function answers.
async fn invoke(doubles: &Arc<Doubles>, asked: &Asked, headers: &HeaderMap, body: &Bytes) -> Response {
    let event = serde_json::from_slice(body).unwrap_or(Value::Null);
    let is_event = headers.get("x-amz-invocation-type").is_some_and(|kind| kind == "Event");
    if is_event {
        doubles.invoke_later(&asked.name, event);
        return respond(StatusCode::ACCEPTED, "application/json", Body::empty());
    }
    match doubles.invoker.invoke(&asked.name, event).await {
        Ok(answer) => respond(StatusCode::OK, "application/json", answer.to_string()),
        Err(error) => {
            let body = json!({ "errorMessage": error, "errorType": "Unhandled" });
            let mut response = respond(StatusCode::OK, "application/json", body.to_string());
            response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            response
        }
    }
}
