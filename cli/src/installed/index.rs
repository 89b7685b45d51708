//! The index of what has been applied. Rows are found by it, and nothing looks through the table.

use std::collections::BTreeSet;

use reveille_engine::key;
use reveille_engine::limits::KEYS_PER_READ_MAX;
use reveille_engine::port::{Item, Key, Table, TableError};

use super::Kind;

/// The keys of everything that the row of the index names.
pub(super) fn keys(index: &Item) -> BTreeSet<Key> {
    let keys = index.get("keys").cloned().unwrap_or_default();
    let keys: Vec<(String, String)> = serde_json::from_value(keys).unwrap_or_default();
    keys.into_iter().map(|(pk, sk)| Key::new(pk, sk)).filter(|key| Kind::of(key).is_some()).collect()
}

/// The keys of one kind among them.
pub(super) fn of_kind(keys: &BTreeSet<Key>, wanted: Kind) -> Vec<Key> {
    keys.iter().filter(|key| Kind::of(key).is_some_and(|(kind, _)| kind == wanted)).cloned().collect()
}

/// The names of a kind, as `apply` has written them down; none if nothing has been applied.
pub(crate) async fn names(table: &dyn Table, kind: Kind) -> Result<Vec<String>, TableError> {
    let index = table.get(&key::index()).await?;
    let keys = of_kind(&index.as_ref().map(keys).unwrap_or_default(), kind);
    Ok(keys.iter().filter_map(Kind::of).map(|(_, name)| name.to_owned()).collect())
}

/// The rows of these keys.
pub(super) async fn rows(table: &dyn Table, keys: &[Key]) -> Result<Vec<Item>, TableError> {
    let mut rows = Vec::with_capacity(keys.len());
    for some in keys.chunks(KEYS_PER_READ_MAX) {
        rows.extend(table.get_many(some).await?);
    }
    Ok(rows)
}
