//! Files that hold addresses: for their owner alone, and never over something that is there unless that is asked for.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    /// Something is there.
    #[error("{} is there already: name another file, or add --force", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{} could not be written: check the folder, and that you may write there", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Writes a file that only its owner can read.
pub(super) fn file(path: &Path, text: &str, force: bool) -> Result<(), WriteError> {
    let unwritable = |source| WriteError::Unwritable { path: path.to_owned(), source };
    if !force {
        return create(path, text).map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                WriteError::Exists(path.to_owned())
            } else {
                unwritable(error)
            }
        });
    }
    // Beside it and then over it: whoever can read the old file gets nothing of the new one, and a full disk costs neither.
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    create(&beside, text).and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        drop(std::fs::remove_file(&beside));
        unwritable(error)
    })
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
