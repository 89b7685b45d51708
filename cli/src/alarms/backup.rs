//! The backup: everything that is about to be changed, as it was read, in a file that nobody else can read.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::private_file::{self, PrivateFileError};

/// What is in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Backup {
    /// Of this form.
    pub(super) version: u32,
    pub(super) made_at: Timestamp,
    /// The region that it was read in, and is only written back to.
    pub(super) region: String,
    pub(super) changes: Vec<Change>,
}

/// The form that this program writes and reads.
pub(super) const VERSION: u32 = 1;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackupError {
    /// It would overwrite another.
    #[error("{0} is there already, and may be the backup of an earlier run: name another file with --backup")]
    Exists(String),
    /// It cannot be written or read.
    #[error("{path} cannot be {what}")]
    Unusable {
        path: String,
        what: &'static str,
        #[source]
        source: io::Error,
    },
    /// It is none.
    #[error("{path} is no backup that this version wrote: {why}")]
    NoBackup { path: String, why: String },
}

impl Backup {
    /// Writes it to a file that must not be there yet, down to the disk.
    pub(super) fn write(&self, path: &Path) -> Result<(), BackupError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| BackupError::Unusable {
            path: path.display().to_string(),
            what: "written",
            source: error.into(),
        })?;
        private_file::create(path, &(text + "\n")).map_err(|error| match error {
            PrivateFileError::Exists(path) => BackupError::Exists(path.display().to_string()),
            PrivateFileError::Unwritable { path, source } => {
                BackupError::Unusable { path: path.display().to_string(), what: "written", source }
            }
        })
    }

    /// Reads one.
    pub(super) fn read(path: &Path) -> Result<Self, BackupError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| BackupError::Unusable {
            path: shown(),
            what: "read",
            source,
        })?;
        let backup: Self = serde_json::from_str(&text)
            .map_err(|error| BackupError::NoBackup { path: shown(), why: error.to_string() })?;
        if backup.version == VERSION {
            Ok(backup)
        } else {
            Err(BackupError::NoBackup { path: shown(), why: format!("it is of version {}", backup.version) })
        }
    }
}
