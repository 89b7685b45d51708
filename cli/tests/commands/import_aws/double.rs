//! A double of SSM Contacts and SSM Incidents on a loopback port. Requests and answers are held to botocore's models, lists
//! have pages of two, and what is asked can be made to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use reveille_cli::import::aws::IncidentManager;
use reveille_tests::botocore::Models;
use serde_json::{Value, json};

const PAGE: usize = 2;

static MODELS: LazyLock<Models> = LazyLock::new(Models::read);

/// The operations that the models of the two services have.
pub(crate) fn modelled() -> BTreeSet<String> {
    ["ssm-contacts", "ssm-incidents"]
        .iter()
        .flat_map(|service| MODELS.get(service).operations().keys().cloned())
        .collect()
}

/// How an operation fails: about what, with which error, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) operation: &'static str,
    /// Part of the request's body or path.
    pub(crate) about: &'static str,
    pub(crate) error: &'static str,
    pub(crate) times: usize,
}

struct Inner {
    account: Value,
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<BTreeMap<String, usize>>,
    wrong: Mutex<Vec<String>>,
}

/// The running double.
pub(crate) struct Double {
    inner: Arc<Inner>,
    endpoint: String,
}

impl Double {
    /// Starts it with an account.
    pub(crate) async fn start(account: Value, faults: Vec<Fault>) -> Self {
        let inner =
            Arc::new(Inner { account, faults: Mutex::new(faults), calls: Mutex::default(), wrong: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        // Answers of two packets would wait for the other side's acknowledgement, forty milliseconds each.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner, endpoint }
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn incident_manager(&self) -> IncidentManager {
        IncidentManager::at(&self.endpoint)
    }

    /// How often each operation was called.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// What the models say against requests and answers.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.inner.wrong.lock().unwrap().clone()
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let uri = head.uri.path_and_query().map_or("/", |uri| uri.as_str());
    let asked = match MODELS.asked(head.method.as_str(), uri, &head.headers, &body) {
        Ok(asked) => asked,
        Err(why) => return refuse(&inner, why),
    };
    let scope = format!("/us-east-2/{}/aws4_request", asked.model.signing_name());
    if !head.headers["authorization"].to_str().is_ok_and(|authorization| authorization.contains(&scope)) {
        return refuse(&inner, format!("{asked} is not signed for its region"));
    }
    *inner.calls.lock().unwrap().entry(asked.operation.clone()).or_default() += 1;
    let wrong = asked.wrong();
    if !wrong.is_empty() {
        return refuse(&inner, wrong.join("; "));
    }
    if let Some(fault) = fault(&inner, &asked.operation, &asked.input.to_string()) {
        return failure(fault);
    }
    match output(&inner.account, &asked.operation, &asked.input) {
        None => failure("ResourceNotFoundException"),
        Some(output) => {
            inner.wrong.lock().unwrap().extend(asked.model.output(&asked.operation, &output));
            (StatusCode::OK, output.to_string()).into_response()
        }
    }
}

fn refuse(inner: &Inner, wrong: String) -> Response {
    inner.wrong.lock().unwrap().push(wrong);
    failure("ValidationException")
}

fn fault(inner: &Inner, operation: &str, input: &str) -> Option<&'static str> {
    let mut faults = inner.faults.lock().unwrap();
    let is_meant = |fault: &&mut Fault| fault.operation == operation && input.contains(fault.about) && fault.times > 0;
    let fault = faults.iter_mut().find(is_meant)?;
    fault.times -= 1;
    Some(fault.error)
}

/// As the services answer: SSM Contacts has the type in the body, SSM Incidents in a header, and both are sent.
fn failure(error: &str) -> Response {
    let status = match error {
        "ThrottlingException" => StatusCode::TOO_MANY_REQUESTS,
        "InternalServerException" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let body =
        json!({ "__type": error, "Message": format!("a made-up {error}"), "message": format!("a made-up {error}") });
    (status, [("x-amzn-ErrorType", error.to_owned())], body.to_string()).into_response()
}

/// What an operation answers about the account.
fn output(account: &Value, operation: &str, input: &Value) -> Option<Value> {
    let about = |key: &str| input[key].as_str().unwrap_or_default().to_owned();
    let find = |list: &str, key: &str, arn: &str| -> Option<Value> {
        account[list].as_array().unwrap().iter().find(|one| one[key] == arn).cloned()
    };
    let part = |one: &Value, keys: &[&str]| -> Value {
        let kept = keys.iter().filter(|key| !one[**key].is_null());
        Value::Object(kept.map(|key| ((*key).to_owned(), one[*key].clone())).collect())
    };
    let all = |list: &str| account[list].as_array().unwrap().clone();
    Some(match operation {
        "ListContacts" => {
            let keys = ["ContactArn", "Alias", "DisplayName", "Type"];
            page(all("contacts").iter().map(|one| part(one, &keys)).collect(), "Contacts", "NextToken", input)
        }
        "GetContact" => find("contacts", "ContactArn", &about("ContactId"))?,
        "ListContactChannels" => {
            let of = about("ContactId");
            let own = all("channels").into_iter().filter(|one| one["ContactArn"] == of.as_str()).collect();
            page(own, "ContactChannels", "NextToken", input)
        }
        "GetContactChannel" => find("channels", "ContactChannelArn", &about("ContactChannelId"))?,
        "ListRotations" => page(all("rotations"), "Rotations", "NextToken", input),
        "GetRotation" => find("rotations", "RotationArn", &about("RotationId"))?,
        "ListRotationOverrides" => within(&account["overrides"][about("RotationId")], "RotationOverrides", input),
        "ListRotationShifts" => within(&account["shifts"][about("RotationId")], "RotationShifts", input),
        "ListReplicationSets" => page(all("replicationSets"), "replicationSetArns", "nextToken", input),
        "ListResponsePlans" => {
            let keys = ["arn", "name", "displayName"];
            let plans = all("responsePlans").iter().map(|one| part(one, &keys)).collect();
            page(plans, "responsePlanSummaries", "nextToken", input)
        }
        "GetResponsePlan" => find("responsePlans", "arn", &about("arn"))?,
        _ => return None,
    })
}

/// What touches the window that was asked for.
fn within(list: &Value, key: &str, input: &Value) -> Value {
    let (from, to) = (input["StartTime"].as_f64().unwrap_or(0.0), input["EndTime"].as_f64().unwrap());
    let touches = |one: &&Value| one["StartTime"].as_f64().unwrap() < to && one["EndTime"].as_f64().unwrap() > from;
    let found = list.as_array().map(|list| list.iter().filter(touches).cloned().collect()).unwrap_or_default();
    page(found, key, "NextToken", input)
}

fn page(items: Vec<Value>, key: &str, token: &str, input: &Value) -> Value {
    let from: usize = input[token].as_str().map_or(0, |token| token.parse().unwrap());
    let mut page = json!({ key: items.iter().skip(from).take(PAGE).collect::<Vec<_>>() });
    if from + PAGE < items.len() {
        page[token] = Value::from((from + PAGE).to_string());
    }
    page
}
