//! What the kernel says of a process: its processor time and the most memory that it ever had.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::MeasureError;

/// Ticks of the processor time in `/proc`: Linux has had a hundred a second on every machine for twenty years.
const TICKS_PER_S: u64 = 100;

/// A process that ends with this value.
pub(super) struct Process(Child);

impl Process {
    /// Starts it, without a word from it.
    pub(super) fn start(command: &mut Command) -> Result<Self, MeasureError> {
        Self::spawn(command.stderr(Stdio::null()))
    }

    /// Starts it, and lets it say what is wrong.
    pub(super) fn start_aloud(command: &mut Command) -> Result<Self, MeasureError> {
        Self::spawn(command.stderr(Stdio::inherit()))
    }

    fn spawn(command: &mut Command) -> Result<Self, MeasureError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Self(command.spawn().map_err(|error| format!("{program} could not be started: {error}"))?))
    }

    /// How it has ended; `None`: it runs.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, MeasureError> {
        Ok(self.0.try_wait()?)
    }

    /// The processor time that it has had, its own and the kernel's for it.
    pub(super) fn processor_time(&self) -> Result<Duration, MeasureError> {
        processor_time(&self.0.id().to_string())
    }

    /// The most memory that it ever had, in bytes.
    pub(super) fn peak_memory(&self) -> Result<u64, MeasureError> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak of memory")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself needs no more.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The processor time that this process has had.
pub(super) fn own_processor_time() -> Result<Duration, MeasureError> {
    processor_time("self")
}

fn processor_time(process: &str) -> Result<Duration, MeasureError> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name stands in parentheses and may hold blanks; what counts comes after it.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |place: usize| -> Result<u64, MeasureError> { Ok(fields.get(place).ok_or("no time")?.parse()?) };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 1_000 / TICKS_PER_S))
}

/// The processor time of this thread. The kernel adds it up when a thread gives way.
pub(super) fn thread_time() -> Result<Duration, MeasureError> {
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns = stat.split_whitespace().next().ok_or("no time")?;
    Ok(Duration::from_nanos(ns.parse()?))
}
