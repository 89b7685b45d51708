//! `ingest` without Lambda around it, so that what it needs can be told from what the stack needs that it works on: its own `handle` with
//! its own clients, wired as its `main` does. Events come over a connection, each with its length before it, one after another.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use lambda_runtime::{Error, tracing};
use reveille_aws::{Clients, Environment};
use reveille_engine::port::SystemClock;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::read(ingest::REQUIRED)?;
    let clients = Clients::from_environment().await;
    let context = ingest::Context::connect(&clients, &environment, Arc::new(SystemClock));
    context.warm_up().await;
    let driver = std::env::args().nth(1).ok_or("whose events?")?;
    let mut connection = TcpStream::connect(driver)?;
    connection.set_nodelay(true)?;
    let mut event = Vec::new();
    let mut length = [0; 4];
    // Nothing else is to be done while it waits for an event, as in a function.
    while connection.read_exact(&mut length).is_ok() {
        event.resize(usize::try_from(u32::from_be_bytes(length))?, 0);
        connection.read_exact(&mut event)?;
        let event: Value = serde_json::from_slice(&event)?;
        let answer = ingest::handle(event, &context).await.map_err(|diagnostic| diagnostic.error_message)?;
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap_or_default())?;
        connection.write_all(&status.to_be_bytes())?;
    }
    Ok(())
}
