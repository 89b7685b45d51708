//! Finding an installation: the flags by which a command is told which one, and what the stack has written down of itself.

mod error;
mod parts;
mod search;

use std::sync::Arc;

use clap::Args;
use reveille_aws::{Clients, DynamoTable, SqsQueue};
use reveille_engine::Engine;
use reveille_engine::port::{Clock, QueueName, SystemClock};

use crate::client;
use crate::environment::Addresses;
use crate::{output, progress};

pub use error::{InstallationError, failure};
pub use parts::{DeadLetterQueues, Parts, Queues};
pub use search::{parameter_name, read};

/// The installation that a command works on.
#[derive(Clone, Debug, Args)]
pub struct Installation {
    /// The installation: the name of its stack
    #[arg(long, value_name = "NAME", env = "REVEILLE_INSTALLATION", default_value = "reveille")]
    installation: String,
    /// Only its table, for an installation that has not been written down: the stack's output `TableName`
    #[arg(long, value_name = "NAME", env = "REVEILLE_TABLE")]
    table: Option<String>,
    /// The AWS profile; without it AWS_PROFILE and the other ways of the AWS CLI
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The AWS region; without it that of the environment or the profile
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The local stack instead of an AWS account
    #[arg(long)]
    local: bool,
    /// The port of the local stack's front; its AWS endpoint is one above. 9070 without it
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..65535), requires = "local")]
    port_base: Option<u16>,
}

/// Where a local stack listens unless somebody says otherwise.
pub(crate) const PORT_BASE: u16 = 9070;

/// Where a local stack listens.
#[derive(Clone, Debug, Args)]
pub struct Ports {
    /// The port of the local stack's front; its AWS endpoint is one above
    #[arg(long, value_name = "PORT", default_value_t = PORT_BASE, value_parser = clap::value_parser!(u16).range(1..65535))]
    pub port_base: u16,
}

/// An installation that has been found.
#[derive(Clone, Debug)]
pub struct Reached {
    /// What it consists of.
    pub parts: Parts,
    /// AWS, as the caller's own credentials reach it; of a local stack, its doubles.
    pub clients: Clients,
    /// The name of its stack, where it was found by it.
    pub stack: Option<String>,
    /// Whether it is a local stack.
    pub is_local: bool,
}

impl Installation {
    /// Whether the local stack is meant.
    pub fn is_local(&self) -> bool {
        self.local
    }

    fn addresses(&self) -> Addresses {
        Addresses::of_port_base(self.port_base.unwrap_or(PORT_BASE))
    }

    /// AWS as the caller's own credentials reach it, for what concerns the account and not the installation.
    pub async fn clients(&self) -> Result<Clients, InstallationError> {
        if self.local {
            return Ok(Clients::at(&self.addresses().endpoint));
        }
        let clients = Clients::for_operator(self.profile.as_deref(), self.region.as_deref()).await;
        if clients.region().is_none() {
            return Err(InstallationError::NoRegion);
        }
        Ok(clients)
    }

    /// Finds it. On AWS that takes one request; a local stack is asked whether it is there.
    pub async fn find(&self) -> Result<Reached, InstallationError> {
        if self.local {
            let addresses = self.addresses();
            // Any answer will do; without one, the SDK would only tell of a connection.
            progress::with(
                "asking the local stack whether it is there",
                client::request("GET", &addresses.endpoint, String::new()),
            )
            .await?;
            return Ok(Reached::local(&addresses));
        }
        let clients = Clients::for_operator(self.profile.as_deref(), self.region.as_deref()).await;
        let region = clients.region().ok_or(InstallationError::NoRegion)?.to_owned();
        let parts = match &self.table {
            Some(table) => Parts::of_table(table, &region),
            None => {
                progress::with("asking AWS for the installation", read(&clients, &self.installation, &region)).await?
            }
        };
        if let Some(doubt) = parts.doubt() {
            output::aside(doubt);
        }
        let stack = self.table.is_none().then(|| self.installation.clone());
        Ok(Reached { parts, clients, stack, is_local: false })
    }
}

impl Reached {
    /// The local stack at these addresses.
    pub fn local(addresses: &Addresses) -> Self {
        let (parts, clients) = (Parts::local(addresses), Clients::at(&addresses.endpoint));
        Self { parts, clients, stack: None, is_local: true }
    }

    /// The table.
    pub fn table(&self) -> Arc<DynamoTable> {
        Arc::new(DynamoTable::new(self.clients.dynamodb(), &self.parts.table))
    }

    /// An engine that can wake whoever works on incidents and pages, by this machine's clock.
    pub fn engine(&self) -> Engine {
        self.engine_at(Arc::new(SystemClock))
    }

    /// The same by another clock.
    pub fn engine_at(&self, clock: Arc<dyn Clock>) -> Engine {
        Engine::new(self.table(), Arc::new(self.queue()), clock, self.parts.home.clone())
    }

    /// The queues that a command sends to, as far as they are known.
    pub fn queue(&self) -> SqsQueue {
        let Queues { nudges, pages, .. } = &self.parts.queues;
        let named = [(QueueName::Nudges, nudges), (QueueName::Pages, pages)];
        SqsQueue::new(self.clients.sqs(), named.into_iter().filter_map(|(queue, url)| Some((queue, url.clone()?))))
    }
}
