//! The incidents that are open, as the index has them that lists incidents. It is a moment behind: whoever acts on one reads it first.

use futures_util::future::try_join_all;
use reveille_domain::Incident;

use crate::engine::Engine;
use crate::error::{Chain, EngineError};
use crate::key;
use crate::limits::OPEN_PER_SHARD_MAX;
use crate::port::{Index, Query};
use crate::record::{IncidentRecord, from_item};

/// The newest of them, from one answer of each shard. One that cannot be read, because another version has written it, is left out.
pub async fn newest(engine: &Engine) -> Result<Vec<Incident>, EngineError> {
    let pages = key::list_partitions(true).into_iter().map(|list_pk| async move {
        let query = Query { index: Index::List { list_pk }, limit: OPEN_PER_SHARD_MAX, after: None };
        engine.table.query(&query).await
    });
    let pages = try_join_all(pages).await?;
    let mut incidents = Vec::new();
    for item in pages.iter().flat_map(|page| &page.items) {
        match from_item::<IncidentRecord>(item) {
            Ok(record) => incidents.push(Incident::from(record)),
            Err(error) => tracing::error!(error = %Chain(&error), "an incident cannot be read and is left out"),
        }
    }
    Ok(incidents)
}
