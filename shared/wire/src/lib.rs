//! Reads what reaches Reveille from outside: alarms, events and webhooks become signals.
//!
//! It reads leniently and never fails: a field that is missing or of the wrong type costs that field, and a payload that
//! fits nothing still fires, because somebody meant to tell us something. It knows shapes, and nothing of incidents,
//! plans or storage. `event.rs` tells the shapes apart; each kind of sender has a file.

mod alertmanager;
mod arn;
mod backup;
mod base64;
mod cloudwatch;
mod datadog;
mod delivery;
mod digest;
mod draft;
mod event;
mod eventbridge;
mod form;
mod generic;
mod grafana;
mod guardduty;
mod health;
mod http;
mod instant;
mod json;
mod limits;
mod line;
mod ocsf;
mod pagerduty;
mod query;
mod redaction;
mod securityhub;
mod sentry;
mod ses;
mod severity;
mod sms;
mod sms_reply;
mod sns;
mod via;

pub use delivery::read_deliveries;
pub use event::{read_event, read_queued, read_unhandled, read_webhook};
pub use form::{PageForm, read_page_form};
pub use http::{EventShape, HttpRequest, HttpResponse, QueueRecord, shape};
pub use line::{key, one_line, paragraphs};
pub use pagerduty::{pagerduty_key, pagerduty_refusal, pagerduty_response, pagerduty_stranger};
pub use redaction::without_keys;
pub use sms_reply::{InboundSms, Reply, Which, read_inbound_sms, read_reply};
pub use sns::asks_to_confirm;
