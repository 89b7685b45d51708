//! The engine's ports on AWS: one adapter a file, all on clients that are built once. An adapter translates and
//! classifies; it decides nothing.

mod automation;
mod clients;
mod email;
mod environment;
mod metrics;
mod queue;
mod scheduler;
mod send_failure;
mod signing_keys;
mod sms;
mod table;

pub use automation::SsmAutomation;
pub use clients::Clients;
pub use email::SesEmail;
pub use environment::{Environment, EnvironmentError};
pub use metrics::EmbeddedMetrics;
pub use queue::SqsQueue;
pub use scheduler::{EventBridgeScheduler, WakeTarget};
pub use signing_keys::SecretsManagerKeys;
pub use sms::{SmsSender, SnsSms};
pub use table::DynamoTable;
