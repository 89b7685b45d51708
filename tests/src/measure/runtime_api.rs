//! A stand-in for Lambda's Runtime API: it gives one function one event, and takes down when the function asked and when it answered.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::MeasureError;
use super::http_message::{receive, send};
use super::process::Process;

/// A function that takes longer does not work.
const PATIENCE: Duration = Duration::from_secs(30);
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";

/// How a function started and did its first event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// From its start until it asks for work.
    pub(super) until_ready: Duration,
    /// From the event until its answer.
    pub(super) first_event: Duration,
    /// The most memory that it had by then, in bytes.
    pub(super) peak_bytes: u64,
}

/// One request, with what it is answered on.
struct Asked {
    at: Instant,
    first: String,
    body: String,
    connection: TcpStream,
}

/// Starts a function and lets it do one event.
pub(super) fn start(command: &mut Command, event: &str) -> Result<Start, MeasureError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let command = command
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    let asked = listen(listener);
    let began = Instant::now();
    let process = Process::start(command)?;
    let mut ready = asked.recv_timeout(PATIENCE).map_err(|_| "it does not ask for work")?;
    if !ready.first.starts_with(NEXT) {
        return Err(format!("it does not ask for work: {} {}", ready.first, ready.body).into());
    }
    let until_ready = ready.at.duration_since(began);
    let deadline = (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)? + PATIENCE).as_millis();
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000001"),
        ("lambda-runtime-deadline-ms", &deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:measured"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
    ];
    let given = Instant::now();
    send(&mut ready.connection, "HTTP/1.1 200 OK", &headers, event)?;
    let mut answer = asked.recv_timeout(PATIENCE).map_err(|_| "it does not answer its event")?;
    if !answer.first.contains("/response ") {
        return Err(format!("it does not do its event: {} {}", answer.first, answer.body).into());
    }
    let first_event = answer.at.duration_since(given);
    send(&mut answer.connection, "HTTP/1.1 202 Accepted", &[], "")?;
    Ok(Start { until_ready, first_event, peak_bytes: process.peak_memory()? })
}

/// Takes down the requests of every connection.
fn listen(listener: TcpListener) -> Receiver<Asked> {
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || take_down(connection, &sender));
        }
    });
    asked
}

fn take_down(connection: TcpStream, sender: &Sender<Asked>) -> Result<(), MeasureError> {
    connection.set_nodelay(true)?;
    let mut from = BufReader::new(connection.try_clone()?);
    while let Some((first, body)) = receive(&mut from)? {
        sender.send(Asked { at: Instant::now(), first, body, connection: connection.try_clone()? })?;
    }
    Ok(())
}
