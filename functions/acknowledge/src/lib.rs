//! `acknowledge` takes the answers to pages: through the page behind a link (GET shows, POST acts), and by SMS.
//!
//! Mail scanners and chat previews follow links, so a GET changes nothing, ever. It is the one function that strangers can
//! reach: it reads no address, a token is verified before anything is read for it, and an SMS from a number of nobody here
//! is left without an answer.

mod answer;
mod deed;
mod known;
mod opt_out;
mod page;
mod reply;

use std::sync::Arc;

use futures_util::future::join;
use lambda_runtime::Diagnostic;
use reveille_aws::{Clients, DynamoTable, EmbeddedMetrics, Environment, SecretsManagerKeys, SqsQueue};
use reveille_domain::limits::{ANSWERED_PER_REPLY_MAX, SNOOZE_MINUTES};
use reveille_domain::{ContactAlias, FrozenPlan, Ignored, Incident, Opening, OutboxId, TestPage, mutant};
use reveille_engine::link::{Link, LinkError, token_key_id};
use reveille_engine::port::{Clock, KeyError, Metric, Metrics, NoMetrics, QueueName};
use reveille_engine::record::{FrozenPlanRecord, IncidentRecord, OutboxRecord, PagedRecord, from_item};
use reveille_engine::{Chain, Engine, EngineError, KeyRing, OrderPlace, Repeats, Seen, key};
use reveille_wire::{EventShape, HttpRequest, HttpResponse, PageForm, read_inbound_sms, read_page_form, shape};
use serde_json::{Value, json};

use deed::{Deed, Outcome};
use known::Known;
use maud::Markup;
use page::{Done, html};

/// The environment variables without which this function does not start.
pub const REQUIRED: &[&str] = &[
    "REVEILLE_TABLE",
    "REVEILLE_HOME",
    "REVEILLE_INSTALLATION",
    "REVEILLE_NUDGE_QUEUE_URL",
    "REVEILLE_PAGE_QUEUE_URL",
    "REVEILLE_SIGNING_SECRET_ARN",
];

/// What the function works with, built once.
pub struct Context {
    engine: Engine,
    keys: KeyRing,
    metrics: Arc<dyn Metrics>,
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

/// What a button does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Button {
    /// This, to the incident.
    Do(Deed),
    /// Acknowledges everything of the response plan.
    AcknowledgeAll,
}

/// What the form of the page sends.
#[derive(Clone, Copy)]
struct Form {
    button: Button,
    /// The revision of the incident that the page showed.
    seen: Option<u64>,
}

/// What a visitor of the page sees.
struct Visit {
    incident: Incident,
    contact: ContactAlias,
    page: OutboxId,
    /// What has been counted on the incident.
    repeats: Repeats,
    /// The plan frozen into it; read for those who answer.
    frozen: Option<FrozenPlan>,
}

impl Visit {
    /// The incident as it has been read, for an answer to be decided on.
    fn seen(&self) -> Seen {
        let (incident, frozen, repeats) = (self.incident.clone(), self.frozen.clone(), self.repeats.clone());
        Seen { incident, frozen, repeats: Some(repeats) }
    }

    /// What the visitor sees of the incident as it is now, and of these others.
    fn page(&self, incident: &Incident, others: &[Known], done: Option<Done>) -> Markup {
        let named = if mutant("page-names-too-little") { others.get(1..).unwrap_or_default() } else { others };
        let others: Vec<&Incident> = named.iter().map(|other| &other.incident).collect();
        page::show(incident, &self.contact, &self.repeats, &others, done)
    }

    /// The other incidents of the plan that wait for the visitor's acknowledgement.
    async fn others(&self, engine: &Engine) -> Result<Vec<Known>, EngineError> {
        let Opening { id, response_plan, .. } = &self.incident.opening;
        let is_other = |paged: &PagedRecord| paged.plan() == *response_plan && paged.incident() != *id;
        let mut others = known::told_where(engine, std::slice::from_ref(&self.contact), is_other).await?;
        others.retain(Known::asks);
        Ok(others)
    }
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let nudges = environment.get("REVEILLE_NUDGE_QUEUE_URL").to_owned();
        let pages = environment.get("REVEILLE_PAGE_QUEUE_URL").to_owned();
        let queue = SqsQueue::new(clients.sqs(), [(QueueName::Nudges, nudges), (QueueName::Pages, pages)]);
        let table = DynamoTable::new(clients.dynamodb(), environment.get("REVEILLE_TABLE"));
        let secret = environment.get("REVEILLE_SIGNING_SECRET_ARN");
        let source = SecretsManagerKeys::new(clients.secrets_manager(), secret);
        let keys = KeyRing::new(Arc::new(source), clock.clone());
        let metrics = EmbeddedMetrics::new(environment.get("REVEILLE_INSTALLATION"), clock.clone());
        Self::new(Engine::new(Arc::new(table), Arc::new(queue), clock, environment.get("REVEILLE_HOME")), keys)
            .with_metrics(Arc::new(metrics))
    }

    /// The same with its numbers going there.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<dyn Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// On any ports.
    pub fn new(engine: Engine, keys: KeyRing) -> Self {
        Self { engine, keys, metrics: Arc::new(NoMetrics) }
    }
}

/// Handles one event.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    if let EventShape::Http(request) = shape(&event) {
        let response = answer(&request, context).await.unwrap_or_else(|failure| refusal(&failure));
        return Ok(response.into_value());
    }
    let replies = read_inbound_sms(&event);
    if replies.is_empty() {
        let error_message = "acknowledge answers HTTP requests and SMS: this event is neither".to_owned();
        return Err(Diagnostic { error_type: "NotRetryable".to_owned(), error_message });
    }
    for sms in &replies {
        reply::take(context, sms).await.map_err(|error| {
            let error_type = if error.retryable() { "Retryable" } else { "NotRetryable" }.to_owned();
            Diagnostic { error_type, error_message: Chain(&error).to_string() }
        })?;
    }
    Ok(json!({ "replies": replies.len() }))
}

