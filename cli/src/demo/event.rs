//! The event that the demo plays: brought to the present, and back to OK.

use std::path::Path;

use jiff::Timestamp;
use reveille_local::automation::Account;
use serde_json::{Map, Value, json};

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

/// The same alarm, happening now, whatever carries it. Events of other kinds are played as they are.
pub(crate) fn at(event: &Value, now: Timestamp) -> Value {
    let mut event = event.clone();
    retime(&mut event, &Moment { at: now, state: None });
    event
}

/// The alarm's return to OK, if the event holds an alarm.
pub(crate) fn recovered(event: &Value, now: Timestamp) -> Option<Value> {
    let mut event = event.clone();
    retime(&mut event, &Moment { at: now, state: Some("OK") }).then_some(event)
}

/// When an alarm changes its state, and to which; `None`: to the one that it says.
struct Moment {
    at: Timestamp,
    state: Option<&'static str>,
}

impl Moment {
    /// As CloudWatch writes it.
    fn of_alarm(&self) -> Value {
        json!(self.at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string())
    }

    /// As envelopes write it.
    fn of_envelope(&self) -> Value {
        json!(self.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}

/// Moves every alarm in a value; `false`: there is none. An alarm comes by itself, as a notification, as an event, and
/// inside records, envelopes and texts of each other.
fn retime(value: &mut Value, moment: &Moment) -> bool {
    match value {
        // All of them: `any` would stop at the first.
        Value::Array(items) => items.iter_mut().filter_map(|item| retime(item, moment).then_some(())).count() > 0,
        Value::Object(members) => retime_object(members, moment),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn retime_object(members: &mut Map<String, Value>, moment: &Moment) -> bool {
    let is_event =
        members.get("detail-type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("CloudWatch Alarm"));
    let inside = if is_event { "detail" } else { "alarmData" };
    if let Some(Value::Object(alarm)) = members.get_mut(inside) {
        // An alarm's deletion happens now, but the state that it had stays as old as it is.
        let changes_state = !alarm.contains_key("operation");
        if let (true, Some(Value::Object(state))) = (changes_state, alarm.get_mut("state")) {
            state.insert("timestamp".to_owned(), moment.of_alarm());
            state.extend(moment.state.map(|state| ("value".to_owned(), json!(state))));
        }
        let time = if is_event { moment.of_envelope() } else { moment.of_alarm() };
        members.insert("time".to_owned(), time);
        return true;
    }
    if members.contains_key("NewStateValue") {
        members.insert("StateChangeTime".to_owned(), moment.of_alarm());
        members.extend(moment.state.map(|state| ("NewStateValue".to_owned(), json!(state))));
        return true;
    }
    let carried = ["Records", "Sns", "Message", "body", "requestPayload"];
    let mut found = false;
    for key in carried {
        found |= members.get_mut(key).is_some_and(|value| retime_carried(value, moment));
    }
    if found && members.contains_key("Message") {
        members.insert("Timestamp".to_owned(), moment.of_envelope());
    }
    found
}

/// What is carried may be written out as text.
fn retime_carried(value: &mut Value, moment: &Moment) -> bool {
    let Value::String(text) = value else { return retime(value, moment) };
    let Ok(mut inside) = serde_json::from_str::<Value>(text) else { return false };
    let found = retime(&mut inside, moment);
    if found {
        *text = inside.to_string();
    }
    found
}

#[cfg(test)]
mod tests {
    use reveille_domain::SignalState;
    use reveille_wire::read_event;

    use super::*;

    #[test]
    fn an_alarm_happens_now_and_recovers_whatever_carries_it() {
        let direct = include_str!("../../../events/lambda-action-cw-alarm-metric-awsdoc.json");
        let event = include_str!("../../../events/eventbridge-cw-alarm-multi-time-series-2026.json");
        let contributor = include_str!("../../../events/eventbridge-cw-alarm-contributor-2026.json");
        let sns = include_str!("../../../events/sns-lambda-cw-alarm-single-metric.json");
        let deletion = include_str!("../../../events/eventbridge-cw-config-deletion-of-a-metric-math-alarm.json");
        let now: Timestamp = "2026-11-23T03:00:00.125Z".parse().unwrap();
        let notification = serde_json::from_str::<Value>(sns).unwrap()["Records"][0]["Sns"].to_string();
        let queued =
            json!({ "Records": [{ "messageId": "q", "eventSource": "aws:sqs", "body": notification }] }).to_string();
        for text in [direct, event, contributor, sns, &queued, deletion] {
            let played: Value = serde_json::from_str(text).unwrap();
            let before = &read_event(&played, now)[0];
            let signal = &read_event(&at(&played, now), now)[0];
            assert_eq!(
                (signal.occurred_at, &signal.state, &signal.dedupe_key),
                (now, &before.state, &before.dedupe_key),
                "{text}"
            );
            if before.state == SignalState::Firing {
                let over = &read_event(&recovered(&played, now).expect("it is an alarm"), now)[0];
                assert_eq!((&over.state, &over.dedupe_key), (&SignalState::Recovered, &before.dedupe_key), "{text}");
            }
        }
        let other = json!({ "title": "down", "status": "firing", "Message": "ALARM" });
        assert_eq!((at(&other, now), recovered(&other, now)), (other.clone(), None));
    }
}
