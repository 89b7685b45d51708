//! The command, run in the root of the repository, as whoever has cloned it does.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The command with these arguments, and without what this machine says about installations.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    for name in ["REVEILLE_INSTALLATION", "REVEILLE_TABLE", "REVEILLE_CONTACT", "REVEILLE_DOCS_URL"] {
        command.env_remove(name);
    }
    command.current_dir(root()).args(arguments);
    command
}
