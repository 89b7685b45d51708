//! What the doubles keep between two runs: one JSON file beside the database.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::doubles::Doubles;
use crate::inbox::Letter;
use crate::invoker::Waiting;
use crate::queue::StoredMessage;
use crate::schedules::Schedule;
use crate::secrets::Secret;

/// Changes come in bursts; a crash loses at most so much, and the tick finds what a queue lost.
const WRITE_EVERY: Duration = Duration::from_millis(200);

/// The state of the doubles.
#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Saved {
    pub(crate) inbox: Vec<Letter>,
    pub(crate) queues: BTreeMap<String, Vec<StoredMessage>>,
    pub(crate) schedules: BTreeMap<String, Schedule>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) invocations: BTreeMap<String, Waiting>,
}

/// Why the state could not be kept or taken up.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The file cannot be read or written; look at the folder's rights and at the disk.
    #[error("the file of the local services' state could not be read or written")]
    Io(#[source] std::io::Error),
    /// The file is of another version or damaged; move it away.
    #[error("the file of the local services' state is not understood: move it away to start afresh")]
    Format(#[source] serde_json::Error),
}

impl Saved {
    /// `None`: there was no run before.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>, SavedError> {
        match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(SavedError::Format),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SavedError::Io(error)),
        }
    }

    /// Beside it first, then in its place: a crash leaves the old or the new state, never half of one.
    pub(crate) fn write(&self, file: &Path) -> Result<(), SavedError> {
        let bytes = serde_json::to_vec(self).map_err(SavedError::Format)?;
        let beside = file.with_extension("tmp");
        std::fs::write(&beside, bytes).map_err(SavedError::Io)?;
        std::fs::rename(&beside, file).map_err(SavedError::Io)
    }
}

/// Writes the state a moment after it has changed.
pub(crate) async fn keep_saved(doubles: Arc<Doubles>, file: std::path::PathBuf) {
    let mut watcher = doubles.touched.watch();
    loop {
        watcher.changed().await;
        tokio::time::sleep(WRITE_EVERY).await;
        if let Err(error) = doubles.save(&file) {
            tracing::error!(%error, "the local services' state was not kept");
        }
    }
}
