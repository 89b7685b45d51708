//! What watches over Reveille itself: the last tick, and the stack's own alarms.

use jiff::{SignedDuration, Timestamp};
use reveille_aws::{CallError, Dialect, JsonService};
use serde_json::{Value, json};

use super::check::Check;
use crate::installation::Reached;
use crate::limits::TICK_AGE_S_MAX;

/// The stack's own alarms, without the stack's name and the hyphen before them.
pub const ALARMS: [&str; 34] = [
    "heartbeat",
    "page-latency",
    "undelivered-pages",
    "dead-nudges",
    "dead-pages",
    "dead-slow-pages",
    "dead-runbooks",
    "dead-events",
    "dead-invocations",
    "dead-schedules",
    "old-nudges",
    "old-pages",
    "old-slow-pages",
    "old-runbooks",
    "old-events",
    "ingest-errors",
    "ingest-throttles",
    "respond-errors",
    "respond-throttles",
    "escalate-errors",
    "escalate-throttles",
    "notify-errors",
    "notify-throttles",
    "runbook-errors",
    "runbook-throttles",
    "acknowledge-errors",
    "acknowledge-throttles",
    "rotate-errors",
    "rotate-throttles",
    "table-reads-throttled",
    "table-writes-throttled",
    "due-reads-throttled",
    "due-writes-throttled",
    "list-writes-throttled",
];

/// Those that a stack has only where its parameters ask for them.
pub const OPTIONAL_ALARMS: [&str; 5] =
    ["synthetic-page", "synthetic-answer", "sms-spend", "messaging-spend", "voice-spend"];

/// So far back a beat of the tick is looked for.
const LOOKED_BACK_MINUTES: i64 = 180;

/// A beat stands in CloudWatch under the minute that it is in.
const PERIOD_S: i64 = 60;

pub(super) async fn examine(reached: &Reached, now: Timestamp) -> Vec<Check> {
    // Nothing watches over a local stack but whoever looks at it.
    if reached.is_local {
        return Vec::new();
    }
    let cloudwatch = reached.clients.json(Dialect::CLOUDWATCH);
    let Some(stack) = &reached.stack else {
        return vec![Check::warning(
            "alarms",
            "which stack they are of is not known, nor when its tick was",
            "leave --table out",
        )];
    };
    let (beats, alarms) = tokio::join!(beats(&cloudwatch, stack, now), described(&cloudwatch, stack));
    vec![tick(beats, now), alarms_of(stack, alarms)]
}

/// The beats of the tick within the last hours.
pub async fn beats(cloudwatch: &JsonService, stack: &str, now: Timestamp) -> Result<Vec<Value>, CallError> {
    let from = now.saturating_sub(SignedDuration::from_mins(LOOKED_BACK_MINUTES)).unwrap_or(Timestamp::MIN);
    let request = json!({
        "Namespace": "Reveille",
        "MetricName": "OldestOverdueSeconds",
        "Dimensions": [{ "Name": "Installation", "Value": stack }],
        "StartTime": from.as_second(),
        "EndTime": now.as_second() + PERIOD_S,
        "Period": PERIOD_S,
        "Statistics": ["Maximum"],
    });
    let mut answer = cloudwatch.call("GetMetricStatistics", &request).await?;
    Ok(if let Value::Array(beats) = answer["Datapoints"].take() { beats } else { Vec::new() })
}

/// Everything whose name begins as that of the stack's own alarms.
async fn described(cloudwatch: &JsonService, stack: &str) -> Result<Vec<Value>, CallError> {
    let mut request =
        json!({ "AlarmNamePrefix": format!("{stack}-"), "AlarmTypes": ["MetricAlarm"], "MaxRecords": 100 });
    let mut all = Vec::new();
    loop {
        let mut answer = cloudwatch.call("DescribeAlarms", &request).await?;
        if let Value::Array(alarms) = answer["MetricAlarms"].take() {
            all.extend(alarms);
        }
        match answer["NextToken"].as_str().filter(|token| !token.is_empty()) {
            None => return Ok(all),
            Some(token) => request["NextToken"] = json!(token),
        }
    }
}

/// How long ago the tick last beat. What is due is found by it if everything else fails.
pub fn tick(beats: Result<Vec<Value>, CallError>, now: Timestamp) -> Check {
    const NAME: &str = "last tick";
    const REMEDY: &str =
        "look at the log of `respond`, then at the schedules in the group …-ticks and at their role TickRole";
    let beats = match beats {
        Ok(beats) => beats,
        Err(error) => return unasked(NAME, &error),
    };
    // A beat stands under the beginning of its minute, so that it is younger than it looks.
    let newest = beats.iter().filter_map(at_second).max();
    match newest.map(|at| now.as_second() - at) {
        None => {
            let says = format!("none within {} hours: what is overdue is not found", LOOKED_BACK_MINUTES / 60);
            Check::failure(NAME, says, REMEDY)
        }
        Some(age_s) if age_s > TICK_AGE_S_MAX => {
            Check::failure(NAME, format!("{} min ago: what is overdue is not found", age_s / 60), REMEDY)
        }
        Some(age_s) if age_s < PERIOD_S => Check::ok(NAME, "within the last minute"),
        Some(age_s) => Check::ok(NAME, format!("{} min ago", age_s / 60)),
    }
}

