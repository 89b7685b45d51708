//! A twin of SSM Automation for a small simulated account. It reads the documents of `template.yaml`, holds them against the rules
//! of schema 0.3, and runs them step by step in virtual time. It has no clock of its own, and knows nothing of incidents.

mod account;
mod call;
mod choice;
mod document;
mod execution;
mod parameters;
mod runbooks;
mod schema;
mod selector;
mod template;
mod variables;

pub use account::{Account, Group, Instance, InstanceState, Service};
pub use document::{Document, Fault};
pub use runbooks::{CancelError, LocalRunbooks, StartError};
pub use template::{TemplateError, documents};

#[cfg(test)]
mod tests;
