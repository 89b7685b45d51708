//! The writes of an apply, cut into transactions that keep their order.
//!
//! Every transaction writes the index too, on the condition that it is as it was left: whoever applies at the same time is
//! refused, the one or the other, and never do the rows of two configurations mix. An apply that is cut off leaves the index
//! naming everything that may be there, and the next one takes over from it.

use std::collections::BTreeSet;

use reveille_engine::key;
use reveille_engine::port::{Action, Change, Condition, Item, Key, Write};
use serde_json::{Value, json};

use super::limits::{ROWS_PER_TRANSACTION, TRANSACTION_BYTES_MAX};
use crate::installed::Installed;

/// Cuts writes into transactions.
pub(super) fn transactions(
    writes: Vec<Write>,
    installed: &Installed,
    wanted: &BTreeSet<Key>,
    revision: u64,
) -> Vec<Vec<Write>> {
    let parts = parts(writes, installed);
    let last = parts.len().saturating_sub(1);
    let everything: BTreeSet<Key> = installed.indexed().union(wanted).cloned().collect();
    let mut step = installed.step();
    let mut transactions = Vec::new();
    for (place, part) in parts.into_iter().enumerate() {
        let before = if place == 0 { installed.unchanged() } else { Condition::Is("rev", json!(step)) };
        step += 1;
        let index = if place == last {
            Action::Put(finished(index(wanted, revision, step)))
        } else if place == 0 {
            // What is named before it is there, and until it is gone, is never forgotten.
            Action::Put(index(&everything, revision, step))
        } else {
            Action::Update(vec![Change::Set("rev", json!(step))])
        };
        let index = Write { key: key::index(), action: index, condition: before };
        transactions.push([index].into_iter().chain(part).collect());
    }
    transactions
}

/// The row of the index.
pub(super) fn index(keys: &BTreeSet<Key>, revision: u64, step: u64) -> Item {
    let keys: Vec<[&str; 2]> = keys.iter().map(|key| [key.pk.as_str(), key.sk.as_str()]).collect();
    Item::from_iter([
        ("keys".to_owned(), json!(keys)),
        ("revision".to_owned(), json!(revision)),
        ("rev".to_owned(), json!(step)),
    ])
}

/// The last one of an apply: nothing is left to do.
fn finished(mut index: Item) -> Item {
    index.insert("finished".to_owned(), json!(true));
    index
}

/// At least one part: an apply that only mends the index has no other write.
fn parts(writes: Vec<Write>, installed: &Installed) -> Vec<Vec<Write>> {
    let mut parts: Vec<Vec<Write>> = vec![Vec::new()];
    let mut bytes = 0;
    for write in writes {
        let size = size(&write, installed);
        let full = parts.last().is_some_and(|part| part.len() >= ROWS_PER_TRANSACTION);
        if full || bytes + size > TRANSACTION_BYTES_MAX {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(part) = parts.last_mut() {
            part.push(write);
        }
    }
    parts
}

/// About as many bytes as DynamoDB counts: of the row before or the row after, whichever is larger.
fn size(write: &Write, installed: &Installed) -> usize {
    let before = installed.row(&write.key).map_or(0, bytes);
    match &write.action {
        Action::Put(item) => bytes(item).max(before),
        Action::Update(_) | Action::Delete | Action::Check => before,
    }
}

/// The bytes of a row as JSON.
pub(super) fn bytes(item: &Item) -> usize {
    Value::from(item.clone()).to_string().len()
}