/// CloudWatch's JSON has instants as seconds, and RFC 3339 in some of its clothes.
fn at_second(value: &Value) -> Option<i64> {
    let at = &value["Timestamp"];
    let as_number =
        at.as_f64().and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok()).map(|s| s.as_secs());
    as_number.or_else(|| at.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_second))
}

/// How the stack's own alarms stand.
pub fn alarms_of(stack: &str, alarms: Result<Vec<Value>, CallError>) -> Check {
    const NAME: &str = "alarms";
    let alarms = match alarms {
        Ok(alarms) => alarms,
        Err(error) => return unasked(NAME, &error),
    };
    let text = |alarm: &Value, member: &str| alarm[member].as_str().unwrap_or_default().to_owned();
    let (mut ringing, mut mute, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let mut there = 0;
    for own in ALARMS.iter().chain(&OPTIONAL_ALARMS) {
        let name = format!("{stack}-{own}");
        let Some(alarm) = alarms.iter().find(|alarm| alarm["AlarmName"] == name.as_str()) else {
            missing.extend(ALARMS.contains(own).then(|| format!("{name} is missing")));
            continue;
        };
        there += 1;
        if alarm["StateValue"] == "ALARM" {
            ringing.push(format!("{name}: {}", text(alarm, "StateReason")));
        }
        if alarm["ActionsEnabled"] == Value::Bool(false) {
            mute.push(format!("{name} tells nobody: its actions are switched off"));
        }
    }
    let doubtful: Vec<String> = mute.into_iter().chain(missing).collect();
    if !ringing.is_empty() {
        let says = format!("{} of {there} are in ALARM", ringing.len());
        return Check::failure(NAME, says, "docs/OPERATING.md, Alarms, says what to do about each")
            .about(ringing.into_iter().chain(doubtful));
    }
    if !doubtful.is_empty() {
        let says = format!("{} cannot tell of trouble", doubtful.len());
        return Check::warning(NAME, says, "deploy the stack again, and switch their actions on").about(doubtful);
    }
    Check::ok(NAME, format!("{there}, and none is in ALARM"))
}

fn unasked(check: &str, error: &CallError) -> Check {
    let remedy = "the operator policy allows it; deploy the stack again if it is older";
    Check::unasked(check, &reveille_engine::Chain(error).to_string(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    type Described = Result<Vec<Value>, CallError>;

    fn denied() -> Described {
        let (operation, code, message) = ("DescribeAlarms".to_owned(), "AccessDenied".to_owned(), "no".to_owned());
        Err(CallError::Refused { operation, code, message })
    }

    #[test]
    fn the_tick_is_as_old_as_its_newest_beat() {
        let now: Timestamp = "2026-01-05T14:00:30Z".parse().unwrap();
        let beat = |at: &str| json!({ "Timestamp": at.parse::<Timestamp>().unwrap().as_second(), "Maximum": 0.0 });
        let rows = [
            (Ok(vec![beat("2026-01-05T13:58:00Z"), beat("2026-01-05T14:00:00Z")]), State::Ok, "within the last minute"),
            (Ok(vec![beat("2026-01-05T13:58:00Z")]), State::Ok, "2 min ago"),
            (Ok(vec![json!({ "Timestamp": "2026-01-05T13:58:00Z" })]), State::Ok, "2 min ago"),
            (Ok(vec![beat("2026-01-05T13:00:00Z")]), State::Failure, "60 min ago"),
            (Ok(Vec::new()), State::Failure, "none within 3 hours"),
            (denied(), State::Unknown, "DescribeAlarms: AccessDenied: no"),
        ];
        for (beats, state, says) in rows {
            let check = tick(beats, now);
            assert_eq!(check.state, state, "{check:?}");
            assert!(check.says.contains(says), "{check:?}");
        }
    }

    #[test]
    fn an_alarm_that_rings_is_mute_or_missing_is_told() {
        let all = |change: fn(&str, &mut Value)| -> Described {
            let alarm = |name: &&str| {
                let mut alarm =
                    json!({ "AlarmName": format!("shop-{name}"), "StateValue": "OK", "ActionsEnabled": true });
                change(name, &mut alarm);
                alarm
            };
            Ok(ALARMS.iter().map(alarm).collect::<Vec<_>>())
        };
        let rows: [(Described, State, &str); 6] = [
            (all(|_, _| {}), State::Ok, "34, and none is in ALARM"),
            (all(|_, alarm| alarm["StateValue"] = json!("INSUFFICIENT_DATA")), State::Ok, "none is in ALARM"),
            (
                all(|name, alarm| {
                    if name == "dead-pages" {
                        (alarm["StateValue"], alarm["StateReason"]) = (json!("ALARM"), json!("1 > 0"));
                    }
                }),
                State::Failure,
                "shop-dead-pages: 1 > 0",
            ),
            (
                all(|name, alarm| alarm["ActionsEnabled"] = json!(name != "heartbeat")),
                State::Warning,
                "shop-heartbeat tells nobody",
            ),
            (Ok(Vec::new()), State::Warning, "shop-heartbeat is missing"),
            (denied(), State::Unknown, "could not be looked at"),
        ];
        for (alarms, state, part) in rows {
            let check = alarms_of("shop", alarms);
            assert_eq!(check.state, state, "{check:?}");
            assert!(format!("{check:?}").contains(part), "{check:?}");
        }
    }
}
