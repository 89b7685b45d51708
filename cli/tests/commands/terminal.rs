//! A terminal that a command can be put in front of.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A terminal that shows everything and answers nothing: its two ends.
pub(crate) fn terminal() -> (File, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("it may be used");
    unlockpt(&master).expect("it can be opened");
    let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("text");
    let slave = OpenOptions::new().read(true).write(true).open(name).expect("it opens");
    (File::from(master), slave.into())
}
