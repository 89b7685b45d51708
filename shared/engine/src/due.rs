//! What is due: the last of the three things that drive a deadline, and the one that needs no queue and no schedule.

use std::future::{Future, ready};

use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::engine::Engine;
use crate::error::{Chain, EngineError};
use crate::key::{self, DUE_AT, DUE_SHARDS, Role};
use crate::limits::{DUE_AT_ONCE_MAX, ROWS_PER_SHARD_MAX};
use crate::port::{Index, Item, Query};

/// Rows of one page of the index.
const ROWS_PER_QUERY: u32 = 100;

/// Shards that are looked at side by side: as many as the reading of a role's rows has opened connections for.
const LOOKS_AT_ONCE_MAX: usize = 8;

/// Works what is due for a role, the oldest first, and answers how many rows that were. What fails is due again in a minute, and so is
/// what has not been begun after so many seconds: a function that runs into its timeout dies with claims in its hands, and whatever it
/// had to say of its work stays unsaid.
pub async fn work<F, Fut, E>(engine: &Engine, role: Role, seconds: i64, work: F) -> Result<usize, EngineError>
where
    F: Fn(Item) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let began = engine.now();
    let rows = rows(engine, role, began).await?;
    let count = rows.len();
    let is_in_time = |_: &Item| ready(engine.now().duration_since(began) < SignedDuration::from_secs(seconds));
    futures_util::stream::iter(rows)
        .take_while(is_in_time)
        .map(|row| Box::pin(work(row)))
        .buffer_unordered(DUE_AT_ONCE_MAX)
        .for_each(|done| async move {
            if let Err(error) = done {
                tracing::error!(error = %Chain(&error), "overdue work failed; it stays due");
            }
        })
        .await;
    Ok(count)
}

/// The rows of a role that were due at `until`, the oldest first.
async fn rows(engine: &Engine, role: Role, until: Timestamp) -> Result<Vec<Item>, EngineError> {
    let shards = (0..DUE_SHARDS).map(|shard| shard_rows(engine, key::due_shard(&engine.home, role, shard), until));
    let shards = futures_util::future::try_join_all(shards).await?;
    let mut rows: Vec<Item> = shards.into_iter().flatten().collect();
    // The oldest first, whichever shard it stands in: what keeps failing in one must not hold up another.
    rows.sort_by_key(|row| row.get(DUE_AT).and_then(serde_json::Value::as_i64));
    Ok(rows)
}

/// The age of the oldest row of these roles that is due, over all shards, in seconds; 0 if nothing is.
pub async fn oldest_overdue_s(engine: &Engine, roles: &[Role], now: Timestamp) -> Result<i64, EngineError> {
    let now_ms = now.as_millisecond();
    let shards = roles.iter().flat_map(|role| (0..DUE_SHARDS).map(|shard| key::due_shard(&engine.home, *role, shard)));
    let oldest = |due_pk: String| async move {
        let index = Index::Due { due_pk, until_ms: now_ms };
        let page = engine.table.query(&Query { index, limit: 1, after: None }).await?;
        Ok::<_, EngineError>(page.items.first().and_then(|item| item.get(DUE_AT)?.as_i64()))
    };
    let looks: Vec<_> = shards.map(oldest).collect();
    let dues = futures_util::stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE_MAX);
    let oldest_ms =
        dues.try_fold(now_ms, |oldest_ms, due_ms| async move { Ok(due_ms.unwrap_or(now_ms).min(oldest_ms)) });
    Ok((now_ms - oldest_ms.await?) / 1000)
}

/// The oldest rows of a shard: more than a tick works are not read.
async fn shard_rows(engine: &Engine, due_pk: String, until: Timestamp) -> Result<Vec<Item>, EngineError> {
    let index = Index::Due { due_pk, until_ms: until.as_millisecond() };
    let mut query = Query { index, limit: ROWS_PER_QUERY, after: None };
    let mut rows = Vec::new();
    loop {
        let page = engine.table.query(&query).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) if rows.len() < ROWS_PER_SHARD_MAX => query.after = Some(next),
            Some(_) | None => return Ok(rows),
        }
    }
}
