//! The incidents that are open, as the index has them that lists incidents. It is a moment behind: whoever acts on one reads it first.

use futures_util::future::try_join_all;
use reveille_domain::Incident;

use crate::engine::{Engine, readable_incident};
use crate::error::EngineError;
use crate::key;
use crate::limits::OPEN_PER_SHARD_MAX;
use crate::port::{Index, Query};

/// The newest of them, from one answer of each shard. One that cannot be read, because another version has written it, is left out.
pub async fn newest(engine: &Engine) -> Result<Vec<Incident>, EngineError> {
    let pages = key::list_partitions(true).into_iter().map(|list_pk| async move {
        let query = Query { index: Index::List { list_pk }, limit: OPEN_PER_SHARD_MAX, after: None };
        engine.table.query(&query).await
    });
    let pages = try_join_all(pages).await?;
    Ok(pages.iter().flat_map(|page| &page.items).filter_map(readable_incident).collect())
}
