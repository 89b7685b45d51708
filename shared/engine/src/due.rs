//! What is due: the last of the three things that drive a deadline, and the one that needs no queue and no schedule.

use jiff::Timestamp;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::key::{self, DUE_AT, DUE_SHARDS, Role};
use crate::port::{Index, Item, Query};

/// Rows of one page of the index.
const ROWS_PER_QUERY: u32 = 100;

/// Every row of a role that was due at `until`, the oldest first.
pub async fn rows(engine: &Engine, role: Role, until: Timestamp) -> Result<Vec<Item>, EngineError> {
    let shards = (0..DUE_SHARDS).map(|shard| shard_rows(engine, key::due_shard(&engine.home, role, shard), until));
    let shards = futures_util::future::try_join_all(shards).await?;
    let mut rows: Vec<Item> = shards.into_iter().flatten().collect();
    // The oldest first, whichever shard it stands in: what keeps failing in one must not hold up another.
    rows.sort_by_key(|row| row.get(DUE_AT).and_then(serde_json::Value::as_i64));
    Ok(rows)
}

/// The age of the oldest row that is due, in seconds; 0 if nothing is.
pub async fn oldest_overdue_s(engine: &Engine, now: Timestamp) -> Result<i64, EngineError> {
    let mut oldest_s = 0;
    for role in Role::ALL {
        oldest_s = oldest_s.max(oldest_overdue_s_of(engine, role, now).await?);
    }
    Ok(oldest_s)
}

/// The age of the oldest row of a role that is due, over all shards, in seconds; 0 if nothing is.
pub async fn oldest_overdue_s_of(engine: &Engine, role: Role, now: Timestamp) -> Result<i64, EngineError> {
    let mut oldest_ms = now.as_millisecond();
    for shard in 0..DUE_SHARDS {
        let due_pk = key::due_shard(&engine.home, role, shard);
        let index = Index::Due { due_pk, until_ms: now.as_millisecond() };
        let page = engine.table.query(&Query { index, limit: 1, after: None }).await?;
        let due_ms = page.items.first().and_then(|item| item.get(DUE_AT)?.as_i64());
        oldest_ms = oldest_ms.min(due_ms.unwrap_or(oldest_ms));
    }
    Ok((now.as_millisecond() - oldest_ms) / 1000)
}

async fn shard_rows(engine: &Engine, due_pk: String, until: Timestamp) -> Result<Vec<Item>, EngineError> {
    let index = Index::Due { due_pk, until_ms: until.as_millisecond() };
    let mut query = Query { index, limit: ROWS_PER_QUERY, after: None };
    let mut rows = Vec::new();
    loop {
        let page = engine.table.query(&query).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}
