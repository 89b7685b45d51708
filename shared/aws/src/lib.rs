//! The engine's ports on AWS: one adapter a file, all on clients that are built once. An adapter translates and
//! classifies; it decides nothing.

mod automation;
mod chat_webhook;
mod clients;
mod dead_mans_switch;
mod email;
mod end_user_messaging;
mod end_user_messaging_sms;
mod end_user_messaging_voice;
mod environment;
mod https_client;
mod json_service;
mod metrics;
mod operators_topic;
mod page_reader;
mod public_resolver;
mod queue;
mod readiness;
mod scheduler;
mod send_failure;
mod signing_keys;
mod sms;
mod table;
mod webhook;

pub use automation::SsmAutomation;
pub use chat_webhook::ChatWebhook;
pub use clients::Clients;
pub use dead_mans_switch::UrlSwitch;
pub use email::SesEmail;
pub use end_user_messaging_sms::EndUserMessagingSms;
pub use end_user_messaging_voice::EndUserMessagingVoice;
pub use environment::{Environment, EnvironmentError};
pub use https_client::{HttpsClient, SINK_PATH};
pub use json_service::{CallError, Dialect, JsonService};
pub use metrics::EmbeddedMetrics;
pub use operators_topic::OperatorsTopic;
pub use page_reader::FrontReader;
pub use queue::SqsQueue;
pub use readiness::AwsReadiness;
pub use scheduler::{EventBridgeScheduler, WakeTarget};
pub use signing_keys::SecretsManagerKeys;
pub use sms::{SmsSender, SnsSms};
pub use table::DynamoTable;
pub use webhook::{DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhook};
