//! A world in memory: the functions' own handlers over ports that never wait, on a clock that only tests move.
//!
//! Whatever a port promises on AWS, this one promises; whatever it may fail to do, a [`Fault`] makes it fail.

mod ports;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reveille_cli::{apply, configuration};
use reveille_domain::{Attribution, Incident, IncidentId, RunbookOutcome, TimelineEvent};
use reveille_engine::port::{Clock, Index, Query, QueueName, SigningKey, SigningKeys, Table};
use reveille_engine::record::{EventsRecord, IncidentRecord, OutboxRecord, ReceiptsRecord, from_item};
use reveille_engine::{Engine, KeyRing, key};
use serde_json::{Map, Value, json};

use crate::MemoryTable;
use ports::{Automations, OperatorsInMemory, Pager, Queues, Schedules, StillMetrics, StoredKeys, VirtualClock};

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// No queue takes a message or delivers one.
    Queues,
    /// Schedules are neither made nor do they fire.
    Schedules,
    /// The tick does not come.
    Tick,
    /// `escalate` fails each time.
    Escalate,
    /// SMS are refused for good.
    SmsRefused,
    /// SMS fail and may be tried again.
    SmsFails,
    /// The SMS provider does not answer.
    SmsHangs,
    /// The provider says that the number has opted out.
    SmsOptedOut,
    /// Webhooks do not answer.
    WebhookHangs,
    /// `notify` dies between sending and settling.
    NotifyDiesBeforeSettling,
}

/// A message that reached somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// When.
    pub at: Timestamp,
    /// The kind of channel, or `operators`.
    pub channel: &'static str,
    /// Where to.
    pub to: String,
    /// What it says.
    pub text: String,
    /// Comes back in the provider's reports.
    pub attribution: Option<Attribution>,
}

/// The installation, the people and the clock.
pub struct World {
    /// The table, for tests that look at rows.
    pub table: Arc<MemoryTable>,
    state: Arc<Mutex<State>>,
    engine: Engine,
    ingest: ingest::Context,
    respond: respond::Context,
    escalate: escalate::Context,
    notify: notify::Context,
    runbook: runbook::Context,
    acknowledge: acknowledge::Context,
}

/// Everything that moves.
pub(crate) struct State {
    now: Timestamp,
    next_tick: Timestamp,
    messages: Vec<Waiting>,
    wakes: Vec<(String, Timestamp, String)>,
    sent: Vec<SentMessage>,
    faults: Vec<Fault>,
    runbook_outcome: Option<RunbookOutcome>,
    numbered: u64,
}

/// A message in a queue.
struct Waiting {
    number: u64,
    due: Timestamp,
    queue: QueueName,
    body: String,
}

/// When every world begins.
pub fn dawn() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

impl World {
    /// A world with this configuration applied.
    pub async fn with(yaml: &str) -> Self {
        let world = Self::empty();
        world.apply(yaml).await;
        world
    }

