//! AWS on loopback: small doubles of exactly the calls that the adapters make, which also act: queues deliver and
//! redeliver, schedules fire, automations end. The real SDK talks to them over HTTP. It knows no function: those are
//! handed in as one trait.

pub mod automation;
mod call;
mod calls;
mod changes;
mod clock;
mod database;
mod doubles;
mod embedded;
mod end_user_messaging;
mod endpoint;
mod exchange;
mod faults;
mod front;
mod functions;
mod inbox;
mod inbox_page;
mod invoker;
mod lock;
mod memory_table;
pub mod names;
mod outgoing;
mod parameters;
mod proxy;
mod pump;
mod queue;
mod queues;
mod random;
mod readiness;
mod reports;
mod runbooks;
mod saved;
mod schedules;
mod secrets;
mod ses;
mod sns;
mod sqs;
mod stack;
mod stepped;
mod tasks;

pub use call::{Call, Service};
pub use calls::Calls;
pub use clock::LocalClock;
pub use database::{Database, DatabaseError, table_definition};
pub use embedded::Embedded;
pub use exchange::Exchange;
pub use faults::{Fault, FaultKind, Faults};
pub use functions::Functions;
pub use inbox::{Inbox, Letter, LetterChannel};
pub use memory_table::MemoryTable;
pub use readiness::AccountState;
pub use runbooks::{DeclaredParameter, NoRunbooks, Runbooks};
pub use saved::SavedError;
pub use stack::{Stack, StackError, StackOptions};
pub use stepped::{Doubles, Stepped, Turn};
