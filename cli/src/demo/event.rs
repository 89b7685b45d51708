//! The event that the demo plays: brought to the present, and back to OK.

use std::path::Path;

use jiff::Timestamp;
use reveille_local::automation::Account;
use serde_json::{Value, json};

use super::{DemoError, EVENT, account_with};

/// Where a direct alarm action says which instance it is about.
const DIMENSIONS: &str = "/alarmData/configuration/metrics/0/metricStat/metric/dimensions/InstanceId";

pub(super) fn load(path: Option<&Path>) -> Result<Value, DemoError> {
    let text = match path {
        None => EVENT.to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| DemoError::Event { path: path.display().to_string(), source })?,
    };
    // What is not JSON is an event all the same.
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The account that the event's runbooks find.
pub(super) fn account_of(event: &Value) -> Account {
    instance(event).map(account_with).unwrap_or_default()
}

pub(super) fn instance(event: &Value) -> Option<&str> {
    event.pointer(DIMENSIONS).and_then(Value::as_str)
}

/// The same alarm, happening now. Events of other kinds are played as they are.
pub(crate) fn at(event: &Value, now: Timestamp) -> Value {
    in_state(event, None, now)
}

/// The alarm's return to OK, if the event is an alarm that can be turned.
pub(crate) fn recovered(event: &Value, now: Timestamp) -> Option<Value> {
    event.pointer("/alarmData/state/value").map(|_| in_state(event, Some("OK"), now))
}

fn in_state(event: &Value, state: Option<&str>, now: Timestamp) -> Value {
    let at = json!(now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    let mut event = event.clone();
    if event.pointer("/alarmData/state").is_none() {
        return event;
    }
    event["time"] = at.clone();
    event["alarmData"]["state"]["timestamp"] = at;
    if let Some(state) = state {
        event["alarmData"]["state"]["value"] = json!(state);
    }
    event
}
