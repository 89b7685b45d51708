//! The table in memory: the same keys, conditions, indexes and limits as DynamoDB, without a socket. One conformance
//! suite holds both to the same answers. It knows nothing of what the rows mean.

use std::cmp::Ordering;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use foldhash::fast::FixedState;
use reveille_engine::port::{
    Action, Change, Condition, Index, Item, Key, Page, Query, Refusal, Table, TableError, TransactError, Write,
};
use serde_json::{Map, Value};

/// DynamoDB takes 100 actions in a transaction, and 100 keys in a batch.
const ACTIONS_MAX: usize = 100;
/// DynamoDB's limit for one row.
const ROW_BYTES_MAX: usize = 400 * 1024;
/// DynamoDB's limit for one transaction.
const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// DynamoDB ends a page of a query after a megabyte.
const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// DynamoDB's limits for key values.
const PK_BYTES_MAX: usize = 2048;
const SK_BYTES_MAX: usize = 1024;

/// The rows, and those of them that stand in the index `due`.
#[derive(Clone, Debug, Default)]
struct Rows {
    /// The rows of each partition by their sort keys. Partitions have no order, as in DynamoDB: long keys that begin alike are hashed once,
    /// and not compared a dozen times.
    partitions: HashMap<String, BTreeMap<String, Row>, FixedState>,
    /// The keys of a partition of the index, by the instant: an idle minute asks for each of them and finds nothing.
    due: BTreeMap<String, BTreeSet<(DueAt, Key)>>,
}

/// A row, and how large it is: a page of a query ends after so many bytes, and counts each row that it has.
#[derive(Clone, Debug)]
struct Row {
    item: Item,
    bytes: usize,
}

/// An instant of the index `due`: whole milliseconds, and what is over them of an instant that is no whole one. That is less than
/// one, and the bits of such numbers have their order.
type DueAt = (i64, u64);

/// A table that lives as long as the value. Calls never wait, so a simulation decides the order of everything.
#[derive(Debug, Default)]
pub struct MemoryTable {
    rows: Mutex<Rows>,
}

