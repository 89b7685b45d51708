//! The port of storage. The in-memory table and DynamoDB evaluate the same keys, conditions and limits.

use async_trait::async_trait;
use serde_json::Value;

use super::Item;

/// The name of an attribute.
pub type Attribute = &'static str;

/// The primary key of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition key, attribute `pk`.
    pub pk: String,
    /// Sort key, attribute `sk`.
    pub sk: String,
}

/// One write, alone or in a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The row.
    pub key: Key,
    /// What to do with it.
    pub action: Action,
    /// What must hold before.
    pub condition: Condition,
}

/// What a write does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Replaces the row.
    Put(Item),
    /// Changes attributes; makes the row if it is not there and the condition allows it.
    Update(Vec<Change>),
    /// Removes the row, if it is there.
    Delete,
    /// Changes nothing: only the condition counts. In transactions only.
    Check,
}

/// One change of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Sets it.
    Set(Attribute, Value),
    /// Adds to a number; an absent one counts as 0.
    Add(Attribute, i64),
    /// Removes it.
    Remove(Attribute),
}

/// What must hold for a row before a write. An absent row has no attributes.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// The row is not there.
    Absent,
    /// The row is there.
    Present,
    /// The attribute is not there.
    Missing(Attribute),
    /// The attribute is there.
    Has(Attribute),
    /// The attribute has this value.
    Is(Attribute, Value),
    /// The attribute is there and less than this (numbers, or texts byte by byte).
    Less(Attribute, Value),
    /// The attribute is there and at most this.
    AtMost(Attribute, Value),
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
}

/// Rows with one partition key, in the order of the sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Where.
    pub index: Index,
    /// At most so many rows in one answer.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<Item>,
}

/// What a query ranges over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Index {
    /// The table itself, strongly consistent: sort keys that begin so.
    Table {
        /// Partition key.
        pk: String,
        /// Beginning of the sort key; may be empty.
        sk_prefix: String,
    },
    /// The sparse index `due` (`due_pk`, `due_at`): rows that wait, the oldest first. Eventually consistent.
    Due {
        /// `home#shard`.
        due_pk: String,
        /// Rows due at or before this instant, in milliseconds since the epoch.
        until_ms: i64,
    },
    /// The sparse index `list` (`list_pk`, `list_sk`), the newest first. Eventually consistent.
    List {
        /// What is listed, with its shard.
        list_pk: String,
    },
}

/// One answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows, each with its keys.
    pub items: Vec<Item>,
    /// Pass as [`Query::after`] for the rest; `None`: there is no more.
    pub next: Option<Item>,
}

/// Why the table did not do it.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The condition of a single write did not hold. Carries the row as it is.
    #[error("the condition on the row did not hold")]
    Refused(Option<Item>),
    /// Too much at once, here or in the account; try again with patience.
    #[error("the table is throttling")]
    Throttled,
    /// Another transaction was working on the same row.
    #[error("another transaction was working on the same row")]
    Conflict,
    /// No answer, or one that says nothing of the outcome: it may have been done.
    #[error("the table did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request itself is wrong, or not allowed: trying again cannot help.
    #[error("the table refused the request as such")]
    Invalid(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a transaction was not done.
#[derive(Debug, thiserror::Error)]
pub enum TransactError {
    /// At least one condition did not hold; nothing was written.
    #[error("{} of the transaction's conditions did not hold", .0.len())]
    Refused(Vec<Refusal>),
    /// Everything else.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// One condition of a transaction that did not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Zero-based place of the write in the transaction.
    pub place: usize,
    /// The row as it is; `None`: it is not there.
    pub row: Option<Item>,
}

/// The table. Every call is one request to it.
#[async_trait]
pub trait Table: Send + Sync {
    /// One row, strongly consistent.
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError>;

    /// At most 100 rows, strongly consistent, in any order; those that are not there are left out.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError>;

    /// One page of a query.
    async fn query(&self, query: &Query) -> Result<Page, TableError>;

    /// One write; answers with the row as it is afterwards (`None` after a delete).
    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError>;

    /// At most 100 writes to different rows: all or nothing.
    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError>;
}

impl TableError {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            TableError::Throttled | TableError::Conflict | TableError::Unavailable(_) => true,
            TableError::Refused(_) | TableError::Invalid(_) => false,
        }
    }
}

impl Key {
    /// A key of these two parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

impl Write {
    /// Puts a row.
    pub fn put(key: Key, mut item: Item, condition: Condition) -> Self {
        // A row is stored with its key: here it is not shared with anybody yet, and need not be copied for it.
        item.insert("pk".to_owned(), key.pk.clone().into());
        item.insert("sk".to_owned(), key.sk.clone().into());
        Self { key, action: Action::Put(item), condition }
    }

    /// The same, and the table sweeps a row that it puts up some time after this instant, in seconds since the epoch.
    #[must_use]
    pub(crate) fn kept_until(mut self, epoch_s: i64) -> Self {
        if let Action::Put(item) = &mut self.action {
            item.insert("ttl".to_owned(), epoch_s.into());
        }
        self
    }

    /// Changes a row.
    pub fn update(key: Key, changes: Vec<Change>, condition: Condition) -> Self {
        Self { key, action: Action::Update(changes), condition }
    }
}
