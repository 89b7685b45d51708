//! What the engine needs of the world, one trait a file. The table is the port of storage: keys, conditions and
//! transactions as data, not a repository per entity.

mod automation;
mod clock;
mod dead_mans_switch;
mod item;
mod metrics;
mod operators;
mod page_reader;
mod queue;
mod readiness;
mod scheduler;
mod sender;
mod signing_keys;
mod table;

pub use automation::{Automation, AutomationError, AutomationStatus};
pub use clock::{Clock, SystemClock, Waiting, within};
pub use dead_mans_switch::{BeatError, DeadMansSwitch};
pub use item::Item;
pub use metrics::{Metric, MetricUnit, Metrics, NoMetrics};
pub use operators::{Operators, OperatorsError};
pub use page_reader::PageReader;
pub use queue::{Message, Queue, QueueError, QueueName};
pub use readiness::{
    DocumentFacts, DocumentParameter, MailAccount, MessagingAccount, MessagingSpendLimits, Readiness, ReadinessError,
    SmsSpendLimit, SpendLimit,
};
pub use scheduler::{Scheduler, SchedulerError, Wake, WakeOutcome};
pub use sender::{Envelope, Form, Provider, Secret, SendError, Sent};
pub use signing_keys::{KeyError, SigningKey, SigningKeySource, SigningKeys};
pub use table::{
    Action, Attribute, Change, Condition, Index, Key, Page, Query, Refusal, Table, TableError, TransactError, Write,
};
