//! The local world: the embedded stack with the functions' own handlers connected to it, on one clock.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_aws::{Clients, DynamoTable, Environment, EnvironmentError};
use reveille_domain::{Incident, IncidentId};
use reveille_engine::key;
use reveille_engine::port::{Clock, Index, Item, NoMetrics, Query, Table, TableError};
use reveille_engine::record::{IncidentRecord, OutboxRecord, RecordError, from_item};
use reveille_local::automation::{Account, LocalRunbooks, TemplateError, documents};
use reveille_local::{Functions, LocalClock, Stack, StackError, StackOptions};
use serde_json::{Value, json};

use crate::environment::{Addresses, TABLE};
use crate::installation::{Parts, Reached, parameter_name};

/// The template that is deployed; its runbooks are the ones that run here.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// How a local world is made.
pub struct Options {
    /// Its time.
    pub clock: LocalClock,
    /// The folder that keeps everything between two runs; `None`: nothing is kept.
    pub data: Option<PathBuf>,
    /// The port of the front; the AWS endpoint is one above. `None`: any that are free.
    pub port_base: Option<u16>,
    /// The servers that runbooks work on.
    pub account: Account,
}

/// A running local world.
pub struct LocalWorld {
    /// The doubles.
    pub stack: Stack,
    /// What runs the SSM documents.
    pub runbooks: Arc<LocalRunbooks>,
    /// The table, through the adapter that functions use.
    pub table: Arc<DynamoTable>,
    functions: Arc<AllFunctions>,
}

/// Why a local world did not start, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The doubles did not start.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The template's runbooks cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A function could not be wired.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The table did not answer.
    #[error("the local table did not answer")]
    Table(#[from] TableError),
    /// A row cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A function failed.
    #[error("{0}")]
    Function(String),
}

/// The functions' own handlers, each on the adapters that it has on AWS.
pub struct AllFunctions {
    ingest: ingest::Context,
    respond: respond::Context,
    escalate: escalate::Context,
    notify: notify::Context,
    runbook: runbook::Context,
    acknowledge: acknowledge::Context,
    rotate: rotate::Context,
}

impl LocalWorld {
    /// Starts the doubles and connects the functions.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        let world = Self::start_still(options).await?;
        world.connect(|functions| functions);
        Ok(world)
    }

    /// Connects the functions of a world that stands still, with something around them.
    pub fn connect(&self, around: impl FnOnce(Arc<dyn Functions>) -> Arc<dyn Functions>) {
        self.stack.connect(around(self.functions.clone()));
    }

    /// Starts the doubles and wires the functions, but connects nothing: a function runs only when it is invoked.
    pub async fn start_still(options: Options) -> Result<Self, LocalError> {
        let runbooks = Arc::new(LocalRunbooks::new(documents(TEMPLATE)?, options.account));
        let ports = options.port_base.map_or((0, 0), |base| (base, base.saturating_add(1)));
        let stack = Stack::start(StackOptions {
            clock: options.clock.clone(),
            table: TABLE.to_owned(),
            data: options.data,
            front_port: ports.0,
            aws_port: ports.1,
            runbooks: runbooks.clone(),
        })
        .await?;
        let addresses = Addresses { endpoint: stack.endpoint(), front: stack.front_url() };
        let parts = serde_json::to_string(&Parts::local(&addresses)).expect("parts are texts");
        stack.put_parameter(&parameter_name(TABLE), parts);
        let clients = Clients::at(&addresses.endpoint);
        let table = Arc::new(DynamoTable::new(clients.dynamodb(), TABLE));
        let value = |name: &str| addresses.value(name);
        let functions = AllFunctions::connect(|_| clients.clone(), value, Arc::new(options.clock))?;
        let functions = Arc::new(functions);
        functions.ingest.warm_up().await;
        Ok(Self { stack, runbooks, table, functions })
    }

    /// The world as commands reach it.
    pub fn reached(&self) -> Reached {
        Reached::local(&Addresses { endpoint: self.stack.endpoint(), front: self.stack.front_url() })
    }

    /// Opens the connections and lets every function run once with nothing to do, as functions have that are warm.
    pub async fn warm_up(&self) -> Result<(), LocalError> {
        for function in ["respond", "notify", "runbook"] {
            self.invoke(function, json!({ "tick": true })).await?;
        }
        Ok(())
    }

    /// The present instant in this world.
    pub fn now(&self) -> Timestamp {
        self.stack.clock().now()
    }

    /// Invokes a function and waits for its answer.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, LocalError> {
        self.functions.invoke(function, event).await.map_err(LocalError::Function)
    }

    /// One incident, as it is.
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, LocalError> {
        let row = self.table.get(&key::state(id)).await?;
        Ok(row.as_ref().map(from_item::<IncidentRecord>).transpose()?.map(Incident::from))
    }

    /// The rows of an incident's timeline, in the order of their keys.
    pub async fn timeline_rows(&self, id: &IncidentId) -> Result<Vec<Item>, LocalError> {
        self.rows(id, "EVENT#").await
    }

    /// The orders of an incident, settled or not.
    pub async fn orders(&self, id: &IncidentId) -> Result<Vec<OutboxRecord>, LocalError> {
        self.rows(id, "OUTBOX#").await?.iter().map(|row| Ok(from_item(row)?)).collect()
    }

    async fn rows(&self, id: &IncidentId, sk_prefix: &str) -> Result<Vec<Item>, LocalError> {
        let index = Index::Table { pk: key::partition(id), sk_prefix: sk_prefix.to_owned() };
        let mut query = Query { index, limit: 500, after: None };
        let mut rows = Vec::new();
        loop {
            let page = self.table.query(&query).await?;
            rows.extend(page.items);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(rows),
            }
        }
    }
}

