//! `ingest` in a process of its own, seen from whoever drives it; `tests/worker` has its other end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use super::MeasureError;
use super::process::Process;

/// The worker.
pub(super) struct IngestWorker {
    connection: TcpStream,
    /// The process.
    pub(super) process: Process,
}

impl IngestWorker {
    /// Starts it with this environment.
    pub(super) fn start(program: &Path, environment: Vec<(&'static str, String)>) -> Result<Self, MeasureError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut command = Command::new(program);
        command.arg(listener.local_addr()?.to_string()).env_clear().envs(environment);
        let process = Process::start(&mut command)?;
        let (connection, _) = listener.accept()?;
        connection.set_nodelay(true)?;
        Ok(Self { connection, process })
    }

    /// Gives it an event, and waits until it is done.
    pub(super) fn invoke(&mut self, event: &str) -> Result<(), MeasureError> {
        let length = u32::try_from(event.len())?.to_be_bytes();
        self.connection.write_all(&[length.as_slice(), event.as_bytes()].concat())?;
        let mut status = [0; 2];
        self.connection.read_exact(&mut status)?;
        match u16::from_be_bytes(status) {
            202 => Ok(()),
            status => Err(format!("`ingest` answers {status}").into()),
        }
    }
}