    /// A world to which nothing has been applied.
    pub fn empty() -> Self {
        let start = dawn();
        let state = Arc::new(Mutex::new(State {
            now: start,
            next_tick: start + SignedDuration::from_secs(60),
            messages: Vec::new(),
            wakes: Vec::new(),
            sent: Vec::new(),
            faults: Vec::new(),
            runbook_outcome: None,
            numbered: 0,
        }));
        let table = Arc::new(MemoryTable::new());
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock(state.clone()));
        let engine = Engine::new(table.clone(), Arc::new(Queues(state.clone())), clock.clone(), "eu-west-1");
        let keys = || {
            let current = SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough");
            KeyRing::new(Arc::new(StoredKeys(SigningKeys { current, previous: None })), clock.clone())
        };
        let pager = |channel| Arc::new(Pager { channel, state: state.clone() });
        let senders = notify::Senders {
            sms: pager("sms"),
            email: pager("email"),
            voice: pager("voice"),
            webhook: pager("webhook"),
            slack: pager("slack"),
            teams: pager("teams"),
            operators: Arc::new(OperatorsInMemory(state.clone())),
        };
        Self {
            ingest: ingest::Context::new(engine.clone()),
            respond: respond::Context::new(engine.clone(), Arc::new(Schedules(state.clone())), Arc::new(StillMetrics)),
            escalate: escalate::Context::new(engine.clone()),
            notify: notify::Context::new(engine.clone(), senders, keys(), "https://front.test"),
            runbook: runbook::Context::new(engine.clone(), Arc::new(Automations(state.clone()))),
            acknowledge: acknowledge::Context::new(engine.clone(), keys()),
            table,
            state,
            engine,
        }
    }

    /// Applies a configuration.
    pub async fn apply(&self, yaml: &str) {
        let configuration = configuration::parse(yaml, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        apply::apply(self.table.as_ref(), &configuration, self.now()).await.expect("it applies");
    }

    /// How many messages queues have taken so far.
    pub fn messages(&self) -> u64 {
        self.lock().numbered
    }

    /// The engine, for tests that speak to it directly.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// So many seconds after the beginning.
    pub fn seconds(&self) -> i64 {
        self.now().duration_since(dawn()).as_secs()
    }

    /// Breaks something.
    pub fn fail(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Mends it.
    pub fn heal(&self, fault: Fault) {
        self.lock().faults.retain(|f| *f != fault);
    }

    /// How runbooks end that have been started; until then they run.
    pub fn end_runbooks(&self, outcome: RunbookOutcome) {
        self.lock().runbook_outcome = Some(outcome);
    }

    /// An event reaches `ingest`.
    pub async fn ingest(&self, event: Value) -> Value {
        ingest::handle(event, &self.ingest).await.unwrap_or_else(|error| panic!("{}", error.error_message))
    }

    /// A request reaches the page behind a link.
    pub async fn visit(&self, method: &str, path: &str, body: &str) -> Value {
        let event = request(method, path, body);
        acknowledge::handle(event, &self.acknowledge).await.expect("it answers")
    }

    /// A request reaches the webhook.
    pub async fn post(&self, path: &str, body: &str) -> Value {
        self.ingest(request("POST", path, body)).await
    }

    /// Somebody opens the newest link that was sent to them and presses the button.
    pub async fn acknowledge(&self, address: &str) -> Value {
        let path = self.link(address).expect("they have been sent a link");
        self.visit("POST", &path, "do=acknowledge").await
    }

    /// The path of the newest link that was sent to an address.
    pub fn link(&self, address: &str) -> Option<String> {
        let sent = self.sent();
        let texts = sent.iter().rev().filter(|message| message.to == address).map(|message| &message.text);
        let link = |text: &String| Some(text.split_once("https://front.test")?.1.split_whitespace().next()?.to_owned());
        texts.into_iter().find_map(link)
    }

    /// Every message that reached somebody, in order.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.lock().sent.clone()
    }

    /// Who has been paged when: seconds, channel and address, in order.
    pub fn pages(&self) -> Vec<(i64, &'static str, String)> {
        let mut pages: Vec<_> = self
            .sent()
            .into_iter()
            .filter(|message| message.text.contains("Acknowledge:"))
            .map(|message| (message.at.duration_since(dawn()).as_secs(), message.channel, message.to))
            .collect();
        pages.sort();
        pages
    }

    /// Lets so many seconds pass, with everything that happens in them.
    pub async fn pass(&self, seconds: i64) {
        let until = self.now() + SignedDuration::from_secs(seconds);
        while let Some(happening) = self.next(until) {
            self.happen(happening).await;
        }
        self.lock().now = until;
    }

    /// Every incident there is.
    pub fn incidents(&self) -> Vec<Incident> {
        let rows = self.table.rows();
        let states = rows.iter().filter(|(key, _)| key.sk == "STATE" && key.pk.starts_with("INCIDENT#"));
        states.map(|(_, row)| from_item::<IncidentRecord>(row).expect("a record").into()).collect()
    }

    /// The only incident.
    pub fn incident(&self) -> Incident {
        let mut incidents = self.incidents();
        assert_eq!(incidents.len(), 1, "one incident: {incidents:#?}");
        incidents.remove(0)
    }

    /// The events of an incident with their revisions, as stored.
    pub fn timeline(&self, id: &IncidentId) -> Vec<(u64, TimelineEvent)> {
        let rows = self.table.rows();
        let prefix = key::partition(id);
        let events = rows
            .iter()
            .filter(|(key, _)| key.pk == prefix && key.sk.starts_with("EVENT#") && !key.sk.contains("RECEIPT"));
        events
            .flat_map(|(_, row)| {
                let record: EventsRecord = from_item(row).expect("a record");
                record.events.into_iter().map(move |event| (record.rev, event.into()))
            })
            .collect()
    }

    /// The receipts of an incident: page, channel and outcome.
    pub fn receipts(&self, id: &IncidentId) -> Vec<(String, String, String)> {
        let rows = self.table.rows();
        let prefix = key::partition(id);
        let receipts = rows.iter().filter(|(key, _)| key.pk == prefix && key.sk.contains("RECEIPT"));
        receipts
            .flat_map(|(key, row)| {
                let record: ReceiptsRecord = from_item(row).expect("a record");
                let page = key.sk.trim_start_matches("EVENT#").to_owned();
                record.receipts.into_iter().map(move |receipt| (page.clone(), receipt.channel, receipt.outcome))
            })
            .collect()
    }

    /// The orders of an incident, settled or not.
    pub async fn orders(&self, id: &IncidentId) -> Vec<OutboxRecord> {
        let index = Index::Table { pk: key::partition(id), sk_prefix: "OUTBOX#".to_owned() };
        let page = self.table.query(&Query { index, limit: 1_000, after: None }).await.expect("a page");
        page.items.iter().map(|item| from_item(item).expect("a record")).collect()
    }

    /// `notify` is woken for an order, at this instant, by whatever: a message that comes twice, or late.
    pub async fn wake_notify(&self, body: &str) {
        notify::handle(batch_of(body), &self.notify).await.expect("a batch is answered");
    }

    /// A provider reports what became of a message: an event type of End User Messaging, as its topic carries it.
    pub async fn report(&self, message: &SentMessage, kind: &str) -> Value {
        let context: Map<String, Value> = message
            .attribution
            .iter()
            .flat_map(Attribution::tags)
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let report = json!({ "eventType": kind, "eventTimestamp": message.at.as_millisecond(), "messageId": "message",
            "context": context });
        let topic = json!({ "Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:reports", "Message": report.to_string() });
        let event = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": topic }] });
        notify::handle(event, &self.notify).await.unwrap_or_else(|error| panic!("{}", error.error_message))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next thing that happens by `until`, and moves the clock to it.
    fn next(&self, until: Timestamp) -> Option<Happening> {
        let mut state = self.lock();
        let queues = !state.faults.contains(&Fault::Queues);
        let message = (0..state.messages.len())
            .filter(|_| queues)
            .min_by_key(|place| (state.messages[*place].due, state.messages[*place].number));
        let wake = (0..state.wakes.len())
            .filter(|_| !state.faults.contains(&Fault::Schedules))
            .min_by_key(|place| state.wakes[*place].1);
        let candidates = [
            message.map(|place| (state.messages[place].due, 0)),
            wake.map(|place| (state.wakes[place].1, 1)),
            Some((state.next_tick, 2)),
        ];
        let (at, which) = candidates.into_iter().flatten().min()?;
        if at > until {
            return None;
        }
        state.now = state.now.max(at);
        Some(match (which, message, wake) {
            (0, Some(place), _) => {
                let message = state.messages.remove(place);
                Happening::Message(message.queue, message.body)
            }
            (1, _, Some(place)) => Happening::Wake(state.wakes.remove(place).2),
            _ => {
                state.next_tick += SignedDuration::from_secs(60);
                if state.faults.contains(&Fault::Tick) { Happening::Nothing } else { Happening::Tick }
            }
        })
    }

    async fn happen(&self, happening: Happening) {
        match happening {
            Happening::Nothing => {}
            Happening::Message(queue, body) => {
                let event = batch_of(&body);
                let answer = match queue {
                    QueueName::Nudges => respond::handle(event, &self.respond).await,
                    QueueName::Pages | QueueName::SlowPages => notify::handle(event, &self.notify).await,
                    QueueName::Runbooks => runbook::handle(event, &self.runbook).await,
                };
                let answer = answer.unwrap_or_else(|error| panic!("{}", error.error_message));
                if answer["batchItemFailures"] != json!([]) {
                    self.lock().enqueue(queue, body, 30);
                }
            }
            Happening::Wake(payload) => {
                if self.lock().faults.contains(&Fault::Escalate) {
                    return;
                }
                let event: Value = serde_json::from_str(&payload).expect("the payload is JSON");
                escalate::handle(event, &self.escalate).await.unwrap_or_else(|error| panic!("{}", error.error_message));
            }
            Happening::Tick => {
                let tick = json!({ "tick": true });
                respond::handle(tick.clone(), &self.respond).await.expect("respond ticks");
                notify::handle(tick.clone(), &self.notify).await.expect("notify ticks");
                runbook::handle(tick, &self.runbook).await.expect("runbook ticks");
            }
        }
    }
}

/// Something that happens at its time.
enum Happening {
    Nothing,
    Message(QueueName, String),
    Wake(String),
    Tick,
}

impl State {
    fn enqueue(&mut self, queue: QueueName, body: String, delay_s: i64) {
        self.numbered += 1;
        let due = self.now + SignedDuration::from_secs(delay_s);
        self.messages.push(Waiting { number: self.numbered, due, queue, body });
    }
}

fn batch_of(body: &str) -> Value {
    json!({ "Records": [{ "messageId": "m", "body": body, "eventSource": "aws:sqs" }] })
}

/// A request as API Gateway hands it on (payload format 2.0).
pub fn request(method: &str, path: &str, body: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {},
        "requestContext": { "requestId": format!("r-{}", body.len()), "http": { "method": method, "path": path } },
        "body": body, "isBase64Encoded": false,
    })
}

/// A CloudWatch alarm as it invokes a function: its name, its state, and when that changed, in seconds from the beginning.
pub fn alarm(name: &str, state: &str, at_s: i64) -> Value {
    let at = dawn() + SignedDuration::from_secs(at_s);
    let at = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    let dimensions = BTreeMap::from([("InstanceId", "i-0f3a9c2d1e4b5a678")]);
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"),
        "accountId": "123456789012", "time": at, "region": "eu-west-1",
        "alarmData": {
            "alarmName": name,
            "state": { "value": state, "reason": "Threshold Crossed", "timestamp": at },
            "previousState": { "value": "OK", "reason": "", "timestamp": at },
            "configuration": { "metrics": [{ "id": "m1", "returnData": true, "metricStat": {
                "metric": { "namespace": "AWS/EC2", "name": "StatusCheckFailed", "dimensions": dimensions },
                "period": 60, "stat": "Maximum" } }] },
        },
    })
}