async fn answer(request: &HttpRequest, context: &Context) -> Result<HttpResponse, Failure> {
    let token = request.path.strip_prefix("/a/").unwrap_or_default();
    let keys = context.keys.keys_with(token_key_id(token)).await?;
    let link = Link::verify(token, &keys, context.engine.now())?;
    let answers = request.method == "POST" || mutant("acknowledge-on-get");
    let visit = read(context, &link, answers).await?;
    match request.method.as_str() {
        "GET" if mutant("acknowledge-on-get") => press(context, visit, &Form::read("")).await,
        "GET" | "HEAD" => {
            let others = visit.others(&context.engine).await?;
            Ok(html(200, &visit.page(&visit.incident, &others, None)))
        }
        "POST" => press(context, visit, &Form::read(&request.body)).await,
        _ => Ok(html(405, &page::sorry("This page takes GET and POST", "Open the link from your page again."))),
    }
}

/// One request reads what the link leads to, what has been counted on it, and for an answer the plan that it goes by. A link that fits
/// no page is not valid.
async fn read(context: &Context, link: &Link, answers: bool) -> Result<Visit, Failure> {
    let mut keys = key::counts(&link.incident);
    keys.extend([key::state(&link.incident), key::outbox(&OrderPlace::from(&link.incident), link.page)]);
    keys.extend(answers.then(|| key::frozen_plan(&link.incident)));
    let items = context.engine.table().get_many(&keys).await.map_err(EngineError::from)?;
    let (mut incident, mut frozen, mut contact, mut counters) = (None, None, None, Vec::new());
    for item in items {
        match item.get("sk").and_then(Value::as_str) {
            Some("STATE") => {
                incident = Some(Incident::from(from_item::<IncidentRecord>(&item).map_err(EngineError::from)?));
            }
            Some("PLAN") => {
                frozen = Some(FrozenPlan::from(from_item::<FrozenPlanRecord>(&item).map_err(EngineError::from)?));
            }
            Some("COUNT") => counters.push(item),
            Some(_) | None => contact = from_item::<OutboxRecord>(&item).map_err(EngineError::from)?.order.contact(),
        }
    }
    match (incident, contact) {
        (Some(incident), Some(contact)) if link.is_for(&contact) => {
            let repeats = Repeats::from_counters(counters);
            Ok(Visit { incident, contact, page: link.page, repeats, frozen })
        }
        _ => Err(LinkError::Invalid.into()),
    }
}

/// Does what the button says, and reads meanwhile what else waits for the visitor: neither depends on the other.
async fn press(context: &Context, visit: Visit, form: &Form) -> Result<HttpResponse, Failure> {
    let Form { button, seen } = *form;
    let deed = match button {
        Button::Do(deed) => deed,
        Button::AcknowledgeAll => Deed::Acknowledge,
    };
    let input = deed.input(&visit.contact, visit.page);
    let id = &visit.incident.opening.id;
    // Pressed twice on what it showed once, the button has been pressed once; the page that answers shows a newer revision.
    let cause =
        seen.filter(|_| deed.adds_up()).map(|seen| format!("press {id} {} {} {seen}", visit.page, visit.contact));
    // Whichever fails, the other is not left half done.
    let applied = deed::apply_to(&context.engine, &input, visit.seen(), cause.as_deref());
    let (applied, others) = join(applied, visit.others(&context.engine)).await;
    let Outcome { incident, ignored } = applied?.ok_or(LinkError::Invalid)?;
    let mut others = match others {
        Err(error) if button != Button::AcknowledgeAll => {
            tracing::warn!(error = %Chain(&error), "what else waits for an answer could not be read; the answer is stored");
            Vec::new()
        }
        others => others?,
    };
    if ignored.is_none() {
        measure(context, &incident);
    }
    if button == Button::AcknowledgeAll {
        let left = others.split_off(others.len().min(ANSWERED_PER_REPLY_MAX));
        reply::acknowledge_all(&context.engine, &others).await?;
        others = left;
    }
    let done = match (ignored, deed) {
        (Some(Ignored::NobodyToAsk), Deed::Escalate) => Done::NobodyToAsk,
        (Some(_), _) => Done::Before,
        (None, Deed::Acknowledge) => Done::Acknowledged,
        (None, Deed::Resolve) => Done::Resolved,
        (None, Deed::Snooze(minutes)) => Done::Snoozed(minutes),
        (None, Deed::Escalate) => Done::Escalated,
    };
    Ok(html(200, &visit.page(&incident, &others, Some(done))))
}

/// How long a synthetic incident has taken, from its alarm to this answer.
fn measure(context: &Context, incident: &Incident) {
    if TestPage::of(&incident.opening).is_some_and(|test| test.is_synthetic()) {
        let took = context.engine.now().duration_since(incident.opening.occurred_at);
        context.metrics.put(Metric::SyntheticAnswerSeconds, took.as_secs_f64());
    }
}

impl Form {
    fn read(body: &str) -> Self {
        let PageForm { pressed, seen } = read_page_form(body);
        let button = match pressed {
            Some("resolve") => Button::Do(Deed::Resolve),
            Some("snooze") => Button::Do(Deed::Snooze(SNOOZE_MINUTES)),
            Some("escalate") => Button::Do(Deed::Escalate),
            Some("acknowledge-all") => Button::AcknowledgeAll,
            // Whatever else it says, the button is the big one.
            Some(_) | None => Button::Do(Deed::Acknowledge),
        };
        Self { button, seen }
    }
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