impl AllFunctions {
    /// Wires every function as its `main` does, each on clients of its own. `value` is what stands in their environment.
    pub fn connect(
        clients: impl Fn(&'static str) -> Clients,
        value: impl Fn(&'static str) -> Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EnvironmentError> {
        let environment = |names: &[&'static str]| Environment::from_lookup(names, &value);
        Ok(Self {
            ingest: ingest::Context::connect(&clients("ingest"), &environment(ingest::REQUIRED)?, clock.clone()),
            // No alarm watches a local world, and its terminal is for people.
            respond: respond::Context::connect(
                &clients("respond"),
                &environment(respond::REQUIRED)?.with_optional(respond::OPTIONAL, &value),
                clock.clone(),
            )
            .with_metrics(Arc::new(NoMetrics)),
            escalate: escalate::Context::connect(
                &clients("escalate"),
                &environment(escalate::REQUIRED)?,
                clock.clone(),
            ),
            notify: notify::Context::connect(
                &clients("notify"),
                &environment(notify::REQUIRED)?.with_optional(notify::OPTIONAL, &value),
                clock.clone(),
            )
            .with_metrics(Arc::new(NoMetrics)),
            runbook: runbook::Context::connect(&clients("runbook"), &environment(runbook::REQUIRED)?, clock.clone()),
            acknowledge: acknowledge::Context::connect(
                &clients("acknowledge"),
                &environment(acknowledge::REQUIRED)?,
                clock,
            )
            .with_metrics(Arc::new(NoMetrics)),
            rotate: rotate::Context::connect(&clients("rotate")),
        })
    }
}

#[async_trait]
impl Functions for AllFunctions {
    async fn invoke(&self, function: &str, event: Value) -> Result<Value, String> {
        let answer = match function {
            "ingest" => ingest::handle(event, &self.ingest).await,
            "respond" => respond::handle(event, &self.respond).await,
            "escalate" => escalate::handle(event, &self.escalate).await,
            "notify" => notify::handle(event, &self.notify).await,
            "runbook" => runbook::handle(event, &self.runbook).await,
            "acknowledge" => acknowledge::handle(event, &self.acknowledge).await,
            "rotate" => rotate::handle(event, &self.rotate).await,
            _ => return Err(format!("there is no function `{function}`")),
        };
        answer.map_err(|diagnostic| diagnostic.error_message)
    }
}
