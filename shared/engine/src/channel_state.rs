//! Changing how a contact's channels stand: read, change, write if nobody was faster.

use crate::limits::TRIES_MAX;
use reveille_domain::ContactAlias;
use serde_json::json;

use crate::engine::Engine;
use crate::error::{Chain, EngineError};
use crate::key;
use crate::port::{Condition, Item, TableError, Write};
use crate::record::{ChannelStateRecord, from_item, to_item};
use crate::retry;

/// Reads the row. One that cannot be read is as good as none: what it says must not keep anybody from being paged.
pub(crate) fn read(item: &Item) -> ChannelStateRecord {
    from_item(item).unwrap_or_else(|error| {
        tracing::error!(error = %Chain(&error), "how a contact's channels stand cannot be read and counts as unknown");
        ChannelStateRecord::default()
    })
}

/// How the channels of a contact stand.
pub async fn of(engine: &Engine, contact: &ContactAlias) -> Result<ChannelStateRecord, EngineError> {
    let row = engine.table.get(&key::channel_state(contact)).await?;
    Ok(row.as_ref().map(read).unwrap_or_default())
}

/// Changes how the channels of a contact stand. `change` may be asked again if somebody was faster; where it answers `false`,
/// nothing is written. Answers whether something was.
pub async fn change(
    engine: &Engine,
    contact: &ContactAlias,
    change: impl Fn(&mut ChannelStateRecord) -> bool,
) -> Result<bool, EngineError> {
    let mut tries = 0;
    loop {
        let row = engine.table.get(&key::channel_state(contact)).await?;
        let mut state = row.as_ref().map(read).unwrap_or_default();
        if !change(&mut state) {
            return Ok(false);
        }
        // The revision is taken from the row as it is, so that one that cannot be read can still be replaced.
        let rev = row.as_ref().map(|row| row.get("rev").cloned().unwrap_or_default());
        let condition = rev.map_or(Condition::Absent, |rev| Condition::Is("rev", rev));
        state.rev += 1;
        let mut item = to_item(&state);
        item.insert("type".to_owned(), json!("channels"));
        match engine.table.write(&Write::put(key::channel_state(contact), item, condition)).await {
            Ok(_) => return Ok(true),
            Err(TableError::Refused(_)) if tries + 1 < TRIES_MAX => {
                tries += 1;
                retry::wait(engine.clock.as_ref(), tries).await;
            }
            // Everybody was faster six times in a row: the message comes again.
            Err(TableError::Refused(_)) => return Err(EngineError::Table(TableError::Conflict)),
            Err(error) => return Err(error.into()),
        }
    }
}
