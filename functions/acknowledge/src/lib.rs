//! `acknowledge` is the page behind the link of a page: GET shows, POST acts.
//!
//! Mail scanners and chat previews follow links, so a GET changes nothing, ever. It is the one function that strangers can
//! reach: it reads no address, and a token is verified before anything is read for it.

mod page;

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, Environment, SecretsManagerKeys, SqsQueue};
use reveille_domain::{Actor, ContactAlias, Incident, Input};
use reveille_engine::link::{Link, LinkError, token_key_id};
use reveille_engine::port::{Clock, KeyError, QueueName};
use reveille_engine::record::{IncidentRecord, OutboxRecord, from_item};
use reveille_engine::{Chain, Engine, EngineError, KeyRing, Repeats, key};
use reveille_wire::{EventShape, HttpRequest, HttpResponse, shape};
use serde_json::Value;

use page::{Done, html};

/// The environment variables that this function reads; all are required.
pub const ENVIRONMENT: &[&str] =
    &["REVEILLE_TABLE", "REVEILLE_HOME", "REVEILLE_NUDGE_QUEUE_URL", "REVEILLE_SIGNING_SECRET_ARN"];

/// Those without which it does not start.
pub const REQUIRED: &[&str] = ENVIRONMENT;

/// What the function works with, built once.
pub struct Context {
    engine: Engine,
    keys: KeyRing,
}

/// Why a request could not be answered as asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What the button does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Acknowledge,
    Resolve,
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let nudges = environment.get("REVEILLE_NUDGE_QUEUE_URL").to_owned();
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges)]);
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        let secret = environment.get("REVEILLE_SIGNING_SECRET_ARN");
        let source = SecretsManagerKeys::new(clients.secrets_manager(), secret);
        let keys = KeyRing::new(Arc::new(source), clock.clone());
        Self::new(Engine::new(Arc::new(table), Arc::new(queue), clock, environment.get("REVEILLE_HOME")), keys)
    }

    /// On any ports.
    pub fn new(engine: Engine, keys: KeyRing) -> Self {
        Self { engine, keys }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    let EventShape::Http(request) = shape(&event) else {
        let error_message = "acknowledge answers HTTP requests: this event is none".to_owned();
        return Err(Diagnostic { error_type: "NotRetryable".to_owned(), error_message });
    };
    let response = answer(&request, context).await.unwrap_or_else(|failure| refusal(&failure));
    Ok(response.into_value())
}

async fn answer(request: &HttpRequest, context: &Context) -> Result<HttpResponse, Failure> {
    let token = request.path.strip_prefix("/a/").unwrap_or_default();
    let keys = context.keys.keys_with(token_key_id(token)).await?;
    let link = Link::verify(token, &keys, context.engine.now())?;
    let Found { incident, contact, repeats } = read(context, &link).await?;
    match request.method.as_str() {
        "GET" | "HEAD" => Ok(html(200, &page::show(&incident, &contact, &repeats, None))),
        "POST" => {
            let (incident, done) = act(context, &link, &contact, deed(&request.body)).await?;
            Ok(html(200, &page::show(&incident, &contact, &repeats, Some(done))))
        }
        _ => Ok(html(405, &page::sorry("This page takes GET and POST", "Open the link from your page again."))),
    }
}

/// What a link leads to.
struct Found {
    incident: Incident,
    /// Whom the page was sent to.
    contact: ContactAlias,
    /// What has been counted on the incident.
    repeats: Repeats,
}

/// One request reads all of it. A link that fits no page is not valid.
async fn read(context: &Context, link: &Link) -> Result<Found, Failure> {
    let mut keys = key::counts(&link.incident);
    keys.extend([key::state(&link.incident), key::outbox(&link.incident, link.page)]);
    let items = context.engine.table().get_many(&keys).await.map_err(EngineError::from)?;
    let (mut incident, mut contact, mut counters) = (None, None, Vec::new());
    for item in items {
        match item.get("sk").and_then(Value::as_str) {
            Some("STATE") => {
                incident = Some(Incident::from(from_item::<IncidentRecord>(&item).map_err(EngineError::from)?));
            }
            Some("COUNT") => counters.push(item),
            Some(_) | None => contact = from_item::<OutboxRecord>(&item).map_err(EngineError::from)?.order.contact(),
        }
    }
    match (incident, contact) {
        (Some(incident), Some(contact)) if link.is_for(&contact) => {
            Ok(Found { incident, contact, repeats: Repeats::from_counters(counters) })
        }
        _ => Err(LinkError::Invalid.into()),
    }
}

async fn act(context: &Context, link: &Link, contact: &ContactAlias, deed: Deed) -> Result<(Incident, Done), Failure> {
    let engine = &context.engine;
    let input = match deed {
        Deed::Acknowledge => Input::Acknowledge { contact: contact.clone(), page: link.page },
        Deed::Resolve => Input::Resolve { by: Actor::Contact(contact.clone()) },
    };
    Ok(match engine.apply(&link.incident, &input, None).await? {
        reveille_engine::Applied::Committed(incident) => {
            // Those who were asked before hear of it; if the nudge is lost, the tick tells them.
            if let Err(error) = engine.nudge(&link.incident).await {
                tracing::warn!(error = %Chain(&error), "committed, but the nudge was not taken");
            }
            let done = match deed {
                Deed::Acknowledge => Done::Acknowledged,
                Deed::Resolve => Done::Resolved,
            };
            (*incident, done)
        }
        reveille_engine::Applied::Ignored(_, incident) => (*incident, Done::Before),
        reveille_engine::Applied::Duplicate | reveille_engine::Applied::Unknown => {
            return Err(LinkError::Invalid.into());
        }
    })
}

/// The form has one field; without it the button is the big one.
fn deed(body: &str) -> Deed {
    if body.split('&').any(|field| field == "do=resolve") { Deed::Resolve } else { Deed::Acknowledge }
}

fn refusal(failure: &Failure) -> HttpResponse {
    match failure {
        Failure::Link(LinkError::Expired) => {
            html(410, &page::sorry("This link has expired", "Use the link of a newer page of this incident."))
        }
        Failure::Link(LinkError::Invalid | LinkError::Unlinkable) => html(
            404,
            &page::sorry("This link is not valid", "It may have been cut: open it from the message again, whole."),
        ),
        Failure::Key(_) | Failure::Engine(_) => {
            tracing::error!(error = %Chain(failure), "an answer could not be stored");
            html(
                503,
                &page::sorry(
                    "That did not work",
                    "It may or may not have been stored. Press the button again in a few seconds: twice does no harm.",
                ),
            )
        }
    }
}
