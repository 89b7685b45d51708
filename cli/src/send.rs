//! `reveille send`: hands an event to the `ingest` of a local stack, as its sender would.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::command::Failure;
use crate::environment::Addresses;
use crate::installation::Ports;
use crate::{client, demo, event_file, output, progress};

/// What is sent.
#[derive(Debug, Args)]
pub struct SendEvent {
    /// A file with an event, as in events/; `-` reads standard input
    file: PathBuf,
    /// Send it as it is. Otherwise an alarm happens now: one of last year opens nothing
    #[arg(long)]
    as_is: bool,
    #[command(flatten)]
    ports: Ports,
}

impl SendEvent {
    /// Sends it, and prints what `ingest` says.
    pub async fn run(self) -> Result<(), Failure> {
        let text = event_file::text(&self.file)?;
        // What is not JSON is an event all the same, which ingest keeps as text.
        let event = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        // An alarm of last year would be older than the end of its last incident, and open none: it happens now.
        let event = if self.as_is { event } else { demo::happening_now(&event, Timestamp::now()) };
        let endpoint = Addresses::of_port_base(self.ports.port_base).endpoint;
        let url = format!("{endpoint}/2015-03-31/functions/ingest/invocations");
        let sending = client::request("POST", &url, event.to_string());
        let answer = progress::with("waiting for ingest", sending).await?;
        if answer.status >= 300 {
            return Err(format!("ingest did not take the event ({}): {}", answer.status, answer.body).into());
        }
        output::say_foreign(&format!("{}\n", answer.body))?;
        Ok(())
    }
}