impl MemoryTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table of its own with the same rows.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { rows: Mutex::new(self.lock().clone()) }
    }

    /// Every row, in the order of the keys: for checkers that look at the whole state.
    pub fn rows(&self) -> Vec<(Key, Item)> {
        self.lock().in_order().map(|(key, row)| (key, row.item.clone())).collect()
    }

    /// The rows whose keys are meant, in the order of the keys.
    pub fn rows_where(&self, is_meant: impl Fn(&Key) -> bool) -> Vec<Item> {
        let rows = self.lock();
        rows.in_order().filter(|(key, _)| is_meant(key)).map(|(_, row)| row.item.clone()).collect()
    }

    /// What `look` sees of one row.
    pub fn see<T>(&self, key: &Key, look: impl FnOnce(Option<&Item>) -> T) -> T {
        look(self.lock().get(key))
    }

    /// The rows of a partition whose sort keys begin with this, in their order.
    pub fn rows_in(&self, pk: &str, sk_prefix: &str) -> Vec<Item> {
        in_table(&self.lock(), pk, sk_prefix, None).map(|row| row.item.clone()).collect()
    }

    // A panic elsewhere leaves the rows whole, because nothing panics between the first and the last insertion.
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Table for MemoryTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        check_key(key)?;
        Ok(self.lock().get(key).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        check_keys(keys.iter())?;
        let rows = self.lock();
        Ok(keys.iter().filter_map(|key| rows.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        if query.limit == 0 {
            return Err(invalid("the limit of a query is at least 1"));
        }
        let rows = self.lock();
        let after = query.after.as_ref();
        // A page costs what stands on it, and not what stands before and after it.
        Ok(match &query.index {
            Index::Table { pk, sk_prefix } => page(&query.index, in_table(&rows, pk, sk_prefix, after), query.limit),
            Index::Due { due_pk, until_ms } => page(&query.index, in_due(&rows, due_pk, *until_ms, after), query.limit),
            Index::List { list_pk } => page(&query.index, in_list(&rows, list_pk, after).into_iter(), query.limit),
        })
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        check_key(&write.key)?;
        if write.action == Action::Check {
            return Err(invalid("a check stands in a transaction only"));
        }
        let mut rows = self.lock();
        let before = rows.get(&write.key);
        if !holds(&write.condition, before) {
            return Err(TableError::Refused(before.cloned()));
        }
        let after = applied(write, before)?;
        store(&mut rows, &write.key, after.clone());
        Ok(after.map(|row| row.item))
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        if writes.is_empty() {
            return Err(invalid("a transaction has at least one action").into());
        }
        check_keys(writes.iter().map(|write| &write.key))?;
        let mut rows = self.lock();
        let refusals: Vec<Refusal> = writes
            .iter()
            .enumerate()
            .filter(|(_, write)| !holds(&write.condition, rows.get(&write.key)))
            .map(|(place, write)| Refusal { place, row: rows.get(&write.key).cloned() })
            .collect();
        if !refusals.is_empty() {
            return Err(TransactError::Refused(refusals));
        }
        // Everything is computed before anything is stored: all or nothing.
        let mut results = Vec::with_capacity(writes.len());
        let mut bytes = 0;
        for write in writes {
            let after = applied(write, rows.get(&write.key))?;
            bytes += after.as_ref().map_or(0, |row| row.bytes);
            results.push(after);
        }
        if bytes > TRANSACTION_BYTES_MAX {
            return Err(invalid("a transaction is at most 4 MB").into());
        }
        for (write, after) in writes.iter().zip(results) {
            store(&mut rows, &write.key, after);
        }
        Ok(())
    }
}

impl Rows {
    fn row(&self, key: &Key) -> Option<&Row> {
        self.partitions.get(&key.pk)?.get(&key.sk)
    }

    fn get(&self, key: &Key) -> Option<&Item> {
        self.row(key).map(|row| &row.item)
    }

    fn in_order(&self) -> impl Iterator<Item = (Key, &Row)> {
        let mut partitions: Vec<_> = self.partitions.iter().collect();
        partitions.sort_by_key(|(pk, _)| *pk);
        partitions.into_iter().flat_map(|(pk, rows)| rows.iter().map(move |(sk, row)| (Key::new(pk, sk), row)))
    }
}

fn store(rows: &mut Rows, key: &Key, row: Option<Row>) {
    let Rows { partitions, due: index } = rows;
    // Most rows that are written are there already, and so are their partitions.
    let partition = match partitions.get_mut(&key.pk) {
        Some(partition) => partition,
        None if row.is_none() => return,
        None => partitions.entry(key.pk.clone()).or_default(),
    };
    if let Some((due_pk, at)) = partition.get(&key.sk).and_then(|row| due(&row.item))
        && let Some(keys) = index.get_mut(due_pk)
    {
        keys.remove(&(at, key.clone()));
    }
    match row {
        Some(row) => {
            if let Some((due_pk, at)) = due(&row.item) {
                index.entry(due_pk.to_owned()).or_default().insert((at, key.clone()));
            }
            partition.insert(key.sk.clone(), row);
        }
        None => {
            partition.remove(&key.sk);
        }
    }
}

/// Where a row stands in the index `due`, and when.
fn due(row: &Item) -> Option<(&str, DueAt)> {
    let at = row.get("due_at")?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and keeps the order")]
    let part = |at: f64| (at.floor() as i64, (at - at.floor()).to_bits());
    let at = at.as_i64().map(|whole| (whole, 0)).or_else(|| at.as_f64().map(part))?;
    Some((text(row, "due_pk")?, at))
}

fn invalid(why: &str) -> TableError {
    TableError::Invalid(why.into())
}

fn check_key(key: &Key) -> Result<(), TableError> {
    if key.pk.is_empty() || key.sk.is_empty() {
        return Err(invalid("a key value is empty"));
    }
    if key.pk.len() > PK_BYTES_MAX || key.sk.len() > SK_BYTES_MAX {
        return Err(invalid("a key value is too long"));
    }
    Ok(())
}

fn check_keys<'a>(keys: impl ExactSizeIterator<Item = &'a Key>) -> Result<(), TableError> {
    if keys.len() > ACTIONS_MAX {
        return Err(invalid("more than 100 rows in one request"));
    }
    let mut seen = BTreeMap::new();
    for key in keys {
        check_key(key)?;
        match seen.entry(key) {
            Entry::Vacant(place) => place.insert(()),
            Entry::Occupied(_) => return Err(invalid("one row twice in one request")),
        };
    }
    Ok(())
}

