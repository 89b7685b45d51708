//! What a contact has been told about, or will be: the rows that a storm and a reply read.

use reveille_domain::{ContactAlias, Traffic};

use crate::engine::Engine;
use crate::error::{Chain, EngineError};
use crate::key;
use crate::port::{Index, Query};
use crate::record::{PagedRecord, TrafficRecord, from_item};

/// Rows of one page of what a contact has been told.
const ROWS_PER_QUERY: u32 = 200;

/// Everything that a contact has been told about lately, and what waits to be told. A row that cannot be read is left out: it must
/// keep neither the other pages nor the answers to them.
pub async fn of(engine: &Engine, contact: &ContactAlias) -> Result<Vec<PagedRecord>, EngineError> {
    let index = Index::Table { pk: key::paged_partition(contact), sk_prefix: String::new() };
    let mut query = Query { index, limit: ROWS_PER_QUERY, after: None };
    let mut rows = Vec::new();
    loop {
        let page = engine.table.query(&query).await?;
        for item in &page.items {
            match from_item(item) {
                Ok(paged) => rows.push(paged),
                Err(error) => tracing::error!(error = %Chain(&error), "what a contact has been told cannot be read"),
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// What a contact has been sent lately. Every message stands there from its claim on, which is before it leaves: also one whose
/// sender has died before it could say that it has left. A row that cannot be read counts as none.
pub async fn traffic(engine: &Engine, contact: &ContactAlias) -> Result<Traffic, EngineError> {
    let row = engine.table.get(&key::traffic(contact)).await?;
    match row.as_ref().map(from_item::<TrafficRecord>).transpose() {
        Ok(record) => Ok(record.unwrap_or_default().traffic()),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "what a contact has been sent cannot be read");
            Ok(Traffic::default())
        }
    }
}
