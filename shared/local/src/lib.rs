//! AWS on loopback: small doubles of exactly the calls that the adapters make, which also act: queues deliver and
//! redeliver, schedules fire, automations end. The real SDK talks to them over HTTP. It knows no function: those are
//! handed in as one trait.

mod account_service;
pub mod automation;
mod automation_service;
mod calls;
mod changes;
mod clock;
mod database;
mod endpoint;
mod exchange;
mod faults;
mod front;
mod functions;
mod inbox;
mod inbox_page;
mod invoker;
mod lock;
mod mail_service;
mod memory_table;
mod messaging_service;
pub mod names;
mod outgoing;
mod parameters;
mod proxy;
mod pump;
mod queue;
mod queue_service;
mod queues;
mod random;
mod reports;
mod saved;
mod schedules;
mod secrets;
mod service;
mod services;
mod sms_service;
mod stack;
mod tasks;

pub use account_service::AccountState;
pub use automation_service::{DeclaredParameter, NoRunbooks, Runbooks};
pub use calls::Calls;
pub use clock::LocalClock;
pub use database::{Database, DatabaseError, table_definition};
pub use exchange::Exchange;
pub use faults::{Fault, FaultKind, Faults};
pub use functions::Functions;
pub use inbox::{Inbox, Letter, LetterChannel};
pub use memory_table::MemoryTable;
pub use saved::SavedError;
pub use service::{Call, Service};
pub use stack::{Stack, StackError, StackOptions};