/// The row after the write; `None`: it is gone.
fn applied(write: &Write, before: Option<&Item>) -> Result<Option<Row>, TableError> {
    let mut item = match &write.action {
        Action::Put(item) => item.clone(),
        Action::Update(changes) => changed(changes, before)?,
        Action::Delete => return Ok(None),
        Action::Check => return Ok(before.map(|item| Row { item: item.clone(), bytes: size(item) })),
    };
    for (name, part) in [("pk", &write.key.pk), ("sk", &write.key.sk)] {
        // A row that has its key already stays shared with whoever wrote it.
        if text(&item, name) != Some(part) {
            item.insert(name.to_owned(), part.clone().into());
        }
    }
    let bytes = check_row(&item)?;
    Ok(Some(Row { item, bytes }))
}

fn changed(changes: &[Change], before: Option<&Item>) -> Result<Item, TableError> {
    let mut row = before.cloned().unwrap_or_default();
    let mut seen = Vec::new();
    for change in changes {
        let (Change::Set(name, _) | Change::Add(name, _) | Change::Remove(name)) = change;
        if seen.contains(name) || ["pk", "sk"].contains(name) {
            return Err(invalid("an attribute is changed twice, or is part of the key"));
        }
        seen.push(name);
        match change {
            Change::Set(name, value) => {
                row.insert((*name).into(), value.clone());
            }
            Change::Add(name, amount) => {
                let old = row.get(*name).map_or(Some(0), Value::as_i64);
                let sum = old.and_then(|old| old.checked_add(*amount));
                let sum = sum.ok_or_else(|| invalid("only integers can be added to"))?;
                row.insert((*name).into(), sum.into());
            }
            Change::Remove(name) => {
                row.remove(*name);
            }
        }
    }
    Ok(row)
}

/// The size of a row that may be stored. An index takes only rows with both of its attributes, and DynamoDB refuses a row whose
/// attribute it could not index.
fn check_row(row: &Item) -> Result<usize, TableError> {
    let size = size(row);
    if size > ROW_BYTES_MAX {
        return Err(invalid("a row is at most 400 KB"));
    }
    for text in ["due_pk", "list_pk", "list_sk"] {
        if row.get(text).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            return Err(invalid("an indexed text is empty or not a text"));
        }
    }
    if row.get("due_at").is_some_and(|value| !value.is_number()) {
        return Err(invalid("due_at is not a number"));
    }
    Ok(size)
}

/// JSON is a little longer than DynamoDB's own form, so this errs on the strict side. Counted, and not written: a simulation
/// asks for millions of rows.
fn size(row: &Map<String, Value>) -> usize {
    let value = |value: &Value| size_of_value(value) + 1;
    row.iter().map(|(name, of)| name.len() + 3 + value(of)).sum::<usize>() + 2
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 20,
        Value::String(text) => {
            text.len() + 2 + text.bytes().filter(|byte| matches!(byte, 0..32 | b'"' | b'\\')).count()
        }
        Value::Array(values) => values.iter().map(|value| size_of_value(value) + 1).sum::<usize>() + 2,
        Value::Object(row) => size(row),
    }
}

fn holds(condition: &Condition, row: Option<&Item>) -> bool {
    let value = |name: &str| row.and_then(|row| row.get(name));
    let compare = |name: &str, to: &Value| value(name).and_then(|value| compared(value, to));
    match condition {
        Condition::Always => true,
        Condition::Absent => row.is_none(),
        Condition::Present => row.is_some(),
        Condition::Missing(name) => value(name).is_none(),
        Condition::Has(name) => value(name).is_some(),
        Condition::Is(name, to) => value(name) == Some(to) || compare(name, to) == Some(Ordering::Equal),
        Condition::Less(name, to) => compare(name, to) == Some(Ordering::Less),
        Condition::AtMost(name, to) => compare(name, to).is_some_and(Ordering::is_le),
        Condition::All(conditions) => conditions.iter().all(|condition| holds(condition, row)),
        Condition::Any(conditions) => conditions.iter().any(|condition| holds(condition, row)),
    }
}

