//! `reveille send`: hands an event to the `ingest` of a local stack, as its sender would.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::command::{Failure, read};
use crate::environment::Addresses;
use crate::installation::Ports;
use crate::{client, demo, output, progress};

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
        let event = event_in(&self.file, read(&self.file)?)?;
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

/// The event in a file. What is not JSON is an event all the same, which ingest keeps as text; but nobody sends a configuration.
fn event_in(file: &Path, text: String) -> Result<serde_json::Value, Failure> {
    if let Ok(event) = serde_json::from_str(&text) {
        return Ok(event);
    }
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let is_configuration =
        text.lines().any(|line| line.starts_with("reveille:") || line.starts_with("response_plans:"));
    if is_yaml || is_configuration {
        let shown = file.display();
        return Err(format!(
            "{shown} is YAML and no event, so nothing was sent. A configuration is loaded with `reveille apply {shown} --local`, a \
             scenario is played with `reveille scenario {shown}`; events/ has events to send"
        )
        .into());
    }
    Ok(serde_json::Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_an_event() {
        let rows = [
            ("alarm.json", "{\"a\": 1}", Ok(serde_json::json!({ "a": 1 }))),
            // Whatever a monitoring system says is an event.
            ("mail.txt", "the shop is down", Ok(serde_json::json!("the shop is down"))),
            ("-", "reveille is down", Ok(serde_json::json!("reveille is down"))),
            ("team.yaml", "name: x", Err("reveille apply team.yaml --local")),
            ("night.yml", "script: []", Err("reveille scenario night.yml")),
            ("-", "reveille: 1\ncontacts: {}", Err("is YAML and no event")),
        ];
        for (file, text, expected) in rows {
            let read = event_in(Path::new(file), text.to_owned()).map_err(|refused| refused.to_string());
            match (read, expected) {
                (Ok(event), Ok(expected)) => assert_eq!(event, expected, "{file}"),
                (Err(refused), Err(part)) => assert!(refused.contains(part), "{file}: {refused}"),
                (read, _) => panic!("{file}: {read:?}"),
            }
        }
    }
}
