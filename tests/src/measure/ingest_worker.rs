//! `ingest` in a process of its own, seen from whoever drives it; `tests/worker` has its other end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::MeasureError;
use super::process::Process;

/// A worker that takes longer to connect does not work.
const PATIENCE: Duration = Duration::from_secs(30);
/// So often is looked whether it still runs, until it has connected.
const LOOK_EVERY: Duration = Duration::from_millis(50);

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
        let mut process = Process::start_aloud(&mut command)?;
        let connection = connected(listener, &mut process)?;
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

/// Its connection. One that ends before it connects is an error at once: nobody would ever come.
fn connected(listener: TcpListener, process: &mut Process) -> Result<TcpStream, MeasureError> {
    let (sender, accepted) = channel();
    std::thread::spawn(move || sender.send(listener.accept()));
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Ok(accepted) = accepted.recv_timeout(LOOK_EVERY) {
            let (connection, _) = accepted?;
            return Ok(connection);
        }
        if let Some(status) = process.ended()? {
            return Err(format!("the worker of `ingest` has ended before it connected: {status}").into());
        }
    }
    Err("the worker of `ingest` does not connect".into())
}