/// `None`: values of different kinds, or of kinds without an order; no comparison of theirs holds.
fn compared(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return Some(left.cmp(&right));
    }
    if let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) {
        return left.partial_cmp(&right);
    }
    Some(left.as_str()?.cmp(right.as_str()?))
}

fn in_table<'r>(
    rows: &'r Rows,
    pk: &str,
    sk_prefix: &'r str,
    after: Option<&'r Item>,
) -> impl Iterator<Item = &'r Row> {
    let first = match after.and_then(|after| text(after, "sk")) {
        Some(after) if after >= sk_prefix => Bound::Excluded(after),
        Some(_) | None => Bound::Included(sk_prefix),
    };
    let of_partition = rows.partitions.get(pk).into_iter();
    let from_there = of_partition.flat_map(move |rows| rows.range::<str, _>((first, Bound::Unbounded)));
    from_there.take_while(move |(sk, _)| sk.starts_with(sk_prefix)).map(|(_, row)| row)
}

fn in_due<'r>(rows: &'r Rows, due_pk: &str, until_ms: i64, after: Option<&Item>) -> impl Iterator<Item = &'r Row> {
    let after = after.and_then(|after| {
        let (_, at) = due(after)?;
        Some((at, Key::new(text(after, "pk")?, text(after, "sk")?)))
    });
    let first = after.map_or(Bound::Unbounded, Bound::Excluded);
    let keys = rows.due.get(due_pk).into_iter().flat_map(move |keys| keys.range((first.clone(), Bound::Unbounded)));
    keys.take_while(move |(at, _)| *at <= (until_ms, 0)).filter_map(|(_, key)| rows.row(key))
}

fn in_list<'r>(rows: &'r Rows, list_pk: &str, after: Option<&Item>) -> Vec<&'r Row> {
    let stands_in = |row: &&Row| text(&row.item, "list_pk") == Some(list_pk) && row.item.contains_key("list_sk");
    let is_after = |row: &&Row| after.is_none_or(|after| order_of_list(&row.item, after) == Ordering::Greater);
    let all = rows.partitions.values().flat_map(BTreeMap::values);
    let mut found: Vec<&Row> = all.filter(stands_in).filter(is_after).collect();
    found.sort_by(|left, right| order_of_list(&left.item, &right.item));
    found
}

fn text<'a>(row: &'a Item, name: &str) -> Option<&'a str> {
    row.get(name).and_then(Value::as_str)
}

/// The newest first; the keys settle a tie, so that a page can go on where the one before ended.
fn order_of_list(left: &Item, right: &Item) -> Ordering {
    let by_text = |name| text(left, name).cmp(&text(right, name));
    by_text("list_sk").then_with(|| by_text("pk")).then_with(|| by_text("sk")).reverse()
}

/// Cuts a page. Like DynamoDB, a page that is full names its last row even where nothing follows.
fn page<'r>(index: &Index, mut found: impl Iterator<Item = &'r Row>, limit: u32) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut bytes = 0;
    while items.len() < limit && bytes <= PAGE_BYTES_MAX {
        let Some(row) = found.next() else { return Page { items, next: None } };
        bytes += row.bytes;
        items.push(row.item.clone());
    }
    let is_full = items.len() == limit || found.next().is_some();
    let next = items.last().filter(|_| is_full).map(|row| position(index, row));
    Page { items, next }
}

fn position(index: &Index, row: &Item) -> Item {
    let names: &[&str] = match index {
        Index::Table { .. } => &["pk", "sk"],
        Index::Due { .. } => &["pk", "sk", "due_pk", "due_at"],
        Index::List { .. } => &["pk", "sk", "list_pk", "list_sk"],
    };
    names.iter().filter_map(|name| row.get(*name).map(|value| ((*name).to_owned(), value.clone()))).collect()
}
