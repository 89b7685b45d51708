//! Files that hold addresses or secrets: for their owner alone, whole or not at all, and never over something that is there unless
//! that is asked for.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivateFileError {
    /// Something is there.
    #[error("{} is there already: name another file, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{} could not be written: check the folder, and that you may write there", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Writes a file, over what is there if that is asked for.
pub(crate) fn write(path: &Path, text: &str, force: bool) -> Result<(), PrivateFileError> {
    if force { replace(path, text) } else { create(path, text) }
}

/// Writes a file that must not be there yet, down to the disk.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    new(path, text).map_err(|error| {
        let is_there = error.kind() == ErrorKind::AlreadyExists;
        if is_there { PrivateFileError::Exists(path.to_owned()) } else { unwritable(path, error) }
    })
}

/// Writes a file in the place of what is there, if anything is.
fn replace(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|there| !there.is_file()) {
        // A pipe or a terminal has no owner to be kept for, and nothing can stand in its place.
        return fs::write(&target, text).map_err(|error| unwritable(path, error));
    }
    // Beside it and then over it: whoever can read the old file gets nothing of the new one, and a full disk costs neither.
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    new(&beside, text).and_then(|()| fs::rename(&beside, &target)).map_err(|error| {
        drop(fs::remove_file(&beside));
        unwritable(path, error)
    })
}

fn unwritable(path: &Path, source: io::Error) -> PrivateFileError {
    PrivateFileError::Unwritable { path: path.to_owned(), source }
}

fn new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| {
        // A part of a file would stand in the way of the next attempt, and could be taken for the whole.
        drop(fs::remove_file(path));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("reveille-private-file-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("a folder for this test");
        folder
    }

    #[test]
    fn nothing_is_overwritten_unless_that_is_asked_for() {
        let folder = folder("overwrites");
        let path = folder.join("team.yaml");
        create(&path, "one").unwrap();
        let refused = create(&path, "two").unwrap_err();
        assert!(matches!(&refused, PrivateFileError::Exists(there) if *there == path), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        replace(&path, "three").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        let nowhere = create(&folder.join("nowhere").join("team.yaml"), "four").unwrap_err();
        assert!(matches!(nowhere, PrivateFileError::Unwritable { .. }), "{nowhere}");
        let is_a_folder = replace(&folder, "five").unwrap_err();
        assert!(matches!(is_a_folder, PrivateFileError::Unwritable { .. }), "{is_a_folder}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it_whatever_was_there() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = folder("modes");
        let (path, link) = (folder.join("team.yaml"), folder.join("link.yaml"));
        fs::write(&path, "for everybody").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, "for me").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "for me");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        replace(Path::new("/dev/null"), "for nobody").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        fs::remove_dir_all(&folder).unwrap();
    }
}
